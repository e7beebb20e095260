//! Recorded replies read as the collector would read them: for looking at what a source's body becomes.
//!
//! Two forms are taken: an array of exchanges `{request: {url}, response: {status, headers, body | body_json}}`, and one
//! reply's body as it came.

mod hints;

use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::path::Path;

use anyhow::{Context, bail};
use chrono::{DateTime, Utc};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::exchange::Exchange;
use crate::normalise::{Collected, Ordered};
use crate::sources;
use crate::window::Window;

/// What to read, and what a reader has to know beside the bodies.
#[derive(Debug, Clone)]
pub struct Recorded {
    /// Whose replies they are.
    pub source: String,
    /// The stream that was asked for: a subreddit, a page, a channel, a symbol, an outlet.
    pub stream: String,
    /// Hints as a request would leave them, beside those that can be made out from address and body.
    pub hints: BTreeMap<String, String>,
}

#[derive(Deserialize)]
struct Recording {
    request: Option<Asked>,
    response: Reply,
}

#[derive(Deserialize)]
struct Asked {
    url: Option<String>,
}

#[derive(Deserialize)]
struct Reply {
    status: Option<u16>,
    body: Option<Value>,
    body_json: Option<Value>,
}

/// Reads `file` and writes the records, a line each with its kind, whatever their instants.
///
/// # Errors
/// The source is not known, the file cannot be read, or the output is closed.
pub fn read(recorded: &Recorded, file: &Path, out: &mut impl Write) -> anyhow::Result<()> {
    let Some(definition) = sources::named(&recorded.source) else {
        let known = sources::ALL.iter().map(|definition| definition.id).collect::<Vec<_>>().join(", ");
        bail!("{} is no source: one of {known}", recorded.source);
    };
    let window =
        Window { as_of: Utc::now(), ..Window::plain(DateTime::<Utc>::MIN_UTC, DateTime::<Utc>::MAX_UTC) };
    let mut collected = Collected::new(&window, chrono::Duration::zero());
    for (number, mut exchange) in exchanges(recorded, &load(file)?).into_iter().enumerate() {
        exchange.hints = hints::made_out(definition.id, &exchange.url, &exchange.body);
        exchange.hints.extend(recorded.hints.clone());
        let raw_ref = format!("{}#{}", file.display(), number + 1);
        if exchange.status == Some(200) {
            (definition.read)(&raw_ref, &exchange, &mut collected);
        }
    }
    print(collected.finish()?.ordered()?, out)
}

/// The file's bytes, unpacked where it is packed.
fn load(file: &Path) -> anyhow::Result<Vec<u8>> {
    let named = || format!("{} cannot be read", file.display());
    let bytes = std::fs::read(file).with_context(named)?;
    let mut plain = Vec::new();
    if bytes.starts_with(&[0x1f, 0x8b]) {
        flate2::read::MultiGzDecoder::new(bytes.as_slice()).read_to_end(&mut plain).with_context(named)?;
        return Ok(plain);
    }
    if bytes.starts_with(&[0x28, 0xb5, 0x2f, 0xfd]) {
        return zstd::decode_all(bytes.as_slice()).with_context(named);
    }
    Ok(bytes)
}

fn exchanges(recorded: &Recorded, bytes: &[u8]) -> Vec<Exchange> {
    let Ok(recordings) = serde_json::from_slice::<Vec<Recording>>(bytes) else {
        return vec![Exchange::answered(&recorded.stream, "", bytes.to_vec())];
    };
    let made = recordings.into_iter().map(|recording| {
        let body = match (recording.response.body, recording.response.body_json) {
            (Some(Value::String(text)), _) => text,
            (Some(value), _) | (None, Some(value)) => value.to_string(),
            (None, None) => String::new(),
        };
        let url = recording.request.and_then(|asked| asked.url).unwrap_or_default();
        Exchange {
            status: recording.response.status.or(Some(200)),
            ..Exchange::answered(&recorded.stream, url, body)
        }
    });
    made.collect()
}

fn print(rows: Ordered, out: &mut impl Write) -> anyhow::Result<()> {
    let mut line = |kind: &str, row: Value| -> anyhow::Result<()> {
        writeln!(out, "{}", json!({ "kind": kind, "record": row }))?;
        Ok(())
    };
    for row in rows.posts {
        line("post", serde_json::to_value(row?)?)?;
    }
    for row in rows.articles {
        line("article", serde_json::to_value(row?)?)?;
    }
    for row in rows.bars {
        line("bar", serde_json::to_value(row?)?)?;
    }
    for row in rows.rejects {
        line("reject", serde_json::to_value(row?)?)?;
    }
    Ok(())
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn reads_exchanges_and_bodies_packed_or_not() {
        let folder = tempfile::tempdir().unwrap();
        let body = r#"{"data":[{"id":"7","text":"$A up","created_at":"2021-01-01T00:00:00Z"}],"meta":{}}"#;
        let exchanges = json!([
            {"request": {"url": "https://api.x.com/2/tweets/search/recent"}, "response": {"status": 200, "body": body}},
            {"response": {"status": 401, "body": "no"}}
        ]);
        let recorded = Recorded { source: "x".to_owned(), stream: "s".to_owned(), hints: BTreeMap::new() };
        for bytes in [body.as_bytes().to_vec(), exchanges.to_string().into_bytes()] {
            for bytes in [bytes.clone(), zstd::encode_all(bytes.as_slice(), 1).unwrap()] {
                let file = folder.path().join("r.json");
                std::fs::write(&file, bytes).unwrap();
                let mut out = Vec::new();
                read(&recorded, &file, &mut out).unwrap();
                let line: Value = serde_json::from_slice(&out).unwrap();
                assert_eq!((line["kind"].as_str(), line["record"]["id"].as_str()), (Some("post"), Some("7")));
            }
        }
        let unknown = Recorded { source: "myspace".to_owned(), ..recorded };
        assert!(read(&unknown, folder.path(), &mut Vec::new()).unwrap_err().to_string().contains("reddit"));
    }
}
