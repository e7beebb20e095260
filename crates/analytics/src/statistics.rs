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

/// Trading days of a year of shares, by which daily figures are made yearly.
pub const TRADING_DAYS: f64 = 252.0;

/// Covariance with n - 1 in the denominator, over the values that both have; NaN below two.
pub fn covariance(x: &[f64], y: &[f64]) -> f64 {
    let n = x.len().min(y.len());
    if n < 2 {
        return f64::NAN;
    }
    let (x, y) = (&x[..n], &y[..n]);
    let (centre_x, centre_y) = (mean(x), mean(y));
    let products: f64 = x.iter().zip(y).map(|(x, y)| (x - centre_x) * (y - centre_y)).sum();
    products / (n - 1) as f64
}

/// Pearson's correlation, in [-1, 1], over the values that both have; NaN below two, and where one of them does not vary.
pub fn correlation(x: &[f64], y: &[f64]) -> f64 {
    let n = x.len().min(y.len());
    let (x, y) = (&x[..n], &y[..n]);
    if !(varies(x) && varies(y)) {
        return f64::NAN;
    }
    (covariance(x, y) / (sample_deviation(x) * sample_deviation(y))).clamp(-1.0, 1.0)
}

/// Beta: by how much `returns` moved with one unit of `benchmark`, the slope of their least-squares line; NaN below two
/// values, and where the benchmark does not vary.
pub fn beta(returns: &[f64], benchmark: &[f64]) -> f64 {
    let n = returns.len().min(benchmark.len());
    let benchmark = &benchmark[..n];
    if !varies(benchmark) {
        return f64::NAN;
    }
    covariance(returns, benchmark) / covariance(benchmark, benchmark)
}

/// Sample deviation of returns made yearly: `periods` returns make a year ([`TRADING_DAYS`] for daily ones of shares).
pub fn annualised_volatility(returns: &[f64], periods: f64) -> f64 {
    sample_deviation(returns) * periods.sqrt()
}

/// Whether there are two values that differ: rounding must not make a deviation of what is constant.
fn varies(values: &[f64]) -> bool {
    values.windows(2).any(|pair| pair[0] != pair[1])
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

    const PYTHON: [f64; 4] = [7.5e-05, 0.9507085630523374, 1.7241379310344824, 0.1898757488464496];

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

    /// Python 3: `covariance`, `correlation`, `linear_regression(m, x).slope` and `stdev(x) * sqrt(252)` of its `statistics`.
    #[test]
    fn co_movement_is_that_of_python() {
        let x = [0.011, -0.004, 0.007, 0.0, -0.013, 0.021];
        let m = [0.006, -0.002, 0.001, 0.003, -0.009, 0.01];
        assert!((covariance(&x, &m) - PYTHON[0]).abs() < 1e-18, "{}", covariance(&x, &m));
        assert!((correlation(&x, &m) - PYTHON[1]).abs() < 1e-14, "{}", correlation(&x, &m));
        assert!((beta(&x, &m) - PYTHON[2]).abs() < 1e-13, "{}", beta(&x, &m));
        let yearly = annualised_volatility(&x, TRADING_DAYS);
        assert!((yearly - PYTHON[3]).abs() < 1e-14, "{yearly}");
    }

    /// By hand: deviations (-1, 0, 1) and (-3, 1, 2) have products 3 + 0 + 2, so covariance 2.5; variances 1 and 7.
    #[test]
    fn co_movement_by_hand() {
        let (x, y) = ([1.0, 2.0, 3.0], [1.0, 5.0, 6.0]);
        assert_eq!(covariance(&x, &y), 2.5);
        assert!((correlation(&x, &y) - 2.5 / 7.0_f64.sqrt()).abs() < 1e-15);
        assert_eq!(beta(&y, &x), 2.5);
        assert!((beta(&x, &y) - 2.5 / 7.0).abs() < 1e-15);
        assert_eq!(correlation(&x, &x), 1.0);
        assert_eq!(correlation(&x, &[3.0, 2.0, 1.0]), -1.0);
    }

    #[test]
    fn what_does_not_vary_has_neither_correlation_nor_beta() {
        let flat = [0.1, 0.1, 0.1];
        assert!(correlation(&flat, &[1.0, 2.0, 3.0]).is_nan() && beta(&[1.0, 2.0, 3.0], &flat).is_nan());
        assert_eq!(beta(&flat, &[1.0, 2.0, 3.0]), 0.0);
        assert!(correlation(&[], &[1.0]).is_nan() && covariance(&[1.0], &[1.0]).is_nan());
    }

    /// Bounds by the same formula in Python: 8 of 10, 95 of 100 and 0 of 20.
    #[test]
    fn a_share_has_wilsons_interval() {
        for (hits, tries, low, high) in [
            (8, 10, 0.490_162_5, 0.943_317_8),
            (95, 100, 0.888_249_5, 0.978_456_3),
            (0, 20, 0.0, 0.161_125_2),
        ] {
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
