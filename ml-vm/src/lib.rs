//! Stage 3: sentiment, forecasts, signals and risk per asset.
//!
//! [`predict`] is the stage: it reads what the split left for a slot, computes every asset on all cores, writes the tables
//! of `domain::prediction` and commits them by a manifest. The same input gives the same bytes.
//!
//! The other commands apply one method of `analytics` to a file or to standard input: [`sentiment`], [`indicators`],
//! [`risk`], [`leadlag`], [`forecast`], [`backtest`]. [`bars`] reads their files, [`cli`] their arguments. [`evaluate`] measures how good
//! the methods are on data that they have not seen, [`mod@bench`] how fast. [`train_sentiment`] and [`evaluate_sentiment`] fit and
//! judge models of sentiment on what [`labelled`] reads.
//!
//! The life of models: [`registry`] keeps versions and who is in use, [`mod@train`] fits challengers and tries them, [`drift`]
//! watches whether they still fit the world, [`seal`] keeps forecasts in a chain and scores them, [`mlflow`] tells others.
//!
//! Boundaries: methods are in `analytics`; row types and keys in `domain`; Parquet in `tables`; the lake in `cloud`.

pub mod backtest;
pub mod bars;
pub mod bench;
pub mod cli;
pub mod drift;
pub mod evaluate;
pub mod evaluate_sentiment;
pub mod forecast;
pub mod indicators;
pub mod labelled;
pub mod leadlag;
pub mod mlflow;
pub mod predict;
pub mod registry;
pub mod risk;
pub mod seal;
pub mod sentiment;
pub mod train;
pub mod train_sentiment;
#[cfg(feature = "transformer")]
pub mod transformer;

use std::io::{BufWriter, Write, stdin, stdout};
use std::process::ExitCode;

use anyhow::Context;
use cli::{Cli, Command, Evaluate, Ledger, Train, TrainSentimentArgs};
use domain::{Outcome, Stage};

/// Runs a command and says how it ended: 0 succeeded, 3 partial, 1 failed.
pub fn run(cli: Cli) -> ExitCode {
    let result = match cli.command {
        Command::Predict(args) => return run_stage(&args),
        Command::Attend => return block_on(cloud::gcp::attend(Stage::Predict, "predict")),
        Command::Sentiment(args) => {
            sentiment::run(&args, stdin().lock(), &mut BufWriter::new(stdout().lock()))
        }
        Command::Indicators(args) => indicators::run(&args, &mut BufWriter::new(stdout().lock())),
        Command::Var(args) => risk::run(&args, &mut stdout().lock()),
        Command::Leadlag(args) => leadlag::run(&args, &mut stdout().lock()),
        Command::Evaluate(Evaluate::Var(args)) => evaluate::var::run(&args, &mut stdout().lock()),
        Command::Backtest(args) => backtest::run(&args, &mut stdout().lock()),
        Command::Evaluate(Evaluate::Direction(args)) => evaluate::direction::run(&args, &mut stdout().lock()),
        Command::Evaluate(Evaluate::Forecast(args)) => evaluate::forecast::run(&args, &mut stdout().lock()),
        Command::Bench(args) => bench::run(&args, &mut stdout().lock()),
        Command::Forecast(args) => forecast::run(&args, &mut stdout().lock()),
        Command::Train(
            args @ (Train::Forecast(_) | Train::Sentiment(TrainSentimentArgs { lake: Some(_), .. })),
        ) => wait_for(registry::commands::train(&args, &mut stdout().lock())),
        Command::Promote(args) => wait_for(registry::commands::promote(&args, &mut stdout().lock())),
        Command::Rollback(args) => wait_for(registry::commands::rollback(&args, &mut stdout().lock())),
        Command::Pin(args) => wait_for(registry::commands::pin(&args, &mut stdout().lock())),
        Command::Models(args) => wait_for(registry::commands::models(&args, &mut stdout().lock())),
        Command::Ledger(Ledger::Verify(args)) => wait_for(async {
            let lake = cloud::open_lake(&args.lake).await?;
            seal::verify::run(lake.as_ref(), &mut stdout().lock()).await
        }),
        Command::Ledger(Ledger::Score(args)) => wait_for(async {
            let lake = cloud::open_lake(&args.lake).await?;
            seal::score::run(lake.as_ref(), &args, &mut stdout().lock()).await
        }),
        Command::Train(Train::Sentiment(args)) => train_sentiment::run(&args, &mut stdout().lock()),
        Command::Evaluate(Evaluate::Sentiment(args)) => evaluate_sentiment::run(&args, &mut stdout().lock()),
    };
    match result {
        Ok(outcome) => ExitCode::from(outcome.exit_code()),
        Err(error) => {
            eprintln!("ml-vm: {error:#}");
            ExitCode::from(Outcome::Failed.exit_code())
        }
    }
}

fn run_stage(args: &cloud::stage::StageArgs) -> ExitCode {
    cloud::local::exit_with_parent();
    block_on(cloud::stage::run(Stage::Predict, args, async {
        let lake = cloud::open_lake(&args.lake).await?;
        let ended = predict::predict(lake.as_ref(), args.slot, args.as_of()).await?;
        let tracker = mlflow::Tracker::from_env();
        let warnings =
            train::routine::after_predict(lake.as_ref(), args.slot, &ended.monitor, tracker.as_ref()).await;
        Ok((ended.outcome, ended.message(&warnings)))
    }))
}

/// Does what a command does, to its end.
fn wait_for(work: impl Future<Output = anyhow::Result<Outcome>>) -> anyhow::Result<Outcome> {
    tokio::runtime::Runtime::new().context("cannot start the runtime")?.block_on(work)
}

fn block_on(work: impl Future<Output = ExitCode>) -> ExitCode {
    match tokio::runtime::Runtime::new() {
        Ok(runtime) => runtime.block_on(work),
        Err(error) => {
            eprintln!("ml-vm: cannot start the runtime: {error}");
            ExitCode::from(Outcome::Failed.exit_code())
        }
    }
}

/// Writes a value as one line of JSON.
fn print_json(out: &mut impl Write, value: &impl serde::Serialize) -> anyhow::Result<()> {
    serde_json::to_writer(&mut *out, value).context("cannot write the result")?;
    writeln!(out).context("cannot write the result")
}

/// How a command that rejected some of its records ended, after saying so.
fn judge(accepted: usize, rejected: usize, what: &str) -> Outcome {
    if rejected > 0 {
        eprintln!("ml-vm: {rejected} {what} rejected, {accepted} accepted");
    }
    match (accepted, rejected) {
        (_, 0) => Outcome::Succeeded,
        (0, _) => Outcome::Failed,
        _ => Outcome::Partial,
    }
}
