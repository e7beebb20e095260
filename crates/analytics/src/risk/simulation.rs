//! Monte-Carlo simulation of the normal model. The figure depends on the seed and the number of simulations, never on the
//! number of workers.
//!
//! Two ways to draw:
//! - *plain*: every simulation is an outcome of the model, drawn at random. Only the worst ones are looked at, so only they
//!   are turned from uniform numbers into normal ones; the others are drawn, compared and forgotten.
//! - *tail*: every simulation is an outcome among the worst `1.25 (1 - confidence)` of all, drawn at random from them. What
//!   lies outside cannot change the figures, and of an outcome among a known share of the worst the rest is known. The
//!   standard error is smaller by the factor that [`Sampling`] states, and that is the one given.
//!
//! The quantile is the order statistic at position (n - 1) p, interpolated, of plain draws, and at (n + 1) q - 1 with
//! q = 1 / 1.25 of tail draws, where it has no bias. Standard errors are the asymptotic ones of the model: of the quantile
//! sqrt(q (1 - q) / n) over the density there, of the mean beyond it
//! sqrt((V + (1 - q) (ES - VaR)²) / (n q)) with V the variance beyond (Manistre and Hancock, "Variance of the CTE Estimator",
//! 2005).

use pulp::{Arch, Simd, WithSimd};

use super::{MAX_SIMULATIONS, Normal, Risk, RiskError};
use crate::normal::low::LowQuantile;
use crate::normal::{density, quantile};
use crate::random::{draw, unit};

/// How outcomes are drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sampling {
    /// From all outcomes.
    Plain,
    /// From the worst 1.25 (1 - confidence) of them. For the same standard error of the Value at Risk it needs 76 times fewer
    /// draws at 95 % and 396 times fewer at 99 %.
    Tail,
}

/// The share of tail draws that are beyond the Value at Risk.
const BEYOND: f64 = 0.8;
/// Draws that are drawn before the low ones among them are looked at again.
const CHUNK: usize = 4096;
/// Most threads of one simulation.
const MAX_WORKERS: usize = 256;

/// The worst draws of a simulation of standard normal numbers.
#[derive(Debug, Clone)]
pub struct Simulation {
    /// Uniform draws in 64 bits: all that lie in the tail that was asked for, and a few more. In no particular order.
    lowest: Vec<u64>,
    simulations: usize,
    /// The share of all outcomes that the draws are from.
    within: f64,
}

impl Simulation {
    /// Makes `simulations` plain draws on up to `workers` threads and keeps those that figures at `lowest_confidence` or
    /// above need.
    ///
    /// # Errors
    /// Fewer than 100 or more than [`MAX_SIMULATIONS`] simulations, or a confidence outside (0.5, 1).
    pub fn run(
        seed: u64,
        simulations: usize,
        workers: usize,
        lowest_confidence: f64,
    ) -> Result<Self, RiskError> {
        let cut = Cut::new(simulations, lowest_confidence)?;
        let mut bits = lowest(seed, simulations, workers, cut.ceiling);
        if bits.len() < cut.needed {
            bits = lowest(seed, simulations, workers, u64::MAX);
        }
        Ok(Self::of_lowest(bits, simulations))
    }

    /// Makes `simulations` tail draws on up to `workers` threads, for figures at `confidence`.
    ///
    /// # Errors
    /// As [`Simulation::run`].
    pub fn run_in_tail(
        seed: u64,
        simulations: usize,
        workers: usize,
        confidence: f64,
    ) -> Result<Self, RiskError> {
        Cut::new(simulations, confidence)?;
        let lowest = lowest(seed, simulations, workers, u64::MAX);
        Ok(Self { lowest, simulations, within: (1.0 - confidence) / BEYOND })
    }

    /// A plain simulation whose lowest draws are these, in any order.
    pub(super) fn of_lowest(lowest: Vec<u64>, simulations: usize) -> Self {
        Self { lowest, simulations, within: 1.0 }
    }

    /// VaR and ES of a normal return with their standard errors, at a confidence not below the one the simulation was run for.
    ///
    /// # Errors
    /// A confidence that the kept tail does not reach.
    pub fn risk(&self, model: &Normal, confidence: f64) -> Result<Risk, RiskError> {
        let n = self.simulations as f64;
        let share = (1.0 - confidence) / self.within;
        let position = if self.within < 1.0 { (n + 1.0) * share - 1.0 } else { (n - 1.0) * share };
        if !(share > 0.0 && share < 1.0 && position.ceil() < self.lowest.len() as f64) {
            return Err(RiskError::Confidence(confidence));
        }
        let low = LowQuantile::new();
        let normal = |bits: u64| low.at(self.within * unit(bits));
        let (bound, mut near, rank) = self.near(position.floor() as usize);
        let (beyond, at, above) = near.select_nth_unstable(rank);
        let edge = normal(*at);
        let next = above.iter().min().map_or(edge, |bits| normal(*bits));
        let z = edge + (position - position.floor()) * (next - edge);
        let surely = self.lowest.iter().filter(|bits| **bits < bound);
        let mean_beyond = exact_mean(surely.chain(&*beyond).chain([&*at]).map(|bits| normal(*bits)));

        let wanted = quantile(1.0 - confidence);
        let shortfall = density(wanted) / (1.0 - confidence);
        let distance = shortfall + wanted;
        let variance_beyond = 1.0 - shortfall * distance;
        let error = self.within * (share * (1.0 - share) / n).sqrt() / density(wanted);
        let mean_error = ((variance_beyond + (1.0 - share) * distance * distance) / (n * share)).sqrt();
        Risk {
            value_at_risk: -(model.mean + model.deviation * z),
            expected_shortfall: -(model.mean + model.deviation * mean_beyond),
            standard_error: model.deviation * error,
            shortfall_error: model.deviation * mean_error,
        }
        .finite()
    }

    /// The draws among which the one at this rank is, a bound that those left out are below, and its rank among them. The draws
    /// are uniform, so that the bound can be told: ten standard errors below the rank; should that fail, it is zero.
    fn near(&self, rank: usize) -> (u64, Vec<u64>, usize) {
        let n = self.simulations as f64;
        let share = (rank as f64 - 10.0 * (rank as f64 + 1.0).sqrt()).max(0.0) / n;
        let bound = (share * u64::MAX as f64) as u64;
        let near: Vec<u64> = self.lowest.iter().copied().filter(|bits| *bits >= bound).collect();
        match rank.checked_sub(self.lowest.len() - near.len()) {
            Some(rank) if rank < near.len() => (bound, near, rank),
            _ => (0, self.lowest.clone(), rank),
        }
    }
}

/// The mean, from a sum in integers, so that the order of the values does not matter. They are rounded to 2^-44 for it, which
/// a standard normal number does not notice.
fn exact_mean(values: impl Iterator<Item = f64>) -> f64 {
    const SCALE: f64 = (1_u64 << 44) as f64;
    let (mut sum, mut count) = (0_i128, 0_u64);
    // From within: a chain that is asked for each next one looks anew where it is.
    values.for_each(|value| {
        sum += i128::from((value * SCALE) as i64);
        count += 1;
    });
    sum as f64 / SCALE / count as f64
}

/// Where the tail ends that is kept of a simulation.
#[derive(Debug, Clone, Copy)]
pub(super) struct Cut {
    /// Highest draw that is kept.
    pub(super) ceiling: u64,
    /// Fewer draws than these are not enough for the figures.
    pub(super) needed: usize,
}

impl Cut {
    pub(super) fn new(simulations: usize, lowest_confidence: f64) -> Result<Self, RiskError> {
        if simulations < 100 {
            return Err(RiskError::Simulations(simulations));
        }
        if simulations > MAX_SIMULATIONS {
            return Err(RiskError::TooManySimulations(simulations));
        }
        if !(lowest_confidence > 0.5 && lowest_confidence < 1.0) {
            return Err(RiskError::Confidence(lowest_confidence));
        }
        let n = simulations as f64;
        let share = 1.0 - lowest_confidence;
        // Ten standard errors above what is needed: it falls short once in 10^22 simulations, and then all are kept.
        let kept = (share + 10.0 * (share / n).sqrt() + 10.0 / n).min(1.0);
        let needed = ((share * n).ceil() as usize + 2).min(simulations);
        Ok(Self { ceiling: (kept * u64::MAX as f64) as u64, needed })
    }
}

/// Fits the normal model to `returns` and simulates it.
///
/// # Errors
/// See [`RiskError`].
pub fn monte_carlo(
    returns: &[f64],
    confidence: f64,
    horizon: u32,
    simulations: usize,
    seed: u64,
    workers: usize,
) -> Result<Risk, RiskError> {
    monte_carlo_by(Sampling::Plain, returns, confidence, horizon, simulations, seed, workers)
}

/// [`monte_carlo`] with the way of drawing stated.
///
/// # Errors
/// See [`RiskError`].
pub fn monte_carlo_by(
    sampling: Sampling,
    returns: &[f64],
    confidence: f64,
    horizon: u32,
    simulations: usize,
    seed: u64,
    workers: usize,
) -> Result<Risk, RiskError> {
    let model = Normal::fit(returns, horizon)?;
    let run = match sampling {
        Sampling::Plain => Simulation::run,
        Sampling::Tail => Simulation::run_in_tail,
    };
    run(seed, simulations, workers, confidence)?.risk(&model, confidence)
}

/// All draws of `seed` numbered below `simulations` that are at most `ceiling`, in no particular order.
fn lowest(seed: u64, simulations: usize, workers: usize, ceiling: u64) -> Vec<u64> {
    // A thread is worth its start only for a good many draws.
    let workers = workers.clamp(1, MAX_WORKERS).min(simulations.div_ceil(65_536)).max(1);
    let part = simulations.div_ceil(workers);
    let scan = move |worker: usize| -> Vec<u64> {
        let range = (worker * part).min(simulations)..((worker + 1) * part).min(simulations);
        lowest_among(seed, range, ceiling)
    };
    if workers == 1 {
        return scan(0);
    }
    let mut kept = Vec::new();
    std::thread::scope(|scope| {
        let handles: Vec<_> = (0..workers).map(|worker| scope.spawn(move || scan(worker))).collect();
        for (worker, handle) in handles.into_iter().enumerate() {
            // The scan cannot panic; should a thread be lost all the same, its part is done here.
            kept.extend(handle.join().unwrap_or_else(|_| scan(worker)));
        }
    });
    kept
}

/// The draws of `seed` with these numbers that are at most `ceiling`, in the order of their numbers.
///
/// Two neighbours share one word: its halves are their upper 32 bits, and most draws are told by these to be too high. The
/// lower 32 bits are drawn, from another stream, for those only that stay.
pub(super) fn lowest_among(seed: u64, numbers: std::ops::Range<usize>, ceiling: u64) -> Vec<u64> {
    Arch::new().dispatch(Scan { seed, numbers, ceiling })
}

/// [`lowest_among`], compiled once for each kind of registers: several words are drawn at a time in the wide ones.
struct Scan {
    seed: u64,
    numbers: std::ops::Range<usize>,
    ceiling: u64,
}

impl WithSimd for Scan {
    type Output = Vec<u64>;

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) -> Vec<u64> {
        scan(self.seed, self.numbers, self.ceiling)
    }
}

/// The body of [`Scan`], for the compiler to put into each kind.
#[inline(always)]
fn scan(seed: u64, numbers: std::ops::Range<usize>, ceiling: u64) -> Vec<u64> {
    let upper_ceiling = (ceiling >> 32) as u32;
    let mut kept =
        Vec::with_capacity((numbers.len() as f64 * (ceiling as f64 / u64::MAX as f64) * 1.1) as usize);
    let mut drawn = [0_u64; CHUNK / 2];
    let mut candidates = [0_u16; CHUNK / 2];
    let mut halves = [(0_u32, 0_u16); CHUNK];
    let mut from = numbers.start & !1;
    while from < numbers.end {
        let words = (numbers.end - from).div_ceil(2).min(CHUNK / 2);
        let first = (from / 2) as u64;
        for (word, bits) in (0_u64..).zip(&mut drawn[..words]) {
            *bits = draw(seed, first.wrapping_add(word));
        }
        let mut found = 0;
        for (word, bits) in drawn[..words].iter().enumerate() {
            // Written in any case and counted only if one half is low: a branch would be guessed wrong too often.
            candidates[found & (CHUNK / 2 - 1)] = word as u16;
            found += usize::from(((bits >> 32) as u32).min(*bits as u32) <= upper_ceiling);
        }
        let mut low = 0;
        for word in &candidates[..found] {
            let bits = drawn[usize::from(*word) & (CHUNK / 2 - 1)];
            for (half, upper) in [(bits >> 32) as u32, bits as u32].into_iter().enumerate() {
                halves[low & (CHUNK - 1)] = (upper, 2 * *word + half as u16);
                low += usize::from(upper <= upper_ceiling);
            }
        }
        for (upper, offset) in &halves[..low] {
            let number = from + usize::from(*offset);
            let bits = u64::from(*upper) << 32 | draw(!seed, number as u64) >> 32;
            if bits <= ceiling && numbers.contains(&number) {
                kept.push(bits);
            }
        }
        from += 2 * words;
    }
    kept
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::statistics::quantile_sorted;

    const MODEL: Normal = Normal { mean: 0.001, deviation: 0.02 };

    #[test]
    fn the_figure_does_not_depend_on_the_workers() {
        for run in [Simulation::run, Simulation::run_in_tail] {
            let alone = run(42, 300_001, 1, 0.95).unwrap().risk(&MODEL, 0.95);
            for workers in [0, 2, 3, 7, 64, usize::MAX] {
                assert_eq!(alone, run(42, 300_001, workers, 0.95).unwrap().risk(&MODEL, 0.95), "{workers}");
            }
        }
        let (alone, shared) =
            (Simulation::run(1, 300_000, 1, 0.95).unwrap(), Simulation::run(1, 300_000, 7, 0.95).unwrap());
        assert_eq!(alone.risk(&MODEL, 0.99), shared.risk(&MODEL, 0.99));
    }

    #[test]
    fn a_draw_is_the_same_whoever_draws_it() {
        let all = lowest_among(5, 0..10_000, u64::MAX);
        assert_eq!(all.len(), 10_000);
        for (from, to) in [(0, 1), (1, 2), (7, 4_100), (4_096, 9_999), (9_999, 10_000), (3, 3)] {
            assert_eq!(lowest_among(5, from..to, u64::MAX), all[from..to]);
        }
        let ceiling = u64::MAX / 20;
        let low: Vec<u64> = all.iter().copied().filter(|bits| *bits <= ceiling).collect();
        assert_eq!(lowest_among(5, 0..10_000, ceiling), low);
    }

    #[test]
    fn draws_are_uniform_and_neighbours_unrelated() {
        let units: Vec<f64> = lowest_among(11, 0..400_000, u64::MAX).into_iter().map(unit).collect();
        let n = units.len() as f64;
        let mut bins = [0.0_f64; 100];
        for u in &units {
            bins[(u * 100.0) as usize] += 1.0;
        }
        let wanted = n / 100.0;
        let statistic: f64 = bins.iter().map(|count| (count - wanted).powi(2) / wanted).sum();
        assert!(crate::distribution::chi_squared_tail(statistic, 99.0) > 1e-4, "{statistic}");
        for lag in 1..4 {
            let sum: f64 = units.windows(lag + 1).map(|w| (w[0] - 0.5) * (w[lag] - 0.5) * 12.0).sum();
            assert!((sum / n.sqrt()).abs() < 4.5, "lag {lag}: {}", sum / n.sqrt());
        }
    }

    /// Of 100 seeds each figure must be within 4 of its standard errors, and their distribution about normal.
    #[test]
    fn it_agrees_with_the_closed_form_within_its_error() {
        for (run, simulations) in
            [(Simulation::run as fn(_, _, _, _) -> _, 40_000), (Simulation::run_in_tail, 4_000)]
        {
            for confidence in [0.95, 0.99] {
                let closed = MODEL.risk(confidence);
                let mut scores: [Vec<f64>; 2] = [vec![], vec![]];
                for seed in 0..100 {
                    let risk =
                        run(seed, simulations, 1, confidence).unwrap().risk(&MODEL, confidence).unwrap();
                    scores[0].push((risk.value_at_risk - closed.value_at_risk) / risk.standard_error);
                    scores[1]
                        .push((risk.expected_shortfall - closed.expected_shortfall) / risk.shortfall_error);
                }
                for z in scores {
                    assert!(z.iter().all(|z| z.abs() < 4.0), "{confidence}: {z:?}");
                    assert_about_normal(&z, &format!("{confidence}, {simulations}"));
                }
            }
        }
    }

    /// Mean, deviation and the Kolmogorov-Smirnov distance of 100 numbers that should be standard normal.
    fn assert_about_normal(z: &[f64], what: &str) {
        let n = z.len() as f64;
        let mean = crate::statistics::mean(z);
        let deviation = crate::statistics::sample_deviation(z);
        assert!(mean.abs() < 0.4 && (0.8..1.2).contains(&deviation), "{what}: {mean}, {deviation}");
        let ordered = crate::statistics::sorted(z);
        let distance = (0..ordered.len())
            .map(|i| {
                // The share below is found where its quantile passes the value.
                let share = (1..1000).find(|k| quantile(f64::from(*k) / 1000.0) > ordered[i]).unwrap_or(1000);
                (f64::from(share) / 1000.0 - (i as f64 + 0.5) / n).abs()
            })
            .fold(0.0, f64::max);
        assert!(distance < 1.63 / n.sqrt(), "{what}: Kolmogorov-Smirnov distance {distance}");
    }

    #[test]
    fn the_error_is_the_known_one() {
        for (confidence, factor) in [(0.95, 2.113), (0.99, 3.733)] {
            let risk = Simulation::run(1, 10_000, 1, 0.95).unwrap().risk(&MODEL, confidence).unwrap();
            assert!((risk.standard_error - factor * 0.02 / 100.0).abs() < 1e-6);
        }
        for (confidence, fewer) in [(0.95, 76.0), (0.99, 396.0)] {
            let plain = Simulation::run(1, 10_000, 1, confidence).unwrap().risk(&MODEL, confidence).unwrap();
            let tail =
                Simulation::run_in_tail(1, 10_000, 1, confidence).unwrap().risk(&MODEL, confidence).unwrap();
            let ratio = (plain.standard_error / tail.standard_error).powi(2);
            assert!((ratio / fewer - 1.0).abs() < 1e-9, "{ratio}");
        }
    }

    #[test]
    fn the_kept_tail_gives_what_all_draws_give() {
        let all: Vec<f64> =
            lowest_among(9, 0..1_000, u64::MAX).into_iter().map(|bits| quantile(unit(bits))).collect();
        let ordered = crate::statistics::sorted(&all);
        let wanted = quantile_sorted(&ordered, 0.05);
        let beyond: Vec<f64> = ordered.into_iter().filter(|z| *z <= wanted).collect();
        let risk = Simulation::run(9, 1_000, 1, 0.95)
            .unwrap()
            .risk(&Normal { mean: 0.0, deviation: 1.0 }, 0.95)
            .unwrap();
        assert!((risk.value_at_risk + wanted).abs() < 1e-12);
        assert!((risk.expected_shortfall + crate::statistics::mean(&beyond)).abs() < 1e-12);
    }

    #[test]
    fn what_cannot_be_simulated_is_an_error() {
        let returns = [0.01, -0.02, 0.03];
        for sampling in [Sampling::Plain, Sampling::Tail] {
            let ask = |confidence, simulations| {
                monte_carlo_by(sampling, &returns, confidence, 1, simulations, 1, 1).map(|_| ()).unwrap_err()
            };
            assert_eq!(ask(0.99, 0), RiskError::Simulations(0));
            assert_eq!(ask(0.99, 1_000_000_000_000), RiskError::TooManySimulations(1_000_000_000_000));
            assert_eq!(ask(0.0, 1_000), RiskError::Confidence(0.0));
            assert_eq!(ask(1.0, 1_000), RiskError::Confidence(1.0));
            let flat = monte_carlo_by(sampling, &[0.01; 50], 0.99, 1, 1_000, 1, 1).unwrap();
            assert!((flat.value_at_risk + 0.01).abs() < 1e-12 && flat.standard_error < 1e-12);
            assert!((100..140).all(|n| monte_carlo_by(sampling, &returns, 0.5001, 1, n, 1, 1).is_ok()));
            assert!((100..140).all(|n| monte_carlo_by(sampling, &returns, 0.9999, 1, n, 1, 1).is_ok()));
        }
    }
}
