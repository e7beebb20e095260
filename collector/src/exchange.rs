//! One HTTP exchange, and how exchanges lie in the lake: one a line, exact, packed with zstd.

use std::borrow::Cow;
use std::collections::BTreeMap;

use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use bytes::Bytes;
use chrono::{DateTime, Utc};
use domain::lake::{digest, sha256};
use domain::{Key, Slot, SourceId};
use serde::{Deserialize, Serialize};

use crate::window::Window;

/// A part is closed once it holds so many bytes before compression: neither readers nor we can split one.
const PART_BYTES: usize = 64 << 20;

/// A final exchange: what was asked for and what came back. Retried attempts leave no exchange.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exchange {
    /// Which stream of the source it belongs to.
    pub stream: String,
    /// The address without secrets.
    pub url: String,
    /// HTTP status; `None` when nothing came back.
    pub status: Option<u16>,
    /// The few headers that matter later.
    pub headers: BTreeMap<String, String>,
    /// The decoded body, exact.
    pub body: Bytes,
    /// What a reader has to know beside the body: a feed's outlet, language and zone.
    pub hints: BTreeMap<String, String>,
}

/// An exchange with its reference, `object#line`.
pub type Referenced = (String, Exchange);

/// A packed part with its key.
#[derive(Debug, Clone)]
pub struct Part {
    /// Where it belongs.
    pub key: Key,
    /// Its content.
    pub bytes: Vec<u8>,
    /// Its lines.
    pub rows: u64,
}

/// A raw object that cannot be read.
#[derive(Debug, thiserror::Error)]
#[error("{key}, line {line}: {reason}: repeat the collect stage of that slot")]
pub struct RawError {
    /// The object.
    pub key: String,
    /// The line, from 1; 0 for the whole.
    pub line: usize,
    /// What is wrong.
    pub reason: String,
}

#[derive(Serialize, Deserialize)]
struct Line<'a> {
    seq: u64,
    stream: Cow<'a, str>,
    requested_at: DateTime<Utc>,
    received_at: DateTime<Utc>,
    method: Cow<'a, str>,
    url: Cow<'a, str>,
    status: Option<u16>,
    headers: Cow<'a, BTreeMap<String, String>>,
    #[serde(default, skip_serializing_if = "is_empty")]
    hints: Cow<'a, BTreeMap<String, String>>,
    /// On a source's first line only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    window: Option<Cow<'a, Window>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    body: Option<Cow<'a, str>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    body_b64: Option<Cow<'a, str>>,
    body_sha256: Cow<'a, str>,
    bytes: u64,
}

fn is_empty(hints: &BTreeMap<String, String>) -> bool {
    hints.is_empty()
}

/// Packs a source's exchanges into parts; also returns each exchange's reference, `object#line`.
///
/// # Errors
/// Compression fails.
pub fn pack(
    source: &SourceId,
    slot: Slot,
    window: &Window,
    exchanges: &[Exchange],
) -> std::io::Result<(Vec<Part>, Vec<String>)> {
    let (mut parts, mut refs) = (Vec::new(), Vec::with_capacity(exchanges.len()));
    let (mut plain, mut rows) = (Vec::new(), 0u64);
    for (seq, exchange) in exchanges.iter().enumerate() {
        let text = std::str::from_utf8(&exchange.body).ok();
        let line = Line {
            seq: seq as u64,
            stream: (&exchange.stream).into(),
            // The wall clock stays out of the lake: both are the instant as of which the slot is seen.
            requested_at: window.as_of,
            received_at: window.as_of,
            method: "GET".into(),
            url: (&exchange.url).into(),
            status: exchange.status,
            headers: Cow::Borrowed(&exchange.headers),
            hints: Cow::Borrowed(&exchange.hints),
            window: (seq == 0).then_some(Cow::Borrowed(window)),
            body: text.map(Cow::Borrowed),
            body_b64: text.is_none().then(|| BASE64.encode(&exchange.body).into()),
            body_sha256: sha256(&exchange.body).into(),
            bytes: exchange.body.len() as u64,
        };
        serde_json::to_writer(&mut plain, &line)?;
        plain.push(b'\n');
        rows += 1;
        if plain.len() >= PART_BYTES || seq + 1 == exchanges.len() {
            let bytes = zstd::encode_all(plain.as_slice(), 3)?;
            let key = Key::RawPart {
                source: source.clone(),
                slot,
                digest: digest(&bytes),
                index: parts.len() as u32,
            };
            refs.extend((1..=rows).map(|line| format!("{key}#{line}")));
            parts.push(Part { key, bytes, rows });
            plain.clear();
            rows = 0;
        }
    }
    Ok((parts, refs))
}

/// Reads a part: each exchange with its reference, and the window from the first line of a source.
///
/// # Errors
/// Not zstd, a line of another shape, or a body that is not what its sha256 says.
pub fn unpack(key: &str, bytes: &[u8]) -> Result<(Option<Window>, Vec<Referenced>), RawError> {
    let error = |line: usize, reason: String| RawError { key: key.to_owned(), line, reason };
    let plain = zstd::decode_all(bytes).map_err(|e| error(0, e.to_string()))?;
    let (mut window, mut exchanges) = (None, Vec::new());
    for (index, text) in plain.split(|b| *b == b'\n').enumerate().filter(|(_, text)| !text.is_empty()) {
        let number = index + 1;
        let line: Line<'static> = serde_json::from_slice(text).map_err(|e| error(number, e.to_string()))?;
        let body: Bytes = match (line.body, line.body_b64) {
            (Some(body), _) => body.into_owned().into(),
            (None, Some(b64)) => {
                BASE64.decode(b64.as_bytes()).map_err(|e| error(number, e.to_string()))?.into()
            }
            (None, None) => Bytes::new(),
        };
        if sha256(&body) != line.body_sha256 {
            return Err(error(number, "the body is not what its sha256 says".to_owned()));
        }
        window = window.or(line.window.map(Cow::into_owned));
        let exchange = Exchange {
            stream: line.stream.into_owned(),
            url: line.url.into_owned(),
            status: line.status,
            headers: line.headers.into_owned(),
            body,
            hints: line.hints.into_owned(),
        };
        exchanges.push((format!("{key}#{number}"), exchange));
    }
    Ok((window, exchanges))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn unpacks_what_it_packs_whatever_the_bytes() {
        let slot: Slot = "2026-11-21T06Z".parse().unwrap();
        let (from, to) = (slot.open_at(), slot.close_at());
        let window = Window { from, to, as_of: to, known: ["1".to_owned()].into(), undated: true };
        let exchange = |body: &'static [u8]| Exchange {
            stream: "s".to_owned(),
            url: "http://h/".to_owned(),
            status: Some(200),
            headers: [("etag".to_owned(), "\"1\"".to_owned())].into(),
            body: Bytes::from_static(body),
            hints: BTreeMap::new(),
        };
        let exchanges = [exchange(b"{\"a\":\"\\n\"}\n"), exchange(b"\xff\xfe\n\0"), exchange(b"")];
        let source = SourceId::new("x");
        let (parts, refs) = pack(&source, slot, &window, &exchanges).unwrap();
        assert_eq!((parts.len(), parts[0].rows), (1, 3));
        assert_eq!(pack(&source, slot, &window, &exchanges).unwrap().0[0].bytes, parts[0].bytes);
        let (again, lines) = unpack(&parts[0].key.to_string(), &parts[0].bytes).unwrap();
        assert_eq!(again, Some(window));
        let (names, bodies): (Vec<String>, Vec<Exchange>) = lines.into_iter().unzip();
        assert_eq!((names, bodies.as_slice()), (refs, exchanges.as_slice()));
        assert!(unpack("k", b"junk").unwrap_err().to_string().starts_with("k, line 0"));
    }
}
