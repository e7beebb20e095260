//! The clock of the programs that decide by it: the machine's, moved by what a fault plan says (`crate::faults`).

use chrono::{DateTime, TimeDelta, Utc};

use crate::faults;

/// The present instant, UTC.
pub fn now() -> DateTime<Utc> {
    let now = Utc::now();
    let moved = faults::here().map_or(0, |faults| faults.plan().clock_s);
    TimeDelta::try_seconds(moved).and_then(|by| now.checked_add_signed(by)).unwrap_or(now)
}
