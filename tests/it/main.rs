//! The whole system, as its operator would use it.
#![allow(clippy::unwrap_used)]

mod arrows;
mod bad_input;
mod deploy;
mod drill;
mod faults;
mod fuzz;
mod gcp;
mod kill;
mod logs;
mod noise;
mod oracle;
mod rotation;
mod runs;
mod schema;
mod security;
mod soak;
mod up;
