//! The secret that a customer's webhook is signed with: sealed ([`crate::auth::seal`]) for the customer whom it belongs to.
//!
//! What lies open, from the version before, and what an older key sealed is sealed anew by the worker ([`seal_due`]) once an
//! instance has run for an hour: by then none of the version before is left.

use chrono::{DateTime, Utc};
use sqlx::PgPool;

use super::store::channel::{self, Kept};
use crate::auth::seal::{SealError, Sealed, Seals};
use crate::auth::session;
use crate::error::Error;
use crate::state::App;

/// Rows that the worker seals at once.
const BATCH: i64 = 200;

/// What a secret is bound to.
fn bound(customer_id: i64) -> String {
    format!("webhook {customer_id}")
}

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
    let sealed = match app.settings.seals.seal(&bound(customer_id), secret.as_bytes()) {
        Ok(sealed) => sealed,
        Err(error) => return Ok(Err(error)),
    };
    channel::set_webhook(&app.pool, customer_id, url, &sealed, now).await?;
    Ok(Ok(secret))
}

/// A webhook's secret.
///
/// # Errors
/// The key is not there that opens it, or it was changed.
pub fn open(seals: &Seals, kept: &Kept) -> Result<String, SealError> {
    // The version before writes it open, over whatever was sealed.
    if let Some(secret) = &kept.secret {
        return Ok(secret.clone());
    }
    let key = kept.secret_key.clone().unwrap_or_default();
    let sealed = Sealed { bytes: kept.secret_sealed.clone().unwrap_or_default(), key };
    let secret = seals.open(&bound(kept.customer_id), &sealed)?;
    String::from_utf8(secret).map_err(|_| SealError::Broken(sealed.key))
}

/// Seals what lies open, or was sealed by an older key; says how many. Those that do not open are left, and said.
///
/// # Errors
/// Postgres fails.
pub async fn seal_due(pool: &PgPool, seals: &Seals) -> Result<usize, Error> {
    let (older, mut sealed, mut after) = (seals.older(), 0, 0);
    if seals.is_empty() {
        return Ok(0);
    }
    loop {
        let mut tx = pool.begin().await?;
        let due = channel::lock_unsealed(&mut tx, &older, after, BATCH).await?;
        let Some(last) = due.last() else { break };
        after = last.customer_id;
        for kept in due {
            let id = kept.customer_id;
            match open(seals, &kept).and_then(|secret| seals.seal(&bound(id), secret.as_bytes())) {
                Ok(new) => {
                    channel::put_sealed(&mut tx, id, &new).await?;
                    sealed += 1;
                }
                Err(error) => tracing::error!(%error, "a webhook's secret is not sealed anew"),
            }
        }
        tx.commit().await?;
    }
    if sealed > 0 {
        tracing::info!(sealed, "secrets of webhooks were sealed with the newest key");
    }
    Ok(sealed)
}
