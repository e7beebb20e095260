//! Yahoo Finance: charts at `/v8/finance/chart/{symbol}`, and the cookie and crumb that other endpoints want.
//!
//! Charts work without a crumb; a wrong one is refused.

mod chart;

use serde_json::{Value, json};

use crate::clock::Reading;
use crate::keys;
use crate::limit::Limiter;
use crate::moment::Micros;
use crate::service::{Reply, Service, secret};
use crate::wire::{Answer, Request, reason};
use crate::world::World;

/// Requests in an hour, for an address. The real number is not documented.
const LIMIT: (u32, i64) = (2_000, 3_600);
/// The cookie's name.
const COOKIE: &str = "A3";

/// Yahoo Finance, with the limit of each address.
pub(crate) struct Yahoo {
    cookie: String,
    crumb: String,
    limiter: Limiter,
}

impl Yahoo {
    /// Yahoo Finance as it serves this world.
    pub(crate) fn new(world: &World) -> Self {
        Self {
            cookie: secret("yahoo-cookie", world),
            crumb: secret("yahoo-crumb", world),
            limiter: Limiter::new(LIMIT.0, LIMIT.1),
        }
    }

    fn crumb(&self, request: &Request) -> Answer {
        let cookies = request.header("cookie").unwrap_or_default().split(';');
        let own = cookies.filter_map(|cookie| cookie.trim().split_once('='));
        if own.into_iter().any(|(name, value)| name == COOKIE && value == self.cookie) {
            Answer::text(200, "text/plain;charset=utf-8", self.crumb.as_str())
        } else {
            failure("finance", 401, "Unauthorized", "Invalid Cookie")
        }
    }
}

impl Service for Yahoo {
    fn name(&self) -> &'static str {
        "yahoo"
    }

    fn answer(&self, world: &World, clock: Reading, request: &Request) -> Reply {
        if let Some(refusal) = request.refuse_all_but_get() {
            return refusal.into();
        }
        if !self.limiter.take(&request.address, clock).allowed {
            return Reply::exceeded(self.too_many(None));
        }
        if let Some(symbol) = request.path.strip_prefix("/v8/finance/chart/") {
            return match request.param("crumb") {
                Some(crumb) if crumb != self.crumb => self.unauthorised().into(),
                _ => chart::answer(world, clock.now, symbol, request).into(),
            };
        }
        match request.path.as_str() {
            "/v1/test/getcrumb" => self.crumb(request).into(),
            // The page that gives the cookie has nothing else to give.
            "/" => page(404)
                .with("set-cookie", format!("{COOKIE}={}; Max-Age=31557600; Path=/; HttpOnly", self.cookie))
                .into(),
            _ => page(404).into(),
        }
    }

    fn too_many(&self, wait_s: Option<u64>) -> Answer {
        let answer = Answer::text(429, "text/html", "Too Many Requests\r\n");
        match wait_s {
            Some(wait) => answer.with("retry-after", wait),
            None => answer,
        }
    }

    fn broken(&self, status: u16) -> Answer {
        failure("finance", status, reason(status), reason(status))
    }

    fn unauthorised(&self) -> Answer {
        failure("finance", 401, "Unauthorized", "Invalid Crumb")
    }

    fn setup(&self, _world: &World, base: &str, _clock: Reading) -> Value {
        json!({"base_url": format!("{base}/yahoo")})
    }

    fn secrets(&self) -> Vec<String> {
        vec![self.cookie.clone(), self.crumb.clone()]
    }

    /// The bars of every asset at the intervals that Yahoo has, as far back as it has them.
    fn keys(&self, world: &World, clock: Reading, from: Micros, to: Micros) -> Vec<Value> {
        let assets = world.assets.iter();
        assets
            .flat_map(|asset| {
                let opening = |is_daily, at| chart::opening(asset.class, is_daily, at);
                keys::of_bars_opening(world, asset.symbol.as_str(), clock.now, (from, to), opening)
            })
            .filter(|key| chart::reaches(key["interval"].as_str(), key["opens_at"].as_str(), clock.now))
            .collect()
    }
}

/// `{"chart":{"result":null,"error":{"code","description"}}}`, or the same below another name.
fn failure(endpoint: &str, status: u16, code: &str, description: &str) -> Answer {
    let error = json!({"code": code, "description": description});
    Answer::text(
        status,
        "application/json;charset=utf-8",
        json!({endpoint: {"result": null, "error": error}}).to_string(),
    )
}

fn page(status: u16) -> Answer {
    let body = format!("<!DOCTYPE html><html><body><p>{status} {}</p></body></html>", reason(status));
    Answer::text(status, "text/html", body)
}
