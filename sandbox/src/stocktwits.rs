//! StockTwits symbol streams: `GET /api/2/streams/symbol/{SYMBOL}.json`.
//!
//! A stream is in order of time. `since` and `max` name a post: what is newer or older than it follows, even where the ids of a
//! recorded world are not in order of time.

use serde_json::{Map, Value, json};

use crate::clock::Reading;
use crate::keys;
use crate::limit::{Limiter, Verdict};
use crate::moment::{Micros, seconds};
use crate::service::{Reply, Service};
use crate::wire::{Answer, Request, reason};
use crate::world::World;
use crate::world::post::{GENERAL_STREAM, Post, UNKNOWN, compare_ids, symbols_of};

/// Requests in an hour, for an address.
const LIMIT: u32 = 200;
/// The limit's window in seconds.
const WINDOW_S: i64 = 3_600;

/// So many messages at most, and without a wish.
const PAGE: usize = 30;

/// StockTwits, with a limit for each address.
pub(crate) struct StockTwits {
    limiter: Limiter,
}

impl StockTwits {
    /// StockTwits before anyone asked.
    pub(crate) fn new() -> Self {
        Self { limiter: Limiter::new(LIMIT, WINDOW_S) }
    }
}

impl Service for StockTwits {
    fn name(&self) -> &'static str {
        "stocktwits"
    }

    fn answer(&self, world: &World, clock: Reading, request: &Request) -> Reply {
        if let Some(refusal) = request.refuse_all_but_get() {
            return refusal.into();
        }
        let verdict = self.limiter.take(&request.address, clock);
        if !verdict.allowed {
            return Reply::exceeded(with_limits(self.too_many(Some(verdict.retry_after_s)), verdict));
        }
        let symbol =
            request.path.strip_prefix("/api/2/streams/symbol/").and_then(|name| name.strip_suffix(".json"));
        let answer = match symbol {
            Some(symbol) => stream(world, clock.now, &symbol.to_ascii_uppercase(), request),
            None => error(404, "Not found"),
        };
        with_limits(answer, verdict).into()
    }

    fn too_many(&self, wait_s: Option<u64>) -> Answer {
        let answer = error(429, "Rate limit exceeded. Client may not make more than 200 requests an hour.");
        match wait_s {
            Some(wait) => answer.with("retry-after", wait),
            None => answer,
        }
    }

    fn broken(&self, status: u16) -> Answer {
        error(status, reason(status))
    }

    /// Nobody logs in: what stands in the way is the guard in front of it.
    fn unauthorised(&self) -> Answer {
        let page = "<!DOCTYPE html><html><head><title>Attention Required! | Cloudflare</title></head><body><h1>Sorry, you have been blocked</h1></body></html>";
        Answer::text(403, "text/html; charset=UTF-8", page)
    }

    fn setup(&self, world: &World, base: &str, _clock: Reading) -> Value {
        json!({"base_url": format!("{base}/stocktwits"), "streams": world.streams.in_use().collect::<Vec<_>>()})
    }

    fn secrets(&self) -> Vec<String> {
        Vec::new()
    }

    fn keys(&self, world: &World, clock: Reading, from: Micros, to: Micros) -> Vec<Value> {
        keys::of_posts(world.posts("stocktwits"), clock.now, (from, to), |post| post.id.to_string())
    }
}

/// An error as StockTwits writes it.
fn error(status: u16, message: &str) -> Answer {
    Answer::json(status, &json!({"response": {"status": status}, "errors": [{"message": message}]}))
}

fn with_limits(answer: Answer, verdict: Verdict) -> Answer {
    answer
        .with("x-ratelimit-limit", verdict.limit)
        .with("x-ratelimit-remaining", verdict.remaining)
        .with("x-ratelimit-reset", verdict.reset_s)
}

fn stream(world: &World, now: Micros, symbol: &str, request: &Request) -> Answer {
    let posts = world.posts("stocktwits");
    let own;
    let rows = match world.streams.get(symbol) {
        Some(rows) => rows,
        // Another spelling of a known symbol leads to the same stream.
        None => match world.assets.by_cashtag(symbol) {
            Some(known) => {
                own = world.assets.stream(known);
                world.streams.get(&own).unwrap_or_default()
            }
            None => return error(404, "Symbol not found"),
        },
    };
    let limit = match request.param("limit").map(str::parse::<usize>) {
        None => PAGE,
        Some(Ok(limit)) if limit > 0 => limit.min(PAGE),
        Some(_) => return error(400, "limit must be a positive number"),
    };
    let since = Bound::new(world, request.param("since"));
    let max = Bound::new(world, request.param("max"));
    let mut seen = rows
        .iter()
        .rev()
        .map(|row| (*row as usize, &posts.rows[*row as usize]))
        .skip_while(|(_, post)| post.at > now)
        .filter(|(row, post)| {
            post.is_visible(now) && since.is_before(*row, post) && max.is_after(*row, post)
        });
    let page: Vec<&Post> = seen.by_ref().take(limit).map(|(_, post)| post).collect();
    let more = seen.next().is_some();
    let messages: Vec<Value> = page.iter().map(|post| message(world, now, post)).collect();
    let edge = |post: Option<&&Post>| post.map_or(Value::Null, |post| number_or_text(&post.id));
    let body = json!({
        "response": {"status": 200},
        "symbol": symbol_value(world, symbol),
        "cursor": {"more": more, "since": edge(page.first()), "max": edge(page.last())},
        "messages": messages,
    });
    Answer::json(200, &body)
}

/// A post named by `since` or `max`: by its place where the world knows it, else by its number.
enum Bound<'a> {
    None,
    Row(usize),
    Id(&'a str),
}

impl<'a> Bound<'a> {
    fn new(world: &World, id: Option<&'a str>) -> Self {
        match id {
            None | Some("0") => Self::None,
            Some(id) => world.posts("stocktwits").find(id).map_or(Self::Id(id), Self::Row),
        }
    }

    fn is_before(&self, row: usize, post: &Post) -> bool {
        match self {
            Self::None => true,
            Self::Row(bound) => *bound < row,
            Self::Id(id) => compare_ids(id, &post.id).is_lt(),
        }
    }

    fn is_after(&self, row: usize, post: &Post) -> bool {
        match self {
            Self::None => true,
            Self::Row(bound) => *bound > row,
            Self::Id(id) => compare_ids(id, &post.id).is_gt(),
        }
    }
}

fn message(world: &World, now: Micros, post: &Post) -> Value {
    let symbols: Vec<Value> =
        symbols_of(post, &world.assets).iter().map(|symbol| symbol_value(world, symbol)).collect();
    let mood = match post.mood {
        1 => json!({"basic": "Bullish"}),
        -1 => json!({"basic": "Bearish"}),
        _ => Value::Null,
    };
    let mut value = Map::new();
    value.insert("id".into(), number_or_text(&post.id));
    value.insert("body".into(), post.text_at(now).into());
    value.insert("created_at".into(), seconds(post.at).into());
    value.insert("user".into(), user(world, post));
    value.insert("source".into(), json!({"id": 1, "title": "Sandbox", "url": "https://stocktwits.com"}));
    value.insert("symbols".into(), Value::Array(symbols));
    value.insert("entities".into(), json!({"sentiment": mood}));
    if post.likes != UNKNOWN {
        value.insert("likes".into(), json!({"total": post.likes, "user_ids": null}));
    }
    if post.shares != UNKNOWN {
        value.insert("reshares".into(), json!({"reshared_count": post.shares}));
    }
    if post.replies != UNKNOWN {
        value.insert("conversation".into(), json!({"replies": post.replies}));
    }
    if post.edited_at <= now {
        value.insert("edited_at".into(), seconds(post.edited_at).into());
    }
    if let Some(lang) = world.posts("stocktwits").lang(post) {
        value.insert("language".into(), lang.into());
    }
    Value::Object(value)
}

/// The author; null where the world names none.
fn user(world: &World, post: &Post) -> Value {
    let Some(author) = world.posts("stocktwits").author(post) else { return Value::Null };
    let mut user = Map::new();
    user.insert("id".into(), number_or_text(&author.id));
    user.insert("username".into(), (*author.name).into());
    user.insert("name".into(), (*author.name).into());
    user.insert("official".into(), false.into());
    if post.followers != UNKNOWN {
        user.insert("followers".into(), post.followers.into());
    }
    if let Some(at) = author.created_at {
        user.insert("join_date".into(), seconds(at)[..10].into());
    }
    Value::Object(user)
}

fn symbol_value(world: &World, symbol: &str) -> Value {
    let known = world.assets.by_cashtag(symbol);
    let title = known.and_then(|known| world.assets.name(known)).unwrap_or(symbol);
    let title = if symbol == GENERAL_STREAM { "Everything else" } else { title };
    json!({"symbol": symbol, "title": title})
}

/// An id as a number where it is one.
fn number_or_text(id: &str) -> Value {
    match id.parse::<u64>() {
        Ok(number) if number.to_string() == id => number.into(),
        _ => id.into(),
    }
}
