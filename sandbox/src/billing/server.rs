//! The sandbox over HTTP on loopback: the provider's interface below `/v1/`, its pages beside it.

use std::net::TcpListener;
use std::path::PathBuf;
use std::sync::Arc;

use actix_web::dev::Server;
use actix_web::http::{StatusCode, header};
use actix_web::{App, HttpRequest, HttpResponse, HttpServer, web};
use anyhow::{Context, Result, ensure};
use base64::Engine as _;
use serde_json::Value;
use sha2::{Digest as _, Sha256};

use super::book::{Book, Dunning};
use super::form::Params;
use super::journal::Journal;
use super::keeper::Keeper;
use super::page::{self, Pages};
use super::refusal::Refusal;
use super::render::API_VERSION;
use super::row::Replay;
use super::webhook::{self, Target};
use super::{api, page::Pages as LoadedPages};

/// Answers are kept for requests with a key for so long (24 hours).
const REPLAY_SECONDS: i64 = 24 * 3600;
/// The longest form that is taken.
const LONGEST_BYTES: usize = 256 * 1024;

/// What a sandbox is to do.
#[derive(Debug, Clone)]
pub struct Options {
    /// Where the book is kept; without it in memory only.
    pub state: Option<PathBuf>,
    /// The key that callers show.
    pub key: String,
    /// Where pages are for visitors, without a slash at the end; without it the address that is listened on.
    pub public_url: Option<String>,
    /// Where events are told.
    pub webhook: Option<Target>,
    /// What happens to failed payments.
    pub dunning: Dunning,
}

/// What all requests share.
pub struct State {
    /// The book's keeper.
    pub keeper: Arc<Keeper>,
    /// The pages.
    pub pages: Pages,
    /// SHA-256 of the key: equal digests are compared in a time that says nothing of the key.
    key: [u8; 32],
}

/// Listens on a port of 127.0.0.1; 0 takes a free one.
///
/// # Errors
/// The port is taken.
pub fn listen(port: u16) -> Result<TcpListener> {
    TcpListener::bind(("127.0.0.1", port))
        .with_context(|| format!("127.0.0.1:{port}: cannot listen; give another --port, or 0 for a free one"))
}

/// Makes the server, which runs once it is awaited, and its base URL.
///
/// # Errors
/// The key is none, or the state cannot be read.
pub fn start(listener: TcpListener, options: Options) -> Result<(Server, String)> {
    ensure!(
        options.key.starts_with("sk_test_"),
        "STRIPE_SECRET_KEY must begin with sk_test_: this is a sandbox"
    );
    let listening = format!("http://{}", listener.local_addr().context("no local address")?);
    let mut book = Book::default();
    let journal = options.state.as_deref().map(|folder| Journal::open(folder, &mut book)).transpose()?;
    if book.header.salt.is_empty() {
        book.header.salt = uuid::Uuid::new_v4().simple().to_string();
    }
    book.base_url = options.public_url.unwrap_or_else(|| listening.clone()).trim_end_matches('/').to_owned();
    book.dunning = options.dunning;
    book.tells = options.webhook.is_some();
    let keeper = Arc::new(Keeper::new(book, journal));
    let state = web::Data::new(State {
        keeper: keeper.clone(),
        pages: LoadedPages::load()?,
        key: Sha256::digest(options.key.as_bytes()).into(),
    });
    actix_web::rt::spawn(webhook::run(keeper, options.webhook));
    let server = HttpServer::new(move || {
        App::new()
            .app_data(state.clone())
            .app_data(web::PayloadConfig::new(LONGEST_BYTES))
            .app_data(web::FormConfig::default().limit(LONGEST_BYTES))
            .configure(page::routes)
            .route("/", web::get().to(index))
            .route("/v1/{rest:.*}", web::route().to(answer))
    })
    .workers(2)
    .shutdown_timeout(1)
    .listen(listener)
    .context("cannot serve on the listening port")?;
    Ok((server.run(), listening))
}

async fn index() -> HttpResponse {
    let text = "Quarterday's billing sandbox: it stands in for the payment provider on one machine. No money moves here.\n";
    HttpResponse::Ok().content_type("text/plain; charset=utf-8").body(text)
}

async fn answer(request: HttpRequest, body: web::Bytes, state: web::Data<State>) -> HttpResponse {
    let header =
        |name: &str| request.headers().get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
    let key = header("Idempotency-Key");
    let answered = match check(&request, &state) {
        Err(refusal) => Answered::refused(&refusal),
        Ok(()) => {
            let method = request.method().as_str();
            let path = request.path().trim_start_matches("/v1");
            let params = if method == "GET" || method == "DELETE" && body.is_empty() {
                Params::parse(request.query_string().as_bytes())
            } else {
                Params::parse(&body)
            };
            run(&state, method, path, params, key.clone())
        }
    };
    let status = StatusCode::from_u16(answered.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    crate::serve::count("billing", status, false);
    let mut response = HttpResponse::build(status);
    response
        .insert_header(("Request-Id", format!("req_{}", uuid::Uuid::new_v4().simple())))
        .insert_header(("Stripe-Version", API_VERSION))
        .insert_header((header::CACHE_CONTROL, "no-cache, no-store"));
    if let Some(key) = key {
        response.insert_header(("Idempotency-Key", key));
    }
    if answered.replayed {
        response.insert_header(("Idempotent-Replayed", "true"));
    }
    if answered.status == 401 {
        response.insert_header((header::WWW_AUTHENTICATE, "Basic realm=\"Stripe\""));
    }
    response.json(answered.body)
}

/// What is sent back.
struct Answered {
    status: u16,
    body: Value,
    replayed: bool,
}

impl Answered {
    fn refused(refusal: &Refusal) -> Self {
        Self { status: refusal.status, body: refusal.body(), replayed: false }
    }
}

/// Who asks, and for which version.
fn check(request: &HttpRequest, state: &State) -> Result<(), Refusal> {
    let authorization = request.headers().get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    let (scheme, rest) = authorization.and_then(|value| value.split_once(' ')).unwrap_or_default();
    let key = match scheme.to_ascii_lowercase().as_str() {
        "bearer" => rest.trim().to_owned(),
        "basic" => {
            let decoded = base64::engine::general_purpose::STANDARD.decode(rest.trim()).unwrap_or_default();
            let decoded = String::from_utf8(decoded).unwrap_or_default();
            decoded.split_once(':').map_or(decoded.as_str(), |(user, _)| user).to_owned()
        }
        _ => {
            let message = "You did not provide an API key. You need to provide your API key in the Authorization header, using Bearer auth.";
            return Err(Refusal::unauthorized(message));
        }
    };
    if <[u8; 32]>::from(Sha256::digest(key.as_bytes())) != state.key {
        return Err(Refusal::unauthorized("Invalid API Key provided."));
    }
    let version = request.headers().get("Stripe-Version").and_then(|value| value.to_str().ok());
    match version.filter(|version| *version != API_VERSION) {
        None => Ok(()),
        Some(other) => {
            let message =
                format!("Invalid Stripe API version: {other}. This sandbox speaks {API_VERSION} only.");
            Err(Refusal::parameter("Stripe-Version", message))
        }
    }
}

fn run(state: &State, method: &str, path: &str, params: Params, key: Option<String>) -> Answered {
    if method == "GET" {
        let mut book = state.keeper.look();
        return match api::answer(&mut book, Keeper::real(), method, path, params) {
            Ok(body) => Answered { status: 200, body, replayed: false },
            Err(refusal) => Answered::refused(&refusal),
        };
    }
    let key = key.filter(|key| method == "POST" && !key.is_empty());
    let fingerprint = format!("{method} {path}\n{}", params.fingerprint());
    let fingerprint = hex::encode(Sha256::digest(fingerprint.as_bytes()));
    let answered = state.keeper.change(|book, real| {
        if let Some(key) = &key {
            let kept = book.replays.get(key).filter(|kept| real - kept.created < REPLAY_SECONDS);
            if let Some(kept) = kept {
                if kept.request != fingerprint {
                    return Err(Refusal::other_request(key));
                }
                return Ok(Answered { status: kept.status, body: kept.body.clone(), replayed: true });
            }
        }
        book.idempotency_key.clone_from(&key);
        let result = api::answer(book, real, method, path, params);
        let answered = match result {
            Ok(body) => Answered { status: 200, body, replayed: false },
            // What leaves a trace is answered the same when it is asked again.
            Err(refusal) if refusal.keeps => Answered::refused(&refusal),
            Err(refusal) => return Err(refusal),
        };
        if let Some(key) = &key {
            let (status, body) = (answered.status, answered.body.clone());
            book.replays.put(key, Replay { request: fingerprint, status, body, created: real });
        }
        Ok(answered)
    });
    answered.unwrap_or_else(|refusal| Answered::refused(&refusal))
}
