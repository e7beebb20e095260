//! A batch of records on its way to rows: where it comes from, which of its rows do not count, and where what is made goes.

use domain::lake::RecordKind;
use tables::raw::NoText;

use super::Sink;
use crate::engine::columns::Required;
use crate::engine::row::Row;
use crate::engine::tally::Tally;

/// Where a batch comes from.
#[derive(Debug, Clone)]
pub(crate) struct Origin {
    /// The object.
    pub(crate) key: String,
    /// Number of its source.
    pub(crate) source: u16,
    /// What it holds.
    pub(crate) kind: RecordKind,
}

/// Rows of a batch that do not count, whatever they say.
#[derive(Debug, Default)]
pub(crate) struct Void {
    /// Those that one collected later replaces, sorted.
    pub(crate) repeated: Vec<usize>,
    /// Those with a text that is no UTF-8, sorted by row.
    pub(crate) no_text: Vec<NoText>,
}

impl Void {
    /// Whether one collected later replaces this row.
    pub(super) fn repeats(&self, row: usize) -> bool {
        self.repeated.binary_search(&row).is_ok()
    }

    fn reason(&self, row: usize) -> Option<String> {
        let found = self.no_text.binary_search_by_key(&row, |bad| bad.row).ok()?;
        Some(format!("its {} is not UTF-8", self.no_text[found].column))
    }
}

/// What goes with a batch while rows are made of it.
pub(crate) struct Input<'a, S> {
    /// Where it comes from.
    pub(crate) origin: &'a Origin,
    /// Number of its first row in the object.
    pub(crate) first: u64,
    /// Rows that do not count.
    pub(crate) void: &'a Void,
    /// Counts what becomes of it.
    pub(crate) tally: &'a mut Tally,
    /// Takes its rows.
    pub(crate) sink: &'a mut S,
}

impl<S: Sink> Input<'_, S> {
    /// Refuses a record with a text that is no UTF-8 or without a value that it must have; says whether it did.
    pub(super) fn unreadable(
        &mut self,
        row: usize,
        required: &Required<'_>,
        about: impl FnOnce() -> (Option<String>, String),
    ) -> bool {
        let reason = self.void.reason(row).or_else(|| required.missing(row));
        self.refused(row, reason.as_deref(), about)
    }

    /// Refuses a record where there is a reason; says whether there was. For `about` see [`Tally::reject`].
    pub(super) fn refused(
        &mut self,
        row: usize,
        reason: Option<&str>,
        about: impl FnOnce() -> (Option<String>, String),
    ) -> bool {
        if let Some(reason) = reason {
            self.tally.reject(reason, &self.origin.key, self.first + row as u64, about);
        }
        reason.is_some()
    }

    /// Hands a row on.
    ///
    /// # Errors
    /// There is no room for it.
    pub(super) fn row(&mut self, row: Row<'_>) -> anyhow::Result<()> {
        self.tally.rows += 1;
        self.sink.row(row)
    }
}
