//! The forms by which a customer sets a webhook and links a Telegram chat.

use actix_web::{HttpResponse, web};
use serde::Deserialize;

use super::address::{self, Problem, System};
use super::hook;
use super::store::channel;
use super::telegram;
use crate::auth::session;
use crate::error::Error;
use crate::report::settings::{self, Said};
use crate::site::reader::SignedIn;
use crate::text::text;

/// A new webhook.
#[derive(Debug, Deserialize)]
pub struct Webhook {
    url: String,
}

/// `POST /account/webhook`: sets the webhook, and shows its secret this once.
///
/// # Errors
/// Postgres fails. Why a URL is refused is said on the page.
pub async fn set_webhook(signed_in: SignedIn, form: web::Form<Webhook>) -> Result<HttpResponse, Error> {
    let SignedIn { reader, account } = signed_in;
    let url = form.url.trim();
    let loopback = reader.app.settings.outbound.webhook_loopback == "1";
    let checked =
        tokio::time::timeout(super::webhook::PATIENCE, address::check(url, loopback, &System)).await;
    let problem = match checked {
        Ok(Ok(_)) => None,
        Ok(Err(Problem::Malformed)) => Some("webhook_malformed"),
        Ok(Err(Problem::NotHttps)) => Some("webhook_not_https"),
        Ok(Err(Problem::Inside)) => Some("webhook_inside"),
        Ok(Err(Problem::Unresolved)) | Err(_) => Some("webhook_unresolved"),
    };
    if let Some(key) = problem {
        let said = Said { problem: Some(text(reader.lang(), key).to_owned()), ..Said::default() };
        return settings::render(&reader, account.id, said).await;
    }
    let secret = match hook::set(&reader.app, account.id, url, reader.now).await? {
        Ok(secret) => secret,
        Err(error) => {
            tracing::error!(%error, "a webhook cannot be set");
            let said =
                Said { problem: Some(text(reader.lang(), "webhook_no_key").to_owned()), ..Said::default() };
            return settings::render(&reader, account.id, said).await;
        }
    };
    settings::render(&reader, account.id, Said { webhook_secret: Some(secret), ..Said::default() }).await
}

/// `POST /account/webhook/delete`
///
/// # Errors
/// Postgres fails.
pub async fn delete_webhook(signed_in: SignedIn) -> Result<HttpResponse, Error> {
    channel::delete_webhook(&signed_in.reader.app.pool, signed_in.account.id).await?;
    Ok(settings::back())
}

/// `POST /account/telegram`: shows a code that links a chat.
///
/// # Errors
/// Postgres fails.
pub async fn telegram_code(signed_in: SignedIn) -> Result<HttpResponse, Error> {
    let SignedIn { reader, account } = signed_in;
    if reader.app.settings.outbound.telegram_token.is_none() {
        return Err(Error::NotFound);
    }
    let code = telegram::new_code();
    let expires_at = telegram::expires_at(reader.now);
    let fingerprint = session::fingerprint(&code);
    channel::store_code(&reader.app.pool, account.id, &fingerprint, reader.now, expires_at).await?;
    settings::render(&reader, account.id, Said { telegram_code: Some(code), ..Said::default() }).await
}

/// `POST /account/telegram/delete`
///
/// # Errors
/// Postgres fails.
pub async fn unlink_telegram(signed_in: SignedIn) -> Result<HttpResponse, Error> {
    channel::unlink_chat(&signed_in.reader.app.pool, signed_in.account.id).await?;
    Ok(settings::back())
}
