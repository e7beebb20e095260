//! X recent search: `GET /2/tweets/search/recent`.
//!
//! [`query`] is the query language, [`search`] finds the posts of a page, [`reply`] writes them as X does.

mod query;
mod reply;
mod search;

use serde_json::json;

use crate::clock::Reading;
use crate::limit::{Limiter, Verdict};
use crate::wire::{Answer, Request};
use crate::world::World;

/// Requests in 15 minutes, for an app.
pub(crate) const LIMIT: u32 = 450;
/// The limit's window in seconds.
pub(crate) const WINDOW_S: i64 = 900;

const SEARCH: &str = "/2/tweets/search/recent";

/// Answers one request; also says whether it was over the limit.
pub(crate) fn answer(
    world: &World,
    token: &str,
    limiter: &Limiter,
    clock: Reading,
    request: &Request,
) -> (Answer, bool) {
    if request.header("authorization") != Some(&format!("Bearer {token}")) {
        return (problem(401, "Unauthorized", "Unauthorized", "about:blank"), false);
    }
    if request.path != SEARCH {
        let detail = format!("The path {} does not exist.", request.path);
        return (problem(404, "Not Found", &detail, "about:blank"), false);
    }
    let verdict = limiter.take("app", clock);
    if !verdict.allowed {
        return (with_limits(too_many(Some(verdict.retry_after_s)), verdict), true);
    }
    let answer = match search::page(world, clock.now, request) {
        Ok(page) => reply::render(world, clock.now, request, &page),
        Err(invalid) => invalid.answer(),
    };
    (with_limits(answer, verdict), false)
}

/// X's answer to a client over its limit. X itself sends no `Retry-After`; the sandbox may, in real seconds.
pub(crate) fn too_many(retry_after_s: Option<u64>) -> Answer {
    let answer = problem(429, "Too Many Requests", "Too Many Requests", "about:blank");
    match retry_after_s {
        Some(wait) => answer.with("retry-after", wait),
        None => answer,
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
