//! The range that a bar covers.

use super::first_known;

/// Wilder's average true range, usually 14; its first value is at `period`. The true range of a bar is the longest of high to
/// low, previous close to high and previous close to low; the first average is a simple one, then (13 a + x) / 14. The three
/// slices must have one length; a period of 0 gives only NaN.
pub fn atr(high: &[f64], low: &[f64], close: &[f64], period: usize) -> Vec<f64> {
    let mut out = vec![f64::NAN; close.len()];
    let start = first_known(&[high, low, close]);
    let end = close.len().min(high.len()).min(low.len());
    if period == 0 || end <= start + period {
        return out;
    }
    let n = period as f64;
    let true_range = |i: usize| {
        let mut longest = high[i] - low[i];
        for distance in [(close[i - 1] - high[i]).abs(), (close[i - 1] - low[i]).abs()] {
            // Not `max`: a comparison with NaN must leave the longest as it is.
            if distance > longest {
                longest = distance;
            }
        }
        longest
    };
    let first = start + period;
    let mut average = (start + 1..=first).fold(0.0, |sum, i| sum + true_range(i)) / n;
    out[first] = average;
    for (i, value) in out.iter_mut().enumerate().take(end).skip(first + 1) {
        average = (average * (n - 1.0) + true_range(i)) / n;
        *value = average;
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn smooths_as_wilder_did() {
        let (high, low, close) = ([2.0, 3.0, 6.0, 5.0], [1.0, 2.0, 4.0, 1.0], [1.5, 2.5, 5.0, 3.0]);
        let all = atr(&high, &low, &close, 2);
        assert!(all[1].is_nan());
        // True ranges 1.5, 3.5, 4.
        assert_eq!(all[2..], [2.5, 3.25]);
        assert!(atr(&high, &low, &close, 4).iter().chain(&atr(&high, &low, &close, 0)).all(|v| v.is_nan()));
        assert!(atr(&[], &[], &[], 14).is_empty());
    }
}
