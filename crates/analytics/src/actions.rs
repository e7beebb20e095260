//! Splits and dividends, read from closes as traded beside closes adjusted for them.
//!
//! A vendor's factor, adjusted over traded close, changes on the day of an action only: by the ratio of a split, and on the
//! day from which a share trades without a dividend of `D` by `1 / (1 - D / c)`, where `c` is the close before. So the steps of
//! the factor say what happened and when. Where no adjusted close is known, only splits show ([`crate::adjust::splits`]).

use crate::adjust;

/// Sizes of splits, new shares for old ones; each stands for its reverse, too.
const SPLITS: [(u32, u32); 18] = [
    (5, 4),
    (3, 2),
    (2, 1),
    (5, 2),
    (3, 1),
    (4, 1),
    (5, 1),
    (6, 1),
    (7, 1),
    (8, 1),
    (10, 1),
    (12, 1),
    (15, 1),
    (20, 1),
    (25, 1),
    (30, 1),
    (50, 1),
    (100, 1),
];
/// How far a step may lie from a split's size, as a logarithm.
const NEAR: f64 = 0.003;
/// Steps below this, as a logarithm, are none, whatever the closes are rounded to.
const LEAST: f64 = 0.0002;
/// What is left of a close that was kept in single precision, as a share of it.
const SINGLE: f64 = 2e-6;
/// Largest dividend that is taken for one, as a share of the close before; beyond it the step is left without a name.
const LARGEST_DIVIDEND: f64 = 0.25;

/// What a company did to its shares.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Action {
    /// So many new shares for so many old ones.
    Split {
        /// New shares.
        new: u32,
        /// Old shares.
        old: u32,
    },
    /// Paid to each share, in the currency of its price; computed, so as exact as the closes are.
    Dividend {
        /// The amount.
        amount: f64,
    },
    /// Prices before were divided by this for another reason: a spin-off, a split of an unusual size, a correction.
    Other {
        /// The divisor.
        factor: f64,
    },
}

/// The actions that closes show: the index of the first close after each, and what it was. A dividend paid on the day of a
/// split is not told apart from it.
pub fn actions(closes: &[f64], adjusted: &[Option<f64>]) -> Vec<(usize, Action)> {
    let usable = |v: f64| v.is_finite() && v > 0.0;
    let pairs = closes.iter().zip(adjusted).enumerate();
    let known: Vec<(usize, f64, f64)> = pairs
        .filter_map(|(at, (close, adjusted))| Some((at, *close, (*adjusted)?)))
        .filter(|(_, close, adjusted)| usable(*close) && usable(*adjusted))
        .collect();
    if known.is_empty() {
        let splits = adjust::splits(closes, &[]).into_iter();
        return splits.map(|(at, ratio)| (at, named(ratio.ln(), 1.0))).collect();
    }
    let unit = unit(known.iter().map(|(.., adjusted)| *adjusted));
    let steps = known.windows(2).filter_map(|pair| {
        let [(_, before, adjusted_before), (at, close, adjusted)] = pair else { return None };
        let step = (adjusted / close).ln() - (adjusted_before / before).ln();
        let rounding = 0.5 * unit * (1.0 / adjusted + 1.0 / adjusted_before) + SINGLE;
        (step.abs() > LEAST.max(1.5 * rounding)).then(|| (*at, named(step, *before)))
    });
    steps.collect()
}

/// The action that makes the factor step by this logarithm, after this close.
fn named(step: f64, close: f64) -> Action {
    for (new, old) in SPLITS {
        let size = (f64::from(new) / f64::from(old)).ln();
        if (step - size).abs() <= NEAR {
            return Action::Split { new, old };
        }
        if (step + size).abs() <= NEAR {
            return Action::Split { new: old, old: new };
        }
    }
    let paid = 1.0 - (-step).exp();
    if paid > 0.0 && paid <= LARGEST_DIVIDEND {
        return Action::Dividend { amount: paid * close };
    }
    Action::Other { factor: step.exp() }
}

/// What adjusted closes are rounded to: cents, hundredths of a cent, or nothing that shows.
fn unit(adjusted: impl Iterator<Item = f64> + Clone) -> f64 {
    let multiple = |value: f64, unit: f64| {
        let count = value / unit;
        (count - count.round()).abs() < 1e-6 * count.max(1.0)
    };
    [0.01, 0.0001].into_iter().find(|unit| adjusted.clone().all(|a| multiple(a, *unit))).unwrap_or(0.0)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    /// Closes around 100, and their adjusted ones when what happens before each index multiplies the factor by `1 / by`.
    fn series(steps: &[(usize, f64)], unit: f64) -> (Vec<f64>, Vec<Option<f64>>) {
        let closes: Vec<f64> =
            (0..60).map(|i| ((100.0 + (i as f64 * 0.9).sin()) * 100.0).round() / 100.0).collect();
        let factor =
            |i: usize| steps.iter().filter(|(at, _)| i < *at).map(|(_, by)| 1.0 / by).product::<f64>();
        let rounded = |v: f64| if unit > 0.0 { (v / unit).round() * unit } else { v };
        let adjusted = closes.iter().enumerate().map(|(i, c)| Some(rounded(c * factor(i)))).collect();
        (closes, adjusted)
    }

    #[test]
    fn a_dividend_is_the_share_of_the_close_before_that_the_factor_lost() {
        let (closes, _) = series(&[], 0.0);
        // 0.24 paid to a share that closed at closes[29].
        let by = 1.0 / (1.0 - 0.24 / closes[29]);
        for (unit, error) in [(0.0, 1e-9), (0.0001, 1e-4), (0.01, 0.011)] {
            let (closes, adjusted) = series(&[(30, by)], unit);
            let found = actions(&closes, &adjusted);
            let [(30, Action::Dividend { amount })] = found[..] else { panic!("{unit}: {found:?}") };
            assert!((amount - 0.24).abs() <= error, "{unit}: {amount}");
        }
    }

    #[test]
    fn splits_have_their_sizes_and_what_is_neither_says_so() {
        for (by, new, old) in [(4.0, 4, 1), (1.5, 3, 2), (0.1, 1, 10), (20.0, 20, 1)] {
            let (closes, adjusted) = series(&[(30, by)], 0.01);
            assert_eq!(actions(&closes, &adjusted), [(30, Action::Split { new, old })], "{by}");
        }
        let (closes, adjusted) = series(&[(10, 0.97), (40, 1.62)], 0.0);
        let found = actions(&closes, &adjusted);
        let [(10, Action::Other { factor: up }), (40, Action::Other { factor: down })] = found[..] else {
            panic!("{found:?}")
        };
        assert!((up - 0.97).abs() < 1e-9 && (down - 1.62).abs() < 1e-9);
    }

    #[test]
    fn rounding_is_no_action() {
        for unit in [0.0, 0.0001, 0.01] {
            for scale in [1.0, 0.37, 0.021] {
                let (closes, _) = series(&[], 0.0);
                let rounded =
                    |v: f64| if unit > 0.0 { (v / unit).round() * unit } else { f64::from(v as f32) };
                let adjusted: Vec<_> = closes.iter().map(|c| Some(rounded(c * scale))).collect();
                assert_eq!(actions(&closes, &adjusted), [], "{unit} {scale}");
            }
        }
    }

    #[test]
    fn gaps_are_passed_over_and_splits_show_without_adjusted_closes() {
        let (closes, mut adjusted) = series(&[(30, 4.0)], 0.0);
        adjusted[29] = None;
        adjusted[30] = Some(f64::NAN);
        assert_eq!(
            actions(&closes, &adjusted),
            [(31, Action::Split { new: 4, old: 1 })],
            "the next that is known"
        );
        let traded: Vec<f64> =
            closes.iter().enumerate().map(|(i, c)| if i < 30 { c * 7.0 } else { *c }).collect();
        assert_eq!(actions(&traded, &[None; 60]), [(30, Action::Split { new: 7, old: 1 })]);
        assert!(actions(&[], &[]).is_empty() && actions(&closes, &[None; 60]).is_empty());
    }
}
