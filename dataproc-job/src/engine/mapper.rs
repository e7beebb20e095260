//! Makes rows of records: who is meant, by what evidence, and what of a record an asset's files need.

use std::collections::HashMap;
use std::sync::OnceLock;

use chrono::{DateTime, Utc};
use domain::lake::RecordKind;
use domain::{AssetList, Evidence};
use tables::arrow::array::RecordBatch;

pub(crate) use self::input::{Input, Origin, Void};
use super::columns::{Articles, Bars, Posts};
use super::frame::Frame;
use super::row::{Found, Place, Row, RowKind, signed};
use crate::resolve::{self, Resolver, Scratch};

mod articles;
mod bars;
mod input;
mod posts;

/// Longest id in bytes; no source comes near.
const LONGEST_ID: usize = 1024;

/// Spellings whose assets are remembered at a time.
const SPELLINGS: usize = 65_536;

const LATER: &str = "it is later than the as-of instant";
const OUTSIDE: &str = "it is of a later slot";

/// Takes rows.
pub(crate) trait Sink {
    /// Takes one row.
    ///
    /// # Errors
    /// There is no room for it.
    fn row(&mut self, row: Row<'_>) -> anyhow::Result<()>;
}

/// A resolver that is made when it is first needed: threads that only decode need not wait for it.
pub(crate) struct Later<'a> {
    list: &'a AssetList,
    made: OnceLock<Resolver>,
}

impl<'a> Later<'a> {
    /// That for the assets of `list`.
    pub(crate) fn new(list: &'a AssetList) -> Self {
        Self { list, made: OnceLock::new() }
    }

    /// The resolver; the first who asks makes it, while others who ask wait.
    pub(crate) fn get(&self) -> &Resolver {
        self.made.get_or_init(|| Resolver::new(self.list))
    }
}

/// Makes rows of batches; each thread has one.
pub(crate) struct Mapper<'a> {
    frame: &'a Frame,
    resolver: &'a Later<'a>,
    scratch: Scratch,
    found: Vec<resolve::Found>,
    mentions: Vec<(u32, Found)>,
    spellings: HashMap<String, Option<u32>>,
    text: String,
    authors: String,
    common: String,
    body: String,
}

impl<'a> Mapper<'a> {
    /// A mapper for the slot of `frame`.
    pub(crate) fn new(frame: &'a Frame, resolver: &'a Later<'a>) -> Self {
        Self {
            frame,
            resolver,
            scratch: Scratch::default(),
            found: Vec::new(),
            mentions: Vec::new(),
            spellings: HashMap::new(),
            text: String::new(),
            authors: String::new(),
            common: String::new(),
            body: String::new(),
        }
    }

    /// Gives the rows of a batch to the sink of `input`.
    ///
    /// # Errors
    /// The batch lacks a column, or the sink takes no more.
    pub(crate) fn batch(
        &mut self,
        batch: &RecordBatch,
        input: &mut Input<'_, impl Sink>,
    ) -> anyhow::Result<()> {
        input.tally.read += batch.num_rows() as u64;
        match input.origin.kind {
            RecordKind::Post => self.posts(&Posts::of(batch)?, input),
            RecordKind::Article => self.articles(&Articles::of(batch)?, input),
            RecordKind::Bar => self.bars(&Bars::of(batch)?, input),
            RecordKind::Reject => Ok(()),
        }
    }

    /// Why a document of the instant `at` does not belong to this slot.
    fn outside(&self, at: i64, dated: bool) -> Option<&'static str> {
        if at > self.frame.as_of.timestamp_micros() {
            Some(LATER)
        } else if dated && at >= self.frame.slot.close_at().timestamp_micros() {
            Some(OUTSIDE)
        } else {
            None
        }
    }

    /// Sets the mentions to what the text names.
    fn find(&mut self, text: &str, at: i64) {
        self.found.clear();
        self.mentions.clear();
        let at: Option<DateTime<Utc>> = DateTime::from_timestamp_micros(at);
        self.resolver.get().find(text, at, &mut self.scratch, &mut self.found);
        self.mentions.extend(self.found.iter().map(|f| {
            let hundredths = (f.confidence * 100.0).round().clamp(1.0, 100.0) as u8;
            let found = Found { evidence: f.evidence, hundredths, span: Some((f.start, f.end)) };
            (f.owner, found)
        }));
    }

    /// Adds what the source itself says; a document counts once an asset, with its surest evidence.
    fn hint(&mut self, spelling: &str, evidence: Evidence, hundredths: u8) {
        let (frame, resolver) = (self.frame, self.resolver.get());
        let asset = remembered(&mut self.spellings, spelling, |spelling| frame.vendor(spelling, resolver));
        let Some(asset) = asset else { return };
        let hinted = Found { evidence, hundredths, span: None };
        match self.mentions.iter_mut().find(|(owner, _)| *owner == asset) {
            Some((_, found)) if found.hundredths >= hundredths => {}
            Some((_, found)) => *found = hinted,
            None => self.mentions.push((asset, hinted)),
        }
    }

    /// One row for each mention.
    fn emit(
        &mut self,
        kind: RowKind,
        at: i64,
        id: &str,
        collected_at: i64,
        input: &mut Input<'_, impl Sink>,
    ) -> anyhow::Result<()> {
        for (asset, found) in &self.mentions {
            self.body.clear();
            signed(&mut self.body, collected_at);
            found.write(&mut self.body);
            self.body.push_str(&self.common);
            let place = Place { asset: *asset, kind, at, source: input.origin.source };
            input.row(Row { place, id, body: &self.body })?;
        }
        Ok(())
    }
}

/// Title and summary as one text, as they are resolved and compared.
pub(crate) fn join(out: &mut String, title: &str, summary: Option<&str>) {
    out.clear();
    out.push_str(title);
    out.push('\n');
    out.push_str(summary.unwrap_or_default());
}

fn remembered(
    known: &mut HashMap<String, Option<u32>>,
    spelling: &str,
    look: impl FnOnce(&str) -> Option<u32>,
) -> Option<u32> {
    if let Some(asset) = known.get(spelling) {
        return *asset;
    }
    if known.len() >= SPELLINGS {
        known.clear();
    }
    let asset = look(spelling);
    known.insert(spelling.to_owned(), asset);
    asset
}

fn bad_id(id: &str) -> Option<&'static str> {
    if id.is_empty() {
        Some("its id is empty")
    } else if id.len() > LONGEST_ID {
        Some("its id is longer than 1,024 bytes")
    } else {
        None
    }
}
