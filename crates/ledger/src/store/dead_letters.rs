//! Messages that were refused or that nobody took.

use chrono::{DateTime, Utc};
use sqlx::PgPool;

use super::overrides::{self, Override};
use crate::LedgerError;

/// How much of a message is kept.
const KEPT_BYTES: usize = 64 << 10;

/// A message that nobody took.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct DeadLetter {
    /// Its id.
    pub message_id: String,
    /// Whose it was.
    pub subscription: String,
    /// Its content, as far as it was kept.
    pub data: Vec<u8>,
    /// Why it was not taken.
    pub reason: String,
    /// When it was parked.
    pub parked_at: Option<DateTime<Utc>>,
}

/// Notes why a message was not taken this time; it may be delivered again.
///
/// # Errors
/// Postgres fails.
pub async fn note(
    pool: &PgPool,
    message_id: &str,
    subscription: &str,
    data: &[u8],
    reason: &str,
    now: DateTime<Utc>,
) -> Result<(), LedgerError> {
    let upsert = "insert into dead_letters (message_id, subscription, data, reason, seen_at) values ($1, $2, $3, $4, $5)
        on conflict (message_id, subscription) do update set reason = excluded.reason, seen_at = excluded.seen_at";
    let data = &data[..data.len().min(KEPT_BYTES)];
    let query = sqlx::query(upsert).bind(message_id).bind(subscription).bind(data).bind(reason).bind(now);
    query.execute(pool).await?;
    Ok(())
}

/// Parks a message for good, with the reason that was noted before or else `reason`; says whether it was not parked before.
/// A bus that forwards a dead letter gives it a new id, so that it is known again by its content.
///
/// # Errors
/// Postgres fails.
pub async fn park(
    pool: &PgPool,
    message_id: &str,
    subscription: &str,
    data: &[u8],
    reason: &str,
    now: DateTime<Utc>,
) -> Result<bool, LedgerError> {
    let data = &data[..data.len().min(KEPT_BYTES)];
    let noted = "select reason from dead_letters where subscription = $1 and data = $2 and parked_at is null order by seen_at desc limit 1";
    let mut tx = pool.begin().await?;
    let noted: Option<String> =
        sqlx::query_scalar(noted).bind(subscription).bind(data).fetch_optional(&mut *tx).await?;
    let delete = "delete from dead_letters where subscription = $1 and data = $2 and parked_at is null";
    sqlx::query(delete).bind(subscription).bind(data).execute(&mut *tx).await?;
    let insert = "insert into dead_letters (message_id, subscription, data, reason, parked_at, seen_at)
        values ($1, $2, $3, $4, $5, $5) on conflict do nothing";
    let query = sqlx::query(insert).bind(message_id).bind(subscription).bind(data);
    let query = query.bind(noted.as_deref().unwrap_or(reason)).bind(now);
    let new = query.execute(&mut *tx).await?.rows_affected() > 0;
    tx.commit().await?;
    Ok(new)
}

/// The message was taken after all: it is no dead letter.
///
/// # Errors
/// Postgres fails.
pub async fn taken(pool: &PgPool, message_id: &str, subscription: &str) -> Result<(), LedgerError> {
    let delete = "delete from dead_letters where message_id = $1 and subscription = $2 and parked_at is null";
    sqlx::query(delete).bind(message_id).bind(subscription).execute(pool).await?;
    Ok(())
}

/// The parked messages, newest first.
///
/// # Errors
/// Postgres fails.
pub async fn parked(pool: &PgPool, limit: i64) -> Result<Vec<DeadLetter>, LedgerError> {
    let query = "select message_id, subscription, data, reason, parked_at from dead_letters
        where parked_at is not null and settled_at is null order by parked_at desc, message_id limit $1";
    Ok(sqlx::query_as(query).bind(limit).fetch_all(pool).await?)
}

/// Whether such a message has been parked, settled or not.
///
/// # Errors
/// Postgres fails.
pub async fn is_known(pool: &PgPool, subscription: &str, data: &[u8]) -> Result<bool, LedgerError> {
    let query = "select exists (select from dead_letters
        where subscription = $1 and data = $2 and parked_at is not null)";
    let data = &data[..data.len().min(KEPT_BYTES)];
    Ok(sqlx::query_scalar(query).bind(subscription).bind(data).fetch_one(pool).await?)
}

/// A parked message that nobody has settled; `None` where there is none of that name.
///
/// # Errors
/// Postgres fails.
pub async fn find(
    pool: &PgPool,
    message_id: &str,
    subscription: &str,
) -> Result<Option<DeadLetter>, LedgerError> {
    let query = "select message_id, subscription, data, reason, parked_at from dead_letters
        where message_id = $1 and subscription = $2 and parked_at is not null and settled_at is null";
    Ok(sqlx::query_as(query).bind(message_id).bind(subscription).fetch_optional(pool).await?)
}

/// Whether as much of a message was kept as may be kept: then it may not be whole.
pub fn is_cut(letter: &DeadLetter) -> bool {
    letter.data.len() >= KEPT_BYTES
}

/// Settles a parked message, as `replayed` or `dropped`, and keeps who asked; says whether the order is new. `left` is how
/// many messages of its subscription are parked still.
///
/// # Errors
/// Postgres fails, or owner or reason is empty.
pub async fn settle(
    pool: &PgPool,
    letter: &DeadLetter,
    settled: &str,
    order: &Override,
) -> Result<(bool, i64), LedgerError> {
    let mut tx = pool.begin().await?;
    let new = overrides::keep(&mut tx, order).await?;
    let update = "update dead_letters set settled_at = $3, settled = $4
        where message_id = $1 and subscription = $2 and settled_at is null";
    let query = sqlx::query(update).bind(&letter.message_id).bind(&letter.subscription);
    query.bind(order.at).bind(settled).execute(&mut *tx).await?;
    let left = "select count(*) from dead_letters
        where subscription = $1 and parked_at is not null and settled_at is null";
    let left = sqlx::query_scalar(left).bind(&letter.subscription).fetch_one(&mut *tx).await?;
    tx.commit().await?;
    Ok((new, left))
}
