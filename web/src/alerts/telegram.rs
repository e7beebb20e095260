//! Telegram: messages to a customer's chat, and the one-time code that links it.
//!
//! The bot API wants its token in the path, so no URL of it is ever logged or kept: errors are stripped of theirs.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, Duration, Utc};
use reqwest::redirect::Policy;
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use serde_json::json;
use url::Url;

use super::store::channel;
use super::webhook::{Outcome, PATIENCE};
use crate::auth::session::fingerprint;
use crate::error::Error;
use crate::state::App;

/// How long a code works.
pub const CODE_MINUTES: i64 = 15;
/// Messages read at once.
const BATCH: usize = 100;
/// Largest answer that is read, in bytes.
const ANSWER_BYTES: usize = 1 << 20;

/// A new code: 96 random bits.
pub fn new_code() -> String {
    URL_SAFE_NO_PAD.encode(rand::random::<[u8; 12]>())
}

/// Sends a message once.
pub async fn send(base: Url, token: &SecretString, chat_id: i64, text: &str) -> Outcome {
    let body = json!({ "chat_id": chat_id, "text": text, "link_preview_options": { "is_disabled": true } });
    match call(&base, token, "sendMessage", &body).await {
        Ok(answer) => {
            let code = answer.status().as_u16();
            // Blocked or gone: no repetition helps.
            Outcome { again: !matches!(code, 200..=299 | 400 | 403), ..Outcome::answered(code) }
        }
        Err(problem) => Outcome::failed(problem),
    }
}

async fn call(
    base: &Url,
    token: &SecretString,
    method: &str,
    body: &serde_json::Value,
) -> Result<reqwest::Response, String> {
    let client = reqwest::Client::builder().redirect(Policy::none()).timeout(PATIENCE).build();
    let client = client.map_err(|e| e.without_url().to_string())?;
    let url = format!("{}/bot{}/{method}", base.as_str().trim_end_matches('/'), token.expose_secret());
    client.post(url).json(body).send().await.map_err(|e| {
        if e.is_timeout() { "no answer within 5 seconds".to_owned() } else { e.without_url().to_string() }
    })
}

#[derive(Debug, Deserialize)]
struct Updates {
    result: Vec<Update>,
}

#[derive(Debug, Deserialize)]
struct Update {
    update_id: i64,
    message: Option<Message>,
}

#[derive(Debug, Deserialize)]
struct Message {
    chat: Chat,
    text: Option<String>,
}

#[derive(Debug, Deserialize)]
struct Chat {
    id: i64,
}

/// Reads what was said to the bot while somebody waits to be linked, and links chats that sent a code; says how many.
///
/// # Errors
/// Postgres fails, or Telegram does not answer.
pub async fn link_chats(app: &App, now: DateTime<Utc>) -> Result<usize, Error> {
    let Some(token) = &app.settings.outbound.telegram_token else { return Ok(0) };
    if !channel::code_waits(&app.pool, now).await? {
        return Ok(0);
    }
    let mut tx = app.pool.begin().await?;
    let Some(next) = channel::cursor(&mut tx).await? else { return Ok(0) };
    let base = app.settings.telegram_url();
    let asked = json!({ "offset": next, "limit": BATCH, "timeout": 0, "allowed_updates": ["message"] });
    let away = |problem: String| Error::Unavailable(anyhow::anyhow!("Telegram: {problem}"));
    let answer = call(&base, token, "getUpdates", &asked).await.map_err(away)?;
    if !answer.status().is_success() {
        return Err(away(format!("answered {}", answer.status().as_u16())));
    }
    let body = answer.bytes().await.map_err(|e| away(e.without_url().to_string()))?;
    if body.len() > ANSWER_BYTES {
        return Err(away("the answer is too long".to_owned()));
    }
    let updates: Updates = serde_json::from_slice(&body).map_err(|e| away(e.to_string()))?;
    let mut linked = Vec::new();
    for update in &updates.result {
        let Some((message, code)) =
            update.message.as_ref().and_then(|m| Some((m, code_in(m.text.as_deref()?)?)))
        else {
            continue;
        };
        if channel::link_chat(&mut tx, &fingerprint(code), message.chat.id, now).await? {
            linked.push(message.chat.id);
        }
    }
    if let Some(newest) = updates.result.iter().map(|update| update.update_id).max() {
        channel::move_cursor(&mut tx, newest + 1).await?;
    }
    tx.commit().await?;
    for chat_id in &linked {
        let outcome =
            send(base.clone(), token, *chat_id, "Quarterday: linked. / Quarterday: enlazado.").await;
        if let Some(problem) = outcome.problem {
            tracing::warn!(problem, "a chat was linked but not told");
        }
    }
    Ok(linked.len())
}

/// The code in a message: alone, or behind `/start`.
fn code_in(text: &str) -> Option<&str> {
    let code = text.trim().strip_prefix("/start").unwrap_or(text).trim();
    let fits = code.len() == 16 && code.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_');
    fits.then_some(code)
}

/// When a code given at `now` stops working.
pub fn expires_at(now: DateTime<Utc>) -> DateTime<Utc> {
    now + Duration::minutes(CODE_MINUTES)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_found_alone_or_behind_start() {
        let code = new_code();
        assert_eq!(code_in(&code), Some(&*code));
        assert_eq!(code_in(&format!("/start {code} ")), Some(&*code));
        for other in ["", "/start", "hello there, friend", "' or 1=1 --------"] {
            assert_eq!(code_in(other), None, "{other}");
        }
    }
}
