//! What belongs to a slot, and what has already been seen.

use std::collections::BTreeSet;

use chrono::{DateTime, Duration, Utc};
use serde::{Deserialize, Serialize};

/// The span of event times that one slot of one source takes, with what it must leave out. Everything a record's
/// admission depends on is here, so that raw exchanges and their window make the same records at any later time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Window {
    /// First instant: the slot's open, or earlier by the lag when late arrivals are taken in.
    pub from: DateTime<Utc>,
    /// First instant after it: the slot's close.
    pub to: DateTime<Utc>,
    /// The instant from which the slot is seen; a record from well after it cannot be true.
    pub as_of: DateTime<Utc>,
    /// Ids taken by earlier slots that may turn up again.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub known: BTreeSet<String>,
    /// Whether documents without a readable date are taken; only where the slot follows all slots collected so far, since
    /// nothing else says to which slot they belong.
    pub undated: bool,
}

/// What becomes of a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// It belongs to the slot.
    Accept,
    /// It belongs to another slot.
    Ignore,
    /// It cannot be true.
    Reject(&'static str),
}

impl Window {
    /// What becomes of the record `id` of the instant `at`. An instant later than `tolerance` after the as-of instant is
    /// refused.
    pub fn judge(&self, id: &str, at: DateTime<Utc>, tolerance: Duration) -> Verdict {
        if at > self.as_of + tolerance {
            Verdict::Reject("its instant lies in the future")
        } else if at < self.from || at >= self.to || self.known.contains(id) {
            Verdict::Ignore
        } else {
            Verdict::Accept
        }
    }

    /// What becomes of the record `id` that has no readable date.
    pub fn judge_undated(&self, id: &str) -> Verdict {
        if self.undated && !self.known.contains(id) { Verdict::Accept } else { Verdict::Ignore }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn judges_by_half_open_window_and_known_ids() {
        let at = |text: &str| text.parse::<DateTime<Utc>>().unwrap();
        let window = Window {
            from: at("2026-11-20T23:30:00Z"),
            to: at("2026-11-21T06:00:00Z"),
            as_of: at("2026-11-21T06:00:00Z"),
            known: ["seen".to_owned()].into(),
            undated: true,
        };
        let tolerance = Duration::minutes(10);
        for (id, instant, verdict) in [
            ("a", "2026-11-20T23:30:00Z", Verdict::Accept),
            ("a", "2026-11-20T23:29:59Z", Verdict::Ignore),
            ("seen", "2026-11-20T23:45:00Z", Verdict::Ignore),
            ("a", "2026-11-21T05:59:59Z", Verdict::Accept),
            ("a", "2026-11-21T06:00:00Z", Verdict::Ignore),
            ("a", "2026-11-21T06:10:01Z", Verdict::Reject("its instant lies in the future")),
        ] {
            assert_eq!(window.judge(id, at(instant), tolerance), verdict, "{id} {instant}");
        }
        assert_eq!(window.judge_undated("a"), Verdict::Accept);
        assert_eq!(window.judge_undated("seen"), Verdict::Ignore);
    }
}
