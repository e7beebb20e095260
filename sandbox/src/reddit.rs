//! Reddit: the token endpoint, `/r/{subreddit}/new`, `/r/{subreddit}/comments` and `/api/info`, as the Data API wiki and recorded
//! exchanges of PRAW describe them.
//!
//! [`token`] gives out tokens, [`listing`] finds the things of a page, [`thing`] writes them as Reddit does.
//!
//! A world's post is a `t3`, its comment a `t1`: the full name is that prefix and the world's id, unless the id has a prefix already.

mod listing;
mod thing;
mod token;

use serde_json::{Value, json};

use crate::clock::Reading;
use crate::keys;
use crate::limit::{Limiter, Verdict};
use crate::moment::Micros;
use crate::service::{Reply, Service, secret};
use crate::wire::{Answer, Request};
use crate::world::World;
use listing::Listings;
use token::Tokens;

/// Requests in ten minutes, for a client: 100 a minute on average.
const LIMIT: u32 = 1_000;
/// The limit's window in seconds.
const WINDOW_S: i64 = 600;
/// What the User-Agent of a program begins with that did not choose one.
const DEFAULT_AGENTS: [&str; 10] =
    ["reqwest", "python", "curl", "wget", "okhttp", "go-http", "java", "axios", "node", "libwww"];

/// The service.
pub(crate) struct Reddit {
    credentials: token::Credentials,
    tokens: Tokens,
    limiter: Limiter,
    listings: Listings,
}

impl Reddit {
    /// The service for a world.
    pub(crate) fn new(world: &World) -> Self {
        Self {
            credentials: token::Credentials {
                client_id: "sandbox-client".to_owned(),
                client_secret: secret("reddit-client", world),
                username: "sandbox_reader".to_owned(),
                password: secret("reddit-password", world),
            },
            tokens: Tokens::default(),
            limiter: Limiter::new(LIMIT, WINDOW_S),
            listings: Listings::new(world.posts("reddit")),
        }
    }

    fn api(&self, world: &World, now: Micros, request: &Request) -> Answer {
        let posts = world.posts("reddit");
        let path = request.path.trim_end_matches('/');
        if path == "/api/info" {
            return match self.listings.info(posts, now, request) {
                Some(found) => listing::render(posts, now, request, &found),
                None => error(400, "Bad Request"),
            };
        }
        let parts: Vec<&str> = path.split('/').skip(1).collect();
        let (subreddit, comments) = match parts.as_slice() {
            ["r", subreddit, "new" | "new.json"] => (*subreddit, false),
            ["r", subreddit, "comments" | "comments.json"] => (*subreddit, true),
            _ => return error(404, "Not Found"),
        };
        match self.listings.page(posts, now, subreddit, comments, request) {
            Some(page) => listing::render(posts, now, request, &page),
            None => error(404, "Not Found"),
        }
    }
}

impl Service for Reddit {
    fn name(&self) -> &'static str {
        "reddit"
    }

    fn answer(&self, world: &World, clock: Reading, request: &Request) -> Reply {
        if let Some(refusal) = refuse_agent(request) {
            return refusal.into();
        }
        if request.path == "/api/v1/access_token" {
            return token::answer(&self.credentials, &self.tokens, world, clock, request).into();
        }
        if let Some(refusal) = request.refuse_all_but_get() {
            return refusal.into();
        }
        if !self.tokens.admit(request, clock.now) {
            return self.unauthorised().into();
        }
        let verdict = self.limiter.take("client", clock);
        if !verdict.allowed {
            return Reply::exceeded(with_limits(self.too_many(Some(verdict.retry_after_s)), verdict));
        }
        with_limits(self.api(world, clock.now, request), verdict).into()
    }

    /// Reddit's page for this is HTML.
    fn too_many(&self, wait_s: Option<u64>) -> Answer {
        let answer = page(
            429,
            "Too Many Requests",
            "we're sorry, but you appear to be a bot and we've seen too many requests from you lately.",
        );
        match wait_s {
            Some(wait) => answer.with("retry-after", wait),
            None => answer,
        }
    }

    fn broken(&self, status: u16) -> Answer {
        page(status, "Ow! -- reddit.com", "all of our servers are busy right now")
    }

    fn unauthorised(&self) -> Answer {
        error(401, "Unauthorized")
            .with("www-authenticate", "Bearer realm=\"reddit\", error=\"invalid_token\"")
    }

    fn expire_tokens(&self) {
        self.tokens.expire();
    }

    fn setup(&self, _world: &World, base: &str, _clock: Reading) -> Value {
        let own = &self.credentials;
        json!({
            "base_url": format!("{base}/reddit"),
            "token_url": format!("{base}/reddit/api/v1/access_token"),
            "client_id": own.client_id,
            "client_secret": own.client_secret,
            "username": own.username,
            "password": own.password,
            "subreddits": self.listings.names(),
            "comments": true,
        })
    }

    fn secrets(&self) -> Vec<String> {
        let mut all = vec![self.credentials.client_secret.clone(), self.credentials.password.clone()];
        all.extend(self.tokens.ever());
        all
    }

    /// What a listing still reaches, and what `/api/info` says of the deleted.
    fn keys(&self, world: &World, clock: Reading, from: Micros, to: Micros) -> Vec<Value> {
        let posts = world.posts("reddit");
        let reached = self.listings.reached(posts, clock.now);
        let window = posts.first_from(from)..posts.first_from(to).max(posts.first_from(from));
        posts.rows[window.clone()]
            .iter()
            .zip(window)
            .filter(|(post, row)| {
                let shown = post.visible_at <= clock.now && post.visible_at < post.deleted_at;
                shown && (post.deleted_at <= clock.now || reached.contains(&(*row as u32)))
            })
            .map(|(post, _)| {
                let mut key = keys::of_post(post, clock.now, thing::full_name(post));
                if key.get("text").is_some() {
                    key["text"] = thing::whole_text(post, clock.now).into();
                }
                key
            })
            .collect()
    }
}

/// Reddit asks for a User-Agent that names the program and its owner; it throttles the defaults of HTTP libraries.
fn refuse_agent(request: &Request) -> Option<Answer> {
    let agent = request.header("user-agent").unwrap_or("").trim().to_ascii_lowercase();
    if agent.is_empty() {
        return Some(error(403, "Forbidden"));
    }
    let default = DEFAULT_AGENTS.iter().any(|known| agent.starts_with(known));
    default.then(|| error(429, "Too Many Requests"))
}

/// An error as Reddit's API writes it.
fn error(status: u16, message: &str) -> Answer {
    Answer::json(status, &json!({"message": message, "error": status}))
}

/// An error as Reddit's web servers write it.
fn page(status: u16, title: &str, text: &str) -> Answer {
    let body = format!(
        "<!doctype html>\n<html>\n<head><title>{title}</title></head>\n<body><h1>whoa there, pardner!</h1>\n<p>{text}</p></body>\n</html>\n"
    );
    Answer::text(status, "text/html; charset=UTF-8", body)
}

/// `x-ratelimit-reset` counts the real seconds until the window ends.
fn with_limits(answer: Answer, verdict: Verdict) -> Answer {
    answer
        .with("x-ratelimit-remaining", format!("{:.1}", f64::from(verdict.remaining)))
        .with("x-ratelimit-used", verdict.limit - verdict.remaining)
        .with("x-ratelimit-reset", verdict.retry_after_s)
}
