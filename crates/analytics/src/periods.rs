//! Bars put together: by week, by month, and as tables of returns by month and year or by weekday and month.
//!
//! Bars come oldest first, one a day, and every figure is over them alone.

use std::collections::BTreeMap;

use chrono::{Datelike, Days, NaiveDate, Weekday};

/// One bar of a day or of a longer time.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Bar {
    /// The trading day; of a longer time its first day in the calendar, traded or not.
    pub on: NaiveDate,
    /// First price.
    pub open: f64,
    /// Highest price.
    pub high: f64,
    /// Lowest price.
    pub low: f64,
    /// Last price.
    pub close: f64,
    /// Traded amount; `None` where no bar in it states one.
    pub volume: Option<f64>,
}

/// How long a bar lasts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Length {
    /// A trading day.
    Day,
    /// Monday to Sunday.
    Week,
    /// A month of the calendar.
    Month,
}

impl Length {
    /// The first day, in the calendar, of the time that `on` lies in.
    pub fn first_day(self, on: NaiveDate) -> NaiveDate {
        match self {
            Self::Day => on,
            Self::Week => {
                on.checked_sub_days(Days::new(u64::from(on.weekday().num_days_from_monday()))).unwrap_or(on)
            }
            Self::Month => on.with_day(1).unwrap_or(on),
        }
    }
}

/// Daily bars put together to longer ones: the first open, the highest high, the lowest low, the last close, all volume.
pub fn group(bars: &[Bar], length: Length) -> Vec<Bar> {
    let mut groups: Vec<Bar> = Vec::new();
    for bar in bars {
        let on = length.first_day(bar.on);
        match groups.last_mut().filter(|last| last.on == on) {
            Some(last) => {
                last.high = last.high.max(bar.high);
                last.low = last.low.min(bar.low);
                last.close = bar.close;
                last.volume = match (last.volume, bar.volume) {
                    (Some(a), Some(b)) => Some(a + b),
                    (a, b) => a.or(b),
                };
            }
            None => groups.push(Bar { on, ..*bar }),
        }
    }
    groups
}

/// The change from the close before to each close, as a share; `None` for the first one, and after a close of 0.
pub fn changes(bars: &[Bar]) -> Vec<Option<f64>> {
    let mut before: Option<f64> = None;
    let change = |bar: &Bar| {
        let change = before.filter(|close| *close != 0.0).map(|close| bar.close / close - 1.0);
        before = Some(bar.close);
        change
    };
    bars.iter().map(change).collect()
}

/// The return of each month (by year and month) from the last close of the month before; a month without one before it
/// is left out.
pub fn returns_by_month(bars: &[Bar]) -> BTreeMap<(i32, u32), f64> {
    let months = group(bars, Length::Month);
    let returns = changes(&months).into_iter().zip(&months);
    returns.filter_map(|(change, month)| Some(((month.on.year(), month.on.month()), change?))).collect()
}

/// A mean and over how many values it was taken.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Mean {
    /// The mean.
    pub value: f64,
    /// How many values.
    pub count: usize,
}

/// The mean daily return by weekday (0 is Monday) and month (1 to 12), over all years.
pub fn returns_by_weekday(bars: &[Bar]) -> BTreeMap<(u32, u32), Mean> {
    let mut sums: BTreeMap<(u32, u32), (f64, usize)> = BTreeMap::new();
    for (change, bar) in changes(bars).into_iter().zip(bars) {
        let Some(change) = change else { continue };
        let key = (bar.on.weekday().days_since(Weekday::Mon), bar.on.month());
        let (sum, count) = sums.entry(key).or_default();
        *sum += change;
        *count += 1;
    }
    sums.into_iter().map(|(key, (sum, count))| (key, Mean { value: sum / count as f64, count })).collect()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn bar(on: &str, close: f64) -> Bar {
        let on = on.parse().unwrap();
        Bar { on, open: close - 1.0, high: close + 2.0, low: close - 3.0, close, volume: Some(10.0) }
    }

    /// 2026-02-27 is a Friday, 2026-03-02 a Monday.
    fn bars() -> [Bar; 4] {
        [
            bar("2026-02-26", 100.0),
            bar("2026-02-27", 110.0),
            bar("2026-03-02", 99.0),
            bar("2026-03-03", 121.0),
        ]
    }

    #[test]
    fn weeks_and_months_keep_first_open_last_close_and_the_extremes() {
        let weeks = group(&bars(), Length::Week);
        let starts: Vec<String> = weeks.iter().map(|w| w.on.to_string()).collect();
        assert_eq!(starts, ["2026-02-23", "2026-03-02"]);
        let first = weeks[0];
        assert_eq!(
            (first.open, first.high, first.low, first.close, first.volume),
            (99.0, 112.0, 97.0, 110.0, Some(20.0))
        );
        assert_eq!(group(&bars(), Length::Month)[1].on.to_string(), "2026-03-01");
        assert_eq!(group(&bars(), Length::Day), bars());
        assert!(group(&[], Length::Week).is_empty());
        let mut silent = bars();
        silent[0].volume = None;
        assert_eq!(group(&silent, Length::Week)[0].volume, Some(10.0));
    }

    #[test]
    fn changes_are_from_close_to_close() {
        let changes = changes(&bars());
        assert_eq!(changes[0], None);
        assert!((changes[1].unwrap() - 0.1).abs() < 1e-12 && (changes[2].unwrap() + 0.1).abs() < 1e-12);
    }

    #[test]
    fn tables_of_returns_by_hand() {
        let months = returns_by_month(&bars());
        assert_eq!(months.len(), 1, "February has no close before it");
        assert!((months[&(2026, 3)] - 0.1).abs() < 1e-12, "from 110 to 121");
        let days = returns_by_weekday(&bars());
        assert_eq!(days[&(4, 2)].count, 1);
        assert!((days[&(4, 2)].value - 0.1).abs() < 1e-12);
        // Monday from 110 to 99, Tuesday from 99 to 121.
        assert!((days[&(0, 3)].value + 0.1).abs() < 1e-12);
        assert!((days[&(1, 3)].value - (121.0 / 99.0 - 1.0)).abs() < 1e-12);
    }
}
