//! What the ML machine computes for one asset at the close of one slot: rows of `predictions/slot=…/asset=…/*.parquet`.

mod analysis;

pub use analysis::{
    Contribution, CurvePoint, LagCorrelation, Lead, MoodDay, MoodSeries, NoiseCount, RiskBacktest, Strategy,
    StrategyTrade, Volume,
};

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};

/// The one row of `sentiment.parquet`, and a row of the slot's summary.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Sentiment {
    /// Mean score in [-1, 1] over organic documents; `None` when there are too few.
    pub score: Option<f64>,
    /// Lower end of its 95 % interval.
    pub low: Option<f64>,
    /// Upper end of its 95 % interval.
    pub high: Option<f64>,
    /// The same mean with noise left in.
    pub score_raw: Option<f64>,
    /// Posts that mention the asset, noise included.
    pub posts: i64,
    /// Posts without noise.
    pub posts_organic: i64,
    /// Articles that mention the asset, noise included.
    pub articles: i64,
    /// Articles without noise.
    pub articles_organic: i64,
    /// Share of organic documents scored above 0.05.
    pub positive: Option<f64>,
    /// Share of organic documents scored below -0.05.
    pub negative: Option<f64>,
    /// Name and version of the model, for example `house/2`.
    pub model: String,
}

/// A row of `documents.parquet`: the score of one document, and its share in the asset's score.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DocumentScore {
    /// `post` or `article`.
    pub kind: String,
    /// Which source it came from.
    pub source: String,
    /// The source's own id.
    pub id: String,
    /// Score in [-1, 1].
    pub score: f64,
    /// How sure the model is, in [0, 1].
    pub confidence: f64,
    /// Weight in the asset's score; the weights of an asset sum to 1, noise has 0.
    pub weight: f64,
    /// What the score is made of, strongest first; the weights sum to the score. Empty in files written before it was kept.
    #[serde(default)]
    pub words: Vec<WordWeight>,
}

/// A word of a document and its part in the document's score.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct WordWeight {
    /// The word as the text has it. `None`: all that is not listed word by word (weaker words, exclamation marks, a model's
    /// constant), or everything where the source does not let us show its text.
    pub word: Option<String>,
    /// Its part of the score.
    pub weight: f64,
}

/// A row of `forecast.parquet`: one horizon.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Forecast {
    /// Trading days ahead, 1 to 5.
    pub horizon: i32,
    /// Calendar day that is forecast (UTC).
    pub target_on: NaiveDate,
    /// Close of the last bar known (adjusted where bars are).
    pub last_close: f64,
    /// Day of that bar.
    pub last_on: NaiveDate,
    /// Price quantile 2.5 %.
    pub q025: f64,
    /// Price quantile 10 %.
    pub q10: f64,
    /// Median price.
    pub q50: f64,
    /// Price quantile 90 %.
    pub q90: f64,
    /// Price quantile 97.5 %.
    pub q975: f64,
    /// The random walk's 2.5 % quantile, for comparison.
    pub rw_q025: f64,
    /// The random walk's 10 % quantile.
    pub rw_q10: f64,
    /// The random walk's 90 % quantile.
    pub rw_q90: f64,
    /// The random walk's 97.5 % quantile.
    pub rw_q975: f64,
    /// The model in use, for example `elastic-net/2`, or `random-walk/2` where none has shown skill.
    pub model: String,
    /// Walk-forward skill of the best candidate against the random walk (1 − MAE/MAE of the walk), this horizon.
    pub skill: Option<f64>,
    /// Lower end of the skill's 95 % interval.
    pub skill_low: Option<f64>,
    /// Upper end of the skill's 95 % interval.
    pub skill_high: Option<f64>,
    /// Walk-forward share of outcomes inside the 80 % interval.
    pub coverage_80: Option<f64>,
    /// Walk-forward share of outcomes inside the 95 % interval.
    pub coverage_95: Option<f64>,
    /// How many walk-forward outcomes those figures rest on.
    pub evaluated: i64,
}

/// A row of `signals.parquet`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Signal {
    /// `forecast` or `moving-average`.
    pub name: String,
    /// `buy`, `hold` or `sell`.
    pub side: String,
    /// In [-1, 1]; its sign agrees with the side.
    pub strength: f64,
    /// One plain sentence: what it rests on.
    pub reason: String,
}

/// A row of `risk.parquet`: one confidence level.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Risk {
    /// 0.95 or 0.99.
    pub confidence: f64,
    /// Horizon in trading days.
    pub horizon: i32,
    /// Monte-Carlo Value at Risk as a positive share of the position.
    pub value_at_risk: f64,
    /// Its Monte-Carlo standard error.
    pub standard_error: f64,
    /// Monte-Carlo expected shortfall.
    pub expected_shortfall: f64,
    /// Closed form of the same model.
    pub closed_form: f64,
    /// Historical Value at Risk.
    pub historical: f64,
    /// Number of simulations.
    pub simulations: i64,
    /// Number of returns it was fitted on.
    pub returns: i64,
    /// Seed of the simulation.
    pub seed: i64,
}

/// A row of `predictions/slot=…/summary.parquet`: every asset's sentiment in one small object, so that history is one read a slot.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SummaryRow {
    /// The asset.
    pub symbol: String,
    /// Mean score over organic documents; `None` when there are too few.
    pub score: Option<f64>,
    /// Organic documents behind it.
    pub documents: i64,
    /// All documents that mention the asset.
    pub mentions: i64,
    /// Last known close.
    pub last_close: Option<f64>,
    /// When the last known bar opened.
    pub last_bar_at: Option<DateTime<Utc>>,
    /// Articles among the organic documents; `None` in summaries written before it was counted.
    #[serde(default)]
    pub articles: Option<i64>,
}

/// A row of `ledger/slot=…/forecasts-….parquet`: one horizon of one asset, as one model forecast it at the close of the slot.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SealedForecast {
    /// The asset.
    pub symbol: String,
    /// `champion`: what was shown. `challenger`: what another version said in its shadow.
    pub role: String,
    /// The method, as in [`Forecast::model`].
    pub model: String,
    /// The fitted version; `None`: what is built in.
    pub version: Option<String>,
    /// Trading days ahead.
    pub horizon: i32,
    /// Day of the last bar known.
    pub last_on: NaiveDate,
    /// Calendar day that is forecast (UTC).
    pub target_on: NaiveDate,
    /// Close of the last bar known.
    pub last_close: f64,
    /// Price quantile 2.5 %.
    pub q025: f64,
    /// Price quantile 10 %.
    pub q10: f64,
    /// Median price.
    pub q50: f64,
    /// Price quantile 90 %.
    pub q90: f64,
    /// Price quantile 97.5 %.
    pub q975: f64,
}

/// A row of `predictions/slot=…/shadow.parquet`: one asset's sentiment as the challenger has it, beside the champion's.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ShadowSentiment {
    /// The asset.
    pub symbol: String,
    /// The challenger's version.
    pub version: String,
    /// Its mean score over organic documents; `None` when there are too few.
    pub score: Option<f64>,
    /// The champion's.
    pub champion_score: Option<f64>,
    /// Organic documents behind both.
    pub documents: i64,
    /// Of all documents, how many the two put on different sides of 0.
    pub differ: i64,
}

/// How far a figure is from what it should be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// As it should be.
    Fine,
    /// To be watched.
    Warning,
    /// The model should be trained again.
    Alarm,
}

/// One watched figure.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Watched {
    /// Which model it is about.
    pub name: crate::ModelName,
    /// What is watched: `psi returns`, `ks scores`, `coverage 80`, `error`.
    pub what: String,
    /// The figure.
    pub value: f64,
    /// From where on it is a warning.
    pub warning: f64,
    /// From where on it is an alarm.
    pub alarm: f64,
    /// Number of cases behind it.
    pub cases: u64,
    /// What that comes to.
    pub level: Level,
}

/// How the sealed forecasts of one model and horizon fared, of those that have come due.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Record {
    /// The asset; empty: all of them.
    pub symbol: String,
    /// `champion` or `challenger`.
    pub role: String,
    /// The method.
    pub model: String,
    /// The fitted version; empty: what is built in.
    pub version: String,
    /// Trading days ahead.
    pub horizon: i32,
    /// How many.
    pub forecasts: u64,
    /// Days on which they were made.
    pub days: u64,
    /// Mean |log(median / actual)|.
    pub error: f64,
    /// The random walk's.
    pub walk_error: f64,
    /// 1 − error / the walk's error; `None` where the price never moved.
    pub skill: Option<f64>,
    /// Its 95 % interval, by leaving out a day at a time; `None` with too few days.
    pub interval: Option<[f64; 2]>,
    /// Share of outcomes inside the 80 % interval.
    pub coverage_80: f64,
    /// Share inside the 95 % interval.
    pub coverage_95: f64,
}

/// `predictions/slot=…/monitor.json`: how the models in use fare, as was known at the close of the slot.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Monitor {
    /// The watched figures.
    pub watched: Vec<Watched>,
    /// How sealed forecasts fared, over all assets.
    pub records: Vec<Record>,
}
