//! What would have been published over five days at each bar of the past, and what came: the raw material of evaluations.

use super::conformal::{Bands, LEVELS};
use super::walk::walk_forward;
use super::{Candidate, Champion, ForecastError, HORIZONS, History, check, choose};
use crate::random::draw;

/// Bars between two choices of a champion, as between two fits.
const CHOOSE_EVERY: usize = 20;

/// One forecast of the past.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Origin {
    /// The bar it was made at.
    pub bar: usize,
    /// The log return that came.
    pub outcome: f64,
    /// The log return that was expected; 0 where the random walk was champion.
    pub expected: f64,
    /// Half widths of the 80, 90 and 95 % intervals in log return.
    pub radii: [f64; 3],
    /// The same of a plain split conformal interval around the last close.
    pub unscaled: [f64; 3],
    /// What each candidate expected, in the order of [`Candidate::ALL`]; NaN where it could not say yet.
    pub candidates: [f64; 3],
    /// Who was champion.
    pub champion: Champion,
    /// The last month's moves over those of the two years before, as a ratio: above 1 is a storm.
    pub regime: f64,
}

/// The level of each of an origin's intervals.
pub const INTERVALS: [f64; 3] = LEVELS;

/// All forecasts of the past that count: those with enough known errors behind them and a known outcome.
///
/// # Errors
/// As [`super::forecast`].
pub fn record(history: &History<'_>, seed: u64) -> Result<Vec<Origin>, ForecastError> {
    check(history)?;
    let walk = walk_forward(history);
    let unmoved = Bands::calibrate(&walk, None, HORIZONS);
    let moved = Candidate::ALL.map(|c| Bands::calibrate(&walk, Some(&walk.said[c as usize]), HORIZONS));
    let plain = Bands::unscaled(&walk, HORIZONS);
    let mut champion = Champion::RandomWalk;
    let mut out = Vec::new();
    for bar in unmoved.judged_from..walk.log_closes.len().saturating_sub(HORIZONS) {
        if (bar - unmoved.judged_from).is_multiple_of(CHOOSE_EVERY) {
            champion = choose(&walk, bar, draw(seed, bar as u64)).0;
        }
        let candidates = Candidate::ALL.map(|c| walk.said[c as usize][bar][HORIZONS - 1]);
        // A candidate is chosen only with a long record, so its intervals are judged by then.
        let (expected, radii) = match champion {
            Champion::Candidate(c) if bar >= moved[c as usize].judged_from => {
                (candidates[c as usize], moved[c as usize].radii[bar])
            }
            _ => (0.0, unmoved.radii[bar]),
        };
        out.push(Origin {
            bar,
            outcome: walk.outcome(bar, HORIZONS),
            expected,
            radii,
            unscaled: plain.radii[bar],
            candidates,
            champion,
            regime: regime(&walk.log_closes, bar),
        });
    }
    Ok(out)
}

/// Mean absolute move of the last 20 bars over that of the last 500; 1 where nothing moved.
fn regime(log_closes: &[f64], bar: usize) -> f64 {
    let mean = |bars: usize| {
        let part = &log_closes[bar.saturating_sub(bars)..=bar];
        part.windows(2).map(|pair| (pair[1] - pair[0]).abs()).sum::<f64>() / (part.len() - 1).max(1) as f64
    };
    let (month, years) = (mean(20), mean(500));
    if years > 0.0 { month / years } else { 1.0 }
}
