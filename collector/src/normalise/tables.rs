//! Records as Parquet files on this machine's disk, ready to be put into the lake.

use std::io::{self, Write};

use chrono::{DateTime, Utc};
use domain::lake::RecordKind;
use domain::{Article, Bar, Post};
use tempfile::NamedTempFile;

use super::rows::{Ordered, Stream};

/// Rows that are encoded at a time.
const BATCH: usize = 4096;

/// One kind's rows as a file.
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

/// One file for each kind that has rows.
///
/// # Errors
/// A value does not fit its column, or this machine's disk is full.
pub fn write(ordered: Ordered) -> anyhow::Result<Vec<Table>> {
    let tables = [
        one(RecordKind::Post, ordered.posts)?,
        one(RecordKind::Article, ordered.articles)?,
        one(RecordKind::Bar, ordered.bars)?,
        one(RecordKind::Reject, ordered.rejects)?,
    ];
    Ok(tables.into_iter().flatten().collect())
}

fn one<T: Row>(kind: RecordKind, rows: Stream<T>) -> anyhow::Result<Option<Table>> {
    let mut rows = rows.peekable();
    if rows.peek().is_none() {
        return Ok(None);
    }
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
    Ok(Some(Table { kind, file, rows: count, revisions, newest_at }))
}
