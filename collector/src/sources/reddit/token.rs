//! The application's token: asked for with the application's own name and secret, good for an hour, renewed before that.
//!
//! Reddit gives no refresh token: one asks again. It refuses a wrong user with 200 and an `error`.

use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use reqwest::header::{AUTHORIZATION, HeaderValue, USER_AGENT};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use tokio::sync::Mutex;
use tokio::time::Instant;
use url::Url;

use crate::http::{Answer, Judgement, REDACTED, Request, Session};
use crate::json;
use crate::settings::{Section, SettingsError};
use crate::trouble::Trouble;

/// A token is renewed so long before its end, or a tenth of its life where that is shorter.
const EARLY: Duration = Duration::from_secs(60);

/// An application that is registered with Reddit.
#[derive(Debug)]
pub(super) struct App {
    token_url: Url,
    client_id: SecretString,
    client_secret: SecretString,
    /// Name and password of the user whose script it is; without one, the application reads for itself.
    user: Option<(String, SecretString)>,
    user_agent: HeaderValue,
    current: Mutex<Option<Token>>,
}

#[derive(Debug)]
struct Token {
    secret: SecretString,
    renew_at: Instant,
}

impl App {
    pub(super) fn configure(
        section: &Section<'_>,
        username: Option<String>,
        user_agent: HeaderValue,
    ) -> Result<Self, SettingsError> {
        let token_url = section
            .get::<String>("token_url")?
            .unwrap_or_else(|| "https://www.reddit.com/api/v1/access_token".to_owned());
        let password = section.secret_or_none("password")?;
        let user = match (username, password) {
            (Some(name), Some(password)) => Some((name, password)),
            (Some(_), None) => return Err(SettingsError::Missing(section.path("password"))),
            (None, Some(_)) => return Err(SettingsError::Missing(section.path("username"))),
            (None, None) => None,
        };
        Ok(Self {
            token_url: section.address("token_url", &token_url)?,
            client_id: section.secret("client_id")?,
            client_secret: section.secret("client_secret")?,
            user,
            user_agent,
            current: Mutex::default(),
        })
    }

    pub(super) fn needs_tls(&self) -> bool {
        self.token_url.scheme() == "https"
    }

    /// A token that is good for a while, another one than `refused`. Its exchange is never kept.
    pub(super) async fn token(
        &self,
        session: &Session,
        refused: Option<&SecretString>,
    ) -> Result<SecretString, Trouble> {
        // Held while asking: streams that run at the same time take one token, not one each.
        let mut current = self.current.lock().await;
        let is_refused =
            |token: &Token| refused.is_some_and(|r| r.expose_secret() == token.secret.expose_secret());
        if let Some(token) = current.as_ref().filter(|token| token.renew_at > Instant::now())
            && !is_refused(token)
        {
            session.redactor().learn(&token.secret);
            return Ok(token.secret.clone());
        }
        let asked_at = Instant::now();
        let request = self.request()?;
        let (_, granted) =
            session.get(&request, granted).await.map_err(|trouble| Trouble { exchange: None, ..trouble })?;
        let granted =
            granted.ok_or_else(|| Trouble::system("Reddit answers 304 to the request for a token"))?;
        let secret = match (granted.secret, current.as_ref()) {
            // One that we have already is hidden from us too.
            (secret, Some(token)) if secret.expose_secret() == REDACTED => token.secret.clone(),
            (secret, _) => secret,
        };
        session.redactor().learn(&secret);
        let early = EARLY.min(granted.life / 10);
        *current = Some(Token { secret: secret.clone(), renew_at: asked_at + granted.life - early });
        Ok(secret)
    }

    fn request(&self) -> Result<Request, Trouble> {
        let pair = format!("{}:{}", self.client_id.expose_secret(), self.client_secret.expose_secret());
        let basic = format!("Basic {}", BASE64.encode(pair));
        let mut request =
            Request::new("token", self.token_url.clone()).with_secret(AUTHORIZATION, &basic.into())?;
        request.headers.insert(USER_AGENT, self.user_agent.clone());
        request.form = Some(match &self.user {
            Some((name, password)) => vec![
                ("grant_type", "password".into()),
                ("username", name.as_str().into()),
                ("password", password.clone()),
            ],
            None => vec![("grant_type", "client_credentials".into())],
        });
        request.judge = Some(judge);
        Ok(request)
    }
}

fn judge(answer: &Answer<'_>) -> Judgement {
    match answer.status {
        400 | 401 | 403 => Judgement::Bad(Trouble::configuration(format!(
            "HTTP {}: Reddit gives the application no token: correct reddit.client_id and reddit.client_secret",
            answer.status
        ))),
        _ => Judgement::Usual,
    }
}

#[derive(Debug)]
struct Granted {
    secret: SecretString,
    life: Duration,
}

/// Reads `{"access_token":"…","token_type":"bearer","expires_in":3600,"scope":"*"}`, or `{"error":"invalid_grant"}`.
fn granted(body: &[u8]) -> Result<Granted, Trouble> {
    #[derive(Deserialize)]
    struct Reply {
        #[serde(default, deserialize_with = "json::text")]
        access_token: Option<String>,
        #[serde(default, deserialize_with = "json::number")]
        expires_in: Option<f64>,
        #[serde(default, deserialize_with = "json::text")]
        error: Option<String>,
        #[serde(default, deserialize_with = "json::text")]
        error_description: Option<String>,
    }
    // What is no JSON may still hold a part of a token, so none of it is repeated.
    let reply: Reply = json::parse(body)
        .map_err(|_| Trouble::transient("its answer to the request for a token is not the JSON of one"))?;
    if let Some(token) = reply.access_token.filter(|token| !token.is_empty()) {
        let life = reply.expires_in.filter(|life| (0.0..1e7).contains(life)).unwrap_or(3600.0);
        return Ok(Granted { secret: token.into(), life: Duration::from_secs_f64(life) });
    }
    let code = reply.error.unwrap_or_default();
    let words = reply.error_description.map(|words| format!(": {words}")).unwrap_or_default();
    Err(match code.as_str() {
        "invalid_grant" => Trouble::configuration(format!(
            "Reddit gives no token (invalid_grant{words}): correct reddit.username and reddit.password; an account with two-factor login cannot be used"
        )),
        "unauthorized_client" => Trouble::configuration(format!(
            "Reddit gives no token (unauthorized_client{words}): only an application of the type script may log in with a password; leave username and password out for any other"
        )),
        "unsupported_grant_type" => Trouble::configuration(format!(
            "Reddit gives no token (unsupported_grant_type{words}): report it with the log"
        )),
        "" => Trouble::transient("Reddit's answer to the request for a token holds none"),
        other => {
            let other: String = other.chars().filter(|c| !c.is_control()).take(100).collect();
            Trouble::transient(format!("Reddit gives no token ({other}{words})"))
        }
    })
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::trouble::Class;

    #[test]
    fn reads_a_token_and_tells_why_there_is_none() {
        let good =
            granted(br#"{"access_token": "abc", "token_type": "bearer", "expires_in": 3600, "scope": "*"}"#);
        let good = good.unwrap();
        assert_eq!((good.secret.expose_secret(), good.life), ("abc", Duration::from_secs(3600)));
        for (body, class, part) in [
            (r#"{"error":"invalid_grant"}"#, Class::Configuration, "username and reddit.password"),
            (
                r#"{"error_description":"Only script apps may use password auth","error":"unauthorized_client"}"#,
                Class::Configuration,
                "Only script apps",
            ),
            (r#"{"error": 500}"#, Class::Transient, "500"),
            ("{}", Class::Transient, "holds none"),
            (r#"{"access_token": "secr"#, Class::Transient, "not the JSON"),
        ] {
            let trouble = granted(body.as_bytes()).unwrap_err();
            assert_eq!(trouble.class, class, "{body}");
            assert!(
                trouble.message.contains(part) && !trouble.message.contains("secr\""),
                "{}",
                trouble.message
            );
        }
    }
}
