//! The orchestrator: endpoints that Pub/Sub pushes to.
//!
//! A handler decodes a message, lets the ledger's state machine decide, and carries out what it says: start a machine,
//! submit a job, stop them again. It answers within seconds; what takes long is followed by the watchdog.
//!
//! In reading order: [`command`], [`config`], [`app`] (the routes), [`handlers`] (one module a trigger), [`watchdog`],
//! [`orchestrator`], [`orders`] (what people ask about anything but runs), [`value_at_risk`], [`mod@metrics`].
//!
//! Boundaries: what follows from an event is `domain::run`; where runs are kept is `ledger`; how machines start is `cloud`.

pub mod app;
pub mod command;
pub mod config;
pub mod handlers;
pub mod metrics;
pub mod orchestrator;
pub mod orders;
pub mod value_at_risk;
pub mod watchdog;
