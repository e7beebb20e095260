//! X recent search: `GET /2/tweets/search/recent`.
//!
//! [`query`] is the query language, [`search`] finds the posts of a page, [`reply`] writes them as X does.

mod query;
mod reply;
mod search;

use serde_json::{Value, json};

use crate::clock::Reading;
use crate::keys;
use crate::limit::{Limiter, Verdict};
use crate::moment::Micros;
use crate::service::{Reply, Service, secret};
use crate::wire::{Answer, Request, reason};
use crate::world::World;

/// Requests in 15 minutes, for an app.
const LIMIT: u32 = 450;
/// The limit's window in seconds.
const WINDOW_S: i64 = 900;

const SEARCH: &str = "/2/tweets/search/recent";

/// X, with the limit of one app.
pub(crate) struct X {
    token: String,
    limiter: Limiter,
}

impl X {
    /// X as it serves this world.
    pub(crate) fn new(world: &World) -> Self {
        Self { token: secret("x", world), limiter: Limiter::new(LIMIT, WINDOW_S) }
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
        if request.path != SEARCH {
            let detail = format!("The path {} does not exist.", request.path);
            return problem(404, "Not Found", &detail, "about:blank").into();
        }
        let verdict = self.limiter.take("app", clock);
        if !verdict.allowed {
            return Reply::exceeded(with_limits(self.too_many(Some(verdict.retry_after_s)), verdict));
        }
        let answer = match search::page(world, clock.now, request) {
            Ok(page) => reply::render(world, clock.now, request, &page),
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
