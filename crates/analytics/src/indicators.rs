//! Technical indicators as TA-Lib defines them, warm-up included. Every output is as long as its input and NaN until its
//! first value; a series too short for an indicator gives only NaN.
//!
//! They agree with TA-Lib 0.8 to 1e-9 on flat, tiny and huge prices, too (`bench/ml/compare.py`); versions before it took
//! variances below 1e-14 for 0. NaN at the start of a series is skipped; further on it spreads as arithmetic spreads it.
//! Oldest first.
//!
//! [`fused`] computes all columns of a chart in one pass over the bars, bit for bit what the single functions give.
//! [`volatility`] and [`drawdown`] are no functions of TA-Lib; their definitions stand with them.

mod average;
mod band;
mod change;
mod fused;
mod oscillator;
mod range;

pub use average::{Macd, ema, macd, sma};
pub use band::{Bands, bollinger, deviation};
pub use change::{drawdown, obv, rate_of_change, volatility};
pub use fused::{Columns, fused, fused_into};
pub use oscillator::{Stochastic, rsi, stochastic};
pub use range::atr;

/// The first index at which none of the inputs is NaN; the shortest length where there is none.
fn first_known(inputs: &[&[f64]]) -> usize {
    let length = inputs.iter().map(|input| input.len()).min().unwrap_or(0);
    (0..length).find(|&i| inputs.iter().all(|input| !input[i].is_nan())).unwrap_or(length)
}

#[cfg(test)]
mod tests;
