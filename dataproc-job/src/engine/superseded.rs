//! Documents that lie in several objects of one source: of the rows with one id, that collected last counts, and nothing of
//! the others, whichever assets these name. Of rows collected at the same instant it is that of the last object in the
//! order of keys, and in there the last row.
//!
//! Within an object the collector writes each document once, and it writes one object a source, so that there is nothing to
//! do. Where there are several, their footers say between which ids each lies; only objects that overlap are read before
//! all others, their ids twice, in as many rounds as memory asks for.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::hash::Hasher;
use std::path::Path;

use anyhow::Context;
use cloud::{Lake, LakeError, commit};
use domain::lake::RecordKind;
use domain::manifest::ObjectEntry;
use domain::{Article, Key, Post, Slot};
use futures::{StreamExt, TryStreamExt};
use rustc_hash::FxHasher;
use serde::{Deserialize, Serialize};
use tables::arrow::array::{Array, AsArray, RecordBatch};
use tables::arrow::datatypes::TimestampMicrosecondType;
use tables::raw::{self, Columns, Place, TextRange};

use super::reading::guarded;
use crate::read;

/// Bytes of a file's end that are fetched first; a footer is seldom longer.
const FOOTER: u64 = 64 << 10;

/// Footers that are fetched at the same time.
const AT_ONCE: usize = 16;

/// Ids that are held in memory at a time.
const IN_HAND: u64 = 2 << 20;

/// Rows that are decoded at a time.
const BATCH_ROWS: usize = 8_192;

/// Rows that do not count, since another object has a later version, by the key of their object; sorted.
#[derive(Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct Superseded(BTreeMap<String, Vec<u64>>);

impl Superseded {
    /// The rows of one object that do not count.
    pub(crate) fn of(&self, key: &str) -> Vec<u64> {
        self.0.get(key).cloned().unwrap_or_default()
    }

    /// Looks for them in `objects`; files lie in `folder` meanwhile. An object that cannot be read has none: reading it
    /// says what is wrong with it.
    ///
    /// # Errors
    /// The lake does not answer, or this machine fails.
    pub(crate) async fn find(
        lake: &dyn Lake,
        objects: &[ObjectEntry],
        folder: &Path,
    ) -> anyhow::Result<Self> {
        let mut found = Self::default();
        for ((kind, _), entries) in several(objects) {
            let ranges = futures::stream::iter(entries).map(|entry| range(lake, entry));
            let ranges: Vec<Option<Candidate<'_>>> = ranges.buffered(AT_ONCE).try_collect().await?;
            for group in overlapping(ranges.into_iter().flatten().collect()) {
                let mut opened = Vec::with_capacity(group.len());
                for entry in group {
                    let Some(file) = there(read::file(lake, entry, folder).await)? else { continue };
                    let wanted = &["id", "collected_at", "revision"];
                    let columns = guarded(|| match kind {
                        RecordKind::Article => Columns::open::<Article>(Place::Disk(file), wanted),
                        _ => Columns::open::<Post>(Place::Disk(file), wanted),
                    });
                    opened.extend(columns.ok().map(|columns| (entry.key.clone(), columns)));
                }
                // The order of keys decides between rows of one instant.
                opened.sort_by(|(a, _), (b, _)| a.cmp(b));
                let losers = tokio::task::spawn_blocking(move || losers(&opened, IN_HAND));
                found.0.extend(losers.await.context("comparing ids")?);
            }
        }
        Ok(found)
    }

    /// The same for one of a cluster's tasks: what the first has found lies in the lake for the others, next to what the
    /// slot writes. `records` is the manifest that lists `objects`.
    ///
    /// # Errors
    /// The lake or this machine fails.
    pub(crate) async fn shared(
        lake: &dyn Lake,
        slot: Slot,
        records: &ObjectEntry,
        objects: &[ObjectEntry],
        folder: &Path,
    ) -> anyhow::Result<Self> {
        if several(objects).is_empty() {
            return Ok(Self::default());
        }
        let digest = records.sha256.get(..16).unwrap_or(&records.sha256).to_owned();
        let key = Key::Superseded { slot, digest }.to_string();
        let known = lake.get(&key).await.with_context(|| format!("reading {key}"))?;
        if let Some(known) = known.and_then(|object| serde_json::from_slice(&object.bytes).ok()) {
            return Ok(known);
        }
        let found = Self::find(lake, objects, folder).await?;
        let bytes = serde_json::to_vec(&found).context("writing which rows are replaced")?;
        let rows = found.0.values().map(|rows| rows.len() as u64).sum();
        commit::put_object(lake, &key, bytes, rows).await.with_context(|| format!("writing {key}"))?;
        Ok(found)
    }
}

/// The objects with documents of each kind and source that has more than one.
fn several(objects: &[ObjectEntry]) -> BTreeMap<(RecordKind, String), Vec<&ObjectEntry>> {
    let mut by_source: BTreeMap<(RecordKind, String), Vec<&ObjectEntry>> = BTreeMap::new();
    for entry in objects {
        if let Some((kind, source)) = read::kind_and_source(&entry.key).filter(|(k, _)| *k != RecordKind::Bar)
        {
            by_source.entry((kind, source)).or_default().push(entry);
        }
    }
    by_source.retain(|_, entries| entries.len() > 1);
    by_source
}

/// An object and bounds of its ids.
struct Candidate<'a> {
    entry: &'a ObjectEntry,
    low: Vec<u8>,
    high: Vec<u8>,
}

/// What was read; nothing of an object that is gone or damaged, which reading it will say.
///
/// # Errors
/// The lake does not answer: what is not known now may be known to the next that asks, and results would differ.
fn there<T>(read: Result<T, LakeError>) -> Result<Option<T>, LakeError> {
    match read {
        Ok(read) => Ok(Some(read)),
        Err(error @ LakeError::Service { .. }) => Err(error),
        Err(_) => Ok(None),
    }
}

/// An object with the bounds of its ids; `None` where it has none or cannot be read.
async fn range<'e>(lake: &dyn Lake, entry: &'e ObjectEntry) -> Result<Option<Candidate<'e>>, LakeError> {
    let mut wanted = FOOTER;
    loop {
        let Some(Some(tail)) = there(lake.tail(&entry.key, wanted).await)? else { return Ok(None) };
        let found = guarded(|| raw::text_range(&tail, entry.bytes, "id"));
        return Ok(match found {
            Ok(TextRange::Between(low, high)) => Some(Candidate { entry, low, high }),
            // No text of UTF-8 comes after this.
            Ok(TextRange::Unknown) => Some(Candidate { entry, low: Vec::new(), high: vec![0xff] }),
            Ok(TextRange::Longer(bytes)) if bytes > wanted => {
                wanted = bytes;
                continue;
            }
            Ok(TextRange::Empty | TextRange::Longer(_)) | Err(_) => None,
        });
    }
}

/// Those that share ids with others, perhaps, in groups that share none.
fn overlapping(mut candidates: Vec<Candidate<'_>>) -> Vec<Vec<&ObjectEntry>> {
    candidates.sort_by(|a, b| (&a.low, &a.entry.key).cmp(&(&b.low, &b.entry.key)));
    let (mut groups, mut reach): (Vec<Vec<&ObjectEntry>>, Vec<u8>) = (Vec::new(), Vec::new());
    for candidate in candidates {
        match groups.last_mut() {
            Some(group) if candidate.low <= reach => group.push(candidate.entry),
            _ => groups.push(vec![candidate.entry]),
        }
        reach = reach.max(candidate.high);
    }
    groups.retain(|group| group.len() > 1);
    groups
}

/// The rows that do not count of files with ids, in the order of their keys; about `in_hand` ids are compared at a time.
fn losers(files: &[(String, Columns)], in_hand: u64) -> BTreeMap<String, Vec<u64>> {
    let rows: u64 = files.iter().flat_map(|(_, columns)| columns.groups()).map(|group| group.rows).sum();
    let rounds = rows.div_ceil(in_hand).max(1);
    let mut losers: BTreeMap<String, Vec<u64>> = BTreeMap::new();
    for round in 0..rounds {
        let mut hashes = Vec::new();
        each(files, &mut |_, _, id, _| {
            let hash = hash(id);
            if hash % rounds == round {
                hashes.push(hash);
            }
        });
        hashes.sort_unstable();
        let twice: HashSet<u64> =
            hashes.windows(2).filter(|two| two[0] == two[1]).map(|two| two[0]).collect();
        if twice.is_empty() {
            continue;
        }
        let mut last: HashMap<String, (i64, usize, u64)> = HashMap::new();
        each(files, &mut |file, row, id, collected_at| {
            if !twice.contains(&hash(id)) {
                return;
            }
            let this = (collected_at, file, row);
            let Some(known) = last.get_mut(id) else {
                last.insert(id.to_owned(), this);
                return;
            };
            let (_, file, row) = std::mem::replace(known, this.max(*known)).min(this);
            losers.entry(files[file].0.clone()).or_default().push(row);
        });
    }
    losers.values_mut().for_each(|rows| rows.sort_unstable());
    losers
}

fn hash(id: &str) -> u64 {
    let mut hasher = FxHasher::default();
    hasher.write(id.as_bytes());
    hasher.finish()
}

/// Gives file, row, id and instant of collection of all rows that count as said in the slot. A damaged group ends early.
fn each(files: &[(String, Columns)], take: &mut dyn FnMut(usize, u64, &str, i64)) {
    for (number, (_, columns)) in files.iter().enumerate() {
        let mut first = 0;
        for (index, group) in columns.groups().into_iter().enumerate() {
            let mut row = first;
            first += group.rows;
            let Ok(mut reader) = guarded(|| columns.read_leniently(index, BATCH_ROWS, 0)) else { continue };
            while let Ok(Some((batch, _))) = guarded(|| reader.next().transpose()) {
                rows(&batch, |n, id, collected_at| take(number, row + n, id, collected_at));
                row += batch.num_rows() as u64;
            }
        }
    }
}

fn rows(batch: &RecordBatch, mut take: impl FnMut(u64, &str, i64)) {
    let ids = batch.column_by_name("id").and_then(|c| c.as_string_opt::<i32>());
    let times = batch.column_by_name("collected_at");
    let times = times.and_then(|c| c.as_primitive_opt::<TimestampMicrosecondType>());
    let revisions = batch.column_by_name("revision").and_then(|c| c.as_boolean_opt());
    let (Some(ids), Some(times), Some(revisions)) = (ids, times, revisions) else { return };
    for row in 0..ids.len() {
        let id = ids.value(row);
        if !id.is_empty() && !revisions.value(row) {
            take(row as u64, id, times.value(row));
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use chrono::DateTime;

    use super::*;

    #[test]
    fn the_last_collected_counts_however_few_ids_fit_in_memory() {
        let file = |name: &str, rows: &[(&str, i64)]| {
            let post = |(id, at): &(&str, i64)| Post {
                id: (*id).to_owned(),
                collected_at: DateTime::from_timestamp_micros(*at).unwrap(),
                revision: *id == "r",
                ..Post::default()
            };
            let bytes = tables::encode(&rows.iter().map(post).collect::<Vec<_>>()).unwrap();
            let wanted = &["id", "collected_at", "revision"];
            (name.to_owned(), Columns::open::<Post>(Place::Memory(bytes.into()), wanted).unwrap())
        };
        let files = [
            file("a", &[("1", 5), ("2", 7), ("3", 1), ("", 1), ("r", 1), ("1", 6)]),
            file("b", &[("2", 6), ("3", 1), ("", 2), ("r", 2), ("4", 1), ("1", 6)]),
            file("c", &[("4", 2), ("5", 9), ("1", 4)]),
        ];
        let wanted = [("a", vec![0, 2, 5]), ("b", vec![0, 4]), ("c", vec![2])]
            .map(|(key, rows)| (key.to_owned(), rows));
        for in_hand in [1, 3, 5, IN_HAND] {
            assert_eq!(losers(&files, in_hand), wanted.clone().into());
        }
    }

    #[test]
    fn only_objects_whose_ids_overlap_are_compared() {
        let entry = |name: &str| ObjectEntry::of(name, b"", 0);
        let entries = ["a", "b", "c", "d", "e"].map(entry);
        let bounds = [("1", "3"), ("3", "5"), ("6", "7"), ("8", "9"), ("85", "86")];
        let candidates = entries.iter().zip(bounds).map(|(entry, (low, high))| Candidate {
            entry,
            low: low.into(),
            high: high.into(),
        });
        let groups = overlapping(candidates.collect());
        let keys: Vec<Vec<&str>> =
            groups.iter().map(|group| group.iter().map(|entry| entry.key.as_str()).collect()).collect();
        assert_eq!(keys, [["a", "b"], ["d", "e"]]);
    }
}
