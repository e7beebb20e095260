//! What the published values of one asset rest on, and what strategies and models made of its past.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

/// A row of `volumes.parquet`: the documents of one kind from one source.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Volume {
    /// Which source they came from.
    pub source: String,
    /// `post` or `article`.
    pub kind: String,
    /// All of them that may be read, noise included.
    pub documents: i64,
    /// Those without noise.
    pub organic: i64,
    /// Mean score of the organic ones, weighted as in the asset's score; `None` where none has a weight.
    pub score: Option<f64>,
    /// Their share in the asset's score, in [0, 1]; the shares of an asset sum to 1, or are all 0.
    pub weight: f64,
    /// The noise among them by reason, in the order of the reasons.
    pub noise: Vec<NoiseCount>,
}

/// How many documents are noise for one reason.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NoiseCount {
    /// As in [`crate::mention::AssetPost::noise`].
    pub reason: String,
    /// How many.
    pub documents: i64,
}

/// A row of `contributions.parquet`: what one feature added to a forecast. The effects of a horizon sum to the log return
/// between the last close and the median that is shown; a random walk has none.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Contribution {
    /// Trading days ahead, 1 to 5.
    pub horizon: i32,
    /// Which feature, for example `volatility`; `level` rests on none of them.
    pub feature: String,
    /// What the model read, a number without a unit; `None` for what rests on no feature.
    pub value: Option<f64>,
    /// Its share of the log return.
    pub effect: f64,
}

/// A row of `strategies.parquet`: one rule followed over all that is known of the asset, beside buying and holding. Returns,
/// costs and drawdowns are shares of the capital.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Strategy {
    /// The rule, for example `averages 20/50, long only`.
    pub name: String,
    /// Day of the first bar.
    pub from_on: NaiveDate,
    /// Day of the last bar.
    pub to_on: NaiveDate,
    /// Trades, the open one included.
    pub trades: i32,
    /// Gain over the whole time, after costs.
    pub total_return: f64,
    /// The same a year, compounded; -1 where the capital was used up.
    pub annual_return: f64,
    /// Largest loss from a peak, 0 or above.
    pub max_drawdown: f64,
    /// Sharpe ratio a year; `None` where the returns do not vary.
    pub sharpe: Option<f64>,
    /// Lower end of its 95 % interval.
    pub sharpe_low: Option<f64>,
    /// Upper end.
    pub sharpe_high: Option<f64>,
    /// Probability that the true ratio is above what the best of all that were tried would show by luck.
    pub deflated_sharpe: Option<f64>,
    /// Strategies that were tried in this slot, on all assets together.
    pub tried: i32,
    /// Fees in basis points of what is traded.
    pub cost_bp: f64,
    /// How much worse than the open a trade is made, in basis points of the price.
    pub slippage_bp: f64,
    /// What fees and slippage took, as a share of the capital at the beginning.
    pub costs: f64,
    /// Gain of buying and holding, after the costs of buying.
    pub hold_return: f64,
    /// Its largest loss from a peak, 0 or above.
    pub hold_drawdown: f64,
    /// Its Sharpe ratio a year.
    pub hold_sharpe: Option<f64>,
    /// One point a week, and the last day.
    pub curve: Vec<CurvePoint>,
    /// The last hundred trades, oldest first.
    pub ledger: Vec<StrategyTrade>,
}

/// Where a strategy stood at the close of a day; it begins with 1.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct CurvePoint {
    /// The day.
    pub on: NaiveDate,
    /// Capital.
    pub equity: f64,
    /// Capital of buying and holding.
    pub hold: f64,
    /// Share of the strategy's highest capital so far that is lost, 0 or above.
    pub drawdown: f64,
}

/// One position of a strategy.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StrategyTrade {
    /// The day at whose open it began.
    pub opened_on: NaiveDate,
    /// The day at whose open it ended; `None` while it is open.
    pub closed_on: Option<NaiveDate>,
    /// `long` or `short`.
    pub side: String,
    /// The price at the beginning, slippage in it.
    pub entry: f64,
    /// The price at the end; `None` while it is open.
    pub exit: Option<f64>,
    /// What the capital gained since the entry, costs in it; of an open one up to the last close.
    pub gain: f64,
}

/// A row of `leads.parquet`: whether the mood of one source runs ahead of the price, or the price ahead of the mood.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Lead {
    /// `all`, or one source.
    pub source: String,
    /// Trading days with a mood.
    pub observations: i32,
    /// The correlation at each lag; none where there are too few days.
    pub lags: Vec<LagCorrelation>,
    /// Granger's test of the mood as the cause, with the number of lags that speaks most for it.
    pub mood_first_p: Option<f64>,
    /// The same corrected for all assets, sources, lags and directions of the slot.
    pub mood_first_q: Option<f64>,
    /// The same test with the price as the cause.
    pub price_first_p: Option<f64>,
    /// Corrected.
    pub price_first_q: Option<f64>,
    /// `too-few`, `no-evidence`, `mood-first`, `price-first` or `both`.
    pub verdict: String,
}

/// The correlation of mood and return at one lag.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct LagCorrelation {
    /// By how many trading days the mood comes first; below 0 the return does.
    pub lag: i32,
    /// Pearson's correlation.
    pub correlation: f64,
    /// Lower end of its 95 % interval, by block bootstrap.
    pub low: f64,
    /// Upper end.
    pub high: f64,
}

/// A row of `risk_backtests.parquet`: how the Value at Risk of one model and confidence would have fared day by day.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RiskBacktest {
    /// `normal`, `historical`, `ewma` or `fhs` (filtered historical).
    pub model: String,
    /// 0.95 or 0.99.
    pub confidence: f64,
    /// Days on which a figure met its outcome.
    pub days: i32,
    /// Days with a loss beyond it.
    pub exceptions: i32,
    /// How many there should have been.
    pub expected: f64,
    /// Kupiec: whether there are as many as there should be.
    pub kupiec_p: Option<f64>,
    /// Christoffersen: whether one makes another on the next day more likely.
    pub christoffersen_p: Option<f64>,
}

/// A row of `predictions/slot=…/moods.parquet`: the mood about one asset, day by day, carried on from slot to slot.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct MoodSeries {
    /// The asset.
    pub symbol: String,
    /// `all`, or one source.
    pub source: String,
    /// Days with organic documents, oldest first.
    pub days: Vec<MoodDay>,
}

/// The mood of one day: of the slots that closed after it began and not after it ended.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct MoodDay {
    /// The day (UTC).
    pub on: NaiveDate,
    /// Mean score of its organic documents.
    pub score: f64,
    /// How many.
    pub documents: i64,
}
