//! The command line.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

/// Stage 3: sentiment, forecasts, signals and risk per asset.
#[derive(Debug, Parser)]
#[command(name = "ml-vm", version)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Compute the predictions of a slot from what the split left in the lake.
    Predict(cloud::stage::StageArgs),
    /// Be the program of the ML machine: do the work that its metadata names, stay on while it is held.
    Attend,
    /// Score texts: NDJSON {"id","text","lang"} on standard input, NDJSON on standard output.
    Sentiment(SentimentArgs),
    /// Compute technical indicators of a file of bars, as CSV.
    Indicators(BarsArgs),
    /// Compute Value at Risk and expected shortfall of a file of returns, as JSON; a loss is positive.
    Var(VarArgs),
    /// Forecast the five trading days after a file of bars, as JSON.
    Forecast(BarsArgs),
}

/// Arguments of `sentiment`.
#[derive(Debug, Args)]
pub struct SentimentArgs {
    /// Which model scores.
    #[arg(long, value_enum, default_value_t = SentimentModel::Lexicon)]
    pub model: SentimentModel,
    /// Add "words": what each word contributed.
    #[arg(long)]
    pub explain: bool,
}

/// A model of sentiment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum SentimentModel {
    /// Lexicon and rules.
    Lexicon,
}

/// A file of bars.
#[derive(Debug, Args)]
pub struct BarsArgs {
    /// CSV with the columns symbol,interval,time,open,high,low,close,adj_close,volume; `.zst` is read too.
    #[arg(long)]
    pub bars: PathBuf,
    /// Which symbol, where the file holds several.
    #[arg(long)]
    pub symbol: Option<String>,
    /// Which interval, where the file holds several.
    #[arg(long)]
    pub interval: Option<String>,
}

/// Arguments of `var`.
#[derive(Debug, Args)]
pub struct VarArgs {
    /// A file with one return a line, oldest first.
    #[arg(long)]
    pub returns: PathBuf,
    /// Which model.
    #[arg(long, value_enum)]
    pub model: RiskModel,
    /// Share of days on which the loss stays below the Value at Risk, between 0.5 and 1.
    #[arg(long, default_value_t = 0.99)]
    pub confidence: f64,
    /// Horizon in days.
    #[arg(long, default_value_t = 1)]
    pub horizon: u32,
    /// Number of simulations (monte-carlo).
    #[arg(long, default_value_t = 100_000)]
    pub simulations: usize,
    /// Seed of the simulation (monte-carlo).
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
    /// Threads to share the simulation; the figure does not depend on it. Default: the machine's.
    #[arg(long)]
    pub workers: Option<usize>,
}

/// A model of risk.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum RiskModel {
    /// Normal distribution, closed form.
    Normal,
    /// The quantile of the returns themselves.
    Historical,
    /// Normal with exponentially weighted volatility.
    Ewma,
    /// Filtered historical simulation.
    Fhs,
    /// Normal distribution, simulated.
    MonteCarlo,
}
