//! Reads bars from a CSV file in a world's format. A bad line is rejected with its number; the others go on.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::Read;
use std::path::Path;

use anyhow::{Context, bail};
use chrono::{DateTime, Utc};
use serde::Deserialize;

use crate::cli::BarsArgs;

/// One bar as the commands need it.
#[derive(Debug, Clone, PartialEq)]
pub struct BarLine {
    /// The time as the file states it.
    pub time: String,
    /// When the bar opens.
    pub opens_at: DateTime<Utc>,
    /// First price; the close where the file has none.
    pub open: f64,
    /// Highest price.
    pub high: f64,
    /// Lowest price.
    pub low: f64,
    /// Last price.
    pub close: f64,
    /// Last price adjusted for splits and dividends.
    pub adj_close: Option<f64>,
    /// Traded amount.
    pub volume: Option<f64>,
}

/// The bars of one symbol and interval, oldest first.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct BarFile {
    /// Accepted bars.
    pub bars: Vec<BarLine>,
    /// One message for each line that could not be accepted, naming it.
    pub rejected: Vec<String>,
}

#[derive(Deserialize)]
struct Row {
    #[serde(default)]
    symbol: String,
    #[serde(default)]
    interval: String,
    time: String,
    #[serde(default)]
    open: Option<f64>,
    high: f64,
    low: f64,
    close: f64,
    #[serde(default)]
    adj_close: Option<f64>,
    #[serde(default)]
    volume: Option<f64>,
}

/// Reads the file that the arguments name.
///
/// # Errors
/// The file cannot be read, holds several symbols or intervals and none was chosen, or no bar of the chosen ones.
pub fn load(args: &BarsArgs) -> anyhow::Result<BarFile> {
    let path = args.bars.display();
    let file = File::open(&args.bars).with_context(|| format!("cannot open {path}"))?;
    let packed = args.bars.extension().is_some_and(|e| e == "zst");
    let reader: Box<dyn Read> = if packed {
        Box::new(zstd::Decoder::new(file).with_context(|| format!("{path} is not a zstd file"))?)
    } else {
        Box::new(file)
    };
    read(reader, &args.bars, args.symbol.as_deref(), args.interval.as_deref())
}

/// Reads bars; `path` is named in messages.
///
/// # Errors
/// As [`load`].
pub fn read(
    reader: impl Read,
    path: &Path,
    symbol: Option<&str>,
    interval: Option<&str>,
) -> anyhow::Result<BarFile> {
    let path = path.display();
    let mut csv = csv::ReaderBuilder::new().trim(csv::Trim::All).from_reader(reader);
    let mut out = BarFile::default();
    let (mut symbols, mut intervals) = (BTreeSet::new(), BTreeSet::new());
    let headers = csv.headers().with_context(|| format!("cannot read {path}"))?.clone();
    for needed in ["time", "high", "low", "close"] {
        if !headers.iter().any(|h| h == needed) {
            bail!(
                "{path}, line 1: no column {needed:?}; wanted symbol,interval,time,open,high,low,close,adj_close,volume"
            );
        }
    }
    let mut record = csv::StringRecord::new();
    loop {
        let more = csv.read_record(&mut record);
        let line = record.position().map_or(0, csv::Position::line);
        match more {
            Ok(false) => break,
            Err(error) if error.is_io_error() => {
                return Err(error)
                    .with_context(|| format!("cannot read {path} after line {line}: is it whole?"));
            }
            Err(error) => {
                out.rejected.push(format!("{path}: {error}"));
                continue;
            }
            Ok(true) => {}
        }
        let row: Row = match record.deserialize(Some(&headers)) {
            Ok(row) => row,
            Err(error) => {
                out.rejected.push(format!("{path}, line {line}: {error}"));
                continue;
            }
        };
        if symbol.is_some_and(|s| s != row.symbol) || interval.is_some_and(|i| i != row.interval) {
            continue;
        }
        let (row_symbol, row_interval) = (row.symbol.clone(), row.interval.clone());
        match accept(row, out.bars.last()) {
            Ok(bar) => {
                out.bars.push(bar);
                symbols.insert(row_symbol);
                intervals.insert(row_interval);
            }
            // Of a file with several symbols the order starts anew with each; the choice below is the better advice.
            Err(_) if symbols.len() + intervals.len() > 2 => {}
            Err(reason) => {
                symbols.insert(row_symbol);
                out.rejected.push(format!("{path}, line {line}: {reason}"));
            }
        }
    }
    for (option, found) in [("--symbol", symbols), ("--interval", intervals)] {
        if found.len() > 1 {
            let names: Vec<String> = found.into_iter().take(5).collect();
            bail!("{path} holds bars of several kinds ({}, …): choose one with {option}", names.join(", "));
        }
    }
    Ok(out)
}

fn accept(row: Row, previous: Option<&BarLine>) -> Result<BarLine, String> {
    let opens_at =
        parse_time(&row.time).ok_or_else(|| format!("time {:?} is not an instant (RFC 3339)", row.time))?;
    let prices =
        [row.open.unwrap_or(row.close), row.high, row.low, row.close, row.adj_close.unwrap_or(row.close)];
    if !prices.iter().chain(&row.volume).all(|v| v.is_finite()) {
        return Err("a price or the volume is not a finite number".to_owned());
    }
    if row.high < row.low {
        return Err(format!("high {} is below low {}", row.high, row.low));
    }
    if let Some(previous) = previous.filter(|p| opens_at <= p.opens_at) {
        return Err(format!("time {} is not after {}: sort the bars, oldest first", row.time, previous.time));
    }
    Ok(BarLine {
        time: row.time,
        opens_at,
        open: row.open.unwrap_or(row.close),
        high: row.high,
        low: row.low,
        close: row.close,
        adj_close: row.adj_close,
        volume: row.volume,
    })
}

fn parse_time(text: &str) -> Option<DateTime<Utc>> {
    let day = || Some(text.parse::<chrono::NaiveDate>().ok()?.and_hms_opt(0, 0, 0)?.and_utc());
    DateTime::parse_from_rfc3339(text).ok().map(|t| t.to_utc()).or_else(day)
}

/// The closes to compute with: adjusted where every bar has an adjusted one, else as traded.
pub fn closes(adjusted: impl Iterator<Item = (f64, Option<f64>)> + Clone) -> Vec<f64> {
    let all: Option<Vec<f64>> = adjusted.clone().map(|(_, adj)| adj).collect();
    all.unwrap_or_else(|| adjusted.map(|(close, _)| close).collect())
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    const HEAD: &str = "symbol,interval,time,open,high,low,close,adj_close,volume\n";

    fn parse(lines: &str, symbol: Option<&str>) -> anyhow::Result<BarFile> {
        read(format!("{HEAD}{lines}").as_bytes(), Path::new("b.csv"), symbol, None)
    }

    #[test]
    fn rejects_a_bad_line_and_goes_on() {
        let file = parse(
            "A,1d,2020-01-02T00:00:00Z,1,2,0.5,1.5,,100\n\
             A,1d,2020-01-03T00:00:00Z,1,2,0.5,NaN,,100\n\
             A,1d,soon,1,2,0.5,1.5,,100\n\
             A,1d,2020-01-04T00:00:00Z,1,2,3,1.5,,100\n\
             A,1d,2020-01-01T00:00:00Z,1,2,0.5,1.5,,100\n\
             A,1d,2020-01-05T00:00:00Z,1,two,0.5,1.5,,100\n\
             A,1d\n\
             A,1d,2020-01-06T00:00:00Z,1,2,0.5,1.7,,\n",
            None,
        )
        .unwrap();
        assert_eq!(file.bars.len(), 2, "{:?}", file.rejected);
        assert_eq!(file.rejected.len(), 6, "{:?}", file.rejected);
        assert!(file.rejected[0].starts_with("b.csv, line 3: "), "{}", file.rejected[0]);
        assert!(file.rejected[3].contains("sort the bars"));
    }

    #[test]
    fn asks_which_symbol() {
        let two = "A,1d,2020-01-02T00:00:00Z,1,2,0.5,1.5,,1\nB,1d,2020-01-02T00:00:00Z,1,2,0.5,1.6,,1\n";
        assert!(parse(two, None).unwrap_err().to_string().contains("--symbol"));
        assert_eq!(parse(two, Some("B")).unwrap().bars[0].close, 1.6);
        let error = read("time,close\n".as_bytes(), Path::new("b.csv"), None, None).unwrap_err();
        assert!(error.to_string().contains("no column \"high\""));
    }

    #[test]
    fn adjusted_closes_only_when_all_are() {
        assert_eq!(closes([(1.0, Some(0.9)), (2.0, Some(1.9))].into_iter()), [0.9, 1.9]);
        assert_eq!(closes([(1.0, Some(0.9)), (2.0, None)].into_iter()), [1.0, 2.0]);
    }
}
