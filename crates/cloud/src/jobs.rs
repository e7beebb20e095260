//! Jobs: work that is submitted to a cluster.

use async_trait::async_trait;

use crate::machines::{MachineError, Request, Start, Work};

/// Where a job stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum JobStatus {
    /// It was never submitted, or is forgotten.
    Unknown,
    /// It is on its way or at work.
    Running,
    /// It has ended, one way or the other; how is in its finish message.
    Ended,
    /// The cluster says that it has failed, and why.
    Failed(String),
}

/// A cluster that takes jobs. A job is known by its work.
#[async_trait]
pub trait Jobs: Send + Sync {
    /// Submits the job, after starting what it runs on. To submit the same work again changes nothing.
    async fn submit(&self, work: Work, request: &Request) -> Result<Start, MachineError>;

    /// Cancels the job where it has not ended, and lets go what only it needed. To release again changes nothing.
    async fn release(&self, work: Work, request: &Request) -> Result<(), MachineError>;

    /// Where the job stands.
    async fn status(&self, work: Work) -> Result<JobStatus, MachineError>;

    /// Lets go whatever runs and costs money, but for what these need.
    async fn release_all_but(&self, needed: &[Work], request: &Request) -> Result<(), MachineError>;
}
