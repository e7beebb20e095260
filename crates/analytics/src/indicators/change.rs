//! What became of the price: rate of change, on-balance volume, volatility, drawdown.

use super::{deviation, first_known};
use crate::statistics::log_returns;

/// Rate of change in percent over `period` bars, usually 10; its first value is at `period`. 0 where the earlier price is 0.
pub fn rate_of_change(values: &[f64], period: usize) -> Vec<f64> {
    let mut out = vec![f64::NAN; values.len()];
    let first = first_known(&[values]).saturating_add(period);
    if period == 0 {
        return out;
    }
    for i in first..values.len() {
        let before = values[i - period];
        out[i] = if before == 0.0 { 0.0 } else { (values[i] / before - 1.0) * 100.0 };
    }
    out
}

/// On-balance volume: the sum of volumes, counted up where the close rose and down where it fell. It starts with the first
/// bar's volume. The two slices must have one length.
pub fn obv(closes: &[f64], volumes: &[f64]) -> Vec<f64> {
    let mut out = vec![f64::NAN; closes.len()];
    let start = first_known(&[closes, volumes]);
    let end = closes.len().min(volumes.len());
    let mut balance = 0.0;
    for i in start..end {
        let before = if i == start { f64::NEG_INFINITY } else { closes[i - 1] };
        if closes[i] > before {
            balance += volumes[i];
        } else if closes[i] < before {
            balance -= volumes[i];
        }
        out[i] = balance;
    }
    out
}

/// Volatility: population standard deviation of the last `period` log returns, a bar (not a year); usually 20. Its first
/// value is at `period`. NaN throughout where a close is not positive, since its logarithm does not exist.
pub fn volatility(closes: &[f64], period: usize) -> Vec<f64> {
    let mut out = vec![f64::NAN; closes.len()];
    let start = first_known(&[closes]);
    let closes = &closes[start..];
    if closes.len() > period && closes.iter().all(|c| *c > 0.0) {
        out[start + 1..].copy_from_slice(&deviation(&log_returns(closes), period));
    }
    out
}

/// Drawdown: the close over the highest close so far, minus 1; 0 on a new high, -0.2 a fifth below it, from the first bar on.
/// NaN while the highest close is not positive.
pub fn drawdown(closes: &[f64]) -> Vec<f64> {
    let mut highest = f64::NEG_INFINITY;
    let below = |close: &f64| {
        highest = highest.max(*close);
        if highest > 0.0 { close / highest - 1.0 } else { f64::NAN }
    };
    closes.iter().map(below).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn follow_their_definitions() {
        let closes = [2.0, 4.0, 3.0, 3.0, 6.0];
        assert_eq!(rate_of_change(&closes, 2)[2..], [50.0, -25.0, 100.0]);
        assert_eq!(obv(&closes, &[10.0, 1.0, 2.0, 3.0, 4.0]), [10.0, 11.0, 9.0, 9.0, 13.0]);
        assert_eq!(drawdown(&closes), [0.0, 0.0, -0.25, -0.25, 0.0]);
        let two = volatility(&closes, 2);
        assert!(two[1].is_nan());
        // Log returns ln 2 and ln 0.75: half their distance.
        assert!((two[2] - (2.0_f64.ln() - 0.75_f64.ln()) / 2.0).abs() < 1e-12);
    }

    #[test]
    fn have_no_figure_where_there_is_none() {
        assert_eq!(rate_of_change(&[0.0, 1.0], 1)[1], 0.0);
        assert!(volatility(&[1.0, -1.0, 2.0], 1).iter().all(|v| v.is_nan()));
        assert!(drawdown(&[-1.0, 0.0])[1].is_nan());
        assert!(rate_of_change(&[1.0], 0)[0].is_nan() && rate_of_change(&[], usize::MAX).is_empty());
        assert!(volatility(&[1.0], 20)[0].is_nan() && volatility(&[], 0).is_empty());
    }
}
