//! Alpaca market data: stock bars, crypto bars, news, and the stream of live prices.

mod bars;
pub(crate) mod live;
mod news;
mod token;

use domain::AssetClass;
use serde_json::{Value, json};

use crate::clock::Reading;
use crate::keys;
use crate::limit::{Limiter, Verdict};
use crate::moment::Micros;
use crate::service::{Reply, Service, secret};
use crate::wire::{Answer, Request, reason};
use crate::world::World;

/// Requests in a minute.
const LIMIT: u32 = 200;
/// The limit's window in seconds.
const WINDOW_S: i64 = 60;

/// Alpaca, with the limit of one key.
pub(crate) struct Alpaca {
    /// Header `APCA-API-KEY-ID`.
    key_id: String,
    /// Header `APCA-API-SECRET-KEY`.
    secret_key: String,
    limiter: Limiter,
}

impl Alpaca {
    /// Alpaca as it serves this world.
    pub(crate) fn new(world: &World) -> Self {
        Self {
            key_id: secret("alpaca-id", world),
            secret_key: secret("alpaca-secret", world),
            limiter: Limiter::new(LIMIT, WINDOW_S),
        }
    }
}

impl Service for Alpaca {
    fn name(&self) -> &'static str {
        "alpaca"
    }

    fn answer(&self, world: &World, clock: Reading, request: &Request) -> Reply {
        if let Some(refusal) = request.refuse_all_but_get() {
            return refusal.into();
        }
        let given = (request.header("apca-api-key-id"), request.header("apca-api-secret-key"));
        let keyless = request.path.starts_with("/v1beta3/crypto/") && given == (None, None);
        if !keyless && given != (Some(self.key_id.as_str()), Some(self.secret_key.as_str())) {
            return self.unauthorised().into();
        }
        let verdict = self.limiter.take("key", clock);
        if !verdict.allowed {
            return Reply::exceeded(with_limits(self.too_many(Some(verdict.retry_after_s)), verdict));
        }
        let result = match request.path.as_str() {
            "/v2/stocks/bars" => bars::answer(world, clock.now, bars::Market::Stocks, request),
            "/v1beta3/crypto/us/bars" => bars::answer(world, clock.now, bars::Market::Crypto, request),
            "/v1beta1/news" => news::answer(world, clock.now, request),
            _ => Err(error(404, "endpoint not found.")),
        };
        with_limits(result.unwrap_or_else(|refused| refused), verdict).into()
    }

    fn too_many(&self, wait_s: Option<u64>) -> Answer {
        let answer = error(429, "too many requests.");
        match wait_s {
            Some(wait) => answer.with("retry-after", wait),
            None => answer,
        }
    }

    fn broken(&self, status: u16) -> Answer {
        error(status, reason(status))
    }

    fn unauthorised(&self) -> Answer {
        error(403, "forbidden.")
    }

    fn setup(&self, _world: &World, base: &str, _clock: Reading) -> Value {
        let stream = base.replacen("http", "ws", 1);
        json!({
            "base_url": format!("{base}/alpaca"),
            "stream_url": format!("{stream}/alpaca"),
            "key_id": self.key_id,
            "secret_key": self.secret_key,
        })
    }

    fn secrets(&self) -> Vec<String> {
        vec![self.key_id.clone(), self.secret_key.clone()]
    }

    /// The bars of shares and coins, then the news.
    fn keys(&self, world: &World, clock: Reading, from: Micros, to: Micros) -> Vec<Value> {
        let offered =
            world.assets.iter().filter(|a| matches!(a.class, AssetClass::Equity | AssetClass::Crypto));
        let bars = offered.flat_map(|asset| {
            let opening = |is_daily, at| bars::opening(Some(asset.class), is_daily, at);
            keys::of_bars_opening(world, asset.symbol.as_str(), clock.now, (from, to), opening)
        });
        let rows = &world.articles.rows[..world.articles.visible(clock.now)];
        let news = rows.iter().filter(|article| (from..to).contains(&article.at)).map(|article| {
            let mut key = keys::of_article(article);
            key["id"] = news::id(article).to_string().into();
            key
        });
        bars.chain(news).collect()
    }
}

/// An error as Alpaca writes it.
fn error(status: u16, message: &str) -> Answer {
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
