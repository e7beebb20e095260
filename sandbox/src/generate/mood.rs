//! The hidden sentiment: one value in [-1, 1] for each asset and slot. What people write follows it at once, prices later.

use super::dice::{Dice, Purpose};

/// How much of a mood is left a slot later.
const MEMORY: f64 = 0.86;
/// The standard deviation of what is new in a slot.
const NEWS: f64 = 0.24;

/// The hidden sentiment of all assets.
#[derive(Debug, Clone)]
pub(super) struct Moods {
    /// By how many slots the mood leads price.
    pub lead: usize,
    /// By asset, then slot.
    pub by_asset: Vec<Vec<f64>>,
}

impl Moods {
    /// Draws the moods of a world.
    pub(super) fn new(seed: u64, assets: usize, slots: usize) -> Self {
        let mut dice = Dice::new(seed, Purpose::Mood, 0);
        let lead = 2 + dice.below(3);
        let market = walk(&mut dice, slots, NEWS * 0.6);
        let by_asset = (0..assets)
            .map(|asset| {
                let mut dice = Dice::new(seed, Purpose::Mood, asset + 1);
                let own = walk(&mut dice, slots, NEWS);
                own.iter().zip(&market).map(|(own, market)| (own + 0.4 * market).clamp(-1.0, 1.0)).collect()
            })
            .collect();
        Self { lead, by_asset }
    }

    /// The mood that moves the price in a slot: that of `lead` slots before; 0 before the world's window.
    pub(super) fn behind_price(&self, asset: usize, slot: usize) -> f64 {
        slot.checked_sub(self.lead).map_or(0.0, |slot| self.by_asset[asset][slot])
    }
}

/// A mean-reverting walk with an occasional shock.
fn walk(dice: &mut Dice, slots: usize, news: f64) -> Vec<f64> {
    let mut value = dice.normal() * news;
    (0..slots)
        .map(|_| {
            let shock = if dice.chance(0.02) { dice.normal() * 0.6 } else { 0.0 };
            value = MEMORY * value + dice.normal() * news + shock;
            value
        })
        .collect()
}
