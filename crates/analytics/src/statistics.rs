//! Small statistics over slices. All sums run from left to right, so a figure never depends on how the work was shared.

/// Mean; NaN for an empty slice.
pub fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

/// Standard deviation with n - 1 in the denominator; NaN below two values.
pub fn sample_deviation(values: &[f64]) -> f64 {
    if values.len() < 2 {
        return f64::NAN;
    }
    let centre = mean(values);
    let squares: f64 = values.iter().map(|v| (v - centre) * (v - centre)).sum();
    (squares / (values.len() - 1) as f64).sqrt()
}

/// Quantile `p` in [0, 1] of values that are already sorted, interpolated linearly between order statistics (position
/// (n - 1) p, the default rule of numpy and R); NaN for an empty slice.
pub fn quantile_sorted(sorted: &[f64], p: f64) -> f64 {
    let Some(last) = sorted.len().checked_sub(1) else { return f64::NAN };
    let position = p.clamp(0.0, 1.0) * last as f64;
    let below = position.floor() as usize;
    let above = (below + 1).min(last);
    sorted[below] + (position - below as f64) * (sorted[above] - sorted[below])
}

/// A sorted copy; the order is total, NaN last.
pub fn sorted(values: &[f64]) -> Vec<f64> {
    let mut copy = values.to_vec();
    copy.sort_by(f64::total_cmp);
    copy
}

/// Log returns: element `i` is ln(prices\[i + 1\] / prices\[i\]); one shorter than the prices.
pub fn log_returns(prices: &[f64]) -> Vec<f64> {
    prices.windows(2).map(|pair| (pair[1] / pair[0]).ln()).collect()
}

/// Exponentially weighted volatility of returns with mean zero. Element `i` uses the returns before `i` only and so is what
/// was known about return `i` in advance; the last element (one more than there are returns) is about the next one.
/// Started with the first return's square, then with growing weight until `decay` (0.94 a day is usual) takes over, so
/// that no later value leaks into the start. Element 0 is NaN.
pub fn ewma_volatility(returns: &[f64], decay: f64) -> Vec<f64> {
    let mut volatility = vec![f64::NAN; returns.len() + 1];
    let mut variance = 0.0;
    for (i, r) in returns.iter().enumerate() {
        let keep = decay.min(i as f64 / (i as f64 + 1.0));
        variance = keep * variance + (1.0 - keep) * r * r;
        volatility[i + 1] = variance.sqrt();
    }
    volatility
}

/// Where the true share may lie, with 95 % confidence, after `hits` of `tries` (Wilson's interval); `None` without tries.
pub fn share_interval(hits: u64, tries: u64) -> Option<(f64, f64)> {
    const Z: f64 = 1.959_963_984_540_054;
    if tries == 0 || hits > tries {
        return None;
    }
    let (n, share) = (tries as f64, hits as f64 / tries as f64);
    let scale = 1.0 + Z * Z / n;
    let centre = (share + Z * Z / (2.0 * n)) / scale;
    let half = Z * (share * (1.0 - share) / n + Z * Z / (4.0 * n * n)).sqrt() / scale;
    Some(((centre - half).max(0.0), (centre + half).min(1.0)))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn quantiles_interpolate() {
        let values = [1.0, 2.0, 3.0, 4.0];
        assert_eq!(quantile_sorted(&values, 0.0), 1.0);
        assert_eq!(quantile_sorted(&values, 0.5), 2.5);
        assert_eq!(quantile_sorted(&values, 1.0), 4.0);
        assert!(quantile_sorted(&[], 0.5).is_nan());
    }

    #[test]
    fn deviation_divides_by_one_less() {
        assert!((sample_deviation(&[1.0, 2.0, 3.0, 4.0]) - 1.2909944487358056).abs() < 1e-15);
        assert!(sample_deviation(&[1.0]).is_nan());
    }

    /// Bounds by the same formula in Python: 8 of 10, 95 of 100 and 0 of 20.
    #[test]
    fn a_share_has_wilsons_interval() {
        for (hits, tries, low, high) in
            [(8, 10, 0.490_162_5, 0.943_317_8), (95, 100, 0.888_249_5, 0.978_456_3), (0, 20, 0.0, 0.161_125_2)]
        {
            let found = share_interval(hits, tries).unwrap_or_default();
            assert!((found.0 - low).abs() < 1e-6 && (found.1 - high).abs() < 1e-6, "{found:?}");
        }
        assert_eq!(share_interval(0, 0), None);
        assert_eq!(share_interval(2, 1), None);
    }

    proptest! {
        #[test]
        fn volatility_knows_nothing_of_its_own_day(
            returns in prop::collection::vec(-0.2..0.2f64, 2..60), at in 0usize..60, noise in -5.0..5.0f64,
        ) {
            let at = at % returns.len();
            let mut changed = returns.clone();
            for r in &mut changed[at..] { *r += noise; }
            let (a, b) = (ewma_volatility(&returns, 0.94), ewma_volatility(&changed, 0.94));
            for i in 1..=at { prop_assert_eq!(a[i].to_bits(), b[i].to_bits()); }
        }
    }
}
