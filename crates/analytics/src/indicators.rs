//! Technical indicators as TA-Lib defines them, warm-up included. Every output is as long as its input and NaN until its
//! first value; a series too short for an indicator gives only NaN.
//!
//! Inputs must be finite. Oldest first.

mod average;
mod band;
mod oscillator;

pub use average::{Macd, ema, macd, sma};
pub use band::{Bands, bollinger};
pub use oscillator::{Stochastic, rsi, stochastic};
