//! Records as Parquet files on this machine's disk, ready to be put into the lake.

use std::io::{self, Write};

use chrono::{DateTime, Utc};
use domain::lake::RecordKind;
use domain::{Article, Bar, Post};
use tempfile::NamedTempFile;

use super::rows::{Ordered, Stream};

/// Rows that are encoded at a time.
const BATCH: usize = 4096;

/// Most rows of a file: small enough to be one task of a cluster, large enough to compress well.
const MOST: usize = 250_000;

/// Rows of one kind as a file.
#[derive(Debug)]
pub struct Table {
    /// Which kind.
    pub kind: RecordKind,
    /// The file, deleted with this value.
    pub file: NamedTempFile,
    /// Its rows.
    pub rows: u64,
    /// Those of them that are revisions of documents of earlier slots.
    pub revisions: u64,
    /// The newest event time.
    pub newest_at: Option<DateTime<Utc>>,
}

/// What the manifest says of a row.
trait Row: tables::Table {
    fn at(&self) -> Option<DateTime<Utc>> {
        None
    }

    fn is_revision(&self) -> bool {
        false
    }
}

impl Row for Post {
    fn at(&self) -> Option<DateTime<Utc>> {
        Some(self.created_at)
    }

    fn is_revision(&self) -> bool {
        self.revision
    }
}

impl Row for Article {
    fn at(&self) -> Option<DateTime<Utc>> {
        self.published_at
    }

    fn is_revision(&self) -> bool {
        self.revision
    }
}

impl Row for Bar {
    fn at(&self) -> Option<DateTime<Utc>> {
        Some(self.opens_at)
    }
}

impl Row for domain::document::Reject {}

/// Files of each kind that has rows: one, or several of at most 250,000 rows, in the rows' order.
///
/// # Errors
/// A value does not fit its column, or this machine's disk is full.
pub fn write(ordered: Ordered) -> anyhow::Result<Vec<Table>> {
    let mut tables = cut(RecordKind::Post, ordered.posts, MOST)?;
    tables.extend(cut(RecordKind::Article, ordered.articles, MOST)?);
    tables.extend(cut(RecordKind::Bar, ordered.bars, MOST)?);
    tables.extend(cut(RecordKind::Reject, ordered.rejects, MOST)?);
    Ok(tables)
}

fn cut<T: Row>(kind: RecordKind, rows: Stream<T>, most: usize) -> anyhow::Result<Vec<Table>> {
    let (mut rows, mut tables) = (rows.peekable(), Vec::new());
    while rows.peek().is_some() {
        tables.push(one(kind, rows.by_ref().take(most))?);
    }
    Ok(tables)
}

fn one<T: Row>(kind: RecordKind, rows: impl Iterator<Item = io::Result<T>>) -> anyhow::Result<Table> {
    let file = NamedTempFile::new()?;
    let mut writer = tables::Writer::<T, _>::new(io::BufWriter::new(file.reopen()?))?;
    let (mut count, mut revisions, mut newest_at) = (0, 0, None);
    let mut batch = Vec::with_capacity(BATCH);
    for row in rows {
        let row = row?;
        count += 1;
        revisions += u64::from(row.is_revision());
        newest_at = newest_at.max(row.at().filter(|_| !row.is_revision()));
        batch.push(row);
        if batch.len() == BATCH {
            writer.write(&batch)?;
            batch.clear();
        }
    }
    writer.write(&batch)?;
    writer.finish()?.flush()?;
    Ok(Table { kind, file, rows: count, revisions, newest_at })
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn many_rows_are_cut_into_files_in_their_order() {
        let post = |n: usize| Ok(Post { id: n.to_string(), ..Post::default() });
        let tables = cut(RecordKind::Post, Box::new((0..7).map(post)), 3).unwrap();
        assert_eq!(tables.iter().map(|table| table.rows).collect::<Vec<_>>(), [3, 3, 1]);
        let read =
            |table: &Table| tables::decode::<Post>(&std::fs::read(table.file.path()).unwrap()).unwrap();
        let ids: Vec<String> = tables.iter().flat_map(read).map(|post| post.id).collect();
        assert_eq!(ids, ["0", "1", "2", "3", "4", "5", "6"]);
        assert!(cut::<Post>(RecordKind::Post, Box::new(std::iter::empty()), 3).unwrap().is_empty());
    }
}
