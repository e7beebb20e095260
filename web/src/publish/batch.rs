//! Everything that one publication writes.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use domain::prediction::{
    Contribution, Forecast, Lead, Risk, RiskBacktest, Sentiment, Signal, Strategy, Volume, WordWeight,
};
use domain::{Asset, Slot};

use super::coverage::Coverage;
use super::lineage::Lineage;
use domain::mention::AssetBar;

/// One slot, read and checked, ready to be written.
#[derive(Debug)]
pub struct Batch {
    /// The slot.
    pub slot: Slot,
    /// Sha256 of the predictions manifest: what the batch was made from.
    pub manifest_sha256: String,
    /// What is missing.
    pub coverage: Coverage,
    /// Whether anything is.
    pub partial: bool,
    /// Assets that somebody wants left out, sorted and joined: another publication than one with them.
    pub left_out: String,
    /// Where its values come from.
    pub lineage: Lineage,
    /// Posts that are gone at their source by now, by source: what earlier publications show of them is taken back.
    pub gone: BTreeMap<String, BTreeSet<String>>,
    /// The deployment's assets.
    pub assets: Vec<Asset>,
    /// What was predicted, by symbol.
    pub predicted: Vec<Predicted>,
}

/// One asset's part.
#[derive(Debug)]
pub struct Predicted {
    /// The asset.
    pub symbol: String,
    /// Its sentiment.
    pub sentiment: Sentiment,
    /// Its forecast by horizon.
    pub forecast: Vec<Forecast>,
    /// Its signals.
    pub signals: Vec<Signal>,
    /// Its risk by confidence.
    pub risk: Vec<Risk>,
    /// Its documents by source and kind.
    pub volumes: Vec<Volume>,
    /// What moved its forecast.
    pub contributions: Vec<Contribution>,
    /// What strategies would have earned on it.
    pub strategies: Vec<Strategy>,
    /// Whether the mood about it leads its price.
    pub leads: Vec<Lead>,
    /// How models of its risk would have fared.
    pub risk_backtests: Vec<RiskBacktest>,
    /// Documents behind its sentiment, those with the most weight first.
    pub documents: Vec<Document>,
    /// Its daily bars.
    pub bars: Vec<AssetBar>,
}

/// One document as it may be shown.
#[derive(Debug)]
pub struct Document {
    /// `post` or `article`.
    pub kind: &'static str,
    /// Its source.
    pub source: String,
    /// The source's own id.
    pub id: String,
    /// When it was written.
    pub said_at: DateTime<Utc>,
    /// An article's outlet, a post's author.
    pub outlet: Option<String>,
    /// A post's text, an article's headline; `None` where the source forbids it.
    pub text: Option<String>,
    /// Link.
    pub url: Option<String>,
    /// Its score.
    pub score: Option<f64>,
    /// Its share in the asset's score.
    pub weight: Option<f64>,
    /// Its share in the score with noise; `None` where that is not known.
    pub weight_raw: Option<f64>,
    /// Why it is noise.
    pub noise: Option<String>,
    /// ISO 639-1 language.
    pub lang: Option<String>,
    /// An article's authors, separated by `; `; `None` where the source forbids it.
    pub authors: Option<String>,
    /// `source/id` of the document that it repeats.
    pub duplicate_of: Option<String>,
    /// What its score is made of; empty where that was not kept.
    pub words: Vec<WordWeight>,
}
