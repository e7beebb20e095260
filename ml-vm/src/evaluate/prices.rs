//! Daily prices of many stocks in one CSV file.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use chrono::NaiveDate;

/// Adjusted closes of each stock, oldest first.
pub type Closes = BTreeMap<String, Vec<(NaiveDate, f64)>>;

/// What a folder holds.
#[derive(Debug, Default)]
pub struct Prices {
    /// The closes.
    pub closes: Closes,
    /// Lines that could not be used.
    pub rejected: usize,
}

/// Names that a column may have, in lower case.
const STOCK: [&str; 2] = ["stock", "symbol"];
const DAY: [&str; 2] = ["date", "time"];
const CLOSE: [&str; 3] = ["adj close", "adj_close", "close"];

/// Reads the file `prices_raw*` of a folder: CSV, packed by gzip or zstd or not at all.
///
/// # Errors
/// There is no such file, it cannot be read, or a column is missing.
pub fn load(folder: &Path) -> anyhow::Result<Prices> {
    let path = find(folder)?;
    let shown = path.display();
    let file = File::open(&path).with_context(|| format!("cannot open {shown}"))?;
    let reader: Box<dyn Read> = match path.extension().and_then(|e| e.to_str()) {
        Some("gz") => Box::new(flate2::read::MultiGzDecoder::new(file)),
        Some("zst") => {
            Box::new(zstd::Decoder::new(file).with_context(|| format!("{shown} is not a zstd file"))?)
        }
        _ => Box::new(file),
    };
    read(reader).with_context(|| shown.to_string())
}

fn find(folder: &Path) -> anyhow::Result<PathBuf> {
    let shown = folder.display();
    let entries = std::fs::read_dir(folder).with_context(|| format!("cannot read the folder {shown}"))?;
    let mut found: Vec<PathBuf> = entries.filter_map(|entry| Some(entry.ok()?.path())).collect();
    found
        .retain(|path| path.file_name().is_some_and(|name| name.to_string_lossy().starts_with("prices_raw")));
    found.sort();
    match found.into_iter().next() {
        Some(path) => Ok(path),
        None => bail!("{shown} holds no prices_raw*.csv, .csv.gz or .csv.zst"),
    }
}

fn read(reader: impl Read) -> anyhow::Result<Prices> {
    let mut csv = csv::ReaderBuilder::new().trim(csv::Trim::All).flexible(true).from_reader(reader);
    let headers = csv.headers().context("cannot read the head")?.clone();
    let column = |names: &[&str]| {
        let place = names.iter().find_map(|name| headers.iter().position(|h| h.to_lowercase() == *name));
        place.with_context(|| format!("no column {:?}", names[0]))
    };
    let (stock, day, close) = (column(&STOCK)?, column(&DAY)?, column(&CLOSE)?);
    let mut prices = Prices::default();
    for record in csv.records() {
        let record = match record {
            Ok(record) => record,
            Err(error) if error.is_io_error() => return Err(error).context("is the file whole?"),
            Err(_) => {
                prices.rejected += 1;
                continue;
            }
        };
        let day = record.get(day).and_then(|d| d.get(..10)?.parse::<NaiveDate>().ok());
        let close =
            record.get(close).and_then(|c| c.parse::<f64>().ok()).filter(|c| c.is_finite() && *c > 0.0);
        match (record.get(stock), day, close) {
            (Some(stock), Some(day), Some(close)) => {
                prices.closes.entry(stock.to_owned()).or_default().push((day, close));
            }
            _ => prices.rejected += 1,
        }
    }
    for days in prices.closes.values_mut() {
        days.sort_by_key(|(day, _)| *day);
        days.dedup_by_key(|(day, _)| *day);
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
