//! Searches, each within its share of what may be read.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, Ordering};

use chrono::{DateTime, Duration, Utc};
use futures::{StreamExt, stream};

use super::budget::{LARGEST_PAGE, SMALLEST_PAGE, shares};
use super::{AT_ONCE, FieldNames, X, rfc3339, wire};
use crate::http::Request;
use crate::source::{Stream, Task};
use crate::trouble::Trouble;

/// How far back recent search reaches.
const REACH: Duration = Duration::days(7);

/// A window must end so long before the server's now.
const SETTLE: Duration = Duration::seconds(10);

/// A search to make: its name and its query.
pub(super) type Search = (String, String);

/// The searches of one run.
pub(super) struct Searches<'a> {
    x: &'a X,
    task: &'a Task,
    /// Whether the server has refused the window as it is; then it is cut to what recent search reaches. Not before: the
    /// server's clock is known only from its answers.
    refused: AtomicBool,
}

/// A search while it is made.
struct Reading<'a> {
    search: &'a Search,
    stream: Stream,
    /// First instant and first instant after the last one; the same for all pages, since page tokens belong to them.
    span: (DateTime<Utc>, DateTime<Utc>),
    names: FieldNames,
    /// What the server said to the names that were tried first.
    refusal: Option<Trouble>,
    token: Option<String>,
    tokens: BTreeSet<String>,
    restarted: bool,
    pages: u32,
    /// Posts read, and billed.
    read: u64,
    end: End,
}

enum End {
    /// Its share is used up and there is more.
    Open,
    Whole,
    Failed(Trouble),
}

impl<'a> Searches<'a> {
    /// None made yet.
    pub(super) fn new(x: &'a X, task: &'a Task) -> Self {
        Self { x, task, refused: AtomicBool::new(false) }
    }

    /// Makes them all; returns their streams in their order and how many posts were read.
    pub(super) async fn read(&self, searches: &[Search]) -> (Vec<Stream>, u64) {
        // Where the day's ledger cannot be read, the first call that is to be counted says so.
        let left_today = self.task.quota.money_left().await.unwrap_or_default();
        let budget = self.x.costs.posts(searches.len() as u64, left_today);
        let counts = match budget {
            None => vec![None; searches.len()],
            Some(_) => self.counts(searches).await,
        };
        let allowed = match budget {
            None => vec![u64::MAX; searches.len()],
            Some(budget) => shares(budget, &counts),
        };
        let work: Vec<_> =
            searches.iter().zip(allowed).map(|(search, share)| self.begin(search, share)).collect();
        let mut readings: Vec<Reading<'_>> = stream::iter(work).buffered(AT_ONCE).collect().await;
        self.go_on(&mut readings, budget).await;
        let read = readings.iter().map(|reading| reading.read).sum();
        let streams = readings.into_iter().zip(counts).map(|(reading, count)| self.finish(reading, count));
        (streams.collect(), read)
    }

    /// About how many posts each search has, where X says so.
    async fn counts(&self, searches: &[Search]) -> Vec<Option<u64>> {
        let work: Vec<_> = searches.iter().map(|search| self.count(search)).collect();
        stream::iter(work).buffered(AT_ONCE).collect().await
    }

    async fn count(&self, (name, query): &Search) -> Option<u64> {
        let price = self.x.costs.counts;
        loop {
            let span = self.span();
            let request = self.x.counts_request(name, query, span).ok()?;
            self.task.quota.take(1, price).await.ok()?;
            match self.task.session.get(&request, wire::total).await {
                Ok((_, total)) => return total,
                Err(trouble) => {
                    self.give_back(price).await;
                    if trouble.status != Some(400) || !self.cut(span) {
                        tracing::warn!(stream = %name, reason = %trouble.message, "its posts cannot be counted: it gets a usual share");
                        return None;
                    }
                }
            }
        }
    }

    async fn begin<'s>(&self, search: &'s Search, share: u64) -> Reading<'s> {
        let mut reading = Reading {
            search,
            stream: self.task.stream(),
            span: self.span(),
            names: self.x.field_names,
            refusal: None,
            token: None,
            tokens: BTreeSet::new(),
            restarted: false,
            pages: 0,
            read: 0,
            end: End::Open,
        };
        self.advance(&mut reading, share).await;
        reading
    }

    /// Gives what is left of the budget to those that have more, a page at a time in turn; tries once more, where they
    /// stopped, those that a passing trouble ended, unless all ended so: then the source is down.
    async fn go_on(&self, readings: &mut [Reading<'_>], budget: Option<u64>) {
        let is_passing =
            |reading: &Reading<'_>| matches!(&reading.end, End::Failed(trouble) if trouble.again);
        if !readings.iter().all(is_passing) {
            for at in 0..readings.len() {
                if is_passing(&readings[at]) {
                    let left = left(readings, budget);
                    readings[at].end = End::Open;
                    self.advance(&mut readings[at], left).await;
                }
            }
        }
        loop {
            let before: u64 = readings.iter().map(|reading| reading.read).sum();
            for at in 0..readings.len() {
                let left = left(readings, budget);
                if matches!(readings[at].end, End::Open) && left >= SMALLEST_PAGE {
                    self.advance(&mut readings[at], left.min(LARGEST_PAGE)).await;
                }
            }
            if readings.iter().map(|reading| reading.read).sum::<u64>() == before {
                return;
            }
        }
    }

    /// Reads until all is read, something ends it, or `most` posts more are read.
    async fn advance(&self, reading: &mut Reading<'_>, most: u64) {
        let goal = reading.read.saturating_add(most);
        loop {
            let room = (goal - reading.read).min(LARGEST_PAGE);
            reading.end = if reading.span.0 >= reading.span.1 {
                End::Whole
            } else if reading.pages >= self.task.pages {
                let many = format!("it has more than {} pages: raise limits.pages", self.task.pages);
                End::Failed(Trouble::exhausted(many))
            } else if room < SMALLEST_PAGE {
                End::Open
            } else {
                match self.page(reading, room).await {
                    Ok(true) => End::Whole,
                    Ok(false) => continue,
                    Err(trouble) => End::Failed(trouble),
                }
            };
            return;
        }
    }

    /// Reads a page of at most `room` posts; says whether it was the last.
    async fn page(&self, reading: &mut Reading<'_>, room: u64) -> Result<bool, Trouble> {
        let (name, query) = reading.search;
        let request = self.x.search_request(
            name,
            query,
            reading.span,
            reading.names,
            room,
            reading.token.as_deref(),
        )?;
        let price = self.x.costs.post;
        self.task.quota.take(1, price.saturating_mul(room)).await?;
        match reading.stream.get(self.task, &request, wire::page).await {
            Ok(page) => {
                // Only posts that came are billed.
                self.give_back(price.saturating_mul(room.saturating_sub(page.posts))).await;
                reading.pages += 1;
                reading.read += page.posts;
                // A token that comes again leads nowhere new.
                reading.token = page.next_token.filter(|next| reading.tokens.insert(next.clone()));
                Ok(reading.token.is_none())
            }
            Err(trouble) => {
                self.give_back(price.saturating_mul(room)).await;
                self.after_refusal(reading, trouble).map(|()| false)
            }
        }
    }

    /// What can be tried after a refusal of the request itself.
    fn after_refusal(&self, reading: &mut Reading<'_>, trouble: Trouble) -> Result<(), Trouble> {
        if trouble.status != Some(400) {
            return Err(trouble);
        }
        if reading.token.is_some() {
            // Page tokens lapse: then the window is read once more from its start.
            if reading.restarted {
                return Err(trouble);
            }
            (reading.token, reading.restarted) = (None, true);
            reading.tokens.clear();
            reading.stream.clear();
            return Ok(());
        }
        if self.cut(reading.span) {
            reading.span = self.span();
            return Ok(());
        }
        match reading.refusal.take() {
            // Neither generation of names is taken: then it is something else, said best in answer to the first.
            Some(first) => Err(first),
            None if reading.pages == 0 => {
                reading.refusal = Some(trouble);
                reading.names = reading.names.other();
                Ok(())
            }
            None => Err(trouble),
        }
    }

    /// From now on windows are cut to what recent search reaches; says whether that changes this one.
    fn cut(&self, span: (DateTime<Utc>, DateTime<Utc>)) -> bool {
        let reach = self.reach();
        let is_beyond = span.0 < reach.0 || span.1 > reach.1;
        if is_beyond {
            self.refused.store(true, Ordering::Relaxed);
        }
        is_beyond
    }

    fn span(&self) -> (DateTime<Utc>, DateTime<Utc>) {
        let (from, to) = (self.task.window.from, self.task.horizon());
        if !self.refused.load(Ordering::Relaxed) {
            return (from, to);
        }
        let reach = self.reach();
        // A minute more, so that it is still within reach when the request arrives.
        (from.max(reach.0 + Duration::minutes(1)), to.min(reach.1))
    }

    /// What recent search reaches by the server's clock.
    fn reach(&self) -> (DateTime<Utc>, DateTime<Utc>) {
        let now = self.task.session.server_time().unwrap_or_else(Utc::now);
        (now - REACH, now - SETTLE)
    }

    fn finish(&self, reading: Reading<'_>, count: Option<u64>) -> Stream {
        let title = format!("search {}", reading.search.0);
        let start = reading.span.0;
        match reading.end {
            End::Failed(trouble) => reading.stream.fail(title, trouble),
            End::Open => {
                let about = count.map(|count| format!(" of about {count}")).unwrap_or_default();
                let cap = format!(
                    "{} posts{about} are read, its share of what x.max_posts, max_run_cents and max_day_cents allow: raise them, or ask for less",
                    reading.read
                );
                reading.stream.fail(title, Trouble::exhausted(cap))
            }
            End::Whole if start > self.task.window.from => {
                let beyond = format!(
                    "what was written before {} is out of reach, since recent search goes back 7 days: collect a slot sooner",
                    rfc3339(start)
                );
                reading.stream.fail(title, Trouble::exhausted(beyond))
            }
            End::Whole => reading.stream,
        }
    }

    async fn give_back(&self, millicents: u64) {
        self.task.quota.give_back(millicents).await;
    }
}

fn left(readings: &[Reading<'_>], budget: Option<u64>) -> u64 {
    let read: u64 = readings.iter().map(|reading| reading.read).sum();
    budget.map_or(u64::MAX, |budget| budget.saturating_sub(read))
}

impl X {
    fn counts_request(
        &self,
        name: &str,
        query: &str,
        span: (DateTime<Utc>, DateTime<Utc>),
    ) -> Result<Request, Trouble> {
        let mut url = self.address(&["2", "tweets", "counts", "recent"]);
        url.query_pairs_mut()
            .append_pair("query", query)
            .append_pair("start_time", &rfc3339(span.0))
            .append_pair("end_time", &rfc3339(span.1))
            .append_pair("granularity", "day");
        self.signed(name, url)
    }

    /// A page of a search.
    pub(super) fn search_request(
        &self,
        name: &str,
        query: &str,
        span: (DateTime<Utc>, DateTime<Utc>),
        names: FieldNames,
        room: u64,
        token: Option<&str>,
    ) -> Result<Request, Trouble> {
        let mut url = self.address(&["2", "tweets", "search", "recent"]);
        url.query_pairs_mut()
            .append_pair("query", query)
            .append_pair("start_time", &rfc3339(span.0))
            .append_pair("end_time", &rfc3339(span.1))
            .append_pair("max_results", &room.to_string())
            .append_pair("sort_order", "recency");
        names.ask(&mut url);
        if let Some(token) = token {
            url.query_pairs_mut().append_pair("next_token", token);
        }
        self.signed(name, url)
    }
}
