//! Intervals: errors over the volatility known at the time, ranked, and corrected by how the last intervals did.
//!
//! The radius at a level is an order statistic of the errors whose outcome was known (split conformal prediction; the last
//! two years of them, joined by a few from a heavy-tailed prior while there are few). Errors are not exchangeable over time: after
//! a crash the ranked ones are too large for months. So the radius is multiplied by a factor that grows with each miss and
//! shrinks with each hit, after Gibbs and Candès, "Adaptive conformal inference under distribution shift" (2021). How fast it
//! moves is decided as they do later ("Conformal inference for online prediction with arbitrary distribution shifts", 2022):
//! several speeds run beside each other, zero among them, weighted by their losses. In a calm record the slow ones win and
//! the intervals stay sharp; where the regime changes the quick ones take over.

use std::collections::VecDeque;

use super::walk::Walk;
use crate::normal;

/// Levels of the intervals.
pub(super) const LEVELS: [f64; 3] = [0.80, 0.90, 0.95];
/// Bars before the volatility is trusted.
const WARM_UP: usize = 10;
/// Errors that are ranked at most: two years of trading days.
const WINDOW: usize = 500;
/// With fewer errors than this the radius is at least a widened normal quantile, and nothing is judged yet.
const FEW: usize = 40;
/// Errors that stand for what is usual before there are any: quantiles of Student's t with 5 degrees of freedom, times 0.9.
const PRIOR: usize = 60;
const PRIOR_SCALE: f64 = 0.9;
/// Speeds at which the factor follows hits and misses.
const SPEEDS: [f64; 5] = [0.0, 0.01, 0.03, 0.08, 0.15];
/// How fast weight moves to the speed with the smallest loss, for each unit of loss.
const LEARNING: f64 = 3.0;
/// The factor's logarithm stays within this.
const FURTHEST: f64 = 1.0;

/// Known errors that the prior belief in an even scale is worth, times the variance of regimes.
const EVENNESS: f64 = 15.0;
/// Errors are taken as at least this when their logarithm is wanted.
const SMALL: f64 = 0.05;

/// How often outcomes lay inside the intervals of their time.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Record {
    /// One count a level.
    pub(super) inside: [usize; 3],
    pub(super) outcomes: usize,
}

impl Record {
    /// The share of outcomes inside the interval of a level, by its place in [`LEVELS`]; `None` without outcomes.
    pub(super) fn share(&self, level: usize) -> Option<f64> {
        (self.outcomes > 0).then(|| self.inside[level] as f64 / self.outcomes as f64)
    }
}

/// The intervals of one model over one horizon, after a walk through the past.
pub(super) struct Bands {
    /// Half widths in log return by level, as said at each bar; NaN before the first.
    pub(super) radii: Vec<[f64; 3]>,
    /// The first bar whose interval counts in the record; the number of bars when there is none.
    pub(super) judged_from: usize,
    /// How well they did.
    pub(super) record: Record,
}

impl Bands {
    /// Walks through the past over `days`; `expected` is what a model said at each bar, `None` is the random walk.
    pub(super) fn calibrate(walk: &Walk, expected: Option<&[[f64; super::HORIZONS]]>, days: usize) -> Self {
        let scaled: Vec<f64> = walk.scale.iter().map(|s| s * (days as f64).sqrt()).collect();
        Self::walk(walk, expected, days, &scaled, Ranked::with_prior(), true)
    }

    /// The same without volatility, prior and correction: what a plain split conformal interval would have been.
    pub(super) fn unscaled(walk: &Walk, days: usize) -> Self {
        Self::walk(walk, None, days, &vec![1.0; walk.scale.len()], Ranked::default(), false)
    }

    fn walk(
        walk: &Walk,
        expected: Option<&[[f64; super::HORIZONS]]>,
        days: usize,
        scale: &[f64],
        mut ranked: Ranked,
        follows: bool,
    ) -> Self {
        let n = walk.log_closes.len();
        let first = expected.map_or(WARM_UP, |said| super::walk::first(said, days).max(WARM_UP));
        let (uneven, mut scale) = (scale, scale.to_vec());
        let error = |t: usize| {
            let centre = expected.map_or(0.0, |said| said[t][days - 1]);
            (walk.outcome(t, days) - centre).abs()
        };
        let mut regimes = Regimes::default();
        let mut trackers = LEVELS.map(Tracker::new);
        let mut out = Self { radii: vec![[f64::NAN; 3]; n], judged_from: n, record: Record::default() };
        for t in first..n {
            // At bar t the outcome of the forecast made `days` bars ago becomes known.
            if t >= first + days {
                let made = t - days;
                let known = error(made) / scale[made];
                ranked.push(known);
                regimes.hear(walk.regime[made], error(made) / uneven[made]);
                for tracker in trackers.iter_mut().filter(|_| follows && t - days >= out.judged_from) {
                    tracker.hear(known);
                }
            }
            if follows {
                scale[t] *= regimes.factor(walk.regime[t]);
            }
            let judged = ranked.by_time.len() >= FEW;
            let mut least = 0.0_f64;
            for (level, tracker) in trackers.iter_mut().enumerate() {
                let base = ranked.radius(LEVELS[level]);
                let radius = if follows && judged { tracker.say(base) } else { base };
                // A wider level is never the narrower interval.
                least = least.max(radius);
                out.radii[t][level] = least * scale[t];
            }
            if judged {
                out.judged_from = out.judged_from.min(t);
                if t + days < n {
                    let happened = error(t);
                    out.record.outcomes += 1;
                    for (inside, radius) in out.record.inside.iter_mut().zip(out.radii[t]) {
                        *inside += usize::from(happened <= radius);
                    }
                }
            }
        }
        out
    }

    /// Half widths of the intervals around the latest forecast, by level; 0 without bars.
    pub(super) fn latest(&self) -> [f64; 3] {
        self.radii.last().copied().filter(|r| r.iter().all(|v| v.is_finite())).unwrap_or_default()
    }
}

/// How errors depend on the regime: a slope of their logarithm, from those known so far, shrunk towards none. After a storm
/// prices move less than the storm's volatility says, after a calm more.
#[derive(Default)]
struct Regimes {
    n: f64,
    sums: (f64, f64),
    square: f64,
    both: f64,
}

impl Regimes {
    fn hear(&mut self, regime: f64, error: f64) {
        let y = error.max(SMALL).ln();
        self.n += 1.0;
        self.sums.0 += regime;
        self.sums.1 += y;
        self.square += regime * regime;
        self.both += regime * y;
    }

    /// What the scale is to be multiplied by in a regime.
    fn factor(&self, regime: f64) -> f64 {
        if self.n < 2.0 {
            return 1.0;
        }
        let square = self.square - self.sums.0 * self.sums.0 / self.n;
        let both = self.both - self.sums.0 * self.sums.1 / self.n;
        (both / (square + EVENNESS) * regime).clamp(-FURTHEST, FURTHEST).exp()
    }
}

/// The factor on the radius of one level.
struct Tracker {
    level: f64,
    /// Logarithm of the factor, by speed.
    shift: [f64; SPEEDS.len()],
    /// Sum of losses, by speed.
    loss: [f64; SPEEDS.len()],
    /// What each speed said and whose outcome is not known, oldest first.
    said: VecDeque<[f64; SPEEDS.len()]>,
}

impl Tracker {
    fn new(level: f64) -> Self {
        Self { level, shift: [0.0; SPEEDS.len()], loss: [0.0; SPEEDS.len()], said: VecDeque::new() }
    }

    /// The radius: a mean over all speeds, weighted by their losses.
    fn say(&mut self, base: f64) -> f64 {
        let said = self.shift.map(|shift| base * shift.exp());
        self.said.push_back(said);
        let best = self.loss.iter().copied().fold(f64::INFINITY, f64::min);
        let weights = self.loss.map(|loss| (best - loss).exp());
        let sum: f64 = weights.iter().zip(said).map(|(weight, radius)| weight * radius).sum();
        sum / weights.iter().sum::<f64>()
    }

    /// Takes the outcome of the oldest radius that waits for one.
    fn hear(&mut self, error: f64) {
        let Some(said) = self.said.pop_front() else { return };
        for ((shift, loss), (radius, speed)) in
            self.shift.iter_mut().zip(&mut self.loss).zip(said.into_iter().zip(SPEEDS))
        {
            let missed = f64::from(u8::from(error > radius));
            *shift = (*shift + speed * (missed - (1.0 - self.level))).clamp(-FURTHEST, FURTHEST);
            // The pinball loss of the radius as a quantile of errors.
            let beyond = error - radius;
            *loss += LEARNING * if beyond > 0.0 { self.level * beyond } else { (self.level - 1.0) * beyond };
        }
    }
}

/// The latest errors, in order of time and of size, the prior's among the latter.
#[derive(Default)]
struct Ranked {
    by_time: VecDeque<f64>,
    sorted: Vec<f64>,
}

impl Ranked {
    fn with_prior() -> Self {
        let middle = |i: usize| (i as f64 + 0.5) / PRIOR as f64;
        let sorted = (0..PRIOR).map(|i| PRIOR_SCALE * student_5(0.5 + middle(i) / 2.0)).collect();
        Self { by_time: VecDeque::new(), sorted }
    }

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
        let (n, known) = (self.sorted.len(), self.by_time.len());
        let rank = ((n + 1) as f64 * inside).ceil() as usize;
        let ranked = self.sorted.get(rank.clamp(1, n.max(1)) - 1).copied().unwrap_or(0.0);
        if known >= FEW {
            return ranked;
        }
        let widened = normal::quantile(0.5 + inside / 2.0) * (1.0 + 4.0 / (known as f64 + 4.0));
        ranked.max(widened)
    }
}

/// Quantile of Student's t with 5 degrees of freedom: its distribution function has a closed form, which is inverted by
/// halving.
fn student_5(p: f64) -> f64 {
    let below = |t: f64| {
        let angle = (t / 5.0_f64.sqrt()).atan();
        let (sin, cos) = angle.sin_cos();
        0.5 + (angle + sin * cos * (1.0 + 2.0 / 3.0 * cos * cos)) / std::f64::consts::PI
    };
    let (mut low, mut high) = (-1e3, 1e3);
    for _ in 0..60 {
        let middle = 0.5 * (low + high);
        if below(middle) < p { low = middle } else { high = middle }
    }
    0.5 * (low + high)
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
        let mut ranked = Ranked::with_prior();
        assert!((ranked.radius(0.95) - 2.0 * 1.96).abs() < 0.01);
        let mut last = f64::INFINITY;
        for _ in 0..39 {
            ranked.push(0.1);
            assert!(ranked.radius(0.95) <= last);
            last = ranked.radius(0.95);
        }
        ranked.push(0.1);
        assert!(ranked.radius(0.95) < last);
        assert_eq!(ranked.sorted.len(), PRIOR + 40);
    }

    #[test]
    fn student_quantiles() {
        // From tables: 97.5 % 2.5706, 90 % 1.4759.
        assert!((student_5(0.975) - 2.570_582).abs() < 1e-5 && (student_5(0.9) - 1.475_884).abs() < 1e-5);
        assert!(student_5(0.5).abs() < 1e-9);
    }

    #[test]
    fn a_factor_follows_its_misses() {
        let mut tracker = Tracker::new(0.9);
        for _ in 0..100 {
            tracker.say(1.0);
            tracker.hear(2.0);
        }
        assert!(tracker.say(1.0) > 2.0, "always missed: it must widen");
        let mut tracker = Tracker::new(0.9);
        for _ in 0..300 {
            tracker.say(1.0);
            tracker.hear(0.3);
        }
        assert!(tracker.say(1.0) < 0.5, "never missed: it must narrow");
    }
}
