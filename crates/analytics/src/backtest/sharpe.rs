//! The Sharpe ratio, how sure it is, and what is left of it after many strategies have been tried.
//!
//! Standard error with skewness and kurtosis: Mertens (2002), as in Bailey and López de Prado, "The Sharpe ratio efficient
//! frontier" (2012). Deflated ratio: Bailey and López de Prado, "The deflated Sharpe ratio" (2014). No interest is deducted.

use crate::distribution::chi_squared_tail;
use crate::normal::quantile;
use crate::statistics::{mean, sample_deviation};

/// Trading days in a year.
const YEAR: f64 = 252.0;
/// Euler and Mascheroni's constant.
const EULER: f64 = 0.577_215_664_901_532_9;

/// A Sharpe ratio.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Sharpe {
    /// Mean over deviation of daily returns.
    pub daily: f64,
    /// Its standard error.
    pub standard_error: f64,
    /// A year's ratio.
    pub yearly: f64,
    /// Lower end of its 95 % interval.
    pub low: f64,
    /// Upper end.
    pub high: f64,
}

impl Sharpe {
    /// Of daily returns; `None` with fewer than ten of them or where they do not vary.
    pub fn of(returns: &[f64]) -> Option<Self> {
        let (centre, deviation) = (mean(returns), sample_deviation(returns));
        if returns.len() < 10 || !(deviation.is_finite() && deviation > 1e-12) {
            return None;
        }
        let n = returns.len() as f64;
        let moment = |k: i32| returns.iter().map(|r| ((r - centre) / deviation).powi(k)).sum::<f64>() / n;
        let daily = centre / deviation;
        let (skewness, kurtosis) = (moment(3), moment(4));
        let spread = 1.0 - skewness * daily + (kurtosis - 1.0) / 4.0 * daily * daily;
        let standard_error = (spread.max(0.0) / (n - 1.0)).sqrt();
        let yearly = |daily: f64| daily * YEAR.sqrt();
        let reach = quantile(0.975) * standard_error;
        Some(Self {
            daily,
            standard_error,
            yearly: yearly(daily),
            low: yearly(daily - reach),
            high: yearly(daily + reach),
        })
    }
}

/// The probability that a strategy's true ratio is above the largest that luck alone would show among all that were tried;
/// `tried` are the daily ratios of all of them, this one included. `None` where the ratio has no standard error.
pub fn deflated(sharpe: &Sharpe, tried: &[f64]) -> Option<f64> {
    let n = tried.len() as f64;
    let luck = if tried.len() > 1 {
        let largest =
            (1.0 - EULER) * quantile(1.0 - 1.0 / n) + EULER * quantile(1.0 - 1.0 / (n * std::f64::consts::E));
        sample_deviation(tried) * largest
    } else {
        0.0
    };
    (sharpe.standard_error > 0.0).then(|| cdf((sharpe.daily - luck) / sharpe.standard_error))
}

/// Distribution function of the standard normal: a square of one is chi-squared.
fn cdf(z: f64) -> f64 {
    let tail = 0.5 * chi_squared_tail(z * z, 1.0);
    if z > 0.0 { 1.0 - tail } else { tail }
}
