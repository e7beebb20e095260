//! Rows of bars.

use chrono::{DateTime, NaiveTime};
use domain::Bar;
use tables::arrow::array::Array as _;

use super::input::Input;
use super::{LATER, LONGEST_ID, Mapper, Sink, remembered};
use crate::engine::columns::{Bars, number};
use crate::engine::row::{BarRow, Place, Row, RowKind};

const NO_ASSET: &str = "of no asset of the list";

impl Mapper<'_> {
    pub(super) fn bars(&mut self, bars: &Bars<'_>, input: &mut Input<'_, impl Sink>) -> anyhow::Result<()> {
        let as_of = self.frame.as_of.timestamp_micros();
        for row in 0..bars.symbol.len() {
            let at = bars.opens_at.value(row);
            let bar = BarRow {
                source: input.origin.source,
                interval: bars.interval.value(row),
                at,
                collected_at: bars.collected_at.value(row),
                prices: bars.prices.map(|column| column.value(row)),
                adj_close: number(bars.adj_close, row),
                volume: number(bars.volume, row),
            };
            let symbol = bars.symbol.value(row);
            let about = || (None, said_of(symbol, &bar));
            let later = (at > as_of).then_some(LATER);
            let reason = || later.or_else(|| defect(&bar)).or_else(|| bad_interval(bar.interval));
            if input.unreadable(row, &bars.required, about) || input.refused(row, reason(), about) {
                continue;
            }
            let (frame, resolver) = (self.frame, self.resolver.get());
            let Some(asset) = remembered(&mut self.spellings, symbol, |symbol| frame.bar(symbol, resolver))
            else {
                input.tally.leave_out(NO_ASSET);
                continue;
            };
            self.body.clear();
            bar.write(&mut self.body);
            let at = if bar.interval == "1d" { day_of(at) } else { at };
            let place = Place { asset, kind: RowKind::Bar, at, source: bar.source };
            input.row(Row { place, id: bar.interval, body: &self.body })?;
        }
        Ok(())
    }
}

fn bad_interval(interval: &str) -> Option<&'static str> {
    if interval.is_empty() {
        Some("its interval is empty")
    } else if interval.len() > LONGEST_ID {
        Some("its interval is longer than 1,024 bytes")
    } else {
        None
    }
}

/// What a bar says, for people.
fn said_of(symbol: &str, bar: &BarRow<'_>) -> String {
    let [open, high, low, close] = bar.prices;
    let at = DateTime::from_timestamp_micros(bar.at).map_or_else(String::new, |at| at.to_rfc3339());
    let volume = bar.volume.map_or_else(String::new, |volume| format!(" volume {volume}"));
    format!("{symbol} {} {at} open {open} high {high} low {low} close {close}{volume}", bar.interval)
}

fn defect(bar: &BarRow<'_>) -> Option<&'static str> {
    let [open, high, low, close] = bar.prices;
    let bar = Bar {
        symbol: String::new(),
        interval: String::new(),
        opens_at: DateTime::UNIX_EPOCH,
        open,
        high,
        low,
        close,
        adj_close: bar.adj_close,
        volume: bar.volume,
        collected_at: DateTime::UNIX_EPOCH,
    };
    bar.defect()
}

/// The start of the day of an instant in microseconds: sources open the same day at different hours.
fn day_of(at: i64) -> i64 {
    let day =
        DateTime::from_timestamp_micros(at).map(|at| at.date_naive().and_time(NaiveTime::MIN).and_utc());
    day.map_or(at, |day| day.timestamp_micros())
}
