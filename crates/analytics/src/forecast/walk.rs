//! The walk through the past: what the candidate would have said at each bar, had it been asked then.

use super::features::{Features, LOOK_BACK};
use super::fit::Model;
use super::{HORIZONS, History};

/// Rows that a first fit needs.
const FEWEST_ROWS: usize = 100;
/// Rows that a fit uses at most: two years of trading days.
const MOST_ROWS: usize = 500;
/// Bars between two fits of the walk.
const REFIT_EVERY: usize = 20;

/// What was known and said at each bar.
#[derive(Debug, Clone)]
pub struct Walk {
    /// Log closes.
    pub(super) log_closes: Vec<f64>,
    /// Daily volatility as known at each bar.
    pub(super) volatility: Vec<f64>,
    /// Expected log return by horizon (index 0 is one day); NaN where the candidate could not be fitted yet.
    pub(super) expected: Vec<[f64; HORIZONS]>,
}

impl Walk {
    /// The first bar with a prediction of the candidate over `days`; the number of bars when there is none.
    pub(super) fn first(&self, days: usize) -> usize {
        self.expected.iter().position(|e| e[days - 1].is_finite()).unwrap_or(self.expected.len())
    }

    /// Log return over `days` from bar `t`, which must have that many bars after it.
    pub(super) fn outcome(&self, t: usize, days: usize) -> f64 {
        self.log_closes[t + days] - self.log_closes[t]
    }

    /// The candidate's expected log return from the last bar; 0 when it could not be fitted.
    pub fn latest(&self, days: usize) -> f64 {
        self.expected.last().map(|e| e[days - 1]).filter(|e| e.is_finite()).unwrap_or(0.0)
    }
}

/// Walks through a history whose slices have one length and whose closes are positive. What is said at bar `t` depends on
/// bars up to `t` only.
pub fn walk_forward(history: &History<'_>) -> Walk {
    let features = Features::of(history);
    let log_closes: Vec<f64> = history.closes.iter().map(|c| c.ln()).collect();
    let n = log_closes.len();
    let mut expected = vec![[f64::NAN; HORIZONS]; n];
    for days in 1..=HORIZONS {
        let start = LOOK_BACK + FEWEST_ROWS + days;
        let mut model = None;
        for (t, said) in expected.iter_mut().enumerate().skip(start) {
            if (t - start).is_multiple_of(REFIT_EVERY) {
                model = fit(&features, &log_closes, days, t);
            }
            let scale = features.volatility[t] * (days as f64).sqrt();
            said[days - 1] = model.as_ref().map_or(0.0, |m: &Model| m.predict(&features.rows[t]) * scale);
        }
    }
    Walk { log_closes, volatility: features.volatility, expected }
}

/// Fits on the rows whose outcome is known at bar `t`.
fn fit(features: &Features, log_closes: &[f64], days: usize, t: usize) -> Option<Model> {
    let end = t + 1 - days;
    let rows = end.saturating_sub(MOST_ROWS).max(LOOK_BACK)..end;
    let targets: Vec<f64> = rows
        .clone()
        .map(|i| {
            let scaled =
                (log_closes[i + days] - log_closes[i]) / (features.volatility[i] * (days as f64).sqrt());
            scaled.clamp(-6.0, 6.0)
        })
        .collect();
    Model::fit(&features.rows[rows], &targets)
}
