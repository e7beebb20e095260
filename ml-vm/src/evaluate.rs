//! `ml-vm evaluate`: how good the methods are on data that they have not seen.
//!
//! [`var`]: whether Values at Risk held. [`prices`] reads the prices.

pub mod prices;
pub mod var;
