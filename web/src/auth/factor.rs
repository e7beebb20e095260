//! The second factor's secret: sealed ([`super::seal`]) for the customer whom it belongs to.
//!
//! Secrets of before that lie open, and those that an older key sealed, are sealed anew when their owner shows a right code,
//! and by the worker ([`seal_due`]) once an instance has run for an hour: by then none of the version before is left.

use chrono::{DateTime, Utc};
use sqlx::{PgConnection, PgPool};

use super::seal::{Sealed, Seals};
use super::store::second::{self, Kept};
use crate::error::Error;
use crate::state::App;

/// Rows that the worker seals at once.
const BATCH: i64 = 200;

/// A customer's second factor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Factor {
    /// The secret that codes follow from.
    pub secret: Vec<u8>,
    /// Whether it lies as it should: sealed by the newest key.
    pub is_sealed: bool,
}

/// What a secret is bound to.
fn bound(customer_id: i64) -> String {
    format!("totp {customer_id}")
}

fn open(seals: &Seals, customer_id: i64, kept: Kept) -> Result<Factor, Error> {
    match kept.sealed() {
        Some(sealed) => {
            let is_sealed = seals.is_newest(&sealed.key);
            Ok(Factor { secret: seals.open(&bound(customer_id), &sealed)?, is_sealed })
        }
        None => {
            let secret = kept.secret.unwrap_or_default();
            // Without a key there is nothing to be done about it.
            Ok(Factor { secret, is_sealed: seals.is_empty() })
        }
    }
}

fn seal(seals: &Seals, customer_id: i64, secret: &[u8]) -> Result<Sealed, Error> {
    Ok(seals.seal(&bound(customer_id), secret)?)
}

/// The second factor of a customer whose sign-in asks for a code.
///
/// # Errors
/// Postgres fails, or the key is not there that opens it.
pub async fn of(app: &App, customer_id: i64) -> Result<Option<Factor>, Error> {
    let kept = second::kept(&app.pool, customer_id, true).await?;
    kept.map(|kept| open(&app.settings.seals, customer_id, kept)).transpose()
}

/// The secret that a customer is setting up, made where there is none. `None`: one is in use already.
///
/// # Errors
/// Postgres fails, or there is no key to seal it with.
pub async fn begin(app: &App, customer_id: i64, now: DateTime<Utc>) -> Result<Option<Vec<u8>>, Error> {
    let seals = &app.settings.seals;
    let fresh: [u8; super::totp::SECRET_BYTES] = rand::random();
    second::begin(&app.pool, customer_id, &seal(seals, customer_id, &fresh)?, now).await?;
    let Some(kept) = second::kept(&app.pool, customer_id, false).await? else { return Ok(None) };
    Ok(Some(open(seals, customer_id, kept)?.secret))
}

/// The first code was right: from now on codes are asked for. Says whether this was the secret being set up.
///
/// # Errors
/// Postgres fails, or the key is not there that opens it.
pub async fn confirm(
    app: &App,
    db: &mut PgConnection,
    customer_id: i64,
    (secret, step): (&[u8], i64),
    now: DateTime<Utc>,
) -> Result<bool, Error> {
    let Some(kept) = second::lock_begun(db, customer_id).await? else { return Ok(false) };
    if open(&app.settings.seals, customer_id, kept)?.secret != secret {
        return Ok(false);
    }
    Ok(second::confirm(db, customer_id, step, now).await?)
}

/// Seals a factor that is not sealed as it should be, now that its owner has shown a code.
///
/// # Errors
/// Postgres fails.
pub async fn renew(app: &App, db: &mut PgConnection, customer_id: i64, factor: &Factor) -> Result<(), Error> {
    if !factor.is_sealed {
        let sealed = seal(&app.settings.seals, customer_id, &factor.secret)?;
        second::put_sealed(db, customer_id, &sealed).await?;
    }
    Ok(())
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
        let due = second::lock_unsealed(&mut tx, &older, after, BATCH).await?;
        let Some((last, _)) = due.last() else { break };
        after = *last;
        for (customer_id, kept) in due {
            match open(seals, customer_id, kept) {
                Ok(factor) => {
                    let new = seal(seals, customer_id, &factor.secret)?;
                    second::put_sealed(&mut tx, customer_id, &new).await?;
                    sealed += 1;
                }
                Err(error) => tracing::error!(%error, "a second factor is not sealed anew"),
            }
        }
        tx.commit().await?;
    }
    if sealed > 0 {
        tracing::info!(sealed, "secrets of second factors were sealed with the newest key");
    }
    Ok(sealed)
}
