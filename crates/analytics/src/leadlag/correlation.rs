//! The correlation of two series at every lag, with intervals by stationary bootstrap.

use super::Settings;
use crate::random::Stream;
use crate::statistics::{quantile_sorted, sorted};

/// The correlation at one lag.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Correlation {
    /// By how many steps `x` is before `y`; negative where `y` comes first.
    pub lag: i64,
    /// Pearson's correlation of the values that overlap.
    pub value: f64,
    /// Lower end of its interval.
    pub low: f64,
    /// Upper end.
    pub high: f64,
}

/// Most pairs of values that one lag's bootstrap looks up: a long series needs fewer samples for as good an interval.
const MOST_LOOKUPS: usize = 20_000_000;
/// Fewest samples all the same.
const FEWEST_SAMPLES: usize = 200;

/// The correlations from lag -`max_lag` to `max_lag` of standardised series.
pub(super) fn correlations(x: &[f64], y: &[f64], settings: &Settings, seed: u64) -> Vec<Correlation> {
    let longest = settings.max_lag as i64;
    (-longest..=longest)
        .map(|lag| {
            let by = lag.unsigned_abs() as usize;
            let (first, second) = if lag >= 0 { (x, y) } else { (y, x) };
            let (first, second) = (&first[..first.len() - by], &second[by..]);
            let sums = Sums::new(first, second);
            let value = sums.correlation(&[(0, first.len())]);
            let (low, high) = sums.interval(settings, seed.wrapping_add(by as u64 * 2 + u64::from(lag < 0)));
            // Where the overlap of a changing series is constant there is no correlation to speak of.
            Correlation { lag, value, low, high }
        })
        .collect()
}

/// Sums from the start up to each place, so that those of any block are two look-ups.
struct Sums(Vec<[f64; 5]>);

impl Sums {
    fn new(x: &[f64], y: &[f64]) -> Self {
        let mut sums = Vec::with_capacity(x.len() + 1);
        let mut total = [0.0; 5];
        sums.push(total);
        for (x, y) in x.iter().zip(y) {
            for (sum, value) in total.iter_mut().zip([*x, *y, x * x, y * y, x * y]) {
                *sum += value;
            }
            sums.push(total);
        }
        Self(sums)
    }

    fn len(&self) -> usize {
        self.0.len() - 1
    }

    /// The correlation over blocks (from, to) taken together; 0 where one of the two is constant.
    fn correlation(&self, blocks: &[(usize, usize)]) -> f64 {
        let mut total = [0.0; 5];
        let mut count = 0;
        for (from, to) in blocks {
            count += to - from;
            for (k, sum) in total.iter_mut().enumerate() {
                *sum += self.0[*to][k] - self.0[*from][k];
            }
        }
        let n = count as f64;
        let [x, y, xx, yy, xy] = total.map(|sum| sum / n);
        let (vx, vy) = (xx - x * x, yy - y * y);
        if vx <= 1e-12 || vy <= 1e-12 {
            return 0.0;
        }
        ((xy - x * y) / (vx * vy).sqrt()).clamp(-1.0, 1.0)
    }

    /// The percentile interval of the stationary bootstrap (Politis and Romano, 1994): blocks of geometric length from
    /// random places of the series, which goes round.
    fn interval(&self, settings: &Settings, seed: u64) -> (f64, f64) {
        let n = self.len();
        let samples = settings.resamples.min((MOST_LOOKUPS / n).max(FEWEST_SAMPLES));
        let mut stream = Stream::new(seed);
        let mut blocks = Vec::new();
        let lengths = Lengths::new(settings.block);
        let drawn: Vec<f64> = (0..samples)
            .map(|_| {
                blocks.clear();
                let mut missing = n;
                while missing > 0 {
                    let from = stream.next_index(n);
                    let mut length = lengths.draw(&mut stream).min(missing);
                    missing -= length;
                    let before_the_end = length.min(n - from);
                    blocks.push((from, from + before_the_end));
                    length -= before_the_end;
                    if length > 0 {
                        blocks.push((0, length));
                    }
                }
                self.correlation(&blocks)
            })
            .collect();
        let drawn = sorted(&drawn);
        let tail = (1.0 - settings.level) / 2.0;
        (quantile_sorted(&drawn, tail), quantile_sorted(&drawn, 1.0 - tail))
    }
}

/// Geometric lengths, at least 1.
struct Lengths {
    /// Logarithm of the probability that a block goes on; `None` where each ends at once.
    goes_on: Option<f64>,
}

impl Lengths {
    fn new(mean: f64) -> Self {
        Self { goes_on: (mean > 1.0).then(|| (-1.0 / mean).ln_1p()) }
    }

    fn draw(&self, stream: &mut Stream) -> usize {
        let unit = stream.next_unit();
        self.goes_on.map_or(1, |goes_on| 1 + (unit.ln() / goes_on) as usize)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_have_their_mean_length() {
        let mut stream = Stream::new(4);
        let lengths = Lengths::new(10.0);
        let total: usize = (0..20_000).map(|_| lengths.draw(&mut stream)).sum();
        assert!((total as f64 / 20_000.0 - 10.0).abs() < 0.3, "{total}");
        assert_eq!(Lengths::new(1.0).draw(&mut stream), 1);
    }

    #[test]
    fn lags_are_counted_from_x_to_y() {
        let mut stream = Stream::new(8);
        let x: Vec<f64> = (0..400).map(|_| stream.next_normal()).collect();
        let y: Vec<f64> =
            (0..400).map(|i| if i < 3 { 0.0 } else { x[i - 3] + 0.5 * stream.next_normal() }).collect();
        let all = correlations(&x, &y, &Settings::default(), 1);
        assert_eq!(all.len(), 11);
        let best = all.iter().max_by(|a, b| a.value.total_cmp(&b.value)).map(|c| c.lag);
        assert_eq!(best, Some(3));
        for c in &all {
            assert!(c.low <= c.value && c.value <= c.high, "{c:?}");
        }
    }

    /// Of independent series the interval of one lag should miss 0 in 5 of 100 worlds.
    #[test]
    fn intervals_hold_the_truth_as_often_as_they_say() {
        let settings = Settings { max_lag: 1, resamples: 400, ..Settings::default() };
        let mut missed = 0;
        for seed in 0..300 {
            let mut stream = Stream::new(seed);
            let x: Vec<f64> = (0..250).map(|_| stream.next_normal()).collect();
            let y: Vec<f64> = (0..250).map(|_| stream.next_normal()).collect();
            let c = correlations(&x, &y, &settings, seed)[2];
            missed += usize::from(c.low > 0.0 || c.high < 0.0);
        }
        assert!((5..=36).contains(&missed), "{missed} of 300");
    }
}
