//! Jobs: work that is submitted to a cluster.

use async_trait::async_trait;

use crate::machines::{MachineError, Work};

/// Where a job stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum JobStatus {
    /// It was never submitted, or is forgotten.
    Unknown,
    /// It is on its way or at work.
    Running,
    /// It has ended, one way or the other; how is in its finish message.
    Ended,
}

/// A cluster that takes jobs. A job is known by its work.
#[async_trait]
pub trait Jobs: Send + Sync {
    /// Submits the job. To submit the same work again changes nothing.
    async fn submit(&self, work: Work) -> Result<(), MachineError>;

    /// Cancels the job. To cancel one that has ended changes nothing.
    async fn cancel(&self, work: Work) -> Result<(), MachineError>;

    /// Where the job stands.
    async fn status(&self, work: Work) -> Result<JobStatus, MachineError>;
}
