//! HTTP as every source needs it: deadlines, a bound on the body, retries with jitter, waits that the server names, limits
//! that are kept before they are hit, and nothing secret in what is kept.

mod gate;
mod redact;
mod reply;
mod request;
mod wait;

use std::collections::HashMap;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use chrono::{DateTime, Utc};
use reqwest::header::{ACCEPT_ENCODING, HeaderMap, HeaderValue, LOCATION};
use tokio::time::Instant;
use url::Url;

pub use redact::{REDACTED, Redactor};
pub use reply::{Answer, Judge, Judgement};
pub use request::{Request, bearer, secret_header};

use crate::exchange::Exchange;
use crate::settings::{Limits, Settings};
use crate::trouble::{Class, Trouble};
use gate::Gate;

/// Largest body after decompression.
const BODY_BYTES: usize = 32 << 20;

/// Brotli comes last: packing a page afresh with it costs a server more time than the smaller reply saves.
const ENCODINGS: &str = "gzip, br;q=0.5";

/// Headers that are kept with an exchange.
const KEPT: [&str; 4] = ["content-type", "etag", "last-modified", "link"];

/// So many requests that came to nothing in a row, and the source is taken to be down: what follows is tried once only.
const DOWN_AFTER: u32 = 3;

/// Most redirects that are followed.
const REDIRECTS: usize = 5;

/// A server whose clock differs from ours by no more than this is taken to agree with us.
const SKEW: chrono::Duration = chrono::Duration::seconds(60);

/// The one client of a run. Certificates are loaded only where a source is read over TLS.
///
/// # Errors
/// The system's certificates cannot be loaded.
pub fn client(settings: &Settings) -> reqwest::Result<reqwest::Client> {
    let limits = &settings.limits;
    let builder = reqwest::Client::builder()
        .user_agent(&settings.user_agent)
        .default_headers(HeaderMap::from_iter([(ACCEPT_ENCODING, HeaderValue::from_static(ENCODINGS))]))
        .connect_timeout(limits.connect)
        .read_timeout(limits.idle)
        .timeout(limits.request)
        // A redirect could carry the key's headers to another host: feeds follow by hand, nobody else does.
        .redirect(reqwest::redirect::Policy::none());
    if settings.needs_tls() { builder.build() } else { builder.tls_certs_only([]).build() }
}

/// HTTP for one source: its time, its tries, its limits, and a pause that all its streams keep when the server asks for one.
pub struct Session {
    client: reqwest::Client,
    redactor: Redactor,
    deadline: Instant,
    tries: u32,
    /// One for each server: feeds have many.
    gates: Mutex<HashMap<String, Arc<Gate>>>,
    calls_per_minute: Option<u32>,
    retried: AtomicU64,
    requests: AtomicU64,
    /// By how many milliseconds the server's clock is ahead of ours; `i64::MIN` until it has said so.
    ahead_ms: AtomicI64,
}

impl Session {
    /// A session that ends at `deadline` and makes at most `calls_per_minute` calls where that is said.
    pub fn new(
        client: reqwest::Client,
        redactor: Redactor,
        deadline: Instant,
        limits: &Limits,
        calls_per_minute: Option<u32>,
    ) -> Self {
        Self {
            client,
            redactor,
            deadline,
            tries: limits.tries,
            gates: Mutex::default(),
            calls_per_minute,
            retried: AtomicU64::new(0),
            requests: AtomicU64::new(0),
            ahead_ms: AtomicI64::new(i64::MIN),
        }
    }

    /// How many attempts were repeated so far.
    pub fn retried(&self) -> u64 {
        self.retried.load(Ordering::Relaxed)
    }

    /// How many requests were sent so far.
    pub fn requests(&self) -> u64 {
        self.requests.load(Ordering::Relaxed)
    }

    /// When the source's time is used up.
    pub fn deadline(&self) -> Instant {
        self.deadline
    }

    /// What keeps secrets out of what is stored; tell it every secret that a server hands out.
    pub fn redactor(&self) -> &Redactor {
        &self.redactor
    }

    /// The server's time, where it differs from ours by more than a minute.
    pub fn server_time(&self) -> Option<DateTime<Utc>> {
        let ahead = self.ahead_ms.load(Ordering::Relaxed);
        let ahead = chrono::Duration::try_milliseconds(ahead).filter(|_| ahead != i64::MIN)?;
        (ahead.abs() > SKEW).then(|| Utc::now() + ahead)
    }

    /// Asks until `read` accepts the body of a good answer, or a 304 comes (`read` is not asked then), or it is no use to
    /// go on.
    ///
    /// # Errors
    /// It is no use to go on; the trouble says why and holds the last exchange.
    pub async fn get<T, E: Into<Trouble>>(
        &self,
        request: &Request,
        read: impl Fn(&[u8]) -> Result<T, E>,
    ) -> Result<(Exchange, Option<T>), Trouble> {
        let gate = self.gate(&request.url);
        let mut attempt = 0;
        loop {
            attempt += 1;
            let trouble = match tokio::time::timeout_at(self.deadline, self.once(request)).await {
                Err(_) => return Err(self.trouble(request, Trouble::exhausted("its time was used up"))),
                Ok(Ok(exchange)) if exchange.status == Some(304) => return Ok((exchange, None)),
                Ok(Ok(exchange)) => match read(&exchange.body) {
                    Ok(value) => {
                        gate.lost_in_a_row.store(0, Ordering::Relaxed);
                        return Ok((exchange, Some(value)));
                    }
                    Err(error) => Trouble { exchange: Some(Box::new(exchange)), ..error.into() },
                },
                Ok(Err(trouble)) => trouble,
            };
            if !trouble.again {
                return Err(trouble);
            }
            let down = gate.lost_in_a_row.load(Ordering::Relaxed) >= DOWN_AFTER;
            if attempt >= self.tries || down {
                gate.lost_in_a_row.fetch_add(1, Ordering::Relaxed);
                return Err(trouble);
            }
            let pause = trouble.wait.unwrap_or_else(|| wait::jitter(attempt));
            if Instant::now() + pause >= self.deadline {
                let message = format!(
                    "{}; it asks for a wait of {} s, longer than the time left",
                    trouble.message,
                    pause.as_secs()
                );
                return Err(Trouble { message, class: Class::Limit, again: false, ..trouble });
            }
            self.retried.fetch_add(1, Ordering::Relaxed);
            tracing::debug!(stream = %request.stream, attempt, pause_ms = pause.as_millis() as u64, reason = %trouble.message, "repeating");
            if trouble.wait.is_some() {
                gate.pause_until(Instant::now() + pause);
            } else {
                tokio::time::sleep(pause).await;
            }
        }
    }

    async fn once(&self, request: &Request) -> Result<Exchange, Trouble> {
        let mut url = request.url.clone();
        for _ in 0..=REDIRECTS {
            let gate = self.gate(&url);
            let turn = gate.turn(self.deadline).await;
            let Some(_turn) = turn else {
                let message = "its limit is used up for longer than the time left";
                return Err(self.trouble(request, Trouble::exhausted(message)));
            };
            self.requests.fetch_add(1, Ordering::Relaxed);
            let call = match &request.form {
                None => self.client.get(url.clone()),
                Some(form) => self.client.post(url.clone()).form(&request::exposed(form)),
            };
            let sent = call.headers(request.headers.clone()).send().await;
            let response = sent.map_err(|e| self.transport(request, &e))?;
            let target =
                response.headers().get(LOCATION).and_then(|l| l.to_str().ok()).and_then(|l| url.join(l).ok());
            if response.status().is_redirection() && response.status() != 304 && request.follow {
                let Some(target) = target.filter(|t| matches!(t.scheme(), "http" | "https")) else { break };
                if matches!(response.status().as_u16(), 301 | 308) {
                    tracing::warn!(stream = %request.stream, to = %self.redactor.url(&target), "moved for good: change its address in the settings");
                }
                url = target;
                continue;
            }
            return self.receive(request, &gate, response).await;
        }
        let message = "it redirects in circles or to nowhere: correct its address in the settings";
        Err(self.trouble(request, Trouble::configuration(message).worth_another_try()))
    }

    async fn receive(
        &self,
        request: &Request,
        gate: &Gate,
        mut response: reqwest::Response,
    ) -> Result<Exchange, Trouble> {
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        gate.heard(wait::left(&headers));
        if let Some(server) = wait::date(&headers) {
            self.ahead_ms.store((server - Utc::now()).num_milliseconds(), Ordering::Relaxed);
        }
        let mut body = Vec::new();
        loop {
            match response.chunk().await {
                Ok(Some(chunk)) if body.len() + chunk.len() > BODY_BYTES => {
                    let message = format!(
                        "its reply is larger than {} MiB: it is not read; see what the source sends there",
                        BODY_BYTES >> 20
                    );
                    return Err(self.trouble(request, Trouble::system(message).worth_another_try()));
                }
                Ok(Some(chunk)) => body.extend_from_slice(&chunk),
                Ok(None) => break,
                Err(error) => return Err(self.transport(request, &error)),
            }
        }
        let exchange = self.exchange(request, Some(status), &headers, self.redactor.body(body));
        let answer = Answer { status, headers: &headers, body: &exchange.body };
        let judgement = request.judge.map_or(Judgement::Usual, |judge| judge(&answer));
        let trouble = match judgement {
            Judgement::Good { pause } => {
                if let Some(pause) = pause {
                    gate.pause_until(Instant::now() + pause);
                }
                None
            }
            Judgement::Bad(trouble) => Some(trouble),
            Judgement::Usual => reply::judge(&answer),
        };
        match trouble {
            None => Ok(exchange),
            Some(trouble) => {
                Err(Trouble { exchange: Some(Box::new(exchange)), ..trouble.with_status(status) })
            }
        }
    }

    fn gate(&self, url: &Url) -> Arc<Gate> {
        let host = format!("{}:{}", url.host_str().unwrap_or_default(), url.port().unwrap_or_default());
        let mut gates = self.gates.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(gates.entry(host).or_insert_with(|| Arc::new(Gate::new(self.calls_per_minute))))
    }

    fn exchange(&self, request: &Request, status: Option<u16>, headers: &HeaderMap, body: Bytes) -> Exchange {
        let kept = KEPT.iter().filter_map(|name| {
            let value = headers.get(*name)?.to_str().ok()?;
            Some(((*name).to_owned(), self.redactor.text(value)))
        });
        let revealed = request.reveal.as_ref().map(|name| {
            let values = headers.get_all(name).iter().filter_map(|value| value.to_str().ok());
            (name.as_str().to_owned(), values.collect::<Vec<_>>().join("\n"))
        });
        Exchange {
            stream: request.stream.clone(),
            url: self.redactor.url(&request.url),
            status,
            headers: kept.chain(revealed).collect(),
            body,
            hints: request.hints.clone(),
            remainder: None,
        }
    }

    fn transport(&self, request: &Request, error: &reqwest::Error) -> Trouble {
        let message = if error.is_connect() {
            "no connection: see whether it is up and reachable"
        } else if error.is_timeout() {
            "no answer in time"
        } else {
            "the reply was cut off"
        };
        self.trouble(request, Trouble::transient(message))
    }

    fn trouble(&self, request: &Request, trouble: Trouble) -> Trouble {
        let exchange = self.exchange(request, None, &HeaderMap::new(), Bytes::new());
        Trouble { exchange: Some(Box::new(exchange)), ..trouble }
    }
}
