//! Bars in memory: one series for each symbol and interval; wider bars are added up from finer ones.

use std::borrow::Cow;
use std::collections::BTreeMap;

use chrono::{Datelike, Months, NaiveDate};
use domain::bar::interval_duration;

use crate::moment::{DAY, Micros, utc};

/// One bar; prices in the quote currency.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Bar {
    /// When its interval opens.
    pub at: Micros,
    /// First price.
    pub open: f64,
    /// Highest price.
    pub high: f64,
    /// Lowest price.
    pub low: f64,
    /// Last price.
    pub close: f64,
    /// Adjusted last price, where the world has one.
    pub adj_close: Option<f64>,
    /// Volume, where the world has one.
    pub volume: Option<f64>,
}

impl Bar {
    /// What stands for the volume-weighted average price, which a world does not have: the mean of its four prices.
    pub(crate) fn average(&self) -> f64 {
        ((self.open + self.high + self.low + self.close) / 4.0 * 1e6).round() / 1e6
    }

    /// What stands for the number of trades, which a world does not have: one for every hundred units of volume begun.
    pub(crate) fn trades(&self) -> Option<u64> {
        self.volume.map(|volume| (volume.max(0.0) / 100.0).ceil() as u64)
    }

    /// The same with every price times `factor`.
    pub(crate) fn scaled(&self, factor: f64) -> Self {
        Self {
            open: self.open * factor,
            high: self.high * factor,
            low: self.low * factor,
            close: self.close * factor,
            ..*self
        }
    }

    /// The same at adjusted prices, where the world has an adjusted close.
    pub(crate) fn adjusted(&self) -> Self {
        match self.adj_close {
            Some(adjusted) if self.close != 0.0 => {
                Self { close: adjusted, ..self.scaled(adjusted / self.close) }
            }
            _ => *self,
        }
    }
}

/// What became of a share between two closes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Events {
    /// What was paid for a share; 0 for nothing.
    pub dividend: f64,
    /// How many shares one became; 1 for none.
    pub split: f64,
}

impl Default for Events {
    fn default() -> Self {
        Self { dividend: 0.0, split: 1.0 }
    }
}

impl Bar {
    /// What happened since the bar before, told from the adjusted closes: their ratio to the closes rises by what was paid, or by
    /// leaps where shares were split.
    pub(crate) fn since(&self, before: &Self) -> Events {
        let ratio = |bar: &Self| bar.adj_close.map(|adjusted| adjusted / bar.close);
        let (Some(then), Some(now)) = (ratio(before), ratio(self)) else { return Events::default() };
        let rise = now / then;
        if !rise.is_finite() || rise < 1.000_1 {
            Events::default()
        } else if rise < 1.25 {
            // Rounded as payments are.
            Events { dividend: (before.close * (1.0 - 1.0 / rise) * 1e4).round() / 1e4, split: 1.0 }
        } else {
            Events { dividend: 0.0, split: (rise * 2.0).round() / 2.0 }
        }
    }
}

/// Bars of one symbol and interval, sorted by time.
#[derive(Debug, Default, Clone)]
pub(crate) struct Series {
    /// How long an interval lasts.
    pub length: Micros,
    /// The bars.
    pub bars: Vec<Bar>,
}

impl Series {
    /// The bars that open in `[start, end]` and whose interval has passed at `now`.
    pub(crate) fn between(&self, start: Micros, end: Micros, now: Micros) -> &[Bar] {
        let first = self.bars.partition_point(|bar| bar.at < start);
        let last =
            self.bars.partition_point(|bar| bar.at <= end && bar.at.saturating_add(self.length) <= now);
        &self.bars[first.min(last)..last]
    }
}

/// All series, by symbol, then interval.
#[derive(Debug, Default)]
pub(crate) struct Bars(pub(crate) BTreeMap<String, BTreeMap<String, Series>>);

impl Bars {
    /// The series of a symbol and an interval such as `1d`.
    #[cfg(test)]
    pub(crate) fn get(&self, symbol: &str, interval: &str) -> Option<&Series> {
        self.0.get(symbol)?.get(interval)
    }

    /// The bars of `span` that open in `[start, end]` and have passed at `now`: the world's own, or where it lacks them, added up
    /// from the widest finer ones that fit.
    pub(crate) fn spanning(
        &self,
        symbol: &str,
        span: Span,
        (start, end): (Micros, Micros),
        now: Micros,
    ) -> Cow<'_, [Bar]> {
        let Some(intervals) = self.0.get(symbol) else { return Cow::Borrowed(&[]) };
        if let Some(own) = intervals.values().find(|series| span == Span::Fixed(series.length)) {
            return Cow::Borrowed(own.between(start, end, now));
        }
        let finer = intervals.values().filter(|series| span.holds(series.length)).max_by_key(|s| s.length);
        let Some(finer) = finer else { return Cow::Borrowed(&[]) };
        let mut bars: Vec<Bar> = Vec::new();
        // Before its opening a wider bar may have begun which opens earlier than `start`; it is no part of the answer.
        let last = span.closes(span.opens(end)).saturating_sub(1);
        for part in finer.between(start, last, now) {
            let opens = span.opens(part.at);
            if opens < start || span.closes(opens) > now {
                continue;
            }
            match bars.last_mut().filter(|bar| bar.at == opens) {
                Some(bar) => {
                    bar.high = bar.high.max(part.high);
                    bar.low = bar.low.min(part.low);
                    bar.close = part.close;
                    bar.adj_close = part.adj_close;
                    bar.volume = match (bar.volume, part.volume) {
                        (Some(a), Some(b)) => Some(a + b),
                        (a, b) => a.or(b),
                    };
                }
                None => bars.push(Bar { at: opens, ..*part }),
            }
        }
        Cow::Owned(bars)
    }

    /// The world's own intervals of a symbol.
    pub(crate) fn intervals(&self, symbol: &str) -> impl Iterator<Item = (&str, &Series)> {
        self.0.get(symbol).into_iter().flatten().map(|(name, series)| (name.as_str(), series))
    }

    /// How many bars there are.
    pub(crate) fn len(&self) -> usize {
        self.0.values().flat_map(BTreeMap::values).map(|series| series.bars.len()).sum()
    }
}

/// How long a bar lasts, and from where it is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Span {
    /// A fixed length, counted from 1970 in UTC: days open at midnight UTC.
    Fixed(Micros),
    /// Weeks from Monday to Sunday.
    Week,
    /// So many months, counted from January; divides 12.
    Months(u32),
}

impl Span {
    /// When the bar opens that holds `at`.
    pub(crate) fn opens(self, at: Micros) -> Micros {
        match self {
            Self::Fixed(length) => at.div_euclid(length.max(1)) * length.max(1),
            Self::Week => {
                // 1970-01-05 was a Monday.
                (at - 4 * DAY).div_euclid(7 * DAY) * 7 * DAY + 4 * DAY
            }
            Self::Months(count) => {
                let day = utc(at);
                let month = day.month0() / count.max(1) * count.max(1) + 1;
                let first = NaiveDate::from_ymd_opt(day.year(), month, 1).unwrap_or_default();
                first.and_time(chrono::NaiveTime::MIN).and_utc().timestamp_micros()
            }
        }
    }

    /// When the bar closes that opens at `opens`.
    pub(crate) fn closes(self, opens: Micros) -> Micros {
        match self {
            Self::Fixed(length) => opens.saturating_add(length),
            Self::Week => opens.saturating_add(7 * DAY),
            Self::Months(count) => utc(opens)
                .checked_add_months(Months::new(count))
                .map_or(Micros::MAX, |at| at.timestamp_micros()),
        }
    }

    /// Whether the bar's edge is a day's edge, so that it is known by its date.
    pub(crate) fn is_daily(self) -> bool {
        !matches!(self, Self::Fixed(length) if length < DAY)
    }

    /// Whether bars of that length add up to this one.
    fn holds(self, part: Micros) -> bool {
        match self {
            Self::Fixed(length) => part < length && part > 0 && length % part == 0,
            Self::Week | Self::Months(_) => part <= DAY && part > 0 && DAY % part == 0,
        }
    }
}

/// How long an interval such as `1d` lasts.
pub(crate) fn interval_length(interval: &str) -> Option<Micros> {
    interval_duration(interval)?.num_microseconds()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::moment::{HOUR, parse};

    fn hourly(hours: i64) -> Bars {
        let first = parse("2026-03-02T00:00:00Z").unwrap();
        let bars = (0..hours).map(|n| Bar {
            at: first + n * HOUR,
            open: n as f64,
            high: n as f64 + 2.0,
            low: n as f64 - 1.0,
            close: n as f64 + 1.0,
            adj_close: None,
            volume: Some(10.0),
        });
        let series = Series { length: HOUR, bars: bars.collect() };
        Bars(BTreeMap::from([("A".to_owned(), BTreeMap::from([("1h".to_owned(), series)]))]))
    }

    #[test]
    fn wider_bars_are_added_up_once_they_have_passed() {
        let bars = hourly(60);
        let start = parse("2026-03-02T00:00:00Z").unwrap();
        let found = bars.spanning("A", Span::Fixed(DAY), (start, start + 9 * DAY), start + 50 * HOUR);
        let shown: Vec<_> = found.iter().map(|b| (b.open, b.high, b.low, b.close, b.volume)).collect();
        assert_eq!(shown, [(0.0, 25.0, -1.0, 24.0, Some(240.0)), (24.0, 49.0, 23.0, 48.0, Some(240.0))]);
        let late =
            bars.spanning("A", Span::Fixed(4 * HOUR), (start + 1, start + 8 * HOUR), start + 50 * HOUR);
        assert_eq!(late.iter().map(|b| b.open).collect::<Vec<_>>(), [4.0, 8.0]);
        assert!(bars.spanning("A", Span::Fixed(HOUR / 2), (start, start + DAY), start + DAY).is_empty());
        assert!(bars.spanning("A", Span::Week, (start, start + DAY), start + 3 * DAY).is_empty());
        assert_eq!(bars.spanning("A", Span::Week, (start, start + DAY), start + 7 * DAY).len(), 1);
    }

    #[test]
    fn payments_and_splits_are_told_from_adjusted_closes() {
        let bar = |close: f64, adjusted: f64| Bar {
            at: 0,
            open: close,
            high: close,
            low: close,
            close,
            adj_close: Some(adjusted),
            volume: None,
        };
        assert_eq!(bar(101.0, 50.5).since(&bar(100.0, 50.0)), Events::default());
        assert_eq!(bar(99.0, 99.0).since(&bar(100.0, 98.0)), Events { dividend: 2.0, split: 1.0 });
        assert_eq!(bar(26.0, 26.0).since(&bar(100.0, 25.0)), Events { dividend: 0.0, split: 4.0 });
        let unknown = Bar { adj_close: None, ..bar(1.0, 1.0) };
        assert_eq!(unknown.since(&bar(100.0, 25.0)), Events::default());
    }

    #[test]
    fn weeks_open_on_mondays_and_months_on_their_first() {
        let at = parse("2026-03-05T10:00:00Z").unwrap();
        for (span, opens, closes) in [
            (Span::Week, "2026-03-02T00:00:00Z", "2026-03-09T00:00:00Z"),
            (Span::Months(1), "2026-03-01T00:00:00Z", "2026-04-01T00:00:00Z"),
            (Span::Months(3), "2026-01-01T00:00:00Z", "2026-04-01T00:00:00Z"),
            (Span::Fixed(4 * HOUR), "2026-03-05T08:00:00Z", "2026-03-05T12:00:00Z"),
        ] {
            assert_eq!(span.opens(at), parse(opens).unwrap());
            assert_eq!(span.closes(span.opens(at)), parse(closes).unwrap());
        }
    }
}
