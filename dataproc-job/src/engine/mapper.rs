//! Makes rows of records: who is meant, by what evidence, and what of a record an asset's files need.

use std::collections::HashMap;
use std::sync::OnceLock;

use chrono::{DateTime, NaiveTime, Utc};
use domain::lake::RecordKind;
use domain::{AssetList, Bar, Evidence};
use tables::arrow::array::{Array, RecordBatch};
use tables::raw::NoText;

use super::columns::{Articles, Bars, Posts, integer, number, text};
use super::frame::Frame;
use super::row::{BarRow, Document, Found, Place, Row, RowKind, signed};
use super::tally::Tally;
use crate::resolve::{self, Resolver, Scratch};

/// Relevance from which an outlet's ticker counts.
const RELEVANT: f64 = 0.3;

/// Longest id in bytes; no source comes near.
const LONGEST_ID: usize = 1024;

/// Spellings whose assets are remembered at a time.
const SPELLINGS: usize = 65_536;

const LATER: &str = "it is later than the as-of instant";
const OUTSIDE: &str = "it is of a later slot";
const DELETED: &str = "deleted at the source";
const NO_ASSET: &str = "of no asset of the list";

/// Takes rows.
pub(crate) trait Sink {
    /// Takes one row.
    ///
    /// # Errors
    /// There is no room for it.
    fn row(&mut self, row: Row<'_>) -> anyhow::Result<()>;
}

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
    fn repeats(&self, row: usize) -> bool {
        self.repeated.binary_search(&row).is_ok()
    }

    fn reason(&self, row: usize) -> Option<String> {
        let found = self.no_text.binary_search_by_key(&row, |bad| bad.row).ok()?;
        Some(format!("its {} is not UTF-8", self.no_text[found].column))
    }
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

    /// Gives the rows of a batch to `sink`. `first` is the number of its first row in the object.
    ///
    /// # Errors
    /// The batch lacks a column, or `sink` takes no more.
    pub(crate) fn batch(
        &mut self,
        batch: &RecordBatch,
        origin: &Origin,
        first: u64,
        void: &Void,
        tally: &mut Tally,
        sink: &mut impl Sink,
    ) -> anyhow::Result<()> {
        tally.read += batch.num_rows() as u64;
        match origin.kind {
            RecordKind::Post => self.posts(&Posts::of(batch)?, origin, first, void, tally, sink),
            RecordKind::Article => self.articles(&Articles::of(batch)?, origin, first, void, tally, sink),
            RecordKind::Bar => self.bars(&Bars::of(batch)?, origin, first, void, tally, sink),
            RecordKind::Reject => Ok(()),
        }
    }

    fn posts(
        &mut self,
        posts: &Posts<'_>,
        origin: &Origin,
        first: u64,
        void: &Void,
        tally: &mut Tally,
        sink: &mut impl Sink,
    ) -> anyhow::Result<()> {
        for row in 0..posts.id.len() {
            let id = posts.id.value(row);
            // Revisions say how documents of earlier slots are now: no slot counts them as said in it.
            if posts.revision.value(row) {
                if posts.deleted.value(row) {
                    tally.gone.insert(id.to_owned());
                }
                continue;
            }
            // What was replaced is no loss.
            if void.repeats(row) {
                continue;
            }
            let (at, said) = (posts.created_at.value(row), posts.text.value(row));
            let about = || (Some(id.to_owned()), said.to_owned());
            if let Some(reason) = void.reason(row).or_else(|| posts.required.missing(row)) {
                tally.reject(&reason, &origin.key, first + row as u64, about);
                continue;
            }
            if let Some(reason) = self.outside(at, true) {
                tally.reject(reason, &origin.key, first + row as u64, about);
                continue;
            }
            if posts.deleted.value(row) {
                tally.leave_out(DELETED);
                continue;
            }
            if let Some(reason) = bad_id(id) {
                tally.reject(reason, &origin.key, first + row as u64, about);
                continue;
            }
            self.find(said, at);
            for (symbol, method) in posts.hints(row) {
                let (evidence, hundredths) =
                    if method == "cashtag" { (Evidence::Cashtag, 99) } else { (Evidence::Vendor, 100) };
                self.hint(symbol, evidence, hundredths);
            }
            if self.mentions.is_empty() {
                continue;
            }
            let kind = posts.kind.value(row);
            let repeats = matches!(kind, "repost" | "quote");
            let document = Document {
                label: kind,
                text: said,
                summary: None,
                author: text(posts.author_name, row),
                author_id: text(posts.author_id, row),
                lang: text(posts.lang, row),
                mood: text(posts.vendor_sentiment, row),
                url: text(posts.url, row),
                link: None,
                parent: text(posts.parent_id, row).filter(|_| repeats),
                followers: integer(posts.author_followers, row),
                likes: integer(posts.likes, row),
                reposts: integer(posts.reposts, row),
            };
            self.common.clear();
            document.write(&mut self.common);
            let collected_at = posts.collected_at.value(row);
            self.emit(RowKind::Post, at, origin.source, id, collected_at, tally, sink)?;
        }
        Ok(())
    }

    fn articles(
        &mut self,
        articles: &Articles<'_>,
        origin: &Origin,
        first: u64,
        void: &Void,
        tally: &mut Tally,
        sink: &mut impl Sink,
    ) -> anyhow::Result<()> {
        for row in 0..articles.id.len() {
            if articles.revision.value(row) {
                continue;
            }
            let id = articles.id.value(row);
            let collected_at = articles.collected_at.value(row);
            let dated = articles.published_at.is_valid(row);
            let at = if dated { articles.published_at.value(row) } else { collected_at };
            let (title, summary) = (articles.title.value(row), text(articles.summary, row));
            if void.repeats(row) {
                continue;
            }
            let about = || (Some(id.to_owned()), title.to_owned());
            if let Some(reason) = void.reason(row).or_else(|| articles.required.missing(row)) {
                tally.reject(&reason, &origin.key, first + row as u64, about);
                continue;
            }
            if let Some(reason) = self.outside(at, dated).or_else(|| bad_id(id)) {
                tally.reject(reason, &origin.key, first + row as u64, about);
                continue;
            }
            let mut said = std::mem::take(&mut self.text);
            join(&mut said, title, summary);
            self.find(&said, at);
            self.text = said;
            for (symbol, relevance) in articles.tickers(row) {
                if relevance.is_none_or(|r| r >= RELEVANT) {
                    self.hint(symbol, Evidence::Vendor, 100);
                }
            }
            if self.mentions.is_empty() {
                continue;
            }
            self.authors.clear();
            for (n, author) in articles.authors(row).enumerate() {
                self.authors.push_str(if n > 0 { "; " } else { "" });
                self.authors.push_str(author);
            }
            let link = articles.canonical_url.value(row);
            let any_author = articles.authors(row).next().is_some();
            let document = Document {
                label: articles.outlet.value(row),
                text: title,
                summary,
                author: any_author.then_some(self.authors.as_str()),
                lang: text(articles.lang, row),
                url: Some(articles.url.value(row)),
                link: Some(link).filter(|link| !link.is_empty()),
                ..Document::default()
            };
            self.common.clear();
            document.write(&mut self.common);
            self.emit(RowKind::Article, at, origin.source, id, collected_at, tally, sink)?;
        }
        Ok(())
    }

    fn bars(
        &mut self,
        bars: &Bars<'_>,
        origin: &Origin,
        first: u64,
        void: &Void,
        tally: &mut Tally,
        sink: &mut impl Sink,
    ) -> anyhow::Result<()> {
        let as_of = self.frame.as_of.timestamp_micros();
        for row in 0..bars.symbol.len() {
            let at = bars.opens_at.value(row);
            let bar = BarRow {
                source: origin.source,
                interval: bars.interval.value(row),
                at,
                collected_at: bars.collected_at.value(row),
                prices: bars.prices.map(|column| column.value(row)),
                adj_close: number(bars.adj_close, row),
                volume: number(bars.volume, row),
            };
            let symbol = bars.symbol.value(row);
            let about = || (None, said_of(symbol, &bar));
            if let Some(reason) = void.reason(row).or_else(|| bars.required.missing(row)) {
                tally.reject(&reason, &origin.key, first + row as u64, about);
                continue;
            }
            let reason = (at > as_of).then_some(LATER).or_else(|| defect(&bar));
            if let Some(reason) = reason.or_else(|| bad_interval(bar.interval)) {
                tally.reject(reason, &origin.key, first + row as u64, about);
                continue;
            }
            let (frame, resolver) = (self.frame, self.resolver.get());
            let Some(asset) = remembered(&mut self.spellings, symbol, |symbol| frame.bar(symbol, resolver))
            else {
                tally.leave_out(NO_ASSET);
                continue;
            };
            self.body.clear();
            bar.write(&mut self.body);
            let at = if bar.interval == "1d" { day_of(at) } else { at };
            let place = Place { asset, kind: RowKind::Bar, at, source: origin.source };
            tally.rows += 1;
            sink.row(Row { place, id: bar.interval, body: &self.body })?;
        }
        Ok(())
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
    #[allow(clippy::too_many_arguments, reason = "the parts of a row's key")]
    fn emit(
        &mut self,
        kind: RowKind,
        at: i64,
        source: u16,
        id: &str,
        collected_at: i64,
        tally: &mut Tally,
        sink: &mut impl Sink,
    ) -> anyhow::Result<()> {
        for (asset, found) in &self.mentions {
            self.body.clear();
            signed(&mut self.body, collected_at);
            found.write(&mut self.body);
            self.body.push_str(&self.common);
            let place = Place { asset: *asset, kind, at, source };
            tally.rows += 1;
            sink.row(Row { place, id, body: &self.body })?;
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

fn bad_interval(interval: &str) -> Option<&'static str> {
    if interval.is_empty() {
        Some("its interval is empty")
    } else if interval.len() > LONGEST_ID {
        Some("its interval is longer than 1,024 bytes")
    } else {
        None
    }
}

/// What a bar says, for people.
fn said_of(symbol: &str, bar: &BarRow<'_>) -> String {
    let [open, high, low, close] = bar.prices;
    let at = DateTime::from_timestamp_micros(bar.at).map_or_else(String::new, |at| at.to_rfc3339());
    let volume = bar.volume.map_or_else(String::new, |volume| format!(" volume {volume}"));
    format!("{symbol} {} {at} open {open} high {high} low {low} close {close}{volume}", bar.interval)
}

fn defect(bar: &BarRow<'_>) -> Option<&'static str> {
    let [open, high, low, close] = bar.prices;
    let bar = Bar {
        symbol: String::new(),
        interval: String::new(),
        opens_at: DateTime::UNIX_EPOCH,
        open,
        high,
        low,
        close,
        adj_close: bar.adj_close,
        volume: bar.volume,
        collected_at: DateTime::UNIX_EPOCH,
    };
    bar.defect()
}

/// The start of the day of an instant in microseconds: sources open the same day at different hours.
fn day_of(at: i64) -> i64 {
    let day =
        DateTime::from_timestamp_micros(at).map(|at| at.date_naive().and_time(NaiveTime::MIN).and_utc());
    day.map_or(at, |day| day.timestamp_micros())
}
