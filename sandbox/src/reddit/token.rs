//! Tokens: `POST /api/v1/access_token` with Basic authentication of the app and a form.
//!
//! A token lives for an hour of the world's time. `expires_in` says that in real seconds.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::error;
use crate::clock::Reading;
use crate::moment::{HOUR, Micros};
use crate::service::secret;
use crate::wire::{Answer, Request};
use crate::world::World;

/// How long a token lives, in seconds.
const LIFE_S: u32 = 3_600;

/// What an operator has.
pub(super) struct Credentials {
    pub client_id: String,
    pub client_secret: String,
    pub username: String,
    pub password: String,
}

/// The tokens that were given out.
#[derive(Default)]
pub(super) struct Tokens(Mutex<Issued>);

#[derive(Default)]
struct Issued {
    ever: Vec<String>,
    /// Until when each that is not revoked may be used.
    until: HashMap<String, Micros>,
}

impl Tokens {
    /// Whether the request has a token that is good at `now`.
    pub(super) fn admit(&self, request: &Request, now: Micros) -> bool {
        let Some((scheme, token)) = request.header("authorization").and_then(|value| value.split_once(' '))
        else {
            return false;
        };
        scheme.eq_ignore_ascii_case("bearer")
            && self.lock().until.get(token).is_some_and(|until| now < *until)
    }

    /// Refuses all tokens of the past.
    pub(super) fn expire(&self) {
        self.lock().until.clear();
    }

    /// Every token that was ever given out.
    pub(super) fn ever(&self) -> Vec<String> {
        self.lock().ever.clone()
    }

    fn issue(&self, world: &World, now: Micros) -> String {
        let mut issued = self.lock();
        let token = secret(&format!("reddit-token-{}", issued.ever.len()), world);
        issued.ever.push(token.clone());
        issued.until.insert(token.clone(), now + HOUR);
        token
    }

    fn lock(&self) -> MutexGuard<'_, Issued> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Answers a request for a token. Reddit refuses a wrong app with 401, but a wrong user with 200 and an `error`.
pub(super) fn answer(
    credentials: &Credentials,
    tokens: &Tokens,
    world: &World,
    clock: Reading,
    request: &Request,
) -> Answer {
    if request.method != "POST" {
        return error(405, "Method Not Allowed").with("allow", "POST");
    }
    if !is_app(credentials, request) {
        return error(401, "Unauthorized").with("www-authenticate", "Basic realm=\"reddit\"");
    }
    let typed = request
        .header("content-type")
        .is_some_and(|kind| kind.to_ascii_lowercase().starts_with("application/x-www-form-urlencoded"));
    let form = if typed { request.form() } else { Vec::new() };
    let field = |name: &str| form.iter().find(|(key, _)| key == name).map_or("", |(_, value)| value.as_str());
    let failure = |name: &str| Answer::json(200, &json!({"error": name}));
    match field("grant_type") {
        "client_credentials" => {}
        "password"
            if field("username") == credentials.username && field("password") == credentials.password => {}
        "password" => return failure("invalid_grant"),
        "refresh_token" => return Answer::json(400, &json!({"error": 400})),
        _ => return failure("unsupported_grant_type"),
    }
    let token = tokens.issue(world, clock.now);
    Answer::json(200, &granted(&token, clock))
}

fn granted(token: &str, clock: Reading) -> Value {
    let life = (f64::from(LIFE_S) / clock.speed.max(1.0)).max(1.0) as u32;
    json!({"access_token": token, "token_type": "bearer", "expires_in": life, "scope": "*"})
}

fn is_app(credentials: &Credentials, request: &Request) -> bool {
    let wanted = STANDARD.encode(format!("{}:{}", credentials.client_id, credentials.client_secret));
    request
        .header("authorization")
        .and_then(|value| value.split_once(' '))
        .is_some_and(|(scheme, given)| scheme.eq_ignore_ascii_case("basic") && given == wanted)
}
