//! What goes from slot to slot: the first document of each kind of the last 24 hours, as hashes.

use std::collections::VecDeque;

use chrono::{DateTime, Duration, Utc};
use domain::Slot;

use super::near::First;
use super::{Document, Kind, Print, hash};

/// Representatives of an asset that go on to the next slot; the newest.
pub const MOST: usize = 2_000;
/// How long one is remembered, from when it was written.
const HOURS: i64 = 24;

/// The first document of its kind about one asset.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    /// `source/id`.
    pub key: String,
    /// When it was written, in microseconds since 1970 (UTC).
    pub at: i64,
    /// Hash of its link.
    pub(super) link: Option<u64>,
    /// Its fingerprint.
    pub(super) print: Print,
}

impl Seen {
    /// One from its parts; `signature` are the smallest hashes of its pairs of words, four bytes each, the lowest first.
    pub fn new(key: String, at: i64, words: u64, link: Option<u64>, signature: &[u8]) -> Self {
        let hashes = signature.as_chunks::<4>().0.iter().map(|hash| u32::from_le_bytes(*hash));
        Self { key, at, link, print: Print::from_parts(words, hashes) }
    }

    /// Hash of its words; 0 for a text without any.
    pub fn words(&self) -> u64 {
        self.print.words
    }

    /// Hash of its link.
    pub fn link(&self) -> Option<u64> {
        self.link
    }

    /// The smallest hashes of its pairs of words, as [`Seen::new`] takes them.
    pub fn signature(&self) -> Vec<u8> {
        self.print.sketch().iter().flat_map(|hash| hash.to_le_bytes()).collect()
    }

    /// Writes it as bytes for [`Seen::read`].
    pub fn write(&self, out: &mut Vec<u8>) {
        let sketch = self.print.sketch();
        out.extend_from_slice(&self.at.to_le_bytes());
        out.extend_from_slice(&self.words().to_le_bytes());
        out.push(u8::from(self.link.is_some()));
        out.extend_from_slice(&self.link.unwrap_or_default().to_le_bytes());
        out.extend_from_slice(&(self.key.len() as u32).to_le_bytes());
        out.extend_from_slice(self.key.as_bytes());
        out.extend_from_slice(&(size_of_val(sketch) as u32).to_le_bytes());
        sketch.iter().for_each(|hash| out.extend_from_slice(&hash.to_le_bytes()));
    }

    /// Reads one from the start of `bytes`, which then begin with the next; `None` where there is none.
    pub fn read(bytes: &mut &[u8]) -> Option<Self> {
        let SeenBytes { key, at, words, link, signature } = SeenBytes::read(bytes)?;
        Some(Self::new(key.to_owned(), at, words, link, signature))
    }
}

/// One that lies in the bytes that [`Seen::write`] wrote.
#[derive(Debug, Clone, Copy)]
pub struct SeenBytes<'a> {
    /// `source/id`.
    pub key: &'a str,
    /// When it was written, in microseconds since 1970 (UTC).
    pub at: i64,
    /// Hash of its words.
    pub words: u64,
    /// Hash of its link.
    pub link: Option<u64>,
    /// The smallest hashes of its pairs of words, as [`Seen::new`] takes them.
    pub signature: &'a [u8],
}

impl<'a> SeenBytes<'a> {
    /// Finds one at the start of `bytes`, which then begin with the next; `None` where there is none.
    pub fn read(bytes: &mut &'a [u8]) -> Option<Self> {
        let mut take = |n: usize| bytes.split_off(..n);
        let at = i64::from_le_bytes(take(8)?.try_into().ok()?);
        let words = u64::from_le_bytes(take(8)?.try_into().ok()?);
        let has_link = take(1)? == [1];
        let link = u64::from_le_bytes(take(8)?.try_into().ok()?);
        let mut text = || {
            let length = u32::from_le_bytes(take(4)?.try_into().ok()?);
            take(length as usize)
        };
        let (key, signature) = (text()?, text()?);
        let key = std::str::from_utf8(key).ok()?;
        Some(Self { key, at, words, link: has_link.then_some(link), signature })
    }
}

/// What is older is not remembered when `slot` closes.
pub fn oldest_kept(slot: Slot) -> DateTime<Utc> {
    slot.close_at() - Duration::hours(HOURS)
}

/// One of the newest representatives of this slot.
pub(super) struct New {
    /// Its number.
    pub(super) row: u32,
    /// Serial number of its print among the representatives.
    pub(super) serial: u32,
    link: Option<u64>,
    key: String,
}

impl New {
    pub(super) fn into_seen(self, first: &First) -> Seen {
        Seen { key: self.key, at: first.at, link: self.link, print: first.print }
    }
}

/// The newest representatives of this slot. Posts and articles come one after the other, so each kind has its own queue.
#[derive(Default)]
pub(super) struct Newest {
    posts: VecDeque<New>,
    articles: VecDeque<New>,
}

impl Newest {
    pub(super) fn push(&mut self, document: &Document<'_>, row: u32, serial: u32, link: Option<u64>) {
        let queue = if document.kind == Kind::Post { &mut self.posts } else { &mut self.articles };
        // The text of the one that leaves is written over: no allocation for each document.
        let mut key = if queue.len() < MOST {
            String::with_capacity(document.source.len() + document.id.len() + 1)
        } else {
            queue.pop_front().map(|new| new.key).unwrap_or_default()
        };
        key.clear();
        key.push_str(document.source);
        key.push('/');
        key.push_str(document.id);
        queue.push_back(New { row, serial, link, key });
    }

    pub(super) fn into_iter(self) -> impl Iterator<Item = New> {
        self.posts.into_iter().chain(self.articles)
    }
}

/// The newest [`MOST`] of all, the oldest of them first.
pub(super) fn newest(mut all: Vec<Seen>) -> Vec<Seen> {
    all.sort_unstable_by(|a, b| (a.at, &a.key).cmp(&(b.at, &b.key)));
    all.dedup_by(|a, b| a.key == b.key);
    let too_many = all.len().saturating_sub(MOST);
    all.drain(..too_many);
    all
}

/// The hash by which a key of an earlier slot is found.
pub(super) fn key_hash(key: &str) -> Option<u64> {
    key.split_once('/').map(|(source, id)| hash::name(source, id))
}
