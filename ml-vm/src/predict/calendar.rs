//! Trading days, as the bars themselves show them: an asset that has traded at weekends will again. Holidays are not known.

use chrono::{Datelike, Days, NaiveDate, Weekday};

/// The `count` trading days after the last of `days` (sorted); empty for no days.
pub fn trading_days_after(days: &[NaiveDate], count: usize) -> Vec<NaiveDate> {
    let weekend = |day: &NaiveDate| matches!(day.weekday(), Weekday::Sat | Weekday::Sun);
    // A stray weekend bar does not make a market that trades at weekends.
    let every_day = days.iter().filter(|day| weekend(day)).count() * 10 > days.len();
    let Some(mut day) = days.last().copied() else { return Vec::new() };
    let mut out = Vec::with_capacity(count);
    while out.len() < count {
        let Some(next) = day.checked_add_days(Days::new(1)) else { break };
        day = next;
        if every_day || !weekend(&day) {
            out.push(day);
        }
    }
    out
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    #[test]
    fn weekends_only_where_they_trade() {
        let friday = [day("2015-11-05"), day("2015-11-06")];
        let next = trading_days_after(&friday, 5);
        assert_eq!((next[0], next[4]), (day("2015-11-09"), day("2015-11-13")));
        let week: Vec<NaiveDate> = (1..=7).map(|d| day(&format!("2015-11-0{d}"))).collect();
        assert_eq!(trading_days_after(&week, 2), [day("2015-11-08"), day("2015-11-09")]);
        assert!(trading_days_after(&[], 5).is_empty());
    }
}
