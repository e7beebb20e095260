//! Seeded choices: the same seed makes the same records on any machine and with any number of threads.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

/// A stream of choices.
pub(super) struct Dice(ChaCha8Rng);

impl Dice {
    /// The stream numbered `stream` of a seed.
    pub(super) fn new(seed: u64, stream: u64) -> Self {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        rng.set_stream(stream);
        Self(rng)
    }

    /// A number in [0, 1).
    pub(super) fn share(&mut self) -> f64 {
        (self.0.next_u64() >> 11) as f64 / (1u64 << 53) as f64
    }

    /// A number below `end`, which is at least 1.
    pub(super) fn below(&mut self, end: usize) -> usize {
        // The slight preference of small numbers is of no account for ends far below 2^32.
        ((u64::from(self.0.next_u32()) * end as u64) >> 32) as usize
    }

    /// One of `all`, which are some.
    pub(super) fn of<'a, T: ?Sized>(&mut self, all: &[&'a T]) -> &'a T {
        all[self.below(all.len())]
    }

    /// Whether something happens that happens in `percent` of a hundred cases.
    pub(super) fn percent(&mut self, percent: usize) -> bool {
        self.below(100) < percent
    }
}

/// Ranks whose frequencies fall as Zipf's law says: the k-th is k times as rare as the first.
pub(super) struct Zipf {
    /// Share of each rank and all before it.
    up_to: Vec<f64>,
}

impl Zipf {
    /// Ranks from 0 to `count` (excluded); with `hot`, the first one has that share and the law begins with the second.
    pub(super) fn new(count: usize, hot: Option<f64>) -> Self {
        let mut weights: Vec<f64> = (1..=count).map(|rank| 1.0 / rank as f64).collect();
        if let (Some(hot), true) = (hot, count > 1) {
            let rest: f64 = (1..count).map(|rank| 1.0 / rank as f64).sum();
            weights = (0..count)
                .map(|rank| if rank == 0 { hot } else { (1.0 - hot) / rest / rank as f64 })
                .collect();
        }
        let total: f64 = weights.iter().sum();
        let mut sum = 0.0;
        let up_to = weights.iter().map(|weight| {
            sum += weight / total;
            sum
        });
        Self { up_to: up_to.collect() }
    }

    /// Draws a rank.
    pub(super) fn draw(&self, dice: &mut Dice) -> usize {
        let share = dice.share();
        self.up_to.partition_point(|up_to| *up_to <= share).min(self.up_to.len() - 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hot_rank_has_its_share_and_the_rest_falls() {
        let (zipf, mut dice) = (Zipf::new(100, Some(0.2)), Dice::new(1, 2));
        let mut seen = vec![0u32; 100];
        for _ in 0..100_000 {
            seen[zipf.draw(&mut dice)] += 1;
        }
        assert!((19_000..21_000).contains(&seen[0]), "{}", seen[0]);
        assert!((14_500..16_500).contains(&seen[1]) && (7_000..8_300).contains(&seen[2]), "{seen:?}");
        assert!(seen.iter().all(|n| *n > 0));
    }
}
