//! The rules that can be tried. Each says at every close which position it wants, as a share of the capital.

use crate::indicators::sma;

/// The position wanted at each close by two averages of any kind: 1 while `fast` is above `slow`, else `below`; 0 while one
/// of them is not known yet.
pub fn crossing(fast: &[f64], slow: &[f64], below: f64) -> Vec<f64> {
    let sides = fast.iter().zip(slow).map(|(fast, slow)| match fast.partial_cmp(slow) {
        None => 0.0,
        Some(std::cmp::Ordering::Greater) => 1.0,
        Some(_) => below,
    });
    sides.collect()
}

/// A rule.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Strategy {
    /// Long while the average of `fast` closes is above that of `slow`, else `below`: 0 stands aside, -1 is short.
    Averages {
        /// Closes in the quick average.
        fast: usize,
        /// Closes in the slow one.
        slow: usize,
        /// The position while the quick average is below.
        below: f64,
    },
    /// Long where the model expects more than `threshold` deviations over five days, short (or aside) where less than minus that.
    Forecast {
        /// In deviations of five days' return.
        threshold: f64,
        /// The position while less than minus the threshold is expected.
        below: f64,
    },
}

impl Strategy {
    /// Those that are tried on every asset.
    pub const USUAL: [Self; 6] = [
        Self::Averages { fast: 10, slow: 30, below: 0.0 },
        Self::Averages { fast: 20, slow: 50, below: 0.0 },
        Self::Averages { fast: 50, slow: 200, below: 0.0 },
        Self::Averages { fast: 20, slow: 50, below: -1.0 },
        Self::Forecast { threshold: 0.05, below: 0.0 },
        Self::Forecast { threshold: 0.05, below: -1.0 },
    ];

    /// A plain name.
    pub fn name(&self) -> String {
        let side = |below: f64| if below < 0.0 { "long and short" } else { "long only" };
        match *self {
            Self::Averages { fast, slow, below } => format!("averages {fast}/{slow}, {}", side(below)),
            Self::Forecast { threshold, below } => format!("forecast beyond {threshold}, {}", side(below)),
        }
    }

    /// The position wanted at each close; what is said at close `t` reads closes and expectations up to `t` only. `expected` is
    /// in deviations, NaN where nothing was.
    pub fn positions(&self, closes: &[f64], expected: &[f64]) -> Vec<f64> {
        match *self {
            Self::Averages { fast, slow, below } => crossing(&sma(closes, fast), &sma(closes, slow), below),
            Self::Forecast { threshold, below } => {
                let side = |e: &f64| match *e {
                    e if e > threshold => 1.0,
                    e if e < -threshold => below,
                    _ => 0.0,
                };
                expected.iter().map(side).collect()
            }
        }
    }
}
