//! Moving averages and what is built of them.

/// Simple moving average over `period` values; its first value is at `period - 1`.
pub fn sma(values: &[f64], period: usize) -> Vec<f64> {
    let mut out = vec![f64::NAN; values.len()];
    if period == 0 || values.len() < period {
        return out;
    }
    let mut sum: f64 = values[..period - 1].iter().sum();
    for i in period - 1..values.len() {
        sum += values[i];
        out[i] = sum / period as f64;
        sum -= values[i + 1 - period];
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

/// An exponential average whose first value, at `first`, is the simple average of the `period` values that end there.
fn ema_from(values: &[f64], period: usize, first: usize) -> Vec<f64> {
    let mut out = vec![f64::NAN; values.len()];
    if values.len() <= first {
        return out;
    }
    let k = 2.0 / (period + 1) as f64;
    let mut average = values[first + 1 - period..=first].iter().sum::<f64>() / period as f64;
    out[first] = average;
    for i in first + 1..values.len() {
        average += (values[i] - average) * k;
        out[i] = average;
    }
    out
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
    if fast == 0 || signal == 0 || fast > slow || n + 1 < slow + signal {
        return Macd { macd: blank(), signal: blank(), histogram: blank() };
    }
    let first = slow - 1;
    let (quick, slow_average) = (ema_from(closes, fast, first), ema_from(closes, slow, first));
    let difference: Vec<f64> =
        quick[first..].iter().zip(&slow_average[first..]).map(|(a, b)| a - b).collect();
    let smooth = ema(&difference, signal);
    let mut out = Macd { macd: blank(), signal: blank(), histogram: blank() };
    for i in signal - 1..difference.len() {
        out.macd[first + i] = difference[i];
        out.signal[first + i] = smooth[i];
        out.histogram[first + i] = difference[i] - smooth[i];
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
            assert_eq!(first_value(&macd(&closes, 12, 26, 9).macd), (n == 34).then_some(33), "{n}");
        }
        assert_eq!(first_value(&macd(&[1.0; 34], 12, 26, 9).macd), Some(33));
        assert_eq!(first_value(&sma(&[1.0, 2.0], 0)), None);
        assert_eq!(first_value(&ema(&[1.0, 2.0], 3)), None);
        assert!(ema(&[], 3).is_empty());
    }
}
