//! Rows in memory: their bytes one after the other, and where each stands, so that sorting moves only the latter.
//!
//! The bytes lie in chunks, so that no byte is moved and no memory taken twice when an arena grows.

use std::ops::Range;

use super::row::{Place, Row};

/// Bytes of a chunk; a row that is larger has one of its own. So large that glibc gives it back to the system when it is freed
/// (32 MB are the most that it keeps); what has not been written to takes no memory.
const CHUNK: usize = 40 << 20;
/// Chunks that an arena can address.
const MOST: usize = u16::MAX as usize;

#[derive(Debug, Clone, Copy)]
struct Entry {
    place: Place,
    start: u32,
    body: u32,
    id: u16,
    chunk: u16,
}

/// Rows in memory.
#[derive(Debug, Default)]
pub(crate) struct Arena {
    /// Those after number `current` are empty, and kept for later.
    chunks: Vec<String>,
    current: usize,
    /// Bytes in all of them.
    bytes: usize,
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
        self.bytes + self.entries.len() * size_of::<Entry>()
    }

    /// Whether one more row would leave no room: more memory than `limit`, or more than can be addressed.
    pub(crate) fn is_full(&self, row: &Row<'_>, limit: usize) -> bool {
        let more = row.id.len() + row.body.len();
        self.weight() + more + size_of::<Entry>() > limit || self.current + 1 >= MOST
    }

    /// Takes a row; [`Arena::is_full`] says whether it can.
    pub(crate) fn push(&mut self, row: Row<'_>) {
        let more = row.id.len() + row.body.len();
        if self.chunks.is_empty() {
            self.chunks.push(String::with_capacity(CHUNK.max(more)));
        }
        let room = |chunk: &String| chunk.capacity() - chunk.len();
        if room(&self.chunks[self.current]) < more {
            self.current += 1;
            if self.chunks.get(self.current).is_none_or(|next| room(next) < more) {
                self.chunks.insert(self.current, String::with_capacity(CHUNK.max(more)));
            }
        }
        let chunk = &mut self.chunks[self.current];
        let start = chunk.len() as u32;
        chunk.push_str(row.id);
        chunk.push_str(row.body);
        self.bytes += more;
        let (body, id) = (row.body.len() as u32, row.id.len() as u16);
        self.entries.push(Entry { place: row.place, start, body, id, chunk: self.current as u16 });
    }

    /// Takes back the last row.
    pub(crate) fn pop(&mut self) {
        if let Some(entry) = self.entries.pop() {
            self.bytes -= usize::from(entry.id) + entry.body as usize;
            self.current = usize::from(entry.chunk);
            self.chunks[self.current].truncate(entry.start as usize);
        }
    }

    /// Forgets all rows, keeps the memory.
    pub(crate) fn clear(&mut self) {
        self.chunks.iter_mut().for_each(String::clear);
        (self.current, self.bytes) = (0, 0);
        self.entries.clear();
    }

    /// Puts the rows in order.
    pub(crate) fn sort(&mut self) {
        let chunks = &self.chunks;
        let id =
            |e: &Entry| &chunks[usize::from(e.chunk)].as_bytes()[e.start as usize..][..usize::from(e.id)];
        self.entries.sort_unstable_by(|a, b| a.place.cmp(&b.place).then_with(|| id(a).cmp(id(b))));
    }

    /// Row number `n`.
    pub(crate) fn row(&self, n: usize) -> Row<'_> {
        let Entry { place, start, body, id, chunk } = self.entries[n];
        let text = &self.chunks[usize::from(chunk)][start as usize..];
        let (id, text) = text.split_at(usize::from(id));
        Row { place, id, body: &text[..body as usize] }
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::row::RowKind;

    fn row<'a>(at: i64, id: &'a str, body: &'a str) -> Row<'a> {
        Row { place: Place { asset: 1, kind: RowKind::Post, at, source: 0 }, id, body }
    }

    #[test]
    fn rows_of_any_size_come_back_in_order() {
        let large = "x".repeat(CHUNK + 1);
        let half = "y".repeat(CHUNK / 2 + 1);
        let mut arena = Arena::default();
        for _ in 0..2 {
            let rows = [row(3, "c", &half), row(1, "b", ""), row(1, "a", &large), row(2, "d", &half)];
            rows.iter().for_each(|row| arena.push(*row));
            arena.push(row(0, "gone", &large));
            arena.pop();
            assert_eq!(arena.len(), 4);
            let said: usize = rows.iter().map(|row| row.id.len() + row.body.len()).sum();
            assert_eq!(arena.weight(), said + 4 * size_of::<Entry>());
            arena.sort();
            let got: Vec<(&str, usize)> = arena.rows().map(|row| (row.id, row.body.len())).collect();
            assert_eq!(got, [("a", large.len()), ("b", 0), ("d", half.len()), ("c", half.len())]);
            assert!(arena.rows().all(|row| row.body.bytes().all(|b| matches!(b, b'x' | b'y'))));
            // With the same memory once more.
            arena.clear();
            assert!(arena.is_empty() && arena.weight() == 0);
        }
    }
}
