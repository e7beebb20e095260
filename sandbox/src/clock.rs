//! The world's clock: it can be set, sped up and frozen. Whoever sets it may say since when it has shown what it is set to,
//! so that a message that is late, or a start that takes long, does not put it behind.
//!
//! Rate limits run on a clock of their own. While the world's clock runs at least as fast as the real one, both are the same.
//! While it is frozen or slow, limits run at a speed of their own, 600 times real time, so that whoever waits for a window to reset gets on.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use chrono::{DateTime, Utc};

use crate::moment::Micros;

/// How fast limits run while the world's clock is frozen or slow, unless somebody wants it otherwise.
const LIMIT_SPEED_WHEN_SLOW: f64 = 600.0;

/// The settable clock.
#[derive(Debug)]
pub(crate) struct Clock(Mutex<State>);

#[derive(Debug)]
struct State {
    at: Micros,
    since: Instant,
    speed: f64,
    /// By how much the limits' clock is ahead of the world's.
    lead: Micros,
    /// How fast limits run while the world's clock is frozen or slow.
    limit_speed_when_slow: f64,
}

/// What the clock shows.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Reading {
    /// The world's instant.
    pub now: Micros,
    /// World seconds in a real second; 0 when frozen.
    pub speed: f64,
    /// The instant by which limits are counted.
    pub limit_at: Micros,
    /// Limit seconds in a real second; never below 1.
    pub limit_speed: f64,
}

/// A speed that is negative or not finite.
#[derive(Debug, thiserror::Error)]
#[error("speed {0} is not possible: give 0 (frozen) or a positive number of at most 1000000")]
pub(crate) struct SpeedError(f64);

impl Clock {
    /// A clock that shows `at` now.
    ///
    /// # Errors
    /// When the speed is negative, too great or not finite.
    pub(crate) fn new(at: Micros, speed: f64) -> Result<Self, SpeedError> {
        check(speed)?;
        let limit_speed_when_slow = LIMIT_SPEED_WHEN_SLOW;
        Ok(Self(Mutex::new(State { at, since: Instant::now(), speed, lead: 0, limit_speed_when_slow })))
    }

    /// The same, with limits that run at another speed while it is frozen or slow.
    ///
    /// # Errors
    /// When the speed is negative, too great or not finite.
    pub(crate) fn with_limit_speed(self, speed: f64) -> Result<Self, SpeedError> {
        check(speed)?;
        self.lock().limit_speed_when_slow = speed.max(1.0);
        Ok(self)
    }

    /// What it shows now.
    pub(crate) fn read(&self) -> Reading {
        self.lock().read()
    }

    /// Sets the instant, the speed, or both. With `since` it has shown the instant at that real instant, and has run on.
    ///
    /// # Errors
    /// When the speed is negative, too great or not finite; nothing is changed then.
    pub(crate) fn set(
        &self,
        at: Option<Micros>,
        speed: Option<f64>,
        since: Option<DateTime<Utc>>,
    ) -> Result<(), SpeedError> {
        if let Some(speed) = speed {
            check(speed)?;
        }
        let mut state = self.lock();
        let shown = state.read();
        let speed = speed.unwrap_or(state.speed);
        let age = since.map_or(0, |since| (Utc::now() - since).num_microseconds().unwrap_or(0).max(0));
        *state = State {
            at: at.map_or(shown.now, |at| at + (age as f64 * speed) as Micros),
            since: Instant::now(),
            speed,
            lead: shown.limit_at - shown.now,
            limit_speed_when_slow: state.limit_speed_when_slow,
        };
        Ok(())
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn check(speed: f64) -> Result<(), SpeedError> {
    if (0.0..=1_000_000.0).contains(&speed) { Ok(()) } else { Err(SpeedError(speed)) }
}

impl State {
    fn read(&self) -> Reading {
        let elapsed = self.since.elapsed().as_micros() as f64;
        let now = self.at + (elapsed * self.speed) as Micros;
        let limit_speed = if self.speed < 1.0 { self.limit_speed_when_slow } else { self.speed };
        let ahead = (elapsed * (limit_speed - self.speed)) as Micros;
        Reading { now, speed: self.speed, limit_at: now + self.lead + ahead, limit_speed }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::moment::SECOND;

    #[test]
    fn a_frozen_clock_stands_while_limits_run() {
        let clock = Clock::new(5 * SECOND, 0.0).unwrap();
        std::thread::sleep(std::time::Duration::from_millis(20));
        let shown = clock.read();
        assert_eq!(shown.now, 5 * SECOND);
        assert!(shown.limit_at > shown.now + 10 * SECOND);
    }

    #[test]
    fn it_can_be_set_forwards_and_backwards_and_sped_up() {
        let clock = Clock::new(0, 0.0).unwrap();
        clock.set(Some(100), None, None).unwrap();
        assert_eq!(clock.read().now, 100);
        clock.set(Some(-7), None, None).unwrap();
        assert_eq!(clock.read().now, -7);
        clock.set(None, Some(1000.0), None).unwrap();
        std::thread::sleep(std::time::Duration::from_millis(5));
        assert!(clock.read().now > 4 * SECOND);
        assert!(clock.set(None, Some(f64::NAN), None).is_err());
        assert!(clock.set(None, Some(-1.0), None).is_err());
    }
    #[test]
    fn who_is_told_late_is_not_behind() {
        let clock = Clock::new(0, 0.0).unwrap();
        let ago = |seconds| Some(Utc::now() - chrono::Duration::seconds(seconds));
        clock.set(Some(0), Some(1440.0), ago(2)).unwrap();
        let now = clock.read().now;
        assert!((2880 * SECOND..4320 * SECOND).contains(&now), "{now}");
        clock.set(Some(0), Some(0.0), ago(2)).unwrap();
        assert_eq!(clock.read().now, 0, "one that stands has not run on");
        clock.set(Some(5), Some(1.0), ago(-9)).unwrap();
        assert!(clock.read().now < SECOND, "what is still to come is not run ahead of");
    }
}
