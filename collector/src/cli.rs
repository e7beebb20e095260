//! The commands.

use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};
use cloud::stage::{self, StageArgs};
use domain::Stage;

use crate::collect::{Order, collect};
use crate::rebuild::rebuild;
use crate::settings;

/// Gathers what the sources say about one slot into the lake.
#[derive(Debug, Parser)]
#[command(name = "collector", version)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Ask all sources that QUARTERDAY_SOURCES names and write raw exchanges and records.
    Collect(CollectArgs),
    /// Be the program of a collector machine: do the work that its metadata names.
    Attend,
    /// Make the records again from the raw exchanges, without network.
    Normalise(NormaliseArgs),
}

#[derive(Debug, Args)]
struct CollectArgs {
    #[command(flatten)]
    stage: StageArgs,
    /// Only these sources, separated by commas: x, stocktwits, feeds, alpaca.
    #[arg(long, value_delimiter = ',')]
    sources: Option<Vec<String>>,
}

#[derive(Debug, Args)]
struct NormaliseArgs {
    /// The slot, named by its close: 2026-11-21T06Z covers [00:00, 06:00) UTC.
    #[arg(long)]
    slot: domain::Slot,
    /// The lake: a folder, or gs://BUCKET.
    #[arg(long, env = "QUARTERDAY_LAKE")]
    lake: String,
}

/// Runs the command line of this process; returns its exit code.
pub async fn main() -> ExitCode {
    match Cli::parse().command {
        Command::Collect(args) => {
            let work = async {
                let settings = settings::from_env().await?;
                let lake = cloud::open_lake(&args.stage.lake).await?;
                let only = args.sources.map(|names| names.into_iter().collect());
                let order = Order { slot: args.stage.slot, as_of: args.stage.as_of(), only };
                collect(&lake, &order, &settings).await
            };
            stage::run(Stage::Collect, &args.stage, work).await
        }
        Command::Attend => cloud::gcp::attend(Stage::Collect, "collect").await,
        // No word over the bus: the ledger knows collecting, not making records again.
        Command::Normalise(args) => {
            let work = async { rebuild(&cloud::open_lake(&args.lake).await?, args.slot).await };
            match work.await {
                Ok((outcome, message)) => {
                    eprintln!(
                        "normalise of {}: {}{}",
                        args.slot,
                        outcome.as_str(),
                        if message.is_empty() { message } else { format!(": {message}") }
                    );
                    ExitCode::from(outcome.exit_code())
                }
                Err(error) => {
                    eprintln!("normalise of {}: {error:#}", args.slot);
                    ExitCode::FAILURE
                }
            }
        }
    }
}
