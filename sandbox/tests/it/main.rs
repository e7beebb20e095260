//! The sandbox over HTTP, as a collector meets it.
#![allow(clippy::unwrap_used)]

mod alpaca;
mod control;
mod facebook;
mod faults;
mod feeds;
mod instagram;
mod kit;
mod load;
mod reddit;
mod stocktwits;
mod telegram;
mod x;
