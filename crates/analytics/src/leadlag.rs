//! Lead and lag: whether one series runs ahead of another, with "no lead found" as a normal answer.
//!
//! [`relation`] looks at one pair of series, `x` and `y`, of the same instants:
//! - the correlation of `x` some steps earlier with `y`, at every lag, with an interval by stationary bootstrap;
//! - Granger's test, both ways and with every number of lags up to the longest: does the past of one series help to predict
//!   the other beyond that series' own past?
//!
//! Whoever looks often finds something. [`correct`] therefore turns the p-values of all pairs that were looked at (assets,
//! sources, lags, directions) into q-values by Benjamini and Hochberg, and a [`Verdict`] counts a lead only where q is at most
//! the accepted share of false discoveries. [`study`] does all of it for many pairs; one that cannot be judged leaves an error
//! and the others go on.
//!
//! A lead is a statement about order in time, not about cause. A series that is known only at the end of its step has to be
//! passed as it became known: then lag 1 is the first that could have been acted on.

mod correlation;
mod discovery;
mod granger;
mod verdict;

pub use correlation::Correlation;
pub use discovery::q_values;
pub use granger::Granger;
pub use verdict::{Direction, Verdict};

use correlation::correlations;
use granger::granger;

/// How to look.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Settings {
    /// Longest lag, in steps: at least 1.
    pub max_lag: usize,
    /// Bootstrap samples behind each interval.
    pub resamples: usize,
    /// Mean length of the bootstrap's blocks, in steps: at least 1.
    pub block: f64,
    /// Share of the intervals that should hold the true correlation.
    pub level: f64,
    /// Share of false discoveries among the leads that is accepted.
    pub discovery_rate: f64,
}

impl Default for Settings {
    fn default() -> Self {
        Self { max_lag: 5, resamples: 1000, block: 10.0, level: 0.95, discovery_rate: 0.05 }
    }
}

/// What was found about one pair of series.
#[derive(Debug, Clone, PartialEq)]
pub struct Relation {
    /// Instants that both series have.
    pub steps: usize,
    /// One for each lag from -`max_lag` to `max_lag`; positive ones are about `x` before `y`.
    pub correlations: Vec<Correlation>,
    /// Whether `x` helps to predict `y`, with 1, 2, … lags.
    pub x_to_y: Vec<Granger>,
    /// Whether `y` helps to predict `x`.
    pub y_to_x: Vec<Granger>,
}

/// Why a pair cannot be judged.
#[derive(Debug, Clone, thiserror::Error, PartialEq)]
pub enum LeadLagError {
    /// The series are not of the same instants.
    #[error("x has {x} values and y has {y}: they must be of the same instants")]
    Lengths {
        /// Values of `x`.
        x: usize,
        /// Values of `y`.
        y: usize,
    },
    /// Too few values for the longest lag.
    #[error("too short: {found} values where lags up to {max_lag} need at least {needed}")]
    TooShort {
        /// Values given.
        found: usize,
        /// Values needed.
        needed: usize,
        /// Longest lag.
        max_lag: usize,
    },
    /// A value that is not a finite number.
    #[error("value {index} of {series} is not a finite number")]
    NotFinite {
        /// `x` or `y`.
        series: &'static str,
        /// Which value, from 0.
        index: usize,
    },
    /// A series that never changes, or only beyond the digits of a number.
    #[error("{0} is constant: nothing can run ahead of it or behind it")]
    Constant(&'static str),
    /// One series is a copy of the other, perhaps delayed or scaled, so regression cannot tell them apart.
    #[error("x and y, or their pasts, are multiples of each other: no test can tell them apart")]
    Dependent,
    /// A setting outside its range.
    #[error("{name} {value} is not possible: {wanted}")]
    Setting {
        /// Which setting.
        name: &'static str,
        /// What it was.
        value: f64,
        /// What is accepted.
        wanted: &'static str,
    },
}

impl Settings {
    fn check(&self) -> Result<(), LeadLagError> {
        let rates = "a share between 0 and 1, both excluded";
        let all = [
            ("the longest lag", self.max_lag as f64, (1..=MAX_LAG).contains(&self.max_lag), "1 to 100 steps"),
            (
                "the number of resamples",
                self.resamples as f64,
                (100..=100_000).contains(&self.resamples),
                "100 to 100000",
            ),
            ("the block length", self.block, self.block >= 1.0 && self.block.is_finite(), "at least 1 step"),
            ("the level", self.level, self.level > 0.0 && self.level < 1.0, rates),
            (
                "the discovery rate",
                self.discovery_rate,
                self.discovery_rate > 0.0 && self.discovery_rate < 1.0,
                rates,
            ),
        ];
        match all.into_iter().find(|(_, _, accepted, _)| !accepted) {
            Some((name, value, _, wanted)) => Err(LeadLagError::Setting { name, value, wanted }),
            None => Ok(()),
        }
    }

    /// Values below which nothing is said: three for each coefficient of the largest regression, and 20 in any case.
    fn needed(&self) -> usize {
        (7 * self.max_lag + 3).max(20)
    }
}

/// Longest lag that may be asked for.
const MAX_LAG: usize = 100;

/// Looks at one pair. The q-values are those of this pair's tests alone; use [`correct`] after looking at several.
///
/// # Errors
/// See [`LeadLagError`].
pub fn relation(x: &[f64], y: &[f64], settings: &Settings, seed: u64) -> Result<Relation, LeadLagError> {
    settings.check()?;
    if x.len() != y.len() {
        return Err(LeadLagError::Lengths { x: x.len(), y: y.len() });
    }
    for (series, values) in [("x", x), ("y", y)] {
        if let Some(index) = values.iter().position(|v| !v.is_finite()) {
            return Err(LeadLagError::NotFinite { series, index });
        }
    }
    if x.len() < settings.needed() {
        let (found, needed, max_lag) = (x.len(), settings.needed(), settings.max_lag);
        return Err(LeadLagError::TooShort { found, needed, max_lag });
    }
    let x = standardised(x).ok_or(LeadLagError::Constant("x"))?;
    let y = standardised(y).ok_or(LeadLagError::Constant("y"))?;
    let tests = |cause: &[f64], effect: &[f64]| -> Result<Vec<Granger>, LeadLagError> {
        (1..=settings.max_lag).map(|lags| granger(cause, effect, lags)).collect()
    };
    let mut found = Relation {
        steps: x.len(),
        x_to_y: tests(&x, &y)?,
        y_to_x: tests(&y, &x)?,
        correlations: correlations(&x, &y, settings, seed),
    };
    correct(&mut [&mut found]);
    Ok(found)
}

/// Gives all tests of these pairs the q-values that count how many they are. A test has to stand both among all of them and
/// among those of its own direction: many true leads one way would else lend false ones the other way their credit.
pub fn correct(relations: &mut [&mut Relation]) {
    let q_of = |tests: Vec<&Granger>| q_values(&tests.iter().map(|test| test.p).collect::<Vec<f64>>());
    let mut among_all = q_of(relations.iter().flat_map(|r| r.tests()).collect()).into_iter();
    let mut forward = q_of(relations.iter().flat_map(|r| &r.x_to_y).collect()).into_iter();
    let mut backward = q_of(relations.iter().flat_map(|r| &r.y_to_x).collect()).into_iter();
    for relation in relations {
        for (tests, own) in [(&mut relation.x_to_y, &mut forward), (&mut relation.y_to_x, &mut backward)] {
            for test in tests {
                test.q = among_all.next().unwrap_or(1.0).max(own.next().unwrap_or(1.0));
            }
        }
    }
}

impl Relation {
    /// All tests, both ways.
    pub fn tests(&self) -> impl Iterator<Item = &Granger> {
        self.x_to_y.iter().chain(&self.y_to_x)
    }
}

/// One pair of series to look at.
#[derive(Debug, Clone, Copy)]
pub struct Pair<'a> {
    /// What it is about, for example an asset and a source; its bootstrap's seed is derived from it.
    pub name: &'a str,
    /// The series that may run ahead.
    pub x: &'a [f64],
    /// The other one, of the same instants.
    pub y: &'a [f64],
}

/// Looks at many pairs and corrects for how many they are, in the order given.
pub fn study(pairs: &[Pair<'_>], settings: &Settings, seed: u64) -> Vec<Result<Relation, LeadLagError>> {
    let look = |pair: &Pair<'_>| relation(pair.x, pair.y, settings, seed ^ crate::random::seed_of(pair.name));
    let mut found: Vec<_> = pairs.iter().map(look).collect();
    let mut judged: Vec<&mut Relation> = found.iter_mut().filter_map(|r| r.as_mut().ok()).collect();
    correct(&mut judged);
    found
}

/// The series with mean 0 and deviation 1, which changes no correlation and no test but keeps huge and tiny values within the
/// range of numbers; `None` when it is constant.
fn standardised(values: &[f64]) -> Option<Vec<f64>> {
    let scale = values.iter().fold(0.0_f64, |scale, v| scale.max(v.abs()));
    if scale == 0.0 {
        return None;
    }
    let scaled: Vec<f64> = values.iter().map(|v| v / scale).collect();
    let (mean, deviation) = (crate::statistics::mean(&scaled), crate::statistics::sample_deviation(&scaled));
    // Below this only rounding is left of the differences.
    (deviation > 1e-13).then(|| scaled.iter().map(|v| (v - mean) / deviation).collect())
}

#[cfg(test)]
mod tests;
