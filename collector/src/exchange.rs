//! One HTTP exchange, and how exchanges lie in the lake: one a line, exact, packed with zstd.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Cursor, Write};

use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use bytes::Bytes;
use chrono::{DateTime, Utc};
use domain::lake::{digest, sha256};
use domain::{Key, Slot, SourceId};
use serde::{Deserialize, Serialize};

use crate::normalise::Entry;
use crate::window::Window;

/// A part is closed once it holds so many bytes before compression: neither readers nor we can split one.
const PART_BYTES: usize = 64 << 20;

/// A final exchange: what was asked for and what came back. Retried attempts leave no exchange.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
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
    /// What is left of an exchange whose body had to be purged because a text in it was deleted at the source.
    #[serde(skip)]
    pub remainder: Option<Vec<Entry>>,
}

impl Exchange {
    /// An exchange that was answered with 200, for sources that speak no HTTP and for tests.
    pub fn answered(stream: impl Into<String>, url: impl Into<String>, body: impl Into<Bytes>) -> Self {
        Self {
            stream: stream.into(),
            url: url.into(),
            status: Some(200),
            headers: BTreeMap::new(),
            body: body.into(),
            hints: BTreeMap::new(),
            remainder: None,
        }
    }
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
    #[serde(default, skip_serializing_if = "Option::is_none")]
    remainder: Option<Cow<'a, [Entry]>>,
}

fn is_empty(hints: &BTreeMap<String, String>) -> bool {
    hints.is_empty()
}

/// Packs a source's exchanges into parts, one part in memory at a time.
pub struct Packer<'a> {
    source: &'a SourceId,
    slot: Slot,
    window: &'a Window,
    seq: u64,
    parts: u32,
    rows: u64,
    plain_bytes: usize,
    packing: Option<zstd::Encoder<'static, Vec<u8>>>,
}

impl<'a> Packer<'a> {
    /// No part yet.
    pub fn new(source: &'a SourceId, slot: Slot, window: &'a Window) -> Self {
        Self { source, slot, window, seq: 0, parts: 0, rows: 0, plain_bytes: 0, packing: None }
    }

    /// Adds an exchange; gives the part that it filled.
    ///
    /// # Errors
    /// Compression fails.
    pub fn push(&mut self, exchange: &Exchange) -> std::io::Result<Option<Part>> {
        let text = std::str::from_utf8(&exchange.body).ok();
        let line = Line {
            seq: self.seq,
            stream: (&exchange.stream).into(),
            // The wall clock stays out of the lake: both are the instant as of which the slot is seen.
            requested_at: self.window.as_of,
            received_at: self.window.as_of,
            method: "GET".into(),
            url: (&exchange.url).into(),
            status: exchange.status,
            headers: Cow::Borrowed(&exchange.headers),
            hints: Cow::Borrowed(&exchange.hints),
            window: (self.seq == 0).then_some(Cow::Borrowed(self.window)),
            body: text.map(Cow::Borrowed),
            body_b64: text.is_none().then(|| BASE64.encode(&exchange.body).into()),
            body_sha256: sha256(&exchange.body).into(),
            bytes: exchange.body.len() as u64,
            remainder: exchange.remainder.as_deref().map(Cow::Borrowed),
        };
        let mut plain = serde_json::to_vec(&line)?;
        plain.push(b'\n');
        let packing = match &mut self.packing {
            Some(packing) => packing,
            none => none.insert(zstd::Encoder::new(Vec::new(), 3)?),
        };
        packing.write_all(&plain)?;
        self.plain_bytes += plain.len();
        self.seq += 1;
        self.rows += 1;
        if self.plain_bytes >= PART_BYTES { self.close() } else { Ok(None) }
    }

    /// The last part, where there is one.
    ///
    /// # Errors
    /// Compression fails.
    pub fn finish(mut self) -> std::io::Result<Option<Part>> {
        self.close()
    }

    fn close(&mut self) -> std::io::Result<Option<Part>> {
        let Some(packing) = self.packing.take() else { return Ok(None) };
        let bytes = packing.finish()?;
        let (source, slot, digest) = (self.source.clone(), self.slot, digest(&bytes));
        let part =
            Part { key: Key::RawPart { source, slot, digest, index: self.parts }, bytes, rows: self.rows };
        self.plain_bytes = 0;
        self.parts += 1;
        self.rows = 0;
        Ok(Some(part))
    }
}

/// Reads a part line by line: each exchange with its reference, and the window where the line has it.
pub struct Unpacker {
    key: String,
    lines: BufReader<zstd::Decoder<'static, BufReader<Cursor<Bytes>>>>,
    number: usize,
}

impl Unpacker {
    /// The part `key`, whose content is `bytes`.
    ///
    /// # Errors
    /// Not zstd.
    pub fn new(key: &str, bytes: Bytes) -> Result<Self, RawError> {
        let decoder = zstd::Decoder::new(Cursor::new(bytes)).map_err(|e| RawError {
            key: key.to_owned(),
            line: 0,
            reason: e.to_string(),
        })?;
        Ok(Self { key: key.to_owned(), lines: BufReader::new(decoder), number: 0 })
    }

    fn read(&mut self) -> Result<Option<(Option<Window>, Referenced)>, RawError> {
        let mut text = Vec::new();
        let key = self.key.clone();
        loop {
            text.clear();
            let number = self.number;
            let error = |reason: String| RawError { key: key.clone(), line: number, reason };
            if self.lines.read_until(b'\n', &mut text).map_err(|e| error(e.to_string()))? == 0 {
                return Ok(None);
            }
            self.number += 1;
            if text.trim_ascii().is_empty() {
                continue;
            }
            let number = self.number;
            let error = |reason: String| RawError { key: key.clone(), line: number, reason };
            let line: Line<'static> = serde_json::from_slice(&text).map_err(|e| error(e.to_string()))?;
            let body: Bytes = match (line.body, line.body_b64) {
                (Some(body), _) => body.into_owned().into(),
                (None, Some(b64)) => BASE64.decode(b64.as_bytes()).map_err(|e| error(e.to_string()))?.into(),
                (None, None) => Bytes::new(),
            };
            if sha256(&body) != line.body_sha256 {
                return Err(error("the body is not what its sha256 says".to_owned()));
            }
            let exchange = Exchange {
                stream: line.stream.into_owned(),
                url: line.url.into_owned(),
                status: line.status,
                headers: line.headers.into_owned(),
                body,
                hints: line.hints.into_owned(),
                remainder: line.remainder.map(Cow::into_owned),
            };
            let window = line.window.map(Cow::into_owned);
            return Ok(Some((window, (format!("{key}#{number}"), exchange))));
        }
    }
}

impl Iterator for Unpacker {
    type Item = Result<(Option<Window>, Referenced), RawError>;

    fn next(&mut self) -> Option<Self::Item> {
        self.read().transpose()
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn unpacks_what_it_packs_whatever_the_bytes() {
        let slot: Slot = "2026-11-21T06Z".parse().unwrap();
        let window =
            Window { known: ["1".to_owned()].into(), ..Window::plain(slot.open_at(), slot.close_at()) };
        let mut exchanges = [&b"{\"a\":\"\\n\"}\n"[..], b"\xff\xfe\n\0", b""]
            .map(|body| Exchange::answered("s", "http://h/", body));
        exchanges[0].headers.insert("etag".to_owned(), "\"1\"".to_owned());
        exchanges[2].remainder = Some(vec![Entry::Gone("7".to_owned())]);
        let source = SourceId::new("x");
        let pack = || {
            let mut packer = Packer::new(&source, slot, &window);
            assert!(exchanges.iter().all(|exchange| packer.push(exchange).unwrap().is_none()));
            packer.finish().unwrap().unwrap()
        };
        let part = pack();
        assert_eq!((part.rows, &part.bytes), (3, &pack().bytes));
        let key = part.key.to_string();
        let lines: Vec<(Option<Window>, Referenced)> =
            Unpacker::new(&key, part.bytes.into()).unwrap().map(Result::unwrap).collect();
        assert_eq!(lines[0].0.as_ref(), Some(&window));
        for (number, (_, (raw_ref, exchange))) in lines.iter().enumerate() {
            assert_eq!(raw_ref, &format!("{key}#{}", number + 1));
            assert_eq!(exchange, &exchanges[number]);
        }
        let damaged = Unpacker::new("k", Bytes::from_static(b"junk")).unwrap().next().unwrap();
        assert!(damaged.unwrap_err().to_string().starts_with("k, line 0"));
    }
}
