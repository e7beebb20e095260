//! The candidate's record against the random walk, with its uncertainty.

use super::walk::{Walk, first};
use super::{Candidate, HORIZONS};
use crate::random::{Stream, draw};
use crate::statistics::{quantile_sorted, sorted};

/// Resampled records behind the interval.
const RESAMPLES: usize = 600;
/// Origins in a block: outcomes of neighbouring days overlap, so they are drawn together.
const BLOCK: usize = 10;
/// Outcomes below which no record is stated.
const FEWEST: usize = 2 * BLOCK;

/// Skill: 1 - MAE / MAE of the random walk, on log prices. Above 0 is better than the random walk.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Skill {
    /// The skill over all walk-forward outcomes.
    pub value: f64,
    /// Lower end of its 95 % interval (block bootstrap).
    pub low: f64,
    /// Upper end of its 95 % interval.
    pub high: f64,
    /// A bound that the skill exceeds with 99 % confidence, shared among the candidates: what a change of model asks for, since
    /// many assets and several candidates are looked at.
    pub floor: f64,
    /// Number of outcomes.
    pub evaluated: usize,
}

/// Measures the skill over one horizon on the outcomes known at bar `now`; `None` with too few of them.
pub(super) fn measure(
    walk: &Walk,
    said: &[[f64; HORIZONS]],
    days: usize,
    now: usize,
    seed: u64,
) -> Option<Skill> {
    let origins = first(said, days)..(now + 1).saturating_sub(days);
    if origins.len() < FEWEST {
        return None;
    }
    let mut blocks: Vec<(f64, f64)> = Vec::new();
    for (i, t) in origins.clone().enumerate() {
        let outcome = walk.outcome(t, days);
        if i % BLOCK == 0 {
            blocks.push((0.0, 0.0));
        }
        if let Some(block) = blocks.last_mut() {
            block.0 += (outcome - said[t][days - 1]).abs();
            block.1 += outcome.abs();
        }
    }
    let skill = |errors: f64, walked: f64| if walked > 0.0 { 1.0 - errors / walked } else { 0.0 };
    let (errors, walked) = blocks.iter().fold((0.0, 0.0), |sum, b| (sum.0 + b.0, sum.1 + b.1));
    let mut stream = Stream::new(draw(seed, days as u64));
    let resampled: Vec<f64> = (0..RESAMPLES)
        .map(|_| {
            let (mut errors, mut walked) = (0.0, 0.0);
            for _ in 0..blocks.len() {
                let block = blocks[stream.next_index(blocks.len())];
                errors += block.0;
                walked += block.1;
            }
            skill(errors, walked)
        })
        .collect();
    let resampled = sorted(&resampled);
    Some(Skill {
        value: skill(errors, walked),
        low: quantile_sorted(&resampled, 0.025),
        high: quantile_sorted(&resampled, 0.975),
        floor: quantile_sorted(&resampled, 0.01 / Candidate::ALL.len() as f64),
        evaluated: origins.len(),
    })
}
