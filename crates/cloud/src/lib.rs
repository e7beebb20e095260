//! The ports through which programs meet the outside, and their adapters.
//!
//! - [`lake`]: objects by key. [`commit`]: writing and reading what a manifest lists. [`seal`]: finding a slot's seal.
//!   [`models`]: the registry of fitted models.
//! - [`bus`]: publishing messages; [`push`]: receiving them. [`caller`]: who may call an endpoint.
//! - [`machines`] and [`jobs`]: starting and stopping what does the work.
//! - [`stage`]: what all stage programs have in common.
//! - [`local`]: the adapters for one machine: a folder, HTTP pushes, child processes. [`gcp`]: those for Google Cloud.
//! - [`trace`]: what belongs together across programs. [`telemetry`]: what programs count.
//! - [`mod@clock`]: what time it is; [`mod@faults`]: what tests let go wrong with lake, bus and clock.
//! - [`staging`]: input that is copied to a cluster's own file system before it is read.
//!
//! Boundaries: no other crate names a provider's type. What a message means is in `domain::message`; what to do about it
//! is for `functions`.

pub mod bus;
pub mod caller;
pub mod clock;
pub mod commit;
pub mod faults;
pub mod gcp;
pub mod jobs;
pub mod lake;
pub mod local;
mod log;
pub mod machines;
pub mod models;
pub mod push;
pub mod seal;
pub mod stage;
pub mod staging;
pub mod telemetry;
pub mod trace;

use std::sync::Arc;

pub use bus::Bus;
pub use lake::{Lake, LakeError, Object, Version};
pub use log::{init_tracing, init_tracing_at};

/// Where an installation runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Provider {
    /// All on one machine.
    Local,
    /// Google Cloud.
    Gcp,
}

impl Provider {
    /// What `QUARTERDAY_CLOUD` says; local where it says nothing.
    ///
    /// # Errors
    /// It says something else than `local` or `gcp`.
    pub fn from_env() -> Result<Self, String> {
        match std::env::var("QUARTERDAY_CLOUD").as_deref() {
            Err(_) | Ok("" | "local") => Ok(Self::Local),
            Ok("gcp") => Ok(Self::Gcp),
            Ok(other) => Err(format!("QUARTERDAY_CLOUD is {other:?}: write local or gcp")),
        }
    }
}

/// Opens the lake that `uri` names: `gs://bucket`, or a folder, which is made when it is missing.
///
/// # Errors
/// The folder cannot be made, there are no credentials for the bucket, or `uri` names another kind of lake.
pub async fn open_lake(uri: &str) -> Result<Arc<dyn Lake>, LakeError> {
    if uri.starts_with("gs://") {
        let opened = gcp::StorageLake::open(uri, &gcp::Endpoints::from_env()).await;
        return match opened {
            Ok(lake) => Ok(Arc::new(lake)),
            Err(error) => Err(LakeError::Unsupported { uri: uri.to_owned(), reason: error.to_string() }),
        };
    }
    if uri.contains("://") {
        let reason = "name a folder or gs://BUCKET".to_owned();
        return Err(LakeError::Unsupported { uri: uri.to_owned(), reason });
    }
    let lake = Arc::new(local::LocalLake::open(uri)?);
    let Some(faults) = faults::here() else { return Ok(lake) };
    tracing::warn!("{} is set: this lake fails on purpose", faults::VARIABLE);
    Ok(Arc::new(faults::FaultyLake::new(lake, uri, faults)))
}
