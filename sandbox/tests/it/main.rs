//! The sandbox over HTTP, as a collector meets it, and the billing sandbox, as the site does.
#![allow(clippy::unwrap_used)]

mod alpaca;
mod alpaca_stream;
mod alpha_vantage;
mod billing;
mod control;
mod facebook;
mod faults;
mod faults_by_source;
mod feeds;
mod instagram;
mod interactive_brokers;
mod kit;
mod load;
mod market;
mod parameters;
mod reddit;
mod stocktwits;
mod telegram;
mod x;
mod yahoo;
