//! Stage 2: resolves documents to assets and splits the haul per asset.
//!
//! In reading order: [`config`] is the command line, [`split`] the stage, `read` what it reads, `engine` how rows
//! go from records to assets, [`resolve`] which assets a text names, [`noise`] what only repeats something else, `csv_rows` the CSV
//! files, `output` files on their way into the lake.
//!
//! Boundaries: it meets the collector and the ML machine only in the lake. Sentiment is not judged here.

pub mod config;
mod csv_rows;
mod engine;
pub mod noise;
mod output;
mod read;
pub mod resolve;
mod resolve_lines;
pub mod split;

use std::io::{BufReader, BufWriter};
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::Context;
use cloud::stage::StageArgs;
use cloud::staging;
use domain::{AssetList, Outcome, Stage};

use config::{Command, Config, SplitArgs};
pub use resolve_lines::resolve_lines;

/// Does what the command line says.
pub async fn run(config: Config) -> ExitCode {
    match config.command {
        Command::Split(args) => cloud::stage::run(Stage::Split, &args.stage, split_slot(&args)).await,
        Command::Resolve { assets } => match resolve_standard_input(&assets) {
            Ok(outcome) => ExitCode::from(outcome.exit_code()),
            Err(error) => {
                eprintln!("resolve: {error:#}");
                ExitCode::from(Outcome::Failed.exit_code())
            }
        },
    }
}

async fn split_slot(args: &SplitArgs) -> anyhow::Result<(Outcome, String)> {
    let StageArgs { slot, lake: uri, .. } = &args.stage;
    let lake = cloud::open_lake(uri).await.with_context(|| format!("opening the lake {uri}"))?;
    let Some(hdfs) = &args.staging else {
        return split::split(lake, *slot, args.stage.as_of()).await;
    };
    let (manifest, _) = read::manifest(lake.as_ref(), *slot).await?;
    let keys = manifest.objects.into_iter().map(|object| object.key);
    let folder = tempfile::tempdir().context("a folder for the staged records")?;
    let staged = staging::stage(lake, uri, keys, hdfs, folder.path()).await?;
    split::split(Arc::new(staged), *slot, args.stage.as_of()).await
}

fn resolve_standard_input(assets: &Path) -> anyhow::Result<Outcome> {
    let name = assets.display();
    let bytes =
        std::fs::read(assets).with_context(|| format!("{name}: name a readable file with --assets"))?;
    let list = AssetList::from_csv(&bytes).with_context(|| format!("{name} cannot be used"))?;
    let input = BufReader::new(std::io::stdin().lock());
    let output = BufWriter::new(std::io::stdout().lock());
    let refused = resolve_lines(&list, input, output, std::io::stderr().lock())?;
    Ok(if refused == 0 { Outcome::Succeeded } else { Outcome::Partial })
}
