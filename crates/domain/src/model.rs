//! Models that are fitted: their names and versions, the card of each, and which of them is in use from which slot on.
//!
//! A version is named by the slot it was trained at and by the digest of its card, which holds the digest of the model: the
//! same input gives the same name, names sort by slot, and no clock is asked. A [`Standing`] is a list of steps that only
//! grows; who is champion at a slot follows from the steps that hold from that slot or an earlier one. So a slot that is
//! repeated after a promotion meets the same champion as the first time.

mod standing;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::str::FromStr;

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};

use crate::lake::digest;
use crate::manifest::ObjectEntry;
use crate::slot::Slot;

pub use standing::{Action, InUse, Standing, StandingError, Step};

/// Version of the shapes of [`Card`] and [`Standing`].
pub const SCHEMA_VERSION: u32 = 1;

/// What a model is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ModelName {
    /// Prices five trading days ahead.
    Forecast,
    /// The sentiment of texts.
    Sentiment,
}

impl ModelName {
    /// All of them.
    pub const ALL: [Self; 2] = [Self::Forecast, Self::Sentiment];

    /// The name used in keys and on the command line.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Forecast => "forecast",
            Self::Sentiment => "sentiment",
        }
    }
}

impl fmt::Display for ModelName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for ModelName {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let found = Self::ALL.into_iter().find(|name| name.as_str() == text);
        found.ok_or_else(|| format!("no model is named {text:?}: there are forecast and sentiment"))
    }
}

/// The name of one version, `2026-11-21T06Z-3fa9…`: the slot, and 16 hex digits of its card's sha256.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ModelVersion(String);

/// A text that names no version.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error(
    "{0:?} is no version of a model: write a slot and 16 hex digits, for example 2026-11-21T06Z-0123456789abcdef"
)]
pub struct VersionError(String);

impl ModelVersion {
    /// The slot at which it was trained.
    pub fn slot(&self) -> Option<Slot> {
        self.0.rsplit_once('-')?.0.parse().ok()
    }
}

impl fmt::Display for ModelVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for ModelVersion {
    type Err = VersionError;

    fn from_str(text: &str) -> Result<Self, VersionError> {
        let named = text.rsplit_once('-').is_some_and(|(slot, digest)| {
            let hex = |c: char| c.is_ascii_digit() || ('a'..='f').contains(&c);
            slot.parse::<Slot>().is_ok() && digest.len() == 16 && digest.chars().all(hex)
        });
        if named { Ok(Self(text.to_owned())) } else { Err(VersionError(text.to_owned())) }
    }
}

impl TryFrom<String> for ModelVersion {
    type Error = VersionError;

    fn try_from(text: String) -> Result<Self, VersionError> {
        text.parse()
    }
}

impl From<ModelVersion> for String {
    fn from(version: ModelVersion) -> Self {
        version.0
    }
}

/// A measured figure with its 95 % interval.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Metric {
    /// The figure.
    pub value: f64,
    /// Lower end of its interval.
    pub low: f64,
    /// Upper end of its interval.
    pub high: f64,
    /// Number of cases behind it.
    pub cases: u64,
}

/// What a challenger's trial against the champion came to.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Gate {
    /// Whether it may take the champion's place.
    pub passed: bool,
    /// Why, in one plain sentence.
    pub reason: String,
    /// Against which version; `None`: against what is built in.
    pub against: Option<ModelVersion>,
}

/// What a distribution was like when a model was fitted, to compare later data with.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Reference {
    /// Number of values.
    pub count: u64,
    /// Upper edges of all bins but the last, ascending; a value on an edge belongs below it.
    pub edges: Vec<f64>,
    /// Share of the values in each bin; one more than edges.
    pub shares: Vec<f64>,
    /// The distribution in short: its 0, 1, … 100 % quantiles.
    pub quantiles: Vec<f64>,
}

/// Which days a model has seen, and on which it was judged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Span {
    /// First day.
    pub from: NaiveDate,
    /// Last day.
    pub to: NaiveDate,
}

/// All that is to be known of a version: `models/<name>/<version>/card.json`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Card {
    /// [`SCHEMA_VERSION`].
    pub schema_version: u32,
    /// What it is for.
    pub name: ModelName,
    /// It was trained on what the lake held of this slot and of earlier ones.
    pub slot: Slot,
    /// The close of that slot: nothing later was looked at. When it was registered stands in the [`Standing`].
    pub created_at: DateTime<Utc>,
    /// Sha256 of `model.bin`.
    pub sha256: String,
    /// Size of `model.bin`.
    pub bytes: u64,
    /// The objects it was trained on.
    pub trained_on: Vec<ObjectEntry>,
    /// The objects it was judged on; of those of `trained_on` among them, other days.
    pub judged_on: Vec<ObjectEntry>,
    /// The days it was trained on; `None`: its cases carry no days.
    pub window: Option<Span>,
    /// The days it was judged on, all after its window.
    pub block: Option<Span>,
    /// Number of cases it was trained on.
    pub cases: u64,
    /// How good it was on the block, by name of the figure.
    pub metrics: BTreeMap<String, Metric>,
    /// Its trial against the champion.
    pub gate: Gate,
    /// The licence or terms of each part of the training data.
    pub licences: Vec<String>,
    /// Version of the program.
    pub code_version: String,
    /// The champion at the time; `None`: what is built in.
    pub parent: Option<ModelVersion>,
    /// Seed of its randomness.
    pub seed: u64,
    /// What its input was like.
    pub references: BTreeMap<String, Reference>,
}

/// A figure of two cards.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Beside {
    /// Its name.
    pub what: String,
    /// The champion's; one that is built in has no card.
    pub champion: Option<Metric>,
    /// The challenger's.
    pub challenger: Option<Metric>,
    /// Whether their intervals have nothing in common.
    pub apart: bool,
}

impl Card {
    /// The figures that either card has, by name: the champion's beside this one's.
    pub fn beside(&self, champion: Option<&Self>) -> Vec<Beside> {
        let theirs = champion.into_iter().flat_map(|card| card.metrics.keys());
        let names: BTreeSet<&String> = theirs.chain(self.metrics.keys()).collect();
        let figure = |what: &String| {
            let champion = champion.and_then(|card| card.metrics.get(what)).copied();
            let challenger = self.metrics.get(what).copied();
            let apart = champion.zip(challenger).is_some_and(|(a, b)| a.high < b.low || b.high < a.low);
            Beside { what: what.clone(), champion, challenger, apart }
        };
        names.into_iter().map(figure).collect()
    }

    /// Its bytes, the same for the same content.
    pub fn to_bytes(&self) -> Vec<u8> {
        to_json(self)
    }

    /// The name of the version that it describes.
    pub fn version(&self) -> ModelVersion {
        ModelVersion(format!("{}-{}", self.slot, digest(&self.to_bytes())))
    }
}

fn to_json(value: &impl Serialize) -> Vec<u8> {
    // Cards and standings have string keys and finite numbers only, so they can always be written.
    let mut bytes = serde_json::to_vec_pretty(value).unwrap_or_default();
    bytes.push(b'\n');
    bytes
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_slots_and_digests() {
        assert_eq!(
            "2026-11-21T06Z-0000000000000001".parse::<ModelVersion>().unwrap().slot(),
            "2026-11-21T06Z".parse().ok()
        );
        for wrong in ["", "2026-11-21T06Z", "2026-11-21T05Z-0000000000000000", "2026-11-21T06Z-00", "../x"] {
            assert!(
                wrong.parse::<ModelVersion>().unwrap_err().to_string().contains("write a slot"),
                "{wrong}"
            );
        }
    }
}
