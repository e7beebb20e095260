//! Buy, hold or sell, with a strength and a reason. Arithmetic on published figures, not advice.

use crate::forecast::{Champion, Outlook};
use crate::indicators::sma;
use crate::statistics::{log_returns, sample_deviation};

/// What a signal says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// The strength is above [`THRESHOLD`].
    Buy,
    /// Neither.
    Hold,
    /// The strength is below minus [`THRESHOLD`].
    Sell,
}

impl Side {
    /// The name used in files.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Buy => "buy",
            Self::Hold => "hold",
            Self::Sell => "sell",
        }
    }
}

/// A strength within this of 0 is a hold.
pub const THRESHOLD: f64 = 0.1;
/// The averages that cross.
const FAST: usize = 20;
const SLOW: usize = 50;

/// One signal.
#[derive(Debug, Clone, PartialEq)]
pub struct Signal {
    /// What it says.
    pub side: Side,
    /// In [-1, 1]; its sign agrees with the side, and it is 0 for a hold.
    pub strength: f64,
    /// One plain sentence: what it rests on.
    pub reason: String,
}

impl Signal {
    fn new(strength: f64, reason: String) -> Self {
        let strength = if strength.is_finite() { strength.clamp(-1.0, 1.0) } else { 0.0 };
        match strength {
            s if s > THRESHOLD => Self { side: Side::Buy, strength, reason },
            s if s < -THRESHOLD => Self { side: Side::Sell, strength, reason },
            _ => Self { side: Side::Hold, strength: 0.0, reason },
        }
    }
}

/// How far the five-day median lies from the last close, as a share of the way to the edge of the 80 % interval. A random
/// walk expects no change, and so is a hold.
pub fn from_forecast(outlook: &Outlook) -> Signal {
    let Some(last) = outlook.horizons.last() else { return Signal::new(0.0, outlook.reason.clone()) };
    if outlook.champion == Champion::RandomWalk {
        return Signal::new(0.0, outlook.reason.clone());
    }
    let median = (last.quantiles[2] / outlook.last_close).ln();
    let reach = (last.quantiles[3] / last.quantiles[2]).ln();
    let reason = format!(
        "the five-day median is {:+.2} %, the 80 % interval reaches {:.2} % either way",
        100.0 * median.exp_m1(),
        100.0 * reach.exp_m1()
    );
    Signal::new(if reach > 0.0 { median / reach } else { 0.0 }, reason)
}

/// Where the 20-bar average stands against the 50-bar one, in deviations of a month's return. `None` below 50 closes.
pub fn from_averages(closes: &[f64]) -> Option<Signal> {
    let (fast, slow) = (sma(closes, FAST), sma(closes, SLOW));
    let (fast, slow) = (*fast.last()?, *slow.last()?);
    if !(fast > 0.0 && slow > 0.0) {
        return None;
    }
    let deviation = sample_deviation(&log_returns(&closes[closes.len() - SLOW..])) * (FAST as f64).sqrt();
    let gap = (fast / slow).ln();
    let word = if gap >= 0.0 { "above" } else { "below" };
    let reason = format!("the 20-day average is {:.2} % {word} the 50-day one", 100.0 * gap.abs().exp_m1());
    Some(Signal::new(if deviation > 0.0 { gap / deviation } else { 0.0 }, reason))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::forecast::{History, forecast};

    #[test]
    fn averages_follow_the_trend() {
        let wave = |t: i32| 1.0 + 0.01 * f64::from(t % 3);
        let rising: Vec<f64> = (0..80).map(|t| (100.0 + f64::from(t)) * wave(t)).collect();
        let falling: Vec<f64> = rising.iter().rev().copied().collect();
        assert_eq!(from_averages(&rising).unwrap().side, Side::Buy);
        assert_eq!(from_averages(&falling).unwrap().side, Side::Sell);
        assert_eq!(from_averages(&[5.0; 60]).unwrap().side, Side::Hold);
        assert_eq!(from_averages(&rising[..49]), None);
    }

    #[test]
    fn a_random_walk_is_a_hold() {
        let closes: Vec<f64> = (0..40).map(|t| 100.0 + f64::from(t % 5)).collect();
        let none = vec![None; 40];
        let outlook =
            forecast(&History { closes: &closes, volumes: &none, sentiment: &none, ..History::default() }, 1)
                .unwrap();
        let signal = from_forecast(&outlook);
        assert_eq!((signal.side, signal.strength), (Side::Hold, 0.0));
    }

    proptest! {
        #[test]
        fn the_sign_agrees_with_the_side(strength in prop::num::f64::ANY) {
            let signal = Signal::new(strength, String::new());
            match signal.side {
                Side::Buy => prop_assert!(signal.strength > 0.0 && signal.strength <= 1.0),
                Side::Sell => prop_assert!(signal.strength < 0.0 && signal.strength >= -1.0),
                Side::Hold => prop_assert_eq!(signal.strength, 0.0),
            }
        }
    }
}
