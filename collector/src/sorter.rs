//! Sorting more rows than memory holds: full buffers are sorted and written to this machine's disk, and merged when read.

use std::cmp::Ordering;
use std::collections::VecDeque;
use std::fs::File;
use std::io::{self, BufReader, BufWriter, Read, Seek, SeekFrom, Write};

use serde::Serialize;
use serde::de::DeserializeOwned;

/// A buffer is written out once its rows weigh so many bytes.
const BUFFER_BYTES: usize = 6 << 20;

/// So many runs at most lie beside each other; then they are merged into one, so that files stay few.
const RUNS: usize = 48;

/// How two rows compare.
pub type Order<T> = fn(&T, &T) -> Ordering;

/// Takes rows in any order.
pub struct Sorter<T> {
    order: Order<T>,
    weigh: fn(&T) -> usize,
    buffer: Vec<T>,
    bytes: usize,
    runs: Vec<File>,
}

impl<T: Serialize + DeserializeOwned> Sorter<T> {
    /// An empty sorter; `weigh` tells about how many bytes a row takes.
    pub fn new(order: Order<T>, weigh: fn(&T) -> usize) -> Self {
        Self { order, weigh, buffer: Vec::new(), bytes: 0, runs: Vec::new() }
    }

    /// Takes one row.
    ///
    /// # Errors
    /// This machine's disk is full or fails.
    pub fn push(&mut self, row: T) -> io::Result<()> {
        self.bytes += (self.weigh)(&row);
        self.buffer.push(row);
        if self.bytes < BUFFER_BYTES {
            return Ok(());
        }
        self.buffer.sort_by(self.order);
        self.bytes = 0;
        let rows = std::mem::take(&mut self.buffer);
        self.runs.push(write_run(rows.into_iter().map(Ok))?);
        if self.runs.len() >= RUNS {
            let runs = std::mem::take(&mut self.runs);
            let merged = Sorted::new(self.order, runs, Vec::new())?;
            self.runs.push(write_run(merged)?);
        }
        Ok(())
    }

    /// The rows in order; those that compare equal come as they were pushed.
    ///
    /// # Errors
    /// This machine's disk fails.
    pub fn finish(mut self) -> io::Result<Sorted<T>> {
        self.buffer.sort_by(self.order);
        Sorted::new(self.order, self.runs, self.buffer)
    }
}

fn write_run<T: Serialize>(rows: impl Iterator<Item = io::Result<T>>) -> io::Result<File> {
    let mut writer = zstd::Encoder::new(BufWriter::new(tempfile::tempfile()?), 1)?;
    for row in rows {
        let bytes = postcard::to_stdvec(&row?).map_err(io::Error::other)?;
        writer.write_all(&(bytes.len() as u32).to_le_bytes())?;
        writer.write_all(&bytes)?;
    }
    let mut file = writer.finish()?.into_inner().map_err(io::IntoInnerError::into_error)?;
    file.seek(SeekFrom::Start(0))?;
    Ok(file)
}

/// Where rows come from: a run on disk, or what is still in memory.
enum Run<T> {
    Disk(Box<zstd::Decoder<'static, BufReader<File>>>),
    Memory(VecDeque<T>),
}

impl<T: DeserializeOwned> Run<T> {
    fn next(&mut self) -> io::Result<Option<T>> {
        match self {
            Self::Memory(rows) => Ok(rows.pop_front()),
            Self::Disk(reader) => {
                let mut length = [0; 4];
                match reader.read_exact(&mut length) {
                    Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(None),
                    other => other?,
                }
                let mut bytes = vec![0; u32::from_le_bytes(length) as usize];
                reader.read_exact(&mut bytes)?;
                postcard::from_bytes(&bytes).map(Some).map_err(io::Error::other)
            }
        }
    }
}

/// Rows in order.
pub struct Sorted<T> {
    order: Order<T>,
    /// Each run with its next row.
    runs: Vec<(Run<T>, Option<T>)>,
}

impl<T: DeserializeOwned> Sorted<T> {
    fn new(order: Order<T>, files: Vec<File>, memory: Vec<T>) -> io::Result<Self> {
        let mut runs = Vec::with_capacity(files.len() + 1);
        for file in files {
            let mut run = Run::Disk(Box::new(zstd::Decoder::new(file)?));
            let first = run.next()?;
            runs.push((run, first));
        }
        let mut run = Run::Memory(memory.into());
        let first = run.next()?;
        runs.push((run, first));
        Ok(Self { order, runs })
    }
}

impl<T: DeserializeOwned> Iterator for Sorted<T> {
    type Item = io::Result<T>;

    fn next(&mut self) -> Option<Self::Item> {
        let mut least: Option<usize> = None;
        for (index, (_, row)) in self.runs.iter().enumerate() {
            let Some(row) = row else { continue };
            // Of equal rows the one of the earlier run was pushed first.
            let is_less = least
                .and_then(|least| self.runs[least].1.as_ref())
                .is_none_or(|best| (self.order)(row, best) == Ordering::Less);
            if is_less {
                least = Some(index);
            }
        }
        let (run, row) = &mut self.runs[least?];
        match run.next() {
            Ok(next) => std::mem::replace(row, next).map(Ok),
            Err(error) => Some(Err(error)),
        }
    }
}

/// Rows of which neighbours that `same` takes for the same thing are merged into one.
pub struct Merged<I: Iterator, T> {
    rows: I,
    waiting: Option<T>,
    same: fn(&T, &T) -> bool,
    merge: fn(T, T) -> T,
}

/// Merges neighbours: `merge` gets the earlier and the later one.
pub fn merged<T, I: Iterator<Item = io::Result<T>>>(
    rows: I,
    same: fn(&T, &T) -> bool,
    merge: fn(T, T) -> T,
) -> Merged<I, T> {
    Merged { rows, waiting: None, same, merge }
}

impl<T, I: Iterator<Item = io::Result<T>>> Iterator for Merged<I, T> {
    type Item = io::Result<T>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            match (self.rows.next(), self.waiting.take()) {
                (None, last) => return last.map(Ok),
                (Some(Err(error)), _) => return Some(Err(error)),
                (Some(Ok(row)), None) => self.waiting = Some(row),
                (Some(Ok(row)), Some(before)) if (self.same)(&before, &row) => {
                    self.waiting = Some((self.merge)(before, row));
                }
                (Some(Ok(row)), Some(before)) => {
                    self.waiting = Some(row);
                    return Some(Ok(before));
                }
            }
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn by_first(a: &(u16, u32), b: &(u16, u32)) -> Ordering {
        a.0.cmp(&b.0)
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(40))]

        /// Whether rows fit into memory or go through many runs, the outcome is that of a stable sort.
        #[test]
        fn equals_a_stable_sort(keys in proptest::collection::vec(0u16..50, 0..400), weight in 1usize..3) {
            let rows: Vec<(u16, u32)> = keys.into_iter().zip(0..).collect();
            // Each row weighs a good part of a buffer, so that runs are many.
            let weigh: fn(&(u16, u32)) -> usize = if weight == 1 { |_| 100 } else { |_| BUFFER_BYTES / 3 + 1 };
            let mut sorter = Sorter::new(by_first, weigh);
            for row in &rows {
                sorter.push(*row).unwrap();
            }
            let sorted: Vec<(u16, u32)> = sorter.finish().unwrap().map(Result::unwrap).collect();
            let mut expected = rows;
            expected.sort_by(by_first);
            prop_assert_eq!(sorted, expected);
        }
    }

    #[test]
    fn neighbours_are_merged() {
        let rows = [1, 1, 2, 3, 3, 3].map(|n| Ok((n, 1)));
        let counted: Vec<(i32, i32)> = merged(rows.into_iter(), |a, b| a.0 == b.0, |a, b| (a.0, a.1 + b.1))
            .map(Result::unwrap)
            .collect();
        assert_eq!(counted, [(1, 2), (2, 1), (3, 3)]);
    }
}
