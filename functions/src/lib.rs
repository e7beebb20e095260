//! The orchestrator: endpoints that Pub/Sub pushes to.
//!
//! A handler decodes a message, lets the ledger's state machine decide, and carries out what it says: start a machine,
//! submit a job, stop them again. It answers within seconds; what takes long is followed by the watchdog.
//!
//! In reading order: [`command`], [`config`], [`app`] (the routes), one module per trigger ([`slot_due`], [`finished`],
//! [`heartbeat`], [`watchdog`]), [`orchestrator`].
//!
//! Boundaries: what follows from an event is `domain::run`; where runs are kept is `ledger`; how machines start is `cloud`.

pub mod app;
pub mod command;
pub mod config;
pub mod finished;
pub mod heartbeat;
pub mod orchestrator;
pub mod slot_due;
pub mod watchdog;
