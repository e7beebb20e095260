//! What goes from slot to slot: the first document of each kind of the last 24 hours, as hashes.

use std::collections::{BTreeMap, VecDeque};

use chrono::{DateTime, Duration, Utc};
use domain::Slot;
use domain::seen::Signature;

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
    /// The row of `seen.parquet` for it.
    pub fn to_row(&self, symbol: &str) -> domain::Seen {
        domain::Seen {
            symbol: symbol.to_owned(),
            key: self.key.clone(),
            at: DateTime::from_timestamp_micros(self.at).unwrap_or_default(),
            words: self.print.words,
            link: self.link,
            signature: Signature(self.print.sketch().to_vec()),
        }
    }

    /// The same from a row.
    pub fn from_row(row: domain::Seen) -> Self {
        let print = Print::from_parts(row.words, row.signature.0.into_iter());
        Self { key: row.key, at: row.at.timestamp_micros(), link: row.link, print }
    }
}

/// The rows that the split of `slot` leaves for the next one: those of all assets that are still young when it closes.
pub fn rows(slot: Slot, by_symbol: &BTreeMap<String, Vec<Seen>>) -> Vec<domain::Seen> {
    let oldest = oldest_kept(slot).timestamp_micros();
    let young = |(symbol, seen): (&String, &Vec<Seen>)| -> Vec<domain::Seen> {
        seen.iter().filter(|seen| seen.at > oldest).map(|seen| seen.to_row(symbol)).collect()
    };
    by_symbol.iter().flat_map(young).collect()
}

/// The representatives of each asset in the rows of an earlier slot.
pub fn by_symbol(rows: Vec<domain::Seen>) -> BTreeMap<String, Vec<Seen>> {
    let mut out: BTreeMap<String, Vec<Seen>> = BTreeMap::new();
    for row in rows {
        out.entry(row.symbol.clone()).or_default().push(Seen::from_row(row));
    }
    out
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
