//! Messages: how stages meet. Each goes out as JSON in the data of a Pub/Sub message on its topic.

use serde::{Deserialize, Serialize};

use crate::manifest::Outcome;
use crate::run::Stage;
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
}

impl Topic {
    /// All topics.
    pub const ALL: [Self; 8] = [
        Self::SlotDue,
        Self::CollectFinished,
        Self::SplitFinished,
        Self::PredictFinished,
        Self::PublishDue,
        Self::Published,
        Self::Heartbeat,
        Self::Watchdog,
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
        }
    }

    /// The topic with this name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|topic| topic.as_str() == name)
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
    /// The slot.
    pub slot: Slot,
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
