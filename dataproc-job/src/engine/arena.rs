//! Rows in memory: their bytes one after the other, and where each stands, so that sorting moves only the latter.

use std::ops::Range;

use super::row::{Place, Row};

/// Bytes that an arena can address.
const MOST: usize = u32::MAX as usize;

#[derive(Debug, Clone, Copy)]
struct Entry {
    place: Place,
    start: u32,
    body: u32,
    id: u16,
}

/// Rows in memory.
#[derive(Debug, Default)]
pub(crate) struct Arena {
    bytes: Vec<u8>,
    entries: Vec<Entry>,
}

impl Arena {
    /// How many rows there are.
    pub(crate) fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether there are none.
    pub(crate) fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// The memory that the rows take.
    pub(crate) fn weight(&self) -> usize {
        self.bytes.len() + self.entries.len() * size_of::<Entry>()
    }

    /// Whether one more row would leave no room: more memory than `limit`, or more than can be addressed.
    pub(crate) fn is_full(&self, row: &Row<'_>, limit: usize) -> bool {
        let more = row.id.len() + row.body.len();
        self.weight() + more + size_of::<Entry>() > limit || self.bytes.len() + more > MOST
    }

    /// Takes a row; [`Arena::is_full`] says whether it can.
    pub(crate) fn push(&mut self, row: Row<'_>) {
        let start = self.bytes.len() as u32;
        self.bytes.extend_from_slice(row.id);
        self.bytes.extend_from_slice(row.body);
        let (body, id) = (row.body.len() as u32, row.id.len() as u16);
        self.entries.push(Entry { place: row.place, start, body, id });
    }

    /// Takes back the last row.
    pub(crate) fn pop(&mut self) {
        if let Some(entry) = self.entries.pop() {
            self.bytes.truncate(entry.start as usize);
        }
    }

    /// Forgets all rows, keeps the memory.
    pub(crate) fn clear(&mut self) {
        self.bytes.clear();
        self.entries.clear();
    }

    /// Puts the rows in order.
    pub(crate) fn sort(&mut self) {
        let bytes = &self.bytes;
        let id = |e: &Entry| &bytes[e.start as usize..e.start as usize + usize::from(e.id)];
        self.entries.sort_unstable_by(|a, b| a.place.cmp(&b.place).then_with(|| id(a).cmp(id(b))));
    }

    /// Row number `n`.
    pub(crate) fn row(&self, n: usize) -> Row<'_> {
        let Entry { place, start, body, id } = self.entries[n];
        let middle = start as usize + usize::from(id);
        Row {
            place,
            id: &self.bytes[start as usize..middle],
            body: &self.bytes[middle..middle + body as usize],
        }
    }

    /// All rows.
    pub(crate) fn rows(&self) -> impl Iterator<Item = Row<'_>> {
        (0..self.len()).map(|n| self.row(n))
    }

    /// The numbers of the rows of assets in `assets`; the arena is sorted.
    pub(crate) fn range(&self, assets: &Range<u32>) -> Range<usize> {
        let first = |asset: u32| self.entries.partition_point(|e| e.place.asset < asset);
        first(assets.start)..first(assets.end)
    }
}
