//! New York's wall clock, which American exchanges and their vendors write.
//!
//! The rule is that of 2007 and later: summer time from the second Sunday of March to the first Sunday of November, each at 2 o'clock.
//! It is written out here, so that a client's own zone database is measured against something else.

use chrono::{Datelike, NaiveDate, NaiveDateTime, TimeDelta, Weekday};

use crate::moment::{HOUR, Micros, SECOND, utc};

/// How far New York is behind UTC at an instant: 4 or 5 hours.
fn behind(at: Micros) -> Micros {
    let year = utc(at).year();
    let switch = |month, week, hour: i64| {
        NaiveDate::from_weekday_of_month_opt(year, month, Weekday::Sun, week)
            .and_then(|day| day.and_hms_opt(0, 0, 0))
            .map_or(Micros::MAX, |day| day.and_utc().timestamp_micros() + hour * HOUR)
    };
    // 2 o'clock in winter is 7 o'clock UTC; 2 o'clock in summer is 6 o'clock UTC.
    if (switch(3, 2, 7)..switch(11, 1, 6)).contains(&at) { 4 * HOUR } else { 5 * HOUR }
}

/// Seconds to add to UTC, as Yahoo's `gmtoffset` states them.
pub(crate) fn offset_s(at: Micros) -> i64 {
    -behind(at) / SECOND
}

/// What New York's clocks show.
pub(crate) fn local(at: Micros) -> NaiveDateTime {
    utc(at).naive_utc() - TimeDelta::microseconds(behind(at))
}

/// The instant at which New York's clocks show `local`; the earlier one where they do so twice.
pub(crate) fn instant(local: NaiveDateTime) -> Micros {
    let as_utc = local.and_utc().timestamp_micros();
    let summer = as_utc + 4 * HOUR;
    if behind(summer) == 4 * HOUR { summer } else { as_utc + 5 * HOUR }
}

/// The first instant of a day in New York.
pub(crate) fn midnight(day: NaiveDate) -> Micros {
    instant(day.and_time(chrono::NaiveTime::MIN))
}

/// Hours and minutes on New York's clocks, as minutes since midnight.
fn minute_of_day(at: Micros) -> i64 {
    use chrono::Timelike;
    let local = local(at);
    i64::from(local.hour() * 60 + local.minute())
}

/// Whether some of a bar lies within the exchanges' regular hours, 9:30 to 16:00.
pub(crate) fn is_regular(opens: Micros, length: Micros) -> bool {
    let opens = minute_of_day(opens);
    opens < 16 * 60 && opens + length / (60 * SECOND) > 9 * 60 + 30
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::moment::parse;

    #[test]
    fn summer_time_begins_and_ends_where_it_should() {
        for (at, shown) in [
            ("2026-03-08T06:59:59Z", "2026-03-08 01:59:59"),
            ("2026-03-08T07:00:00Z", "2026-03-08 03:00:00"),
            ("2026-11-01T05:30:00Z", "2026-11-01 01:30:00"),
            ("2026-11-01T06:30:00Z", "2026-11-01 01:30:00"),
            ("2015-07-01T13:30:00Z", "2015-07-01 09:30:00"),
            ("2020-01-01T02:00:00Z", "2019-12-31 21:00:00"),
        ] {
            let at = parse(at).unwrap();
            assert_eq!(local(at).to_string(), shown);
        }
    }

    #[test]
    fn a_local_time_leads_back_to_its_instant() {
        let mut at = parse("2026-01-01T00:00:00Z").unwrap();
        while at < parse("2027-01-01T00:00:00Z").unwrap() {
            let again = instant(local(at));
            // The doubled hour of autumn leads to its first run.
            assert!(again == at || again == at - HOUR, "{}", utc(at));
            at += HOUR / 2;
        }
        assert_eq!(midnight("2026-03-02".parse().unwrap()), parse("2026-03-02T05:00:00Z").unwrap());
    }
}
