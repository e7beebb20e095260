//! Intervals: errors over the volatility known at the time, ranked. An error is used only once its outcome was known.

use std::collections::VecDeque;

use super::walk::Walk;
use crate::normal;

/// Bars before the volatility is trusted.
const WARM_UP: usize = 10;
/// Errors that are ranked at most: two years of trading days.
const WINDOW: usize = 500;
/// With fewer errors than this their order statistics are not trusted alone.
const FEW: usize = 40;
/// Errors that must be known before an interval counts in the record.
const FEWEST_JUDGED: usize = 40;

/// How often outcomes lay inside the intervals of their time.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Record {
    pub(super) inside_80: usize,
    pub(super) inside_95: usize,
    pub(super) outcomes: usize,
}

impl Record {
    /// A count as a share of all outcomes; `None` without outcomes.
    pub(super) fn share(&self, inside: usize) -> Option<f64> {
        (self.outcomes > 0).then(|| inside as f64 / self.outcomes as f64)
    }
}

/// The intervals of one model over one horizon, after a walk through the past.
pub(super) struct Bands {
    radius_80: f64,
    radius_95: f64,
    scale: f64,
    record: Record,
}

impl Bands {
    /// Walks through the past over `days`; `moved` takes the candidate's centre, else the random walk's.
    pub(super) fn calibrate(walk: &Walk, days: usize, moved: bool) -> Self {
        let n = walk.log_closes.len();
        let root = (days as f64).sqrt();
        let first = if moved { walk.first(days) } else { WARM_UP };
        let centre = |t: usize| if moved { walk.expected[t][days - 1] } else { 0.0 };
        let mut known = Ranked::default();
        let mut record = Record::default();
        for t in first..n {
            // At bar t the outcome of the forecast made `days` bars ago becomes known.
            if t >= first + days {
                let made = t - days;
                known.push((walk.outcome(made, days) - centre(made)).abs() / (walk.volatility[made] * root));
            }
            if t + days < n && known.sorted.len() >= FEWEST_JUDGED {
                let error = (walk.outcome(t, days) - centre(t)).abs() / (walk.volatility[t] * root);
                record.outcomes += 1;
                record.inside_80 += usize::from(error <= known.radius(0.80));
                record.inside_95 += usize::from(error <= known.radius(0.95));
            }
        }
        let scale = walk.volatility.last().copied().unwrap_or(0.0) * root;
        Self { radius_80: known.radius(0.80), radius_95: known.radius(0.95), scale, record }
    }

    /// Quantiles of the log return from the last bar, around `centre`.
    pub(super) fn latest(&self, centre: f64) -> [f64; 5] {
        [-self.radius_95, -self.radius_80, 0.0, self.radius_80, self.radius_95]
            .map(|r| centre + r * self.scale)
    }

    /// How well the intervals did.
    pub(super) fn record(&self) -> Record {
        self.record
    }
}

/// The latest errors, in order of time and of size.
#[derive(Default)]
struct Ranked {
    by_time: VecDeque<f64>,
    sorted: Vec<f64>,
}

impl Ranked {
    fn push(&mut self, error: f64) {
        if self.by_time.len() == WINDOW
            && let Some(oldest) = self.by_time.pop_front()
        {
            let at = self.sorted.partition_point(|e| *e < oldest);
            self.sorted.remove(at);
        }
        self.by_time.push_back(error);
        let at = self.sorted.partition_point(|e| *e < error);
        self.sorted.insert(at, error);
    }

    /// The error that a share `inside` of outcomes stays below: the order statistic of rank ceil((n + 1) inside). With few
    /// errors it is at least a normal quantile, widened the more the fewer there are.
    fn radius(&self, inside: f64) -> f64 {
        let n = self.sorted.len();
        let rank = ((n + 1) as f64 * inside).ceil() as usize;
        let ranked = self.sorted.get(rank.clamp(1, n.max(1)) - 1).copied().unwrap_or(0.0);
        if n >= FEW {
            return ranked;
        }
        let widened = normal::quantile(0.5 + inside / 2.0) * (1.0 + 4.0 / (n as f64 + 4.0));
        ranked.max(widened)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranks_the_latest_errors() {
        let mut ranked = Ranked::default();
        for i in 0..600 {
            ranked.push(f64::from(i));
        }
        assert_eq!((ranked.sorted.len(), ranked.sorted[0]), (WINDOW, 100.0));
        assert_eq!(ranked.radius(0.80), 100.0 + 400.0);
    }

    #[test]
    fn few_errors_make_wide_intervals() {
        let mut ranked = Ranked::default();
        assert!((ranked.radius(0.95) - 2.0 * 1.96).abs() < 0.01);
        let mut last = f64::INFINITY;
        for _ in 0..39 {
            ranked.push(0.1);
            assert!(ranked.radius(0.95) < last);
            last = ranked.radius(0.95);
        }
        ranked.push(0.1);
        assert_eq!(ranked.radius(0.95), 0.1);
    }
}
