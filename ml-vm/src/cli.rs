//! The command line.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use domain::{ModelName, ModelVersion, Slot};

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
    Indicators(IndicatorsArgs),
    /// Compute Value at Risk and expected shortfall of a file of returns, as JSON; a loss is positive.
    Var(VarArgs),
    /// Say whether one series runs ahead of another; "no lead found" is an answer, too.
    Leadlag(LeadlagArgs),
    /// Forecast the five trading days after a file of bars, as JSON.
    Forecast(BarsArgs),
    /// Simulate strategies on a file of bars: next-open trades, costs, slippage, limits, beside buying and holding.
    Backtest(BacktestArgs),
    /// Fit a model: on what the lake holds, or on data that you supply.
    #[command(subcommand)]
    Train(Train),
    /// Let the challenger, or another version, take the champion's place.
    Promote(PromoteArgs),
    /// Give the champion's place back to the one before.
    Rollback(RollbackArgs),
    /// Keep a version champion until it is released.
    Pin(PinArgs),
    /// List the models of a lake: versions, who is in use, and how that came.
    Models(ModelsArgs),
    /// The ledger of sealed forecasts.
    #[command(subcommand)]
    Ledger(Ledger),
    /// Measure how good methods are, on data that you supply.
    #[command(subcommand)]
    Evaluate(Evaluate),
    /// Measure how fast the methods are, on one core.
    Bench(BenchArgs),
}

/// What to fit.
#[derive(Debug, Subcommand)]
pub enum Train {
    /// What is learned about forecasts, on how they would have fared up to a slot.
    Forecast(TrainForecastArgs),
    /// The n-gram model of sentiment, on labelled texts.
    Sentiment(TrainSentimentArgs),
}

/// What to do with the ledger of forecasts.
#[derive(Debug, Subcommand)]
pub enum Ledger {
    /// Look whether the chain of seals is whole and seals what it did.
    Verify(LakeArgs),
    /// Show how sealed forecasts fared.
    Score(LedgerScoreArgs),
}

/// Where the lake is.
#[derive(Debug, Args)]
pub struct LakeArgs {
    /// The lake: a folder, or gs://BUCKET.
    #[arg(long, env = "QUARTERDAY_LAKE")]
    pub lake: String,
}

/// Arguments of `ledger score`.
#[derive(Debug, Args)]
pub struct LedgerScoreArgs {
    /// The lake: a folder, or gs://BUCKET.
    #[arg(long, env = "QUARTERDAY_LAKE")]
    pub lake: String,
    /// By the bars of which slot's split.
    #[arg(long)]
    pub slot: Slot,
    /// How many days are looked back on.
    #[arg(long, default_value_t = 400)]
    pub days: usize,
    /// A line for each asset, too.
    #[arg(long)]
    pub by_asset: bool,
    /// Print one JSON object a line.
    #[arg(long)]
    pub json: bool,
}

/// Arguments of `train forecast`.
#[derive(Debug, Args)]
pub struct TrainForecastArgs {
    /// The lake: a folder, or gs://BUCKET.
    #[arg(long, env = "QUARTERDAY_LAKE")]
    pub lake: String,
    /// Up to which slot; nothing later is looked at.
    #[arg(long)]
    pub slot: Slot,
    /// Who trains.
    #[arg(long, default_value = "by hand")]
    pub owner: String,
}

/// What every step in a model's life is told.
#[derive(Debug, Args)]
pub struct StepArgs {
    /// The lake: a folder, or gs://BUCKET.
    #[arg(long, env = "QUARTERDAY_LAKE")]
    pub lake: String,
    /// Who asks.
    #[arg(long)]
    pub owner: String,
    /// Why.
    #[arg(long)]
    pub reason: String,
    /// From which slot on it holds. Default: the first that is not predicted yet.
    #[arg(long)]
    pub from: Option<Slot>,
}

/// Arguments of `promote`.
#[derive(Debug, Args)]
pub struct PromoteArgs {
    /// Which model: forecast or sentiment.
    pub name: ModelName,
    /// Which version. Default: the challenger.
    pub version: Option<ModelVersion>,
    /// Although it did not pass the gate.
    #[arg(long)]
    pub force: bool,
    /// Where, who and why.
    #[command(flatten)]
    pub step: StepArgs,
}

/// Arguments of `rollback`.
#[derive(Debug, Args)]
pub struct RollbackArgs {
    /// Which model: forecast or sentiment.
    pub name: ModelName,
    /// Where, who and why.
    #[command(flatten)]
    pub step: StepArgs,
}

/// Arguments of `pin`.
#[derive(Debug, Args)]
pub struct PinArgs {
    /// Which model: forecast or sentiment.
    pub name: ModelName,
    /// Which version. Default: the champion as it is.
    #[arg(conflicts_with = "release")]
    pub version: Option<ModelVersion>,
    /// Let it be replaced again.
    #[arg(long)]
    pub release: bool,
    /// Where, who and why.
    #[command(flatten)]
    pub step: StepArgs,
}

/// Arguments of `models`.
#[derive(Debug, Args)]
pub struct ModelsArgs {
    /// The lake: a folder, or gs://BUCKET.
    #[arg(long, env = "QUARTERDAY_LAKE")]
    pub lake: String,
    /// Print one JSON object a model, with its cards.
    #[arg(long)]
    pub json: bool,
}

/// What to evaluate.
#[derive(Debug, Subcommand)]
pub enum Evaluate {
    /// Models of sentiment: in their own domain, and in one they have not seen.
    Sentiment(EvaluateSentimentArgs),
    /// Up or down the next day, by the protocol of StockNet: accuracy and Matthews correlation beside always saying up.
    Direction(EvaluateDirectionArgs),
    /// Forecasts five trading days ahead: coverage of intervals, pinball loss, skill against the random walk.
    Forecast(EvaluateForecastArgs),
    /// Value at Risk: how often it was exceeded, by Kupiec's and Christoffersen's tests, stock by stock.
    Var(EvaluateVarArgs),
}

/// Arguments of `train sentiment`: `--data` to a file, or `--lake` into the registry (with `--data` on that, else on the
/// lake's own labelled posts).
#[derive(Debug, Args)]
pub struct TrainSentimentArgs {
    /// A folder of labelled texts: CSV, JSON or NDJSON, told apart by their columns.
    #[arg(long, required_unless_present = "lake")]
    pub data: Option<PathBuf>,
    /// Where to write the model.
    #[arg(long, default_value = "sentiment.model", conflicts_with = "lake")]
    pub out: PathBuf,
    /// The lake in whose registry the model is put: a folder, or gs://BUCKET.
    #[arg(long, requires = "slot")]
    pub lake: Option<String>,
    /// Up to which slot; nothing later is looked at.
    #[arg(long)]
    pub slot: Option<Slot>,
    /// The licence of the texts of `--data`, for the model's card.
    #[arg(long, default_value = "supplied by the team, licence not stated")]
    pub licence: String,
    /// Who trains.
    #[arg(long, default_value = "by hand")]
    pub owner: String,
    /// How dear an error is against large weights (files only; in the registry the default counts).
    #[arg(long, default_value_t = 0.5)]
    pub cost: f64,
    /// Decides the order of passes and the part held out for calibration (files only).
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
}

/// Arguments of `evaluate sentiment`.
#[derive(Debug, Args)]
pub struct EvaluateSentimentArgs {
    /// A folder of labelled texts: CSV, JSON or NDJSON, told apart by their columns.
    #[arg(long, required_unless_present = "targets")]
    pub data: Option<PathBuf>,
    /// A file of texts about two assets: tab-separated lang, text, first, first_label, second, second_label.
    #[arg(long)]
    pub targets: Option<PathBuf>,
    /// Fit the in-domain model on this folder instead of on nine tenths of `--data` in turn.
    #[arg(long)]
    pub train: Option<PathBuf>,
    /// A model file to be asked, too.
    #[arg(long)]
    pub model: Option<PathBuf>,
    /// Print one JSON object a line.
    #[arg(long)]
    pub json: bool,
}

/// Arguments of `sentiment`.
#[derive(Debug, Args)]
pub struct SentimentArgs {
    /// Which model scores: lexicon (VADER, figure for figure), house (our lexicon and rules), champion (what predictions
    /// use), transformer (that of --model-dir), or the file of a fitted model.
    #[arg(long, default_value = "lexicon")]
    pub model: SentimentModel,
    /// The folder of a transformer: config.json, tokenizer.json, model.safetensors.
    #[arg(long)]
    pub model_dir: Option<PathBuf>,
    /// Add "words": what each word contributed; their weights sum to the score.
    #[arg(long)]
    pub explain: bool,
}

/// A model of sentiment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SentimentModel {
    /// VADER: the public lexicon and rules.
    Lexicon,
    /// The house's lexicon and rules.
    House,
    /// What predictions use.
    Champion,
    /// A classifier of the BERT family in a folder.
    Transformer,
    /// A fitted model in a file.
    File(PathBuf),
}

impl std::str::FromStr for SentimentModel {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "lexicon" => Ok(Self::Lexicon),
            "house" => Ok(Self::House),
            "champion" => Ok(Self::Champion),
            "transformer" => Ok(Self::Transformer),
            "" => Err("wanted: lexicon, house, champion, transformer, or a file".to_owned()),
            path => Ok(Self::File(path.into())),
        }
    }
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

/// Arguments of `indicators`.
#[derive(Debug, Args)]
pub struct IndicatorsArgs {
    /// The bars.
    #[command(flatten)]
    pub bars: BarsArgs,
    /// Further columns: sma50, atr14, obv, roc10, volatility20, drawdown.
    #[arg(long)]
    pub all: bool,
}

/// Arguments of `leadlag`.
#[derive(Debug, Args)]
pub struct LeadlagArgs {
    /// The series that may run ahead: a number a line, or lines time,value with a header.
    #[arg(long)]
    pub x: PathBuf,
    /// The other one, of the same form. Series with times are joined on them.
    #[arg(long)]
    pub y: PathBuf,
    /// Longest lag, in steps.
    #[arg(long, default_value_t = 5)]
    pub max_lag: usize,
    /// Bootstrap samples behind each interval.
    #[arg(long, default_value_t = 1000)]
    pub resamples: usize,
    /// Mean length of the bootstrap's blocks, in steps.
    #[arg(long, default_value_t = 10.0)]
    pub block: f64,
    /// Accepted share of false discoveries.
    #[arg(long, default_value_t = 0.05)]
    pub discovery_rate: f64,
    /// Seed of the bootstrap.
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
    /// Write JSON instead of a table.
    #[arg(long)]
    pub json: bool,
}

/// Arguments of `evaluate var`.
#[derive(Debug, Args)]
pub struct EvaluateVarArgs {
    /// A folder with daily prices of many stocks: prices_raw*.csv, .csv.gz or .csv.zst with the columns stock, Date, Adj Close.
    #[arg(long)]
    pub data: PathBuf,
    /// Returns before the day that a model looks back on.
    #[arg(long, default_value_t = 250)]
    pub window: usize,
    /// Write JSON, with a row for each stock, instead of a table.
    #[arg(long)]
    pub json: bool,
}

/// Arguments of `evaluate direction`.
#[derive(Debug, Args)]
pub struct EvaluateDirectionArgs {
    /// A folder with prices_raw*.csv (stock, Date, Open, High, Low, Adj Close, Volume), and where they are at hand stocks.csv (sector,
    /// symbol) and targets*.csv (stock, date, tweets_on_every_day).
    #[arg(long)]
    pub data: PathBuf,
    /// Write JSON instead of a table.
    #[arg(long)]
    pub json: bool,
}

/// Arguments of `backtest`.
#[derive(Debug, Args)]
pub struct BacktestArgs {
    /// The bars.
    #[command(flatten)]
    pub bars: BarsArgs,
    /// Fees in basis points of what is traded.
    #[arg(long, default_value_t = 5.0)]
    pub costs_bp: f64,
    /// How much worse than the open a trade is made, in basis points of the price.
    #[arg(long, default_value_t = 5.0)]
    pub slippage_bp: f64,
    /// The largest long position, as a multiple of the capital.
    #[arg(long, default_value_t = 1.0)]
    pub longest: f64,
    /// The largest short position, as a multiple of the capital; 0 allows none.
    #[arg(long, default_value_t = 1.0)]
    pub shortest: f64,
    /// Write JSON with all trades and equity instead of a table.
    #[arg(long)]
    pub json: bool,
}

/// Arguments of `evaluate forecast`.
#[derive(Debug, Args)]
pub struct EvaluateForecastArgs {
    /// A folder with daily prices of many assets: prices_raw*.csv with the columns stock, Date, Adj Close, or a world's bars.csv;
    /// .gz and .zst are read, too.
    #[arg(long)]
    pub data: PathBuf,
    /// Judge only forecasts made on this day or later; earlier ones are made all the same.
    #[arg(long)]
    pub from: Option<chrono::NaiveDate>,
    /// Write JSON, with a row for each asset, instead of a table.
    #[arg(long)]
    pub json: bool,
}

/// Arguments of `bench`.
#[derive(Debug, Args)]
pub struct BenchArgs {
    /// One part only.
    #[arg(long)]
    pub part: Option<String>,
    /// Measure the peers of bench/ml beside, in the same run.
    #[arg(long)]
    pub peers: bool,
    /// The Python that has the peers (bench/ml-requirements.txt).
    #[arg(long, default_value = "python3")]
    pub python: PathBuf,
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
    /// From which outcomes they are drawn (monte-carlo).
    #[arg(long, value_enum, default_value_t = Draws::Plain)]
    pub draws: Draws,
    /// Let the model say each day's figure from the days before it and test the record (all models but monte-carlo).
    #[arg(long)]
    pub backtest: bool,
    /// Returns before the day that the back-tested model looks back on.
    #[arg(long, default_value_t = 250)]
    pub window: usize,
    /// Seed of the simulation (monte-carlo).
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
    /// Threads to share the simulation; the figure does not depend on it. Default: the machine's.
    #[arg(long)]
    pub workers: Option<usize>,
}

/// From which outcomes simulations are drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Draws {
    /// From all.
    Plain,
    /// From the worst 1.25 (1 - confidence): a far smaller error for as many draws.
    Tail,
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
