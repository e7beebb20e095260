//! The sandbox over HTTP, as a collector meets it.
#![allow(clippy::unwrap_used)]

mod alpaca;
mod alpha_vantage;
mod control;
mod faults;
mod feeds;
mod interactive_brokers;
mod kit;
mod load;
mod market;
mod stocktwits;
mod x;
mod yahoo;
