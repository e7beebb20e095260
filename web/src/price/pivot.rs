//! Returns as a table: month by year, or weekday by month.

use std::collections::BTreeSet;

use analytics::periods::{Length, Mean, returns_by_month, returns_by_weekday};
use chrono::{Datelike, NaiveDate};
use serde::Serialize;

use super::question::{Pivot, Question};
use super::series::Series;
use crate::format;
use crate::market::view::Direction;
use crate::text::{Lang, fill, text};

/// A table of returns.
#[derive(Debug, Serialize)]
pub struct PivotView {
    /// What it shows.
    title: &'static str,
    /// What its rows are.
    corner: &'static str,
    heads: Vec<String>,
    rows: Vec<(String, Vec<Option<Cell>>)>,
}

#[derive(Debug, Clone, Serialize)]
struct Cell {
    direction: Direction,
    value: String,
    /// Over how many days, where it is a mean.
    note: Option<String>,
}

/// The table that is asked for; `None` where none is, or where there is nothing to show.
pub fn view(series: &Series, question: &Question, lang: Lang) -> Option<PivotView> {
    let place = question.span.place(&series.days);
    let first = *series.days.get(place.start)?;
    let bars = series.bars();
    match question.pivot {
        Pivot::None => None,
        Pivot::MonthYear => {
            let from = Length::Month.first_day(first);
            let returns = returns_by_month(bars.get(..place.end)?);
            let since = |(year, month): &(i32, u32)| (*year, *month) >= (from.year(), from.month());
            let found: Vec<_> = returns.into_iter().filter(|(key, _)| since(key)).collect();
            let years: BTreeSet<i32> = found.iter().map(|((year, _), _)| *year).collect();
            let cell = |year: i32, month: u32| {
                found.iter().find(|(key, _)| *key == (year, month)).map(|(_, value)| plain(*value, 1, lang))
            };
            let row =
                |month: u32| (month_name(month, lang), years.iter().map(|year| cell(*year, month)).collect());
            (!years.is_empty()).then(|| PivotView {
                title: text(lang, "prices_pivot_month_year"),
                corner: text(lang, "prices_month"),
                heads: years.iter().map(i32::to_string).collect(),
                rows: (1..=12).map(row).collect(),
            })
        }
        Pivot::WeekdayMonth => {
            // The close before the first bar is what its change is from.
            let means = returns_by_weekday(bars.get(place.start.saturating_sub(1)..place.end)?);
            let months: BTreeSet<u32> = means.keys().map(|(_, month)| *month).collect();
            let weekdays: BTreeSet<u32> = means.keys().map(|(weekday, _)| *weekday).collect();
            let cell = |weekday, month| means.get(&(weekday, month)).map(|mean| mean_cell(mean, lang));
            let row = |weekday: u32| {
                (weekday_name(weekday, lang).to_owned(), months.iter().map(|m| cell(weekday, *m)).collect())
            };
            (!means.is_empty()).then(|| PivotView {
                title: text(lang, "prices_pivot_weekday_month"),
                corner: text(lang, "prices_weekday"),
                heads: months.iter().map(|month| month_name(*month, lang)).collect(),
                rows: weekdays.into_iter().map(row).collect(),
            })
        }
    }
}

fn plain(value: f64, digits: usize, lang: Lang) -> Cell {
    let direction = Direction::of(value, 0.5 * 0.1_f64.powi(digits as i32 + 2), lang);
    Cell { direction, value: format::change(value, digits, lang), note: None }
}

fn mean_cell(mean: &Mean, lang: Lang) -> Cell {
    let days = format::count(i64::try_from(mean.count).unwrap_or(i64::MAX), lang);
    Cell { note: Some(fill(lang, "prices_mean_over", &[("days", &days)])), ..plain(mean.value, 2, lang) }
}

fn month_name(month: u32, lang: Lang) -> String {
    let day = NaiveDate::from_ymd_opt(2000, month, 1).map(|on| format::short_day(on, lang));
    day.and_then(|day| day.split_once(' ').map(|(_, name)| name.to_owned())).unwrap_or_default()
}

fn weekday_name(weekday: u32, lang: Lang) -> &'static str {
    let key = match weekday {
        0 => "prices_monday",
        1 => "prices_tuesday",
        2 => "prices_wednesday",
        3 => "prices_thursday",
        4 => "prices_friday",
        5 => "prices_saturday",
        _ => "prices_sunday",
    };
    text(lang, key)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    /// From 2026-01-30, a Friday: 100, 101, …; February starts at 102.
    fn series() -> Series {
        let first: NaiveDate = "2026-01-30".parse().unwrap();
        let days: Vec<NaiveDate> = first.iter_days().take(40).collect();
        let close: Vec<f64> = (0..40).map(|i| 100.0 + f64::from(i)).collect();
        let volume = vec![None; 40];
        Series { days, open: close.clone(), high: close.clone(), low: close.clone(), volume, close }
    }

    fn view_of(query: &str) -> Option<PivotView> {
        view(&series(), &Question::parse(query).unwrap(), Lang::En)
    }

    #[test]
    fn months_by_years() {
        let table = view_of("pivot=month-year&range=all").unwrap();
        assert_eq!((table.heads.as_slice(), table.rows.len()), (["2026".to_owned()].as_slice(), 12));
        assert!(table.rows[0].1[0].is_none(), "nothing is known before the first month");
        // From 101 on 31 January to 129 on 28 February.
        assert_eq!(table.rows[1].1[0].as_ref().unwrap().value, "+27.7\u{a0}%");
        assert!(view_of("").is_none() && view_of("pivot=month-year&from=2030-01-01").is_none());
    }

    #[test]
    fn weekdays_by_months() {
        let table = view_of("pivot=weekday-month&from=2026-02-01&to=2026-02-07").unwrap();
        assert_eq!((table.heads.as_slice(), table.rows.len()), (["Feb".to_owned()].as_slice(), 7));
        // 2026-02-01 is a Sunday: from 101 to 102.
        let sunday = table.rows[6].1[0].as_ref().unwrap();
        assert_eq!(sunday.value, "+0.99\u{a0}%");
        assert_eq!(sunday.direction.class, "up");
    }
}
