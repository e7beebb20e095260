//! Rows of one source and slot: sorted on disk where they are many, merged where they are the same thing.

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::mem::size_of;

use chrono::{DateTime, Utc};
use domain::document::Reject;
use domain::{Article, Bar, Post};
use serde::{Deserialize, Serialize};

use crate::sorter::{Sorter, merged};

/// A bar, or the adjusted close that belongs to one.
#[derive(Serialize, Deserialize)]
enum BarPart {
    Bar(Bar),
    Adjusted(String, String, DateTime<Utc>, f64),
}

impl BarPart {
    fn key(&self) -> (&str, &str, DateTime<Utc>) {
        match self {
            Self::Bar(bar) => (&bar.symbol, &bar.interval, bar.opens_at),
            Self::Adjusted(symbol, interval, opens_at, _) => (symbol, interval, *opens_at),
        }
    }
}

/// Rows as they come.
pub(super) struct Rows {
    posts: Sorter<Post>,
    articles: Sorter<Article>,
    bars: Sorter<BarPart>,
    rejects: Sorter<Reject>,
}

impl Default for Rows {
    fn default() -> Self {
        Self {
            posts: Sorter::new(|a, b| a.id.cmp(&b.id), weigh_post),
            articles: Sorter::new(|a, b| a.id.cmp(&b.id), weigh_article),
            bars: Sorter::new(|a, b| a.key().cmp(&b.key()), |_| size_of::<BarPart>() + 16),
            rejects: Sorter::new(|a, b| (place(a), &a.reason).cmp(&(place(b), &b.reason)), weigh_reject),
        }
    }
}

fn weigh_post(post: &Post) -> usize {
    size_of::<Post>() + post.text.len() + post.id.len() + 160
}

fn weigh_article(article: &Article) -> usize {
    let texts = [&article.title, &article.url, &article.canonical_url].map(String::len);
    size_of::<Article>() + texts.iter().sum::<usize>() + article.summary.as_ref().map_or(0, String::len) + 200
}

fn weigh_reject(reject: &Reject) -> usize {
    size_of::<Reject>() + reject.reason.len() + reject.raw_ref.len() + 40
}

/// Without an id, only the place tells one bad row from another.
fn place(reject: &Reject) -> &str {
    reject.id.as_deref().unwrap_or(&reject.raw_ref)
}

impl Rows {
    pub(super) fn post(&mut self, post: Post) -> io::Result<()> {
        self.posts.push(post)
    }

    pub(super) fn article(&mut self, article: Article) -> io::Result<()> {
        self.articles.push(article)
    }

    pub(super) fn bar(&mut self, bar: Bar) -> io::Result<()> {
        self.bars.push(BarPart::Bar(bar))
    }

    pub(super) fn adjusted(
        &mut self,
        symbol: String,
        interval: String,
        opens_at: DateTime<Utc>,
        close: f64,
    ) -> io::Result<()> {
        if !close.is_finite() || close <= 0.0 {
            return Ok(());
        }
        self.bars.push(BarPart::Adjusted(symbol, interval, opens_at, close))
    }

    pub(super) fn reject(&mut self, reject: Reject) -> io::Result<()> {
        self.rejects.push(reject)
    }
}

/// All that was gathered, and what the source's state needs of it.
pub struct Gathered {
    pub(super) rows: Rows,
    /// Documents from the end of the slot, by id: they may turn up again as late arrivals.
    pub recent: BTreeMap<String, DateTime<Utc>>,
    /// Ids of articles that may be shown again for weeks, taken or not.
    pub seen: BTreeSet<String>,
    /// Ids of documents that were taken although they belong to an earlier slot.
    pub late: BTreeSet<String>,
    /// Streams that hold articles of a later slot.
    pub ahead: BTreeSet<String>,
    /// Fields that nobody knows, with how often they came.
    pub unknown_fields: BTreeMap<String, u64>,
}

/// A sequence of rows in order.
pub(super) type Stream<T> = Box<dyn Iterator<Item = io::Result<T>> + Send>;

/// The rows of each kind, in order.
pub struct Ordered {
    /// By (created_at, id).
    pub posts: Stream<Post>,
    /// By (published_at, id); undated ones first.
    pub articles: Stream<Article>,
    /// By (symbol, interval, opens_at).
    pub bars: Stream<Bar>,
    /// By (raw_ref, id, reason).
    pub rejects: Stream<Reject>,
}

impl Gathered {
    /// The rows of each kind, each once, in order.
    ///
    /// # Errors
    /// This machine's disk is full or fails.
    pub fn ordered(self) -> io::Result<Ordered> {
        let posts = merged(self.rows.posts.finish()?, |a, b| a.id == b.id, newer_post);
        let posts = sorted(posts, |a, b| (a.created_at, &a.id).cmp(&(b.created_at, &b.id)), weigh_post)?;
        let articles = merged(self.rows.articles.finish()?, |a, b| a.id == b.id, newer_article);
        let by_link = |a: &Article, b: &Article| (&a.canonical_url, &a.id).cmp(&(&b.canonical_url, &b.id));
        let articles = sorted(articles, by_link, weigh_article)?;
        let articles = merged(articles, is_same_link, one_article);
        let by_time = |a: &Article, b: &Article| (a.published_at, &a.id).cmp(&(b.published_at, &b.id));
        let articles = sorted(articles, by_time, weigh_article)?;
        let rejects = merged(
            self.rows.rejects.finish()?,
            |a, b| (place(a), &a.reason) == (place(b), &b.reason),
            |first, _| first,
        );
        let by_place =
            |a: &Reject, b: &Reject| (&a.raw_ref, &a.id, &a.reason).cmp(&(&b.raw_ref, &b.id, &b.reason));
        Ok(Ordered {
            posts,
            articles,
            bars: Box::new(join_adjusted(self.rows.bars.finish()?)),
            rejects: sorted(rejects, by_place, weigh_reject)?,
        })
    }
}

fn sorted<T: Serialize + serde::de::DeserializeOwned + Send + 'static>(
    rows: impl Iterator<Item = io::Result<T>>,
    order: fn(&T, &T) -> Ordering,
    weigh: fn(&T) -> usize,
) -> io::Result<Stream<T>> {
    let mut sorter = Sorter::new(order, weigh);
    for row in rows {
        sorter.push(row?)?;
    }
    Ok(Box::new(sorter.finish()?))
}

/// Of two versions of a post the one that was edited last, else the one that was seen last; with the hints of both, and with
/// what only the other one says of its author and its place.
fn newer_post(first: Post, second: Post) -> Post {
    let (mut kept, other) =
        if first.edited_at > second.edited_at { (first, second) } else { (second, first) };
    if !kept.deleted {
        kept.asset_hints.extend(other.asset_hints);
        kept.asset_hints.sort();
        kept.asset_hints.dedup();
        // One place shows what another leaves out.
        kept.channel = kept.channel.or(other.channel);
        kept.author_id = kept.author_id.or(other.author_id);
        kept.author_name = kept.author_name.or(other.author_name);
        kept.author_followers = kept.author_followers.or(other.author_followers);
        kept.url = kept.url.or(other.url);
    }
    // What the slot takes as new stays new, however often it came.
    kept.revision &= other.revision;
    kept
}

fn newer_article(first: Article, second: Article) -> Article {
    let (kept, other) = if first.updated_at > second.updated_at { (first, second) } else { (second, first) };
    one_article(kept, other)
}

fn is_same_link(a: &Article, b: &Article) -> bool {
    !a.canonical_url.is_empty() && a.canonical_url == b.canonical_url
}

fn one_article(mut kept: Article, other: Article) -> Article {
    kept.feeds.extend(other.feeds);
    kept.feeds.sort();
    kept.feeds.dedup();
    for ticker in other.tickers {
        if !kept.tickers.iter().any(|known| known.symbol == ticker.symbol) {
            kept.tickers.push(ticker);
        }
    }
    kept
}

/// Bars with the adjusted closes that belong to them; of several bars of one key the first.
fn join_adjusted(parts: impl Iterator<Item = io::Result<BarPart>>) -> impl Iterator<Item = io::Result<Bar>> {
    let first_of_each = merged(
        parts,
        |a, b| a.key() == b.key(),
        |a, b| match (a, b) {
            (BarPart::Bar(mut bar), BarPart::Adjusted(_, _, _, close))
            | (BarPart::Adjusted(_, _, _, close), BarPart::Bar(mut bar)) => {
                bar.adj_close.get_or_insert(close);
                BarPart::Bar(bar)
            }
            (BarPart::Bar(mut first), BarPart::Bar(second)) => {
                first.adj_close = first.adj_close.or(second.adj_close);
                BarPart::Bar(first)
            }
            (first, BarPart::Adjusted(..)) => first,
        },
    );
    first_of_each.filter_map(|part| match part {
        Ok(BarPart::Bar(bar)) => Some(Ok(bar)),
        Ok(BarPart::Adjusted(..)) => None,
        Err(error) => Some(Err(error)),
    })
}
