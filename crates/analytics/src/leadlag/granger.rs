//! Granger's test: does the past of one series help to predict another beyond that one's own past?
//!
//! Two least-squares regressions of the effect, both with a constant: on its own last values, and on these and the cause's
//! last values. F compares the sums of squared residuals, as `ssr_ftest` of statsmodels' `grangercausalitytests` does.

use super::LeadLagError;
use crate::distribution::f_tail;

/// The test with one number of lags.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Granger {
    /// How many past values of each series are looked at.
    pub lags: usize,
    /// The F statistic.
    pub f: f64,
    /// Its degrees of freedom: lags, and observations less coefficients.
    pub degrees: (usize, usize),
    /// The probability of an F at least as large if the cause's past does not help.
    pub p: f64,
    /// `p` corrected for all tests that were made: see [`super::correct`].
    pub q: f64,
    /// Effect size: the share of what the effect's own past leaves open that the cause's past explains (partial R²).
    pub explained: f64,
}

/// Tests whether `cause` helps to predict `effect`.
///
/// # Errors
/// The pasts are linearly dependent.
pub(super) fn granger(cause: &[f64], effect: &[f64], lags: usize) -> Result<Granger, LeadLagError> {
    let rows = effect.len() - lags;
    let past = |series: &[f64], lag: usize| series[lags - lag..lags - lag + rows].to_vec();
    let mut fit = Residuals::of(effect[lags..].to_vec());
    fit.explain_by(vec![1.0; rows])?;
    for lag in 1..=lags {
        fit.explain_by(past(effect, lag))?;
    }
    let own = fit.squares();
    for lag in 1..=lags {
        fit.explain_by(past(cause, lag))?;
    }
    let both = fit.squares();
    let degrees = (lags, rows - 2 * lags - 1);
    let f = (own - both) / both * degrees.1 as f64 / lags as f64;
    if !f.is_finite() {
        return Err(LeadLagError::Dependent);
    }
    let p = f_tail(f, lags as f64, degrees.1 as f64);
    Ok(Granger { lags, f, degrees, p, q: p, explained: (own - both) / own })
}

/// Least squares by Gram and Schmidt: each column is made orthogonal to the ones before it, twice, so that rounding leaves
/// nothing of them, and then taken out of what is to be explained.
struct Residuals {
    left: Vec<f64>,
    directions: Vec<Vec<f64>>,
}

impl Residuals {
    fn of(values: Vec<f64>) -> Self {
        Self { left: values, directions: Vec::new() }
    }

    fn explain_by(&mut self, mut column: Vec<f64>) -> Result<(), LeadLagError> {
        let before = dot(&column, &column).sqrt();
        for _ in 0..2 {
            for direction in &self.directions {
                take_out(&mut column, direction);
            }
        }
        let length = dot(&column, &column).sqrt();
        // The lengths are about the root of the number of rows; what is so much shorter is rounding.
        if length.is_nan() || length <= 1e-9 * before {
            return Err(LeadLagError::Dependent);
        }
        for value in &mut column {
            *value /= length;
        }
        take_out(&mut self.left, &column);
        self.directions.push(column);
        Ok(())
    }

    fn squares(&self) -> f64 {
        dot(&self.left, &self.left)
    }
}

fn take_out(from: &mut [f64], direction: &[f64]) {
    let share = dot(from, direction);
    for (value, d) in from.iter_mut().zip(direction) {
        *value -= share * d;
    }
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}
