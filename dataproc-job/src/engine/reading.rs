//! Decodes records: objects are fetched a few at a time, their groups of rows decoded and mapped by all threads.

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::pin::pin;
use std::sync::Arc;

use cloud::Lake;
use domain::lake::RecordKind;
use domain::manifest::ObjectEntry;
use domain::{Article, Bar, Post};
use futures::{StreamExt, stream};
use rustc_hash::FxHashMap;
use tables::TableError;
use tables::arrow::array::RecordBatch;
use tables::raw::{self, Columns, NoText};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::columns::{self, Articles, Posts};
use super::frame::Frame;
use super::mapper::{Input, Mapper, Origin, Sink, Void};
use super::queue::{Queue, Work};
use super::superseded::Superseded;
use super::tally::Tally;
use crate::read;

/// Rows that are decoded at a time, where they are of usual length.
const BATCH_ROWS: u64 = 8_192;

/// Bytes that are decoded at a time, about.
const BATCH_BYTES: u64 = 8 << 20;

/// Objects that are fetched, and compared with their digests, at the same time.
const AT_ONCE: usize = 4;

/// Megabytes of objects that wait in memory; one that is larger has it for itself.
const ROOM: u32 = 128;

/// Groups up to this size are searched for rows that come twice; what the collector writes has none.
const SEARCHED: u64 = 64 << 20;

/// What to do about a damaged object.
const ADVICE: &str = "run the collector again for this slot";

/// An object whose footer has been read.
pub(crate) struct Opened {
    columns: Columns,
    origin: Origin,
    number: usize,
    /// Rows that rows of other objects replace, sorted.
    superseded: Vec<u64>,
    _room: OwnedSemaphorePermit,
}

impl Opened {
    /// Those from row `from` up to `to`, counted from `from`.
    fn superseded(&self, from: u64, to: u64) -> Vec<usize> {
        let at = |row: u64| self.superseded.partition_point(|known| *known < row);
        self.superseded[at(from)..at(to)].iter().map(|row| (row - from) as usize).collect()
    }
}

/// A group of rows of an object.
pub(crate) struct Group {
    object: Arc<Opened>,
    index: usize,
    size: raw::Group,
    first: u64,
}

/// Decoded rows of an object.
pub(crate) struct Batch {
    object: Arc<Opened>,
    rows: RecordBatch,
    first: u64,
    void: Void,
}

/// What waits to be decoded and mapped.
pub(crate) type Reading = Queue<Group, Batch>;

/// What became of each object, by its number.
pub(crate) type Tallies = BTreeMap<usize, Tally>;

/// Adds what became of other parts of objects.
pub(crate) fn add(tallies: &mut Tallies, others: Tallies) {
    for (number, tally) in others {
        tallies.entry(number).or_default().add(tally);
    }
}

/// Fetches `objects` into `queue`, without the rows that are `superseded`, and closes it; returns what cannot be read at all.
/// Every object has a tally.
pub(crate) async fn feed(
    lake: &dyn Lake,
    frame: &Frame,
    objects: &[ObjectEntry],
    superseded: &Superseded,
    folder: &Path,
    queue: &Reading,
) -> Tallies {
    let room = Arc::new(Semaphore::new(ROOM as usize));
    let mut tallies: Tallies = (0..objects.len()).map(|number| (number, Tally::default())).collect();
    let known = objects.iter().enumerate().filter_map(|(number, entry)| {
        let (kind, source) = read::kind_and_source(&entry.key)?;
        Some((number, entry, Origin { key: entry.key.clone(), source: frame.source(&source)?, kind }))
    });
    let opening = stream::iter(known).map(|(number, entry, origin)| {
        let room = Arc::clone(&room);
        async move {
            let megabytes = u32::try_from(entry.bytes >> 20).unwrap_or(ROOM).clamp(1, ROOM);
            // The semaphore is never closed.
            let permit = room.acquire_many_owned(megabytes).await.ok()?;
            let superseded = superseded.of(&entry.key);
            Some((number, open(lake, entry, origin, number, superseded, folder, permit).await))
        }
    });
    let mut opened = pin!(opening.buffer_unordered(AT_ONCE));
    while let Some(object) = opened.next().await {
        match object {
            Some((_, Ok(groups))) => queue.add(groups),
            Some((number, Err(problem))) => {
                tallies.entry(number).or_default().problems.insert(problem);
            }
            None => {}
        }
    }
    queue.close();
    tallies
}

async fn open(
    lake: &dyn Lake,
    entry: &ObjectEntry,
    origin: Origin,
    number: usize,
    superseded: Vec<u64>,
    folder: &Path,
    room: OwnedSemaphorePermit,
) -> Result<Vec<Group>, String> {
    let key = &entry.key;
    let place = read::object(lake, entry, folder).await.map_err(|e| e.to_string())?;
    let wanted = columns::names(origin.kind);
    let opened = guarded(|| match origin.kind {
        RecordKind::Post => Columns::open::<Post>(place, wanted),
        RecordKind::Article => Columns::open::<Article>(place, wanted),
        _ => Columns::open::<Bar>(place, wanted),
    });
    let columns = opened.map_err(|e| format!("{key}: {e}: {ADVICE}"))?;
    let sizes = columns.groups();
    let object = Arc::new(Opened { columns, origin, number, superseded, _room: room });
    let mut first = 0;
    let group = |(index, size): (usize, raw::Group)| {
        let group = Group { object: Arc::clone(&object), index, size, first };
        first += size.rows;
        group
    };
    Ok(sizes.into_iter().enumerate().map(group).collect())
}

/// Decodes and maps until nothing is left to do; each thread calls it once. Returns what became of the objects.
///
/// # Errors
/// `sink` takes no more.
pub(crate) fn work(
    queue: &Reading,
    mapper: &mut Mapper<'_>,
    sink: &mut impl Sink,
) -> anyhow::Result<Tallies> {
    let mut tallies = Tallies::new();
    let done = run(queue, mapper, sink, &mut tallies);
    if done.is_err() {
        queue.stop();
    }
    done.map(|()| tallies)
}

fn run(
    queue: &Reading,
    mapper: &mut Mapper<'_>,
    sink: &mut impl Sink,
    tallies: &mut Tallies,
) -> anyhow::Result<()> {
    while let Some(work) = queue.next() {
        match work {
            Work::Take(batch) => take(&batch, mapper, sink, tallies)?,
            Work::Decode(group, decoding) => {
                let mut batches = Batches::new(&group);
                while let Some(batch) = batches.next(tallies) {
                    if let Some(batch) = queue.offer(batch) {
                        take(&batch, mapper, sink, tallies)?;
                    }
                }
                drop(decoding);
            }
        }
    }
    Ok(())
}

fn take(
    batch: &Batch,
    mapper: &mut Mapper<'_>,
    sink: &mut impl Sink,
    tallies: &mut Tallies,
) -> anyhow::Result<()> {
    let tally = tallies.entry(batch.object.number).or_default();
    let origin = &batch.object.origin;
    mapper.batch(&batch.rows, &mut Input { origin, first: batch.first, void: &batch.void, tally, sink })
}

type Decoder = Box<dyn Iterator<Item = Result<(RecordBatch, Vec<NoText>), TableError>>>;

/// The batches of a group, one after the other. What is damaged is a problem of its object; what comes before it counts.
struct Batches<'g> {
    group: &'g Group,
    reader: Option<Decoder>,
    /// Whether texts that are no UTF-8 are expected, which the usual way of decoding does not survive.
    lenient: bool,
    next_row: u64,
    /// All batches of the group with their first rows, where it is searched for rows that come twice.
    searched: Option<std::vec::IntoIter<Batch>>,
}

impl<'g> Batches<'g> {
    fn new(group: &'g Group) -> Self {
        Self { group, reader: None, lenient: false, next_row: group.first, searched: None }
    }

    fn next(&mut self, tallies: &mut Tallies) -> Option<Batch> {
        if self.group.size.bytes > SEARCHED || self.group.object.origin.kind == RecordKind::Bar {
            return self.decoded(tallies);
        }
        if self.searched.is_none() {
            let mut all: Vec<Batch> = std::iter::from_fn(|| self.decoded(tallies)).collect();
            search(&mut all);
            self.searched = Some(all.into_iter());
        }
        self.searched.as_mut()?.next()
    }

    fn decoded(&mut self, tallies: &mut Tallies) -> Option<Batch> {
        let Group { object, size, first, .. } = self.group;
        let end = first + size.rows;
        loop {
            if self.next_row >= end && self.reader.is_none() {
                return None;
            }
            match self.decode() {
                Ok(decoded) => {
                    let (rows, no_text) = decoded?;
                    let first = self.next_row;
                    self.next_row += rows.num_rows() as u64;
                    let void = Void { repeated: object.superseded(first, self.next_row), no_text };
                    return Some(Batch { object: Arc::clone(object), rows, first, void });
                }
                // Perhaps it is only a text: then the others can be had.
                Err(_) if !self.lenient => (self.lenient, self.reader) = (true, None),
                Err(error) => {
                    let problem = format!(
                        "{}, row {}: {error}: the rest of its group of {} rows is left out; {ADVICE}",
                        object.origin.key, self.next_row, size.rows
                    );
                    tallies.entry(object.number).or_default().problems.insert(problem);
                    // Nothing after it can be trusted.
                    (self.next_row, self.reader) = (end, None);
                    return None;
                }
            }
        }
    }

    /// The next batch; nothing at the group's end.
    fn decode(&mut self) -> Result<Option<(RecordBatch, Vec<NoText>)>, String> {
        let Group { object, index, size, first } = self.group;
        let reader = match &mut self.reader {
            Some(reader) => reader,
            None => {
                let each = (size.bytes / size.rows.max(1)).max(1);
                let batch_rows = (BATCH_BYTES / each).clamp(1, BATCH_ROWS) as usize;
                let skip = (self.next_row - first) as usize;
                let opened = guarded(|| -> Result<Decoder, TableError> {
                    if self.lenient {
                        return Ok(Box::new(object.columns.read_leniently(*index, batch_rows, skip)?));
                    }
                    let reader = object.columns.read(*index, batch_rows, skip)?;
                    Ok(Box::new(reader.map(|batch| Ok((batch?, Vec::new())))))
                });
                self.reader.insert(opened?)
            }
        };
        guarded(|| reader.next().transpose())
    }
}

/// What a decoder that gives up on damaged bytes leaves behind is an error like any other.
pub(crate) fn guarded<T, E: std::fmt::Display>(decode: impl FnOnce() -> Result<T, E>) -> Result<T, String> {
    match catch_unwind(AssertUnwindSafe(decode)) {
        Ok(done) => done.map_err(|e| e.to_string()),
        Err(_) => Err("damaged beyond what the decoder can tell".to_owned()),
    }
}

/// Of rows with the same id, all but the one collected last are repeated.
fn search(batches: &mut [Batch]) {
    let mut repeated: Vec<(usize, usize)> = Vec::new();
    {
        let rows = batches.iter().map(|batch| batch.rows.num_rows()).sum();
        let mut known: FxHashMap<&str, (i64, usize, usize)> = FxHashMap::default();
        known.reserve(rows);
        for (n, batch) in batches.iter().enumerate() {
            let columns = match batch.object.origin.kind {
                RecordKind::Article => Articles::of(&batch.rows).map(|a| (a.id, a.collected_at, a.revision)),
                _ => Posts::of(&batch.rows).map(|p| (p.id, p.collected_at, p.revision)),
            };
            let Ok((ids, collected_at, revision)) = columns else { return };
            for (row, id) in ids.iter().enumerate() {
                // Rows without an id are refused, each for itself.
                let id = id.unwrap_or_default();
                if id.is_empty() || revision.value(row) {
                    continue;
                }
                let this = (collected_at.value(row), n, row);
                match known.entry(id) {
                    std::collections::hash_map::Entry::Vacant(entry) => {
                        entry.insert(this);
                    }
                    std::collections::hash_map::Entry::Occupied(mut entry) => {
                        let (winner, loser) =
                            if this >= *entry.get() { (this, *entry.get()) } else { (*entry.get(), this) };
                        entry.insert(winner);
                        repeated.push((loser.1, loser.2));
                    }
                }
            }
        }
    }
    for (batch, row) in repeated {
        batches[batch].void.repeated.push(row);
    }
    for batch in batches {
        batch.void.repeated.sort_unstable();
        batch.void.repeated.dedup();
    }
}
