//! Rate limits in fixed windows, counted by the limits' clock.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use crate::clock::Reading;
use crate::moment::SECOND;

/// So many requests in each window, for each key.
#[derive(Debug)]
pub(crate) struct Limiter {
    limit: u32,
    window_s: i64,
    used: Mutex<HashMap<String, (i64, u32)>>,
}

/// Whether a request may pass, and what the headers say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Verdict {
    /// Whether it is within the limit.
    pub allowed: bool,
    /// Requests in a window.
    pub limit: u32,
    /// Requests left in this window.
    pub remaining: u32,
    /// When the window ends: unix seconds by the world's clock.
    pub reset_s: i64,
    /// The same as a wait in real seconds, at least 1.
    pub retry_after_s: u64,
}

impl Limiter {
    /// `limit` requests in every `window_s` seconds.
    pub(crate) fn new(limit: u32, window_s: i64) -> Self {
        Self { limit, window_s, used: Mutex::new(HashMap::new()) }
    }

    /// Counts one request of `key`.
    pub(crate) fn take(&self, key: &str, clock: Reading) -> Verdict {
        let window_us = self.window_s * SECOND;
        let window = clock.limit_at.div_euclid(window_us);
        let mut used = self.used.lock().unwrap_or_else(PoisonError::into_inner);
        let entry = used.entry(key.to_owned()).or_insert((window, 0));
        // Any other window, also an earlier one after the clock was set back, starts afresh.
        if entry.0 != window {
            *entry = (window, 0);
        }
        let allowed = entry.1 < self.limit;
        if allowed {
            entry.1 += 1;
        }
        let left_us = (window + 1) * window_us - clock.limit_at;
        let wait_us = (left_us as f64 / clock.limit_speed) as i64;
        // A frozen clock never reaches the end of a window: state the real wait from the instant that it shows.
        let ahead_us = if clock.speed < 1.0 { wait_us } else { left_us };
        Verdict {
            allowed,
            limit: self.limit,
            remaining: self.limit - entry.1,
            reset_s: (clock.now + ahead_us).div_euclid(SECOND) + 1,
            retry_after_s: wait_us.div_euclid(SECOND).unsigned_abs() + 1,
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn running(at_s: i64, speed: f64) -> Reading {
        Reading { now: at_s * SECOND, speed, limit_at: at_s * SECOND, limit_speed: speed }
    }

    #[test]
    fn counts_down_and_starts_afresh() {
        let limiter = Limiter::new(2, 900);
        let first = limiter.take("a", running(900, 1.0));
        assert!(first.allowed && first.remaining == 1 && first.reset_s == 1801);
        assert_eq!(limiter.take("a", running(901, 1.0)).remaining, 0);
        let refused = limiter.take("a", running(1000, 100.0));
        assert!(!refused.allowed);
        assert_eq!(refused.retry_after_s, 9);
        assert!(limiter.take("b", running(1000, 1.0)).allowed);
        assert!(limiter.take("a", running(1800, 1.0)).allowed);
        assert!(limiter.take("a", running(0, 1.0)).allowed);
    }

    proptest! {
        /// Whoever is refused and waits for as long as it was told gets through.
        #[test]
        fn waiting_as_told_is_enough(at in 0i64..10_000_000_000, frozen: bool, speed in 1.0f64..5000.0) {
            let (speed, limit_speed) = if frozen { (0.0, 600.0) } else { (speed, speed) };
            let limiter = Limiter::new(1, 3600);
            let before = Reading { now: at, speed, limit_at: at, limit_speed };
            prop_assert!(limiter.take("a", before).allowed);
            let refused = limiter.take("a", before);
            prop_assert!(!refused.allowed);
            let waited = refused.retry_after_s as f64 * SECOND as f64;
            let after = Reading { now: at + (waited * speed) as i64, limit_at: at + (waited * limit_speed) as i64, ..before };
            prop_assert!(limiter.take("a", after).allowed);
        }
    }
}
