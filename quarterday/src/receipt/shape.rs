//! What a receipt says.

use chrono::{DateTime, Utc};
use domain::manifest::ObjectEntry;
use domain::prediction::{Forecast, Risk, Sentiment, Signal};
use domain::seal::Seal;
use domain::{Outcome, Slot, Symbol};
use serde::Serialize;

use crate::report::RunReport;

/// Everything behind the values of one asset in one slot.
#[derive(Debug, Serialize)]
pub struct Receipt {
    /// The asset.
    pub asset: Symbol,
    /// The slot.
    pub slot: Slot,
    /// How the asset fared.
    pub outcome: Outcome,
    /// What is missing.
    pub message: String,
    /// Its sentiment.
    pub sentiment: Option<Sentiment>,
    /// Its forecast by horizon.
    pub forecast: Vec<Forecast>,
    /// Its signals.
    pub signals: Vec<Signal>,
    /// Its risk by confidence.
    pub risk: Vec<Risk>,
    /// How many documents its score is made of.
    pub documents: usize,
    /// Those with the most weight.
    pub heaviest: Vec<Weighed>,
    /// The asset's own objects.
    pub objects: Vec<Checked>,
    /// The manifests from the predictions back to the sources.
    pub manifests: Vec<Step>,
    /// The seal of the slot's forecasts.
    pub seal: Option<Seal>,
    /// The run in the ledger; null where the ledger is out of reach or does not know it.
    pub run: Option<RunReport>,
}

/// A document with its share in the score.
#[derive(Debug, Serialize)]
pub struct Weighed {
    /// `post` or `article`.
    pub kind: String,
    /// Its source.
    pub source: String,
    /// The source's own id.
    pub id: String,
    /// When it was written.
    pub said_at: Option<DateTime<Utc>>,
    /// A post's text, an article's headline; null where the source does not let it be shown.
    pub text: Option<String>,
    /// Its score.
    pub score: f64,
    /// Its share.
    pub weight: f64,
}

/// An object, and whether it is what its manifest says.
#[derive(Debug, Serialize)]
pub struct Checked {
    /// What the manifest says of it.
    #[serde(flatten)]
    pub entry: ObjectEntry,
    /// Whether it is.
    pub whole: bool,
}

/// A manifest on the way.
#[derive(Debug, Serialize)]
pub struct Step {
    /// The stage that wrote it.
    pub stage: String,
    /// Its key.
    pub key: String,
    /// The sha256 that it has.
    pub sha256: String,
    /// Whether that is the one which its reader noted; the first has no reader.
    pub as_noted: bool,
    /// How the stage ended.
    pub outcome: Outcome,
    /// Version of the program.
    pub code_version: String,
    /// Models that were used.
    pub models: Vec<String>,
    /// Seed of the randomness.
    pub seed: Option<u64>,
}
