//! What Facebook and Instagram share: versions, tokens, errors, the field language and usage headers of Meta's Graph API.
//!
//! [`token`] keeps the tokens, [`fields`] reads `fields=`, [`failure`] writes errors.

pub(crate) mod failure;
pub(crate) mod fields;
pub(crate) mod token;

use serde_json::{Value, json};

use crate::clock::Reading;
use crate::limit::{Limiter, Verdict};
use crate::moment::{Micros, utc};
use crate::service::{Reply, secret};
use crate::wire::{Answer, Request};
use crate::world::World;
use failure::Failure;
use token::Tokens;

/// The version of the setup.
pub(crate) const VERSION: &str = "v26.0";
/// The oldest version that still answers.
const OLDEST_VERSION: u32 = 20;
/// Calls in an hour, for an app: 200 for each of five users.
const LIMIT: u32 = 1_000;
/// The limit's window in seconds.
const WINDOW_S: i64 = 3_600;

/// The state of one Meta source.
pub(crate) struct Graph {
    name: &'static str,
    app_id: String,
    app_secret: String,
    scopes: &'static [&'static str],
    tokens: Tokens,
    limiter: Limiter,
}

/// A call that was let in.
pub(crate) struct Call<'a> {
    /// The path without the version, as its parts.
    pub path: Vec<&'a str>,
    /// The world's instant.
    pub now: Micros,
    /// All of it.
    pub request: &'a Request,
    /// The token it came with.
    pub token: String,
    /// The URL before the path, with the version: for links to further pages.
    pub base: String,
}

impl Graph {
    /// An app with its first token.
    pub(crate) fn new(world: &World, name: &'static str, scopes: &'static [&'static str]) -> Self {
        Self {
            name,
            app_id: (100_000_000_000_000 + crate::fnv::hash(&world.name) % 900_000_000_000_000).to_string(),
            app_secret: secret(&format!("{name}-app"), world),
            scopes,
            tokens: Tokens::new(secret(&format!("{name}-token"), world)),
            limiter: Limiter::new(LIMIT, WINDOW_S),
        }
    }

    /// Answers one request: tokens are dealt with here, anything else by `resolve`.
    pub(crate) fn serve(
        &self,
        clock: Reading,
        request: &Request,
        resolve: impl FnOnce(&Call<'_>) -> Result<Value, Failure>,
    ) -> Reply {
        if let Some(refusal) = request.refuse_all_but_get() {
            return refusal.into();
        }
        let (version, path) = match versioned(&request.path) {
            Ok(parts) => parts,
            Err(failure) => return failure.answer().into(),
        };
        let own = match path.as_slice() {
            ["oauth", "access_token"] => Some(self.exchange(clock, request)),
            ["debug_token"] => Some(self.debug(clock.now, request)),
            _ => None,
        };
        if let Some(result) = own {
            return answer(result).into();
        }
        let token = match self.tokens.admit(request, clock.now) {
            Ok(token) => token,
            Err(failure) => return failure.answer().into(),
        };
        let verdict = self.limiter.take("app", clock);
        if !verdict.allowed {
            return Reply::exceeded(self.with_usage(Self::too_many(Some(verdict.retry_after_s)), verdict));
        }
        let host = request.header("host").unwrap_or("127.0.0.1");
        let base = format!("http://{host}/{}{version}", self.name);
        let call = Call { path, now: clock.now, request, token, base };
        self.with_usage(answer(resolve(&call)), verdict).into()
    }

    /// What Meta says to an app over its limit. Meta itself sends no `Retry-After`; the sandbox may, in real seconds.
    pub(crate) fn too_many(wait_s: Option<u64>) -> Answer {
        let answer = Failure::limit().answer();
        match wait_s {
            Some(wait) => answer.with("retry-after", wait),
            None => answer,
        }
    }

    /// What Meta says in trouble.
    pub(crate) fn broken(status: u16) -> Answer {
        Failure::trouble(status).answer()
    }

    /// What Meta says to an expired token.
    pub(crate) fn unauthorised() -> Answer {
        Failure::expired(None, None).answer()
    }

    /// Refuses all tokens of the past; the setup has another one from now on.
    pub(crate) fn expire_tokens(&self) {
        self.tokens.expire();
    }

    /// The part of the setup that both have.
    pub(crate) fn setup(&self, base: &str) -> Value {
        json!({
            "base_url": format!("{base}/{}", self.name),
            "version": VERSION,
            "access_token": self.tokens.first(),
            "app_id": self.app_id,
            "app_secret": self.app_secret,
        })
    }

    /// The app's secret and every token.
    pub(crate) fn secrets(&self) -> Vec<String> {
        let mut all = self.tokens.ever();
        all.push(self.app_secret.clone());
        all
    }

    fn app_token(&self) -> String {
        format!("{}|{}", self.app_id, self.app_secret)
    }

    /// `GET /oauth/access_token`: a long-lived token for a good one, or the app's own.
    fn exchange(&self, clock: Reading, request: &Request) -> Result<Value, Failure> {
        let param = |name: &str| request.param(name).unwrap_or("");
        if param("client_id") != self.app_id {
            return Err(Failure::new(
                400,
                101,
                "Error validating application. Cannot get application info due to a system error.",
            ));
        }
        if param("client_secret") != self.app_secret {
            return Err(Failure::new(400, 1, "Error validating client secret."));
        }
        match param("grant_type") {
            "client_credentials" => Ok(json!({"access_token": self.app_token(), "token_type": "bearer"})),
            "fb_exchange_token" => {
                let (token, life_s) = self.tokens.exchange(param("fb_exchange_token"), clock)?;
                Ok(json!({"access_token": token, "token_type": "bearer", "expires_in": life_s}))
            }
            other => Err(Failure::parameter(&format!("Unsupported grant type: {other}"))),
        }
    }

    /// `GET /debug_token`: what a token may do and how long. Asked with the app's token or a good one.
    fn debug(&self, now: Micros, request: &Request) -> Result<Value, Failure> {
        if token::of(request) != Some(self.app_token().as_str()) {
            self.tokens.admit(request, now)?;
        }
        let input = request
            .param("input_token")
            .ok_or_else(|| Failure::parameter("The parameter input_token is required."))?;
        let mut data = json!({"app_id": self.app_id, "type": "SYSTEM_USER", "application": "sandbox", "user_id": "100000000000001"});
        match self.tokens.look_up(input, now) {
            Ok(life) => {
                let seconds = |at: Option<Micros>| at.map_or(0, |at| utc(at).timestamp());
                let granular: Vec<Value> = self.scopes.iter().map(|scope| json!({"scope": scope})).collect();
                data["is_valid"] = true.into();
                data["expires_at"] = seconds(life.until).into();
                data["data_access_expires_at"] = seconds(life.until).into();
                data["scopes"] = json!(self.scopes);
                data["granular_scopes"] = granular.into();
            }
            Err(failure) => {
                data["is_valid"] = false.into();
                data["scopes"] = json!([]);
                data["error"] = failure.in_debug();
            }
        }
        Ok(json!({"data": data}))
    }

    /// How much of the limit is used, in percent. Instagram sometimes names it otherwise.
    fn with_usage(&self, answer: Answer, verdict: Verdict) -> Answer {
        let used = verdict.limit - verdict.remaining;
        let percent = |part: u32| (used * 100).div_ceil(verdict.limit * part);
        let calls = if verdict.allowed { percent(1) } else { 100 };
        if self.name != "instagram" {
            let usage = json!({"call_count": calls, "total_cputime": percent(4), "total_time": percent(3)});
            return answer.with("x-app-usage", usage);
        }
        let usage = if used.is_multiple_of(3) {
            json!({"call_volume": calls, "cpu_time": percent(4)})
        } else {
            json!({"call_count": calls, "total_cputime": percent(4), "total_time": percent(3)})
        };
        let minutes = if verdict.allowed { 0 } else { verdict.retry_after_s.div_ceil(60) };
        let business = json!({"17841400000000000": [{"type": "instagram", "call_count": calls, "total_cputime": percent(4),
            "total_time": percent(3), "estimated_time_to_regain_access": minutes}]});
        answer.with("x-app-usage", usage).with("x-business-use-case-usage", business)
    }
}

/// `/v26.0` or nothing, and the parts of the path behind it.
fn versioned(path: &str) -> Result<(String, Vec<&str>), Failure> {
    let mut parts: Vec<&str> = path.split('/').filter(|part| !part.is_empty()).collect();
    let Some(version) = parts.first().copied().filter(|part| is_version(part)) else {
        return Ok((String::new(), parts));
    };
    parts.remove(0);
    let newest = number_of(VERSION);
    if number_of(version) > newest {
        return Err(Failure::new(400, 2500, format!("Unknown path components: /{version}")));
    }
    if number_of(version) < Some(OLDEST_VERSION) {
        let message = format!("(#2635) You are calling a deprecated version. Please update to {VERSION}.");
        return Err(Failure::new(400, 2635, message));
    }
    Ok((format!("/{version}"), parts))
}

fn is_version(part: &str) -> bool {
    number_of(part).is_some() && part.ends_with(".0")
}

fn number_of(version: &str) -> Option<u32> {
    version.strip_prefix('v')?.strip_suffix(".0")?.parse().ok()
}

fn answer(result: Result<Value, Failure>) -> Answer {
    match result {
        Ok(body) => Answer::json(200, &body),
        Err(failure) => failure.answer(),
    }
}

/// `2019-05-17T16:24:04+0000`: no colon in the offset.
pub(crate) fn time(at: Micros) -> String {
    utc(at).format("%Y-%m-%dT%H:%M:%S+0000").to_string()
}

/// The value of `limit`, or `default`; a larger one than `most` is an error.
pub(crate) fn limit(text: Option<&str>, default: usize, most: usize) -> Result<usize, Failure> {
    match text.map(str::parse::<usize>) {
        None => Ok(default),
        Some(Ok(limit)) if limit <= most => Ok(limit),
        Some(Ok(_)) => Err(Failure::parameter(&format!("Param limit must be at most {most}"))),
        Some(Err(_)) => Err(Failure::parameter("Param limit must be a non-negative integer")),
    }
}
