//! The tables of an asset's posts and articles: columns for Parquet, lines for CSV.

use std::sync::Arc;

use rayon::prelude::*;
use tables::TableError;
use tables::arrow::array::{
    ArrayRef, BooleanArray, Float64Array, Int32Array, Int64Array, StringBuilder, TimestampMicrosecondArray,
};
use tables::raw::ColumnWriter;

use super::frame::Frame;
use super::row::{DocumentRow, RowKind};
use crate::csv_rows;
use crate::output::Output;

/// Rows that are written at a time: few enough to stay near the processor, and as many as the Parquet library looks at before it
/// asks whether a page is full.
pub(crate) const PIECE: usize = 1024;

/// Bytes of a line of CSV, about.
const LINE: usize = 320;

/// A document with its mark.
pub(crate) struct Marked<'a> {
    /// The document.
    pub(crate) row: DocumentRow<'a>,
    /// Why it is noise.
    pub(crate) noise: Option<&'static str>,
    /// `source/id` of what it repeats.
    pub(crate) duplicate_of: Option<String>,
}

/// Writes one kind of an asset's documents, group by group.
pub(crate) struct Documents<'f> {
    frame: &'f Frame,
    kind: RowKind,
    parquet: ColumnWriter<Output>,
    csv: Output,
    rows: u64,
    organic: u64,
}

/// What was written.
pub(crate) struct WrittenDocuments {
    /// The Parquet file.
    pub(crate) parquet: Output,
    /// The CSV file.
    pub(crate) csv: Output,
    /// Their rows.
    pub(crate) rows: u64,
    /// Those without a mark.
    pub(crate) organic: u64,
}

impl<'f> Documents<'f> {
    /// Empty files for `count` documents of one kind.
    ///
    /// # Errors
    /// This machine's disk fails.
    pub(crate) fn new(
        frame: &'f Frame,
        kind: RowKind,
        count: usize,
        output: impl Fn() -> Output,
    ) -> anyhow::Result<Self> {
        let (mut csv, forms) = (output(), &frame.forms);
        let (header, form) = match kind {
            RowKind::Article => (csv_rows::ARTICLES, forms.articles(count)),
            _ => (csv_rows::POSTS, forms.posts(count)),
        };
        csv.expect(header.len() + count * LINE);
        csv.add(header.as_bytes())?;
        let parquet = ColumnWriter::new(output(), form)?;
        Ok(Self { frame, kind, parquet, csv, rows: 0, organic: 0 })
    }

    /// Adds a group, given in pieces of [`PIECE`] rows each but the last: each is written before the next is made, while the
    /// processor still has it near.
    ///
    /// # Errors
    /// This machine's disk fails, or `pieces` does.
    pub(crate) fn write<'m>(
        &mut self,
        pieces: impl Iterator<Item = anyhow::Result<Vec<Marked<'m>>>>,
    ) -> anyhow::Result<()> {
        let mut group = self.parquet.begin()?;
        for piece in pieces {
            let piece = piece?;
            self.csv.add_with(|out| lines(out, self.frame, self.kind, &piece))?;
            group.add(columns(self.frame, self.kind, &piece))?;
            self.count(&piece);
        }
        self.parquet.end(group, false)?;
        Ok(())
    }

    /// Adds a group with all cores. The bytes are the same.
    ///
    /// # Errors
    /// This machine's disk fails.
    pub(crate) fn write_together(&mut self, group: &[Marked<'_>]) -> anyhow::Result<()> {
        let (frame, kind) = (self.frame, self.kind);
        let made = group.par_chunks(PIECE).map(|piece| {
            let mut out = Vec::with_capacity(piece.len() * LINE);
            lines(&mut out, frame, kind, piece);
            (out, columns(frame, kind, piece))
        });
        let (text, pieces): (Vec<Vec<u8>>, Vec<Vec<ArrayRef>>) = made.unzip();
        text.iter().try_for_each(|text| self.csv.add(text))?;
        let mut open = self.parquet.begin()?;
        open.add_all(pieces)?;
        self.parquet.end(open, true)?;
        self.count(group);
        Ok(())
    }

    fn count(&mut self, rows: &[Marked<'_>]) {
        self.rows += rows.len() as u64;
        self.organic += rows.iter().filter(|row| row.noise.is_none()).count() as u64;
    }

    /// Completes the files.
    ///
    /// # Errors
    /// This machine's disk fails.
    pub(crate) fn finish(self) -> Result<WrittenDocuments, TableError> {
        let parquet = self.parquet.finish()?;
        Ok(WrittenDocuments { parquet, csv: self.csv, rows: self.rows, organic: self.organic })
    }
}

/// Appends the lines of CSV.
fn lines(out: &mut Vec<u8>, frame: &Frame, kind: RowKind, rows: &[Marked<'_>]) {
    for row in rows {
        match kind {
            RowKind::Article => csv_rows::article(out, frame, row),
            _ => csv_rows::post(out, frame, row),
        }
    }
}

type Make<'a> = Box<dyn Fn(&[Marked<'a>]) -> ArrayRef + Sync + 'a>;

fn text<'a>(pick: impl for<'m> Fn(&'m Marked<'a>) -> &'m str + Sync + 'a) -> Make<'a> {
    Box::new(move |rows| {
        let bytes = rows.iter().map(|row| pick(row).len()).sum();
        let mut out = StringBuilder::with_capacity(rows.len(), bytes);
        rows.iter().for_each(|row| out.append_value(pick(row)));
        Arc::new(out.finish())
    })
}

fn optional<'a>(pick: impl for<'m> Fn(&'m Marked<'a>) -> Option<&'m str> + Sync + 'a) -> Make<'a> {
    Box::new(move |rows| {
        let bytes = rows.iter().filter_map(&pick).map(str::len).sum();
        let mut out = StringBuilder::with_capacity(rows.len(), bytes);
        rows.iter().for_each(|row| out.append_option(pick(row)));
        Arc::new(out.finish())
    })
}

fn integer<'a>(pick: impl Fn(&Marked<'a>) -> Option<i64> + Sync + 'a) -> Make<'a> {
    Box::new(move |rows| Arc::new(Int64Array::from_iter(rows.iter().map(&pick))))
}

fn small<'a>(pick: impl Fn(&Marked<'a>) -> Option<i32> + Sync + 'a) -> Make<'a> {
    Box::new(move |rows| Arc::new(Int32Array::from_iter(rows.iter().map(&pick))))
}

fn instant<'a>(pick: impl Fn(&Marked<'a>) -> i64 + Sync + 'a) -> Make<'a> {
    Box::new(move |rows| {
        let values = TimestampMicrosecondArray::from_iter_values(rows.iter().map(&pick));
        Arc::new(values.with_timezone("UTC"))
    })
}

fn truth<'a>(pick: impl Fn(&Marked<'a>) -> bool + Sync + 'a) -> Make<'a> {
    Box::new(move |rows| Arc::new(BooleanArray::from_iter(rows.iter().map(|row| Some(pick(row))))))
}

/// The columns of [`AssetPost`] or [`AssetArticle`], in their order.
fn columns<'a>(frame: &'a Frame, kind: RowKind, rows: &[Marked<'a>]) -> Vec<ArrayRef> {
    let source = move |m: &Marked<'_>| &frame.sources[usize::from(m.row.place.source)];
    let mut makers: Vec<Make<'a>> = vec![text(move |m| source(m).name.as_str()), text(|m| m.row.id)];
    if kind == RowKind::Article {
        makers.extend([
            text(|m| m.row.document.label),
            text(|m| m.row.document.text),
            optional(|m| m.row.document.summary),
            optional(|m| m.row.document.author),
            optional(|m| m.row.document.lang),
            instant(|m| m.row.place.at),
            instant(|m| m.row.collected_at),
            text(|m| m.row.document.url.unwrap_or_default()),
        ]);
    } else {
        makers.extend([
            text(|m| m.row.document.label),
            optional(|m| m.row.document.author),
            integer(|m| m.row.document.followers),
            text(|m| m.row.document.text),
            optional(|m| m.row.document.lang),
            optional(|m| m.row.document.mood),
            instant(|m| m.row.place.at),
            instant(|m| m.row.collected_at),
            optional(|m| m.row.document.url),
            integer(|m| m.row.document.likes),
            integer(|m| m.row.document.reposts),
        ]);
    }
    let offset = |n: u32| i32::try_from(n).ok();
    makers.extend([
        text(|m| m.row.found.evidence.as_str()),
        Box::new(|rows: &[Marked<'a>]| -> ArrayRef {
            let confidence = rows.iter().map(|m| f64::from(m.row.found.hundredths) / 100.0);
            Arc::new(Float64Array::from_iter_values(confidence))
        }) as Make<'a>,
        small(move |m| offset(m.row.found.span?.0)),
        small(move |m| offset(m.row.found.span?.1)),
        optional(|m| m.noise),
        optional(|m| m.duplicate_of.as_deref()),
        truth(move |m| source(m).terms.may_display),
        truth(move |m| source(m).terms.may_infer),
    ]);
    makers.iter().map(|make| make(rows)).collect()
}
