//! Writes one asset: what is noise among its documents, its tables, its counts.

use std::collections::{BTreeMap, HashMap};
use std::path::Path;

use domain::Key;
use domain::lake::{AssetFile, Format};
use rayon::prelude::*;

use super::bars::Bars;
use super::documents::{Documents, Marked, PIECE};
use super::frame::Frame;
use super::group::Rows;
use super::mapper::join;
use super::row::{BarRow, DocumentRow, Row, RowKind, Unreadable};
use super::seen::Store;
use crate::noise::{Analysis, Document, Kind, Marks, Origin, Print};
use crate::output::Output;

/// Bytes that a processor fetches from memory at a time.
const LINE: usize = 64;

/// Rows that are fetched ahead: they fit a processor's own cache.
const WARM: usize = 128;

/// A finished file.
pub(crate) struct Written {
    /// Where it goes.
    pub(crate) key: Key,
    /// Its content.
    pub(crate) output: Output,
    /// Its rows.
    pub(crate) rows: u64,
}

/// What became of an asset.
pub(crate) struct Asset {
    /// By kind; also of the organic documents.
    pub(crate) counts: BTreeMap<String, u64>,
    /// Its files.
    pub(crate) files: Vec<Written>,
    /// Rows that were given, each key once.
    pub(crate) rows: u64,
    /// Rows that had the key of another one.
    pub(crate) dropped: u64,
}

/// Writes an asset's rows; its documents of earlier slots are in `earlier`, what the next ones know of it goes to `next`. A
/// large asset is written by all cores where `parallel`. The same rows give the same bytes.
///
/// # Errors
/// The rows cannot be read, or this machine's disk fails.
pub(crate) fn write(
    frame: &Frame,
    asset: u32,
    rows: &impl Rows,
    earlier: &Store,
    next: &Store,
    parallel: bool,
    folder: &Path,
) -> anyhow::Result<Asset> {
    let mut analysis = Analysis::new(earlier.get(asset)?);
    let (mut bars, mut documents, mut all) = (Bars::default(), [0usize; 2], 0u64);
    let dropped = rows.each(&mut |group| {
        all += group.len() as u64;
        match group.first().map(|row| row.place.kind) {
            Some(RowKind::Bar) => {
                for row in group {
                    bars.take(frame, row.place.at, &BarRow::read(*row)?);
                }
            }
            Some(kind) => {
                documents[usize::from(kind == RowKind::Article)] += group.len();
                analyse(frame, group, parallel, &mut analysis)?;
            }
            None => {}
        }
        Ok(())
    })?;
    let marks = analysis.finish();
    let total = documents[0] + documents[1];
    let origins = Origins::of(frame, rows, &marks, total)?;

    let output = || Output::new(folder);
    let mut counts = no_counts();
    let mut files = Vec::new();
    if total > 0 {
        let mut writers: BTreeMap<RowKind, Documents<'_>> = BTreeMap::new();
        let (mut number, mut origins) = (0, origins);
        rows.each(&mut |group| {
            let Some(kind) = group.first().map(|row| row.place.kind).filter(|kind| *kind != RowKind::Bar)
            else {
                return Ok(());
            };
            let first = number;
            number += group.len();
            let writer = match writers.entry(kind) {
                std::collections::btree_map::Entry::Occupied(entry) => entry.into_mut(),
                std::collections::btree_map::Entry::Vacant(entry) => {
                    let count = documents[usize::from(kind == RowKind::Article)];
                    entry.insert(Documents::new(frame, kind, count, output)?)
                }
            };
            if parallel {
                let rows = read_all(group)?.into_iter().map(Ok);
                return writer.write_together(&origins.mark(frame, &marks, first, rows)?);
            }
            writer.write(group.chunks(PIECE).enumerate().map(|(n, rows)| {
                warm(rows);
                let rows = rows.iter().map(|row| DocumentRow::read(*row));
                Ok(origins.mark(frame, &marks, first + n * PIECE, rows)?)
            }))
        })?;
        for (kind, writer) in writers {
            let (name, file) = match kind {
                RowKind::Article => ("articles", AssetFile::Articles),
                _ => ("posts", AssetFile::Posts),
            };
            let done = writer.finish()?;
            counts.insert(name.to_owned(), done.rows);
            counts.insert(format!("{name}_organic"), done.organic);
            files.extend(pair(frame, asset, file, done.parquet, done.csv, done.rows));
        }
    }
    if bars.len() > 0 {
        let (parquet, csv) = bars.write(frame, asset, output)?;
        counts.insert("bars".to_owned(), bars.len());
        files.extend(pair(frame, asset, AssetFile::Bars, parquet, csv, bars.len()));
    }
    next.put(asset, marks.seen())?;
    Ok(Asset { counts, files, rows: all, dropped })
}

/// The counts of an asset without rows.
pub(crate) fn no_counts() -> BTreeMap<String, u64> {
    ["posts", "posts_organic", "articles", "articles_organic", "bars"].map(|name| (name.to_owned(), 0)).into()
}

fn pair(frame: &Frame, asset: u32, file: AssetFile, parquet: Output, csv: Output, rows: u64) -> [Written; 2] {
    [(Format::Parquet, parquet), (Format::Csv, csv)].map(|(format, output)| {
        let symbol = frame.symbols[asset as usize].clone();
        Written { key: Key::AssetRows { slot: frame.slot, symbol, file, format }, output, rows }
    })
}

/// Reads a group with all cores.
fn read_all<'a>(group: &[Row<'a>]) -> Result<Vec<DocumentRow<'a>>, Unreadable> {
    group.par_iter().map(|row| DocumentRow::read(*row)).collect()
}

/// Shows a group to the analysis of noise.
fn analyse(frame: &Frame, group: &[Row<'_>], parallel: bool, analysis: &mut Analysis) -> anyhow::Result<()> {
    let mut text = String::new();
    if parallel {
        let rows = read_all(group)?;
        let print = |row: &DocumentRow<'_>| Print::of(&document(frame, row, &mut String::new()));
        let prints: Vec<Print> = rows.par_iter().map(print).collect();
        for (row, print) in rows.iter().zip(&prints) {
            analysis.add(&document(frame, row, &mut text), print);
        }
    } else {
        for rows in group.chunks(WARM) {
            warm(rows);
            for row in rows {
                let row = DocumentRow::read(*row)?;
                let document = document(frame, &row, &mut text);
                let print = Print::of(&document);
                analysis.add(&document, &print);
            }
        }
    }
    Ok(())
}

/// Touches the rows' memory, so that it is near when they are read: they lie in the order in which they came, far from each
/// other, and waiting for many at once takes hardly longer than for one.
fn warm(rows: &[Row<'_>]) {
    let touched = rows.iter().flat_map(|row| row.body.as_bytes().iter().step_by(LINE));
    std::hint::black_box(touched.fold(0, |all, byte| all ^ byte));
}

/// What the analysis sees of a row; `text` takes what has to be joined.
fn document<'a>(frame: &'a Frame, row: &DocumentRow<'a>, text: &'a mut String) -> Document<'a> {
    let (kind, said) = match row.place.kind {
        RowKind::Article => {
            join(text, row.document.text, row.document.summary);
            (Kind::Article, text.as_str())
        }
        _ => (Kind::Post, row.document.text),
    };
    // An article's authors are names on a page, not accounts.
    let author = row.document.author_id.or(row.document.author).filter(|_| kind == Kind::Post);
    Document {
        kind,
        source: &frame.sources[usize::from(row.place.source)].name,
        id: row.id,
        at: row.place.at,
        text: said,
        link: row.document.link,
        repost: kind == Kind::Post && row.document.label == "repost",
        parent: row.document.parent,
        author,
        followers: row.document.followers,
    }
}

/// The keys of documents that others repeat, by their number. Nearly all come before those that repeat them, so that one
/// pass finds them; the few that come later are looked up first.
struct Origins {
    wanted: Vec<u32>,
    keys: HashMap<u32, String>,
}

impl Origins {
    fn of(frame: &Frame, rows: &impl Rows, marks: &Marks, total: usize) -> anyhow::Result<Self> {
        let (mut wanted, mut ahead) = (Vec::new(), Vec::new());
        for row in 0..total {
            if let Some(Origin::Row(origin)) = marks.mark(row).and_then(|mark| mark.origin) {
                wanted.push(origin as u32);
                if origin > row {
                    ahead.push(origin as u32);
                }
            }
        }
        for list in [&mut wanted, &mut ahead] {
            list.sort_unstable();
            list.dedup();
        }
        let mut keys = HashMap::with_capacity(ahead.len());
        if !ahead.is_empty() {
            let mut number = 0u32;
            rows.each(&mut |group| {
                for row in group.iter().filter(|row| row.place.kind != RowKind::Bar) {
                    if ahead.binary_search(&number).is_ok() {
                        keys.insert(number, key(frame, row.place.source, row.id));
                    }
                    number += 1;
                }
                Ok(())
            })?;
        }
        Ok(Self { wanted, keys })
    }

    /// Joins rows, of which the first is document number `first`, with their marks.
    fn mark<'a>(
        &mut self,
        frame: &Frame,
        marks: &Marks,
        first: usize,
        rows: impl ExactSizeIterator<Item = Result<DocumentRow<'a>, Unreadable>>,
    ) -> Result<Vec<Marked<'a>>, Unreadable> {
        let mut out = Vec::with_capacity(rows.len());
        for (row, number) in rows.zip(first..) {
            let row = row?;
            if self.wanted.binary_search(&(number as u32)).is_ok() {
                self.keys.entry(number as u32).or_insert_with(|| key(frame, row.place.source, row.id));
            }
            let mark = marks.mark(number);
            let noise = mark.as_ref().map(|mark| mark.reason.as_str());
            let duplicate_of = mark.and_then(|mark| match mark.origin? {
                Origin::Row(origin) => self.keys.get(&(origin as u32)).cloned(),
                Origin::Key(key) => Some(key),
            });
            out.push(Marked { row, noise, duplicate_of });
        }
        Ok(out)
    }
}

fn key(frame: &Frame, source: u16, id: &str) -> String {
    format!("{}/{id}", frame.sources[usize::from(source)].name)
}
