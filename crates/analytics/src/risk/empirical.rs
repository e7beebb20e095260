//! Models that let past returns speak for themselves, and the exponentially weighted one.

use super::{DECAY, Normal, Risk, RiskError, check};
use crate::statistics::ewma_volatility;

/// Returns that the volatility needs before a standardised return is trusted.
const WARM_UP: usize = 20;

/// Historical simulation: the quantile of the returns themselves, scaled by the root of the horizon.
///
/// # Errors
/// See [`RiskError`].
pub fn historical(returns: &[f64], confidence: f64, horizon: u32) -> Result<Risk, RiskError> {
    check(returns, confidence, horizon, 2)?;
    tail(returns, confidence, f64::from(horizon).sqrt()).finite()
}

/// Exponentially weighted normal model with mean zero: today's volatility, [`DECAY`] a day.
///
/// # Errors
/// See [`RiskError`].
pub fn ewma(returns: &[f64], confidence: f64, horizon: u32) -> Result<Risk, RiskError> {
    check(returns, confidence, horizon, 2)?;
    weighted(returns, horizon).risk(confidence).finite()
}

/// The normal model with mean zero and today's volatility.
pub(super) fn weighted(returns: &[f64], horizon: u32) -> Normal {
    let volatility = ewma_volatility(returns, DECAY)[returns.len()];
    Normal { mean: 0.0, deviation: volatility * f64::from(horizon).sqrt() }
}

/// Filtered historical simulation: each return over the volatility known before it, times the volatility known now. It
/// keeps the fat tails of history and the mood of today.
///
/// # Errors
/// See [`RiskError`]; 20 returns are spent on the warm-up, so at least 22 are needed.
pub fn filtered_historical(returns: &[f64], confidence: f64, horizon: u32) -> Result<Risk, RiskError> {
    check(returns, confidence, horizon, FEWEST_FILTERED)?;
    let (standardised, scale) = filtered(returns, horizon);
    tail(&standardised, confidence, scale).finite()
}

/// Fewest returns of the filtered model.
pub(super) const FEWEST_FILTERED: usize = WARM_UP + 2;

/// Returns over the volatility known before them, and the volatility over the horizon that is known now.
pub(super) fn filtered(returns: &[f64], horizon: u32) -> (Vec<f64>, f64) {
    let volatility = ewma_volatility(returns, DECAY);
    let standardised = (WARM_UP..returns.len())
        .map(|i| if volatility[i] > 0.0 { returns[i] / volatility[i] } else { 0.0 })
        .collect();
    (standardised, volatility[returns.len()] * f64::from(horizon).sqrt())
}

/// The figures of the lowest values, at least one, times `scale`.
pub(super) fn tail(values: &[f64], confidence: f64, scale: f64) -> Risk {
    // The quantile rule of `quantile_sorted`, but only the values that it looks at are sorted: this runs for every day of a
    // back-test.
    let mut values = values.to_vec();
    let position = (1.0 - confidence) * (values.len() - 1) as f64;
    let below = position.floor() as usize;
    let above = (below + 1).min(values.len() - 1);
    values.select_nth_unstable_by(above, f64::total_cmp);
    let (lowest, rest) = values.split_at_mut(above + 1);
    lowest.sort_unstable_by(f64::total_cmp);
    let edge = lowest[below] + (position - below as f64) * (lowest[above] - lowest[below]);
    // Of values that are equal some may lie in the rest.
    let within = lowest.iter().chain(rest.iter().filter(|v| **v <= edge)).filter(|v| **v <= edge);
    let (sum, beyond) = within.fold((0.0, 0_usize), |(sum, n), v| (sum + v, n + 1));
    let mean_beyond = if beyond > 0 { sum / beyond as f64 } else { lowest[0] };
    Risk {
        value_at_risk: -edge * scale,
        expected_shortfall: -mean_beyond * scale,
        standard_error: 0.0,
        shortfall_error: 0.0,
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::random::Stream;
    use crate::statistics::{quantile_sorted, sorted};

    #[test]
    fn historical_is_the_quantile() {
        let returns: Vec<f64> = (0..101).map(|i| f64::from(i) / 100.0 - 0.5).collect();
        let risk = historical(&returns, 0.95, 1).unwrap();
        assert!((risk.value_at_risk - 0.45).abs() < 1e-12);
        assert!((risk.expected_shortfall - 0.475).abs() < 1e-12);
        assert!((historical(&returns, 0.95, 4).unwrap().value_at_risk - 0.9).abs() < 1e-12);
    }

    #[test]
    fn weighted_models_follow_a_rise_in_volatility() {
        let mut stream = Stream::new(5);
        let returns: Vec<f64> =
            (0..500).map(|i| stream.next_normal() * if i < 450 { 0.01 } else { 0.04 }).collect();
        let calm = historical(&returns, 0.99, 1).unwrap().value_at_risk;
        assert!(ewma(&returns, 0.99, 1).unwrap().value_at_risk > 1.1 * calm);
        assert!(filtered_historical(&returns, 0.99, 1).unwrap().value_at_risk > 1.1 * calm);
    }

    #[test]
    fn filtered_model_needs_its_warm_up() {
        assert_eq!(
            filtered_historical(&[0.01; 21], 0.95, 1),
            Err(RiskError::TooShort { found: 21, needed: 22 })
        );
        assert!(filtered_historical(&[0.0; 22], 0.95, 1).unwrap().value_at_risk == 0.0);
    }

    #[test]
    fn returns_that_say_nothing_have_a_figure_and_impossible_ones_an_error() {
        for model in [historical, ewma, filtered_historical] {
            assert_eq!(model(&[0.0; 100], 0.99, 1).unwrap().value_at_risk, 0.0);
            assert!(model(&[0.01; 100], 0.99, 1).unwrap().expected_shortfall.is_finite());
            assert_eq!(
                model(&[], 0.99, 1).map(|_| ()).unwrap_err().to_string().split(':').next(),
                Some("too short")
            );
            assert_eq!(model(&[f64::INFINITY; 30], 0.99, 1), Err(RiskError::NotFinite(0)));
            assert_eq!(model(&[0.01; 30], 1.0, 1), Err(RiskError::Confidence(1.0)));
            assert_eq!(model(&[0.01; 30], 0.99, 0), Err(RiskError::Horizon));
            let huge: Vec<f64> = (0..60).map(|i| if i % 2 == 0 { 1e300 } else { -1e300 }).collect();
            assert!(
                model(&huge, 0.99, u32::MAX)
                    .map_or_else(|e| e == RiskError::TooLarge, |r| r.value_at_risk > 1e300)
            );
        }
    }

    proptest! {
        #[test]
        fn the_tail_is_that_of_all_values_in_order(
            returns in prop::collection::vec(prop_oneof![-0.3..0.3f64, Just(-0.1), Just(0.0)], 2..200),
            confidence in 0.51..0.999f64,
        ) {
            let ordered = sorted(&returns);
            let edge = quantile_sorted(&ordered, 1.0 - confidence);
            let beyond = ordered.partition_point(|v| *v <= edge).max(1);
            let risk = historical(&returns, confidence, 1).unwrap();
            prop_assert_eq!(risk.value_at_risk, -edge);
            let mean = ordered[..beyond].iter().sum::<f64>() / beyond as f64;
            prop_assert!((risk.expected_shortfall + mean).abs() < 1e-12);
        }

        #[test]
        fn shortfall_is_never_below_value_at_risk(
            returns in prop::collection::vec(-0.3..0.3f64, 22..200), confidence in 0.9..0.995f64,
        ) {
            for risk in [
                historical(&returns, confidence, 1).unwrap(),
                ewma(&returns, confidence, 1).unwrap(),
                filtered_historical(&returns, confidence, 1).unwrap(),
            ] {
                prop_assert!(risk.expected_shortfall >= risk.value_at_risk - 1e-12);
                prop_assert!(risk.value_at_risk.is_finite());
            }
        }
    }
}
