//! Bars in memory: one series for each symbol and interval.

use std::collections::BTreeMap;

use domain::bar::interval_duration;

use crate::moment::Micros;

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
    pub(crate) fn get(&self, symbol: &str, interval: &str) -> Option<&Series> {
        self.0.get(symbol)?.get(interval)
    }

    /// How many bars there are.
    pub(crate) fn len(&self) -> usize {
        self.0.values().flat_map(BTreeMap::values).map(|series| series.bars.len()).sum()
    }
}

/// How long an interval such as `1d` lasts.
pub(crate) fn interval_length(interval: &str) -> Option<Micros> {
    interval_duration(interval)?.num_microseconds()
}
