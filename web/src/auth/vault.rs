//! Customers' secrets that lie in Postgres sealed ([`super::seal`]), each for the customer whom it belongs to.
//!
//! Secrets that lie open, from the version before, and those that an older key sealed are sealed anew by the worker
//! ([`seal_due`]) once an instance has run for an hour: by then none of the version before is left.

use sqlx::PgPool;

use super::seal::{SealError, Sealed, Seals};
use super::store::vault;
pub use super::store::vault::{Kept, Vault};
use crate::error::Error;

/// Rows that the worker seals at once.
const BATCH: i64 = 200;

/// A secret that was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Opened {
    /// The secret.
    pub secret: Vec<u8>,
    /// Whether it lies as it should: sealed by the newest key.
    pub is_sealed: bool,
}

/// What a secret is bound to.
fn bound(vault: Vault, customer_id: i64) -> String {
    let purpose = match vault {
        Vault::SecondFactors => "totp",
        Vault::Webhooks => "webhook",
    };
    format!("{purpose} {customer_id}")
}

/// Seals a customer's secret.
///
/// # Errors
/// There is no key.
pub fn seal(seals: &Seals, vault: Vault, customer_id: i64, secret: &[u8]) -> Result<Sealed, SealError> {
    seals.seal(&bound(vault, customer_id), secret)
}

/// Reads a customer's secret.
///
/// # Errors
/// The key is not there that opens it, or it was changed.
pub fn open(seals: &Seals, vault: Vault, customer_id: i64, kept: Kept) -> Result<Opened, SealError> {
    // The version before writes it open, over whatever was sealed. Without a key there is nothing to be done about it.
    if let Some(secret) = kept.secret {
        return Ok(Opened { secret, is_sealed: seals.is_empty() });
    }
    let key = kept.secret_key.unwrap_or_default();
    let sealed = Sealed { bytes: kept.secret_sealed.unwrap_or_default(), key };
    let secret = seals.open(&bound(vault, customer_id), &sealed)?;
    Ok(Opened { secret, is_sealed: seals.is_newest(&sealed.key) })
}

/// Seals what lies open, or was sealed by an older key; says how many. Those that do not open are left, and said.
///
/// # Errors
/// Postgres fails.
pub async fn seal_due(pool: &PgPool, seals: &Seals, vault: Vault) -> Result<usize, Error> {
    let (older, mut sealed, mut after) = (seals.older(), 0, 0);
    if seals.is_empty() {
        return Ok(0);
    }
    loop {
        let mut tx = pool.begin().await?;
        let due = vault::lock_unsealed(&mut tx, vault, &older, after, BATCH).await?;
        let Some((last, _)) = due.last() else { break };
        after = *last;
        for (id, kept) in due {
            let new = open(seals, vault, id, kept).and_then(|opened| seal(seals, vault, id, &opened.secret));
            match new {
                Ok(new) => {
                    vault::put(&mut tx, vault, id, &new).await?;
                    sealed += 1;
                }
                Err(error) => tracing::error!(%error, vault = vault.table(), "a secret is not sealed anew"),
            }
        }
        tx.commit().await?;
    }
    if sealed > 0 {
        tracing::info!(sealed, vault = vault.table(), "secrets were sealed with the newest key");
    }
    Ok(sealed)
}
