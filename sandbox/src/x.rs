//! X: recent search, counts, lookup and timelines.
//!
//! [`query`] is the query language, [`search`] finds the posts of a page, [`counts`] counts them, [`lookup`] finds posts by id,
//! [`timeline`] by author; [`edits`] knows which version of a post is shown, [`reply`] writes posts as X does.

mod counts;
mod edits;
mod lookup;
mod query;
mod reply;
mod search;
mod timeline;

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use serde_json::{Value, json};

use crate::clock::Reading;
use crate::keys;
use crate::limit::{Limiter, Verdict};
use crate::moment::Micros;
use crate::service::{Reply, Service, secret};
use crate::wire::{Answer, Request, reason};
use crate::world::World;
use edits::Edits;
use timeline::Timelines;

/// The limits' window in seconds.
const WINDOW_S: i64 = 900;

/// What can be asked, each with its own limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Endpoint<'a> {
    Search,
    Counts,
    Lookup,
    Timeline(&'a str),
}

impl<'a> Endpoint<'a> {
    fn of(path: &'a str) -> Option<Self> {
        match path {
            "/2/tweets/search/recent" => Some(Self::Search),
            "/2/tweets/counts/recent" => Some(Self::Counts),
            "/2/tweets" => Some(Self::Lookup),
            _ => path.strip_prefix("/2/users/")?.strip_suffix("/tweets").map(Self::Timeline),
        }
    }
}

/// X, with the limits of one app.
pub(crate) struct X {
    token: String,
    /// 450 requests in 15 minutes.
    searches: Limiter,
    /// 300 requests.
    counts: Limiter,
    /// 300 requests.
    lookups: Limiter,
    /// 1,500 requests.
    timelines: Limiter,
    edits: Edits,
    of_authors: Timelines,
    posts_read: AtomicU64,
    counts_calls: AtomicU64,
}

impl X {
    /// X as it serves this world.
    pub(crate) fn new(world: &World) -> Self {
        let posts = world.posts("x");
        Self {
            token: secret("x", world),
            searches: Limiter::new(450, WINDOW_S),
            counts: Limiter::new(300, WINDOW_S),
            lookups: Limiter::new(300, WINDOW_S),
            timelines: Limiter::new(1_500, WINDOW_S),
            edits: Edits::new(posts),
            of_authors: Timelines::new(posts),
            posts_read: AtomicU64::new(0),
            counts_calls: AtomicU64::new(0),
        }
    }

    fn limiter(&self, endpoint: Endpoint<'_>) -> &Limiter {
        match endpoint {
            Endpoint::Search => &self.searches,
            Endpoint::Counts => &self.counts,
            Endpoint::Lookup => &self.lookups,
            Endpoint::Timeline(_) => &self.timelines,
        }
    }

    /// Only what succeeds is billed: every post of a reply, and every count.
    fn body(
        &self,
        world: &World,
        now: Micros,
        endpoint: Endpoint<'_>,
        request: &Request,
    ) -> Result<Value, Invalid> {
        let (posts, edits) = (world.posts("x"), &self.edits);
        let bill = |count: usize| self.posts_read.fetch_add(count as u64, Relaxed);
        match endpoint {
            Endpoint::Search => {
                let page = search::page(posts, edits, now, request)?;
                let body = reply::page(posts, request, &page)?;
                bill(page.posts.len());
                Ok(body)
            }
            Endpoint::Counts => {
                let body = counts::count(posts, edits, now, request)?;
                self.counts_calls.fetch_add(1, Relaxed);
                Ok(body)
            }
            Endpoint::Lookup => {
                let (found, errors) = lookup::find(posts, edits, now, request)?;
                let mut body = reply::found(posts, request, &found)?;
                if !errors.is_empty() {
                    body.insert("errors".into(), errors.into());
                }
                bill(found.len());
                Ok(Value::Object(body))
            }
            Endpoint::Timeline(user) => match self.of_authors.page(posts, edits, user, now, request)? {
                Some(page) => {
                    let body = reply::page(posts, request, &page)?;
                    bill(page.posts.len());
                    Ok(body)
                }
                None => Ok(json!({"errors": [lookup::missing("user", "id", user)]})),
            },
        }
    }
}

impl Service for X {
    fn name(&self) -> &'static str {
        "x"
    }

    fn answer(&self, world: &World, clock: Reading, request: &Request) -> Reply {
        if let Some(refusal) = request.refuse_all_but_get() {
            return refusal.into();
        }
        if request.header("authorization") != Some(&format!("Bearer {}", self.token)) {
            return self.unauthorised().into();
        }
        let Some(endpoint) = Endpoint::of(&request.path) else {
            let detail = format!("The path {} does not exist.", request.path);
            return problem(404, "Not Found", &detail, "about:blank").into();
        };
        let verdict = self.limiter(endpoint).take("app", clock);
        if !verdict.allowed {
            return Reply::exceeded(with_limits(self.too_many(Some(verdict.retry_after_s)), verdict));
        }
        let answer = match self.body(world, clock.now, endpoint, request) {
            Ok(body) => Answer::json(200, &body),
            Err(invalid) => invalid.answer(),
        };
        with_limits(answer, verdict).into()
    }

    /// X itself sends no `Retry-After`; the sandbox may, in real seconds.
    fn too_many(&self, wait_s: Option<u64>) -> Answer {
        let answer = problem(429, "Too Many Requests", "Too Many Requests", "about:blank");
        match wait_s {
            Some(wait) => answer.with("retry-after", wait),
            None => answer,
        }
    }

    fn broken(&self, status: u16) -> Answer {
        problem(status, reason(status), reason(status), "about:blank")
    }

    fn unauthorised(&self) -> Answer {
        problem(401, "Unauthorized", "Unauthorized", "about:blank")
    }

    fn setup(&self, world: &World, base: &str, _clock: Reading) -> Value {
        json!({"base_url": format!("{base}/x"), "bearer_token": self.token, "lists": world.posts("x").lists()})
    }

    fn secrets(&self) -> Vec<String> {
        vec![self.token.clone()]
    }

    fn keys(&self, world: &World, clock: Reading, from: Micros, to: Micros) -> Vec<Value> {
        keys::of_posts(world.posts("x"), clock.now, (from, to), |post| post.id.to_string())
    }

    fn counters(&self) -> Vec<(&'static str, u64)> {
        vec![("posts_read", self.posts_read.load(Relaxed)), ("counts_calls", self.counts_calls.load(Relaxed))]
    }
}

/// An error as X writes it.
pub(crate) fn problem(status: u16, title: &str, detail: &str, kind: &str) -> Answer {
    Answer::json(status, &json!({"title": title, "detail": detail, "type": kind, "status": status}))
}

fn with_limits(answer: Answer, verdict: Verdict) -> Answer {
    answer
        .with("x-rate-limit-limit", verdict.limit)
        .with("x-rate-limit-remaining", verdict.remaining)
        .with("x-rate-limit-reset", verdict.reset_s)
}

/// A parameter that X refuses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Invalid {
    parameter: &'static str,
    value: String,
    message: String,
}

impl Invalid {
    /// Names the parameter, its value and what is wrong.
    pub(crate) fn new(parameter: &'static str, value: impl Into<String>, message: impl Into<String>) -> Self {
        Self { parameter, value: value.into(), message: message.into() }
    }

    fn answer(&self) -> Answer {
        let body = json!({
            "errors": [{"parameters": {self.parameter: [self.value]}, "message": self.message}],
            "title": "Invalid Request",
            "detail": "One or more parameters to your request was invalid.",
            "type": "https://api.twitter.com/2/problems/invalid-request",
            "status": 400,
        });
        Answer::json(400, &body)
    }
}
