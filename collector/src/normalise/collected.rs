//! Gathering records: what belongs to the slot, each once, the rest by its reason. Memory stays bounded however many come.

use std::collections::{BTreeMap, BTreeSet};
use std::io;

use chrono::{DateTime, Duration, Utc};
use domain::document::Reject;
use domain::slot::SLOT_HOURS;
use domain::{Article, Bar, Post};
use serde::{Deserialize, Serialize};

use super::rows::{Gathered, Rows};
use crate::window::{Verdict, Window, mark};

/// How far beyond the as-of instant a document may be where the request could not be bounded in time: a run that is late
/// sees documents of the next slots, and that is no fault of theirs.
const LATE_RUN: Duration = Duration::days(7);

/// How far beyond the as-of instant a document may be where the request was bounded.
const CLOCK_SKEW: Duration = Duration::minutes(10);

/// Most unknown fields that are told apart.
const UNKNOWN_FIELDS: usize = 200;

/// What a reader makes of one place in an exchange. An exchange is a list of these, which is all that is kept of one whose
/// text had to be purged.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Entry {
    /// A post; whether the request named the end of the window.
    Post(Box<Post>, bool),
    /// An article of a stream.
    Article(String, Box<Article>),
    /// An unadjusted bar.
    Bar(Bar),
    /// The adjusted close of a bar: symbol, interval, open, close.
    Adjusted(String, String, DateTime<Utc>, f64),
    /// Something that cannot be taken: id and reason.
    Reject(Option<String>, String),
    /// A post that the source says is gone.
    Gone(String),
    /// A page of a channel, newest part first: stream, channel, the oldest instant on it, and the ids.
    Page(String, String, DateTime<Utc>, Vec<String>),
}

/// How far a channel was listed.
struct Listed {
    channel: String,
    down_to: DateTime<Utc>,
    ids: BTreeSet<String>,
    raw_ref: String,
}

/// Records while they are gathered.
pub struct Collected<'w> {
    /// What belongs to the slot.
    pub window: &'w Window,
    /// Entries are written down here instead of being judged.
    copy: Option<Vec<Entry>>,
    rows: Rows,
    recent_from: DateTime<Utc>,
    recent: BTreeMap<String, DateTime<Utc>>,
    seen: BTreeSet<String>,
    late: BTreeSet<String>,
    ahead: BTreeSet<String>,
    listed: BTreeMap<String, Listed>,
    unknown: BTreeMap<String, u64>,
    failed: Option<io::Error>,
}

impl<'w> Collected<'w> {
    /// Nothing yet; documents from `lag` before the window's end on are remembered as recent.
    pub fn new(window: &'w Window, lag: Duration) -> Self {
        Self {
            window,
            copy: None,
            rows: Rows::default(),
            recent_from: window.to - lag,
            recent: BTreeMap::new(),
            seen: BTreeSet::new(),
            late: BTreeSet::new(),
            ahead: BTreeSet::new(),
            listed: BTreeMap::new(),
            unknown: BTreeMap::new(),
            failed: None,
        }
    }

    /// Writes entries down instead of judging them.
    pub fn copying(window: &'w Window) -> Self {
        Self { copy: Some(Vec::new()), ..Self::new(window, Duration::zero()) }
    }

    /// The entries that were written down.
    pub fn into_copy(self) -> Vec<Entry> {
        self.copy.unwrap_or_default()
    }

    /// When the records were collected, as far as anybody needs to know.
    pub fn collected_at(&self) -> DateTime<Utc> {
        self.window.as_of
    }

    /// Takes a post in. `bounded`: the request named the end of the window.
    pub fn post(&mut self, post: Post, bounded: bool) {
        let raw_ref = post.raw_ref.clone();
        self.take(&raw_ref, Entry::Post(Box::new(post), bounded));
    }

    /// Takes an article of `stream` in. The same link through two streams is one article.
    pub fn article(&mut self, stream: &str, article: Article) {
        let raw_ref = article.raw_ref.clone();
        self.take(&raw_ref, Entry::Article(stream.to_owned(), Box::new(article)));
    }

    /// Takes an unadjusted bar in.
    pub fn bar(&mut self, raw_ref: &str, bar: Bar) {
        self.take(raw_ref, Entry::Bar(bar));
    }

    /// Takes the adjusted close of a bar in; it is joined to the bar at the end.
    pub fn adjusted(
        &mut self,
        raw_ref: &str,
        symbol: &str,
        interval: &str,
        opens_at: DateTime<Utc>,
        close: f64,
    ) {
        self.take(raw_ref, Entry::Adjusted(symbol.to_owned(), interval.to_owned(), opens_at, close));
    }

    /// Notes a row that cannot be taken.
    pub fn reject(&mut self, raw_ref: &str, id: Option<String>, reason: String) {
        self.take(raw_ref, Entry::Reject(id, reason));
    }

    /// Notes that the source says that a post of an earlier slot is gone.
    pub fn gone(&mut self, raw_ref: &str, id: &str) {
        self.take(raw_ref, Entry::Gone(id.to_owned()));
    }

    /// Notes one page of a channel that is listed whole from now back: it holds exactly these posts down to `oldest`, and
    /// follows the page of the same stream before it without a gap. What earlier slots have of that channel and no page
    /// holds is gone.
    pub fn page(
        &mut self,
        raw_ref: &str,
        stream: &str,
        channel: &str,
        oldest: DateTime<Utc>,
        ids: Vec<String>,
    ) {
        self.take(raw_ref, Entry::Page(stream.to_owned(), channel.to_owned(), oldest, ids));
    }

    /// Counts a field that nobody knows.
    pub fn unknown_field(&mut self, path: String) {
        if self.unknown.len() < UNKNOWN_FIELDS || self.unknown.contains_key(&path) {
            *self.unknown.entry(path).or_default() += 1;
        }
    }

    /// Takes what was once read from the exchange `raw_ref`.
    pub fn take(&mut self, raw_ref: &str, entry: Entry) {
        if let Some(copy) = &mut self.copy {
            return copy.push(entry);
        }
        let taken = match entry {
            Entry::Post(post, bounded) => self.take_post(raw_ref, *post, bounded),
            Entry::Article(stream, article) => self.take_article(raw_ref, &stream, *article),
            Entry::Bar(bar) => self.take_bar(raw_ref, bar),
            Entry::Adjusted(symbol, interval, opens_at, close) => {
                self.rows.adjusted(symbol, interval, opens_at, close)
            }
            Entry::Reject(id, reason) => self.refuse(raw_ref, id, reason),
            Entry::Gone(id) => self.bury(raw_ref, &id),
            Entry::Page(stream, channel, oldest, ids) => {
                self.note_page(raw_ref, stream, channel, oldest, ids);
                Ok(())
            }
        };
        if let Err(error) = taken {
            self.failed.get_or_insert(error);
        }
    }

    fn take_post(&mut self, raw_ref: &str, mut post: Post, bounded: bool) -> io::Result<()> {
        raw_ref.clone_into(&mut post.raw_ref);
        if let Some(prior) = self.window.prior.get(&post.id) {
            if mark(&post) != prior.mark {
                post.revision = true;
                // A search does not say where it stood; where it was listed, it still is.
                post.channel = post.channel.or_else(|| prior.channel.clone());
                return self.rows.post(post);
            }
            return Ok(());
        }
        if post.text.trim().is_empty() && !post.deleted {
            return self.refuse(raw_ref, Some(post.id), "it has no text".to_owned());
        }
        let tolerance = if bounded { CLOCK_SKEW } else { LATE_RUN };
        match self.window.judge(&post.id, post.created_at, tolerance) {
            Verdict::Accept => {
                if post.created_at >= self.recent_from {
                    self.recent.insert(post.id.clone(), post.created_at);
                }
                self.note_late(&post.id, post.created_at);
                self.rows.post(post)
            }
            Verdict::Ignore => Ok(()),
            Verdict::Reject(reason) => self.refuse(raw_ref, Some(post.id), reason.to_owned()),
        }
    }

    fn take_article(&mut self, raw_ref: &str, stream: &str, mut article: Article) -> io::Result<()> {
        raw_ref.clone_into(&mut article.raw_ref);
        if article.title.is_empty() {
            return self.refuse(raw_ref, Some(article.id), "it has no headline".to_owned());
        }
        if article.feeds.is_empty() {
            article.feeds.push(stream.to_owned());
        }
        let window = self.window;
        let verdict = match article.published_at {
            Some(at) if at >= window.to => {
                self.ahead.insert(stream.to_owned());
                window.judge(&article.id, at, LATE_RUN)
            }
            Some(at) if at < window.from => {
                let is_updated = article.updated_at.is_some_and(|at| at >= window.from && at < window.to);
                let is_known = !self.seen.insert(article.id.clone()) || window.known.contains(&article.id);
                // A feed holds old items for weeks: one is new only where the slot before has seen the feed without it.
                let is_late = window.undated && !window.known.is_empty() && !is_known;
                article.revision = is_updated && !is_late;
                if is_updated || is_late { Verdict::Accept } else { Verdict::Ignore }
            }
            Some(at) => {
                self.seen.insert(article.id.clone());
                window.judge(&article.id, at, LATE_RUN)
            }
            None => {
                self.seen.insert(article.id.clone());
                window.judge_undated(&article.id)
            }
        };
        match verdict {
            Verdict::Accept => {
                if let Some(at) = article.published_at.filter(|at| *at >= self.recent_from) {
                    self.recent.insert(article.id.clone(), at);
                }
                if let Some(at) = article.published_at.filter(|_| !article.revision) {
                    self.note_late(&article.id, at);
                }
                self.rows.article(article)
            }
            Verdict::Ignore => Ok(()),
            Verdict::Reject(reason) => self.refuse(raw_ref, Some(article.id), reason.to_owned()),
        }
    }

    /// Remembers a document that is taken although it belongs to an earlier slot.
    fn note_late(&mut self, id: &str, at: DateTime<Utc>) {
        if at < self.window.to - Duration::hours(SLOT_HOURS) {
            self.late.insert(id.to_owned());
        }
    }

    fn take_bar(&mut self, raw_ref: &str, bar: Bar) -> io::Result<()> {
        if let Some(defect) = defect(&bar) {
            let id = format!("{} {} {}", bar.symbol, bar.interval, bar.opens_at.format("%Y-%m-%dT%H:%M:%SZ"));
            return self.refuse(raw_ref, Some(id), defect.to_owned());
        }
        self.rows.bar(bar)
    }

    fn refuse(&mut self, raw_ref: &str, id: Option<String>, reason: String) -> io::Result<()> {
        self.rows.reject(Reject { reason, raw_ref: raw_ref.to_owned(), id })
    }

    fn bury(&mut self, raw_ref: &str, id: &str) -> io::Result<()> {
        let Some(prior) = self.window.prior.get(id) else { return Ok(()) };
        self.rows.post(Post {
            id: id.to_owned(),
            channel: prior.channel.clone(),
            created_at: prior.created_at,
            collected_at: self.window.as_of,
            raw_ref: raw_ref.to_owned(),
            deleted: true,
            revision: true,
            ..Post::default()
        })
    }

    fn note_page(
        &mut self,
        raw_ref: &str,
        stream: String,
        channel: String,
        oldest: DateTime<Utc>,
        ids: Vec<String>,
    ) {
        let listed = self.listed.entry(stream).or_insert_with(|| Listed {
            channel,
            down_to: oldest,
            ids: BTreeSet::new(),
            raw_ref: String::new(),
        });
        listed.down_to = listed.down_to.min(oldest);
        listed.ids.extend(ids);
        raw_ref.clone_into(&mut listed.raw_ref);
    }

    /// The records, sorted, each once.
    ///
    /// # Errors
    /// This machine's disk is full or fails.
    pub fn finish(mut self) -> io::Result<Gathered> {
        for listed in std::mem::take(&mut self.listed).into_values() {
            let gone: Vec<&String> = self
                .window
                .prior
                .iter()
                .filter(|(id, prior)| {
                    prior.channel.as_deref() == Some(listed.channel.as_str())
                        && prior.created_at >= listed.down_to
                        && !listed.ids.contains(*id)
                })
                .map(|(id, _)| id)
                .collect();
            for id in gone {
                self.bury(&listed.raw_ref, id)?;
            }
        }
        if let Some(error) = self.failed {
            return Err(error);
        }
        Ok(Gathered {
            rows: self.rows,
            recent: self.recent,
            seen: self.seen,
            late: self.late,
            ahead: self.ahead,
            unknown_fields: self.unknown,
        })
    }
}

/// Why a bar cannot be used. Beyond what no bar may be, a price that is asked for in money is above zero.
fn defect(bar: &Bar) -> Option<&'static str> {
    let prices = [bar.open, bar.high, bar.low, bar.close];
    if prices.iter().any(|price| *price <= 0.0) {
        return Some("a price is not above zero");
    }
    bar.defect()
}
