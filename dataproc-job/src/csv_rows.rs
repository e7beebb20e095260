//! The columns that an analyst needs, as CSV that opens safely in a spreadsheet.

use chrono::{DateTime, SecondsFormat, Utc};
use domain::Symbol;
use domain::mention::{AssetArticle, AssetBar, AssetPost};

/// Posts. Text, author and link stay empty where the source's terms forbid to show them.
pub(crate) fn posts(rows: &[AssetPost]) -> anyhow::Result<Vec<u8>> {
    let header = [
        "created_at",
        "source",
        "id",
        "kind",
        "author",
        "followers",
        "lang",
        "text",
        "likes",
        "reposts",
        "evidence",
        "confidence",
        "noise",
        "duplicate_of",
        "url",
    ];
    write(&header, rows, |row| {
        let shown = |text: &str| if row.may_display { safe(text) } else { String::new() };
        vec![
            instant(row.created_at),
            safe(&row.source),
            safe(&row.id),
            row.kind.clone(),
            shown(row.author_name.as_deref().unwrap_or("")),
            number(row.author_followers),
            safe(row.lang.as_deref().unwrap_or("")),
            shown(&row.text),
            number(row.likes),
            number(row.reposts),
            row.evidence.clone(),
            row.confidence.to_string(),
            row.noise.clone().unwrap_or_default(),
            safe(row.duplicate_of.as_deref().unwrap_or("")),
            shown(row.url.as_deref().unwrap_or("")),
        ]
    })
}

/// Articles. Headline, summary, authors and link stay empty where the source's terms forbid to show them.
pub(crate) fn articles(rows: &[AssetArticle]) -> anyhow::Result<Vec<u8>> {
    let header = [
        "published_at",
        "source",
        "id",
        "outlet",
        "authors",
        "lang",
        "title",
        "summary",
        "evidence",
        "confidence",
        "noise",
        "duplicate_of",
        "url",
    ];
    write(&header, rows, |row| {
        let shown = |text: &str| if row.may_display { safe(text) } else { String::new() };
        vec![
            instant(row.published_at),
            safe(&row.source),
            safe(&row.id),
            safe(&row.outlet),
            shown(row.authors.as_deref().unwrap_or("")),
            safe(row.lang.as_deref().unwrap_or("")),
            shown(&row.title),
            shown(row.summary.as_deref().unwrap_or("")),
            row.evidence.clone(),
            row.confidence.to_string(),
            row.noise.clone().unwrap_or_default(),
            safe(row.duplicate_of.as_deref().unwrap_or("")),
            shown(&row.url),
        ]
    })
}

/// Bars, with the columns of a world's bars and the source.
pub(crate) fn bars(symbol: &Symbol, rows: &[AssetBar]) -> anyhow::Result<Vec<u8>> {
    let header =
        ["symbol", "interval", "time", "open", "high", "low", "close", "adj_close", "volume", "source"];
    write(&header, rows, |row| {
        vec![
            safe(symbol.as_str()),
            safe(&row.interval),
            instant(row.opens_at),
            row.open.to_string(),
            row.high.to_string(),
            row.low.to_string(),
            row.close.to_string(),
            number(row.adj_close),
            number(row.volume),
            safe(&row.source),
        ]
    })
}

fn write<T>(header: &[&str], rows: &[T], record: impl Fn(&T) -> Vec<String>) -> anyhow::Result<Vec<u8>> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(header)?;
    for row in rows {
        writer.write_record(record(row))?;
    }
    Ok(writer.into_inner()?)
}

/// A text that no spreadsheet takes for a formula.
fn safe(text: &str) -> String {
    if text.starts_with(['=', '+', '-', '@', '\t', '\r']) { format!("'{text}") } else { text.to_owned() }
}

fn instant(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::AutoSi, true)
}

fn number<N: ToString>(value: Option<N>) -> String {
    value.map_or_else(String::new, |number| number.to_string())
}
