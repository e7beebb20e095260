//! Indicators that swing between 0 and 100.

use super::average::sma;

/// Wilder's relative strength index, usually 14; its first value is at `period`. A series without any change gives 0.
pub fn rsi(closes: &[f64], period: usize) -> Vec<f64> {
    let mut out = vec![f64::NAN; closes.len()];
    if period == 0 || closes.len() <= period {
        return out;
    }
    let n = period as f64;
    let (mut gain, mut loss) = (0.0, 0.0);
    for (i, pair) in closes.windows(2).enumerate() {
        let change = pair[1] - pair[0];
        let (up, down) = (change.max(0.0), (-change).max(0.0));
        if i < period {
            gain += up / n;
            loss += down / n;
        } else {
            gain = (gain * (n - 1.0) + up) / n;
            loss = (loss * (n - 1.0) + down) / n;
        }
        if i + 1 >= period {
            let total = gain + loss;
            out[i + 1] = if total == 0.0 { 0.0 } else { 100.0 * gain / total };
        }
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
    if range == 0 || smooth_k == 0 || smooth_d == 0 || n < range {
        return out;
    }
    let first = range - 1;
    let raw: Vec<f64> = (first..n)
        .map(|i| {
            let window = i + 1 - range..=i;
            let top = high[window.clone()].iter().copied().fold(f64::NEG_INFINITY, f64::max);
            let bottom = low[window].iter().copied().fold(f64::INFINITY, f64::min);
            if top == bottom { 0.0 } else { 100.0 * (close[i] - bottom) / (top - bottom) }
        })
        .collect();
    let slow_k = sma(&raw, smooth_k);
    let slow_from = slow_k.len().min(smooth_k - 1);
    let slow_d = sma(&slow_k[slow_from..], smooth_d);
    let fast_d = sma(&raw, smooth_d);
    for (i, d) in fast_d.iter().enumerate().filter(|(_, d)| d.is_finite()) {
        out.fast_k[first + i] = raw[i];
        out.fast_d[first + i] = *d;
    }
    for (i, d) in slow_d.iter().enumerate().filter(|(_, d)| d.is_finite()) {
        out.slow_k[first + slow_from + i] = slow_k[slow_from + i];
        out.slow_d[first + slow_from + i] = *d;
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
