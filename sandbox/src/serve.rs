//! Serves a world over HTTP on loopback: finds the source, lets faults strike, and counts.

mod control;
mod spoil;
pub(crate) mod stats;

use std::net::TcpListener;
use std::sync::Arc;
use std::time::Duration;

use actix_web::http::StatusCode;
use actix_web::{App, HttpRequest, HttpResponse, HttpServer, dev::Server, middleware::Compress, web};
use anyhow::{Context, Result};

use crate::clock::{Clock, Reading};
use crate::fault::{Fault, Faults};
use crate::moment;
use crate::service::{self, Extra, Service, Shared};
use crate::wire::{Answer, Request};
use crate::world::World;
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
    /// How strict the services' plans are.
    pub services: service::Options,
}

/// Everything that the handlers share.
pub(crate) struct State {
    shared: Arc<Shared>,
    services: Vec<Box<dyn Service>>,
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
    let shared = Arc::new(Shared { world, clock, faults, stats: Stats::default() });
    for service in &services {
        let extra = service.listen(&shared).with_context(|| format!("{}: cannot listen", service.name()))?;
        if let Some(Extra { address, task }) = extra {
            eprintln!("sandbox: {} listens on {address}", service.name());
            actix_web::rt::spawn(task);
        }
    }
    let state = Arc::new(State { shared, services });
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

async fn source_request(http: HttpRequest, body: web::Bytes, state: web::Data<State>) -> HttpResponse {
    let path = http.path();
    let (name, rest) = path[1..].split_once('/').unwrap_or((path.get(1..).unwrap_or(""), ""));
    let Some(service) = state.services.iter().find(|service| service.name() == name) else {
        return HttpResponse::NotFound()
            .json(serde_json::json!({"error": "no such source; see /_world/setup"}));
    };
    let (shared, name) = (&state.shared, service.name());
    let clock = shared.clock.read();
    let request = request(&http, rest, body.to_vec());
    shared.stats.request(name);
    let fault = shared.faults.next(name, &request.path);
    if fault.is_some() {
        shared.stats.fault(name);
    }
    if let Some(Fault::Slow(ms)) = fault {
        actix_web::rt::time::sleep(Duration::from_millis(ms)).await;
    }
    let answer = match fault {
        Some(Fault::RateLimit(wait)) => service.too_many(wait),
        Some(Fault::ServerError(status)) => service.broken(status),
        _ => {
            let reply = service.answer(&shared.world, clock, &request);
            if reply.exceeded {
                shared.stats.exceeded(name);
            }
            reply.answer
        }
    };
    respond(answer, fault, clock)
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
