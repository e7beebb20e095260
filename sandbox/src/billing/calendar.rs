//! Periods and shares of a period.

use chrono::{DateTime, Datelike, Months, NaiveDate};

use super::row::{Interval, Period};

const DAY: i64 = 86_400;

/// The `count`-th boundary after `anchor`. With months and years it is the same day of the month at the same time, or the month's
/// last day where it is shorter; counted from the anchor, so that a subscription of the 31st comes back to the 31st.
pub fn boundary(anchor: i64, period: Period, count: u32) -> i64 {
    let units = period.count.max(1).saturating_mul(count);
    let months = match period.interval {
        Interval::Day => return anchor + i64::from(units) * DAY,
        Interval::Week => return anchor + i64::from(units) * 7 * DAY,
        Interval::Month => units,
        Interval::Year => units.saturating_mul(12),
    };
    let start = DateTime::from_timestamp(anchor, 0);
    let end = start.and_then(|start| start.checked_add_months(Months::new(months)));
    end.map_or(anchor, |end| end.timestamp())
}

/// The boundaries round `at`: begin and end of the period that it lies in.
pub fn around(anchor: i64, period: Period, at: i64) -> (i64, i64) {
    let length = i64::from(period.count.max(1));
    let passed = match period.interval {
        Interval::Day => (at - anchor).div_euclid(DAY),
        Interval::Week => (at - anchor).div_euclid(7 * DAY),
        Interval::Month => months_between(anchor, at),
        Interval::Year => months_between(anchor, at) / 12,
    };
    let mut count = u32::try_from(passed / length).unwrap_or(0);
    while boundary(anchor, period, count + 1) <= at && boundary(anchor, period, count + 1) > anchor {
        count += 1;
    }
    while count > 0 && boundary(anchor, period, count) > at {
        count -= 1;
    }
    (boundary(anchor, period, count), boundary(anchor, period, count + 1))
}

fn months_between(from: i64, to: i64) -> i64 {
    let date = |at| DateTime::from_timestamp(at, 0).map(|at| at.date_naive());
    let (Some(from), Some(to)) = (date(from), date(to)) else { return 0 };
    let number = |on: NaiveDate| i64::from(on.year()) * 12 + i64::from(on.month0());
    number(to) - number(from)
}

/// So many days of 24 hours later.
pub fn days_after(at: i64, days: i64) -> i64 {
    at.saturating_add(days.saturating_mul(DAY))
}

/// The part of an amount for what is left of a period at `at`, to the nearest minor unit, halves away from zero.
pub fn rest(amount: i64, start: i64, end: i64, at: i64) -> i64 {
    let (whole, left) = (i128::from(end - start), i128::from((end - at).clamp(0, (end - start).max(0))));
    if whole <= 0 {
        return 0;
    }
    let doubled = i128::from(amount) * left * 2;
    let rounded = (doubled.abs() + whole) / (whole * 2);
    i64::try_from(if doubled < 0 { -rounded } else { rounded }).unwrap_or(amount)
}

/// A share of an amount in percent, to the nearest minor unit, halves away from zero.
pub fn share(amount: i64, percent: f64) -> i64 {
    // Shares have at most two decimals: whole hundredths of a percent keep the sum exact.
    let hundredths = (percent * 100.0).round() as i128;
    let doubled = i128::from(amount) * hundredths * 2;
    let rounded = (doubled.abs() + 10_000) / 20_000;
    i64::try_from(if doubled < 0 { -rounded } else { rounded }).unwrap_or(amount)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    const MONTH: Period = Period { interval: Interval::Month, count: 1 };
    const YEAR: Period = Period { interval: Interval::Year, count: 1 };

    fn at(text: &str) -> i64 {
        text.parse::<DateTime<chrono::Utc>>().unwrap().timestamp()
    }

    #[test]
    fn a_subscription_of_the_31st_comes_back_to_the_31st() {
        let anchor = at("2026-01-31T10:00:00Z");
        let ends: Vec<i64> = (1..4).map(|n| boundary(anchor, MONTH, n)).collect();
        let expected = ["2026-02-28T10:00:00Z", "2026-03-31T10:00:00Z", "2026-04-30T10:00:00Z"];
        assert_eq!(ends, expected.map(at));
        assert_eq!(boundary(at("2024-02-29T00:00:00Z"), YEAR, 1), at("2025-02-28T00:00:00Z"));
    }

    #[test]
    fn a_period_holds_its_begin_and_not_its_end() {
        let anchor = at("2026-01-31T10:00:00Z");
        let second = (at("2026-02-28T10:00:00Z"), at("2026-03-31T10:00:00Z"));
        assert_eq!(around(anchor, MONTH, second.0), second);
        assert_eq!(around(anchor, MONTH, second.1 - 1), second);
        assert_eq!(around(anchor, MONTH, anchor).0, anchor);
        assert_eq!(around(anchor, YEAR, second.1).0, anchor);
    }

    #[test]
    fn periods_follow_each_other_for_all_units() {
        for interval in [Interval::Day, Interval::Week, Interval::Month, Interval::Year] {
            for count in [1, 3] {
                let (period, anchor) = (Period { interval, count }, at("2024-02-29T23:59:59Z"));
                for n in 0..40 {
                    let (start, end) = around(anchor, period, boundary(anchor, period, n));
                    let expected = (boundary(anchor, period, n), boundary(anchor, period, n + 1));
                    assert_eq!((start, end), expected, "{interval:?} {count} {n}");
                }
            }
        }
    }

    #[test]
    fn what_is_left_is_rounded_to_the_nearest_cent() {
        assert_eq!(rest(900, 0, 30, 0), 900);
        assert_eq!(rest(900, 0, 30, 10), 600);
        assert_eq!(rest(-900, 0, 30, 10), -600);
        assert_eq!(rest(1, 0, 2, 1), 1);
        assert_eq!(rest(900, 0, 30, 31), 0);
        assert_eq!(rest(900, 5, 5, 5), 0);
    }

    #[test]
    fn shares_are_exact() {
        assert_eq!(share(900, 50.0), 450);
        assert_eq!(share(1900, 33.33), 633);
        assert_eq!(share(-1, 50.0), -1);
        assert_eq!(share(4900, 100.0), 4900);
    }
}
