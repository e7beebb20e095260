//! Messages: how stages meet. Each goes out as JSON in the data of a Pub/Sub message on its topic.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::manifest::Outcome;
use crate::run::{Event, Stage};
use crate::slot::Slot;

/// A topic of the bus.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Topic {
    /// [`SlotDue`].
    SlotDue,
    /// [`StageFinished`] of the collector.
    CollectFinished,
    /// [`StageFinished`] of the split.
    SplitFinished,
    /// [`StageFinished`] of the ML machine.
    PredictFinished,
    /// [`PublishDue`].
    PublishDue,
    /// [`StageFinished`] of publish.
    Published,
    /// [`Heartbeat`].
    Heartbeat,
    /// An empty object: time to look round.
    Watchdog,
    /// [`HoldOrder`].
    Hold,
    /// [`Control`].
    Control,
    /// [`crate::Quotes`]: live prices, which are worth nothing a few seconds later.
    Quotes,
    /// Whatever nobody took, from any topic.
    DeadLetter,
}

impl Topic {
    /// All topics.
    pub const ALL: [Self; 12] = [
        Self::SlotDue,
        Self::CollectFinished,
        Self::SplitFinished,
        Self::PredictFinished,
        Self::PublishDue,
        Self::Published,
        Self::Heartbeat,
        Self::Watchdog,
        Self::Hold,
        Self::Control,
        Self::Quotes,
        Self::DeadLetter,
    ];

    /// The topic's name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::SlotDue => "slot-due",
            Self::CollectFinished => "collect-finished",
            Self::SplitFinished => "split-finished",
            Self::PredictFinished => "predict-finished",
            Self::PublishDue => "publish-due",
            Self::Published => "published",
            Self::Heartbeat => "heartbeat",
            Self::Watchdog => "watchdog",
            Self::Hold => "hold",
            Self::Control => "control",
            Self::Quotes => "quotes",
            Self::DeadLetter => "dead-letter",
        }
    }

    /// The topic with this name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|topic| topic.as_str() == name)
    }

    /// The topic of a subscription, which is named after who takes it and the topic: `functions-slot-due`.
    pub fn of_subscription(name: &str) -> Option<Self> {
        Self::parse(name.split_once('-')?.1)
    }

    /// The topic on which a stage says that it has finished.
    pub fn finished(stage: Stage) -> Self {
        match stage {
            Stage::Collect => Self::CollectFinished,
            Stage::Split => Self::SplitFinished,
            Stage::Predict => Self::PredictFinished,
            Stage::Publish => Self::Published,
        }
    }
}

/// A slot has closed: start its run. With `repeat`, what failed or is partial is done again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SlotDue {
    /// The slot; `None`, as a scheduler sends it, for the newest that had closed when the message was published.
    #[serde(default)]
    pub slot: Option<Slot>,
    /// Repeat what failed in a run that has ended.
    #[serde(default)]
    pub repeat: bool,
}

/// A stage's attempt has ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StageFinished {
    /// The slot.
    pub slot: Slot,
    /// The stage.
    pub stage: Stage,
    /// Which attempt, from 1.
    pub attempt: u32,
    /// How it ended.
    pub outcome: Outcome,
    /// What went wrong; empty when nothing did.
    #[serde(default)]
    pub message: String,
}

/// Publish the predictions of a slot.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PublishDue {
    /// The slot.
    pub slot: Slot,
    /// Which attempt, from 1.
    pub attempt: u32,
}

/// An attempt is alive.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Heartbeat {
    /// The slot.
    pub slot: Slot,
    /// The stage.
    pub stage: Stage,
    /// Which attempt, from 1.
    pub attempt: u32,
}

/// Keep a machine on, or let it go.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HoldOrder {
    /// The machine.
    pub machine: String,
    /// Who asks.
    pub owner: String,
    /// Why.
    pub reason: String,
    /// Until when to keep it on; `None`: let it go.
    #[serde(default)]
    pub until: Option<DateTime<Utc>>,
    /// Names the request: whatever comes again under this name is done once. Empty: the message's own id does.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub request: String,
}

/// What an operator wants of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Action {
    /// Do a stage and those after it again.
    Run,
    /// Do again what failed or is partial; begin where there is no run yet.
    Repeat,
    /// Leave out a stage, or all that have not ended.
    Skip,
    /// End the run where it is.
    Cancel,
}

impl Action {
    /// The name used in messages and tables.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Run => "run",
            Self::Repeat => "repeat",
            Self::Skip => "skip",
            Self::Cancel => "cancel",
        }
    }
}

/// An operator overrides a run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Control {
    /// What to do.
    pub action: Action,
    /// The slot.
    pub slot: Slot,
    /// The stage; needed by [`Action::Run`].
    #[serde(default)]
    pub stage: Option<Stage>,
    /// Who asks.
    pub owner: String,
    /// Why.
    pub reason: String,
    /// Names the request: whatever comes again under this name is done once. Empty: the message's own id does.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub request: String,
}

impl Control {
    /// What this means for the run.
    ///
    /// # Errors
    /// Owner or reason is empty, or a stage is missing or too many; what to write instead.
    pub fn event(&self) -> Result<Event, &'static str> {
        if self.owner.trim().is_empty() || self.reason.trim().is_empty() {
            return Err("owner and reason are needed: say who asks and why");
        }
        let message = format!("{} by {}: {}", self.action.as_str(), self.owner, self.reason);
        match (self.action, self.stage) {
            (Action::Run, Some(stage)) => Ok(Event::Redo { stage, message }),
            (Action::Run, None) => Err("a stage is needed: collect, split, predict or publish"),
            (Action::Repeat, None) => Ok(Event::SlotDue { repeat: true }),
            (Action::Repeat, Some(_)) => {
                Err("repeat does what failed, wherever that is: leave out the stage")
            }
            (Action::Skip, stage) => Ok(Event::Skip { stage, message }),
            (Action::Cancel, None) => Ok(Event::Cancel { message }),
            (Action::Cancel, Some(_)) => Err("cancel ends the whole run: leave out the stage"),
        }
    }
}
