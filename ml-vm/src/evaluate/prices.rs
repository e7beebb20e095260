//! Daily prices of many stocks in one CSV file.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use chrono::NaiveDate;

/// Closes of each stock that can be compared over time, oldest first.
pub type Closes = BTreeMap<String, Vec<(NaiveDate, f64)>>;

/// One day of a stock.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Day {
    /// Which day.
    pub on: NaiveDate,
    /// First price, on the scale of the close below.
    pub open: Option<f64>,
    /// Highest price, on that scale.
    pub high: Option<f64>,
    /// Lowest price, on that scale.
    pub low: Option<f64>,
    /// Last price, adjusted for splits and dividends.
    pub close: f64,
    /// Traded amount.
    pub volume: Option<f64>,
}

/// What a folder holds.
#[derive(Debug, Default)]
pub struct Prices {
    /// The closes.
    pub closes: Closes,
    /// The same days with all that is known of them.
    pub days: BTreeMap<String, Vec<Day>>,
    /// Lines that could not be used.
    pub rejected: usize,
}

/// Names that a column may have, in lower case.
const STOCK: [&str; 2] = ["stock", "symbol"];
const DAY: [&str; 2] = ["date", "time"];
const ADJUSTED: [&str; 2] = ["adj close", "adj_close"];

/// Reads the file `prices_raw*`, else `bars.csv*`, of a folder: CSV, packed by gzip or zstd or not at all.
///
/// # Errors
/// There is no such file, it cannot be read, or a column is missing.
pub fn load(folder: &Path) -> anyhow::Result<Prices> {
    let Some(reader) = open(folder, &["prices_raw", "bars.csv"])? else {
        bail!("{} holds no prices_raw*.csv or bars.csv, plain, .gz or .zst", folder.display());
    };
    read(reader).with_context(|| format!("prices of {}", folder.display()))
}

/// Opens the first file of a folder whose name begins with one of `starts` (the earlier ones are looked for first), unpacked;
/// `None` where there is none.
///
/// # Errors
/// The folder or the file cannot be read.
pub fn open(folder: &Path, starts: &[&str]) -> anyhow::Result<Option<Box<dyn Read>>> {
    let shown = folder.display();
    let entries = std::fs::read_dir(folder).with_context(|| format!("cannot read the folder {shown}"))?;
    let mut found: Vec<PathBuf> = entries.filter_map(|entry| Some(entry.ok()?.path())).collect();
    found.sort();
    let named = |start: &&str| {
        let begins =
            |path: &&PathBuf| path.file_name().is_some_and(|n| n.to_string_lossy().starts_with(*start));
        found.iter().find(begins)
    };
    let Some(path) = starts.iter().find_map(named) else { return Ok(None) };
    let shown = path.display();
    let file = File::open(path).with_context(|| format!("cannot open {shown}"))?;
    Ok(Some(match path.extension().and_then(|e| e.to_str()) {
        Some("gz") => Box::new(flate2::read::MultiGzDecoder::new(file)),
        Some("zst") => {
            Box::new(zstd::Decoder::new(file).with_context(|| format!("{shown} is not a zstd file"))?)
        }
        _ => Box::new(file),
    }))
}

/// A line as it stands in the file.
#[derive(Clone, Copy)]
struct Line {
    on: NaiveDate,
    open: Option<f64>,
    high: Option<f64>,
    low: Option<f64>,
    close: f64,
    adjusted: Option<f64>,
    volume: Option<f64>,
}

fn read(reader: impl Read) -> anyhow::Result<Prices> {
    let mut csv = csv::ReaderBuilder::new().trim(csv::Trim::All).flexible(true).from_reader(reader);
    let headers = csv.headers().context("cannot read the head")?.clone();
    let optional =
        |names: &[&str]| names.iter().find_map(|name| headers.iter().position(|h| h.to_lowercase() == *name));
    let column = |names: &[&str]| optional(names).with_context(|| format!("no column {:?}", names[0]));
    let (stock, day) = (column(&STOCK)?, column(&DAY)?);
    let (adjusted, close) = (optional(&ADJUSTED), optional(&["close"]));
    if adjusted.or(close).is_none() {
        bail!("no column {:?} and no column \"close\"", ADJUSTED[0]);
    }
    let (open, high, low) = (optional(&["open"]), optional(&["high"]), optional(&["low"]));
    let (volume, interval) = (optional(&["volume"]), optional(&["interval"]));
    let mut lines: BTreeMap<String, Vec<Line>> = BTreeMap::new();
    let mut rejected = 0;
    for record in csv.records() {
        let record = match record {
            Ok(record) => record,
            Err(error) if error.is_io_error() => return Err(error).context("is the file whole?"),
            Err(_) => {
                rejected += 1;
                continue;
            }
        };
        if interval.and_then(|i| record.get(i)).is_some_and(|interval| interval != "1d") {
            continue;
        }
        let text = |at: Option<usize>| at.and_then(|at| record.get(at)).filter(|text| !text.is_empty());
        let number = |at: Option<usize>| text(at)?.parse::<f64>().ok().filter(|v| v.is_finite());
        let price = |at: Option<usize>| number(at).filter(|v| *v > 0.0);
        // A price that is there and cannot be used speaks against the whole line.
        let broken = [close, adjusted].into_iter().any(|at| text(at).is_some() && price(at).is_none());
        let on = record.get(day).and_then(|d| d.get(..10)?.parse::<NaiveDate>().ok());
        match (record.get(stock), on, price(close).or(price(adjusted))) {
            (Some(stock), Some(on), Some(traded)) if !broken => {
                let line = Line {
                    on,
                    open: price(open),
                    high: price(high),
                    low: price(low),
                    close: traded,
                    adjusted: price(adjusted),
                    volume: number(volume),
                };
                lines.entry(stock.to_owned()).or_default().push(line);
            }
            _ => rejected += 1,
        }
    }
    let mut prices = Prices { rejected, ..Prices::default() };
    for (stock, mut lines) in lines {
        lines.sort_by_key(|line| line.on);
        lines.dedup_by_key(|line| line.on);
        let traded: Vec<f64> = lines.iter().map(|line| line.close).collect();
        let adjusted: Vec<Option<f64>> = lines.iter().map(|line| line.adjusted).collect();
        let closes = analytics::adjust::comparable(&traded, &adjusted, &[]);
        let days = lines.iter().zip(closes).map(|(line, close)| {
            let scaled = |price: Option<f64>| price.map(|price| price * close / line.close);
            let (open, high, low) = (scaled(line.open), scaled(line.high), scaled(line.low));
            Day { on: line.on, open, high, low, close, volume: line.volume }
        });
        let days: Vec<Day> = days.collect();
        prices.closes.insert(stock.clone(), days.iter().map(|day| (day.on, day.close)).collect());
        prices.days.insert(stock, days);
    }
    Ok(prices)
}

/// Simple daily returns of closes.
pub fn returns(closes: &[(NaiveDate, f64)]) -> Vec<f64> {
    closes.windows(2).map(|pair| pair[1].1 / pair[0].1 - 1.0).collect()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn bad_lines_are_counted_and_the_others_sorted() {
        let text = "stock,Date,Close,Adj Close\nA,2015-01-02,9,2\nA,2015-01-01,9,1\nA,soon,9,1\nA,2015-01-03,9,-1\nB\n";
        let prices = read(text.as_bytes()).unwrap();
        assert_eq!(prices.rejected, 3);
        assert_eq!(returns(&prices.closes["A"]), [1.0]);
        assert!(read("stock,Date\n".as_bytes()).unwrap_err().to_string().contains("adj close"));
        let folder = tempfile::tempdir().unwrap();
        assert!(load(folder.path()).unwrap_err().to_string().contains("holds no prices_raw"));
    }
}
