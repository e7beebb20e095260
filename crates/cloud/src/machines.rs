//! Machines: what can be started for one piece of work and is stopped afterwards.

use async_trait::async_trait;
use chrono::{DateTime, Utc};
pub use domain::run::Work;
use uuid::Uuid;

/// Failures in one place before the next is tried.
pub const TRIES_A_PLACE: u32 = 2;

/// Names one request, so that a repeated one is done once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Request {
    /// Derived from the message that led to it; the same on every delivery.
    pub id: Uuid,
    /// How many times it has failed and been made anew.
    pub tries: u32,
    /// Whether a machine that is on for work that has ended takes this one over instead of being busy: it is held.
    pub takes_over: bool,
}

impl Request {
    /// The id of one step of the request. A step that has failed gets a new id; one that may have been done keeps it.
    pub fn step(&self, name: &str) -> Uuid {
        Uuid::new_v5(&self.id, format!("{name} {}", self.tries).as_bytes())
    }
}

/// What a start came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Start {
    /// It is under way; the operation, where there is one, tells how it ends.
    Started(Option<Operation>),
    /// Something else must come first, and is under way: ask again. Says what.
    Later(String),
}

/// An operation of the provider that takes longer than a request may.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Operation {
    /// Where it runs, for example a zone.
    pub place: String,
    /// Its name there.
    pub name: String,
}

/// Where an operation stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OperationStatus {
    /// Not at its end.
    Running,
    /// It has succeeded, or is forgotten.
    Done,
    /// It has failed.
    Failed {
        /// Why.
        reason: String,
        /// Whether the place had nothing to give: another one, or a later time, may.
        stock_out: bool,
    },
}

/// Whether a machine is on, and for what.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MachineStatus {
    /// It is off.
    Off,
    /// It is on for this work; `None` where somebody else started it.
    On(Option<Work>),
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
        work: String,
    },
    /// The provider has nothing to give where we asked, or answers with an error that passes: ask again, elsewhere.
    #[error("{machine}: {reason}")]
    Passing {
        /// The machine.
        machine: String,
        /// Why.
        reason: String,
        /// Whether the place had nothing to give.
        stock_out: bool,
    },
    /// It can be neither started nor asked, however often.
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
    async fn start(&self, machine: &str, work: Work, request: &Request) -> Result<Start, MachineError>;

    /// Stops a machine. To stop one that is off changes nothing.
    async fn stop(&self, machine: &str, request: &Request) -> Result<(), MachineError>;

    /// Whether the machine is on.
    async fn status(&self, machine: &str) -> Result<MachineStatus, MachineError>;

    /// Where an operation of [`Start::Started`] stands.
    async fn operation(&self, operation: &Operation) -> Result<OperationStatus, MachineError>;

    /// Tells the machine until when it is held; `None`: no longer.
    async fn hold(&self, machine: &str, until: Option<DateTime<Utc>>) -> Result<(), MachineError>;

    /// In how many places a machine may be started.
    fn places(&self) -> u32;
}
