//! Whether a Value at Risk was exceeded as often as it said, and not in bunches: Kupiec's and Christoffersen's tests.
//!
//! Sources: Kupiec, "Techniques for Verifying the Accuracy of Risk Measurement Models" (1995): unconditional coverage;
//! Christoffersen, "Evaluating Interval Forecasts" (1998): independence as a first-order Markov chain, and both together,
//! whose statistic is the sum of the two.

use super::empirical::{FEWEST_FILTERED, filtered, tail, weighted};
use super::{Normal, Risk, RiskError, closed_form, ewma, filtered_historical, historical};
use crate::distribution::chi_squared_tail;

/// A model of risk that is computed from past returns alone, without simulating.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Model {
    /// [`closed_form`].
    Normal,
    /// [`historical`].
    Historical,
    /// [`ewma`].
    Ewma,
    /// [`filtered_historical`].
    FilteredHistorical,
}

impl Model {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Normal, Self::Historical, Self::Ewma, Self::FilteredHistorical];

    /// The name used on command lines and in files.
    pub fn name(self) -> &'static str {
        match self {
            Self::Normal => "normal",
            Self::Historical => "historical",
            Self::Ewma => "ewma",
            Self::FilteredHistorical => "fhs",
        }
    }

    /// What the model says after these returns.
    ///
    /// # Errors
    /// See [`RiskError`].
    pub fn risk(self, returns: &[f64], confidence: f64, horizon: u32) -> Result<Risk, RiskError> {
        match self {
            Self::Normal => closed_form(returns, confidence, horizon),
            Self::Historical => historical(returns, confidence, horizon),
            Self::Ewma => ewma(returns, confidence, horizon),
            Self::FilteredHistorical => filtered_historical(returns, confidence, horizon),
        }
    }
}

/// A likelihood-ratio test.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Test {
    /// Its statistic, chi-squared where the model is right.
    pub statistic: f64,
    /// The probability of one at least as large where the model is right.
    pub p: f64,
}

impl Test {
    fn new(statistic: f64, degrees: f64) -> Self {
        // Rounding may leave a statistic of 0 a little below it.
        let statistic = statistic.max(0.0);
        Self { statistic, p: chi_squared_tail(statistic, degrees) }
    }
}

/// The record of a Value at Risk.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Backtest {
    /// Days on which a figure met its outcome.
    pub days: usize,
    /// Days on which the loss was above the figure.
    pub exceedances: usize,
    /// Days on which it should have been.
    pub expected: f64,
    /// Kupiec: whether the share of exceedances is right (one degree of freedom).
    pub coverage: Test,
    /// Christoffersen: whether an exceedance makes one on the next day more likely (one degree).
    pub independence: Test,
    /// Christoffersen: both together (two degrees).
    pub conditional_coverage: Test,
}

/// Tests a record, oldest day first: `exceeded` says whether that day's loss was above its figure.
///
/// # Errors
/// Confidence outside (0.5, 1), or fewer than two days.
pub fn judge(exceeded: &[bool], confidence: f64) -> Result<Backtest, RiskError> {
    super::check(&[], confidence, 1, 0)?;
    let days = exceeded.len();
    if days < 2 {
        return Err(RiskError::TooShort { found: days, needed: 2 });
    }
    let exceedances = exceeded.iter().filter(|e| **e).count();
    let share = 1.0 - confidence;
    let observed = likelihood(days - exceedances, exceedances, exceedances as f64 / days as f64);
    let coverage = -2.0 * (likelihood(days - exceedances, exceedances, share) - observed);

    // From a quiet or a bad day to a quiet or a bad one.
    let mut moves = [[0_usize; 2]; 2];
    for pair in exceeded.windows(2) {
        moves[usize::from(pair[0])][usize::from(pair[1])] += 1;
    }
    let by_state =
        |[quiet, bad]: [usize; 2]| likelihood(quiet, bad, bad as f64 / (quiet + bad).max(1) as f64);
    let together = [moves[0][0] + moves[1][0], moves[0][1] + moves[1][1]];
    let independence = -2.0 * (by_state(together) - by_state(moves[0]) - by_state(moves[1]));
    Ok(Backtest {
        days,
        exceedances,
        expected: share * days as f64,
        coverage: Test::new(coverage, 1.0),
        independence: Test::new(independence, 1.0),
        conditional_coverage: Test::new(coverage.max(0.0) + independence.max(0.0), 2.0),
    })
}

/// A model fitted to the returns before one day, which can be asked at several confidences.
enum Fitted<'a> {
    Normal(Normal),
    /// Values whose tail counts, and what it is multiplied by.
    Tail(std::borrow::Cow<'a, [f64]>, f64),
}

impl<'a> Fitted<'a> {
    /// Fits `model` to returns that are finite and enough.
    fn of(model: Model, returns: &'a [f64]) -> Result<Self, RiskError> {
        Ok(match model {
            Model::Normal => Self::Normal(Normal::fit(returns, 1)?),
            Model::Ewma => Self::Normal(weighted(returns, 1)),
            Model::Historical => Self::Tail(returns.into(), 1.0),
            Model::FilteredHistorical => {
                let (values, scale) = filtered(returns, 1);
                Self::Tail(values.into(), scale)
            }
        })
    }

    fn risk(&self, confidence: f64) -> Result<Risk, RiskError> {
        match self {
            Self::Normal(normal) => normal.risk(confidence).finite(),
            Self::Tail(values, scale) => tail(values, confidence, *scale).finite(),
        }
    }
}

/// Lets a model say the next day's Value at Risk from the `window` returns before it, day by day, and tests the record.
///
/// # Errors
/// As the model, and too few returns: there must be two more than `window`.
pub fn backtest(
    returns: &[f64],
    window: usize,
    confidence: f64,
    model: Model,
) -> Result<Backtest, RiskError> {
    let records = backtests(returns, window, &[confidence], model)?;
    records.into_iter().next().ok_or(RiskError::Confidence(confidence))
}

/// The same at several confidences, in their order, for little more than one of them costs.
///
/// # Errors
/// As [`backtest`].
pub fn backtests(
    returns: &[f64],
    window: usize,
    confidences: &[f64],
    model: Model,
) -> Result<Vec<Backtest>, RiskError> {
    let needed = window.saturating_add(2);
    for confidence in confidences {
        super::check(returns, *confidence, 1, needed)?;
    }
    let fewest = if model == Model::FilteredHistorical { FEWEST_FILTERED } else { 2 };
    if window < fewest {
        return Err(RiskError::TooShort { found: window, needed: fewest });
    }
    let mut exceeded = vec![Vec::with_capacity(returns.len() - window); confidences.len()];
    for day in window..returns.len() {
        let fitted = Fitted::of(model, &returns[day - window..day])?;
        for (exceeded, confidence) in exceeded.iter_mut().zip(confidences) {
            exceeded.push(-returns[day] > fitted.risk(*confidence)?.value_at_risk);
        }
    }
    exceeded.iter().zip(confidences).map(|(exceeded, confidence)| judge(exceeded, *confidence)).collect()
}

/// The log likelihood of so many quiet and bad days; days that did not happen count nothing, whatever their probability.
fn likelihood(quiet: usize, bad: usize, share: f64) -> f64 {
    let part = |days: usize, p: f64| if days == 0 { 0.0 } else { days as f64 * p.ln() };
    part(quiet, 1.0 - share) + part(bad, share)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::random::Stream;

    /// Two days in a row and one apart, of 250: statistics by their formulas in Python with scipy's `xlogy` and `chi2.sf`.
    #[test]
    fn the_tests_are_those_of_the_formulas() {
        let mut days = vec![false; 250];
        for bad in [40, 41, 200] {
            days[bad] = true;
        }
        let record = judge(&days, 0.99).unwrap();
        assert_eq!((record.days, record.exceedances), (250, 3));
        assert!((record.expected - 2.5).abs() < 1e-12);
        for (test, statistic, p) in [
            (record.coverage, 0.09494012266443264, 0.75798832137329),
            (record.independence, 5.425235005524151, 0.01984776403273412),
            (record.conditional_coverage, 5.520175128188583, 0.063286226515905),
        ] {
            assert!((test.statistic - statistic).abs() < 1e-9, "{} is not {statistic}", test.statistic);
            assert!((test.p - p).abs() < 1e-9, "{} is not {p}", test.p);
        }
    }

    #[test]
    fn a_record_without_or_with_nothing_but_exceedances_has_a_figure() {
        let quiet = judge(&[false; 500], 0.99).unwrap();
        assert!((quiet.coverage.statistic + 1000.0 * 0.99_f64.ln()).abs() < 1e-9);
        assert_eq!(quiet.independence.p, 1.0);
        assert!(judge(&[true; 500], 0.99).unwrap().coverage.p < 1e-100);
        assert_eq!(judge(&[true], 0.99), Err(RiskError::TooShort { found: 1, needed: 2 }));
        assert_eq!(judge(&[true; 5], 1.0), Err(RiskError::Confidence(1.0)));
    }

    #[test]
    fn a_right_model_is_rejected_as_often_as_the_level_says() {
        let (mut coverage, mut both) = (0, 0);
        for seed in 0..400 {
            let mut stream = Stream::new(seed);
            let days: Vec<bool> = (0..1000).map(|_| stream.next_unit() < 0.05).collect();
            let record = judge(&days, 0.95).unwrap();
            coverage += usize::from(record.coverage.p < 0.05);
            both += usize::from(record.conditional_coverage.p < 0.05);
        }
        assert!((8..=34).contains(&coverage) && (8..=40).contains(&both), "{coverage}, {both} of 400");
    }

    #[test]
    fn bunched_exceedances_are_noticed() {
        let days: Vec<bool> = (0..1000).map(|i| i % 100 < 5).collect();
        let record = judge(&days, 0.95).unwrap();
        assert!(record.coverage.p > 0.9 && record.independence.p < 1e-6);
    }

    #[test]
    fn each_day_is_judged_by_what_was_known_before_it() {
        let mut stream = Stream::new(3);
        let mut returns: Vec<f64> = (0..400).map(|_| 0.01 * stream.next_normal()).collect();
        for model in Model::ALL {
            let record = backtest(&returns, 250, 0.95, model).unwrap();
            assert_eq!(record.days, 150, "{}", model.name());
            assert!(record.coverage.p > 0.001, "{}: {record:?}", model.name());
        }
        for model in Model::ALL {
            let both = backtests(&returns, 250, &[0.95, 0.99], model).unwrap();
            for (record, confidence) in both.iter().zip([0.95, 0.99]) {
                let exceeded: Vec<bool> = (250..400)
                    .map(|day| {
                        let said = model.risk(&returns[day - 250..day], confidence, 1).unwrap();
                        -returns[day] > said.value_at_risk
                    })
                    .collect();
                assert_eq!(*record, judge(&exceeded, confidence).unwrap(), "{}", model.name());
            }
        }
        assert!(backtest(&returns, 10, 0.95, Model::FilteredHistorical).is_err());
        let before = backtest(&returns, 250, 0.99, Model::Historical).unwrap();
        // The last day's own loss raises the count by itself, never the figure that it is compared with.
        returns[399] = -1.0;
        let after = backtest(&returns, 250, 0.99, Model::Historical).unwrap();
        assert!(after.exceedances >= before.exceedances && after.exceedances <= before.exceedances + 1);
        assert_eq!(
            backtest(&returns[..251], 250, 0.99, Model::Ewma),
            Err(RiskError::TooShort { found: 251, needed: 252 })
        );
        assert!(backtest(&returns, usize::MAX, 0.99, Model::Ewma).is_err());
    }
}
