//! Indicators that swing between 0 and 100.

use super::average::sma_from_here;
use super::first_known;

/// Wilder's averages of gains and losses.
#[derive(Debug, Clone, Copy)]
pub(super) struct Wilder {
    /// Averages of gains and of losses, both positive.
    pub(super) averages: [f64; 2],
    /// The weights of the average so far and of the newest change.
    keep: f64,
    take: f64,
}

impl Wilder {
    /// Starts with the mean of the changes between `closes`, which are one more than the period.
    pub(super) fn start(closes: &[f64]) -> Self {
        let mut sums = [0.0; 2];
        for pair in closes.windows(2) {
            for (sum, change) in sums.iter_mut().zip(gain_and_loss(pair[1] - pair[0])) {
                *sum += change;
            }
        }
        let n = (closes.len() - 1) as f64;
        Self { averages: sums.map(|sum| sum / n), keep: (n - 1.0) / n, take: 1.0 / n }
    }

    /// Takes in one change: its gain and its loss, of which one is 0.
    ///
    /// Two products instead of Wilder's quotient (13 a + x) / 14: a division would be what every bar waits for.
    #[inline(always)]
    pub(super) fn step(&mut self, changes: [f64; 2]) {
        for (average, change) in self.averages.iter_mut().zip(changes) {
            *average = *average * self.keep + change * self.take;
        }
    }
}

/// A change as gain and loss. One that is NaN spoils the gains.
#[inline(always)]
pub(super) fn gain_and_loss(change: f64) -> [f64; 2] {
    if change < 0.0 { [0.0, -change] } else { [change, 0.0] }
}

/// The relative strength of gains and losses; 0 where there are none of either.
#[inline(always)]
pub(super) fn strength([gain, loss]: [f64; 2]) -> f64 {
    let total = gain + loss;
    if total == 0.0 { 0.0 } else { 100.0 * (gain / total) }
}

/// Wilder's relative strength index, usually 14; its first value is at `period`. A series without any change gives 0.
pub fn rsi(closes: &[f64], period: usize) -> Vec<f64> {
    let mut out = vec![f64::NAN; closes.len()];
    let start = first_known(&[closes]);
    let (closes, known) = (&closes[start..], &mut out[start..]);
    if period == 0 || closes.len() <= period {
        return out;
    }
    let mut wilder = Wilder::start(&closes[..=period]);
    known[period] = strength(wilder.averages);
    for i in period + 1..closes.len() {
        wilder.step(gain_and_loss(closes[i] - closes[i - 1]));
        known[i] = strength(wilder.averages);
    }
    out
}

/// Slow and fast stochastic oscillator.
#[derive(Debug, Clone, PartialEq)]
pub struct Stochastic {
    /// Fast %K smoothed.
    pub slow_k: Vec<f64>,
    /// Slow %K smoothed.
    pub slow_d: Vec<f64>,
    /// Where the close lies in the range of the last bars, in percent.
    pub fast_k: Vec<f64>,
    /// Fast %K smoothed; the same series as slow %K, two bars earlier in its warm-up.
    pub fast_d: Vec<f64>,
}

/// Stochastic oscillator, usually 14, 3, 3, smoothed with simple averages. %K and %D of a pair start on the same bar (fast:
/// 15, slow: 17). A window without range gives 0. The three slices must have one length.
pub fn stochastic(
    high: &[f64],
    low: &[f64],
    close: &[f64],
    range: usize,
    smooth_k: usize,
    smooth_d: usize,
) -> Stochastic {
    let n = close.len().min(high.len()).min(low.len());
    let blank = || vec![f64::NAN; n];
    let mut out = Stochastic { slow_k: blank(), slow_d: blank(), fast_k: blank(), fast_d: blank() };
    let start = first_known(&[high, low, close]);
    if range == 0 || smooth_k == 0 || smooth_d == 0 || n < start + range {
        return out;
    }
    let first = start + range - 1;
    let (mut top, mut bottom) = (Extreme::default(), Extreme::default());
    let raw: Vec<f64> = (first..n)
        .map(|i| {
            let from = i + 1 - range;
            let bottom = bottom.step(low, from, i, |new, old| new < old);
            let top = top.step(high, from, i, |new, old| new > old);
            place(close[i], top, bottom)
        })
        .collect();
    let slow_k = sma_from_here(&raw, smooth_k);
    let slow_from = slow_k.len().min(smooth_k - 1);
    let slow_d = sma_from_here(&slow_k[slow_from..], smooth_d);
    let fast_d = sma_from_here(&raw, smooth_d);
    // %K is shown from where its %D starts.
    for (i, d) in fast_d.iter().enumerate().skip(smooth_d - 1) {
        (out.fast_k[first + i], out.fast_d[first + i]) = (raw[i], *d);
    }
    let first = first + slow_from;
    for (i, d) in slow_d.iter().enumerate().skip(smooth_d - 1) {
        (out.slow_k[first + i], out.slow_d[first + i]) = (slow_k[slow_from + i], *d);
    }
    out
}

/// Where a close lies between bottom and top, in percent; 0 where they are one.
#[inline(always)]
pub(super) fn place(close: f64, top: f64, bottom: f64) -> f64 {
    let range = top - bottom;
    if range == 0.0 { 0.0 } else { (close - bottom) / range * 100.0 }
}

/// The highest or lowest value of a moving window and where it is.
#[derive(Debug, Clone, Copy, Default)]
struct Extreme {
    /// Where it is, counted from 1; 0 before there is any.
    place: usize,
    value: f64,
}

impl Extreme {
    /// The extreme of `values[from..=to]`, one bar after the last window. Comparisons with NaN fail, so NaN is noticed only
    /// where a window begins with it and has to be searched anew.
    fn step(&mut self, values: &[f64], from: usize, to: usize, beats: impl Fn(f64, f64) -> bool) -> f64 {
        if self.place <= from {
            *self = Self { place: from + 1, value: values[from] };
            for (i, value) in values.iter().enumerate().take(to + 1).skip(from + 1) {
                if beats(*value, self.value) {
                    *self = Self { place: i + 1, value: *value };
                }
            }
        } else if beats(values[to], self.value) || values[to] == self.value {
            *self = Self { place: to + 1, value: values[to] };
        }
        self.value
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn first_value(values: &[f64]) -> Option<usize> {
        values.iter().position(|v| v.is_finite())
    }

    #[test]
    fn rsi_is_zero_without_change_and_extreme_without_turns() {
        let flat = rsi(&[5.0; 20], 14);
        assert_eq!((first_value(&flat), flat[14]), (Some(14), 0.0));
        let rising: Vec<f64> = (0..20).map(f64::from).collect();
        assert_eq!(rsi(&rising, 14)[19], 100.0);
        assert!(rsi(&[1.0; 14], 14).iter().all(|v| v.is_nan()));
    }

    #[test]
    fn stochastic_starts_where_ta_lib_does() {
        let close: Vec<f64> = (0..40).map(|i| 100.0 + f64::from(i % 7)).collect();
        let high: Vec<f64> = close.iter().map(|c| c + 1.0).collect();
        let low: Vec<f64> = close.iter().map(|c| c - 1.0).collect();
        let all = stochastic(&high, &low, &close, 14, 3, 3);
        assert_eq!((first_value(&all.fast_k), first_value(&all.fast_d)), (Some(15), Some(15)));
        assert_eq!((first_value(&all.slow_k), first_value(&all.slow_d)), (Some(17), Some(17)));
        assert_eq!(stochastic(&[1.0; 20], &[1.0; 20], &[1.0; 20], 14, 3, 3).slow_d[19], 0.0);
        for n in 0..20 {
            assert_eq!(stochastic(&high[..n], &low[..n], &close[..n], 14, 3, 3).slow_d.len(), n);
        }
    }
}
