//! The rules that holidays are made of.

use chrono::{Datelike, Days, NaiveDate, Weekday};

/// A day of the calendar; `None` where there is none.
pub fn fixed(year: i32, month: u32, day: u32) -> Option<NaiveDate> {
    NaiveDate::from_ymd_opt(year, month, day)
}

/// The `n`-th such weekday of a month, counted from its end where `n` is below 0.
pub fn nth(year: i32, month: u32, weekday: Weekday, n: i8) -> Option<NaiveDate> {
    if n > 0 {
        return NaiveDate::from_weekday_of_month_opt(year, month, weekday, n.unsigned_abs());
    }
    let all = (1..=5).filter_map(|i| NaiveDate::from_weekday_of_month_opt(year, month, weekday, i));
    let all: Vec<NaiveDate> = all.collect();
    all.len().checked_sub(usize::from(n.unsigned_abs())).and_then(|i| all.get(i).copied())
}

/// The day itself, or the Monday after it where it falls on a weekend.
pub fn on_or_after_weekend(day: NaiveDate) -> NaiveDate {
    match day.weekday() {
        Weekday::Sat => day + Days::new(2),
        Weekday::Sun => day + Days::new(1),
        _ => day,
    }
}

/// Easter Sunday of the Gregorian calendar, by the computation of Meeus, Jones and Butcher.
pub fn easter(year: i32) -> Option<NaiveDate> {
    let a = year % 19;
    let (b, c) = (year / 100, year % 100);
    let (d, e) = (b / 4, b % 4);
    let g = (8 * b + 13) / 25;
    let h = (19 * a + b - d - g + 15) % 30;
    let (i, k) = (c / 4, c % 4);
    let l = (32 + 2 * e + 2 * i - h - k) % 7;
    let m = (a + 11 * h + 22 * l) / 451;
    let sum = h + l - 7 * m + 114;
    fixed(year, u32::try_from(sum / 31).ok()?, u32::try_from(sum % 31 + 1).ok()?)
}

/// Days from the year's Easter Sunday to `day`: -2 is Good Friday. A number that is no holiday where the year has no Easter.
pub fn easter_offset(day: NaiveDate) -> i64 {
    easter(day.year()).map_or(i64::MAX, |sunday| (day - sunday).num_days())
}
