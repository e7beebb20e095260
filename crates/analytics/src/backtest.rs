//! What following a rule would have earned: decided at a close, carried out at the next open, with costs, slippage and limits on
//! the position, beside buying and holding.
//!
//! A [`Laboratory`] runs strategies on one asset and counts them: the more are tried, the better the best one looks by luck,
//! which its deflated Sharpe ratio takes into account. In reading order: [`strategy`], [`simulation`], [`sharpe`].

pub mod sharpe;
pub mod simulation;
pub mod strategy;

pub use sharpe::{Sharpe, deflated};
pub use simulation::{Run, Tally, Trade, Trading, check, simulate};
pub use strategy::{Strategy, crossing};

use crate::forecast::{History, walk_forward};

/// Bars of one asset, oldest first; the slices have one length.
#[derive(Debug, Clone, Copy)]
pub struct Prices<'a> {
    /// First prices, on the scale of the closes.
    pub opens: &'a [f64],
    /// Closes in which splits and dividends are no moves.
    pub closes: &'a [f64],
}

/// Why nothing could be simulated.
#[derive(Debug, thiserror::Error, PartialEq)]
pub enum BacktestError {
    /// Too few bars.
    #[error("too short: {0} bars where a backtest needs at least {FEWEST_BARS}")]
    TooShort(usize),
    /// Slices of different lengths.
    #[error("{0} opens for {1} closes: there must be as many")]
    Lengths(usize, usize),
    /// A price that is not a positive finite number.
    #[error("price number {0} is not a positive number")]
    BadPrice(usize),
    /// A cost, slippage or limit out of range.
    #[error("{0}")]
    BadTrading(&'static str),
}

/// Fewer bars than this are not simulated.
pub const FEWEST_BARS: usize = 30;

/// One strategy's result.
#[derive(Debug, Clone, PartialEq)]
pub struct Tried {
    /// Which.
    pub strategy: Strategy,
    /// What it did.
    pub run: Run,
    /// Probability that its true Sharpe ratio is above what the best of all strategies tried would show by luck; `None` where
    /// its returns do not vary.
    pub deflated: Option<f64>,
}

/// Runs strategies on one asset and keeps count of them.
#[derive(Debug)]
pub struct Laboratory<'a> {
    prices: Prices<'a>,
    trading: Trading,
    expected: Vec<f64>,
    runs: Vec<(Strategy, Run)>,
}

impl<'a> Laboratory<'a> {
    /// Prepares an asset; the forecasts behind [`Strategy::Forecast`] are those of the walk through its past.
    ///
    /// # Errors
    /// Prices or terms of trading that cannot be used.
    pub fn new(prices: Prices<'a>, volumes: &[Option<f64>], trading: Trading) -> Result<Self, BacktestError> {
        simulation::check(&prices, &trading)?;
        let walk = walk_forward(&History { closes: prices.closes, volumes, ..History::default() });
        Self::after(prices, walk.in_deviations(), trading)
    }

    /// The same where the past has been walked through already: `expected` is [`crate::forecast::Walk::in_deviations`] of
    /// these bars.
    ///
    /// # Errors
    /// As [`Self::new`].
    pub fn after(prices: Prices<'a>, expected: Vec<f64>, trading: Trading) -> Result<Self, BacktestError> {
        simulation::check(&prices, &trading)?;
        Ok(Self { prices, trading, expected, runs: Vec::new() })
    }

    /// Runs a strategy; trying it again does not count twice.
    pub fn try_out(&mut self, strategy: Strategy) {
        if self.runs.iter().any(|(tried, _)| *tried == strategy) {
            return;
        }
        let wanted = strategy.positions(self.prices.closes, &self.expected);
        self.runs.push((strategy, simulate(&self.prices, &wanted, &self.trading)));
    }

    /// What those that were tried did, in their order.
    pub fn runs(&self) -> &[(Strategy, Run)] {
        &self.runs
    }

    /// How many have been tried.
    pub fn tried(&self) -> usize {
        self.runs.len()
    }

    /// All results, in the order of trying, each deflated by how many there are.
    pub fn results(&self) -> Vec<Tried> {
        let shown: Vec<f64> = self.runs.iter().filter_map(|(_, run)| Some(run.sharpe?.daily)).collect();
        let results = self.runs.iter().map(|(strategy, run)| Tried {
            strategy: *strategy,
            run: run.clone(),
            deflated: run.sharpe.and_then(|sharpe| deflated(&sharpe, &shown)),
        });
        results.collect()
    }

    /// Buying at the first open that any strategy could have used, and holding.
    pub fn buy_and_hold(&self) -> Run {
        simulate(&self.prices, &vec![1.0; self.prices.closes.len()], &self.trading)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
#[path = "backtest/tests.rs"]
mod tests;
