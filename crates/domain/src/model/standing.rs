//! Which version of a model is in use from which slot on: steps that only grow.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::{ModelVersion, SCHEMA_VERSION, to_json};
use crate::slot::Slot;

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
