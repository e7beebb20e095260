//! The blows of a seed and their moments.

use std::fmt;
use std::time::Duration;

use rand::seq::SliceRandom as _;
use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;
use serde_json::{Value, json};

use super::blow::{Blow, KINDS};

/// How long it lasts; the day goes on for as long as it takes.
const LASTS: Duration = Duration::from_secs(60);
/// How many blows there are.
const BLOWS: usize = 12;

/// What happens to one installation.
pub(super) struct Storm {
    /// Everything below follows from it.
    pub(super) seed: u64,
    /// When, from the start of the day, and what.
    pub(super) blows: Vec<(Duration, Blow)>,
    /// What the sandbox's sources do all the time.
    pub(super) sources: Value,
    /// Whether authors leave their posts as they are. Where they do not, what a slot holds depends on when the world was
    /// asked, which a storm delays: then it cannot be compared byte for byte.
    pub(super) still: bool,
}

impl Storm {
    /// The storm of a seed.
    pub(super) fn of(seed: u64) -> Self {
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        // Kinds in a shuffled order, so that a storm is varied and a few seeds cover them all.
        let mut kinds: Vec<usize> = (0..KINDS.len()).collect();
        kinds.shuffle(&mut random);
        let pause = LASTS.as_millis() as u64 / BLOWS as u64;
        let blows = (0..BLOWS as u64).map(|n| {
            let at = Duration::from_millis(n * pause + random.random_range(0..pause));
            (at, Blow::of(kinds[n as usize % kinds.len()], &mut random))
        });
        let blows = blows.collect();
        let mut rules = faults_that_pass();
        rules.shuffle(&mut random);
        rules.truncate(random.random_range(2..=5));
        Self { seed, blows, sources: json!({"seed": seed, "rules": rules}), still: seed.is_multiple_of(2) }
    }
}

/// Faults of sources that a collector mends by itself, each often enough to meet every slot.
fn faults_that_pass() -> Vec<Value> {
    vec![
        json!({"source": "x", "kind": "rate_limit", "retry_after_s": 1, "every": 9}),
        json!({"source": "x", "kind": "malformed_json", "every": 11}),
        json!({"source": "stocktwits", "kind": "server_error", "status": 503, "every": 7}),
        json!({"source": "stocktwits", "kind": "duplicates", "every": 3}),
        json!({"source": "alpaca", "kind": "cut_connection", "every": 9}),
        json!({"source": "feeds", "kind": "server_error", "status": 500, "every": 7}),
        json!({"source": "reddit", "kind": "token_expired", "every": 13}),
        json!({"source": "reddit", "kind": "reset", "every": 11}),
        json!({"source": "*", "kind": "server_error", "status": 502, "probability": 0.02}),
    ]
}

impl fmt::Display for Storm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, blow) in &self.blows {
            writeln!(f, "  after {:>5.1} s: {blow}", at.as_secs_f64())?;
        }
        writeln!(f, "  posts are {}", if self.still { "left alone" } else { "edited and deleted" })?;
        write!(f, "  sources: {}", self.sources)
    }
}
