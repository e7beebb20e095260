//! `ml-vm evaluate`: how good the methods are on data that they have not seen.
//!
//! [`direction`]: up or down the next day. [`forecast`]: intervals and skill five trading days ahead. [`var`]: whether Values at
//! Risk held. [`prices`] reads the prices.

pub mod direction;
pub mod forecast;
pub mod prices;
pub mod var;
