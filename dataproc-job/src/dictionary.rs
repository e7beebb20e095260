//! The shipped dictionary as files: built from public listings, compared, checked. What the resolver makes of it is in
//! `resolve`; where it comes from is in `dictionary/README.md`.

pub mod build;
pub mod check;
pub mod compare;

use anyhow::{Context, bail};
use serde::{Deserialize, Serialize};

/// One line of a dictionary: the columns of an asset list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// Symbol in the lake's spelling: `AAPL`, `VOD.L`, `BTC-USD`, `^GSPC`.
    pub symbol: String,
    /// Full name.
    pub name: String,
    /// `equity`, `crypto`, `fx`, `index`.
    pub class: String,
    /// Exchange or country; may be empty.
    #[serde(default)]
    pub exchange: String,
    /// Other names, separated by `|`.
    #[serde(default)]
    pub aliases: String,
}

/// Reads the lines of a dictionary, with their numbers.
///
/// # Errors
/// A line that is no line of a dictionary; it is named.
pub fn read(bytes: &[u8]) -> anyhow::Result<Vec<(u64, Entry)>> {
    let mut reader = csv::Reader::from_reader(bytes);
    let mut out = Vec::new();
    let mut record = csv::StringRecord::new();
    let headers = reader.headers().context("line 1: the header cannot be read")?.clone();
    loop {
        match reader.read_record(&mut record) {
            Ok(false) => return Ok(out),
            Ok(true) => {}
            Err(error) => bail!("{error}: write symbol,name,class,exchange,aliases"),
        }
        let line = record.position().map_or(0, csv::Position::line);
        let entry: Entry = record
            .deserialize(Some(&headers))
            .with_context(|| format!("line {line}: write symbol,name,class,exchange,aliases"))?;
        out.push((line, entry));
    }
}
