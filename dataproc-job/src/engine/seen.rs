//! What is remembered of every asset's documents from slot to slot, on this machine's disk: of thousands of assets it would
//! fill the memory.

use std::fs::File;
use std::io;
use std::ops::Range;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::mpsc::sync_channel;
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::Context;
use chrono::DateTime;
use domain::Slot;
use rayon::prelude::*;
use tables::TableError;
use tables::arrow::array::{
    Array, ArrayRef, AsArray, BinaryBuilder, RecordBatch, StringBuilder, TimestampMicrosecondBuilder,
    UInt64Builder,
};
use tables::arrow::datatypes::{TimestampMicrosecondType, UInt64Type};
use tables::raw::{ColumnWriter, Columns, Encoded, Form, Layout, Place};

use super::frame::Frame;
use crate::noise::seen::{Seen, SeenBytes, oldest_kept};
use crate::output::Output;

/// Rows of one group of the file, or some more: an asset's rows stay together.
const GROUP: usize = 65_536;
/// Bytes that are taken from the disk at a time.
const ROUND: usize = 16 << 20;
/// Rows that are decoded at a time.
const BATCH: usize = 8_192;

const DAMAGED: &str = "what earlier slots have seen is damaged: repeat the stage";

/// Hashes have nothing to compress.
const LAYOUT: Layout = Layout {
    sorted_by: &["symbol", "at", "key"],
    distinct: &["key", "at", "words", "link", "signature"],
    compressed: &["key", "at"],
};

/// What is remembered of each asset.
pub(crate) struct Store {
    folder: PathBuf,
    written: Mutex<Written>,
}

#[derive(Default)]
struct Written {
    file: Option<Arc<File>>,
    end: u64,
    /// Where each asset's bytes lie.
    places: Vec<Option<(u64, usize)>>,
}

impl Store {
    /// Nothing, of `assets` assets; a file in `folder` takes what comes.
    pub(crate) fn new(folder: &Path, assets: usize) -> Self {
        let written = Written { places: vec![None; assets], ..Written::default() };
        Self { folder: folder.to_owned(), written: Mutex::new(written) }
    }

    /// What the rows of a file say. Assets that have left the list are left out.
    ///
    /// # Errors
    /// The file is not one of these, or this machine's disk fails.
    pub(crate) fn read(&self, place: Place, frame: &Frame) -> anyhow::Result<()> {
        let names = ["symbol", "key", "at", "words", "link", "signature"];
        let columns = Columns::open::<domain::Seen>(place, &names)?;
        let (mut seen, mut current): (Vec<Seen>, Option<String>) = (Vec::new(), None);
        for group in 0..columns.groups().len() {
            for batch in columns.read(group, BATCH, 0)? {
                let batch = batch.map_err(TableError::from)?;
                rows(&batch, |symbol, row| {
                    if current.as_deref() != Some(symbol) {
                        let last = current.replace(symbol.to_owned());
                        self.keep(frame, last, &seen)?;
                        seen.clear();
                    }
                    seen.push(row);
                    Ok(())
                })?;
            }
        }
        self.keep(frame, current, &seen)
    }

    fn keep(&self, frame: &Frame, symbol: Option<String>, seen: &[Seen]) -> anyhow::Result<()> {
        let asset = symbol.and_then(|symbol| frame.numbers.get(&symbol.parse().ok()?).copied());
        asset.map_or(Ok(()), |asset| self.put(asset, seen))
    }

    /// Remembers this of an asset.
    ///
    /// # Errors
    /// This machine's disk fails.
    pub(crate) fn put(&self, asset: u32, seen: &[Seen]) -> anyhow::Result<()> {
        let mut bytes = Vec::new();
        seen.iter().for_each(|seen| seen.write(&mut bytes));
        self.put_bytes(asset, &bytes)
    }

    fn put_bytes(&self, asset: u32, bytes: &[u8]) -> anyhow::Result<()> {
        if bytes.is_empty() {
            return Ok(());
        }
        let (file, at) = {
            let mut written = self.written.lock().unwrap_or_else(PoisonError::into_inner);
            let file = match &written.file {
                Some(file) => Arc::clone(file),
                None => {
                    let made = tempfile::tempfile_in(&self.folder).with_context(|| self.help())?;
                    Arc::clone(written.file.insert(Arc::new(made)))
                }
            };
            let at = written.end;
            written.end += bytes.len() as u64;
            if let Some(place) = written.places.get_mut(asset as usize) {
                *place = Some((at, bytes.len()));
            }
            (file, at)
        };
        file.write_all_at(bytes, at).with_context(|| self.help())
    }

    fn help(&self) -> String {
        format!("writing to {}: free space there or name another folder with --spill", self.folder.display())
    }

    fn bytes(&self, asset: u32) -> io::Result<Vec<u8>> {
        let (file, at, length) = {
            let written = self.written.lock().unwrap_or_else(PoisonError::into_inner);
            let place = written.places.get(asset as usize).copied().flatten();
            let (Some((at, length)), Some(file)) = (place, &written.file) else { return Ok(Vec::new()) };
            (Arc::clone(file), at, length)
        };
        let mut bytes = vec![0; length];
        file.read_exact_at(&mut bytes, at)?;
        Ok(bytes)
    }

    /// What is remembered of an asset, the oldest first.
    ///
    /// # Errors
    /// This machine's disk fails.
    pub(crate) fn get(&self, asset: u32) -> anyhow::Result<Vec<Seen>> {
        let bytes = self.bytes(asset).context("reading back what earlier slots have seen")?;
        let (mut rest, mut all) = (bytes.as_slice(), Vec::new());
        while !rest.is_empty() {
            all.push(Seen::read(&mut rest).context(DAMAGED)?);
        }
        Ok(all)
    }

    /// Takes what `other` remembers of an asset.
    ///
    /// # Errors
    /// This machine's disk fails.
    pub(crate) fn take(&self, asset: u32, other: &Self) -> anyhow::Result<()> {
        self.put_bytes(asset, &other.bytes(asset).context("reading back what earlier slots have seen")?)
    }

    /// Writes all that is still young when `slot` closes, sorted; returns how many rows there are. The same rows give the
    /// same bytes.
    ///
    /// # Errors
    /// This machine's disk fails.
    pub(crate) fn write(
        &self,
        frame: &Frame,
        slot: Slot,
        mut place: Output,
    ) -> anyhow::Result<(Output, u64)> {
        place.expect(self.written.lock().unwrap_or_else(PoisonError::into_inner).end as usize);
        let mut writer = ColumnWriter::new(place, &Form::new::<domain::Seen>(LAYOUT)?)?;
        let mut encoder = writer.encoder();
        let oldest = oldest_kept(slot).timestamp_micros();
        std::thread::scope(|scope| {
            // One round is encoded while the one before it is put where it belongs.
            let (give, encoded) = sync_channel::<Encoded>(1);
            let adding = scope.spawn(move || {
                let added = encoded.into_iter().try_for_each(|groups| writer.add(groups));
                Ok(added.and_then(|()| writer.finish())?)
            });
            let (mut group, mut rows) = (Group::default(), 0u64);
            for round in self.rounds() {
                let last = round.end as usize == frame.symbols.len();
                let groups = self.groups(round, oldest, &mut group, last)?;
                rows += groups.iter().map(|group| group.rows as u64).sum::<u64>();
                let columns = groups.into_par_iter().map(|group| group.columns(frame, oldest));
                let columns: Vec<Vec<ArrayRef>> = columns.collect::<anyhow::Result<_>>()?;
                if give.send(encoder.encode(columns)?).is_err() {
                    break;
                }
            }
            drop(give);
            let failed = |_| Err(anyhow::anyhow!("a thread failed: repeat the stage"));
            Ok((adding.join().unwrap_or_else(failed)?, rows))
        })
    }

    /// The groups that are full with the assets of `round`; `group` is the one that is not yet, and the `last` one too when
    /// there is no more.
    fn groups(
        &self,
        round: Range<u32>,
        oldest: i64,
        group: &mut Group,
        last: bool,
    ) -> anyhow::Result<Vec<Group>> {
        let read = round.clone().into_par_iter().map(|asset| {
            let bytes = self.bytes(asset).context("reading back what this slot has seen")?;
            let young = young(&bytes, oldest, |_| {})?;
            Ok((bytes, young))
        });
        let read: Vec<(Vec<u8>, usize)> = read.collect::<anyhow::Result<_>>()?;
        let mut groups = Vec::new();
        for (asset, (bytes, young)) in round.zip(read) {
            group.rows += young;
            group.assets.push((asset, bytes));
            if group.rows >= GROUP {
                groups.push(std::mem::take(group));
            }
        }
        if last && group.rows > 0 {
            groups.push(std::mem::take(group));
        }
        Ok(groups)
    }

    /// All assets in ranges of which each has about so much as may be in memory at a time.
    fn rounds(&self) -> Vec<Range<u32>> {
        let places = &self.written.lock().unwrap_or_else(PoisonError::into_inner).places;
        let (mut rounds, mut from, mut bytes) = (Vec::new(), 0, 0);
        for (asset, place) in (0u32..).zip(places) {
            bytes += place.map_or(0, |(_, length)| length);
            if bytes >= ROUND || asset as usize + 1 == places.len() {
                rounds.push(from..asset + 1);
                (from, bytes) = (asset + 1, 0);
            }
        }
        rounds
    }
}

/// Assets whose rows make one group of the file.
#[derive(Default)]
struct Group {
    assets: Vec<(u32, Vec<u8>)>,
    /// Rows that are still young.
    rows: usize,
}

impl Group {
    /// The columns of [`domain::Seen`], in their order.
    fn columns(&self, frame: &Frame, oldest: i64) -> anyhow::Result<Vec<ArrayRef>> {
        let bytes = self.assets.iter().map(|(_, bytes)| bytes.len()).sum();
        let mut symbols = StringBuilder::with_capacity(self.rows, 8 * self.rows);
        // Bytes hold the keys and the signatures, which are the most of them.
        let mut keys = StringBuilder::with_capacity(self.rows, bytes / 4);
        let mut at = TimestampMicrosecondBuilder::with_capacity(self.rows).with_timezone("UTC");
        let mut words = UInt64Builder::with_capacity(self.rows);
        let mut links = UInt64Builder::with_capacity(self.rows);
        let mut signatures = BinaryBuilder::with_capacity(self.rows, bytes);
        for (asset, bytes) in &self.assets {
            let symbol = frame.symbols[*asset as usize].as_str();
            young(bytes, oldest, |seen| {
                symbols.append_value(symbol);
                keys.append_value(seen.key);
                at.append_value(seen.at);
                words.append_value(seen.words);
                links.append_option(seen.link);
                signatures.append_value(seen.signature);
            })?;
        }
        Ok(vec![
            Arc::new(symbols.finish()),
            Arc::new(keys.finish()),
            Arc::new(at.finish()),
            Arc::new(words.finish()),
            Arc::new(links.finish()),
            Arc::new(signatures.finish()),
        ])
    }
}

/// Gives those of an asset that are younger than `oldest` to `take`; returns how many.
fn young(mut bytes: &[u8], oldest: i64, mut take: impl FnMut(&SeenBytes<'_>)) -> anyhow::Result<usize> {
    let mut count = 0;
    while !bytes.is_empty() {
        let seen = SeenBytes::read(&mut bytes).context(DAMAGED)?;
        if seen.at > oldest {
            take(&seen);
            count += 1;
        }
    }
    Ok(count)
}

/// Gives the rows of a batch to `take` one after the other, with their symbols.
fn rows(batch: &RecordBatch, mut take: impl FnMut(&str, Seen) -> anyhow::Result<()>) -> anyhow::Result<()> {
    let column = |name: &str| batch.column_by_name(name).with_context(|| format!("column {name} is missing"));
    let (symbols, keys) = (column("symbol")?.as_string::<i32>(), column("key")?.as_string::<i32>());
    let at = column("at")?.as_primitive::<TimestampMicrosecondType>();
    let words = column("words")?.as_primitive::<UInt64Type>();
    let links = column("link")?.as_primitive::<UInt64Type>();
    let signatures = column("signature")?.as_binary::<i32>();
    for row in 0..batch.num_rows() {
        let link = links.is_valid(row).then(|| links.value(row));
        let instant = DateTime::from_timestamp_micros(at.value(row)).context("an instant out of range")?;
        let key = keys.value(row).to_owned();
        let seen = Seen::new(key, instant.timestamp_micros(), words.value(row), link, signatures.value(row));
        take(symbols.value(row), seen)?;
    }
    Ok(())
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use domain::{AssetList, Manifest};

    use super::*;

    fn frame() -> Frame {
        let slot = "2026-03-02T18Z".parse().unwrap();
        let list = "symbol,name,class,exchange,aliases\nAAA,Alpha,equity,US,\nBBB,Beta,equity,US,\n";
        let list = AssetList::from_csv(list.as_bytes()).unwrap();
        Frame::new(&Manifest::new("collect", slot, "1"), &list, slot.close_at()).unwrap()
    }

    fn seen(key: &str, at: i64) -> Seen {
        Seen::new(key.to_owned(), at, 7, (at % 2 == 0).then_some(9), &[1, 0, 0, 0, 2, 0, 0, 0])
    }

    #[test]
    fn what_is_written_is_read_again_but_for_what_is_old() {
        let (frame, folder) = (frame(), tempfile::tempdir().unwrap());
        let close = frame.slot.close_at().timestamp_micros();
        let (old, young) =
            (seen("x/1", close - 86_400_000_000), [seen("x/2", close - 5), seen("x/3", close - 4)]);
        let store = Store::new(folder.path(), 2);
        store.put(1, &young).unwrap();
        store.put(0, &[old.clone(), young[0].clone()]).unwrap();
        assert_eq!(store.get(0).unwrap(), [old, young[0].clone()]);
        let (output, rows) = store.write(&frame, frame.slot, Output::new(folder.path())).unwrap();
        assert_eq!(rows, 3);
        let bytes = output.into_memory().unwrap();
        let again = Store::new(folder.path(), 2);
        again.read(Place::Memory(bytes.clone().into()), &frame).unwrap();
        assert_eq!((again.get(0).unwrap(), again.get(1).unwrap()), (young[..1].to_vec(), young.to_vec()));
        let third = Store::new(folder.path(), 2);
        third.take(1, &again).unwrap();
        assert_eq!((third.get(0).unwrap(), third.get(1).unwrap()), (Vec::new(), young.to_vec()));
        // Rows as values are the same rows.
        let rows: Vec<domain::Seen> = tables::decode(&bytes).unwrap();
        assert_eq!(rows.iter().map(|row| row.symbol.as_str()).collect::<Vec<_>>(), ["AAA", "BBB", "BBB"]);
        assert_eq!(rows[0].signature.0, [1, 2]);
    }
}
