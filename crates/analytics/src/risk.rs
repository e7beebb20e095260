//! Value at Risk (VaR) and expected shortfall (ES). A loss is positive; a negative figure means that even the bad case gains.
//!
//! Returns are taken as they are given: with simple returns the figures are shares of the position. Over a horizon of `h`
//! days means grow with `h` and deviations with the root of `h`. Empirical quantiles interpolate between order statistics
//! ([`crate::statistics::quantile_sorted`]).

use serde::{Deserialize, Serialize};

mod backtest;
mod empirical;
mod normal;
mod plan;
mod series;
mod share;
mod simulation;

pub use backtest::{Backtest, Model, Test, backtest, backtests, judge};
pub use empirical::{ewma, filtered_historical, historical};
pub use normal::{Normal, closed_form};
pub use plan::{Plan, Worked};
pub use series::Series;
pub use share::{MAX_SHARES, MAX_SIMULATIONS, Share, expected_draws, merge, merge_at, share};
pub use simulation::{Sampling, Simulation, monte_carlo, monte_carlo_by};

/// The decay of the exponentially weighted models, a day.
pub const DECAY: f64 = 0.94;

/// What a model says about the bad case.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Risk {
    /// The loss that is exceeded with probability 1 - confidence.
    pub value_at_risk: f64,
    /// The mean loss in that case.
    pub expected_shortfall: f64,
    /// Standard error of `value_at_risk` that comes from simulating; exactly 0 for models that do not simulate.
    pub standard_error: f64,
    /// The same of `expected_shortfall`.
    pub shortfall_error: f64,
}

impl Risk {
    /// Itself, unless a figure is too large for a number.
    fn finite(self) -> Result<Self, RiskError> {
        let figures =
            [self.value_at_risk, self.expected_shortfall, self.standard_error, self.shortfall_error];
        if figures.iter().all(|f| f.is_finite()) { Ok(self) } else { Err(RiskError::TooLarge) }
    }
}

/// Why there is no figure.
#[derive(Debug, thiserror::Error, PartialEq)]
pub enum RiskError {
    /// Too few returns for this model.
    #[error("too short: {found} returns where this model needs at least {needed}")]
    TooShort {
        /// Returns given.
        found: usize,
        /// Returns needed.
        needed: usize,
    },
    /// A return that is not a finite number.
    #[error("return {0} is not a finite number")]
    NotFinite(usize),
    /// Confidence outside (0.5, 1).
    #[error("confidence {0} is not between 0.5 and 1, both excluded")]
    Confidence(f64),
    /// No horizon.
    #[error("the horizon must be at least one day")]
    Horizon,
    /// Too few simulations for the quantile to exist.
    #[error("{0} simulations are too few: at least 100 are needed")]
    Simulations(usize),
    /// More simulations than may be shared out.
    #[error("{0} simulations are too many: at most {MAX_SIMULATIONS} are possible")]
    TooManySimulations(usize),
    /// Returns so large that their mean, deviation or risk is not a finite number.
    #[error("the returns are too large: their mean, deviation or risk is not a finite number")]
    TooLarge,
    /// A number of shares outside 1..=[`MAX_SHARES`].
    #[error("{0} shares are not possible: write a number from 1 to {MAX_SHARES}")]
    Shares(u32),
    /// A share that does not exist.
    #[error("there is no share {index} of {shares}: they are numbered from 0")]
    Index {
        /// The share asked for.
        index: u32,
        /// How many there are.
        shares: u32,
    },
    /// Nothing to merge, or shares of different simulations.
    #[error("the shares are not those of one simulation")]
    Mixed,
    /// A share is missing.
    #[error("share {0} is missing")]
    Incomplete(u32),
    /// A share comes twice.
    #[error("share {0} comes twice")]
    Doubled(u32),
    /// A share holds draws that it cannot have.
    #[error("share {0} is damaged")]
    Damaged(u32),
}

fn check(returns: &[f64], confidence: f64, horizon: u32, needed: usize) -> Result<(), RiskError> {
    if !(confidence > 0.5 && confidence < 1.0) {
        return Err(RiskError::Confidence(confidence));
    }
    if horizon == 0 {
        return Err(RiskError::Horizon);
    }
    if let Some(bad) = returns.iter().position(|r| !r.is_finite()) {
        return Err(RiskError::NotFinite(bad));
    }
    if returns.len() < needed {
        return Err(RiskError::TooShort { found: returns.len(), needed });
    }
    Ok(())
}
