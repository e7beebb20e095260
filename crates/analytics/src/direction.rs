//! Up or down the next day: a logistic regression over many stocks at once, and the samples, scores and resampling that
//! published results on StockNet (Xu and Cohen, ACL 2018) are compared by.
//!
//! [`Panel`] holds the bars; [`mod@features`] reads those before a day only; [`Model`] is fitted on samples of the training days, its
//! scaler, too; [`judge`] scores predictions with a bootstrap over days, since the stocks of a day move together.

pub mod features;
mod logistic;
pub mod score;

pub use features::{Features, WIDTH, features};
pub use logistic::Model;
pub use score::{Score, judge};

use chrono::NaiveDate;

/// One bar, on the scale of its adjusted close.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Bar {
    /// First price.
    pub open: f64,
    /// Highest price.
    pub high: f64,
    /// Lowest price.
    pub low: f64,
    /// Last price.
    pub close: f64,
    /// Traded amount, 0 where it is not known.
    pub volume: f64,
}

/// Bars of many stocks on one calendar.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Panel {
    /// The days, in order.
    pub days: Vec<NaiveDate>,
    /// One bar a day or none, stock by stock.
    pub bars: Vec<Vec<Option<Bar>>>,
    /// A number for each stock's sector.
    pub sectors: Vec<usize>,
}

impl Panel {
    /// The close of a day over that of the day before, minus 1; `None` where either is missing.
    pub fn movement(&self, stock: usize, day: usize) -> Option<f64> {
        let before = self.bars[stock].get(day.checked_sub(1)?)?.as_ref()?;
        Some(self.bars[stock].get(day)?.as_ref()?.close / before.close - 1.0)
    }
}

/// What is predicted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Target {
    /// A rise above 0.55 % against a fall of 0.5 % or more; what lies between is no sample.
    Threshold,
    /// More than the median of the day's movements.
    Median,
}

/// A fall of at least this much is a sample labelled down.
pub const DOWN_TO: f64 = -0.005;
/// A rise above this is a sample labelled up.
pub const UP_FROM: f64 = 0.0055;

/// One stock on one day.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Sample {
    /// Which stock of the panel.
    pub stock: usize,
    /// Which day of the panel.
    pub day: usize,
    /// Whether it went up.
    pub up: bool,
    /// What was known before the day began.
    pub row: Features,
}

/// The samples of the days in `[from, to)` of the panel whose features are known, reading the bars before `lag` days before each
/// day; `lag` is 0 unless a test wants it.
pub fn samples(panel: &Panel, target: Target, from: usize, to: usize, lag: usize) -> Vec<Sample> {
    let mut out = Vec::new();
    for day in from..to.min(panel.days.len()) {
        let movements: Vec<Option<f64>> =
            (0..panel.bars.len()).map(|stock| panel.movement(stock, day)).collect();
        let known: Vec<f64> = movements.iter().flatten().copied().collect();
        let median = crate::statistics::quantile_sorted(&crate::statistics::sorted(&known), 0.5);
        let rows = day.checked_sub(lag).map(|day| features(panel, day)).unwrap_or_default();
        for (stock, (movement, row)) in movements.into_iter().zip(rows).enumerate() {
            let (Some(movement), Some(row)) = (movement, row) else { continue };
            let up = match target {
                Target::Threshold if movement <= DOWN_TO => false,
                Target::Threshold if movement > UP_FROM => true,
                Target::Threshold => continue,
                Target::Median => movement > median,
            };
            out.push(Sample { stock, day, up, row });
        }
    }
    out
}

/// Which samples are predicted up from their log odds: above 0, or above the day's median where half of them must be.
/// Samples of a day lie together.
pub fn decide(target: Target, samples: &[Sample], odds: &[f64]) -> Vec<bool> {
    if target == Target::Threshold {
        return odds.iter().map(|z| *z > 0.0).collect();
    }
    let mut out = Vec::with_capacity(samples.len());
    for day in samples.chunk_by(|a, b| a.day == b.day) {
        let odds = &odds[out.len()..out.len() + day.len()];
        let median = crate::statistics::quantile_sorted(&crate::statistics::sorted(odds), 0.5);
        out.extend(odds.iter().map(|z| *z > median));
    }
    out
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
#[path = "direction/tests.rs"]
mod tests;
