//! What is learned about a forecasting method from how its forecasts fared: how much of the move that it expects to keep,
//! how much wider or narrower its intervals should be, and for which assets it should not be believed.
//!
//! A tuning is put on an [`Outlook`] from outside, so it outlives changes of the method. It can only make a forecast more
//! modest: it keeps at most all of a move, and turns a model into the random walk but never the reverse.
//!
//! Judged by the mean pinball loss of the five quantiles (R. Koenker and G. Bassett, "Regression Quantiles", Econometrica
//! 1978) of log returns over all horizons; less is better.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::forecast::{Champion, HORIZONS, Horizon, Outlook};
use crate::statistics::sorted;

/// Version of the shape of a [`Tuning`] as bytes.
const VERSION: u32 = 1;
/// The probabilities of an outlook's quantiles.
pub const LEVELS: [f64; 5] = [0.025, 0.1, 0.5, 0.9, 0.975];
/// Shares of a move that are tried.
const KEEPS: [f64; 5] = [0.0, 0.25, 0.5, 0.75, 1.0];
/// Cases that count as much as having none: factors of intervals stay so near to 1.
const PRIOR: f64 = 100.0;
/// Trials of an asset below which it is not judged by itself.
const FEWEST_TRIALS: usize = 12;

/// What was learned.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Tuning {
    version: u32,
    /// Share of the expected move that is kept, 0 to 1.
    pub keep: f64,
    /// Factor of the 80 % interval, by horizon.
    pub widen_80: [f64; HORIZONS],
    /// Factor of the 95 % interval, by horizon.
    pub widen_95: [f64; HORIZONS],
    /// Assets for which the random walk was better.
    pub walks: BTreeSet<String>,
    /// Number of past forecasts that it was learned from.
    pub fitted_on: u32,
}

impl Default for Tuning {
    fn default() -> Self {
        Self {
            version: VERSION,
            keep: 1.0,
            widen_80: [1.0; HORIZONS],
            widen_95: [1.0; HORIZONS],
            walks: BTreeSet::new(),
            fitted_on: 0,
        }
    }
}

/// A forecast of the past with what came of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Trial {
    /// Which asset.
    pub symbol: String,
    /// What was said, untuned.
    pub outlook: Outlook,
    /// The log return from the last close, by horizon; NaN where it is not known.
    pub actual: [f64; HORIZONS],
}

/// Why bytes are no tuning, or trials give none.
#[derive(Debug, thiserror::Error)]
pub enum TuningError {
    /// Not of this shape.
    #[error("not a tuning of forecasts: {0}")]
    Foreign(#[from] serde_json::Error),
    /// Written by another version of this program.
    #[error("tuning of version {0}: accepted is version {VERSION}; train it again")]
    Version(u32),
    /// It would do what no fit does.
    #[error("tuning makes no sense: {0}")]
    Content(&'static str),
    /// Too little to learn from.
    #[error("{0} past forecasts whose outcome is known: at least {FEWEST} are wanted")]
    TooFew(usize),
}

/// Fewest trials of a fit.
pub const FEWEST: usize = 60;

impl Tuning {
    /// As bytes: JSON, the same for the same content.
    pub fn to_bytes(&self) -> Vec<u8> {
        // String keys and finite numbers only, so it can always be written.
        serde_json::to_vec(self).unwrap_or_default()
    }

    /// Reads a tuning.
    ///
    /// # Errors
    /// The bytes are no tuning, or one of another version or without sense.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, TuningError> {
        let tuning: Self = serde_json::from_slice(bytes)?;
        if tuning.version != VERSION {
            return Err(TuningError::Version(tuning.version));
        }
        if !(0.0..=1.0).contains(&tuning.keep) {
            return Err(TuningError::Content("the share that is kept is not in [0, 1]"));
        }
        let sane = |factors: &[f64; HORIZONS]| factors.iter().all(|f| f.is_finite() && *f > 0.0);
        if !(sane(&tuning.widen_80) && sane(&tuning.widen_95)) {
            return Err(TuningError::Content("a factor is not above 0"));
        }
        Ok(tuning)
    }

    /// Learns from trials.
    ///
    /// # Errors
    /// Fewer than [`FEWEST`] trials.
    pub fn fit(trials: &[Trial]) -> Result<Self, TuningError> {
        if trials.len() < FEWEST {
            return Err(TuningError::TooFew(trials.len()));
        }
        let mut tuning = Self { walks: walks(trials), fitted_on: trials.len() as u32, ..Self::default() };
        tuning.keep = keep(trials, &tuning.walks);
        for day in 0..HORIZONS {
            let (mut of_80, mut of_95) = (Vec::new(), Vec::new());
            for trial in trials.iter().filter(|t| t.actual[day].is_finite()) {
                let Some(h) =
                    tuning.apply(&trial.symbol, trial.outlook.clone()).horizons.into_iter().nth(day)
                else {
                    continue;
                };
                let q = h.quantiles.map(|price| (price / trial.outlook.last_close).ln());
                let off = trial.actual[day] - q[2];
                let reach = |edge: f64| ((edge - q[2]).abs() > 1e-12).then(|| off / (edge - q[2]));
                of_80.extend(reach(if off < 0.0 { q[1] } else { q[3] }));
                of_95.extend(reach(if off < 0.0 { q[0] } else { q[4] }));
            }
            tuning.widen_80[day] = factor(&of_80, 0.8);
            tuning.widen_95[day] = factor(&of_95, 0.95);
        }
        Ok(tuning)
    }

    /// The outlook as it is to be shown.
    pub fn apply(&self, symbol: &str, mut outlook: Outlook) -> Outlook {
        let walks = outlook.champion != Champion::RandomWalk && self.walks.contains(symbol);
        let last = outlook.last_close;
        for (day, horizon) in outlook.horizons.iter_mut().enumerate() {
            if walks {
                horizon.quantiles = horizon.random_walk;
                horizon.interval_90 = between(&horizon.random_walk, last);
            }
            let day = day.min(HORIZONS - 1);
            let q = horizon.quantiles.map(|price| (price / last).ln());
            // A random walk expects no move, so there is none to keep less of.
            let centre =
                if outlook.champion == Champion::RandomWalk || walks { q[2] } else { self.keep * q[2] };
            let (inner, outer) = (self.widen_80[day], self.widen_95[day]);
            let (low, high) = (inner * (q[1] - q[2]), inner * (q[3] - q[2]));
            let tuned = [
                centre + (outer * (q[0] - q[2])).min(low),
                centre + low,
                centre,
                centre + high,
                centre + (outer * (q[4] - q[2])).max(high),
            ];
            // Of the 90 % interval, which lies between the two others, the factor does, too.
            let factor = (inner * outer).sqrt();
            let (least, most) = horizon.interval_90;
            let edge = |price: f64| last * (centre + factor * ((price / last).ln() - q[2])).exp();
            horizon.quantiles = tuned.map(|r| last * r.exp());
            if walks {
                horizon.contributions.clear();
            }
            for contribution in &mut horizon.contributions {
                contribution.log_return *= self.keep;
            }
            horizon.interval_90 = (
                edge(least).clamp(horizon.quantiles[0], horizon.quantiles[1]),
                edge(most).clamp(horizon.quantiles[3], horizon.quantiles[4]),
            );
        }
        if walks {
            outlook.champion = Champion::RandomWalk;
            outlook.reason =
                "the model did worse than the random walk on this asset of late, so the random walk is used"
                    .to_owned();
        }
        outlook
    }
}

/// A 90 % interval where none is stated: half way between the 80 and the 95 % one, in log returns.
fn between(quantiles: &[f64; 5], last: f64) -> (f64, f64) {
    let q = quantiles.map(|price| (price / last).ln());
    (last * f64::midpoint(q[0], q[1]).exp(), last * f64::midpoint(q[3], q[4]).exp())
}

/// Mean pinball loss of an outlook, in log returns, over the horizons whose outcome is known; `None` without any.
pub fn loss(outlook: &Outlook, actual: &[f64; HORIZONS]) -> Option<f64> {
    let known = outlook.horizons.iter().zip(actual).filter(|(_, actual)| actual.is_finite());
    let losses: Vec<f64> = known
        .map(|(h, actual)| {
            let each = LEVELS.iter().zip(h.quantiles).map(|(level, price)| {
                let off = actual - (price / outlook.last_close).ln();
                (level * off).max((level - 1.0) * off)
            });
            each.sum::<f64>() / LEVELS.len() as f64
        })
        .collect();
    (!losses.is_empty()).then(|| losses.iter().sum::<f64>() / losses.len() as f64)
}

/// Log return that the median of a horizon expects.
fn expected(horizon: &Horizon, last_close: f64) -> f64 {
    (horizon.quantiles[2] / last_close).ln()
}

fn errors<'a>(trials: impl Iterator<Item = &'a Trial>, kept: f64) -> f64 {
    let mut sum = 0.0;
    for trial in trials {
        for (h, actual) in trial.outlook.horizons.iter().zip(trial.actual).filter(|(_, a)| a.is_finite()) {
            sum += (actual - kept * expected(h, trial.outlook.last_close)).abs();
        }
    }
    sum
}

fn walks(trials: &[Trial]) -> BTreeSet<String> {
    let mut by_asset: std::collections::BTreeMap<&str, Vec<&Trial>> = Default::default();
    for trial in trials.iter().filter(|t| t.outlook.champion != Champion::RandomWalk) {
        by_asset.entry(&trial.symbol).or_default().push(trial);
    }
    let judged = by_asset.into_iter().filter(|(_, own)| own.len() >= FEWEST_TRIALS);
    judged
        .filter(|(_, own)| errors(own.iter().copied(), 1.0) > errors(own.iter().copied(), 0.0))
        .map(|(symbol, _)| symbol.to_owned())
        .collect()
}

/// The share of the expected moves that would have been best; all of them where nothing was expected.
fn keep(trials: &[Trial], walks: &BTreeSet<String>) -> f64 {
    let moving = |t: &&Trial| t.outlook.champion != Champion::RandomWalk && !walks.contains(&t.symbol);
    let mut best = (1.0, errors(trials.iter().filter(moving), 1.0));
    for kept in KEEPS {
        let error = errors(trials.iter().filter(moving), kept);
        if error < best.1 {
            best = (kept, error);
        }
    }
    best.0
}

/// The factor that would have put a share `inside` of the outcomes inside, drawn towards 1 the more the fewer there are.
fn factor(reaches: &[f64], inside: f64) -> f64 {
    let n = reaches.len();
    let rank = ((n + 1) as f64 * inside).ceil() as usize;
    let Some(raw) = sorted(reaches).get(rank.clamp(1, n.max(1)) - 1).copied() else { return 1.0 };
    let drawn = (raw.clamp(0.25, 4.0).ln() * n as f64 / (n as f64 + PRIOR)).exp();
    if drawn.is_finite() { drawn } else { 1.0 }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::forecast::{Candidate, Contribution};
    use crate::random::Stream;

    fn outlook(champion: Champion, moved: f64, sigma: f64) -> Outlook {
        let quantiles =
            |centre: f64| [-1.96, -1.2816, 0.0, 1.2816, 1.96].map(|z| 100.0 * (centre + z * sigma).exp());
        let horizon = |days| Horizon {
            days,
            quantiles: quantiles(moved),
            interval_90: (100.0 * (moved - 1.6449 * sigma).exp(), 100.0 * (moved + 1.6449 * sigma).exp()),
            random_walk: quantiles(0.0),
            skill: None,
            coverage_80: None,
            coverage_90: None,
            coverage_95: None,
            evaluated: 0,
            contributions: vec![Contribution { what: "drift", value: None, log_return: moved }],
        };
        Outlook {
            champion,
            reason: String::new(),
            horizons: (1..=HORIZONS).map(horizon).collect(),
            last_close: 100.0,
        }
    }

    /// Forecasts of a method that expects moves that do not come, with intervals half as wide as they should be.
    fn boastful(seed: u64, n: usize) -> Vec<Trial> {
        let mut stream = Stream::new(seed);
        (0..n)
            .map(|i| Trial {
                symbol: format!("S{}", i % 4),
                outlook: outlook(
                    Champion::Candidate(Candidate::ElasticNet),
                    if i % 8 < 4 { 0.02 } else { -0.02 },
                    0.01,
                ),
                actual: std::array::from_fn(|_| 0.02 * stream.next_normal()),
            })
            .collect()
    }

    #[test]
    fn a_boastful_method_becomes_modest() {
        let tuning = Tuning::fit(&boastful(1, 2_000)).unwrap();
        assert_eq!(tuning.walks.len(), 4, "{tuning:?}");
        for day in 0..HORIZONS {
            assert!(
                (tuning.widen_80[day] - 2.0).abs() < 0.25 && (tuning.widen_95[day] - 2.0).abs() < 0.3,
                "{tuning:?}"
            );
        }
        let mean = |tuned: &Tuning| {
            let losses = boastful(2, 500)
                .into_iter()
                .map(|t| loss(&tuned.apply(&t.symbol, t.outlook), &t.actual).unwrap());
            losses.sum::<f64>() / 500.0
        };
        assert!(mean(&tuning) < 0.9 * mean(&Tuning::default()));
        assert_eq!(Tuning::from_bytes(&tuning.to_bytes()).unwrap(), tuning);
    }

    #[test]
    fn what_moved_a_forecast_sums_to_the_median_that_is_shown() {
        for (keep, walks) in [(1.0, ""), (0.25, ""), (0.5, "A")] {
            let walks = BTreeSet::from([walks.to_owned()]);
            let tuning = Tuning { keep, walks, ..Tuning::default() };
            let tuned = tuning.apply("A", outlook(Champion::Candidate(Candidate::Drift), 0.01, 0.02));
            for horizon in &tuned.horizons {
                let moved = expected(horizon, tuned.last_close);
                let parts: f64 = horizon.contributions.iter().map(|c| c.log_return).sum();
                assert!((parts - moved).abs() < 1e-12, "{keep}: {parts} {moved}");
            }
            assert_eq!(tuned.champion == Champion::RandomWalk, tuned.horizons[0].contributions.is_empty());
        }
    }

    #[test]
    fn what_is_built_in_is_left_as_it_is() {
        let said = outlook(Champion::Candidate(Candidate::ElasticNet), 0.01, 0.02);
        let tuned = Tuning::default().apply("A", said.clone());
        for (a, b) in said.horizons.iter().zip(&tuned.horizons) {
            for (x, y) in a.quantiles.iter().zip(b.quantiles) {
                assert!((x - y).abs() < 1e-9);
            }
        }
        let walk =
            Tuning { keep: 0.0, ..Tuning::default() }.apply("A", outlook(Champion::RandomWalk, 0.0, 0.02));
        assert_eq!(walk.champion, Champion::RandomWalk);
    }

    #[test]
    fn quantiles_stay_in_order() {
        let odd = Tuning { widen_80: [4.0; HORIZONS], widen_95: [0.3; HORIZONS], ..Tuning::default() };
        let q = odd.apply("A", outlook(Champion::Candidate(Candidate::ElasticNet), 0.01, 0.02)).horizons[0]
            .quantiles;
        assert!(q.windows(2).all(|pair| pair[0] <= pair[1]), "{q:?}");
    }

    #[test]
    fn bytes_that_are_no_tuning_are_refused() {
        let good = String::from_utf8(Tuning::default().to_bytes()).unwrap();
        for (bytes, reason) in [
            ("QDNGRAM", "not a tuning"),
            (&good[..good.len() / 2], "not a tuning"),
            (&good.replace("\"version\":1", "\"version\":9"), "version 9: accepted is version 1"),
            (&good.replace("\"keep\":1.0", "\"keep\":2.0"), "not in [0, 1]"),
        ] {
            let error = Tuning::from_bytes(bytes.as_bytes()).unwrap_err().to_string();
            assert!(error.contains(reason), "{error}");
        }
        assert!(Tuning::fit(&[]).unwrap_err().to_string().contains("at least 60"));
    }
}
