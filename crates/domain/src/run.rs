//! A run: the work on one slot through four stages, as a pure state machine.
//!
//! Messages arrive more than once, late and out of order; machines die without a word. [`Run::apply`] takes one
//! [`Event`] at one instant and says what has changed and what to do about it. It never fails: an event that no longer fits
//! (an older attempt, a stage that has ended) changes nothing.
//!
//! Invariants, whatever the order of events:
//! - a stage starts only when every stage before it has succeeded, is partial, or was skipped by an operator;
//! - a stage has at most `max_attempts` attempts in each repetition of the run;
//! - [`Effect::Start`] is returned once for each attempt, and [`Effect::Stop`] after every attempt that was started;
//! - a run that has ended changes only by [`Event::SlotDue`] with `repeat` and by [`Event::Redo`].

mod apply;
mod limits;
mod why_not;

use std::fmt;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::manifest::Outcome;
use crate::slot::Slot;
pub use limits::Limits;
pub use why_not::WhyNot;

/// A stage of a run, in order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Stage {
    /// Sources → lake, by the collector.
    Collect,
    /// Records → assets, by the Dataproc job.
    Split,
    /// Assets → predictions, by the ML machine.
    Predict,
    /// Predictions → Postgres, by the site.
    Publish,
}

impl Stage {
    /// All stages in order.
    pub const ALL: [Self; 4] = [Self::Collect, Self::Split, Self::Predict, Self::Publish];

    /// The name used in files and tables.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Collect => "collect",
            Self::Split => "split",
            Self::Predict => "predict",
            Self::Publish => "publish",
        }
    }

    /// The stage with this name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|stage| stage.as_str() == name)
    }

    fn index(self) -> usize {
        self as usize
    }
}

impl fmt::Display for Stage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Where a stage stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum StageState {
    /// Not yet its turn.
    Pending,
    /// Its machine, job or message has been asked for.
    Starting,
    /// It has given a sign of life.
    Running,
    /// All of it was done.
    Succeeded,
    /// It ended with something missing.
    Partial,
    /// It ended without a result, and has no attempts left.
    Failed,
    /// A stage before it failed, or an operator skipped it.
    Skipped,
}

impl StageState {
    /// The name used in tables.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Starting => "starting",
            Self::Running => "running",
            Self::Succeeded => "succeeded",
            Self::Partial => "partial",
            Self::Failed => "failed",
            Self::Skipped => "skipped",
        }
    }

    /// The state with this name.
    pub fn parse(name: &str) -> Option<Self> {
        use StageState::*;
        [Pending, Starting, Running, Succeeded, Partial, Failed, Skipped]
            .into_iter()
            .find(|s| s.as_str() == name)
    }

    /// Whether an attempt is under way.
    pub fn is_active(self) -> bool {
        matches!(self, Self::Starting | Self::Running)
    }

    /// Whether nothing more will happen to it.
    pub fn is_terminal(self) -> bool {
        matches!(self, Self::Succeeded | Self::Partial | Self::Failed | Self::Skipped)
    }

    /// Whether the stage after it may begin.
    pub fn is_passed(self) -> bool {
        matches!(self, Self::Succeeded | Self::Partial | Self::Skipped)
    }
}

/// Where a whole run stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum RunStatus {
    /// Stages are still to come.
    Running,
    /// All stages succeeded.
    Succeeded,
    /// No stage failed; some are partial, or were skipped by an operator.
    Partial,
    /// A stage failed.
    Failed,
}

impl RunStatus {
    /// The name used in tables.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Running => "running",
            Self::Succeeded => "succeeded",
            Self::Partial => "partial",
            Self::Failed => "failed",
        }
    }
}

/// One stage of a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StageRun {
    /// Which stage.
    pub stage: Stage,
    /// Where it stands.
    pub state: StageState,
    /// The newest attempt, from 1; 0 before the first. Attempts are counted on through repetitions.
    pub attempt: u32,
    /// The last attempt that may still be made.
    pub last_attempt: u32,
    /// When the newest attempt was asked for.
    pub started_at: Option<DateTime<Utc>>,
    /// Its last sign of life.
    pub heartbeat_at: Option<DateTime<Utc>>,
    /// When it ended.
    pub finished_at: Option<DateTime<Utc>>,
    /// Why it failed or is partial.
    pub message: String,
}

/// The work on one slot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Run {
    /// Its slot.
    pub slot: Slot,
    /// Its four stages in order.
    pub stages: [StageRun; 4],
}

/// One attempt of one stage: what a machine or job is started for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Work {
    /// The slot.
    pub slot: Slot,
    /// The stage.
    pub stage: Stage,
    /// Which attempt, from 1.
    pub attempt: u32,
}

impl fmt::Display for Work {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} attempt {}", self.slot, self.stage, self.attempt)
    }
}

/// What has happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// The slot has closed; with `repeat`, what failed or is partial is to be done again.
    SlotDue {
        /// Do again what failed or is partial.
        repeat: bool,
    },
    /// An attempt is alive.
    Heartbeat {
        /// Its stage.
        stage: Stage,
        /// Which attempt.
        attempt: u32,
    },
    /// An attempt that was asked for waits its turn: it is neither silent nor late.
    Waiting {
        /// Its stage.
        stage: Stage,
        /// Which attempt.
        attempt: u32,
    },
    /// An attempt has ended.
    Finished {
        /// Its stage.
        stage: Stage,
        /// Which attempt.
        attempt: u32,
        /// How.
        outcome: Outcome,
        /// Why, where something is missing.
        message: String,
    },
    /// The machine or job of an attempt is gone, or could not be started.
    Lost {
        /// Its stage.
        stage: Stage,
        /// Which attempt.
        attempt: u32,
        /// How it was noticed.
        message: String,
    },
    /// Time has passed.
    Tick,
    /// An operator wants a stage, and those after it, done again, whatever came of them. Nothing happens while one of them
    /// is at work, or where a stage before has no output.
    Redo {
        /// The first stage to do again.
        stage: Stage,
        /// Who asked, and why.
        message: String,
    },
    /// An operator skips a stage that has not ended, or all of them: what comes after goes on with what lies in the lake.
    Skip {
        /// The stage; `None`: all that have not ended.
        stage: Option<Stage>,
        /// Who asked, and why.
        message: String,
    },
    /// An operator ends the run where it is.
    Cancel {
        /// Who asked, and why.
        message: String,
    },
}

impl Event {
    /// Whether the event is meant for slots that have no run yet, too.
    pub fn makes_run(&self) -> bool {
        matches!(self, Self::SlotDue { .. } | Self::Skip { .. })
    }
}

/// What to do because of a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effect {
    /// Start this attempt.
    Start {
        /// The stage.
        stage: Stage,
        /// Which attempt.
        attempt: u32,
    },
    /// Stop what this attempt had started.
    Stop {
        /// The stage.
        stage: Stage,
        /// Which attempt.
        attempt: u32,
    },
}

/// A change of one stage, for the ledger.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Transition {
    /// The stage.
    pub stage: Stage,
    /// Which attempt.
    pub attempt: u32,
    /// Before.
    pub from: StageState,
    /// After.
    pub to: StageState,
    /// When.
    pub at: DateTime<Utc>,
    /// Why.
    pub cause: String,
}

/// What an event led to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Applied {
    /// Changes, in order.
    pub transitions: Vec<Transition>,
    /// What to do, in order.
    pub effects: Vec<Effect>,
}

impl Run {
    /// A run that has not begun.
    pub fn new(slot: Slot) -> Self {
        let stages = Stage::ALL.map(|stage| StageRun {
            stage,
            state: StageState::Pending,
            attempt: 0,
            last_attempt: 0,
            started_at: None,
            heartbeat_at: None,
            finished_at: None,
            message: String::new(),
        });
        Self { slot, stages }
    }

    /// The state of one stage.
    pub fn stage(&self, stage: Stage) -> &StageRun {
        &self.stages[stage.index()]
    }

    /// Where the whole run stands.
    pub fn status(&self) -> RunStatus {
        let states = || self.stages.iter().map(|s| s.state);
        if states().any(|s| !s.is_terminal()) {
            RunStatus::Running
        } else if states().any(|s| s == StageState::Failed) {
            RunStatus::Failed
        } else if states().any(|s| matches!(s, StageState::Partial | StageState::Skipped)) {
            RunStatus::Partial
        } else {
            RunStatus::Succeeded
        }
    }

    /// Whether the states are ones that a run may be in; the name of the broken rule when not.
    pub fn illegality(&self) -> Option<&'static str> {
        let (mut open, mut failed) = (false, false);
        for state in self.stages.iter().map(|s| s.state) {
            if failed && state != StageState::Skipped {
                return Some("a stage was left behind a failed one");
            }
            if open && !matches!(state, StageState::Pending | StageState::Skipped) {
                return Some("a stage went ahead of the one before it");
            }
            open |= !state.is_passed();
            failed |= state == StageState::Failed;
        }
        if self.stages.iter().any(|s| s.attempt > s.last_attempt) {
            return Some("a stage has more attempts than it may");
        }
        None
    }
}

#[cfg(test)]
mod tests;
