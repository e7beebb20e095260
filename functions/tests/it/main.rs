//! The functions on a real ledger, with machines that only remember, over real HTTP.
#![allow(clippy::unwrap_used)]

mod kit;
mod messages;
mod orders;
mod provider;
mod staff;
mod storm;
mod watchdog;
