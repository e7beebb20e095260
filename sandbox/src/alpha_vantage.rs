//! Alpha Vantage: news and prices at `/query?function=…&apikey=…`.
//!
//! In reading order: `reply` is how everything is said, with status 200; `news` and `series` are the functions.

mod news;
mod reply;
mod series;

use std::sync::{Mutex, PoisonError};

use serde_json::{Map, Value};

use crate::clock::Reading;
use crate::keys;
use crate::limit::Limiter;
use crate::moment::{Micros, SECOND};
use crate::service::{AlphaVantagePlan, Reply, Service, secret};
use crate::wire::{Answer, Request, reason};
use crate::world::World;

/// Calls in a minute of the smallest premium plan.
const PREMIUM: (u32, i64) = (75, 60);
/// Calls in a day of the free plan.
const FREE: (u32, i64) = (25, 24 * 3_600);
/// Calls of the free plan lie at least so far apart.
const FREE_DISTANCE: Micros = SECOND;

/// Alpha Vantage, with the limit of one key.
pub(crate) struct AlphaVantage {
    api_key: String,
    premium: bool,
    limiter: Limiter,
    /// The last call that was let through, by the limits' clock.
    last: Mutex<Option<Micros>>,
}

impl AlphaVantage {
    /// Alpha Vantage as it serves this world to a key of this plan.
    pub(crate) fn new(world: &World, plan: AlphaVantagePlan) -> Self {
        let premium = plan == AlphaVantagePlan::Premium;
        let (calls, window_s) = if premium { PREMIUM } else { FREE };
        let limiter = Limiter::new(calls, window_s);
        Self { api_key: secret("alpha-vantage", world), premium, limiter, last: Mutex::default() }
    }

    /// Why a call may not pass; counts it when it may.
    fn refusal(&self, clock: Reading) -> Option<Answer> {
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        // A last call that lies ahead was before the clock was set back.
        let close = last.is_some_and(|at| (0..FREE_DISTANCE).contains(&(clock.limit_at - at)));
        if !self.premium && close {
            let text = "Thank you for using Alpha Vantage! Please consider spreading out your free API requests more sparingly (1 request per second). You may subscribe to any of the premium plans at https://www.alphavantage.co/premium/ to lift the free key rate limit (25 requests per day), raise the per-second burst limit, and instantly unlock all premium endpoints";
            return Some(reply::information(text));
        }
        if !self.limiter.take("key", clock).allowed {
            return Some(self.too_many(None));
        }
        *last = Some(clock.limit_at);
        None
    }
}

impl Service for AlphaVantage {
    fn name(&self) -> &'static str {
        "alpha_vantage"
    }

    fn answer(&self, world: &World, clock: Reading, request: &Request) -> Reply {
        if let Some(refusal) = request.refuse_all_but_get() {
            return refusal.into();
        }
        if request.path != "/query" {
            return self.broken(404).into();
        }
        if request.param("apikey") != Some(self.api_key.as_str()) {
            return self.unauthorised().into();
        }
        if let Some(refusal) = self.refusal(clock) {
            return Reply::exceeded(refusal);
        }
        let answer = match request.param("function") {
            None => reply::invalid_call("the parameter function"),
            Some("NEWS_SENTIMENT") => news::answer(world, clock.now, request),
            Some(function) => series::answer(world, clock.now, self.premium, function, request),
        };
        answer.into()
    }

    /// Nothing tells how long to wait; the free plan's words name the key.
    fn too_many(&self, _wait_s: Option<u64>) -> Answer {
        if self.premium {
            reply::information(
                "Thank you for using Alpha Vantage! You have reached the rate limit of 75 requests per minute of your premium plan. Please visit https://www.alphavantage.co/premium/ if you would like to target a higher API call frequency.",
            )
        } else {
            reply::information(&format!(
                "We have detected your API key as {} and our standard API rate limit is 25 requests per day. Please subscribe to any of the premium plans at https://www.alphavantage.co/premium/ to instantly remove all daily rate limits.",
                self.api_key
            ))
        }
    }

    fn broken(&self, status: u16) -> Answer {
        let body = format!("<html><body><h1>{status} {}</h1></body></html>", reason(status));
        Answer::text(status, "text/html; charset=utf-8", body)
    }

    fn unauthorised(&self) -> Answer {
        reply::error_message(
            "the parameter apikey is invalid or missing. Please claim your free API key on (https://www.alphavantage.co/support/#api-key). It should take less than 20 seconds.",
        )
    }

    /// The rate by the minute is in real time, which is faster than the plan's where limits run faster; a fifth is kept back there,
    /// because windows are so short that a call on its way may fall into the next one.
    fn setup(&self, _world: &World, base: &str, clock: Reading) -> Value {
        let by_minute = f64::from(if self.premium { PREMIUM.0 } else { 60 });
        let pace = if clock.limit_speed > 1.0 { 0.8 * clock.limit_speed } else { 1.0 };
        let by_minute = (by_minute * pace).floor() as u64;
        let mut setup = Map::new();
        setup.insert("base_url".to_owned(), format!("{base}/alpha_vantage").into());
        setup.insert("api_key".to_owned(), self.api_key.as_str().into());
        setup.insert("calls_per_minute".to_owned(), by_minute.into());
        if !self.premium {
            setup.insert("calls_per_day".to_owned(), FREE.0.into());
        }
        Value::Object(setup)
    }

    fn secrets(&self) -> Vec<String> {
        vec![self.api_key.clone()]
    }

    /// The articles, known by their addresses, then the bars that the plan has.
    fn keys(&self, world: &World, clock: Reading, from: Micros, to: Micros) -> Vec<Value> {
        let rows = &world.articles.rows[..world.articles.visible(clock.now)];
        let articles = rows.iter().filter(|article| (from..to).contains(&article.at)).map(|article| {
            let mut key = keys::of_article(article);
            key["id"] = article.url.as_str().into();
            key
        });
        let bars = world.assets.iter().flat_map(|asset| {
            let symbol = asset.symbol.as_str();
            let lengths = world.bars.intervals(symbol);
            let offered: Vec<&str> = lengths
                .filter(|(_, series)| series::offers(asset.class, series.length, self.premium))
                .map(|(name, _)| name)
                .collect();
            let all = keys::of_bars(world, symbol, clock.now, (from, to));
            all.into_iter().filter(move |key| offered.iter().any(|name| key["interval"] == **name))
        });
        articles.chain(bars).collect()
    }
}
