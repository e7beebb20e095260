//! What the candidate knows at a bar: numbers without a scale, from bars up to that one.

use super::History;
use crate::statistics::{ewma_volatility, log_returns};

/// Bars that features look back on.
pub(super) const LOOK_BACK: usize = 20;
/// Number of features.
pub(super) const WIDTH: usize = 9;
/// Decay of the volatility, a day.
const DECAY: f64 = 0.94;
/// Volatility is never taken as less: a price that never moved may move tomorrow.
const LEAST_VOLATILITY: f64 = 1e-5;

/// Features and volatility of every bar.
pub(super) struct Features {
    /// One row a bar; zeros for the first [`LOOK_BACK`] bars.
    pub(super) rows: Vec<[f64; WIDTH]>,
    /// Standard deviation of the next day's log return, as known at the bar.
    pub(super) volatility: Vec<f64>,
}

impl Features {
    /// Computes them all; row `t` reads nothing after `t`.
    pub(super) fn of(history: &History<'_>) -> Self {
        let n = history.closes.len();
        let returns = log_returns(history.closes);
        let mut volatility: Vec<f64> = ewma_volatility(&returns, DECAY);
        volatility.truncate(n);
        for v in &mut volatility {
            *v = if v.is_nan() { LEAST_VOLATILITY } else { v.max(LEAST_VOLATILITY) };
        }
        let rows = (0..n)
            .map(|t| if t < LOOK_BACK { [0.0; WIDTH] } else { row(history, &returns, volatility[t], t) })
            .collect();
        Self { rows, volatility }
    }
}

fn row(history: &History<'_>, returns: &[f64], volatility: f64, t: usize) -> [f64; WIDTH] {
    // Return i ends at bar i + 1, so the returns known at bar t are those before index t.
    let moved = |days: usize| -> f64 {
        returns[t - days..t].iter().sum::<f64>() / (volatility * (days as f64).sqrt())
    };
    let month = &returns[t - LOOK_BACK..t];
    let slow = (month.iter().map(|r| r * r).sum::<f64>() / LOOK_BACK as f64).sqrt().max(LEAST_VOLATILITY);
    let mood = history.sentiment[t].unwrap_or(0.0);
    let before: Vec<f64> = history.sentiment[t - 5..t].iter().flatten().copied().collect();
    let usual = if before.is_empty() { 0.0 } else { before.iter().sum::<f64>() / before.len() as f64 };
    [
        moved(1),
        moved(2),
        moved(5),
        moved(LOOK_BACK),
        (volatility / slow).ln(),
        volume(&history.volumes[t - LOOK_BACK..=t]),
        mood,
        if history.sentiment[t].is_some() { mood - usual } else { 0.0 },
        usual,
    ]
    .map(|x| x.clamp(-6.0, 6.0))
}

/// How the last volume compares with the mean of those before, as a logarithm; 0 where it is not known.
fn volume(volumes: &[Option<f64>]) -> f64 {
    let Some((Some(last), before)) = volumes.split_last() else { return 0.0 };
    let known: Vec<f64> = before.iter().flatten().copied().filter(|v| *v > 0.0).collect();
    if known.is_empty() || *last <= 0.0 {
        return 0.0;
    }
    (last * known.len() as f64 / known.iter().sum::<f64>()).ln()
}
