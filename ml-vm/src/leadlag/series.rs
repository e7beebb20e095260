//! Two series from two files: a number a line, or a time and a number a line.
//!
//! Lines without times are matched by their place, so none can be left out: a line that cannot be read is an error. With
//! times the series are joined on them, and a line that cannot be read is rejected like one that the other file lacks.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Context, bail};

/// Two series of the same instants, oldest first.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Pair {
    /// The first.
    pub x: Vec<f64>,
    /// The second.
    pub y: Vec<f64>,
    /// One message for each line that was not taken because it could not be read.
    pub rejected: Vec<String>,
}

enum Series {
    Bare(Vec<f64>),
    Dated(BTreeMap<String, f64>),
}

/// Reads both files.
///
/// # Errors
/// A file cannot be read, a line without a time is not a finite number, or only one of the two has times.
pub fn load(x: &Path, y: &Path) -> anyhow::Result<Pair> {
    let mut rejected = Vec::new();
    let mut read = |path: &Path| {
        let shown = path.display().to_string();
        let text = std::fs::read_to_string(path).with_context(|| format!("cannot read {shown}"))?;
        parse(&text, &shown, &mut rejected)
    };
    match (read(x)?, read(y)?) {
        (Series::Bare(x), Series::Bare(y)) => Ok(Pair { x, y, rejected }),
        (Series::Dated(x), Series::Dated(y)) => {
            let both = x.iter().filter_map(|(time, x)| Some((*x, *y.get(time)?)));
            let (x, y) = both.unzip();
            Ok(Pair { x, y, rejected })
        }
        _ => bail!(
            "only one of {} and {} has times: give both a time,value a line, or both a value",
            x.display(),
            y.display()
        ),
    }
}

fn parse(text: &str, path: &str, rejected: &mut Vec<String>) -> anyhow::Result<Series> {
    let number = |word: &str| word.trim().parse::<f64>().ok().filter(|v| v.is_finite());
    let text = text.trim_end();
    if !text.lines().next().unwrap_or_default().contains(',') {
        let mut values = Vec::new();
        for (index, line) in text.lines().enumerate() {
            let line = line.trim();
            match number(line) {
                Some(value) => values.push(value),
                // A first line of words is a head.
                None if index == 0 && !line.is_empty() && line.parse::<f64>().is_err() => {}
                None if line.is_empty() => {
                    bail!(
                        "{path}, line {}: a gap; the series are matched line by line, so give both times",
                        index + 1
                    )
                }
                None => bail!(
                    "{path}, line {}: {line:?} is not a finite number; the series are matched line by line, so none can be left out",
                    index + 1
                ),
            }
        }
        return Ok(Series::Bare(values));
    }
    let mut dated = BTreeMap::new();
    for (index, line) in text.lines().enumerate() {
        let parts = line.split_once(',').map(|(time, value)| (time.trim(), number(value)));
        match parts {
            Some((time, Some(value))) if !time.is_empty() => {
                if dated.insert(time.to_owned(), value).is_some() {
                    rejected.push(format!(
                        "{path}, line {}: time {time} comes twice, the later counts",
                        index + 1
                    ));
                }
            }
            _ if index == 0 || line.trim().is_empty() => {}
            _ => rejected
                .push(format!("{path}, line {}: {line:?} is not a time and a finite number", index + 1)),
        }
    }
    Ok(Series::Dated(dated))
}
