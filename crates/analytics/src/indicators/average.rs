//! Moving averages and what is built of them.

use super::first_known;

/// A sum over a window that moves by one value at a time.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct RunningSum(pub(super) f64);

impl RunningSum {
    /// The sum of a full window, whose last value enters now and whose first one leaves afterwards.
    #[inline(always)]
    pub(super) fn step(&mut self, entering: f64, leaving: f64) -> f64 {
        let full = self.0 + entering;
        self.0 = full - leaving;
        full
    }
}

/// Simple moving average over `period` values; its first value is at `period - 1`.
pub fn sma(values: &[f64], period: usize) -> Vec<f64> {
    let start = first_known(&[values]);
    let mut out = vec![f64::NAN; start];
    out.append(&mut sma_from_here(&values[start..], period));
    out
}

/// [`sma`] that takes its first value as known, NaN or not.
pub(super) fn sma_from_here(values: &[f64], period: usize) -> Vec<f64> {
    let mut out = vec![f64::NAN; values.len()];
    if period == 0 || values.len() < period {
        return out;
    }
    let share = 1.0 / period as f64;
    let mut sum = RunningSum(values[..period - 1].iter().sum());
    for i in period - 1..values.len() {
        out[i] = sum.step(values[i], values[i + 1 - period]) * share;
    }
    out
}

/// Exponential moving average, k = 2 / (period + 1), started with the simple average of the first `period` values.
pub fn ema(values: &[f64], period: usize) -> Vec<f64> {
    match period.checked_sub(1) {
        Some(first) => ema_from(values, period, first),
        None => vec![f64::NAN; values.len()],
    }
}

/// An exponential average whose first value, at `first` counted from the first known value, is the simple average of the
/// `period` values that end there.
pub(super) fn ema_from(values: &[f64], period: usize, first: usize) -> Vec<f64> {
    let mut out = vec![f64::NAN; values.len()];
    let start = first_known(&[values]);
    let (values, known) = (&values[start..], &mut out[start..]);
    if values.len() <= first {
        return out;
    }
    let k = smoothing(period);
    let mut average = values[first + 1 - period..=first].iter().sum::<f64>() / period as f64;
    known[first] = average;
    for i in first + 1..values.len() {
        average += (values[i] - average) * k;
        known[i] = average;
    }
    out
}

/// The weight of the newest value.
pub(super) fn smoothing(period: usize) -> f64 {
    2.0 / (period + 1) as f64
}

/// Moving average convergence/divergence.
#[derive(Debug, Clone, PartialEq)]
pub struct Macd {
    /// Fast minus slow average.
    pub macd: Vec<f64>,
    /// Exponential average of `macd`.
    pub signal: Vec<f64>,
    /// `macd` minus `signal`.
    pub histogram: Vec<f64>,
}

/// MACD of closes, usually 12, 26, 9. Both averages start on the same bar (the slow one's first), and all three outputs on
/// the signal's first, index 33 for the usual periods. Periods must be at least 1 and `fast` at most `slow`.
pub fn macd(closes: &[f64], fast: usize, slow: usize, signal: usize) -> Macd {
    let n = closes.len();
    let blank = || vec![f64::NAN; n];
    let start = first_known(&[closes]);
    let closes = &closes[start..];
    if fast == 0 || signal == 0 || fast > slow || closes.len() + 1 < slow + signal {
        return Macd { macd: blank(), signal: blank(), histogram: blank() };
    }
    let first = slow - 1;
    let (quick, slow_average) = (ema_from(closes, fast, first), ema_from(closes, slow, first));
    let difference: Vec<f64> =
        quick[first..].iter().zip(&slow_average[first..]).map(|(a, b)| a - b).collect();
    let smooth = ema(&difference, signal);
    let mut out = Macd { macd: blank(), signal: blank(), histogram: blank() };
    for i in signal - 1..difference.len() {
        let at = start + first + i;
        out.macd[at] = difference[i];
        out.signal[at] = smooth[i];
        out.histogram[at] = difference[i] - smooth[i];
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn first_value(values: &[f64]) -> Option<usize> {
        values.iter().position(|v| v.is_finite())
    }

    #[test]
    fn averages_start_where_their_window_fills() {
        let closes: Vec<f64> = (1..=60).map(f64::from).collect();
        assert_eq!(first_value(&sma(&closes, 20)), Some(19));
        assert_eq!(first_value(&ema(&closes, 12)), Some(11));
        let all = macd(&closes, 12, 26, 9);
        assert_eq!(first_value(&all.macd), Some(33));
        assert_eq!(first_value(&all.signal), Some(33));
        // On a straight line an average of period n lags by (n - 1) / 2, so MACD is 12.5 - 5.5.
        assert!((all.macd[40] - 7.0).abs() < 1e-9 && all.histogram[40].abs() < 1e-9);
        assert_eq!(sma(&closes, 3)[2], 2.0);
    }

    #[test]
    fn short_or_absurd_input_gives_only_nan() {
        for n in 0..34 {
            let closes = vec![1.0; n];
            assert_eq!(first_value(&macd(&closes, 12, 26, 9).macd), None, "{n}");
        }
        assert_eq!(first_value(&macd(&[1.0; 34], 12, 26, 9).macd), Some(33));
        assert_eq!(first_value(&sma(&[1.0, 2.0], 0)), None);
        assert_eq!(first_value(&ema(&[1.0, 2.0], 3)), None);
        assert!(ema(&[], 3).is_empty());
    }

    #[test]
    fn what_is_unknown_at_the_start_is_skipped() {
        let closes: Vec<f64> = (0..50).map(|i| if i < 4 { f64::NAN } else { f64::from(i) }).collect();
        assert_eq!(first_value(&sma(&closes, 20)), Some(23));
        assert_eq!(first_value(&ema(&closes, 12)), Some(15));
        assert_eq!(first_value(&macd(&closes, 12, 26, 9).macd), Some(37));
        assert_eq!(first_value(&sma(&[f64::NAN; 9], 2)), None);
    }
}
