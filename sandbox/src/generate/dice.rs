//! Seeded randomness. Each purpose has a stream of its own, so that a change in one part leaves the others as they were.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

/// What randomness is for.
#[derive(Debug, Clone, Copy)]
pub(super) enum Purpose {
    /// Who is traded.
    Assets = 1,
    /// The hidden sentiment.
    Mood,
    /// Prices.
    Prices,
    /// Who writes.
    People,
    /// Posts.
    Posts,
    /// Articles.
    Articles,
    /// Where people write, and what is special there.
    Places,
}

/// A stream of random numbers.
#[derive(Debug)]
pub(super) struct Dice(ChaCha8Rng);

impl Dice {
    /// The stream of a purpose and a number, for example of an asset or a slot.
    pub(super) fn new(seed: u64, purpose: Purpose, number: usize) -> Self {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        rng.set_stream(((purpose as u64) << 40) | number as u64);
        Self(rng)
    }

    /// Any 64 bits.
    pub(super) fn bits(&mut self) -> u64 {
        self.0.next_u64()
    }

    /// Uniform in [0, 1).
    pub(super) fn unit(&mut self) -> f64 {
        (self.bits() >> 11) as f64 / (1u64 << 53) as f64
    }

    /// Uniform in [from, to).
    pub(super) fn between(&mut self, from: f64, to: f64) -> f64 {
        from + (to - from) * self.unit()
    }

    /// Uniform in 0..n; 0 for n = 0.
    pub(super) fn below(&mut self, n: usize) -> usize {
        ((u128::from(self.bits()) * n as u128) >> 64) as usize
    }

    /// True with this probability.
    pub(super) fn chance(&mut self, p: f64) -> bool {
        self.unit() < p
    }

    /// About normal with mean 0 and variance 1: the sum of twelve uniforms, exact on any machine.
    pub(super) fn normal(&mut self) -> f64 {
        (0..12).map(|_| self.unit()).sum::<f64>() - 6.0
    }

    /// Any element; the slice is not empty.
    pub(super) fn pick<'a, T: ?Sized>(&mut self, from: &[&'a T]) -> &'a T {
        from[self.below(from.len())]
    }

    /// The index of an element, by the running sums of the weights.
    pub(super) fn weighted(&mut self, running: &[f64]) -> usize {
        let total = running.last().copied().unwrap_or(0.0);
        let at = self.unit() * total;
        running.partition_point(|sum| *sum <= at).min(running.len().saturating_sub(1))
    }
}

/// Running sums of weights 1, 1/2, 1/3, … (Zipf's law).
pub(super) fn zipf(n: usize) -> Vec<f64> {
    running((0..n).map(|rank| 1.0 / (rank + 1) as f64))
}

/// Running sums.
pub(super) fn running(weights: impl Iterator<Item = f64>) -> Vec<f64> {
    let mut sum = 0.0;
    weights
        .map(|weight| {
            sum += weight;
            sum
        })
        .collect()
}
