//! Monte-Carlo simulation of the normal model. The figure depends on the seed and the number of simulations, never on the
//! number of workers.

use super::{Normal, Risk, RiskError};
use crate::normal::{density, quantile};
use crate::random::{draw, unit};
use crate::statistics::quantile_sorted;

/// The worst draws of a simulation of standard normal numbers, in order.
#[derive(Debug, Clone)]
pub struct Simulation {
    /// Standard normal draws, lowest first: all that lie in the tail that was asked for, and a few more.
    tail: Vec<f64>,
    simulations: usize,
}

impl Simulation {
    /// Makes `simulations` draws on up to `workers` threads and keeps those that figures at `lowest_confidence` or above
    /// need.
    ///
    /// A normal number is an increasing function of the uniform one that it is made from, so only the smallest uniform
    /// numbers have to be turned into normal ones; the others are drawn, compared and forgotten.
    ///
    /// # Errors
    /// Fewer than 100 simulations, or a confidence outside (0.5, 1).
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

    /// A simulation whose lowest draws are these, in any order.
    pub(super) fn of_lowest(mut bits: Vec<u64>, simulations: usize) -> Self {
        bits.sort_unstable();
        Self { tail: bits.into_iter().map(|b| quantile(unit(b))).collect(), simulations }
    }

    /// VaR, its standard error and ES of a normal return, at a confidence not below the one the simulation was run for.
    ///
    /// # Errors
    /// A confidence that the kept tail does not reach.
    pub fn risk(&self, model: &Normal, confidence: f64) -> Result<Risk, RiskError> {
        let share = 1.0 - confidence;
        let position = share * (self.simulations - 1) as f64;
        if !(share > 0.0 && position.ceil() < self.tail.len() as f64) {
            return Err(RiskError::Confidence(confidence));
        }
        let last = (self.tail.len() - 1) as f64;
        let z = if last > 0.0 { quantile_sorted(&self.tail, position / last) } else { self.tail[0] };
        let beyond = self.tail.partition_point(|t| *t <= z).max(1);
        let mean_beyond = self.tail[..beyond].iter().sum::<f64>() / beyond as f64;
        let n = self.simulations as f64;
        let error = (share * (1.0 - share) / n).sqrt() / density(quantile(share));
        Ok(Risk {
            value_at_risk: -(model.mean + model.deviation * z),
            expected_shortfall: -(model.mean + model.deviation * mean_beyond),
            standard_error: model.deviation * error,
        })
    }
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
    let model = Normal::fit(returns, horizon)?;
    Simulation::run(seed, simulations, workers, confidence)?.risk(&model, confidence)
}

/// All draws of `seed` numbered below `simulations` that are at most `ceiling`, in no particular order.
fn lowest(seed: u64, simulations: usize, workers: usize, ceiling: u64) -> Vec<u64> {
    // A thread is worth its start only for a good many draws.
    let workers = workers.clamp(1, simulations.div_ceil(65_536));
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
pub(super) fn lowest_among(seed: u64, numbers: std::ops::Range<usize>, ceiling: u64) -> Vec<u64> {
    numbers.map(|i| draw(seed, i as u64)).filter(|bits| *bits <= ceiling).collect()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    const MODEL: Normal = Normal { mean: 0.001, deviation: 0.02 };

    #[test]
    fn the_figure_does_not_depend_on_the_workers() {
        let alone = Simulation::run(42, 300_000, 1, 0.95).unwrap();
        for workers in [2, 3, 7] {
            let shared = Simulation::run(42, 300_000, workers, 0.95).unwrap();
            for confidence in [0.95, 0.99] {
                assert_eq!(alone.risk(&MODEL, confidence), shared.risk(&MODEL, confidence));
            }
        }
    }

    #[test]
    fn it_agrees_with_the_closed_form_within_its_error() {
        for confidence in [0.95, 0.99] {
            let closed = MODEL.risk(confidence);
            let mut squares = 0.0;
            for seed in 0..100 {
                let risk = Simulation::run(seed, 20_000, 1, 0.95).unwrap().risk(&MODEL, confidence).unwrap();
                let z = (risk.value_at_risk - closed.value_at_risk) / risk.standard_error;
                assert!(z.abs() < 4.0, "seed {seed}: {z} standard errors off");
                assert!((risk.expected_shortfall / closed.expected_shortfall - 1.0).abs() < 0.05);
                squares += z * z;
            }
            assert!((0.7..1.4).contains(&(squares / 100.0)), "the stated error is off: {squares}");
        }
    }

    #[test]
    fn the_error_is_the_known_one() {
        let risk = Simulation::run(1, 10_000, 1, 0.95).unwrap().risk(&MODEL, 0.99).unwrap();
        assert!((risk.standard_error - 3.733 * 0.02 / 100.0).abs() < 1e-6);
    }

    #[test]
    fn the_kept_tail_gives_what_all_draws_give() {
        let all: Vec<f64> = (0..1_000).map(|i| quantile(unit(draw(9, i)))).collect();
        let wanted = quantile_sorted(&crate::statistics::sorted(&all), 0.05);
        let risk = Simulation::run(9, 1_000, 1, 0.95)
            .unwrap()
            .risk(&Normal { mean: 0.0, deviation: 1.0 }, 0.95)
            .unwrap();
        assert!((risk.value_at_risk + wanted).abs() < 1e-12);
    }
}
