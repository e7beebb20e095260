//! The New York Stock Exchange's calendar.

use chrono::{Datelike, Days, NaiveDate, Weekday};

use super::Session;
use super::rules::{easter_offset, fixed, nth};

/// Days without trading that follow no rule: year, month, day.
pub const SPECIAL: [(i32, u32, u32); 10] = [
    // The attacks of 2001.
    (2001, 9, 11),
    (2001, 9, 12),
    (2001, 9, 13),
    (2001, 9, 14),
    // Mourning for Presidents Reagan, Ford, Bush and Carter.
    (2004, 6, 11),
    (2007, 1, 2),
    (2018, 12, 5),
    (2025, 1, 9),
    // The hurricane of 2012.
    (2012, 10, 29),
    (2012, 10, 30),
];

/// What a weekday is.
pub fn session(day: NaiveDate) -> Session {
    let special = SPECIAL.contains(&(day.year(), day.month(), day.day()));
    if special || is_holiday(day) {
        Session::Closed
    } else if is_half_day(day) {
        Session::Half
    } else {
        Session::Full
    }
}

/// Whether `day` is a holiday, or the weekday on which one is observed.
pub fn is_holiday(day: NaiveDate) -> bool {
    let year = day.year();
    let fixed_days = [fixed(year, 6, 19).filter(|_| year >= 2022), fixed(year, 7, 4), fixed(year, 12, 25)];
    let moving = [
        nth(year, 1, Weekday::Mon, 3).filter(|_| year >= 1998),
        nth(year, 2, Weekday::Mon, 3),
        nth(year, 5, Weekday::Mon, -1),
        nth(year, 9, Weekday::Mon, 1),
        nth(year, 11, Weekday::Thu, 4),
    ];
    fixed_days.into_iter().flatten().any(|holiday| observed(holiday) == day)
        || moving.contains(&Some(day))
        || is_new_year(day)
        || easter_offset(day) == -2
}

/// A Saturday's holiday is observed on the Friday before, a Sunday's on the Monday after.
fn observed(holiday: NaiveDate) -> NaiveDate {
    match holiday.weekday() {
        Weekday::Sat => holiday - Days::new(1),
        Weekday::Sun => holiday + Days::new(1),
        _ => holiday,
    }
}

/// New Year on a Saturday is not observed: the Friday before it closes the year's books.
fn is_new_year(day: NaiveDate) -> bool {
    day.month() == 1 && (day.day() == 1 || (day.day() == 2 && day.weekday() == Weekday::Mon))
}

/// Trading ends at 13:00 on the day after Thanksgiving, on Christmas Eve, and on 3 July where it and the Fourth are trading week days.
fn is_half_day(day: NaiveDate) -> bool {
    let weekday = day.weekday();
    let not_friday = !matches!(weekday, Weekday::Fri | Weekday::Sat | Weekday::Sun);
    match (day.month(), day.day()) {
        (7, 3) | (12, 24) => not_friday,
        (11, _) => {
            nth(day.year(), 11, Weekday::Thu, 4).is_some_and(|thursday| thursday + Days::new(1) == day)
        }
        _ => false,
    }
}
