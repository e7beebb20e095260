//! Playing readers: an even stream of requests that waits for no answer, or users who think between pages.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use reqwest::Client;
use reqwest::header::{ACCEPT_ENCODING, COOKIE};
use tokio::sync::{Mutex, Semaphore};
use tokio::time::Instant;

use super::gauge::{Taken, Times};
use super::pages::Mix;
use super::stage::Stage;

/// How long an answer may take; a browser's reader would have left.
const PATIENCE: Duration = Duration::from_secs(30);
/// Requests that may wait for an answer at once, in an open loop: beyond, the site has failed.
const WAITING: usize = 20_000;
/// A request that is sent later than this was held up by the generator itself.
const LATE: Duration = Duration::from_millis(20);

/// What browsers of today read.
const ACCEPTS: &str = "gzip, deflate, br, zstd";

/// An open loop.
pub struct Open {
    /// Requests a second.
    pub rate: u32,
    /// Seconds that are counted.
    pub seconds: u64,
    /// Seconds before.
    pub warm_up: u64,
}

/// Users who think.
pub struct Think {
    /// How many.
    pub users: u32,
    /// How long is counted.
    pub measured: Duration,
    /// How long before; users arrive evenly in it.
    pub warm_up: Duration,
}

/// What came of it.
#[derive(Default)]
pub struct Played {
    /// Seconds that were counted.
    pub seconds: f64,
    /// All answers.
    pub all: Times,
    /// The same by page.
    pub pages: BTreeMap<&'static str, Times>,
    /// What was no page, by status or kind.
    pub failures: BTreeMap<String, u64>,
    /// Bytes of answers as they were transferred, without headers.
    pub bytes: u64,
    /// Requests that the generator itself sent late.
    pub late: u64,
    /// What the site took.
    pub site: Taken,
    /// What Postgres took.
    pub postgres: Taken,
    /// Seconds of processor that the generator took.
    pub player: f64,
}

/// What one player has seen.
#[derive(Default)]
struct Seen {
    pages: BTreeMap<&'static str, Times>,
    failures: BTreeMap<String, u64>,
    bytes: u64,
    late: u64,
}

impl Seen {
    fn take(&mut self, page: &'static str, waited: Duration, answer: Result<u64, String>) {
        let us = u64::try_from(waited.as_micros()).unwrap_or(u64::MAX);
        self.pages.entry(page).or_default().take(us);
        match answer {
            Ok(bytes) => self.bytes += bytes,
            Err(kind) => *self.failures.entry(kind).or_default() += 1,
        }
    }
}

impl Played {
    fn add(&mut self, seen: &Seen) {
        for (page, times) in &seen.pages {
            self.pages.entry(page).or_default().merge(times);
            self.all.merge(times);
        }
        for (kind, count) in &seen.failures {
            *self.failures.entry(kind.clone()).or_default() += count;
        }
        self.bytes += seen.bytes;
        self.late += seen.late;
    }
}

/// A client with connections of its own, which reads bodies as they come.
fn client(connections: usize) -> anyhow::Result<Client> {
    let builder = Client::builder().no_gzip().no_brotli().redirect(reqwest::redirect::Policy::none());
    let builder = builder.tls_certs_only([]).pool_max_idle_per_host(connections).timeout(PATIENCE);
    builder.tcp_nodelay(true).build().context("a client")
}

/// Asks for one page; its bytes, or what it was instead. A redirect is an answer: one hit of a search leads on.
async fn ask(client: &Client, url: &str, session: Option<&str>) -> Result<u64, String> {
    let mut request = client.get(url).header(ACCEPT_ENCODING, ACCEPTS);
    if let Some(session) = session {
        request = request.header(COOKIE, format!("sid={session}"));
    }
    let kind = |error: reqwest::Error| {
        let kind = if error.is_timeout() {
            "timeout"
        } else if error.is_connect() {
            "connection"
        } else {
            "broken"
        };
        kind.to_owned()
    };
    let answer = request.send().await.map_err(kind)?;
    let status = answer.status();
    let body = answer.bytes().await.map_err(kind)?;
    // What a tier does not include is refused to programs with 403, as it should be.
    let expected = status.is_success() || status.is_redirection() || status.as_u16() == 403;
    if expected { Ok(body.len() as u64) } else { Err(status.as_u16().to_string()) }
}

/// Plays an open loop: request after request at an even pace, whether or not earlier ones are answered. An answer's time
/// counts from when it was due, so that a site that stalls cannot hide it.
///
/// # Errors
/// No client can be made.
pub async fn open(stage: &Stage, plan: &Open) -> anyhow::Result<Played> {
    let clients: Vec<Client> = (0..8).map(|_| client(WAITING)).collect::<Result<_, _>>()?;
    let mut mix = Mix::new(1, stage.assets);
    let seen = Arc::new(Mutex::new(Seen::default()));
    let waiting = Arc::new(Semaphore::new(WAITING));
    let pace = Duration::from_secs(1) / plan.rate;
    let begun = Instant::now();
    let counted_from = begun + Duration::from_secs(plan.warm_up);
    let end = counted_from + Duration::from_secs(plan.seconds);
    let mut before = stage.spent();
    let (mut due, mut number, mut counting) = (begun, 0usize, false);
    while due < end {
        tokio::time::sleep_until(due).await;
        if !counting && due >= counted_from {
            (before, counting) = (stage.spent(), true);
        }
        let (path, page) = mix.draw();
        let session = stage.session(mix.tier(), number);
        let (client, url) = (clients[number % clients.len()].clone(), format!("{}{path}", stage.url));
        let (seen, waiting) = (Arc::clone(&seen), Arc::clone(&waiting));
        let late = Instant::now().duration_since(due) > LATE;
        tokio::spawn(async move {
            let answer = match waiting.try_acquire() {
                Ok(_room) => ask(&client, &url, session.as_deref()).await,
                Err(_) => Err("too many waiting".to_owned()),
            };
            if due >= counted_from {
                let mut seen = seen.lock().await;
                seen.take(page, due.elapsed(), answer);
                seen.late += u64::from(late);
            }
        });
        number += 1;
        due += pace;
    }
    let after = stage.spent();
    // Those that are still waited for.
    let drained = tokio::time::timeout(PATIENCE, async {
        while waiting.available_permits() < WAITING {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    });
    let _ = drained.await;
    let mut played = Played { seconds: plan.seconds as f64, ..Played::default() };
    played.add(&*seen.lock().await);
    stage.used(&mut played, before, after);
    Ok(played)
}

/// Plays users: each with a connection of its own asks for a page, waits for it, thinks for 1 to 5 seconds, and goes on.
///
/// # Errors
/// No client can be made.
pub async fn think(stage: &Stage, plan: &Think) -> anyhow::Result<Played> {
    let begun = Instant::now();
    let counted_from = begun + plan.warm_up;
    let end = counted_from + plan.measured;
    let mut users = Vec::new();
    for number in 0..plan.users {
        let client = client(1)?;
        let mut mix = Mix::new(u64::from(number) + 100, stage.assets);
        let session = stage.session(mix.tier(), number as usize);
        let base = stage.url.clone();
        // Users arrive evenly, as they do in life; a queue of ten thousand at once would measure the queue.
        let arrival = begun + plan.warm_up.mul_f64(f64::from(number) / f64::from(plan.users.max(1)) * 0.8);
        users.push(tokio::spawn(async move {
            let mut seen = Seen::default();
            tokio::time::sleep_until(arrival).await;
            let mut due = arrival;
            while due < end {
                let (path, page) = mix.draw();
                let asked_at = Instant::now();
                // The generator itself was behind with its own users.
                let late = asked_at.duration_since(due) > LATE;
                let answer = ask(&client, &format!("{base}{path}"), session.as_deref()).await;
                if asked_at >= counted_from && asked_at < end {
                    seen.take(page, asked_at.elapsed(), answer);
                    seen.late += u64::from(late);
                }
                due = Instant::now() + Duration::from_secs_f64(mix.think_s());
                tokio::time::sleep_until(due).await;
            }
            seen
        }));
    }
    tokio::time::sleep_until(counted_from).await;
    let before = stage.spent();
    tokio::time::sleep_until(end).await;
    let after = stage.spent();
    let mut played = Played { seconds: plan.measured.as_secs_f64(), ..Played::default() };
    for user in users {
        played.add(&user.await.context("a user")?);
    }
    stage.used(&mut played, before, after);
    Ok(played)
}
