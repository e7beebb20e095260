//! Stage 2: resolves documents to assets and splits the haul per asset.
//!
//! In reading order: [`config`] is the command line, [`split`] the stage, `read` what it reads, `assign` who gets what,
//! [`resolve`] which assets a text names, [`noise`] what only repeats something else, `csv_rows` the CSV files.
//!
//! Boundaries: it meets the collector and the ML machine only in the lake. Sentiment is not judged here.

mod assign;
pub mod config;
mod csv_rows;
pub mod noise;
mod read;
pub mod resolve;
mod resolve_lines;
pub mod split;

use std::io::{BufReader, BufWriter};
use std::path::Path;
use std::process::ExitCode;

use anyhow::Context;
use cloud::stage::StageArgs;
use domain::{AssetList, Outcome, Stage};

use config::{Command, Config};
pub use resolve_lines::resolve_lines;

/// Does what the command line says.
pub async fn run(config: Config) -> ExitCode {
    match config.command {
        Command::Split(args) => cloud::stage::run(Stage::Split, &args, split_slot(&args)).await,
        Command::Resolve { assets } => match resolve_standard_input(&assets) {
            Ok(outcome) => ExitCode::from(outcome.exit_code()),
            Err(error) => {
                eprintln!("resolve: {error:#}");
                ExitCode::from(Outcome::Failed.exit_code())
            }
        },
    }
}

async fn split_slot(args: &StageArgs) -> anyhow::Result<(Outcome, String)> {
    let lake = cloud::open_lake(&args.lake).with_context(|| format!("opening the lake {}", args.lake))?;
    split::split(lake, args.slot, args.as_of()).await
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
