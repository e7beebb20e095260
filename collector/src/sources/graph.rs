//! Meta's Graph API as Facebook and Instagram share it: tokens, errors by code, usage headers, pages by links.
//!
//! The token travels in the address; the redactor takes it out of all that is kept, also out of the links in bodies. So
//! links are never followed: addresses are built anew from their parameters ([`walk`]).

mod failure;
mod life;
mod usage;
pub(super) mod walk;

use chrono::Utc;
use hmac::{Hmac, KeyInit, Mac};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use sha2::Sha256;
use tokio::sync::Mutex;
use url::Url;

use crate::http::{Answer, Judgement, REDACTED, Request, Session};
use crate::json;
use crate::settings::{Section, SettingsError};
use crate::source::{Stream, Task};
use crate::trouble::Trouble;
use life::Life;

/// The version that the wire facts were written down for (sources.md, section 3.3).
const VERSION: &str = "v26.0";

/// Access to the Graph API.
#[derive(Debug)]
pub(super) struct Graph {
    base_url: Url,
    /// First part of every path, such as `v26.0`; empty for the application's oldest one.
    version: String,
    /// The operator's token.
    access_token: SecretString,
    /// With it tokens are exchanged, looked into, and proved.
    app: Option<App>,
    /// The token of this run where another one was given for the operator's.
    exchanged: Mutex<Option<SecretString>>,
}

#[derive(Debug)]
struct App {
    id: SecretString,
    secret: SecretString,
}

impl App {
    /// The application's own token.
    fn token(&self) -> SecretString {
        format!("{}|{}", self.id.expose_secret(), self.secret.expose_secret()).into()
    }

    /// Shows that whoever has `token` is the application: what Meta asks for where public pages of others are read.
    fn proof(&self, token: &SecretString) -> SecretString {
        let key = self.secret.expose_secret().as_bytes();
        // A key of any length is good for HMAC.
        let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(key) else { return SecretString::default() };
        mac.update(token.expose_secret().as_bytes());
        hex::encode(mac.finalize().into_bytes()).into()
    }
}

impl Graph {
    /// Reads the fields that both sources have.
    pub(super) fn configure(section: &Section<'_>) -> Result<Self, SettingsError> {
        let base_url = section.base_url("base_url", "https://graph.facebook.com")?;
        let version = section.get::<String>("version")?.unwrap_or_else(|| VERSION.to_owned());
        if !version.is_empty() && !is_version(&version) {
            return Err(section.wrong(
                "version",
                &version,
                "write a version of the Graph API, such as v26.0",
            ));
        }
        let access_token = section.secret("access_token")?;
        let app = match (section.secret_or_none("app_id")?, section.secret_or_none("app_secret")?) {
            (Some(id), Some(secret)) => Some(App { id, secret }),
            (None, None) => None,
            (Some(_), None) => return Err(SettingsError::Missing(section.path("app_secret"))),
            (None, Some(_)) => return Err(SettingsError::Missing(section.path("app_id"))),
        };
        Ok(Self { base_url, version, access_token, app, exchanged: Mutex::default() })
    }

    pub(super) fn needs_tls(&self) -> bool {
        self.base_url.scheme() == "https"
    }

    /// Prepares a run: looks how long the operator's token lasts, and takes a fresh one for it where that can be done.
    /// What goes wrong there and does not matter yet is only logged.
    ///
    /// # Errors
    /// The token is no good any more.
    pub(super) async fn open(&self, session: &Session) -> Result<(), Trouble> {
        if self.app.is_none() {
            return Ok(());
        }
        match self.life(session).await {
            Ok(life) => {
                if let Some(trouble) = life.trouble() {
                    return Err(trouble);
                }
                if let Some(warning) = life.warning(now(session)) {
                    tracing::warn!("{warning}");
                }
            }
            Err(trouble) => {
                tracing::warn!(reason = %trouble.message, "how long the access token lasts cannot be looked up")
            }
        }
        match self.exchange(session).await {
            Ok(()) => Ok(()),
            Err((Some(code), trouble)) if failure::is_of_token(code) => Err(trouble),
            Err((_, trouble)) => {
                tracing::warn!(reason = %trouble.message, "the access token cannot be exchanged: it is used as it is");
                Ok(())
            }
        }
    }

    /// Says in words how the token is, for an operator who tries it.
    pub(super) async fn token_in_words(&self, session: &Session) -> Result<String, Trouble> {
        if self.app.is_none() {
            return Ok("without app_id and app_secret nobody can say how long the token lasts".to_owned());
        }
        let life = self.life(session).await?;
        match life.trouble() {
            Some(trouble) => Err(trouble),
            None => Ok(life.in_words(now(session))),
        }
    }

    /// A request for `path` below the version, without a token.
    pub(super) fn request(&self, stream: impl Into<String>, path: &[&str]) -> Request {
        let mut url = self.base_url.clone();
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.pop_if_empty();
            if !self.version.is_empty() {
                segments.push(&self.version);
            }
            segments.extend(path);
        }
        let mut request = Request::new(stream, url);
        request.judge = Some(judge);
        request
    }

    /// Asks with the token and keeps the exchange in `stream`; without one the exchange is not kept.
    ///
    /// # Errors
    /// It is no use to go on.
    pub(super) async fn get<T>(
        &self,
        task: &Task,
        stream: Option<&mut Stream>,
        request: &Request,
        read: impl Fn(&[u8]) -> Result<T, Trouble>,
    ) -> Result<T, Trouble> {
        let used = self.token().await;
        let first = task.session.get(&self.signed(&task.session, request, &used), &read).await;
        let second = match first {
            // A token may end while it is in use: then another one is asked for, once.
            Err(trouble)
                if self.app.is_some() && failure::code_of(&trouble).is_some_and(failure::is_of_token) =>
            {
                match self.renew(&task.session, &used).await {
                    Ok(fresh) => task.session.get(&self.signed(&task.session, request, &fresh), &read).await,
                    Err(_) => Err(trouble),
                }
            }
            other => other,
        };
        let (exchange, page) = second?;
        if let Some(stream) = stream {
            stream.keep(&exchange)?;
        }
        page.ok_or_else(|| Trouble::system("it answers 304 although nothing was asked conditionally"))
    }

    fn signed(&self, session: &Session, request: &Request, token: &SecretString) -> Request {
        let mut request = request.clone();
        request.url.query_pairs_mut().append_pair("access_token", token.expose_secret());
        if let Some(app) = &self.app {
            let proof = app.proof(token);
            session.redactor().learn(&proof);
            request.url.query_pairs_mut().append_pair("appsecret_proof", proof.expose_secret());
        }
        request
    }

    async fn token(&self) -> SecretString {
        self.exchanged.lock().await.clone().unwrap_or_else(|| self.access_token.clone())
    }

    /// Another token in place of the `used` one; streams that run at the same time take one, not one each.
    async fn renew(&self, session: &Session, used: &SecretString) -> Result<SecretString, Trouble> {
        let now = self.token().await;
        if now.expose_secret() == used.expose_secret() {
            self.exchange(session).await.map_err(|(_, trouble)| trouble)?;
        }
        Ok(self.token().await)
    }

    /// `GET /oauth/access_token`: a token of about sixty days for the operator's, which stays good itself.
    async fn exchange(&self, session: &Session) -> Result<(), (Option<i64>, Trouble)> {
        let Some(app) = &self.app else { return Ok(()) };
        let mut request = self.request("token", &["oauth", "access_token"]);
        request
            .url
            .query_pairs_mut()
            .append_pair("grant_type", "fb_exchange_token")
            .append_pair("client_id", app.id.expose_secret())
            .append_pair("client_secret", app.secret.expose_secret())
            .append_pair("fb_exchange_token", self.access_token.expose_secret());
        let mut exchanged = self.exchanged.lock().await;
        let granted = session
            .get(&request, granted)
            .await
            .map_err(|trouble| (failure::code_of(&trouble), Trouble { exchange: None, ..trouble }))?;
        match granted.1 {
            // The same again is hidden from us: then what we have is good.
            Some(token) if token.expose_secret() == REDACTED => {}
            Some(token) => {
                session.redactor().learn(&token);
                *exchanged = Some(token);
            }
            None => {}
        }
        Ok(())
    }

    /// `GET /debug_token`: asked with the application's own token.
    async fn life(&self, session: &Session) -> Result<Life, Trouble> {
        let Some(app) = &self.app else { return Ok(Life::default()) };
        let mut request = self.request("token", &["debug_token"]);
        request
            .url
            .query_pairs_mut()
            .append_pair("input_token", self.access_token.expose_secret())
            .append_pair("access_token", app.token().expose_secret());
        let (_, life) = session
            .get(&request, life::read)
            .await
            .map_err(|trouble| Trouble { exchange: None, ..trouble })?;
        Ok(life.unwrap_or_default())
    }
}

/// The server's time.
pub(super) fn now(session: &Session) -> chrono::DateTime<Utc> {
    session.server_time().unwrap_or_else(Utc::now)
}

fn is_version(text: &str) -> bool {
    let parts = text.strip_prefix('v').and_then(|rest| rest.split_once('.'));
    let is_number = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
    parts.is_some_and(|(major, minor)| is_number(major) && is_number(minor))
}

/// What the Graph API means by an answer: errors by their code, good ones with a pause where a limit is nearly used up.
fn judge(answer: &Answer<'_>) -> Judgement {
    let used = usage::of(answer.headers);
    match failure::of(answer.body) {
        Some(failure) if answer.status != 200 || failure::is_alone(answer.body) => {
            Judgement::Bad(failure.trouble(answer.status, &used, answer.retry_after()))
        }
        _ if answer.status == 200 => Judgement::Good { pause: used.pause() },
        _ => Judgement::Usual,
    }
}

/// Reads `{"access_token":"…","token_type":"bearer","expires_in":5183944}`.
fn granted(body: &[u8]) -> Result<SecretString, Trouble> {
    #[derive(Deserialize)]
    struct Reply {
        #[serde(default, deserialize_with = "json::text")]
        access_token: Option<String>,
    }
    // What is no JSON may still hold a part of a token, so none of it is repeated.
    let reply: Option<Reply> = json::parse(body).ok();
    reply
        .and_then(|reply| reply.access_token)
        .filter(|token| !token.is_empty())
        .map(SecretString::from)
        .ok_or_else(|| Trouble::transient("the answer to the exchange of the access token holds none"))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
#[path = "graph/graph_tests.rs"]
mod tests;
