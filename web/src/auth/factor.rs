//! The second factor's secret, kept in the [vault]. One that does not lie as it should is sealed anew when its
//! owner shows a right code, too.

use chrono::{DateTime, Utc};
use sqlx::PgConnection;

use super::store::second;
use super::store::vault as stored;
use super::vault::{self, Opened, Vault};
use crate::error::Error;
use crate::state::App;

const FACTORS: Vault = Vault::SecondFactors;

/// The second factor of a customer whose sign-in asks for a code.
///
/// # Errors
/// Postgres fails, or the key is not there that opens it.
pub async fn of(app: &App, customer_id: i64) -> Result<Option<Opened>, Error> {
    let kept = second::kept(&app.pool, customer_id, true).await?;
    let opened = kept.map(|kept| vault::open(&app.settings.seals, FACTORS, customer_id, kept));
    Ok(opened.transpose()?)
}

/// The secret that a customer is setting up, made where there is none. `None`: one is in use already.
///
/// # Errors
/// Postgres fails, or there is no key to seal it with.
pub async fn begin(app: &App, customer_id: i64, now: DateTime<Utc>) -> Result<Option<Vec<u8>>, Error> {
    let seals = &app.settings.seals;
    let fresh: [u8; super::totp::SECRET_BYTES] = rand::random();
    second::begin(&app.pool, customer_id, &vault::seal(seals, FACTORS, customer_id, &fresh)?, now).await?;
    let Some(kept) = second::kept(&app.pool, customer_id, false).await? else { return Ok(None) };
    Ok(Some(vault::open(seals, FACTORS, customer_id, kept)?.secret))
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
    if vault::open(&app.settings.seals, FACTORS, customer_id, kept)?.secret != secret {
        return Ok(false);
    }
    Ok(second::confirm(db, customer_id, step, now).await?)
}

/// Seals a factor that is not sealed as it should be, now that its owner has shown a code.
///
/// # Errors
/// Postgres fails.
pub async fn renew(app: &App, db: &mut PgConnection, customer_id: i64, factor: &Opened) -> Result<(), Error> {
    if !factor.is_sealed {
        let sealed = vault::seal(&app.settings.seals, FACTORS, customer_id, &factor.secret)?;
        stored::put(db, FACTORS, customer_id, &sealed).await?;
    }
    Ok(())
}
