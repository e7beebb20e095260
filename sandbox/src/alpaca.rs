//! Alpaca market data: stock bars, crypto bars and news.

mod bars;
mod news;
mod token;

use serde_json::json;

use crate::clock::Reading;
use crate::limit::{Limiter, Verdict};
use crate::wire::{Answer, Request};
use crate::world::World;

/// Requests in a minute.
pub(crate) const LIMIT: u32 = 200;
/// The limit's window in seconds.
pub(crate) const WINDOW_S: i64 = 60;

/// The two halves of a key.
#[derive(Debug)]
pub(crate) struct Key {
    /// Header `APCA-API-KEY-ID`.
    pub id: String,
    /// Header `APCA-API-SECRET-KEY`.
    pub secret: String,
}

/// Answers one request; also says whether it was over the limit.
pub(crate) fn answer(
    world: &World,
    key: &Key,
    limiter: &Limiter,
    clock: Reading,
    request: &Request,
) -> (Answer, bool) {
    let given = (request.header("apca-api-key-id"), request.header("apca-api-secret-key"));
    let keyless = request.path.starts_with("/v1beta3/crypto/") && given == (None, None);
    if !keyless && given != (Some(key.id.as_str()), Some(key.secret.as_str())) {
        return (error(403, "forbidden."), false);
    }
    let verdict = limiter.take("key", clock);
    if !verdict.allowed {
        return (with_limits(too_many(Some(verdict.retry_after_s)), verdict), true);
    }
    let result = match request.path.as_str() {
        "/v2/stocks/bars" => bars::answer(world, clock.now, bars::Market::Stocks, request),
        "/v1beta3/crypto/us/bars" => bars::answer(world, clock.now, bars::Market::Crypto, request),
        "/v1beta1/news" => news::answer(world, clock.now, request),
        _ => Err(error(404, "endpoint not found.")),
    };
    (with_limits(result.unwrap_or_else(|refused| refused), verdict), false)
}

/// Alpaca's answer to a key over its limit, with a wait in real seconds.
pub(crate) fn too_many(retry_after_s: Option<u64>) -> Answer {
    let answer = error(429, "too many requests.");
    match retry_after_s {
        Some(wait) => answer.with("retry-after", wait),
        None => answer,
    }
}

/// An error as Alpaca writes it.
pub(crate) fn error(status: u16, message: &str) -> Answer {
    Answer::json(status, &json!({"message": message}))
}

fn with_limits(answer: Answer, verdict: Verdict) -> Answer {
    answer
        .with("x-ratelimit-limit", verdict.limit)
        .with("x-ratelimit-remaining", verdict.remaining)
        .with("x-ratelimit-reset", verdict.reset_s)
}

/// `limit`, between 1 and `most`.
fn limit(request: &Request, usual: usize, most: usize) -> Result<usize, Answer> {
    match request.param("limit").map(str::parse::<usize>) {
        None => Ok(usual),
        Some(Ok(limit)) if (1..=most).contains(&limit) => Ok(limit),
        Some(_) => Err(error(400, &format!("invalid limit: it should be between 1 and {most}"))),
    }
}

/// An instant or date.
fn instant(request: &Request, name: &str) -> Result<Option<i64>, Answer> {
    let Some(text) = request.param(name) else { return Ok(None) };
    let wrong = || {
        error(
            400,
            &format!(
                "Invalid format for parameter {name}: error parsing '{text}' as RFC3339 or 2006-01-02 time"
            ),
        )
    };
    crate::moment::parse_or_date(text).ok_or_else(wrong).map(Some)
}

/// Whether the newest come first.
fn descending(request: &Request, usual: bool) -> Result<bool, Answer> {
    match request.param("sort") {
        None => Ok(usual),
        Some("asc") => Ok(false),
        Some("desc") => Ok(true),
        Some(_) => Err(error(400, "invalid sort: it should be asc or desc")),
    }
}
