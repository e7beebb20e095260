//! The bars of one asset that a reader may see, as columns for `analytics`.

use analytics::adjust::comparable;
use analytics::periods::Bar;
use chrono::{DateTime, NaiveDate, Utc};

use crate::access::Access;
use crate::market::store::BarRow;

/// Which prices.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Prices {
    /// As if splits and dividends had been there from the start: a change is what an owner got.
    Adjusted,
    /// As they were traded.
    Traded,
}

/// Bars of one asset, oldest first; the columns have one length.
#[derive(Debug, Clone, Default)]
pub struct Series {
    /// Trading days.
    pub days: Vec<NaiveDate>,
    /// First prices.
    pub open: Vec<f64>,
    /// Highest prices.
    pub high: Vec<f64>,
    /// Lowest prices.
    pub low: Vec<f64>,
    /// Last prices.
    pub close: Vec<f64>,
    /// Traded amounts.
    pub volume: Vec<Option<f64>>,
}

impl Series {
    /// The columns of these bars.
    pub fn of(bars: &[BarRow], prices: Prices) -> Self {
        let traded: Vec<f64> = bars.iter().map(|bar| bar.close).collect();
        let close = match prices {
            Prices::Traded => traded,
            Prices::Adjusted => {
                // What a source of bars guessed about splits is not published; adjusted closes hold it where they are known.
                comparable(&traded, &bars.iter().map(|bar| bar.adj_close).collect::<Vec<_>>(), &[])
            }
        };
        // The other prices of a day are adjusted as its close is.
        let scaled = |value: fn(&BarRow) -> f64| {
            let all = bars.iter().zip(&close);
            all.map(|(bar, close)| {
                if *close == bar.close || bar.close == 0.0 {
                    value(bar)
                } else {
                    value(bar) * (close / bar.close)
                }
            })
            .collect::<Vec<f64>>()
        };
        Self {
            days: bars.iter().map(|bar| bar.traded_on).collect(),
            open: scaled(|bar| bar.open),
            high: scaled(|bar| bar.high),
            low: scaled(|bar| bar.low),
            volume: bars.iter().map(|bar| bar.volume).collect(),
            close,
        }
    }

    /// How many bars.
    pub fn len(&self) -> usize {
        self.days.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.days.is_empty()
    }

    /// Only the first `count` bars.
    pub fn truncate(&mut self, count: usize) {
        self.days.truncate(count);
        self.volume.truncate(count);
        for column in [&mut self.open, &mut self.high, &mut self.low, &mut self.close] {
            column.truncate(count);
        }
    }

    /// The bars one by one.
    pub fn bars(&self) -> Vec<Bar> {
        let prices = self.open.iter().zip(&self.high).zip(&self.low).zip(&self.close);
        let rows = self.days.iter().zip(&self.volume).zip(prices);
        rows.map(|((on, volume), (((open, high), low), close))| Bar {
            on: *on,
            open: *open,
            high: *high,
            low: *low,
            close: *close,
            volume: *volume,
        })
        .collect()
    }
}

/// The bars that a reader with this access may see; `newest_at` is the newest slot's close.
pub fn visible(bars: &[BarRow], access: Access, newest_at: DateTime<Utc>) -> &[BarRow] {
    let from = match access {
        Access::Full => 0,
        Access::Since(since) => bars.partition_point(|bar| bar.traded_on < since.min(newest_at).date_naive()),
        Access::Latest => bars.len().saturating_sub(1),
        Access::Locked { .. } => bars.len(),
    };
    bars.get(from..).unwrap_or_default()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn bar(day: u32, close: f64, adj_close: Option<f64>) -> BarRow {
        let traded_on = NaiveDate::from_ymd_opt(2026, 11, day).unwrap();
        let (open, high, low) = (close - 1.0, close + 1.0, close - 2.0);
        BarRow { symbol: "S".into(), traded_on, open, high, low, close, adj_close, volume: None }
    }

    #[test]
    fn all_prices_of_a_day_are_adjusted_alike() {
        let bars = [bar(2, 100.0, Some(50.0)), bar(3, 52.0, Some(52.0))];
        let series = Series::of(&bars, Prices::Adjusted);
        assert_eq!(
            (series.close[0], series.open[0], series.high[0], series.low[0]),
            (50.0, 49.5, 50.5, 49.0)
        );
        assert_eq!((series.close[1], series.open[1]), (52.0, 51.0));
        assert_eq!(Series::of(&bars, Prices::Traded).close, [100.0, 52.0]);
        assert_eq!(series.bars()[1].high, 53.0);
        assert!(Series::of(&[], Prices::Adjusted).is_empty());
    }

    #[test]
    fn access_takes_bars_out() {
        let bars = [bar(2, 1.0, None), bar(3, 2.0, None), bar(4, 3.0, None)];
        let at = |text: &str| text.parse::<DateTime<Utc>>().unwrap();
        let newest_at = at("2026-11-05T06:00:00Z");
        let seen = |access| visible(&bars, access, newest_at).len();
        assert_eq!(seen(Access::Full), 3);
        assert_eq!(seen(Access::Since(at("2026-11-03T06:00:00Z"))), 2);
        assert_eq!(seen(Access::Latest), 1);
        assert_eq!(seen(Access::Locked { unlocked_by: None }), 0);
        assert!(visible(&[], Access::Latest, newest_at).is_empty());
    }
}
