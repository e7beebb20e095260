//! Weeks: Monday to Sunday, UTC, named as ISO 8601 does.

use chrono::{DateTime, Datelike, Duration, NaiveDate, Utc, Weekday};

/// A week.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Week(NaiveDate);

impl Week {
    /// The week that holds an instant.
    pub fn containing(at: DateTime<Utc>) -> Self {
        let day = at.date_naive();
        Self(day - Duration::days(i64::from(day.weekday().num_days_from_monday())))
    }

    /// The week with this name, as in `2026-W47`.
    pub fn parse(name: &str) -> Option<Self> {
        let (year, number) = name.split_once("-W")?;
        let two_digits = year.len() == 4
            && number.len() == 2
            && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
        let (year, number) = (year.parse().ok()?, number.parse().ok()?);
        NaiveDate::from_isoywd_opt(year, number, Weekday::Mon).filter(|_| two_digits).map(Self)
    }

    /// Its name.
    pub fn name(self) -> String {
        let week = self.0.iso_week();
        format!("{:04}-W{:02}", week.year(), week.week())
    }

    /// Its Monday.
    pub fn first_day(self) -> NaiveDate {
        self.0
    }

    /// Its Sunday.
    pub fn last_day(self) -> NaiveDate {
        self.0 + Duration::days(6)
    }

    /// First instant of it.
    pub fn starts_at(self) -> DateTime<Utc> {
        self.0.and_time(chrono::NaiveTime::MIN).and_utc()
    }

    /// First instant after it.
    pub fn ends_at(self) -> DateTime<Utc> {
        self.starts_at() + Duration::days(7)
    }

    /// The week before.
    pub fn previous(self) -> Self {
        Self(self.0 - Duration::days(7))
    }

    /// When its report is due for somebody who reads on this weekday (Monday is 0) at this hour: in the week after.
    pub fn due_at(self, weekday: i16, hour: i16) -> DateTime<Utc> {
        self.ends_at() + Duration::days(i64::from(weekday)) + Duration::hours(i64::from(hour))
    }

    /// The newest week whose report is due at `now`.
    pub fn last_due(now: DateTime<Utc>, weekday: i16, hour: i16) -> Self {
        let last = Self::containing(now).previous();
        if last.due_at(weekday, hour) <= now { last } else { last.previous() }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    #[test]
    fn weeks_have_iso_names() {
        for (instant, name) in [
            ("2026-11-22T23:59:59Z", "2026-W47"),
            ("2026-11-23T00:00:00Z", "2026-W48"),
            ("2027-01-03T12:00:00Z", "2026-W53"),
            ("2024-12-30T00:00:00Z", "2025-W01"),
        ] {
            let week = Week::containing(at(instant));
            assert_eq!(week.name(), name);
            assert_eq!(Week::parse(name), Some(week));
            assert!(week.starts_at() <= at(instant) && at(instant) < week.ends_at());
        }
        for name in [
            "2026-W54",
            "2026-W00",
            "2026-47",
            "26-W47",
            "2026-W7",
            "2026-W+7",
            "",
            "-W",
            "99999-W01",
            "{week}",
        ] {
            assert_eq!(Week::parse(name), None, "{name}");
        }
    }

    #[test]
    fn a_report_is_due_in_the_week_after() {
        // Monday is 0; the week of 16 November 2026 ends with the 22nd.
        let w47 = Week::parse("2026-W47").unwrap();
        assert_eq!(w47.due_at(0, 6), at("2026-11-23T06:00:00Z"));
        for (now, weekday, hour, week) in [
            ("2026-11-23T05:59:59Z", 0, 6, "2026-W46"),
            ("2026-11-23T06:00:00Z", 0, 6, "2026-W47"),
            ("2026-11-29T23:59:59Z", 0, 6, "2026-W47"),
            ("2026-11-28T08:00:00Z", 6, 20, "2026-W46"),
            ("2026-11-29T20:00:00Z", 6, 20, "2026-W47"),
        ] {
            assert_eq!(Week::last_due(at(now), weekday, hour).name(), week, "{now}");
        }
    }
}
