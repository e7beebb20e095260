//! Stage 2: resolves documents to assets and splits the haul per asset.
//!
//! In reading order: [`config`] is the command line, [`split`] the stage, `read` what it reads, `engine` how rows go from
//! records to assets, [`resolve`] which assets a text names, [`mod@evaluate`] how often it is right, [`dictionary`] the well-known
//! assets it is shipped with, [`noise`] what only repeats something else, `csv_rows` the CSV files, `output` files on their way
//! into the lake, [`mod@bench`] how fast it all is. On a cluster, [`plan`] says what there is to do, `attend` how it goes, and
//! `cluster` does the parts.
//!
//! Boundaries: it meets the collector and the ML machine only in the lake. Sentiment is not judged here.

mod attend;
pub mod bench;
mod cluster;
pub mod config;
mod csv_rows;
pub mod dictionary;
mod engine;
pub mod evaluate;
pub mod noise;
mod output;
pub mod plan;
mod read;
pub mod resolve;
mod resolve_lines;
pub mod split;

use std::io::{BufReader, BufWriter, Write};
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::Context;
use cloud::stage::StageArgs;
use cloud::staging;
use domain::{AssetList, Outcome, Stage};

use config::{ClusterArgs, Command, Config, DictionaryCommand, ResolveArgs, SplitArgs};
pub use evaluate::evaluate;
pub use resolve_lines::resolve_lines;

/// Does what the command line says.
pub async fn run(config: Config) -> ExitCode {
    match config.command {
        Command::Split(args) => cloud::stage::run(Stage::Split, &args.stage, split_slot(&args)).await,
        Command::Resolve(args) => ended("resolve", resolve_texts(&args)),
        Command::Dictionary { command } => ended("dictionary", dictionary(&command)),
        Command::Plan(args) => ended("plan", plan_slot(&args).await.map(|()| Outcome::Succeeded)),
        Command::Map(args) => ended("map", part_of_a_cluster(&args, cluster::map).await),
        Command::Reduce(args) => ended("reduce", part_of_a_cluster(&args, cluster::reduce).await),
        Command::Commit(args) => ended("commit", part_of_a_cluster(&args, cluster::commit).await),
        Command::Attend(args) => {
            cloud::stage::run(Stage::Split, &args, attend::last_word(std::io::stdin())).await
        }
        Command::Bench(args) => ended("bench", bench::bench(args).await.map(|()| Outcome::Succeeded)),
        Command::BenchSplit(args) => {
            ended("bench-split", bench::child(args).await.map(|()| Outcome::Succeeded))
        }
    }
}

/// The exit code of a command that tells nobody but its caller.
fn ended(command: &str, outcome: anyhow::Result<Outcome>) -> ExitCode {
    let outcome = outcome.unwrap_or_else(|error| {
        eprintln!("{command}: {error:#}");
        Outcome::Failed
    });
    ExitCode::from(outcome.exit_code())
}

async fn plan_slot(args: &plan::PlanArgs) -> anyhow::Result<()> {
    let uri = &args.stage.lake;
    let lake = cloud::open_lake(uri).await.with_context(|| format!("opening the lake {uri}"))?;
    plan::plan(&lake, args, std::io::stdout()).await
}

async fn split_slot(args: &SplitArgs) -> anyhow::Result<(Outcome, String)> {
    let StageArgs { slot, lake: uri, .. } = &args.stage;
    let lake = cloud::open_lake(uri).await.with_context(|| format!("opening the lake {uri}"))?;
    let options = args.machine.options();
    let Some(hdfs) = &args.staging else {
        let (outcome, message, _) = split::split_with(lake, *slot, args.stage.as_of(), &options).await?;
        return Ok((outcome, message));
    };
    let (manifest, _) = read::manifest(lake.as_ref(), *slot).await?;
    let keys = manifest.objects.into_iter().map(|object| object.key);
    let folder = tempfile::tempdir().context("a folder for the staged records")?;
    let staged = staging::stage(lake, uri, keys, hdfs, folder.path()).await?;
    let staged = Arc::new(staged);
    let (outcome, message, _) = split::split_with(staged, *slot, args.stage.as_of(), &options).await?;
    Ok((outcome, message))
}

async fn part_of_a_cluster(
    args: &ClusterArgs,
    part: impl AsyncFnOnce(cluster::Part) -> anyhow::Result<(Outcome, String)>,
) -> anyhow::Result<Outcome> {
    let (outcome, message) = part(cluster::Part::open(args).await?).await?;
    if !message.is_empty() {
        eprintln!("{message}");
    }
    Ok(outcome)
}

fn resolve_texts(args: &ResolveArgs) -> anyhow::Result<Outcome> {
    let name = args.assets.display();
    let bytes =
        std::fs::read(&args.assets).with_context(|| format!("{name}: name a readable file with --assets"))?;
    let list = AssetList::from_csv(&bytes).with_context(|| format!("{name} cannot be used"))?;
    if let Some(file) = &args.evaluate {
        let shown = file.display();
        let labelled = std::fs::read_to_string(file)
            .with_context(|| format!("{shown}: name a readable file of UTF-8 with --evaluate"))?;
        let evaluation = evaluate(&list, &labelled).with_context(|| format!("{shown} cannot be used"))?;
        if args.json {
            print_out(&format!("{}\n", serde_json::to_string(&evaluation)?))?;
        } else {
            print_out(&evaluation.to_string())?;
        }
        return Ok(Outcome::Succeeded);
    }
    let input = BufReader::new(std::io::stdin().lock());
    let output = BufWriter::new(std::io::stdout().lock());
    let refused = resolve_lines(&list, input, output, std::io::stderr().lock())?;
    Ok(if refused == 0 { Outcome::Succeeded } else { Outcome::Partial })
}

fn dictionary(command: &DictionaryCommand) -> anyhow::Result<Outcome> {
    let read = |file: &Path| {
        let bytes =
            std::fs::read(file).with_context(|| format!("{}: name a readable file", file.display()))?;
        dictionary::read(&bytes).with_context(|| format!("{} cannot be used", file.display()))
    };
    match command {
        DictionaryCommand::Build { listings, out } => {
            let entries = dictionary::build::build(listings)?;
            let bytes = dictionary::build::to_csv(&entries)?;
            std::fs::write(out, &bytes).with_context(|| format!("writing {}", out.display()))?;
            let size = bytes.len();
            print_out(&format!("{} assets, {size} bytes in {}\n", entries.len(), out.display()))?;
        }
        DictionaryCommand::Diff { old, new, json } => {
            let difference = dictionary::compare::compare(read(old)?, read(new)?);
            if *json {
                print_out(&format!("{}\n", serde_json::to_string(&difference)?))?;
            } else {
                print_out(&difference.to_string())?;
            }
        }
        DictionaryCommand::Check { file } => {
            let conflicts = dictionary::check::check(&read(file)?);
            for conflict in &conflicts {
                print_out(&format!("{}: {conflict}\n", file.display()))?;
            }
            return Ok(if conflicts.is_empty() { Outcome::Succeeded } else { Outcome::Partial });
        }
    }
    Ok(Outcome::Succeeded)
}

fn print_out(text: &str) -> anyhow::Result<()> {
    std::io::stdout().write_all(text.as_bytes()).context("writing to standard output")
}
