//! Gathering records: what belongs to the slot, each once, the rest by its reason.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Duration, Utc};
use domain::document::Reject;
use domain::{Article, Bar, Post};

use super::Normalised;
use crate::window::{Verdict, Window};

/// How far beyond the as-of instant a document may be where the request could not be bounded in time: a run that is late
/// sees documents of the next slots, and that is no fault of theirs.
const LATE_RUN: Duration = Duration::days(7);

/// How far beyond the as-of instant a document may be where the request was bounded.
const CLOCK_SKEW: Duration = Duration::minutes(10);

/// Records while they are gathered.
pub struct Collected<'w> {
    /// What belongs to the slot.
    pub window: &'w Window,
    posts: BTreeMap<String, Post>,
    articles: BTreeMap<String, Article>,
    links: BTreeSet<String>,
    bars: BTreeMap<(String, String, DateTime<Utc>), Bar>,
    adjusted: BTreeMap<(String, String, DateTime<Utc>), f64>,
    rejects: BTreeMap<(Option<String>, String), Reject>,
    undated: BTreeSet<String>,
    ahead: BTreeSet<String>,
}

impl<'w> Collected<'w> {
    /// Nothing yet.
    pub fn new(window: &'w Window) -> Self {
        Self {
            window,
            posts: BTreeMap::new(),
            articles: BTreeMap::new(),
            links: BTreeSet::new(),
            bars: BTreeMap::new(),
            adjusted: BTreeMap::new(),
            rejects: BTreeMap::new(),
            undated: BTreeSet::new(),
            ahead: BTreeSet::new(),
        }
    }

    /// When the records were collected, as far as anybody needs to know.
    pub fn collected_at(&self) -> DateTime<Utc> {
        self.window.as_of
    }

    /// Takes a post in. `bounded`: the request named the end of the window.
    pub fn post(&mut self, post: Post, bounded: bool) {
        if post.text.trim().is_empty() {
            return self.reject(&post.raw_ref, Some(post.id), "it has no text".to_owned());
        }
        let tolerance = if bounded { CLOCK_SKEW } else { LATE_RUN };
        match self.window.judge(&post.id, post.created_at, tolerance) {
            Verdict::Accept => {
                self.posts.entry(post.id.clone()).or_insert(post);
            }
            Verdict::Ignore => {}
            Verdict::Reject(reason) => self.reject(&post.raw_ref, Some(post.id), reason.to_owned()),
        }
    }

    /// Takes an article of `stream` in. The same link through two streams is one article.
    pub fn article(&mut self, stream: &str, article: Article) {
        if article.title.is_empty() {
            return self.reject(&article.raw_ref, Some(article.id), "it has no headline".to_owned());
        }
        let verdict = match article.published_at {
            Some(at) => {
                if at >= self.window.to {
                    self.ahead.insert(stream.to_owned());
                }
                self.window.judge(&article.id, at, LATE_RUN)
            }
            None => {
                self.undated.insert(article.id.clone());
                self.window.judge_undated(&article.id)
            }
        };
        match verdict {
            Verdict::Accept if self.articles.contains_key(&article.id) => {}
            Verdict::Accept => {
                if article.canonical_url.is_empty() || self.links.insert(article.canonical_url.clone()) {
                    self.articles.insert(article.id.clone(), article);
                }
            }
            Verdict::Ignore => {}
            Verdict::Reject(reason) => self.reject(&article.raw_ref, Some(article.id), reason.to_owned()),
        }
    }

    /// Takes an unadjusted bar in.
    pub fn bar(&mut self, raw_ref: &str, bar: Bar) {
        let key = (bar.symbol.clone(), bar.interval.clone(), bar.opens_at);
        if let Some(defect) = defect(&bar) {
            let id = format!("{} {} {}", key.0, key.1, key.2.format("%Y-%m-%dT%H:%M:%SZ"));
            return self.reject(raw_ref, Some(id), defect.to_owned());
        }
        self.bars.entry(key).or_insert(bar);
    }

    /// Takes the adjusted close of a bar in; it is joined to the bar at the end.
    pub fn adjusted(&mut self, symbol: &str, interval: &str, opens_at: DateTime<Utc>, close: f64) {
        if close.is_finite() && close > 0.0 {
            self.adjusted.entry((symbol.to_owned(), interval.to_owned(), opens_at)).or_insert(close);
        }
    }

    /// Notes a row that cannot be taken.
    pub fn reject(&mut self, raw_ref: &str, id: Option<String>, reason: String) {
        // Without an id, only the place tells one bad row from another.
        let key = (Some(id.clone().unwrap_or_else(|| raw_ref.to_owned())), reason.clone());
        self.rejects.entry(key).or_insert(Reject { reason, raw_ref: raw_ref.to_owned(), id });
    }

    /// The records, sorted.
    pub fn finish(self) -> Normalised {
        let mut posts: Vec<Post> = self.posts.into_values().collect();
        posts.sort_by(|a, b| (a.created_at, &a.id).cmp(&(b.created_at, &b.id)));
        let mut articles: Vec<Article> = self.articles.into_values().collect();
        articles.sort_by(|a, b| (a.published_at, &a.id).cmp(&(b.published_at, &b.id)));
        let mut bars = self.bars;
        for (key, close) in self.adjusted {
            if let Some(bar) = bars.get_mut(&key) {
                bar.adj_close = Some(close);
            }
        }
        let mut rejects: Vec<Reject> = self.rejects.into_values().collect();
        rejects.sort_by(|a, b| (&a.raw_ref, &a.id, &a.reason).cmp(&(&b.raw_ref, &b.id, &b.reason)));
        let bars = bars.into_values().collect();
        Normalised { posts, articles, bars, rejects, undated: self.undated, ahead: self.ahead }
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
