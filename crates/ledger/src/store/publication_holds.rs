//! Publications that are made but not shown.

use chrono::{DateTime, Utc};
use sqlx::PgPool;

use super::overrides::{self, Override};
use crate::LedgerError;

/// A publication that is held back.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct PublicationHold {
    /// Its slot.
    pub slot: String,
    /// Its version; `None`: every one of the slot, those to come included.
    pub version: Option<i32>,
    /// Who holds it.
    pub owner: String,
    /// Why.
    pub reason: String,
    /// Since when.
    pub held_at: DateTime<Utc>,
}

/// What every site hears when publications appear or go.
const CHANNEL: &str = "slot_published";

/// Holds a publication back, and keeps who asked under the order's id; says whether the order is new. One that is held
/// already stays as it is.
///
/// # Errors
/// Postgres fails, or owner or reason is empty.
pub async fn hold(pool: &PgPool, version: Option<u32>, order: &Override) -> Result<bool, LedgerError> {
    let mut tx = pool.begin().await?;
    let insert =
        "insert into publication_holds (slot, version, owner, reason, held_at) values ($1, $2, $3, $4, $5)
        on conflict do nothing";
    let insert = sqlx::query(insert).bind(&order.subject).bind(version.map(u32::cast_signed));
    let insert = insert.bind(&order.owner).bind(&order.reason).bind(order.at);
    let held = insert.execute(&mut *tx).await?.rows_affected() > 0;
    finish(tx, held, "held back", "was held back already", order).await
}

/// Releases every hold on the slot, or the one on this version. Kept as [`hold`] is.
///
/// # Errors
/// As [`hold`].
pub async fn release(pool: &PgPool, version: Option<u32>, order: &Override) -> Result<bool, LedgerError> {
    let mut tx = pool.begin().await?;
    let update = "update publication_holds set released_at = $3
        where slot = $1 and released_at is null and ($2::integer is null or version = $2)";
    let update = sqlx::query(update).bind(&order.subject).bind(version.map(u32::cast_signed)).bind(order.at);
    let released = update.execute(&mut *tx).await?.rows_affected() > 0;
    finish(tx, released, "released", "was not held back", order).await
}

async fn finish(
    mut tx: sqlx::Transaction<'static, sqlx::Postgres>,
    changed: bool,
    did: &str,
    did_not: &str,
    order: &Override,
) -> Result<bool, LedgerError> {
    let outcome = if changed { did } else { did_not };
    if !overrides::keep(&mut tx, &Override { outcome: outcome.to_owned(), ..order.clone() }).await? {
        return Ok(false);
    }
    if changed {
        let notify = sqlx::query("select pg_notify($1, $2)").bind(CHANNEL).bind(&order.subject);
        notify.execute(&mut *tx).await?;
    }
    tx.commit().await?;
    Ok(true)
}

/// The holds that have not been released, oldest first.
///
/// # Errors
/// Postgres fails.
pub async fn open(pool: &PgPool) -> Result<Vec<PublicationHold>, LedgerError> {
    let query = "select slot, version, owner, reason, held_at from publication_holds where released_at is null order by id";
    Ok(sqlx::query_as(query).fetch_all(pool).await?)
}
