//! The columns of records that the split looks at.

use domain::lake::RecordKind;
use tables::arrow::array::{
    Array, ArrayRef, AsArray, BooleanArray, Float64Array, Int64Array, ListArray, RecordBatch, StringArray,
    TimestampMicrosecondArray,
};
use tables::arrow::datatypes::{Float64Type, Int64Type, TimestampMicrosecondType};

/// A batch that lacks a column, or has it with another type.
#[derive(Debug, thiserror::Error)]
#[error("column {0} is missing or of another type: run the collector again for this slot")]
pub(crate) struct Missing(&'static str);

/// The names of the columns of a kind of records.
pub(crate) fn names(kind: RecordKind) -> &'static [&'static str] {
    match kind {
        RecordKind::Post => &[
            "id",
            "kind",
            "parent_id",
            "author_id",
            "author_name",
            "author_followers",
            "text",
            "lang",
            "asset_hints",
            "vendor_sentiment",
            "created_at",
            "url",
            "likes",
            "reposts",
            "deleted",
            "collected_at",
            "revision",
        ],
        RecordKind::Article => &[
            "id",
            "outlet",
            "title",
            "summary",
            "authors",
            "tickers",
            "lang",
            "published_at",
            "url",
            "canonical_url",
            "collected_at",
            "revision",
        ],
        RecordKind::Bar => &[
            "symbol",
            "interval",
            "opens_at",
            "open",
            "high",
            "low",
            "close",
            "adj_close",
            "volume",
            "collected_at",
        ],
        RecordKind::Reject => &[],
    }
}

/// The columns of a batch, found by name.
struct Batch<'a>(&'a RecordBatch);

impl<'a> Batch<'a> {
    fn column(&self, name: &'static str) -> Result<&'a ArrayRef, Missing> {
        self.0.column_by_name(name).ok_or(Missing(name))
    }

    fn text(&self, name: &'static str) -> Result<&'a StringArray, Missing> {
        self.column(name)?.as_string_opt().ok_or(Missing(name))
    }

    fn integer(&self, name: &'static str) -> Result<&'a Int64Array, Missing> {
        self.column(name)?.as_primitive_opt::<Int64Type>().ok_or(Missing(name))
    }

    fn number(&self, name: &'static str) -> Result<&'a Float64Array, Missing> {
        self.column(name)?.as_primitive_opt::<Float64Type>().ok_or(Missing(name))
    }

    fn instant(&self, name: &'static str) -> Result<&'a TimestampMicrosecondArray, Missing> {
        self.column(name)?.as_primitive_opt::<TimestampMicrosecondType>().ok_or(Missing(name))
    }

    fn truth(&self, name: &'static str) -> Result<&'a BooleanArray, Missing> {
        self.column(name)?.as_boolean_opt().ok_or(Missing(name))
    }

    fn list(&self, name: &'static str) -> Result<&'a ListArray, Missing> {
        self.column(name)?.as_list_opt().ok_or(Missing(name))
    }
}

fn inner(list: &ListArray, column: &'static str, name: &'static str) -> Result<ArrayRef, Missing> {
    let values = list.values().as_struct_opt().ok_or(Missing(column))?;
    values.column_by_name(name).cloned().ok_or(Missing(column))
}

/// The value of a row, where there is one.
pub(crate) fn text(column: &StringArray, row: usize) -> Option<&str> {
    column.is_valid(row).then(|| column.value(row))
}

/// The value of a row, where there is one.
pub(crate) fn integer(column: &Int64Array, row: usize) -> Option<i64> {
    column.is_valid(row).then(|| column.value(row))
}

/// The value of a row, where there is one.
pub(crate) fn number(column: &Float64Array, row: usize) -> Option<f64> {
    column.is_valid(row).then(|| column.value(row))
}

/// The columns that must have a value in every row: those of them that lack one somewhere.
pub(crate) struct Required<'a>(Vec<(&'static str, &'a ArrayRef)>);

impl<'a> Required<'a> {
    fn of(batch: &Batch<'a>, names: &[&'static str]) -> Result<Self, Missing> {
        let mut lacking = Vec::new();
        for name in names {
            let column = batch.column(name)?;
            if column.null_count() > 0 {
                lacking.push((*name, column));
            }
        }
        Ok(Self(lacking))
    }

    /// Why a row without one of these values is refused.
    pub(crate) fn missing(&self, row: usize) -> Option<String> {
        let (name, _) = self.0.iter().find(|(_, column)| column.is_null(row))?;
        Some(format!("its {name} is missing"))
    }
}

/// Posts.
pub(crate) struct Posts<'a> {
    pub(crate) required: Required<'a>,
    pub(crate) id: &'a StringArray,
    pub(crate) kind: &'a StringArray,
    pub(crate) parent_id: &'a StringArray,
    pub(crate) author_id: &'a StringArray,
    pub(crate) author_name: &'a StringArray,
    pub(crate) author_followers: &'a Int64Array,
    pub(crate) text: &'a StringArray,
    pub(crate) lang: &'a StringArray,
    pub(crate) vendor_sentiment: &'a StringArray,
    pub(crate) created_at: &'a TimestampMicrosecondArray,
    pub(crate) url: &'a StringArray,
    pub(crate) likes: &'a Int64Array,
    pub(crate) reposts: &'a Int64Array,
    pub(crate) deleted: &'a BooleanArray,
    pub(crate) collected_at: &'a TimestampMicrosecondArray,
    pub(crate) revision: &'a BooleanArray,
    hints: &'a ListArray,
    symbols: ArrayRef,
    methods: ArrayRef,
}

impl<'a> Posts<'a> {
    /// The columns of a batch of posts.
    ///
    /// # Errors
    /// One is missing.
    pub(crate) fn of(batch: &'a RecordBatch) -> Result<Self, Missing> {
        let batch = Batch(batch);
        let hints = batch.list("asset_hints")?;
        let required = ["id", "kind", "text", "created_at", "deleted", "collected_at", "revision"];
        Ok(Self {
            required: Required::of(&batch, &required)?,
            id: batch.text("id")?,
            kind: batch.text("kind")?,
            parent_id: batch.text("parent_id")?,
            author_id: batch.text("author_id")?,
            author_name: batch.text("author_name")?,
            author_followers: batch.integer("author_followers")?,
            text: batch.text("text")?,
            lang: batch.text("lang")?,
            vendor_sentiment: batch.text("vendor_sentiment")?,
            created_at: batch.instant("created_at")?,
            url: batch.text("url")?,
            likes: batch.integer("likes")?,
            reposts: batch.integer("reposts")?,
            deleted: batch.truth("deleted")?,
            collected_at: batch.instant("collected_at")?,
            revision: batch.truth("revision")?,
            symbols: inner(hints, "asset_hints", "symbol")?,
            methods: inner(hints, "asset_hints", "method")?,
            hints,
        })
    }

    /// Symbol and method of each hint of a row.
    pub(crate) fn hints(&self, row: usize) -> impl Iterator<Item = (&str, &str)> {
        let offsets = self.hints.value_offsets();
        let (from, to) = (offsets[row] as usize, offsets[row + 1] as usize);
        let columns = self.symbols.as_string_opt::<i32>().zip(self.methods.as_string_opt::<i32>());
        columns.into_iter().flat_map(move |(s, m)| (from..to).map(move |i| (s.value(i), m.value(i))))
    }
}

/// Articles.
pub(crate) struct Articles<'a> {
    pub(crate) required: Required<'a>,
    pub(crate) id: &'a StringArray,
    pub(crate) outlet: &'a StringArray,
    pub(crate) title: &'a StringArray,
    pub(crate) summary: &'a StringArray,
    pub(crate) lang: &'a StringArray,
    pub(crate) published_at: &'a TimestampMicrosecondArray,
    pub(crate) url: &'a StringArray,
    pub(crate) canonical_url: &'a StringArray,
    pub(crate) collected_at: &'a TimestampMicrosecondArray,
    pub(crate) revision: &'a BooleanArray,
    authors: &'a ListArray,
    tickers: &'a ListArray,
    symbols: ArrayRef,
    relevance: ArrayRef,
}

impl<'a> Articles<'a> {
    /// The columns of a batch of articles.
    ///
    /// # Errors
    /// One is missing.
    pub(crate) fn of(batch: &'a RecordBatch) -> Result<Self, Missing> {
        let batch = Batch(batch);
        let tickers = batch.list("tickers")?;
        let required = ["id", "outlet", "title", "url", "canonical_url", "collected_at", "revision"];
        Ok(Self {
            required: Required::of(&batch, &required)?,
            id: batch.text("id")?,
            outlet: batch.text("outlet")?,
            title: batch.text("title")?,
            summary: batch.text("summary")?,
            lang: batch.text("lang")?,
            published_at: batch.instant("published_at")?,
            url: batch.text("url")?,
            canonical_url: batch.text("canonical_url")?,
            collected_at: batch.instant("collected_at")?,
            revision: batch.truth("revision")?,
            authors: batch.list("authors")?,
            symbols: inner(tickers, "tickers", "symbol")?,
            relevance: inner(tickers, "tickers", "relevance")?,
            tickers,
        })
    }

    /// Names of a row's authors.
    pub(crate) fn authors(&self, row: usize) -> impl Iterator<Item = &str> {
        let offsets = self.authors.value_offsets();
        let (from, to) = (offsets[row] as usize, offsets[row + 1] as usize);
        let names = self.authors.values().as_string_opt::<i32>();
        names.into_iter().flat_map(move |names| (from..to).map(move |i| names.value(i)))
    }

    /// Symbol and relevance of each ticker of a row.
    pub(crate) fn tickers(&self, row: usize) -> impl Iterator<Item = (&str, Option<f64>)> {
        let offsets = self.tickers.value_offsets();
        let (from, to) = (offsets[row] as usize, offsets[row + 1] as usize);
        let columns =
            self.symbols.as_string_opt::<i32>().zip(self.relevance.as_primitive_opt::<Float64Type>());
        columns.into_iter().flat_map(move |(s, r)| (from..to).map(move |i| (s.value(i), number(r, i))))
    }
}

/// Bars.
pub(crate) struct Bars<'a> {
    pub(crate) required: Required<'a>,
    pub(crate) symbol: &'a StringArray,
    pub(crate) interval: &'a StringArray,
    pub(crate) opens_at: &'a TimestampMicrosecondArray,
    pub(crate) prices: [&'a Float64Array; 4],
    pub(crate) adj_close: &'a Float64Array,
    pub(crate) volume: &'a Float64Array,
    pub(crate) collected_at: &'a TimestampMicrosecondArray,
}

impl<'a> Bars<'a> {
    /// The columns of a batch of bars.
    ///
    /// # Errors
    /// One is missing.
    pub(crate) fn of(batch: &'a RecordBatch) -> Result<Self, Missing> {
        let batch = Batch(batch);
        let required = ["symbol", "interval", "opens_at", "open", "high", "low", "close", "collected_at"];
        Ok(Self {
            required: Required::of(&batch, &required)?,
            symbol: batch.text("symbol")?,
            interval: batch.text("interval")?,
            opens_at: batch.instant("opens_at")?,
            prices: [
                batch.number("open")?,
                batch.number("high")?,
                batch.number("low")?,
                batch.number("close")?,
            ],
            adj_close: batch.number("adj_close")?,
            volume: batch.number("volume")?,
            collected_at: batch.instant("collected_at")?,
        })
    }
}
