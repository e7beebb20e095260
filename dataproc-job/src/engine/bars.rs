//! An asset's bars: one for each interval and time.

use std::collections::BTreeMap;
use std::sync::Arc;

use domain::mention::AssetBar;
use tables::arrow::array::{ArrayRef, Float64Array, StringArray, TimestampMicrosecondArray};
use tables::raw::{ColumnWriter, Layout};

use super::frame::Frame;
use super::row::BarRow;
use crate::csv_rows;
use crate::output::Output;

/// Whose bars are taken where several sources have them, the first choice first: Alpaca's cover most and name both raw and
/// adjusted prices; Interactive Brokers' are an exchange's own; Alpha Vantage's are few; Yahoo's are nobody's promise.
pub(crate) const BAR_SOURCES: [&str; 4] = ["alpaca", "interactive_brokers", "alpha_vantage", "yahoo"];

/// Sorted by interval, then time.
const LAYOUT: Layout = Layout {
    sorted_by: &["interval", "opens_at"],
    distinct: &["opens_at"],
    compressed: &["opens_at", "open", "high", "low", "close", "adj_close", "volume"],
};

/// Bars up to which a file is small: there a compressor takes longer to set up than it saves.
const SMALL: u64 = 64;

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
        ];
        let layout = if self.len() > SMALL { LAYOUT } else { Layout { compressed: &["close"], ..LAYOUT } };
        let mut parquet = ColumnWriter::new::<AssetBar>(output(), layout)?;
        parquet.write(columns, false)?;
        let mut csv = output();
        csv.add(csv_rows::BARS.as_bytes())?;
        let mut lines = Vec::new();
        for (interval, bar) in self.rows() {
            csv_rows::bar(&mut lines, frame, asset, interval, bar);
        }
        csv.add(&lines)?;
        Ok((parquet.finish()?, csv))
    }
}
