//! Wall clocks of places that change between summer and winter time.

use chrono::offset::LocalResult;
use chrono::{DateTime, NaiveDateTime, TimeZone, Utc};
use chrono_tz::Tz;

/// The instant at which clocks of `zone` show `local`: the first one where they do so twice (an hour in autumn), `None`
/// where they never do (an hour in spring).
pub fn instant(local: NaiveDateTime, zone: Tz) -> Option<DateTime<Utc>> {
    match zone.from_local_datetime(&local) {
        LocalResult::Single(at) | LocalResult::Ambiguous(at, _) => Some(at.to_utc()),
        LocalResult::None => None,
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn knows_summer_winter_and_the_hours_between() {
        for (local, at) in [
            ("2026-07-01T16:00:00", Some("2026-07-01T20:00:00Z")),
            ("2026-01-05T16:00:00", Some("2026-01-05T21:00:00Z")),
            ("2026-03-08T01:59:59", Some("2026-03-08T06:59:59Z")),
            ("2026-03-08T02:30:00", None),
            ("2026-03-08T03:00:00", Some("2026-03-08T07:00:00Z")),
            ("2026-11-01T01:30:00", Some("2026-11-01T05:30:00Z")),
            ("2026-11-01T02:00:00", Some("2026-11-01T07:00:00Z")),
        ] {
            let zone: Tz = "US/Eastern".parse().unwrap();
            assert_eq!(instant(local.parse().unwrap(), zone), at.map(|at| at.parse().unwrap()), "{local}");
        }
    }
}
