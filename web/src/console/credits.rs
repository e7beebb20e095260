//! Credits for late data: what a missed freshness promise gives back to subscribers.
//!
//! The promise: a slot is published within [`PROMISE_MINUTES`] of its close. The formula is in [`formula`]; [`store`] has the
//! SQL; [`pages`] lists slots that missed the promise, shows what each subscriber would get, and decides it once; [`apply`]
//! is the worker's step that gives what was decided, and queues a [`letter`] to who gets it.
//!
//! A slot and customer get one credit, whoever decides how often: the row's key sees to that, and the payment provider
//! is asked under a key of slot and customer. A slot that was never published can be credited once no more can be added to
//! it, after [`formula::MOST`] slots.

use chrono::{DateTime, Duration, Utc};

pub mod apply;
pub mod formula;
pub mod letter;
pub mod pages;
pub mod store;

/// Minutes after its close within which a slot is promised to be published.
pub const PROMISE_MINUTES: i64 = 90;

/// How long beyond the promise a slot took, as far as that can be said at `now`: nothing for one that was in time, and
/// nothing yet for one that is not there and may still come.
pub fn late_by(
    closes_at: DateTime<Utc>,
    published_at: Option<DateTime<Utc>>,
    now: DateTime<Utc>,
) -> Option<Duration> {
    let promised_at = closes_at + Duration::minutes(PROMISE_MINUTES);
    let most = Duration::hours(i64::from(formula::MOST) * domain::slot::SLOT_HOURS);
    let late = match published_at {
        Some(at) => at - promised_at,
        None if now - promised_at >= most => most,
        None => return None,
    };
    (late > Duration::zero()).then_some(late)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_slot_is_late_ninety_minutes_after_its_close() {
        let at = |text: &str| -> DateTime<Utc> { text.parse().unwrap() };
        let close = at("2026-11-20T06:00:00Z");
        let late = |published: Option<&str>, now: &str| {
            late_by(close, published.map(at), at(now)).map(|d| d.num_seconds())
        };
        assert_eq!(late(Some("2026-11-20T07:30:00Z"), "2026-11-21T00:00:00Z"), None);
        assert_eq!(late(Some("2026-11-20T07:30:01Z"), "2026-11-21T00:00:00Z"), Some(1));
        assert_eq!(late(Some("2026-11-20T09:00:00Z"), "2026-11-21T00:00:00Z"), Some(5400));
        // One that is not there may still come, until nothing more can be added.
        assert_eq!(late(None, "2026-11-27T07:29:59Z"), None);
        assert_eq!(late(None, "2026-11-27T07:30:00Z"), Some(7 * 86_400));
    }
}
