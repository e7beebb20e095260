//! A slot: a half-open UTC window of six hours, named by the instant at which it closes and is due.

use std::fmt;
use std::str::FromStr;

use chrono::{DateTime, Duration, NaiveDate, Timelike, Utc};
use serde::{Deserialize, Serialize};

/// How long a slot lasts.
pub const SLOT_HOURS: i64 = 6;

/// The window [close − 6 h, close). `2026-11-21T06Z` covers [00:00, 06:00) of that day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Slot(DateTime<Utc>);

/// A text that does not name a slot.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error(
    "unknown slot {0:?}: write the closing instant as YYYY-MM-DDTHHZ with HH one of 00, 06, 12, 18, for example 2026-11-21T06Z"
)]
pub struct SlotError(String);

impl Slot {
    /// The slot that closes at `close_at`; `None` unless that is 00, 06, 12 or 18 o'clock UTC sharp.
    pub fn closing_at(close_at: DateTime<Utc>) -> Option<Self> {
        let sharp = close_at.minute() == 0 && close_at.second() == 0 && close_at.nanosecond() == 0;
        (sharp && i64::from(close_at.hour()) % SLOT_HOURS == 0).then_some(Self(close_at))
    }

    /// The slot whose window contains `instant`.
    pub fn containing(instant: DateTime<Utc>) -> Self {
        let step = SLOT_HOURS * 3600;
        let close = (instant.timestamp().div_euclid(step) + 1) * step;
        Self(DateTime::from_timestamp(close, 0).unwrap_or(instant))
    }

    /// The newest slot that is closed at `now`.
    pub fn last_due(now: DateTime<Utc>) -> Self {
        Self::containing(now).previous()
    }

    /// The first instant of the window.
    pub fn open_at(self) -> DateTime<Utc> {
        self.0 - Duration::hours(SLOT_HOURS)
    }

    /// The first instant after the window, at which the slot is due.
    pub fn close_at(self) -> DateTime<Utc> {
        self.0
    }

    /// Whether the window contains `instant`.
    pub fn contains(self, instant: DateTime<Utc>) -> bool {
        self.open_at() <= instant && instant < self.0
    }

    /// The slot that follows.
    pub fn next(self) -> Self {
        Self(self.0 + Duration::hours(SLOT_HOURS))
    }

    /// The slot before.
    pub fn previous(self) -> Self {
        Self(self.0 - Duration::hours(SLOT_HOURS))
    }

    /// All slots from `first` to `last`, both included, oldest first; empty when `first` is later.
    pub fn range(first: Self, last: Self) -> impl Iterator<Item = Self> {
        std::iter::successors(Some(first), |slot| Some(slot.next())).take_while(move |slot| *slot <= last)
    }
}

impl fmt::Display for Slot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0.format("%Y-%m-%dT%HZ"))
    }
}

impl FromStr for Slot {
    type Err = SlotError;

    fn from_str(text: &str) -> Result<Self, SlotError> {
        let parse = || {
            let (date, hour) = text.strip_suffix('Z')?.split_once('T')?;
            if date.len() != 10 || hour.len() != 2 {
                return None;
            }
            let date: NaiveDate = date.parse().ok()?;
            Self::closing_at(date.and_hms_opt(hour.parse().ok()?, 0, 0)?.and_utc())
        };
        parse().ok_or_else(|| SlotError(text.to_owned()))
    }
}

impl TryFrom<String> for Slot {
    type Error = SlotError;

    fn try_from(text: String) -> Result<Self, SlotError> {
        text.parse()
    }
}

impl From<Slot> for String {
    fn from(slot: Slot) -> Self {
        slot.to_string()
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn covers_the_six_hours_before_its_name() {
        let slot: Slot = "2026-11-21T06Z".parse().unwrap();
        assert_eq!(slot.open_at().to_rfc3339(), "2026-11-21T00:00:00+00:00");
        assert!(slot.contains(slot.open_at()));
        assert!(!slot.contains(slot.close_at()));
        assert_eq!(Slot::containing(slot.close_at()), slot.next());
        assert_eq!(Slot::last_due(slot.close_at()), slot);
    }

    #[test]
    fn refuses_other_names() {
        for text in [
            "2026-11-21T07Z",
            "2026-11-21T06",
            "2026-13-21T06Z",
            "2026-11-21T6Z",
            "",
            "now",
            "2026-11-21T24Z",
        ] {
            assert!(text.parse::<Slot>().is_err(), "{text}");
        }
    }

    #[test]
    fn a_range_includes_both_ends() {
        let (a, b) = ("2015-11-01T06Z".parse().unwrap(), "2015-11-02T00Z".parse().unwrap());
        let names: Vec<String> = Slot::range(a, b).map(|slot| slot.to_string()).collect();
        assert_eq!(names, ["2015-11-01T06Z", "2015-11-01T12Z", "2015-11-01T18Z", "2015-11-02T00Z"]);
        assert_eq!(Slot::range(b, a).count(), 0);
    }

    proptest! {
        #[test]
        fn every_instant_is_in_exactly_its_slot(seconds in -4_000_000_000i64..8_000_000_000) {
            let instant = DateTime::from_timestamp(seconds, 0).unwrap();
            let slot = Slot::containing(instant);
            prop_assert!(slot.contains(instant));
            prop_assert!(!slot.next().contains(instant) && !slot.previous().contains(instant));
            prop_assert_eq!(slot.to_string().parse::<Slot>().unwrap(), slot);
        }
    }
}
