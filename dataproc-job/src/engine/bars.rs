//! An asset's bars: one for each interval and time.

use std::collections::BTreeMap;
use std::sync::Arc;

use tables::arrow::array::{ArrayRef, Float64Array, StringArray, TimestampMicrosecondArray};
use tables::raw::ColumnWriter;

use super::frame::Frame;
use super::row::BarRow;
use crate::csv_rows;
use crate::output::Output;

/// Whose bars are taken where several sources have them, the first choice first: Alpaca's cover most and name both raw and
/// adjusted prices; Interactive Brokers' are an exchange's own; Alpha Vantage's are few; Yahoo's are nobody's promise.
pub(crate) const BAR_SOURCES: [&str; 4] = ["alpaca", "interactive_brokers", "alpha_vantage", "yahoo"];

/// New shares for one old in the splits that are usual; the inverse of each in reverse splits.
const SPLITS: [f64; 7] = [1.5, 2.0, 3.0, 4.0, 5.0, 10.0, 20.0];

/// How far the fall from a close to the next open may be from that of a split, as a logarithm: shares move overnight, too.
const OPEN_WITHIN: f64 = 0.05;

/// The same from close to close, with a day's trade in between.
const CLOSE_WITHIN: f64 = 0.1;

/// Bars before and after a jump that may show that it was a bad price.
const LOOK: usize = 3;

/// One bar.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Chosen {
    /// Number of its source.
    pub(crate) source: u16,
    /// When it opens, in microseconds.
    pub(crate) at: i64,
    /// Open, high, low, close.
    pub(crate) prices: [f64; 4],
    /// Adjusted close.
    pub(crate) adj_close: Option<f64>,
    /// Volume.
    pub(crate) volume: Option<f64>,
}

/// An asset's bars by (interval, time): of several sources' that of the first in [`BAR_SOURCES`], else that of the first
/// in the order of names. A daily bar's time is its date, since sources open the same day at different hours.
#[derive(Default)]
pub(crate) struct Bars {
    chosen: BTreeMap<(String, i64), Chosen>,
}

impl Bars {
    /// Takes the bar of the time `at`; rows of equal source, interval and time are one already.
    pub(crate) fn take(&mut self, frame: &Frame, at: i64, row: &BarRow<'_>) {
        let rank = |source: u16| {
            let name = &frame.sources[usize::from(source)].name;
            let known = BAR_SOURCES.iter().position(|known| known == name);
            (known.unwrap_or(BAR_SOURCES.len()), source)
        };
        let BarRow { source, at: opens_at, prices, adj_close, volume, .. } = *row;
        let bar = Chosen { source, at: opens_at, prices, adj_close, volume };
        let key = (row.interval.to_owned(), at);
        if self.chosen.get(&key).is_none_or(|old| rank(source) < rank(old.source)) {
            self.chosen.insert(key, bar);
        }
    }

    /// How many there are.
    pub(crate) fn len(&self) -> u64 {
        self.chosen.len() as u64
    }

    /// Interval and bar, sorted.
    pub(crate) fn rows(&self) -> impl Iterator<Item = (&str, &Chosen)> {
        self.chosen.iter().map(|((interval, _), bar)| (interval.as_str(), bar))
    }

    /// For each bar in order: new shares for one old, where it looks as if there was a split before it opened and adjusted
    /// prices do not tell, since some bar of its interval has none. The price must have jumped between two bars, from close
    /// to open and from close to close, by about one of [`SPLITS`] or its inverse, and neither come back within [`LOOK`] bars
    /// nor be the way back from a bad price.
    pub(crate) fn split_ratios(&self) -> Vec<Option<f64>> {
        let bars: Vec<(&str, &Chosen)> = self.rows().collect();
        let mut ratios = Vec::with_capacity(bars.len());
        for series in bars.chunk_by(|(a, _), (b, _)| a == b) {
            let adjusted = series.iter().all(|(_, bar)| bar.adj_close.is_some());
            ratios.extend((0..series.len()).map(|n| split_ratio(series, n).filter(|_| !adjusted)));
        }
        ratios
    }

    /// Parquet and CSV.
    ///
    /// # Errors
    /// This machine's disk fails.
    pub(crate) fn write(
        &self,
        frame: &Frame,
        asset: u32,
        output: impl Fn() -> Output,
    ) -> anyhow::Result<(Output, Output)> {
        let ratios = self.split_ratios();
        let price = |n: usize| -> ArrayRef {
            Arc::new(Float64Array::from_iter_values(self.rows().map(|(_, bar)| bar.prices[n])))
        };
        let sources = self.rows().map(|(_, bar)| frame.sources[usize::from(bar.source)].name.as_str());
        let opens_at = TimestampMicrosecondArray::from_iter_values(self.rows().map(|(_, bar)| bar.at));
        let columns: Vec<ArrayRef> = vec![
            Arc::new(StringArray::from_iter_values(sources)),
            Arc::new(StringArray::from_iter_values(self.rows().map(|(interval, _)| interval))),
            Arc::new(opens_at.with_timezone("UTC")),
            price(0),
            price(1),
            price(2),
            price(3),
            Arc::new(Float64Array::from_iter(self.rows().map(|(_, bar)| bar.adj_close))),
            Arc::new(Float64Array::from_iter(self.rows().map(|(_, bar)| bar.volume))),
            Arc::new(Float64Array::from_iter(ratios.iter().copied())),
        ];
        let mut parquet = ColumnWriter::new(output(), frame.forms.bars(self.len()))?;
        parquet.write(columns)?;
        let mut csv = output();
        csv.add(csv_rows::BARS.as_bytes())?;
        let mut lines = Vec::new();
        for ((interval, bar), ratio) in self.rows().zip(&ratios) {
            csv_rows::bar(&mut lines, frame, asset, interval, bar, *ratio);
        }
        csv.add(&lines)?;
        Ok((parquet.finish()?, csv))
    }
}

/// What bar number `n` of one interval's bars shows of a split.
fn split_ratio(series: &[(&str, &Chosen)], n: usize) -> Option<f64> {
    let (before, bar) = (series.get(n.checked_sub(1)?)?.1, series[n].1);
    let close = |bar: &Chosen| Some(bar.prices[3]).filter(|price| *price > 0.0).map(f64::ln);
    let (old, new) = (close(before)?, close(bar)?);
    let open = Some(bar.prices[0]).filter(|price| *price > 0.0)?.ln();
    let ratios = SPLITS.iter().flat_map(|ratio| [*ratio, 1.0 / *ratio]);
    let is_near = |ratio: &f64| {
        let fall = ratio.ln();
        (old - open - fall).abs() <= OPEN_WITHIN && (old - new - fall).abs() <= CLOSE_WITHIN
    };
    let ratio = ratios.into_iter().find(is_near)?;
    let nearer = |bar: &(&str, &Chosen), to: f64, than: f64| {
        close(bar.1).is_some_and(|price| (price - to).abs() < (price - than).abs())
    };
    let mut later = series[n + 1..].iter().take(LOOK);
    let mut earlier = series[..n - 1].iter().rev().take(LOOK);
    let came_back = later.any(|bar| nearer(bar, old, new)) || earlier.any(|bar| nearer(bar, new, old));
    (!came_back).then_some(ratio)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    /// The ratios of days with these closes, each day opening where the day before closed or at the `open` named.
    fn ratios(days: &[(f64, f64)], adj_close: Option<f64>) -> Vec<Option<f64>> {
        let mut bars = Bars::default();
        for (at, (open, close)) in (0i64..).zip(days) {
            let prices = [*open, open.max(*close), open.min(*close), *close];
            let bar = Chosen { source: 0, at, prices, adj_close, volume: None };
            bars.chosen.insert(("1d".to_owned(), at), bar);
        }
        bars.split_ratios()
    }

    #[test]
    fn jumps_as_by_a_split_are_marked() {
        for (from, to, wanted) in [
            (400.0, 101.0, Some(4.0)),
            (100.0, 51.0, Some(2.0)),
            (300.0, 198.0, Some(1.5)),
            (2.0, 20.5, Some(0.1)),
            (1.0, 19.7, Some(1.0 / 20.0)),
            (100.0, 34.0, Some(3.0)),
            (100.0, 20.2, Some(5.0)),
            (100.0, 10.1, Some(10.0)),
            (100.0, 80.0, None),
            (100.0, 14.0, None),
        ] {
            let days = [(from, from), (from, from), (to, to * 1.03), (to, to)];
            assert_eq!(ratios(&days, None), [None, None, wanted, None], "{from} to {to}");
            assert_eq!(ratios(&days, Some(1.0)), [None; 4], "adjusted prices tell it");
        }
    }

    #[test]
    fn falls_within_a_day_and_bad_prices_are_not() {
        // Half the price went in trade, not between two days.
        assert_eq!(ratios(&[(100.0, 100.0), (98.0, 50.0), (50.0, 50.0)], None), [None; 3]);
        // One price was wrong.
        assert_eq!(ratios(&[(100.0, 100.0), (50.0, 50.0), (100.0, 100.0), (99.0, 99.0)], None), [None; 4]);
        assert_eq!(ratios(&[(9.0, 9.0), (90.0, 90.0), (91.0, 91.0), (9.1, 9.1)], None), [None; 4]);
        // The last bar has nothing after it that speaks against it; prices that are none say nothing.
        assert_eq!(ratios(&[(100.0, 100.0), (50.0, 50.0)], None), [None, Some(2.0)]);
        assert_eq!(ratios(&[(0.0, 0.0), (50.0, 50.0), (-25.0, -25.0)], None), [None; 3]);
    }
}
