//! Receipts: everything behind a published value, as far as the reader may see it: values, documents with their weights,
//! bars, models, and the run with its manifests, times and seal.
//!
//! [`load`] makes one, from Postgres alone; [`pages`] shows it. [`market`]: that of what is said of all assets together.
//! [`store`]: all SQL.
//!
//! Boundaries: what it came from is taken down when it is published ([`crate::publish::lineage`]), not looked up again.

pub mod market;
pub mod pages;
pub mod store;

use chrono::{DateTime, NaiveDate, Utc};
use domain::trace::TraceId;
use domain::{Feature, Tier};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::access::{Access, Depth, Who};
use crate::api::rows::{DocumentV1, ForecastV1, RiskV1, SentimentV1, SignalV1};
use crate::app::{Guard, Route, get};
use crate::error::Error;
use crate::market::cache::Edition;
use crate::publish::lineage::Lineage;
use crate::state::App;

/// The routes.
pub static ROUTES: &[Route] = &[
    get("/assets/{symbol}/receipt", Guard::Shows(&[Feature::Sentiment]), |r| r.to(pages::receipt)),
    get("/receipt", Guard::Shows(&[Feature::Sentiment]), |r| r.to(market::receipt)),
];

/// Documents that a receipt lists: those with the most weight.
pub const DOCUMENTS: i64 = 200;

/// A value that a receipt can be about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Value {
    /// The sentiment.
    Sentiment,
    /// The prices, and all that is computed from them alone.
    Price,
    /// The forecast.
    Forecast,
    /// The risk.
    Risk,
    /// The signals.
    Signal,
}

impl Value {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Sentiment, Self::Price, Self::Forecast, Self::Risk, Self::Signal];

    /// The name used in links.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Sentiment => "sentiment",
            Self::Price => "price",
            Self::Forecast => "forecast",
            Self::Risk => "risk",
            Self::Signal => "signal",
        }
    }

    /// The value with this name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|value| value.as_str() == name)
    }

    /// What a reader must be entitled to.
    pub fn feature(self) -> Feature {
        match self {
            Self::Sentiment => Feature::Sentiment,
            Self::Price => Feature::Price,
            Self::Forecast | Self::Risk | Self::Signal => Feature::Predictions,
        }
    }
}

/// Of what a receipt is wanted.
pub struct Asked<'a> {
    /// An asset that there is.
    pub symbol: &'a str,
    /// The slot; `None`: the newest.
    pub slot: Option<&'a str>,
    /// The version; `None`: the newest.
    pub version: Option<i32>,
    /// The value; `None`: all of them.
    pub value: Option<Value>,
}

/// Everything behind the values of one asset in one publication. What the tier does not include is null.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Receipt {
    /// The asset.
    pub symbol: String,
    /// The slot.
    pub slot: String,
    /// The version, from 1.
    pub version: i32,
    /// The newest version of the slot.
    pub newest_version: i32,
    /// As of when it holds: nothing later was looked at.
    pub closes_at: DateTime<Utc>,
    /// When it was published.
    pub published_at: DateTime<Utc>,
    /// Sha256 of the manifest that it was made from.
    pub manifest_sha256: String,
    /// The trace of the slot: what its messages, programs, manifests and log lines carry.
    pub trace_id: String,
    /// How each source fared, and what is missing.
    pub coverage: serde_json::Value,
    /// The run that led to it, stage by stage; times are those of the newest attempt.
    pub stages: Vec<StageTimes>,
    /// Manifests, programs, models and the seal; null where it was published before these were kept.
    pub lineage: Option<Lineage>,
    /// The sentiment.
    pub sentiment: Option<SentimentV1>,
    /// The documents behind it, those with the most weight first; weights sum to 1 over all documents of the score.
    pub documents: Option<Vec<DocumentV1>>,
    /// The forecast.
    pub forecast: Option<Vec<ForecastV1>>,
    /// The signals.
    pub signals: Option<Vec<SignalV1>>,
    /// The risk.
    pub risk: Option<Vec<RiskV1>>,
    /// The bars that were known, behind forecast, signals and risk.
    pub bars: Option<BarSpan>,
}

/// The bars that were known.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct BarSpan {
    /// How many.
    pub bars: i64,
    /// The first day.
    pub first_on: Option<NaiveDate>,
    /// The last day.
    pub last_on: Option<NaiveDate>,
    /// Close of the newest slot that restated one of them; later than the receipt's: a source has corrected itself.
    pub stated_at: Option<DateTime<Utc>>,
}

/// A stage of the run.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct StageTimes {
    /// collect, split, predict or publish.
    pub stage: String,
    /// Where it stands.
    pub state: String,
    /// The newest attempt, from 1.
    pub attempt: i32,
    /// When that began.
    pub started_at: Option<DateTime<Utc>>,
    /// When it ended.
    pub finished_at: Option<DateTime<Utc>>,
}

/// The receipt, as far as `who` may see it.
///
/// # Errors
/// The slot was not published, all that was asked for is locked, or Postgres fails.
pub async fn load(
    app: &App,
    edition: &Edition,
    who: &Who,
    now: DateTime<Utc>,
    asked: &Asked<'_>,
) -> Result<Receipt, Error> {
    let newest = edition.publication.as_ref().map(|p| p.slot.clone());
    let slot = asked.slot.map(str::to_owned).or(newest).ok_or(Error::NotFound)?;
    let (pool, symbol) = (&app.pool, asked.symbol);
    let published = store::publication(pool, &slot, asked.version).await?.ok_or(Error::NotFound)?;
    let newest_at = edition.closes_at();
    let access = |feature| edition.access(who, feature, symbol, now);
    // What may be seen of this slot of a feature: nothing, or as much as its access says.
    let covered = |feature| access(feature).covers(published.closes_at, newest_at);
    let wants = |value: Value| asked.value.is_none_or(|asked| asked == value) && covered(value.feature());
    if !Value::ALL.into_iter().any(wants) {
        let feature = asked.value.map_or(Feature::Sentiment, Value::feature);
        let unlocked_by = match access(feature) {
            Access::Locked { unlocked_by } => unlocked_by,
            _ => unlocks_history(edition, feature),
        };
        return Err(Error::Locked { feature, unlocked_by });
    }
    let sentiment = wants(Value::Sentiment);
    let priced = Value::ALL.into_iter().any(|value| value != Value::Sentiment && wants(value));
    let wanted = store::Wanted {
        sentiment,
        documents: sentiment && covered(Feature::News) && access(Feature::News).sees_behind(),
        forecast: wants(Value::Forecast),
        signals: wants(Value::Signal),
        risk: wants(Value::Risk),
        bars: priced && !access(Feature::Price).is_locked(),
    };
    let values = store::values(pool, &published, symbol, wanted, DOCUMENTS).await?;
    let trace_id = slot.parse().map(TraceId::of_slot).map(|id| id.to_string()).unwrap_or_default();
    Ok(Receipt {
        symbol: symbol.to_owned(),
        slot,
        trace_id,
        version: published.version,
        newest_version: published.newest_version,
        closes_at: published.closes_at,
        published_at: published.published_at,
        manifest_sha256: published.manifest_sha256,
        coverage: published.coverage,
        stages: published.stages.0,
        // A lineage of another version's shape is shown as none.
        lineage: published.lineage.and_then(|lineage| serde_json::from_value(lineage).ok()),
        sentiment: values.sentiment.map(|row| SentimentV1::from(row.0)),
        documents: values.documents.map(|rows| rows.0),
        forecast: values.forecast.map(|rows| rows.0.into_iter().map(ForecastV1::from).collect()),
        signals: values.signals.map(|rows| rows.0.into_iter().map(SignalV1::from).collect()),
        risk: values.risk.map(|rows| rows.0.into_iter().map(RiskV1::from).collect()),
        bars: values.bars.map(|span| span.0),
    })
}

/// The lowest tier that sees all of a feature's past.
pub fn unlocks_history(edition: &Edition, feature: Feature) -> Option<Tier> {
    let full = |tier: &Tier| {
        edition.entitlements.iter().any(|e| e.tier == *tier && e.feature == feature && e.depth == Depth::Full)
    };
    Tier::ALL.into_iter().find(full)
}
