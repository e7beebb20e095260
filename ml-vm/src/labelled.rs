//! Labelled texts from files of several shapes, told apart by their columns, never by their names.
//!
//! - CSV with a header: the text is in the first of `sentence`, `text`, `original`, `title`, `headline`, the label in the first
//!   of `label`, `senti_label`, `sentiment`; an asset may be named in `ticker`, `company` or `target`.
//! - JSON: an array of objects, or one object whose values are, with the same names. `info` may hold several targets, each
//!   with its `sentiment_score`. NDJSON: one such object a line.
//!
//! Labels are words (positive, bullish, …), whole numbers as the Twitter financial news set has them (0 bearish, 1 bullish,
//! 2 neutral; with a -1 among them -1, 0, 1), or in JSON a score in [-1, 1], of which the sign counts and 0 is left out.
//! `.gz` is unpacked. Files with the same columns are one set.

use std::collections::BTreeMap;
use std::fs;
use std::io::Read;
use std::ops::Range;
use std::path::{Path, PathBuf};

use analytics::ngram::Class;
use analytics::ngram::fit::Example;
use anyhow::{Context, bail};
use serde_json::Value;

const TEXT: [&str; 5] = ["sentence", "text", "original", "title", "headline"];
const LABEL: [&str; 4] = ["label", "senti_label", "sentiment", "sentiment_score"];
const TARGET: [&str; 3] = ["ticker", "company", "target"];

/// The texts of all files with the same columns.
#[derive(Debug, Clone, Default)]
pub struct Set {
    /// The columns of text and label, for example `sentence/label`.
    pub name: String,
    /// Where the texts come from.
    pub files: Vec<PathBuf>,
    /// The texts.
    pub examples: Vec<Example>,
    /// Lines without a text, or with an unknown label.
    pub rejected: usize,
}

impl Set {
    /// Whether no text is labelled neutral.
    pub fn two_classes(&self) -> bool {
        self.examples.iter().all(|e| e.class != Class::Neutral)
    }
}

/// One text as a file has it.
struct Raw {
    text: String,
    label: String,
    target: Option<String>,
}

/// Reads all labelled files of a folder; others are left alone.
///
/// # Errors
/// The folder or a file cannot be read, or nothing in it is labelled.
pub fn read(folder: &Path) -> anyhow::Result<Vec<Set>> {
    let mut paths = Vec::new();
    for entry in fs::read_dir(folder).with_context(|| folder.display().to_string())? {
        paths.push(entry.with_context(|| folder.display().to_string())?.path());
    }
    paths.sort();
    let mut sets: BTreeMap<String, Set> = BTreeMap::new();
    for path in paths.into_iter().filter(|p| p.is_file()) {
        let Some((name, raw)) = read_file(&path).with_context(|| path.display().to_string())? else {
            continue;
        };
        let set = sets.entry(name.clone()).or_insert_with(|| Set { name, ..Set::default() });
        set.files.push(path);
        let coding = Coding::of(&raw);
        for one in raw {
            match example(one, coding) {
                Some(example) => set.examples.push(example),
                None => set.rejected += 1,
            }
        }
    }
    let sets: Vec<Set> = sets.into_values().filter(|s| !s.examples.is_empty()).collect();
    if sets.is_empty() {
        bail!(
            "{} holds no labelled texts: wanted are CSV or JSON files with one of {TEXT:?} and one of {LABEL:?}",
            folder.display()
        );
    }
    Ok(sets)
}

fn read_file(path: &Path) -> anyhow::Result<Option<(String, Vec<Raw>)>> {
    let name = path.file_name().unwrap_or_default().to_string_lossy().to_lowercase();
    let packed = name.ends_with(".gz");
    let kind = name.trim_end_matches(".gz").rsplit('.').next().unwrap_or_default().to_owned();
    if !matches!(kind.as_str(), "csv" | "json" | "ndjson" | "jsonl") {
        return Ok(None);
    }
    let mut bytes = fs::read(path)?;
    if packed {
        let mut plain = Vec::new();
        flate2::read::MultiGzDecoder::new(bytes.as_slice()).read_to_end(&mut plain)?;
        bytes = plain;
    }
    if kind == "csv" { read_csv(&bytes) } else { read_json(&String::from_utf8_lossy(&bytes), kind != "json") }
}

fn read_csv(bytes: &[u8]) -> anyhow::Result<Option<(String, Vec<Raw>)>> {
    let mut reader = csv::ReaderBuilder::new().flexible(true).from_reader(bytes);
    let header: Vec<String> =
        reader.byte_headers()?.iter().map(|h| String::from_utf8_lossy(h).trim().to_lowercase()).collect();
    let column = |names: &[&str]| names.iter().find_map(|n| header.iter().position(|h| h == n));
    let (Some(text), Some(label)) = (column(&TEXT), column(&LABEL)) else { return Ok(None) };
    let target = column(&TARGET);
    let mut raw = Vec::new();
    for record in reader.byte_records() {
        let record = record?;
        let field = |at: usize| record.get(at).map(|f| String::from_utf8_lossy(f).into_owned());
        raw.push(Raw {
            text: field(text).unwrap_or_default(),
            label: field(label).unwrap_or_default(),
            target: target.and_then(field),
        });
    }
    Ok(Some((format!("{}/{}", header[text], header[label]), raw)))
}

fn read_json(text: &str, by_line: bool) -> anyhow::Result<Option<(String, Vec<Raw>)>> {
    let records: Vec<Value> = if by_line {
        text.lines().filter(|l| !l.trim().is_empty()).map(serde_json::from_str).collect::<Result<_, _>>()?
    } else {
        match serde_json::from_str(text)? {
            Value::Array(records) => records,
            Value::Object(records) => records.into_iter().map(|(_, record)| record).collect(),
            _ => return Ok(None),
        }
    };
    let name = |record: &Value, names: &[&str]| {
        names.iter().find(|n| record.get(**n).is_some()).map(|n| n.to_string())
    };
    let plain = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let mut columns = None;
    let mut raw = Vec::new();
    for record in &records {
        let Some(of_text) = name(record, &TEXT) else { continue };
        let alone = [record.clone()];
        let judged = record.get("info").and_then(Value::as_array).map_or(&alone[..], Vec::as_slice);
        for one in judged {
            let Some(of_label) = name(one, &LABEL) else { continue };
            raw.push(Raw {
                text: plain(&record[&of_text]),
                label: plain(&one[&of_label]),
                target: name(one, &TARGET).map(|n| plain(&one[&n])),
            });
            columns.get_or_insert_with(|| format!("{of_text}/{of_label}"));
        }
    }
    Ok(columns.map(|columns| (columns, raw)))
}

/// What a file's numbers mean.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Coding {
    /// 0 bearish, 1 bullish, 2 neutral.
    Listed,
    /// -1, 0, 1.
    Signed,
    /// Scores in [-1, 1].
    Scored,
}

impl Coding {
    fn of(raw: &[Raw]) -> Self {
        let labels = || raw.iter().map(|r| r.label.trim());
        if labels().any(|l| l.contains('.') && l.parse::<f64>().is_ok()) {
            Self::Scored
        } else if labels().any(|l| l == "-1") {
            Self::Signed
        } else {
            Self::Listed
        }
    }
}

fn example(raw: Raw, coding: Coding) -> Option<Example> {
    let class = class(raw.label.trim(), coding)?;
    let target = raw.target.and_then(|name| named(&raw.text, name.trim()));
    (!raw.text.trim().is_empty()).then_some(Example { text: raw.text, class, target })
}

/// Where an asset is named: its symbol after `$`, else its name, whatever the case.
pub fn named(text: &str, name: &str) -> Option<Range<usize>> {
    if name.is_empty() {
        return None;
    }
    let (text, name) = (text.to_ascii_lowercase(), name.to_ascii_lowercase());
    let start = text.find(&format!("${name}")).or_else(|| text.find(&name))?;
    let end = start + name.len() + usize::from(text[start..].starts_with('$'));
    Some(start..end)
}

fn class(label: &str, coding: Coding) -> Option<Class> {
    match (label.to_lowercase().as_str(), coding) {
        ("positive" | "pos" | "bullish" | "buy", _) => Some(Class::Positive),
        ("negative" | "neg" | "bearish" | "sell", _) => Some(Class::Negative),
        ("neutral" | "neu", _) => Some(Class::Neutral),
        ("1", Coding::Listed | Coding::Signed) => Some(Class::Positive),
        ("0", Coding::Listed) | ("-1", Coding::Signed) => Some(Class::Negative),
        ("2", Coding::Listed) | ("0", Coding::Signed) => Some(Class::Neutral),
        (number, Coding::Scored) => match number.parse::<f64>().ok().filter(|n| n.abs() <= 1.0)? {
            n if n > 0.0 => Some(Class::Positive),
            n if n < 0.0 => Some(Class::Negative),
            _ => None,
        },
        _ => None,
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in files {
            fs::write(folder.path().join(name), text).unwrap();
        }
        folder
    }

    #[test]
    fn shapes_are_told_by_columns() {
        let folder = folder(&[
            ("a.csv", "sentence,label,other\nGood,positive,1\n\"So, so\",neutral,2\n?,what,3\n"),
            ("b.csv", "text,label\nDown,0\nUp,1\nFlat,2\n"),
            ("c.csv", "id,ticker,senti_label,original\n1,AAPL,bullish,$AAPL up\n"),
            (
                "d.json",
                "{\"7\":{\"sentence\":\"$A up $B down\",\"info\":[{\"sentiment_score\":\"0.4\",\"target\":\"A\"},\
              {\"sentiment_score\":\"-0.3\",\"target\":\"B\"}]}}",
            ),
            (
                "e.json",
                "[{\"title\":\"Acme falls\",\"company\":\"Acme\",\"sentiment\":-0.5},{\"title\":\"x\",\"sentiment\":0}]",
            ),
            ("f.txt", "sentence,label\n"),
        ]);
        let sets = read(folder.path()).unwrap();
        let names: Vec<(&str, usize, usize)> =
            sets.iter().map(|s| (s.name.as_str(), s.examples.len(), s.rejected)).collect();
        assert_eq!(
            names,
            [
                ("original/senti_label", 1, 0),
                ("sentence/label", 2, 1),
                ("sentence/sentiment_score", 2, 0),
                ("text/label", 3, 0),
                ("title/sentiment", 1, 1),
            ]
        );
        let classes: Vec<Class> = sets[3].examples.iter().map(|e| e.class).collect();
        assert_eq!(classes, [Class::Negative, Class::Positive, Class::Neutral]);
        let targets: Vec<_> = sets[2].examples.iter().map(|e| &e.text[e.target.clone().unwrap()]).collect();
        assert_eq!(targets, ["$A", "$B"]);
        assert!(sets[2].two_classes() && !sets[3].two_classes());
    }

    #[test]
    fn a_folder_without_labels_says_what_is_wanted() {
        let folder = folder(&[("a.csv", "x,y\n1,2\n")]);
        assert!(read(folder.path()).unwrap_err().to_string().contains("senti_label"));
        assert!(read(&folder.path().join("none")).is_err());
    }
}
