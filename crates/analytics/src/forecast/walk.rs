//! The walk through the past: what each candidate would have said at each bar, had it been asked then.

use super::features::{Features, LOOK_BACK, NAMES};
use super::fit::Model;
use super::{Candidate, Contribution, HORIZONS, History};
use crate::trees::{Params, Trees};

/// Rows that a first fit needs.
const FEWEST_ROWS: usize = 100;
/// Rows that a fit uses at most: two years of trading days.
const MOST_ROWS: usize = 500;
/// Bars between two fits of the elastic net.
const REFIT_EVERY: usize = 20;
/// Bars between two fits of the trees, which take longer.
const REGROW_EVERY: usize = 60;
/// What is kept of what trees say: they follow noise more readily than lines do.
const TREES_KEPT: f64 = 0.25;
/// The drift is kept by n / (n + this) of n returns: two years of them tell little about a mean.
const DRIFT_PRIOR: f64 = 500.0;
/// Outcomes in deviations are cut off here, so that one jump does not make a model.
const MOST_DEVIATIONS: f64 = 6.0;

/// Expected log returns by bar and horizon (index 0 is one day); NaN where a candidate could not be fitted yet.
pub type Expected = Vec<[f64; HORIZONS]>;

/// What moved one forecast, as log returns.
type MovedBy = Vec<Contribution>;

/// What was known and said at each bar.
#[derive(Debug, Clone)]
pub struct Walk {
    /// Log closes.
    pub(super) log_closes: Vec<f64>,
    /// Daily deviation as known at each bar.
    pub(super) scale: Vec<f64>,
    /// How much quicker the price moves at each bar than it usually does, as a logarithm.
    pub(super) regime: Vec<f64>,
    /// What each candidate said, in the order of [`Candidate::ALL`].
    pub(super) said: [Expected; Candidate::ALL.len()],
    /// What moved each candidate's latest forecast, by horizon; nothing where it could not be fitted yet.
    pub(super) moved_by: [Vec<MovedBy>; Candidate::ALL.len()],
}

/// The first bar with a prediction over `days`; the number of bars when there is none.
pub(super) fn first(said: &[[f64; HORIZONS]], days: usize) -> usize {
    said.iter().position(|e| e[days - 1].is_finite()).unwrap_or(said.len())
}

impl Walk {
    /// Log return over `days` from bar `t`, which must have that many bars after it.
    pub(super) fn outcome(&self, t: usize, days: usize) -> f64 {
        self.log_closes[t + days] - self.log_closes[t]
    }

    /// What the elastic net expected over five days at each bar, in deviations of such a return; NaN where it could not be
    /// fitted yet.
    pub fn in_deviations(&self) -> Vec<f64> {
        let said = &self.said[Candidate::ElasticNet as usize];
        let root = (HORIZONS as f64).sqrt();
        said.iter().zip(&self.scale).map(|(said, scale)| said[HORIZONS - 1] / (scale * root)).collect()
    }

    /// A candidate's expected log return from the last bar; 0 when it could not be fitted.
    pub fn latest(&self, candidate: Candidate, days: usize) -> f64 {
        let said = self.said[candidate as usize].last();
        said.map(|e| e[days - 1]).filter(|e| e.is_finite()).unwrap_or(0.0)
    }
}

/// Walks through a history whose slices have one length and whose closes are positive. What is said at bar `t` depends on
/// bars up to `t` only.
pub fn walk_forward(history: &History<'_>) -> Walk {
    let features = Features::of(history);
    let log_closes: Vec<f64> = history.closes.iter().map(|c| c.ln()).collect();
    let (drift, by_drift) = drift(&log_closes);
    let (line, by_line) = lines(&features, &log_closes);
    let (trees, by_trees) = trees(&features, &log_closes);
    let Features { scale, regime, .. } = features;
    Walk { log_closes, scale, regime, said: [drift, line, trees], moved_by: [by_drift, by_line, by_trees] }
}

/// The mean daily return so far, shrunk.
fn drift(log_closes: &[f64]) -> (Expected, Vec<MovedBy>) {
    let mut said = vec![[f64::NAN; HORIZONS]; log_closes.len()];
    for (t, said) in said.iter_mut().enumerate().skip(FEWEST_ROWS) {
        let daily = (log_closes[t] - log_closes[0]) / (t as f64 + DRIFT_PRIOR);
        *said = std::array::from_fn(|i| (i + 1) as f64 * daily);
    }
    let latest = said.last().filter(|s| s[0].is_finite());
    let whole = |log_return| vec![Contribution { what: "drift", value: None, log_return }];
    let parts = latest.map(|s| s.map(whole).to_vec()).unwrap_or_default();
    (said, parts)
}

/// The elastic net, one for each horizon.
fn lines(features: &Features, log_closes: &[f64]) -> (Expected, Vec<MovedBy>) {
    let n = log_closes.len();
    let mut said = vec![[f64::NAN; HORIZONS]; n];
    let mut parts = vec![Vec::new(); HORIZONS];
    for days in 1..=HORIZONS {
        let start = LOOK_BACK + FEWEST_ROWS + days;
        let mut model = None;
        for (t, said) in said.iter_mut().enumerate().skip(start) {
            if (t - start).is_multiple_of(REFIT_EVERY) {
                let (rows, targets) = known(features, log_closes, days, t);
                model = Model::fit(rows, &targets);
            }
            let scale = features.scale[t] * (days as f64).sqrt();
            said[days - 1] = model.as_ref().map_or(0.0, |m| m.predict(&features.rows[t]) * scale);
        }
        if let (Some(model), Some(row)) = (model, features.rows.last()) {
            let scale = features.scale[n - 1] * (days as f64).sqrt();
            parts[days - 1] = contributions(&model.contributions(row), row, scale);
        }
    }
    (said, parts)
}

/// Trees for the longest horizon; a shorter one gets its share of the days.
fn trees(features: &Features, log_closes: &[f64]) -> (Expected, Vec<MovedBy>) {
    let n = log_closes.len();
    let mut said = vec![[f64::NAN; HORIZONS]; n];
    let start = LOOK_BACK + FEWEST_ROWS + HORIZONS;
    let mut model: Option<Trees> = None;
    let kept = |t: usize| TREES_KEPT * features.scale[t] * (HORIZONS as f64).sqrt();
    for (t, said) in said.iter_mut().enumerate().skip(start) {
        if (t - start).is_multiple_of(REGROW_EVERY) {
            let (rows, targets) = known(features, log_closes, HORIZONS, t);
            model = Trees::fit(rows, &targets, &Params::default());
        }
        let whole = model.as_ref().map_or(0.0, |m| m.predict(&features.rows[t]) * kept(t));
        *said = std::array::from_fn(|i| whole * (i + 1) as f64 / HORIZONS as f64);
    }
    let latest = model.zip(features.rows.last());
    let parts = latest.map(|(model, row)| {
        let whole = model.contributions(row);
        let share = |days: usize| kept(n - 1) * days as f64 / HORIZONS as f64;
        (1..=HORIZONS).map(|days| contributions(&whole, row, share(days))).collect()
    });
    (said, parts.unwrap_or_default())
}

/// The rows whose outcome over `days` is known at bar `t`, with their outcomes in deviations. So a gap (embargo) of `days` bars
/// lies between the last row and `t`.
fn known<'a>(
    features: &'a Features,
    log_closes: &[f64],
    days: usize,
    t: usize,
) -> (&'a [[f64; NAMES.len()]], Vec<f64>) {
    let end = t + 1 - days;
    let rows = end.saturating_sub(MOST_ROWS).max(LOOK_BACK)..end;
    let targets = rows.clone().map(|i| {
        let scaled = (log_closes[i + days] - log_closes[i]) / (features.scale[i] * (days as f64).sqrt());
        scaled.clamp(-MOST_DEVIATIONS, MOST_DEVIATIONS)
    });
    let targets = targets.collect();
    (&features.rows[rows], targets)
}

/// Parts of a prediction in deviations, the last resting on no feature, as named log returns; those that are 0 are left out.
fn contributions(parts: &[f64], row: &[f64], scale: f64) -> MovedBy {
    let names = NAMES.into_iter().chain(["level"]);
    let values = row.iter().copied().map(Some).chain([None]);
    let parts = parts.iter().zip(names.zip(values)).filter(|(part, _)| **part != 0.0);
    parts.map(|(part, (what, value))| Contribution { what, value, log_return: part * scale }).collect()
}
