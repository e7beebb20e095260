//! Assets that are left out of what is published, from a slot on. What holds for a slot follows from the slot, so that one
//! that is published again without a new order leaves out what it left out before. Orders themselves are in `overrides`.

use chrono::{DateTime, Utc};
use domain::Slot;
use sqlx::PgPool;

use super::overrides::{self, Override};
use crate::LedgerError;

/// An asset that is left out.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct Exclusion {
    /// The asset.
    pub symbol: String,
    /// Close of the first slot without it.
    pub from_at: DateTime<Utc>,
    /// Close of the first slot with it again; `None`: until it is included.
    pub until_at: Option<DateTime<Utc>>,
    /// Who asked.
    pub owner: String,
    /// Why.
    pub reason: String,
    /// When.
    pub at: DateTime<Utc>,
}

/// Leaves an asset out from a slot on, until another one or for good, and keeps who asked under the order's id; says whether
/// the order is new.
///
/// # Errors
/// Postgres fails, `until` is not after `from`, or owner or reason is empty.
pub async fn exclude(
    pool: &PgPool,
    from: Slot,
    until: Option<Slot>,
    order: &Override,
) -> Result<bool, LedgerError> {
    let mut tx = pool.begin().await?;
    if !overrides::keep(&mut tx, order).await? {
        return Ok(false);
    }
    let insert = "insert into exclusions (symbol, from_at, until_at, owner, reason, at) values ($1, $2, $3, $4, $5, $6)";
    let insert =
        sqlx::query(insert).bind(&order.subject).bind(from.close_at()).bind(until.map(Slot::close_at));
    insert.bind(&order.owner).bind(&order.reason).bind(order.at).execute(&mut *tx).await?;
    tx.commit().await?;
    Ok(true)
}

/// Takes an asset in again from a slot on: what is left out beyond that ends there. Kept as [`exclude`] is.
///
/// # Errors
/// As [`exclude`].
pub async fn include(pool: &PgPool, from: Slot, order: &Override) -> Result<bool, LedgerError> {
    let mut tx = pool.begin().await?;
    // One that begins only then never holds.
    let delete = "delete from exclusions where symbol = $1 and from_at >= $2";
    let gone = sqlx::query(delete).bind(&order.subject).bind(from.close_at()).execute(&mut *tx).await?;
    let update = "update exclusions set until_at = $2
        where symbol = $1 and from_at < $2 and (until_at is null or until_at > $2)";
    let ended = sqlx::query(update).bind(&order.subject).bind(from.close_at()).execute(&mut *tx).await?;
    let changed = gone.rows_affected() + ended.rows_affected() > 0;
    let outcome = if changed { "included" } else { "was not left out" };
    if !overrides::keep(&mut tx, &Override { outcome: outcome.to_owned(), ..order.clone() }).await? {
        return Ok(false);
    }
    tx.commit().await?;
    Ok(true)
}

/// What is left out at a slot, by symbol.
///
/// # Errors
/// Postgres fails.
pub async fn at(pool: &PgPool, slot: Slot) -> Result<Vec<Exclusion>, LedgerError> {
    let query = "select distinct on (symbol) symbol, from_at, until_at, owner, reason, at from exclusions
        where from_at <= $1 and (until_at is null or until_at > $1) order by symbol, id desc";
    Ok(sqlx::query_as(query).bind(slot.close_at()).fetch_all(pool).await?)
}

/// What is left out at `now` or later, by symbol and beginning.
///
/// # Errors
/// Postgres fails.
pub async fn open(pool: &PgPool, now: DateTime<Utc>) -> Result<Vec<Exclusion>, LedgerError> {
    let query = "select symbol, from_at, until_at, owner, reason, at from exclusions
        where until_at is null or until_at > $1 order by symbol, from_at, id";
    Ok(sqlx::query_as(query).bind(now).fetch_all(pool).await?)
}
