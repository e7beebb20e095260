//! How the product is: seven words with one rule each.

use chrono::{DateTime, Duration, Utc};
use domain::Slot;
use serde::Serialize;

use crate::publish::coverage::Coverage;

/// A slot is promised to be published this long after it is due.
pub const PROMISE: Duration = Duration::minutes(90);
/// From this age of the newest slot on, every page says that it is late.
pub const BANNER: Duration = Duration::hours(7);
/// From this age on, two slots in a row are missing.
const TWO_SLOTS: Duration = Duration::minutes(2 * 6 * 60 + 90);
/// A source that has been incomplete for so many slots in a row, without a new record, is down.
const SLOTS_UNTIL_DOWN: usize = 4;

/// How something is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Health {
    /// As it should be.
    Healthy,
    /// As it should be, with something worth knowing.
    Informational,
    /// It works with less than it should have.
    Degraded,
    /// Something that is shown is missing in part.
    Partial,
    /// It comes later than promised.
    Late,
    /// It does not come.
    Down,
    /// Nothing is known about it.
    Unknown,
}

/// A published slot, as far as its health goes.
#[derive(Debug, Clone)]
pub struct Published {
    /// The slot's close.
    pub closes_at: DateTime<Utc>,
    /// Which version is the newest.
    pub version: i32,
    /// What it covers.
    pub coverage: Coverage,
}

/// How the product is at `now`. With data that have a clock of their own (`own_clock`), lateness means nothing.
pub fn overall(now: DateTime<Utc>, newest: Option<&Published>, own_clock: bool) -> Health {
    let Some(newest) = newest else { return Health::Unknown };
    if !own_clock {
        match lateness(now, newest.closes_at) {
            Some(age) if age >= TWO_SLOTS => return Health::Down,
            Some(_) => return Health::Late,
            None => {}
        }
    }
    let coverage = &newest.coverage;
    if !coverage.missing_assets.is_empty() {
        Health::Partial
    } else if coverage.sources.is_empty() {
        Health::Unknown
    } else if coverage.sources.values().any(|source| !source.complete) {
        Health::Degraded
    } else if !coverage.unread.is_empty() || newest.version > 1 {
        Health::Informational
    } else {
        Health::Healthy
    }
}

/// The age of the newest slot where a later one is overdue by more than was promised.
fn lateness(now: DateTime<Utc>, newest_at: DateTime<Utc>) -> Option<Duration> {
    let due = Slot::last_due(now - PROMISE).close_at();
    (newest_at < due).then(|| now - newest_at)
}

/// What one slot says of one source.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Mark {
    /// The slot's close.
    pub closes_at: DateTime<Utc>,
    /// Whether all was collected.
    pub complete: bool,
    /// The newest record of the source.
    pub newest_at: Option<DateTime<Utc>>,
}

impl Mark {
    /// Whether the slot brought a record of its own six hours.
    fn has_records(&self) -> bool {
        self.newest_at.is_some_and(|at| at >= self.closes_at - Duration::hours(6))
    }
}

/// How a source is, from its slots, the newest first.
pub fn source(marks: &[Mark]) -> Health {
    let Some(newest) = marks.first() else { return Health::Unknown };
    if newest.complete {
        return if marks.iter().all(|mark| mark.complete) { Health::Healthy } else { Health::Informational };
    }
    let dead = marks.iter().take_while(|mark| !mark.complete && !mark.has_records()).count();
    match dead {
        0 => Health::Partial,
        n if n >= SLOTS_UNTIL_DOWN => Health::Down,
        _ => Health::Degraded,
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::collections::BTreeMap;

    use domain::manifest::Unread;

    use super::*;
    use crate::publish::coverage::SourceCoverage;

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    fn slot(complete: bool, missing: bool, unread: bool, version: i32) -> Published {
        let one = |key: &str, there: bool| there.then(|| (key.to_owned(), "no bars".to_owned()));
        Published {
            closes_at: at("2026-11-21T06:00:00Z"),
            version,
            coverage: Coverage {
                sources: [("reddit".to_owned(), SourceCoverage { complete, newest_at: None })].into(),
                unread: unread.then(|| ("x".to_owned(), Unread::NotConnected)).into_iter().collect(),
                missing_assets: one("KO", missing).into_iter().collect::<BTreeMap<_, _>>(),
            },
        }
    }

    #[test]
    fn coverage_decides_while_slots_come_in_time() {
        let now = at("2026-11-21T13:29:00Z");
        for (published, health) in [
            (slot(true, false, false, 1), Health::Healthy),
            (slot(true, false, true, 1), Health::Informational),
            (slot(true, false, false, 2), Health::Informational),
            (slot(false, false, true, 1), Health::Degraded),
            (slot(false, true, false, 1), Health::Partial),
        ] {
            assert_eq!(overall(now, Some(&published), false), health);
        }
        assert_eq!(overall(now, None, false), Health::Unknown);
    }

    #[test]
    fn a_slot_is_late_ninety_minutes_after_it_was_due() {
        let published = slot(true, false, false, 1);
        for (now, health) in [
            ("2026-11-21T13:29:59Z", Health::Healthy),
            ("2026-11-21T13:30:00Z", Health::Late),
            ("2026-11-21T19:29:00Z", Health::Late),
            ("2026-11-21T19:30:00Z", Health::Down),
        ] {
            assert_eq!(overall(at(now), Some(&published), false), health, "{now}");
            assert_eq!(overall(at(now), Some(&published), true), Health::Healthy, "{now}");
        }
    }

    #[test]
    fn a_source_is_down_after_four_slots_without_a_record() {
        let closes_at = at("2026-11-21T06:00:00Z");
        let mark = |n: i32, complete, records: bool| {
            let closes_at = closes_at - Duration::hours(6) * n;
            Mark { closes_at, complete, newest_at: records.then(|| closes_at - Duration::hours(1)) }
        };
        let whole = mark(0, true, true);
        assert_eq!(source(&[]), Health::Unknown);
        assert_eq!(source(&[whole, mark(1, true, true)]), Health::Healthy);
        assert_eq!(source(&[whole, mark(1, false, true)]), Health::Informational);
        assert_eq!(source(&[mark(0, false, true)]), Health::Partial);
        let silent: Vec<Mark> = (0..4).map(|n| mark(n, false, false)).collect();
        assert_eq!(source(&silent[..3]), Health::Degraded);
        assert_eq!(source(&silent), Health::Down);
    }
}
