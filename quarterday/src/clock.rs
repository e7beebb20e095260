//! The world's clock: it may stand still, run as ours does, or faster.

use chrono::{DateTime, Duration, Utc};

use crate::home::Home;

/// Where an installation keeps the time that its world has come to.
const FILE: &str = "world-time";

/// The time that the world of an installation has come to; `None` before its first run.
pub fn kept(home: &Home) -> Option<DateTime<Utc>> {
    std::fs::read_to_string(home.join(FILE)).ok()?.trim().parse().ok()
}

/// Keeps the time that the world has come to, so that the next command goes on from there; it never goes back. Whether that time
/// is kept now, or a later one.
pub fn keep(home: &Home, world_at: DateTime<Utc>) -> bool {
    if kept(home).is_some_and(|kept| kept >= world_at) {
        return true;
    }
    let written = home.write_private(FILE, &world_at.to_rfc3339());
    if let Err(error) = &written {
        tracing::warn!(error = format!("{error:#}"), "the world's time is not kept");
    }
    written.is_ok()
}

/// Tells the world's time from ours.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct WorldClock {
    /// The world's time at `anchored_at`.
    pub world_at: DateTime<Utc>,
    /// Our time then.
    pub anchored_at: DateTime<Utc>,
    /// Seconds of the world in one of ours; 0 stands still.
    pub speed: f64,
}

impl WorldClock {
    /// A clock that shows `world_at` at our `now`.
    pub fn new(world_at: DateTime<Utc>, now: DateTime<Utc>, speed: f64) -> Self {
        Self { world_at, anchored_at: now, speed }
    }

    /// What it shows at our `now`.
    pub fn at(&self, now: DateTime<Utc>) -> DateTime<Utc> {
        let passed_ms = (now - self.anchored_at).num_milliseconds() as f64 * self.speed;
        self.world_at + Duration::milliseconds(passed_ms as i64)
    }

    /// How long we have to wait, from our `now`, until it shows `instant`; zero when it has.
    pub fn wait(&self, instant: DateTime<Utc>, now: DateTime<Utc>) -> std::time::Duration {
        let missing_ms = (instant - self.at(now)).num_milliseconds().max(0) as f64;
        std::time::Duration::from_millis((missing_ms / self.speed.max(f64::MIN_POSITIVE)).min(1e12) as u64)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn six_hours_pass_in_a_minute() {
        let now = DateTime::from_timestamp(1_795_000_000, 0).unwrap();
        let world = DateTime::from_timestamp(1_445_000_000, 0).unwrap();
        let clock = WorldClock::new(world, now, 360.0);
        assert_eq!(clock.at(now + Duration::minutes(1)), world + Duration::hours(6));
        assert_eq!(clock.wait(world + Duration::hours(6), now).as_secs(), 60);
        assert_eq!(clock.wait(world - Duration::hours(6), now).as_secs(), 0);
        assert_eq!(WorldClock::new(world, now, 0.0).at(now + Duration::days(1)), world);
    }
}
