//! Rows that memory has no room for: sorted runs of compressed blocks in unnamed files of this machine.
//!
//! A run's blocks are compressed each by itself and found by the first asset in them, so that a part of a run can be read
//! without the rest.

use std::fs::File;
use std::io::{self, Write};
use std::ops::Range;
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::sync::Arc;

use anyhow::Context;
use zstd::bulk::{Compressor, Decompressor};

use super::arena::Arena;
use super::block::{At, RowBlock};
use super::mapper::Sink;
use super::row::Row;

/// Bytes of rows in one block, before compression.
const BLOCK: usize = 64 << 10;

/// Compression that costs less time than it saves in writing.
const LEVEL: i32 = -3;

/// What one thread's rows of an asset weigh.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Size {
    /// Rows.
    pub(crate) rows: u64,
    /// Memory that they take.
    pub(crate) bytes: u64,
}

/// One sorted run.
pub(crate) enum Run {
    /// In memory.
    Memory(Arena),
    /// In a file.
    Disk(DiskRun),
}

/// One sorted run in a file that it may share with others.
pub(crate) struct DiskRun {
    file: Arc<File>,
    blocks: Vec<Block>,
}

struct Block {
    at: u64,
    stored: u32,
    raw: u32,
    first: u32,
}

/// Takes one thread's rows; full arenas go to disk.
pub(crate) struct Spill<'a> {
    arena: Arena,
    /// What the arena may take before anything has gone to disk.
    first_limit: usize,
    /// The same afterwards.
    limit: usize,
    folder: &'a Path,
    file: Option<Arc<File>>,
    written: u64,
    runs: Vec<Run>,
    sizes: Vec<Size>,
}

/// What a thread has taken.
pub(crate) struct Spilled {
    /// Its runs.
    pub(crate) runs: Vec<Run>,
    /// By asset.
    pub(crate) sizes: Vec<Size>,
    /// Bytes written to disk.
    pub(crate) written: u64,
}

impl<'a> Spill<'a> {
    /// Takes rows of `assets` assets with at most `limit` bytes of memory, or half as much again while that spares the disk
    /// altogether: rows that stay in memory need no room of their own when they are merged.
    pub(crate) fn new(folder: &'a Path, limit: usize, assets: usize) -> Self {
        Self {
            arena: Arena::default(),
            first_limit: limit + limit / 2,
            limit,
            folder,
            file: None,
            written: 0,
            runs: Vec::new(),
            sizes: vec![Size::default(); assets],
        }
    }

    /// Sorts what is in memory and writes it to disk.
    ///
    /// # Errors
    /// The disk is full or fails.
    fn spill(&mut self) -> anyhow::Result<()> {
        let file = match &self.file {
            Some(file) => Arc::clone(file),
            None => {
                let file = tempfile::tempfile_in(self.folder).with_context(|| {
                    format!("{}: name another folder with --spill", self.folder.display())
                })?;
                Arc::clone(self.file.insert(Arc::new(file)))
            }
        };
        self.arena.sort();
        let run = write_run(&file, &mut self.written, self.arena.rows()).with_context(|| {
            format!(
                "writing to {}: free space there or name another folder with --spill",
                self.folder.display()
            )
        })?;
        self.runs.push(Run::Disk(run));
        if self.runs.len() == 1 {
            // The first arena was larger than the others may be.
            self.arena = Arena::default();
        } else {
            self.arena.clear();
        }
        Ok(())
    }

    /// All that was taken, sorted.
    ///
    /// # Errors
    /// The disk is full or fails.
    pub(crate) fn finish(mut self) -> anyhow::Result<Spilled> {
        if self.file.is_some() && !self.arena.is_empty() {
            // Writing the assets wants the memory for itself.
            self.spill()?;
        }
        if !self.arena.is_empty() {
            self.arena.sort();
            self.runs.push(Run::Memory(self.arena));
        }
        Ok(Spilled { runs: self.runs, sizes: self.sizes, written: self.written })
    }
}

impl Sink for Spill<'_> {
    fn row(&mut self, row: Row<'_>) -> anyhow::Result<()> {
        let limit = if self.file.is_none() { self.first_limit } else { self.limit };
        if self.arena.is_full(&row, limit) && !self.arena.is_empty() {
            self.spill()?;
        }
        let before = self.arena.weight();
        self.arena.push(row);
        if let Some(size) = self.sizes.get_mut(row.place.asset as usize) {
            size.rows += 1;
            size.bytes += (self.arena.weight() - before) as u64;
        }
        Ok(())
    }
}

/// Writes sorted rows behind what the file holds already.
///
/// # Errors
/// The disk is full or fails.
pub(crate) fn write_run<'a>(
    file: &Arc<File>,
    end: &mut u64,
    rows: impl Iterator<Item = Row<'a>>,
) -> io::Result<DiskRun> {
    let mut compressor = Compressor::new(LEVEL)?;
    let (mut blocks, mut rest, mut first) = (Vec::new(), RowBlock::default(), 0);
    let mut close = |rest: &mut RowBlock, first: u32| -> io::Result<()> {
        let (stored, raw) = rest.pack(&mut compressor)?;
        (&**file).write_all(&stored)?;
        blocks.push(Block { at: *end, stored: length(stored.len())?, raw, first });
        *end += stored.len() as u64;
        Ok(())
    };
    for row in rows {
        if rest.weight() >= BLOCK {
            close(&mut rest, first)?;
        }
        if rest.is_empty() {
            first = row.place.asset;
        }
        rest.push(&row);
    }
    if !rest.is_empty() {
        close(&mut rest, first)?;
    }
    Ok(DiskRun { file: Arc::clone(file), blocks })
}

fn length(bytes: usize) -> io::Result<u32> {
    u32::try_from(bytes).map_err(|_| io::Error::new(io::ErrorKind::InvalidData, "a row of more than 4 GiB"))
}

impl DiskRun {
    /// The numbers of the blocks that may hold rows of `assets`.
    fn blocks(&self, assets: &Range<u32>) -> Range<usize> {
        // The block before the first that begins with such an asset may end with one.
        let from = self.blocks.partition_point(|b| b.first < assets.start).saturating_sub(1);
        from..self.blocks.partition_point(|b| b.first < assets.end)
    }

    fn read(
        &self,
        block: usize,
        decompressor: &mut Decompressor<'_>,
        into: &mut RowBlock,
    ) -> anyhow::Result<()> {
        let Block { at, stored, raw, .. } = self.blocks[block];
        let mut bytes = vec![0; stored as usize];
        self.file.read_exact_at(&mut bytes, at)?;
        into.unpack(&decompressor.decompress(&bytes, raw as usize)?)
    }
}

/// Writes an asset's rows of all runs, in order, as one object's content: blocks, each with its sizes before it. Returns
/// how many rows there are.
///
/// # Errors
/// The disk is full or fails.
pub(crate) fn pack(runs: &[Run], asset: u32, out: &mut impl Write) -> anyhow::Result<u64> {
    let mut compressor = Compressor::new(LEVEL)?;
    let mut merge = Merge::new(runs, &(asset..asset + 1))?;
    let (mut rest, mut rows) = (RowBlock::default(), 0);
    loop {
        let row = merge.row();
        if rest.weight() >= BLOCK || (row.is_none() && !rest.is_empty()) {
            let (stored, raw) = rest.pack(&mut compressor)?;
            for number in [length(stored.len())?, raw, asset] {
                out.write_all(&number.to_le_bytes())?;
            }
            out.write_all(&stored)?;
        }
        let Some(row) = row else { return Ok(rows) };
        rest.push(&row);
        rows += 1;
        merge.advance()?;
    }
}

/// The run that [`pack`] has written to `file`.
///
/// # Errors
/// It has not.
pub(crate) fn unpack(file: Arc<File>) -> anyhow::Result<DiskRun> {
    let end = file.metadata()?.len();
    let (mut at, mut blocks) = (0, Vec::new());
    while at < end {
        let mut head = [0; 12];
        file.read_exact_at(&mut head, at)?;
        let number = |n: usize| {
            head[4 * n..4 * n + 4].iter().rev().fold(0u32, |sum, byte| sum << 8 | u32::from(*byte))
        };
        let (stored, raw, first) = (number(0), number(1), number(2));
        blocks.push(Block { at: at + 12, stored, raw, first });
        at += 12 + u64::from(stored);
    }
    anyhow::ensure!(at == end, "a run that ends too early");
    Ok(DiskRun { file, blocks })
}

/// The rows of `assets` from all runs, in order. Those of runs in memory stay where they are, those on disk are put into
/// `arena`.
///
/// # Errors
/// The disk fails.
pub(crate) fn gather<'a>(
    runs: &'a [Run],
    assets: &Range<u32>,
    arena: &'a mut Arena,
) -> anyhow::Result<Vec<Row<'a>>> {
    let mut there = Vec::with_capacity(runs.len());
    for run in runs {
        match run {
            Run::Memory(memory) => there.push((memory, memory.range(assets))),
            Run::Disk(_) => {
                let mut cursor = Cursor::new(run, assets)?;
                while let Some(row) = cursor.row() {
                    arena.push(row);
                    cursor.advance()?;
                }
            }
        }
    }
    let count = arena.len() + there.iter().map(|(_, range)| range.len()).sum::<usize>();
    let mut rows = Vec::with_capacity(count);
    rows.extend(arena.rows());
    for (memory, range) in there {
        rows.extend(range.map(|n| memory.row(n)));
    }
    // A stable sort merges the runs, which are in order already.
    rows.sort_by(|a, b| a.order(b));
    Ok(rows)
}

/// Goes through the rows of one run that belong to some assets.
struct Cursor<'a> {
    run: &'a Run,
    assets: Range<u32>,
    /// Rows of a run in memory, blocks of one on disk, that are still to come.
    rest: Range<usize>,
    decompressor: Option<Decompressor<'static>>,
    block: RowBlock,
    /// Where the present row is in `block`, where there is one.
    at: Option<At>,
    /// Where the next one is.
    next: At,
}

impl<'a> Cursor<'a> {
    /// One cursor for each run that has such rows.
    fn all(runs: &'a [Run], assets: &Range<u32>) -> anyhow::Result<Vec<Self>> {
        let mut cursors = Vec::with_capacity(runs.len());
        for run in runs {
            let cursor = Self::new(run, assets)?;
            if cursor.row().is_some() {
                cursors.push(cursor);
            }
        }
        Ok(cursors)
    }

    /// A cursor at the first such row.
    fn new(run: &'a Run, assets: &Range<u32>) -> anyhow::Result<Self> {
        let (rest, decompressor) = match run {
            Run::Memory(arena) => (arena.range(assets), None),
            Run::Disk(disk) => (disk.blocks(assets), Some(Decompressor::new()?)),
        };
        let (block, assets) = (RowBlock::default(), assets.clone());
        let mut cursor = Self { run, assets, rest, decompressor, block, at: None, next: At::FIRST };
        if matches!(run, Run::Disk(_)) {
            cursor.advance()?;
        }
        Ok(cursor)
    }

    /// The present row.
    fn row(&self) -> Option<Row<'_>> {
        match self.run {
            Run::Memory(arena) => self.rest.clone().next().map(|n| arena.row(n)),
            Run::Disk(_) => self.block.row(self.at?).map(|(row, _)| row),
        }
    }

    fn advance(&mut self) -> anyhow::Result<()> {
        let disk = match self.run {
            Run::Memory(_) => {
                self.rest.next();
                return Ok(());
            }
            Run::Disk(disk) => disk,
        };
        loop {
            let (asset, end) = match self.block.row(self.next) {
                Some((row, end)) => (row.place.asset, end),
                None => {
                    let Some(block) = self.rest.next() else {
                        self.at = None;
                        self.block.clear();
                        return Ok(());
                    };
                    if let Some(decompressor) = &mut self.decompressor {
                        disk.read(block, decompressor, &mut self.block)
                            .context("reading rows back from the --spill folder")?;
                    }
                    self.next = At::FIRST;
                    continue;
                }
            };
            (self.at, self.next) = (Some(self.next), end);
            if self.assets.contains(&asset) {
                return Ok(());
            }
            if asset >= self.assets.end {
                self.rest = 0..0;
                self.at = None;
                self.block.clear();
                return Ok(());
            }
        }
    }
}

/// Rows of some assets from all runs, in order.
pub(crate) struct Merge<'a> {
    /// A heap: the cursor with the least row first.
    cursors: Vec<Cursor<'a>>,
}

impl<'a> Merge<'a> {
    /// The rows of `assets`.
    ///
    /// # Errors
    /// The disk fails.
    pub(crate) fn new(runs: &'a [Run], assets: &Range<u32>) -> anyhow::Result<Self> {
        let mut merge = Self { cursors: Cursor::all(runs, assets)? };
        for n in (0..merge.cursors.len() / 2).rev() {
            merge.sink(n);
        }
        Ok(merge)
    }

    /// The next row.
    pub(crate) fn row(&self) -> Option<Row<'_>> {
        self.cursors.first()?.row()
    }

    /// Goes on to the row after it.
    ///
    /// # Errors
    /// The disk fails.
    pub(crate) fn advance(&mut self) -> anyhow::Result<()> {
        let Some(first) = self.cursors.first_mut() else { return Ok(()) };
        first.advance()?;
        if first.row().is_none() {
            self.cursors.swap_remove(0);
        }
        self.sink(0);
        Ok(())
    }

    fn sink(&mut self, mut n: usize) {
        let less = |cursors: &[Cursor<'_>], a: usize, b: usize| match (cursors[a].row(), cursors[b].row()) {
            (Some(a), Some(b)) => a.order(&b).is_lt(),
            (a, _) => a.is_some(),
        };
        loop {
            let (left, right) = (2 * n + 1, 2 * n + 2);
            let mut least = n;
            for child in [left, right] {
                if child < self.cursors.len() && less(&self.cursors, child, least) {
                    least = child;
                }
            }
            if least == n {
                return;
            }
            self.cursors.swap(n, least);
            n = least;
        }
    }
}
