//! The collector against servers that speak the sources' wire formats and misbehave on demand.
#![allow(clippy::unwrap_used)]

mod alone;
mod fake;
mod kit;
mod live;
mod server;

mod faults;
mod repeat;
mod slots;
mod telegram;
mod tokens;
mod vendors;
mod whole;
mod x;
