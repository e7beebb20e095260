//! A small world that speaks the sources' wire formats, and a stand-in for the payment provider.
//!
//! In reading order:
//! - `world`: what happened, in memory, read from a world's folder. `clock`: what time it is there.
//! - `service`: what a source is to the server, and the list of them.
//! - `x`, `stocktwits`, `reddit`, `facebook`, `instagram`, `telegram`, `feeds`: who writes. `alpaca`, `alpha_vantage`, `yahoo`,
//!   `interactive_brokers`: who quotes prices. `graph`, `fnv`, `eastern`: what some of them share. `keys`: what each would show,
//!   for whoever checks a collector.
//! - `limit`, `fault`: what stands in a client's way. [`serve`]: all of it over HTTP, with control endpoints.
//! - [`generate`]: writes a world from a seed.
//! - [`billing`]: what the site sells against where no key for the payment provider is set. It shares nothing with the rest.
//!
//! Boundaries: it knows nothing of the lake, of slots' runs or of the collector; they meet over HTTP.

// Objects of the payment provider are long.
#![recursion_limit = "256"]

mod alpaca;
mod alpha_vantage;
pub mod billing;
pub mod cli;
mod clock;
mod eastern;
mod facebook;
mod fault;
mod feeds;
mod fnv;
pub mod generate;
mod graph;
mod instagram;
mod interactive_brokers;
mod keys;
mod limit;
mod moment;
mod reddit;
pub mod serve;
mod service;
mod stocktwits;
mod telegram;
mod wire;
mod world;
mod x;
mod yahoo;

pub use service::{AlphaVantagePlan, Options as ServiceOptions};
pub use world::World;
pub use world::load::load;
pub use world::report::LoadReport;
