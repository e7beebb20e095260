//! HTTP as every source needs it: deadlines, a bound on the body, retries with jitter, waits that the server names, and
//! nothing secret in what is kept.

mod redact;
mod reply;
mod wait;

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::time::Duration;

use bytes::Bytes;
use reqwest::header::{HeaderMap, LOCATION};
use tokio::time::Instant;
use url::Url;

pub use redact::Redactor;
pub use reply::{Failure, Kind};

use crate::exchange::Exchange;
use crate::settings::Settings;

/// Largest body after decompression.
const BODY_BYTES: usize = 32 << 20;

/// Headers that are kept with an exchange.
const KEPT: [&str; 4] = ["content-type", "etag", "last-modified", "link"];

/// So many requests that came to nothing in a row, and the source is taken to be down: what follows is tried once only.
const DOWN_AFTER: u32 = 3;

/// Most redirects that are followed.
const REDIRECTS: usize = 5;

/// The one client of a run. Certificates are loaded only where a source is read over TLS.
///
/// # Errors
/// The system's certificates cannot be loaded.
pub fn client(settings: &Settings) -> reqwest::Result<reqwest::Client> {
    let builder = reqwest::Client::builder()
        .user_agent(&settings.user_agent)
        .connect_timeout(Duration::from_secs(10))
        .read_timeout(Duration::from_secs(20))
        .timeout(Duration::from_secs(90))
        // A redirect could carry the key's headers to another host: feeds follow by hand, nobody else does.
        .redirect(reqwest::redirect::Policy::none());
    if settings.needs_tls() { builder.build() } else { builder.tls_certs_only([]).build() }
}

/// What to ask for.
#[derive(Debug, Clone)]
pub struct Request {
    /// Stream of the source, for the record.
    pub stream: String,
    /// Address.
    pub url: Url,
    /// Headers beside those of every request; secret ones marked sensitive.
    pub headers: HeaderMap,
    /// Whether redirects are followed.
    pub follow: bool,
    /// Kept with the exchange.
    pub hints: BTreeMap<String, String>,
}

impl Request {
    /// A plain request.
    pub fn new(stream: impl Into<String>, url: Url) -> Self {
        let (headers, hints) = (HeaderMap::new(), BTreeMap::new());
        Self { stream: stream.into(), url, headers, follow: false, hints }
    }
}

/// HTTP for one source: its time, its tries, and a pause that all its streams keep when the server asks for one.
pub struct Session {
    client: reqwest::Client,
    redactor: Redactor,
    deadline: Instant,
    tries: u32,
    resume_at: Mutex<Instant>,
    retried: AtomicU64,
    lost_in_a_row: AtomicU32,
}

impl Session {
    /// A session that ends at `deadline`.
    pub fn new(client: reqwest::Client, redactor: Redactor, deadline: Instant, tries: u32) -> Self {
        let resume_at = Mutex::new(Instant::now());
        Self {
            client,
            redactor,
            deadline,
            tries,
            resume_at,
            retried: AtomicU64::new(0),
            lost_in_a_row: AtomicU32::new(0),
        }
    }

    /// How many attempts were repeated so far.
    pub fn retried(&self) -> u64 {
        self.retried.load(Ordering::Relaxed)
    }

    /// Asks until `read` accepts the body of a 200, or a 304 comes (`read` is not asked then), or it is no use to go on.
    ///
    /// # Errors
    /// [`Failure`]: what went wrong at last, with the exchange to be kept.
    pub async fn get<T>(
        &self,
        request: &Request,
        read: impl Fn(&[u8]) -> Result<T, String>,
    ) -> Result<(Exchange, Option<T>), Failure> {
        let mut attempt = 0;
        loop {
            attempt += 1;
            self.keep_pause(request).await?;
            let failure = match tokio::time::timeout_at(self.deadline, self.once(request)).await {
                Err(_) => {
                    return Err(self.failure(request, Kind::OutOfTime, "its time was used up".to_owned()));
                }
                Ok(Ok(exchange)) if exchange.status == Some(304) => return Ok((exchange, None)),
                Ok(Ok(exchange)) => match read(&exchange.body) {
                    Ok(value) => {
                        self.lost_in_a_row.store(0, Ordering::Relaxed);
                        return Ok((exchange, Some(value)));
                    }
                    Err(reason) => Failure { kind: Kind::Transient, message: reason, wait: None, exchange },
                },
                Ok(Err(failure)) => failure,
            };
            if !failure.kind.is_worth_repeating() {
                return Err(failure);
            }
            let down = self.lost_in_a_row.load(Ordering::Relaxed) >= DOWN_AFTER;
            if attempt >= self.tries || down {
                self.lost_in_a_row.fetch_add(1, Ordering::Relaxed);
                return Err(failure);
            }
            let pause = failure.wait.unwrap_or_else(|| wait::jitter(attempt));
            if Instant::now() + pause >= self.deadline {
                let message = format!(
                    "{}; it asks for a wait of {} s, longer than the time left",
                    failure.message,
                    pause.as_secs()
                );
                return Err(Failure { message, ..failure });
            }
            self.retried.fetch_add(1, Ordering::Relaxed);
            tracing::debug!(stream = %request.stream, attempt, pause_ms = pause.as_millis() as u64, reason = %failure.message, "repeating");
            if failure.wait.is_some() {
                self.pause_until(Instant::now() + pause);
            } else {
                tokio::time::sleep(pause).await;
            }
        }
    }

    async fn once(&self, request: &Request) -> Result<Exchange, Failure> {
        let mut url = request.url.clone();
        for _ in 0..=REDIRECTS {
            let sent = self.client.get(url.clone()).headers(request.headers.clone()).send().await;
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
            return self.receive(request, response).await;
        }
        Err(self.failure(request, Kind::Refused, "it redirects in circles or to nowhere".to_owned()))
    }

    async fn receive(&self, request: &Request, mut response: reqwest::Response) -> Result<Exchange, Failure> {
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let mut body = Vec::new();
        loop {
            match response.chunk().await {
                Ok(Some(chunk)) if body.len() + chunk.len() > BODY_BYTES => {
                    let message = format!("its reply is larger than {} MiB", BODY_BYTES >> 20);
                    return Err(self.failure(request, Kind::Refused, message));
                }
                Ok(Some(chunk)) => body.extend_from_slice(&chunk),
                Ok(None) => break,
                Err(error) => return Err(self.transport(request, &error)),
            }
        }
        let exchange = self.exchange(request, Some(status), &headers, self.redactor.body(body));
        match reply::judge(status, &exchange.body) {
            None => {
                if let Some(pause) = wait::until_refilled(&headers, chrono::Utc::now()) {
                    self.pause_until(Instant::now() + pause);
                }
                Ok(exchange)
            }
            Some((kind, message)) => {
                let wait = (kind == Kind::Limited).then(|| wait::asked(&headers)).flatten();
                let wait = wait.or_else(|| (status == 503).then(|| wait::retry_after(&headers)).flatten());
                Err(Failure { kind, message, wait, exchange })
            }
        }
    }

    fn exchange(&self, request: &Request, status: Option<u16>, headers: &HeaderMap, body: Bytes) -> Exchange {
        let kept = KEPT.iter().filter_map(|name| {
            let value = headers.get(*name)?.to_str().ok()?;
            Some(((*name).to_owned(), self.redactor.text(value)))
        });
        Exchange {
            stream: request.stream.clone(),
            url: self.redactor.url(&request.url),
            status,
            headers: kept.collect(),
            body,
            hints: request.hints.clone(),
        }
    }

    fn transport(&self, request: &Request, error: &reqwest::Error) -> Failure {
        let message = if error.is_connect() {
            "no connection: see whether it is up and reachable"
        } else if error.is_timeout() {
            "no answer in time"
        } else {
            "the reply was cut off"
        };
        self.failure(request, Kind::Transient, message.to_owned())
    }

    fn failure(&self, request: &Request, kind: Kind, message: String) -> Failure {
        let exchange = self.exchange(request, None, &HeaderMap::new(), Bytes::new());
        Failure { kind, message, wait: None, exchange }
    }

    fn pause_until(&self, at: Instant) {
        let mut resume_at = self.resume_at.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        *resume_at = at.max(*resume_at);
    }

    async fn keep_pause(&self, request: &Request) -> Result<(), Failure> {
        let resume_at = *self.resume_at.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if resume_at >= self.deadline {
            let message = "its limit is used up for longer than the time left".to_owned();
            return Err(self.failure(request, Kind::OutOfTime, message));
        }
        tokio::time::sleep_until(resume_at).await;
        Ok(())
    }
}
