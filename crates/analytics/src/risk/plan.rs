//! A simulation that workers share: what each of them finds by itself, and what they find together. The figures together
//! depend on the prices, the seed and the number of simulations, never on how many workers there are or where they are.

use serde::{Deserialize, Serialize};

use super::share::share_and_own;
use super::{Normal, Risk, RiskError, Series, Share, check, merge_at};

/// What is to be simulated.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Plan {
    /// Confidences at which figures are wanted, each between 0.5 and 1.
    pub confidences: Vec<f64>,
    /// Days ahead.
    pub horizon: u32,
    /// Simulations of all workers together.
    pub simulations: usize,
    /// The seed.
    pub seed: u64,
    /// How many share them, up to [`super::MAX_SHARES`].
    pub workers: u32,
    /// Whether the position gains when the price falls: then its returns are the asset's with the opposite sign.
    pub short: bool,
}

/// What one worker found.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Worked {
    /// Its share, for the figures of all.
    pub share: Share,
    /// The figures of its own draws alone, one for each confidence; none where it has fewer than 100 draws.
    pub alone: Vec<Risk>,
}

impl Plan {
    /// The daily returns of the position.
    pub fn returns(&self, series: &Series) -> Vec<f64> {
        let mut returns = series.returns();
        if self.short {
            returns.iter_mut().for_each(|r| *r = -*r);
        }
        returns
    }

    /// Does the work of the worker `index`, from 0, on the calling thread.
    ///
    /// # Errors
    /// See [`RiskError`].
    pub fn work(&self, series: &Series, index: u32) -> Result<Worked, RiskError> {
        let returns = self.returns(series);
        // Without any confidence the lowest of them is infinite, which is refused.
        let lowest = self.confidences.iter().copied().fold(f64::INFINITY, f64::min);
        check(&returns, lowest, self.horizon, 2)?;
        let model = Normal::fit(&returns, self.horizon)?;
        let (share, alone) =
            share_and_own(model, &self.confidences, self.simulations, self.seed, index, self.workers)?;
        Ok(Worked { share, alone })
    }

    /// The figures of all workers together, one for each confidence.
    ///
    /// # Errors
    /// What was found is not all of this plan's.
    pub fn merge(&self, worked: &[Worked]) -> Result<Vec<Risk>, RiskError> {
        let shares: Vec<Share> = worked.iter().map(|w| w.share.clone()).collect();
        merge_at(&shares, &self.confidences)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use chrono::NaiveDate;

    use super::super::{Simulation, monte_carlo};
    use super::*;
    use crate::random::Stream;

    fn series() -> Series {
        let mut stream = Stream::new(5);
        let mut closes = vec![100.0];
        for _ in 0..60 {
            closes.push(closes[closes.len() - 1] * (1.0 + 0.01 * stream.next_normal()));
        }
        let on = NaiveDate::from_ymd_opt(2026, 11, 20).unwrap();
        Series { symbol: "A".into(), on, price: closes[60], closes }
    }

    fn plan(workers: u32) -> Plan {
        let confidences = vec![0.95, 0.99, 0.975];
        Plan { confidences, horizon: 3, simulations: 50_001, seed: 9, workers, short: false }
    }

    fn all(plan: &Plan) -> Vec<Worked> {
        (0..plan.workers).map(|index| plan.work(&series(), index).unwrap()).collect()
    }

    #[test]
    fn any_number_of_workers_finds_the_same_together() {
        for short in [false, true] {
            for workers in [1, 2, 7, 64] {
                let plan = Plan { short, ..plan(workers) };
                let returns = plan.returns(&series());
                let mut worked = all(&plan);
                worked.reverse();
                let sent = serde_json::to_string(&worked).unwrap();
                let found = plan.merge(&serde_json::from_str::<Vec<Worked>>(&sent).unwrap()).unwrap();
                for (confidence, found) in plan.confidences.iter().zip(found) {
                    assert_eq!(Ok(found), monte_carlo(&returns, *confidence, 3, 50_001, 9, 2), "{workers}");
                }
            }
        }
    }

    #[test]
    fn what_a_worker_finds_alone_is_the_figure_of_its_own_draws() {
        // The first worker's draws are the first numbers of the seed, so they are those of a smaller simulation.
        let one = plan(7).work(&series(), 0).unwrap();
        let model = Normal::fit(&series().returns(), 3).unwrap();
        let part = Simulation::run(9, 50_001_usize.div_ceil(7), 1, 0.95).unwrap();
        for (confidence, alone) in plan(7).confidences.iter().zip(&one.alone) {
            assert_eq!(Ok(*alone), part.risk(&model, *confidence));
        }
        let mean = all(&plan(7)).iter().map(|w| w.alone[1].value_at_risk).sum::<f64>() / 7.0;
        let whole = plan(7).merge(&all(&plan(7))).unwrap()[1];
        assert!((mean - whole.value_at_risk).abs() < 4.0 * whole.standard_error, "{mean} {whole:?}");
    }

    #[test]
    fn a_worker_with_few_draws_has_no_figure_of_its_own() {
        let few = Plan { simulations: 300, ..plan(64) };
        let worked = all(&few);
        assert!(worked.iter().all(|w| w.alone.is_empty()));
        assert_eq!(
            few.merge(&worked).unwrap()[1],
            monte_carlo(&series().returns(), 0.99, 3, 300, 9, 1).unwrap()
        );
    }

    #[test]
    fn what_cannot_be_planned_is_an_error() {
        let work = |plan: Plan, index| plan.work(&series(), index).map(|_| ()).unwrap_err();
        assert_eq!(work(Plan { confidences: vec![], ..plan(1) }, 0), RiskError::Confidence(f64::INFINITY));
        assert_eq!(work(Plan { confidences: vec![0.99, 1.5], ..plan(1) }, 0), RiskError::Confidence(1.5));
        assert_eq!(work(Plan { horizon: 0, ..plan(1) }, 0), RiskError::Horizon);
        assert_eq!(work(plan(0), 0), RiskError::Shares(0));
        assert_eq!(work(plan(2), 2), RiskError::Index { index: 2, shares: 2 });
        let short = Series { closes: vec![1.0, 2.0], ..series() };
        assert_eq!(plan(1).work(&short, 0), Err(RiskError::TooShort { found: 1, needed: 2 }));
        let zero = Series { closes: vec![0.0, 2.0, 1.0], ..series() };
        assert_eq!(plan(1).work(&zero, 0), Err(RiskError::NotFinite(0)));
        assert_eq!(plan(2).merge(&all(&plan(2))[..1]), Err(RiskError::Incomplete(1)));
        assert!(matches!(
            Plan { confidences: vec![0.9], ..plan(1) }.merge(&all(&plan(1))),
            Err(RiskError::Confidence(_))
        ));
    }
}
