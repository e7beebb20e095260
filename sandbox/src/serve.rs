//! Serves a world over HTTP on loopback: finds the source, lets faults strike, and counts.

mod control;
mod spoil;
mod stats;

use std::net::TcpListener;
use std::sync::Arc;
use std::time::Duration;

use actix_web::http::StatusCode;
use actix_web::{App, HttpRequest, HttpResponse, HttpServer, dev::Server, middleware::Compress, web};
use anyhow::{Context, Result};
use sha2::{Digest, Sha256};

use crate::clock::{Clock, Reading};
use crate::fault::{Fault, Faults};
use crate::limit::Limiter;
use crate::source::Source;
use crate::wire::{Answer, Request};
use crate::world::World;
use crate::{alpaca, feeds, moment, stocktwits, x};
use stats::Stats;

/// What a server is to do.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// The port on 127.0.0.1; 0 takes a free one.
    pub port: u16,
    /// What the clock shows first; without it the world's end, when everything has happened.
    pub at: Option<chrono::DateTime<chrono::Utc>>,
    /// World seconds in a real second; 0 freezes the clock.
    pub speed: f64,
    /// The fault plan.
    pub faults: Option<std::path::PathBuf>,
    /// How many threads answer; 0 takes one for each core.
    pub workers: usize,
}

/// Everything that the handlers share.
pub(crate) struct State {
    world: World,
    clock: Clock,
    faults: Faults,
    stats: Stats,
    x_token: String,
    alpaca_key: alpaca::Key,
    x_limit: Limiter,
    stocktwits_limit: Limiter,
    alpaca_limit: Limiter,
}

/// Starts to listen; gives the server, which runs once it is awaited, and its base URL.
///
/// # Errors
/// When the fault plan or the clock makes no sense, or the port is taken.
pub fn start(world: World, options: &Options) -> Result<(Server, String)> {
    let at = options.at.unwrap_or(world.end).timestamp_micros();
    let faults = options.faults.as_deref().map(Faults::load).transpose()?.unwrap_or_default();
    let listener = TcpListener::bind(("127.0.0.1", options.port)).with_context(|| {
        format!("127.0.0.1:{}: cannot listen; give another --port, or 0 for a free one", options.port)
    })?;
    let listening = format!("http://{}", listener.local_addr().context("no local address")?);
    let state = Arc::new(State {
        x_token: secret("x", &world.name),
        alpaca_key: alpaca::Key {
            id: secret("alpaca-id", &world.name),
            secret: secret("alpaca-secret", &world.name),
        },
        clock: Clock::new(at, options.speed)?,
        world,
        faults,
        stats: Stats::default(),
        x_limit: Limiter::new(x::LIMIT, x::WINDOW_S),
        stocktwits_limit: Limiter::new(stocktwits::LIMIT, stocktwits::WINDOW_S),
        alpaca_limit: Limiter::new(alpaca::LIMIT, alpaca::WINDOW_S),
    });
    let server = HttpServer::new(move || {
        App::new()
            .app_data(web::Data::from(Arc::clone(&state)))
            .wrap(Compress::default())
            .configure(control::routes)
            .default_service(web::route().to(source_request))
    })
    .workers(if options.workers == 0 {
        std::thread::available_parallelism().map_or(2, usize::from)
    } else {
        options.workers
    })
    .shutdown_timeout(1)
    .listen(listener)
    .context("cannot serve on the listening port")?;
    Ok((server.run(), listening))
}

/// A credential that is the same for the same world, and recognisable where it should not be.
fn secret(purpose: &str, world: &str) -> String {
    let digest = Sha256::digest(format!("{purpose}\n{world}").as_bytes());
    format!("canary-{purpose}-{}", hex::encode(&digest[..10]))
}

async fn source_request(http: HttpRequest, state: web::Data<State>) -> HttpResponse {
    let path = http.path();
    let (name, rest) = path[1..].split_once('/').unwrap_or((path.get(1..).unwrap_or(""), ""));
    let Some(source) = Source::named(name) else {
        return HttpResponse::NotFound()
            .json(serde_json::json!({"error": "no such source; see /_world/setup"}));
    };
    let clock = state.clock.read();
    state.stats.request(source);
    let fault = state.faults.next(source);
    if fault.is_some() {
        state.stats.fault(source);
    }
    if let Some(Fault::Slow(ms)) = fault {
        actix_web::rt::time::sleep(Duration::from_millis(ms)).await;
    }
    let address = http.peer_addr().map(|peer| peer.ip().to_string()).unwrap_or_default();
    let answer = match fault {
        Some(Fault::RateLimit(wait)) => too_many(source, wait),
        Some(Fault::ServerError(status)) => broken(source, status),
        _ if http.method() != actix_web::http::Method::GET => {
            Answer::text(405, "text/plain; charset=utf-8", "only GET is served")
        }
        _ => state.answer(source, &address, clock, &request(&http, rest)),
    };
    respond(answer, fault, clock)
}

impl State {
    fn answer(&self, source: Source, address: &str, clock: Reading, request: &Request) -> Answer {
        let (answer, exceeded) = match source {
            Source::X => x::answer(&self.world, &self.x_token, &self.x_limit, clock, request),
            Source::StockTwits => {
                stocktwits::answer(&self.world, &self.stocktwits_limit, address, clock, request)
            }
            Source::Alpaca => {
                alpaca::answer(&self.world, &self.alpaca_key, &self.alpaca_limit, clock, request)
            }
            Source::Feeds => (feeds::answer(&self.world, clock.now, request), false),
        };
        if exceeded {
            self.stats.exceeded(source);
        }
        answer
    }
}

fn request(http: &HttpRequest, rest: &str) -> Request {
    let decode = |text: &str| {
        url::form_urlencoded::parse(format!("p={}", text.replace('+', "%2B")).as_bytes())
            .next()
            .map(|(_, v)| v.into_owned())
    };
    let pairs = url::form_urlencoded::parse(http.query_string().as_bytes());
    let header =
        |(name, value): (&actix_web::http::header::HeaderName, &actix_web::http::header::HeaderValue)| {
            Some((name.as_str().to_owned(), value.to_str().ok()?.to_owned()))
        };
    Request {
        path: format!("/{}", decode(rest).unwrap_or_default()),
        params: pairs.into_owned().collect(),
        headers: http.headers().iter().filter_map(header).collect(),
    }
}

fn too_many(source: Source, wait: Option<u64>) -> Answer {
    match source {
        Source::X => x::too_many(wait),
        Source::StockTwits => stocktwits::too_many(wait),
        Source::Alpaca => alpaca::too_many(wait),
        Source::Feeds => {
            let answer = Answer::text(429, "text/plain; charset=utf-8", "Too Many Requests");
            match wait {
                Some(wait) => answer.with("retry-after", wait),
                None => answer,
            }
        }
    }
}

fn broken(source: Source, status: u16) -> Answer {
    let reason =
        StatusCode::from_u16(status).ok().and_then(|s| s.canonical_reason()).unwrap_or("Server Error");
    match source {
        Source::X => x::problem(status, reason, reason, "about:blank"),
        Source::StockTwits => stocktwits::error(status, reason),
        Source::Alpaca => alpaca::error(status, reason),
        Source::Feeds => Answer::text(
            status,
            "text/html; charset=utf-8",
            format!("<html><body><h1>{status} {reason}</h1></body></html>"),
        ),
    }
}

fn respond(mut answer: Answer, fault: Option<Fault>, clock: Reading) -> HttpResponse {
    match fault {
        Some(Fault::MalformedJson) => spoil::cut_in_two(&mut answer),
        Some(Fault::Duplicates) => spoil::double_records(&mut answer),
        _ => {}
    }
    let mut response =
        HttpResponse::build(StatusCode::from_u16(answer.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR));
    for (name, value) in answer.headers {
        response.insert_header((name, value));
    }
    // The server's date is the world's, so that clients which judge windows by it agree with the clock.
    response.insert_header(("date", moment::http_date(clock.now)));
    match fault {
        Some(Fault::CutConnection) => response.body(spoil::Broken::new(answer.body)),
        _ => response.body(answer.body),
    }
}
