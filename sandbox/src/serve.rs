//! Serves a world over HTTP on loopback: finds the source, lets faults strike, and counts.
//!
//! In reading order: `spoil` takes a request from end to end; `refusal`, `paging`, `content`, `oddity`, `text` are what faults do to an
//! answer, with `page` and `blocks` for where records and cursors stand; `transport` sends it, with `bodies` and `gzip`; `control` and
//! `stats` are for whoever looks on.

mod blocks;
mod bodies;
mod content;
mod control;
mod gzip;
mod oddity;
mod page;
mod paging;
mod refusal;
mod spoil;
pub(crate) mod stats;
mod text;
mod transport;

use std::net::TcpListener;
use std::sync::Arc;
use std::time::Duration;

use actix_web::http::StatusCode;
use actix_web::{App, HttpRequest, HttpResponse, HttpServer, dev::Server, middleware::Compress, web};
use anyhow::{Context, Result};

use crate::clock::Clock;
use crate::fault::kind::{Kind, Transport};
use crate::fault::{Fault, Faults};
use crate::service::{self, Extra, Service, Shared};
use crate::wire::Request;
use crate::world::World;
use spoil::Visit;
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
    /// The real instant at which the clock shows `at`; without it the start.
    pub since: Option<chrono::DateTime<chrono::Utc>>,
    /// Seconds of rate limits in a real second while the clock is frozen or slow; without it 600.
    pub limit_speed: Option<f64>,
    /// The fault plan.
    pub faults: Option<std::path::PathBuf>,
    /// How many threads answer; 0 takes one for each core.
    pub workers: usize,
    /// How strict the services' plans are.
    pub services: service::Options,
}

/// Everything that the handlers share.
pub(crate) struct State {
    shared: Arc<Shared>,
    services: Vec<Box<dyn Service>>,
    last: paging::Last,
}

/// Whether a request to a source is for one of the pages of a listing; with `later`, for one after the first.
pub(crate) fn asks_for_page(source: &str, request: &Request, later: bool) -> bool {
    page::is_listing(source, request) && (!later || page::cursor(source, request).is_some())
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
    let services = service::services(&world, &options.services);
    let clock = Clock::new(at, options.speed)?;
    let clock = match options.limit_speed {
        Some(speed) => clock.with_limit_speed(speed)?,
        None => clock,
    };
    clock.set(Some(at), None, options.since)?;
    let shared = Arc::new(Shared { world, clock, faults, stats: Stats::default() });
    for service in &services {
        let extra = service.listen(&shared).with_context(|| format!("{}: cannot listen", service.name()))?;
        if let Some(Extra { address, task }) = extra {
            eprintln!("sandbox: {} listens on {address}", service.name());
            actix_web::rt::spawn(task);
        }
    }
    let taken = crate::alpaca::live::Taken::default();
    let live = Arc::clone(&shared);
    let state = Arc::new(State { shared, services, last: paging::Last::default() });
    let server = HttpServer::new(move || {
        App::new()
            .app_data(web::Data::from(Arc::clone(&state)))
            .app_data(web::Data::from(Arc::clone(&live)))
            .app_data(web::Data::new(taken.clone()))
            .wrap(Compress::default())
            .configure(control::routes)
            .configure(crate::alpaca::live::routes)
            .configure(transport::routes)
            .default_service(web::route().to(source_request))
    })
    // A reply may take several writes: the second one must not wait until the first is acknowledged.
    .tcp_nodelay(true)
    .on_connect(transport::keep)
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

async fn source_request(http: HttpRequest, body: web::Bytes, state: web::Data<State>) -> HttpResponse {
    let path = http.path();
    let (name, rest) = path[1..].split_once('/').unwrap_or((path.get(1..).unwrap_or(""), ""));
    let Some(service) = state.services.iter().find(|service| service.name() == name) else {
        return HttpResponse::NotFound()
            .json(serde_json::json!({"error": "no such source; see /_world/setup"}));
    };
    let (shared, name) = (&state.shared, service.name());
    let mut request = request(&http, rest, body.to_vec());
    let asked = page::cursor(name, &request);
    let endless = page::resume(name, &mut request);
    shared.stats.request(name);
    let fault = match shared.faults.strike(name, &request) {
        Some(Fault::Http(fault)) => Some(fault),
        Some(Fault::Broker(_)) | None => None,
    };
    let transport = fault.as_ref().and_then(|fault| match fault.kind {
        Kind::Transport(kind) => Some((kind, &fault.settings)),
        _ => None,
    });
    if fault.is_some() {
        shared.stats.fault(name);
    }
    if let Some((Transport::Slow, settings)) = transport {
        actix_web::rt::time::sleep(Duration::from_millis(settings.ms.unwrap_or(1000))).await;
    }
    let clock = shared.clock.read();
    let visit = Visit { service: service.as_ref(), fault: fault.as_ref(), asked, endless };
    let reply = visit.answer((&shared.world, &shared.faults, &state.last), clock, &mut request);
    if reply.exceeded {
        shared.stats.exceeded(name);
    }
    let response = transport::respond(reply.answer, transport, clock, &http);
    count(name, response.status(), fault.is_some());
    response
}

/// Counts a request for Prometheus.
pub(crate) fn count(source: &'static str, status: StatusCode, struck: bool) {
    let class = match status.as_u16() {
        100..400 => "ok",
        400..500 => "4xx",
        _ => "5xx",
    };
    metrics::counter!("quarterday_sandbox_requests_total", "source" => source, "status" => class)
        .increment(1);
    if struck {
        metrics::counter!("quarterday_sandbox_faults_total", "source" => source).increment(1);
    }
}

fn request(http: &HttpRequest, rest: &str, body: Vec<u8>) -> Request {
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
        method: http.method().as_str().to_owned(),
        path: format!("/{}", decode(rest).unwrap_or_default()),
        params: pairs.into_owned().collect(),
        headers: http.headers().iter().filter_map(header).collect(),
        body,
        address: http.peer_addr().map(|peer| peer.ip().to_string()).unwrap_or_default(),
    }
}
