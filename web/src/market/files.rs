//! The tables of an asset that a reader may take away, as links for its pages.

use domain::Feature;
use serde::Serialize;

use super::asset::{Opened, Section};
use super::view::encode;
use crate::export::{Format, includes};
use crate::text::text;

/// One table and its files.
#[derive(Debug, Serialize)]
pub struct FileView {
    /// What it holds.
    name: &'static str,
    /// Format and address.
    links: Vec<(&'static str, String)>,
}

/// The tables: the section that they belong to, the feature, the name in addresses, the name for readers.
const TABLES: [(Section, Feature, &str, &str); 7] = [
    (Section::Price, Feature::Price, "bars", "file_bars"),
    (Section::Price, Feature::Price, "indicators", "file_indicators"),
    (Section::Sentiment, Feature::Sentiment, "sentiment", "file_sentiment"),
    (Section::News, Feature::News, "documents", "file_documents"),
    (Section::Outlook, Feature::Predictions, "forecast", "file_forecast"),
    (Section::Outlook, Feature::Predictions, "signals", "file_signals"),
    (Section::Risk, Feature::Predictions, "risk", "file_risk"),
];

/// The files of a section, those of all sections on the overview; none where the reader's tier has none.
pub fn files(open: &Opened, section: Section) -> Vec<FileView> {
    let formats = formats(open);
    let open_tables = TABLES.into_iter().filter(|(of, feature, ..)| {
        (section == Section::Overview || *of == section) && !open.access(*feature).is_locked()
    });
    let links = |table: &str| {
        let path = format!("/assets/{}/export/{table}", encode(open.symbol()));
        formats.iter().map(|(name, format)| (*name, format!("{path}?format={}", format.as_str()))).collect()
    };
    let files = open_tables
        .map(|(_, _, table, key)| FileView { name: text(open.lang(), key), links: links(table) })
        .filter(|file: &FileView| !file.links.is_empty());
    files.collect()
}

/// The formats that the reader's tier includes, with their names.
pub fn formats(open: &Opened) -> Vec<(&'static str, Format)> {
    let tier = open.reader.tier();
    let exports = open.edition.tiers.iter().find(|row| row.tier == tier.as_str()).map(|row| &row.exports);
    let all = [("CSV", Format::Csv), ("Parquet", Format::Parquet)].into_iter();
    all.filter(|(_, format)| exports.is_some_and(|exports| includes(exports, *format))).collect()
}
