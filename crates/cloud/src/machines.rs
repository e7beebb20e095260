//! Machines: what can be started for one piece of work and is stopped afterwards.

use async_trait::async_trait;
use domain::{Slot, Stage};

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

impl std::fmt::Display for Work {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {} attempt {}", self.slot, self.stage, self.attempt)
    }
}

/// Whether a machine is on, and for what.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MachineStatus {
    /// It is off.
    Off,
    /// It is on for this work.
    On(Work),
}

/// What can go wrong with a machine or job.
#[derive(Debug, thiserror::Error)]
pub enum MachineError {
    /// It is on for something else: ask again later.
    #[error("{machine} is busy with {work}")]
    Busy {
        /// The machine.
        machine: String,
        /// What it does.
        work: Work,
    },
    /// It could not be started or asked.
    #[error("{machine}: {reason}")]
    Failed {
        /// The machine.
        machine: String,
        /// Why.
        reason: String,
    },
}

/// Machines by name.
#[async_trait]
pub trait Machines: Send + Sync {
    /// Starts a machine for this work. To start it again for the same work changes nothing.
    async fn start(&self, machine: &str, work: Work) -> Result<(), MachineError>;

    /// Stops a machine. To stop one that is off changes nothing.
    async fn stop(&self, machine: &str) -> Result<(), MachineError>;

    /// Whether the machine is on.
    async fn status(&self, machine: &str) -> Result<MachineStatus, MachineError>;
}
