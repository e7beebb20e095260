//! Which time is looked at: a period that ends with the newest bar, or two dates.

use std::ops::Range;

use chrono::{Months, NaiveDate};

use super::params::{Params, Refused, Written};

/// How far back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Period {
    /// So many months.
    Months(u32),
    /// All there is.
    All,
}

/// The periods by name, the shortest first.
pub const PERIODS: [(&str, Period); 7] = [
    ("1m", Period::Months(1)),
    ("3m", Period::Months(3)),
    ("6m", Period::Months(6)),
    ("1y", USUAL),
    ("2y", Period::Months(24)),
    ("5y", Period::Months(60)),
    ("all", Period::All),
];
const USUAL: Period = Period::Months(12);
/// Dates outside of these years are slips of the pen.
const YEARS: Range<i32> = 1900..2200;

/// A stretch of time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span {
    /// How far back from its end, where `from` does not say.
    pub period: Period,
    /// First day.
    pub from: Option<NaiveDate>,
    /// Last day; `None`: that of the newest bar.
    pub to: Option<NaiveDate>,
}

impl Span {
    /// The period that ends with the newest bar.
    pub fn of(period: Period) -> Self {
        Self { period, from: None, to: None }
    }

    /// Reads `range`, `from` and `to`.
    ///
    /// # Errors
    /// One of them is not understood, or the first day is after the last one.
    pub fn parse(params: &Params) -> Result<Self, Refused> {
        let period = params.choice("range", &PERIODS, USUAL, "accepts_range")?;
        let (from, to) = (day(params, "from")?, day(params, "to")?);
        if let (Some(first), Some(last)) = (from, to)
            && first > last
        {
            return Err(Refused::new("from", &first.to_string(), "accepts_from"));
        }
        Ok(Self { period, from, to })
    }

    /// Writes what differs from the usual.
    pub fn write(&self, query: &mut Written) {
        query.choice("range", &PERIODS, self.period, USUAL);
        for (name, day) in [("from", self.from), ("to", self.to)] {
            if let Some(day) = day {
                query.push(name, &day.to_string());
            }
        }
    }

    /// Where it lies among these days, which rise.
    pub fn place(&self, days: &[NaiveDate]) -> Range<usize> {
        let end = self.to.map_or(days.len(), |to| days.partition_point(|day| *day <= to));
        let Some(last) = end.checked_sub(1).and_then(|at| days.get(at)) else { return 0..0 };
        let back = match self.period {
            Period::Months(months) => last.checked_sub_months(Months::new(months)),
            Period::All => None,
        };
        let start = match (self.from, back) {
            (Some(from), _) => days.partition_point(|day| *day < from),
            // A month back from the 21st begins after the 21st: the close of that day is what is compared with.
            (None, Some(back)) => days.partition_point(|day| *day < back),
            (None, None) => 0,
        };
        start.min(end)..end
    }
}

fn day(params: &Params, name: &'static str) -> Result<Option<NaiveDate>, Refused> {
    use chrono::Datelike;
    let Some(given) = params.get(name) else { return Ok(None) };
    let parsed = NaiveDate::parse_from_str(given, "%Y-%m-%d").ok();
    match parsed.filter(|day| YEARS.contains(&day.year())) {
        Some(day) => Ok(Some(day)),
        None => Err(Refused::new(name, given, "accepts_day")),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn on(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    #[test]
    fn a_period_ends_with_the_newest_bar() {
        let days: Vec<NaiveDate> = on("2026-01-01").iter_days().take(100).collect();
        assert_eq!(days[99], on("2026-04-10"));
        assert_eq!(Span::of(Period::Months(1)).place(&days), 68..100);
        assert_eq!(Span::of(USUAL).place(&days), 0..100);
        let span = Span { from: Some(on("2026-01-03")), to: Some(on("2026-01-05")), ..Span::of(Period::All) };
        assert_eq!(span.place(&days), 2..5);
        let before = Span { to: Some(on("2020-01-01")), ..span };
        assert_eq!(before.place(&days), 0..0);
        let after = Span { from: Some(on("2030-01-01")), to: None, ..span };
        assert!(after.place(&days).is_empty());
        assert_eq!(span.place(&[]), 0..0);
    }

    #[test]
    fn what_is_written_is_read_again() {
        for query in ["", "range=5y", "range=all&from=2026-01-02", "from=2025-02-03&to=2026-01-01"] {
            let span = Span::parse(&Params::parse(query).unwrap()).unwrap();
            let mut written = Written::default();
            span.write(&mut written);
            assert_eq!(written.done(), query);
        }
    }

    #[test]
    fn absurd_spans_are_refused() {
        for query in [
            "range=9y",
            "range=-1",
            "from=2026-13-01",
            "from=yesterday",
            "to=99999-01-01",
            "to=0000-01-01",
            "from=2026-02-02&to=2026-02-01",
            "from=NaN",
        ] {
            assert!(Span::parse(&Params::parse(query).unwrap()).is_err(), "{query}");
        }
    }
}
