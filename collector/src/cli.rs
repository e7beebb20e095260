//! The commands.

use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};
use cloud::stage::{self, StageArgs};
use domain::Stage;

use crate::bench;
use crate::check::{Checked, check};
use crate::collect::{Order, collect};
use crate::live;
use crate::rebuild::rebuild;
use crate::recorded::{self, Recorded};
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
    /// Publish live prices on topic `quotes`, until stopped.
    Stream(StreamArgs),
    /// Be the program of a collector machine: do the work that its metadata names.
    Attend,
    /// Be the program of the machine that streams: `stream`, with what its metadata say.
    AttendStream,
    /// Make the records again from the raw exchanges, without network.
    Normalise(NormaliseArgs),
    /// Try the credentials of every source that QUARTERDAY_SOURCES connects.
    Check {
        /// Print JSON.
        #[arg(long)]
        json: bool,
    },
    /// Measure collecting: speed, memory, limits, and how fast each source's replies are read.
    Bench(bench::BenchArgs),
    /// Print the records that the collector makes of recorded replies.
    Read(ReadArgs),
    /// Sign in to Telegram once, at a terminal, and print the session, which is a secret.
    #[cfg(feature = "mtproto")]
    TelegramLogin {
        /// The app's number.
        #[arg(long, env = "TELEGRAM_API_ID")]
        api_id: i32,
        /// The app's secret.
        #[arg(long, env = "TELEGRAM_API_HASH", hide_env_values = true)]
        api_hash: String,
    },
}

#[derive(Debug, Args)]
struct CollectArgs {
    #[command(flatten)]
    stage: StageArgs,
    /// Only these sources, separated by commas, by the names of their sections in the settings.
    #[arg(long, value_delimiter = ',')]
    sources: Option<Vec<String>>,
}

#[derive(Debug, Args)]
struct StreamArgs {
    /// Only these assets, separated by commas; without it all that the lake's asset list has.
    #[arg(long, value_delimiter = ',')]
    symbols: Vec<String>,
    /// The lake with the asset list: a folder, or gs://BUCKET.
    #[arg(long, env = "QUARTERDAY_LAKE")]
    lake: String,
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

#[derive(Debug, Args)]
struct ReadArgs {
    /// Whose replies they are: x, reddit, …
    #[arg(long)]
    source: String,
    /// The stream that was asked for: a subreddit, a page, a channel, a symbol, an outlet.
    #[arg(long, default_value = "recorded")]
    stream: String,
    /// What a reader has to know beside the body and cannot make out from it, as a request would leave it: `lang=es`.
    #[arg(long = "hint", value_name = "NAME=VALUE", value_parser = name_and_value)]
    hints: Vec<(String, String)>,
    /// Recorded exchanges, or one reply's body; plain, gzip or zstd.
    #[arg(required = true)]
    files: Vec<std::path::PathBuf>,
}

fn name_and_value(text: &str) -> Result<(String, String), String> {
    let (name, value) = text.split_once('=').ok_or("write it as NAME=VALUE")?;
    Ok((name.to_owned(), value.to_owned()))
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
        Command::Stream(args) => finish("stream", stream(args).await),
        Command::Attend => cloud::gcp::attend(Stage::Collect, "collect").await,
        Command::AttendStream => cloud::gcp::attend_always("stream").await,
        Command::Check { json } => finish("check", check_sources(json).await),
        Command::Bench(args) => finish("bench", bench::bench(args).await.map(|()| ExitCode::SUCCESS)),
        Command::Read(args) => finish("read", read_recorded(args)),
        #[cfg(feature = "mtproto")]
        Command::TelegramLogin { api_id, api_hash } => {
            let login = crate::sources::telegram::login::login(api_id, &api_hash).await;
            finish("telegram-login", login.map(|()| ExitCode::SUCCESS))
        }
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

async fn stream(args: StreamArgs) -> anyhow::Result<ExitCode> {
    let bus = cloud::bus::from_env().await.map_err(anyhow::Error::msg)?;
    let bus = bus.ok_or_else(|| {
        anyhow::anyhow!("no bus to publish on: set QUARTERDAY_BUS, or QUARTERDAY_CLOUD=gcp")
    })?;
    cloud::telemetry::start();
    let assets = live::assets(&args.lake).await?;
    let settings = settings::from_env().await?;
    // Whoever started us waits for this line; connections come and go.
    println!("{}", serde_json::json!({ "listening": "quotes" }));
    live::stream(&settings, &assets, &args.symbols, bus).await?;
    Ok(ExitCode::SUCCESS)
}

async fn check_sources(json: bool) -> anyhow::Result<ExitCode> {
    let checked = check(&settings::from_env().await?).await?;
    if json {
        println!("{}", serde_json::to_string(&checked)?);
    } else {
        for Checked { source, state, message, .. } in &checked {
            println!("{source:<20} {state:<14} {message}");
        }
    }
    let failed = checked.iter().any(|checked| checked.state == "failed");
    Ok(if failed { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

fn read_recorded(args: ReadArgs) -> anyhow::Result<ExitCode> {
    let recorded =
        Recorded { source: args.source, stream: args.stream, hints: args.hints.into_iter().collect() };
    let mut out = std::io::BufWriter::new(std::io::stdout().lock());
    for file in &args.files {
        recorded::read(&recorded, file, &mut out)?;
    }
    std::io::Write::flush(&mut out)?;
    Ok(ExitCode::SUCCESS)
}

fn finish(what: &str, result: anyhow::Result<ExitCode>) -> ExitCode {
    result.unwrap_or_else(|error| {
        eprintln!("{what}: {error:#}");
        ExitCode::FAILURE
    })
}
