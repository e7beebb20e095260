//! Calendar months in UTC.

use std::fmt;
use std::str::FromStr;

use chrono::{DateTime, Datelike, Months, NaiveDate, NaiveTime, Utc};

/// The earliest and the latest year that is understood.
const YEARS: std::ops::RangeInclusive<i32> = 2000..=2199;

/// A calendar month (UTC), kept as its first day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Month(NaiveDate);

/// A text that is no month.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a month is written like 2026-11, between 2000 and 2199")]
pub struct NotAMonth;

impl Month {
    /// The month that holds this instant.
    pub fn of(at: DateTime<Utc>) -> Self {
        let day = at.date_naive();
        Self(day.with_day(1).unwrap_or(day))
    }

    /// Its first instant.
    pub fn starts_at(self) -> DateTime<Utc> {
        self.0.and_time(NaiveTime::MIN).and_utc()
    }

    /// Its end, which belongs to the next month.
    pub fn ends_at(self) -> DateTime<Utc> {
        self.plus(1).starts_at()
    }

    /// The month so many months later; itself where the calendar ends.
    #[must_use]
    pub fn plus(self, months: u32) -> Self {
        Self(self.0.checked_add_months(Months::new(months)).unwrap_or(self.0))
    }

    /// The month so many months earlier; itself where the calendar begins.
    #[must_use]
    pub fn minus(self, months: u32) -> Self {
        Self(self.0.checked_sub_months(Months::new(months)).unwrap_or(self.0))
    }

    /// Its first day.
    pub fn first_day(self) -> NaiveDate {
        self.0
    }

    /// The months from this one to `last`, both included.
    pub fn until(self, last: Self) -> impl Iterator<Item = Self> {
        (0..).map(move |n| self.plus(n)).take_while(move |month| *month <= last)
    }
}

impl fmt::Display for Month {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        write!(f, "{:04}-{:02}", self.0.year(), self.0.month())
    }
}

impl FromStr for Month {
    type Err = NotAMonth;

    fn from_str(text: &str) -> Result<Self, NotAMonth> {
        let (year, month) = text.split_once('-').ok_or(NotAMonth)?;
        let digits = |part: &str, length| part.len() == length && part.bytes().all(|b| b.is_ascii_digit());
        if !digits(year, 4) || !digits(month, 2) {
            return Err(NotAMonth);
        }
        let year = year.parse().map_err(|_| NotAMonth)?;
        let month = month.parse().map_err(|_| NotAMonth)?;
        let day = NaiveDate::from_ymd_opt(year, month, 1).filter(|_| YEARS.contains(&year));
        day.map(Self).ok_or(NotAMonth)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn months_follow_each_other() {
        let month: Month = "2026-11".parse().unwrap();
        assert_eq!(month.ends_at(), month.plus(1).starts_at());
        assert_eq!(month.plus(2).to_string(), "2027-01");
        assert_eq!(month.minus(11).to_string(), "2025-12");
        assert_eq!(Month::of("2026-11-30T23:59:59Z".parse().unwrap()), month);
        assert_eq!(month.until(month.plus(13)).count(), 14);
        assert_eq!(month.until(month.minus(1)).count(), 0);
    }

    #[test]
    fn nonsense_is_no_month() {
        for text in [
            "",
            "2026",
            "2026-13",
            "2026-00",
            "26-11",
            "2026-1",
            "1999-12",
            "9999-01",
            "+026-01",
            "2026-11-01",
        ] {
            assert_eq!(text.parse::<Month>(), Err(NotAMonth), "{text}");
        }
    }
}
