//! The secret that a customer's webhook is signed with, kept in the [vault].

use chrono::{DateTime, Utc};

use super::store::channel;
use crate::auth::seal::{SealError, Seals};
use crate::auth::session;
use crate::auth::vault::{self, Kept, Vault};
use crate::error::Error;
use crate::state::App;

/// Sets a customer's webhook, in the place of one before; its new secret, or why none can be kept.
///
/// # Errors
/// Postgres fails.
pub async fn set(
    app: &App,
    customer_id: i64,
    url: &str,
    now: DateTime<Utc>,
) -> Result<Result<String, SealError>, Error> {
    let secret = format!("whsec_{}", session::new_key());
    let sealed = match vault::seal(&app.settings.seals, Vault::Webhooks, customer_id, secret.as_bytes()) {
        Ok(sealed) => sealed,
        Err(error) => return Ok(Err(error)),
    };
    channel::set_webhook(&app.pool, customer_id, url, &sealed, now).await?;
    Ok(Ok(secret))
}

/// The secret of a customer's webhook.
///
/// # Errors
/// The key is not there that opens it, or it was changed.
pub fn open(seals: &Seals, customer_id: i64, kept: Kept) -> Result<String, SealError> {
    let key = kept.secret_key.clone().unwrap_or_default();
    let opened = vault::open(seals, Vault::Webhooks, customer_id, kept)?;
    String::from_utf8(opened.secret).map_err(|_| SealError::Broken(key))
}
