//! The adapters for Google Cloud, on Google's own client libraries.
//!
//! - [`Settings`]: project, places and endpoints, from the environment.
//! - [`StorageLake`]: Cloud Storage. [`PubSubBus`]: Pub/Sub. [`ComputeMachines`]: Compute Engine. [`DataprocJobs`]: Dataproc.
//! - [`Secrets`]: Secret Manager. [`DatabaseLogin`]: tokens for Cloud SQL. [`attend`]: being the program of a machine.
//!
//! With an endpoint set, a service is a stand-in: credentials are anonymous there. Whatever takes long is asked for and
//! followed later; nothing here waits longer than a few seconds.

mod attend;
mod bus;
mod error;
mod jobs;
mod lake;
mod login;
mod machines;
mod metadata;
mod rest;
mod secrets;
mod settings;

pub use attend::{attend, attend_always};
pub use bus::{DeadLetter, PubSubBus};
pub use jobs::{DataprocJobs, Engine, JobMode, JobSettings, Staging};
pub use lake::StorageLake;
pub use login::DatabaseLogin;
pub use machines::ComputeMachines;
pub use metadata::MetadataService;
pub use secrets::Secrets;
pub use settings::{Endpoints, Settings};
