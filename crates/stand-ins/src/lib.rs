//! Stand-ins for Google's services, for tests: one HTTP server on loopback that speaks the JSON of Cloud Storage, Compute
//! Engine, Dataproc, Secret Manager and of the metadata service of a virtual machine, told apart by path. Beside it [`stripe`]:
//! whether what is asked of the payment provider is what that publishes; its stand-in is `sandbox billing`.
//!
//! In reading order: [`Google`] is what a test holds; `server` receives and dispatches; `faults` plans what goes wrong;
//! `description` checks every request against the descriptions that Google publishes of its interfaces; then one module per service.
//!
//! Boundaries: nothing here knows Google's client crates, the project's own crates or what the requests are for. Pub/Sub is
//! Google's own emulator, which [`PubSub`] starts where it is installed. Permissions and quotas are not modelled: a test plans them as a [`Fault`].

mod compute;
mod dataproc;
pub mod description;
mod faults;
mod google;
mod metadata;
mod pubsub;
mod reply;
mod secrets;
mod server;
mod serving;
mod storage;
pub mod stripe;

pub use compute::Instance;
pub use faults::{Fault, What};
pub use google::Google;
pub use pubsub::PubSub;
pub use server::Request;
pub use serving::Serving;

/// Says that a test looked at less than it might. Straight to standard error, which a test's runner does not swallow.
pub fn skipped(what: &str) {
    use std::io::Write as _;
    // Where nobody can be told, nobody is.
    let _ = writeln!(std::io::stderr(), "SKIPPED: {what}");
}
