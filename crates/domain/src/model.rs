//! Models that are fitted: their names and versions, the card of each, and which of them is in use from which slot on.
//!
//! A version is named by the slot it was trained at and by the digest of its card, which holds the digest of the model: the
//! same input gives the same name, names sort by slot, and no clock is asked. A [`Standing`] is a list of steps that only
//! grows; who is champion at a slot follows from the steps that hold from that slot or an earlier one. So a slot that is
//! repeated after a promotion meets the same champion as the first time.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::str::FromStr;

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};

use crate::lake::digest;
use crate::manifest::ObjectEntry;
use crate::slot::Slot;

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

/// What can be done with a model.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Action {
    /// It was trained and passed the gate: from now on it runs in the champion's shadow.
    Challenge,
    /// It was trained and did not pass the gate.
    Refuse,
    /// It takes the champion's place.
    Promote,
    /// The champion's place goes back to the one before.
    Rollback,
    /// It takes the champion's place, and keeps it until it is unpinned.
    Pin,
    /// The champion may be replaced again.
    Unpin,
    /// What comes in is no longer like what the champion was fitted on.
    Drift,
}

impl Action {
    /// The name used in files.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Challenge => "challenge",
            Self::Refuse => "refuse",
            Self::Promote => "promote",
            Self::Rollback => "rollback",
            Self::Pin => "pin",
            Self::Unpin => "unpin",
            Self::Drift => "drift",
        }
    }
}

/// One step in a model's life.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Step {
    /// What was done.
    pub action: Action,
    /// With which version; `None`: what is built in.
    pub version: Option<ModelVersion>,
    /// The first slot for which it holds.
    pub from: Slot,
    /// Who did it.
    pub by: String,
    /// When: the clock of who did it, and the close of the slot for what a stage does by itself.
    pub at: DateTime<Utc>,
    /// Why.
    pub why: String,
}

/// Who is in use at a slot.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct InUse {
    /// Whose figures are shown; `None`: what is built in.
    pub champion: Option<ModelVersion>,
    /// Who runs in its shadow.
    pub challenger: Option<ModelVersion>,
    /// Whether the champion keeps its place until it is unpinned.
    pub pinned: bool,
    /// Those who were champion before, oldest first.
    before: Vec<Option<ModelVersion>>,
}

impl InUse {
    /// Whether somebody was champion before, what is built in included.
    pub fn has_before(&self) -> bool {
        !self.before.is_empty()
    }
}

/// A step that cannot be taken.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum StandingError {
    /// The champion is pinned.
    #[error("the champion is pinned: unpin it first (`ml-vm pin NAME --release`)")]
    Pinned,
    /// There was no champion before.
    #[error("nothing to roll back to: nobody was champion before")]
    First,
    /// It is champion already.
    #[error("{0} is the champion already")]
    Already(String),
    /// The step would change what earlier steps said of later slots.
    #[error(
        "a step from slot {from} on comes too late: the newest holds from {last} on; name that slot or a later one"
    )]
    Backwards {
        /// From when the step would hold.
        from: Slot,
        /// From when the newest one holds.
        last: Slot,
    },
    /// The file is of another version, or damaged.
    #[error("{0}")]
    Unreadable(String),
}

/// The life of the models of one name: `models/<name>/champion`, changed by compare-and-swap, and only by more steps.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Standing {
    /// [`SCHEMA_VERSION`].
    pub schema_version: u32,
    /// Who is champion now.
    pub champion: Option<ModelVersion>,
    /// Who is challenger now.
    pub challenger: Option<ModelVersion>,
    /// Whether the champion is pinned now.
    pub pinned: bool,
    /// All steps, oldest first.
    pub history: Vec<Step>,
}

impl Default for Standing {
    fn default() -> Self {
        Self {
            schema_version: SCHEMA_VERSION,
            champion: None,
            challenger: None,
            pinned: false,
            history: Vec::new(),
        }
    }
}

impl Standing {
    /// Reads `models/<name>/champion`; `key` is named in errors.
    ///
    /// # Errors
    /// Not JSON of this shape, or of another [`SCHEMA_VERSION`].
    pub fn from_bytes(key: &str, bytes: &[u8]) -> Result<Self, StandingError> {
        let unreadable = |reason: String| StandingError::Unreadable(format!("{key}: {reason}"));
        let standing: Self = serde_json::from_slice(bytes).map_err(|e| unreadable(e.to_string()))?;
        if standing.schema_version != SCHEMA_VERSION {
            return Err(unreadable(format!(
                "schema version {} is not {SCHEMA_VERSION}",
                standing.schema_version
            )));
        }
        Ok(standing)
    }

    /// Its bytes, the same for the same content.
    pub fn to_bytes(&self) -> Vec<u8> {
        to_json(self)
    }

    /// Who is in use at `slot`.
    pub fn at(&self, slot: Slot) -> InUse {
        let mut in_use = InUse::default();
        for step in self.history.iter().filter(|step| step.from <= slot) {
            match step.action {
                Action::Challenge => in_use.challenger.clone_from(&step.version),
                Action::Refuse | Action::Drift => {}
                Action::Promote | Action::Pin => {
                    if in_use.champion != step.version {
                        let before = std::mem::replace(&mut in_use.champion, step.version.clone());
                        in_use.before.push(before);
                    }
                    if in_use.challenger == step.version {
                        in_use.challenger = None;
                    }
                    in_use.pinned = step.action == Action::Pin;
                }
                Action::Rollback => in_use.champion = in_use.before.pop().flatten(),
                Action::Unpin => in_use.pinned = false,
            }
        }
        in_use
    }

    /// From when the newest step holds.
    pub fn newest(&self) -> Option<Slot> {
        self.history.iter().map(|step| step.from).max()
    }

    /// Takes a step; that of a rollback says itself which version is champion again. A step that was taken already, word for
    /// word and with the same time, changes nothing: a stage that is repeated takes its steps again.
    ///
    /// # Errors
    /// It cannot be taken.
    pub fn take(&mut self, mut step: Step) -> Result<(), StandingError> {
        if self.history.contains(&step) {
            return Ok(());
        }
        if let Some(last) = self.newest().filter(|last| step.from < *last) {
            return Err(StandingError::Backwards { from: step.from, last });
        }
        let now = self.at(step.from);
        match step.action {
            Action::Promote | Action::Rollback if now.pinned => return Err(StandingError::Pinned),
            Action::Promote if now.champion == step.version => {
                let name = step.version.map_or_else(|| "what is built in".to_owned(), |v| v.to_string());
                return Err(StandingError::Already(name));
            }
            Action::Rollback => match now.before.last() {
                Some(before) => step.version.clone_from(before),
                None => return Err(StandingError::First),
            },
            _ => {}
        }
        let from = step.from;
        self.history.push(step);
        let now = self.at(from);
        (self.champion, self.challenger, self.pinned) = (now.champion, now.challenger, now.pinned);
        Ok(())
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

    fn slot(text: &str) -> Slot {
        text.parse().unwrap()
    }

    fn version(n: u8) -> ModelVersion {
        format!("2026-11-2{n}T06Z-000000000000000{n}").parse().unwrap()
    }

    fn step(action: Action, version: Option<ModelVersion>, from: &str) -> Step {
        let (from, by, why) = (slot(from), "me".to_owned(), "because".to_owned());
        Step { action, version, from, by, at: from.close_at(), why }
    }

    #[test]
    fn versions_are_slots_and_digests() {
        assert_eq!(version(1).slot(), Some(slot("2026-11-21T06Z")));
        for wrong in ["", "2026-11-21T06Z", "2026-11-21T05Z-0000000000000000", "2026-11-21T06Z-00", "../x"] {
            assert!(
                wrong.parse::<ModelVersion>().unwrap_err().to_string().contains("write a slot"),
                "{wrong}"
            );
        }
    }

    #[test]
    fn a_repeated_slot_meets_the_champion_it_met_before() {
        let mut standing = Standing::default();
        standing.take(step(Action::Challenge, Some(version(1)), "2026-11-21T12Z")).unwrap();
        standing.take(step(Action::Promote, Some(version(1)), "2026-11-22T12Z")).unwrap();
        standing.take(step(Action::Challenge, Some(version(2)), "2026-11-22T12Z")).unwrap();
        standing.take(step(Action::Promote, Some(version(2)), "2026-11-23T12Z")).unwrap();
        standing.take(step(Action::Rollback, None, "2026-11-24T12Z")).unwrap();
        let champion = |at: &str| standing.at(slot(at)).champion;
        assert_eq!(champion("2026-11-21T12Z"), None);
        assert_eq!(standing.at(slot("2026-11-22T06Z")).challenger, Some(version(1)));
        assert_eq!(champion("2026-11-22T12Z"), Some(version(1)));
        assert_eq!(standing.at(slot("2026-11-22T12Z")).challenger, Some(version(2)));
        assert_eq!(champion("2026-11-23T12Z"), Some(version(2)));
        assert_eq!(champion("2026-11-24T12Z"), Some(version(1)));
        assert_eq!(standing.history[4].version, Some(version(1)), "a rollback says to whom");
        assert_eq!(Standing::from_bytes("k", &standing.to_bytes()).unwrap(), standing);
        standing.take(step(Action::Rollback, None, "2026-11-25T12Z")).unwrap();
        assert_eq!(standing.champion, None, "back to what is built in");
        let first = standing.take(step(Action::Rollback, None, "2026-11-26T12Z"));
        assert_eq!(first, Err(StandingError::First));
    }

    #[test]
    fn a_pinned_champion_stays() {
        let mut standing = Standing::default();
        standing.take(step(Action::Pin, Some(version(1)), "2026-11-21T12Z")).unwrap();
        let promoted = standing.take(step(Action::Promote, Some(version(2)), "2026-11-22T12Z"));
        assert_eq!(promoted, Err(StandingError::Pinned));
        standing.take(step(Action::Unpin, None, "2026-11-22T12Z")).unwrap();
        standing.take(step(Action::Promote, Some(version(2)), "2026-11-22T18Z")).unwrap();
        assert_eq!(standing.champion, Some(version(2)));
    }

    #[test]
    fn steps_are_taken_once_and_in_order() {
        let mut standing = Standing::default();
        for _ in 0..3 {
            standing.take(step(Action::Challenge, Some(version(1)), "2026-11-21T12Z")).unwrap();
        }
        assert_eq!(standing.history.len(), 1);
        let late = standing.take(step(Action::Promote, Some(version(1)), "2026-11-20T12Z"));
        assert!(late.unwrap_err().to_string().contains("holds from 2026-11-21T12Z on"));
    }
}
