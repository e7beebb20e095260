//! All SQL of the status page.

use chrono::{DateTime, Utc};
use sqlx::{FromRow, PgPool};

/// A published slot's newest version.
#[derive(Debug, Clone, FromRow)]
pub struct SlotRow {
    /// Its name.
    pub slot: String,
    /// Its close.
    pub closes_at: DateTime<Utc>,
    /// Version, from 1.
    pub version: i32,
    /// What it covers, as [`crate::publish::coverage::Coverage`].
    pub coverage: serde_json::Value,
    /// When its first version was published.
    pub first_published_at: DateTime<Utc>,
}

/// The newest slots, the newest first.
///
/// # Errors
/// Postgres fails.
pub async fn slots(pool: &PgPool, limit: i64) -> sqlx::Result<Vec<SlotRow>> {
    sqlx::query_as(
        "select distinct on (p.closes_at) p.slot, p.closes_at, p.version, p.coverage,
                min(p.published_at) over (partition by p.slot) as first_published_at
         from publications p order by p.closes_at desc, p.version desc limit $1",
    )
    .bind(limit)
    .fetch_all(pool)
    .await
}

/// When a slot was published first.
#[derive(Debug, Clone, FromRow)]
pub struct DelayRow {
    /// Its close.
    pub closes_at: DateTime<Utc>,
    /// When its first version was published.
    pub first_published_at: DateTime<Utc>,
}

/// The slots that closed at `since` or later.
///
/// # Errors
/// Postgres fails.
pub async fn delays(pool: &PgPool, since: DateTime<Utc>) -> sqlx::Result<Vec<DelayRow>> {
    sqlx::query_as(
        "select closes_at, min(published_at) as first_published_at from publications
         where closes_at >= $1 group by closes_at order by closes_at",
    )
    .bind(since)
    .fetch_all(pool)
    .await
}
