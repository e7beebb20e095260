//! The normal model: mean and deviation of past returns.

use super::{Risk, RiskError, check};
use crate::normal::{density, quantile};
use crate::statistics::{mean, sample_deviation};

/// A normal distribution of the return over a horizon.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Normal {
    /// Mean return.
    pub mean: f64,
    /// Standard deviation of the return.
    pub deviation: f64,
}

impl Normal {
    /// Fits daily returns (deviation with n - 1) and scales to `horizon` days.
    ///
    /// # Errors
    /// Fewer than two returns, one that is not finite, or no horizon.
    pub fn fit(returns: &[f64], horizon: u32) -> Result<Self, RiskError> {
        check(returns, 0.95, horizon, 2)?;
        let days = f64::from(horizon);
        Ok(Self { mean: mean(returns) * days, deviation: sample_deviation(returns) * days.sqrt() })
    }

    /// VaR and ES in closed form, at a confidence between 0.5 and 1.
    pub fn risk(&self, confidence: f64) -> Risk {
        let z = quantile(1.0 - confidence);
        Risk {
            value_at_risk: -(self.mean + self.deviation * z),
            expected_shortfall: -self.mean + self.deviation * density(z) / (1.0 - confidence),
            standard_error: 0.0,
            shortfall_error: 0.0,
        }
    }
}

/// Closed form of the normal model.
///
/// # Errors
/// See [`RiskError`].
pub fn closed_form(returns: &[f64], confidence: f64, horizon: u32) -> Result<Risk, RiskError> {
    check(returns, confidence, horizon, 2)?;
    Normal::fit(returns, horizon)?.risk(confidence).finite()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn follows_the_formula() {
        let returns = [0.01, -0.02, 0.015, 0.0];
        let (mu, sd) = (mean(&returns), sample_deviation(&returns));
        let risk = closed_form(&returns, 0.99, 10).unwrap();
        let wanted = -(mu * 10.0 + sd * 10.0_f64.sqrt() * quantile(0.01));
        assert!((risk.value_at_risk - wanted).abs() < 1e-15);
        assert!(risk.expected_shortfall > risk.value_at_risk);
    }

    #[test]
    fn says_what_is_wrong() {
        assert_eq!(closed_form(&[0.1], 0.95, 1), Err(RiskError::TooShort { found: 1, needed: 2 }));
        assert_eq!(closed_form(&[0.1, f64::NAN], 0.95, 1), Err(RiskError::NotFinite(1)));
        assert_eq!(closed_form(&[0.1, 0.2], 1.0, 1), Err(RiskError::Confidence(1.0)));
        assert_eq!(closed_form(&[0.1, 0.2], 0.95, 0), Err(RiskError::Horizon));
        assert_eq!(closed_form(&[0.1, 0.2], 0.0, 1), Err(RiskError::Confidence(0.0)));
        assert_eq!(closed_form(&[1e308, -1e308], 0.95, 1), Err(RiskError::TooLarge));
        assert!(closed_form(&[0.1, 0.2], 0.95, u32::MAX).is_ok());
    }
}
