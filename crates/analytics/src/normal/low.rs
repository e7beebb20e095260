//! The quantile function of small shares, read from a table: what a simulation asks tens of thousands of times.

use std::sync::LazyLock;

use super::{density, quantile};

/// The table reaches from 2^LOWEST to 1/2.
const LOWEST: i32 = -24;
/// Steps between a power of two and the next, as a power of two.
const STEPS: u32 = 8;
/// Bits of a number's fraction within a step.
const WITHIN: u32 = f64::MANTISSA_DIGITS - 1 - STEPS;

/// For each step the cubic that has the quantile's values and slopes at both ends, constant term first.
static TABLE: LazyLock<Vec<[f64; 4]>> = LazyLock::new(|| {
    let (from, to) = (index(f64::powi(2.0, LOWEST)), index(0.5));
    let at = |step: u64| f64::from_bits(step << WITHIN);
    (from..to)
        .map(|step| {
            let (low, high) = (at(step), at(step + 1));
            let (z0, z1) = (quantile(low), quantile(high));
            let slope = |z: f64| (high - low) / density(z);
            let (s0, s1) = (slope(z0), slope(z1));
            let rise = z1 - z0;
            [z0, s0, 3.0 * rise - 2.0 * s0 - s1, s0 + s1 - 2.0 * rise]
        })
        .collect()
});

/// Reads the table.
#[derive(Debug, Clone, Copy)]
pub struct LowQuantile {
    table: &'static [[f64; 4]],
    from: u64,
}

impl LowQuantile {
    /// Makes the table at the first call.
    pub fn new() -> Self {
        Self { table: &TABLE, from: index(f64::powi(2.0, LOWEST)) }
    }

    /// As [`quantile`], which answers for shares outside the table: within 1e-11 of it.
    #[inline]
    pub fn at(&self, p: f64) -> f64 {
        let step = index(p).wrapping_sub(self.from);
        let Some([a, b, c, d]) = usize::try_from(step).ok().and_then(|step| self.table.get(step)) else {
            return quantile(p);
        };
        let t = (p.to_bits() & ((1 << WITHIN) - 1)) as f64 * (1.0 / (1_u64 << WITHIN) as f64);
        a + t * (b + t * (c + t * d))
    }
}

impl Default for LowQuantile {
    fn default() -> Self {
        Self::new()
    }
}

/// Number of the step that holds `p`, counted from zero.
#[inline]
fn index(p: f64) -> u64 {
    p.to_bits() >> WITHIN
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_says_what_the_function_says() {
        let low = LowQuantile::new();
        for share in 1..2_000_000 {
            let p = f64::from(share) * 3.3e-7 / 1.03;
            let (read, known) = (low.at(p), quantile(p));
            assert!((read - known).abs() < 1e-11, "{p}: {read} is not {known}");
        }
        for p in [0.0, f64::MIN_POSITIVE, 1e-300, 1e-12, 5.9e-8, 6e-8, 0.49999, 0.5, 0.7, 1.0] {
            let (read, known) = (low.at(p), quantile(p));
            assert!(read == known || (read - known).abs() < 1e-11, "{p}: {read} is not {known}");
        }
        assert!(low.at(-0.1).is_nan() && low.at(f64::NAN).is_nan() && low.at(1.5).is_nan());
    }
}
