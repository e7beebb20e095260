//! Nightly comparisons with the provider, and what differed.

use chrono::{DateTime, NaiveDate, Utc};
use sqlx::{FromRow, PgExecutor};

/// A comparison.
#[derive(Debug, Clone, FromRow)]
pub struct NightRow {
    /// Its id.
    pub id: i64,
    /// The night.
    pub night_on: NaiveDate,
    /// When it began.
    pub started_at: DateTime<Utc>,
    /// When it ended.
    pub finished_at: Option<DateTime<Utc>>,
    /// Objects that were compared.
    pub compared: i32,
    /// Fields that differed.
    pub drifted: i32,
    /// Why it did not end.
    pub error: String,
}

/// One field that differed.
#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
pub struct DriftRow {
    /// Of what.
    pub object_id: String,
    /// Which.
    pub field: String,
    /// Here.
    pub ours: String,
    /// There.
    pub theirs: String,
    /// Whether ours is now theirs.
    pub mended: bool,
}

/// Takes a night's comparison: `None` where it was taken and has ended, or is under way elsewhere.
///
/// # Errors
/// Postgres fails.
pub async fn take(db: impl PgExecutor<'_>, on: NaiveDate, now: DateTime<Utc>) -> sqlx::Result<Option<i64>> {
    // One that has not ended within an hour was left by an instance that is gone.
    sqlx::query_scalar(
        "insert into billing_reconciliations (night_on, started_at) values ($1, $2)
         on conflict (night_on) do update set started_at = $2, error = ''
             where billing_reconciliations.finished_at is null
               and billing_reconciliations.started_at < $2 - interval '1 hour'
         returning id",
    )
    .bind(on)
    .bind(now)
    .fetch_optional(db)
    .await
}

/// Notes one field that differed.
///
/// # Errors
/// Postgres fails.
pub async fn drift(
    db: impl PgExecutor<'_>,
    night: i64,
    drift: &DriftRow,
    now: DateTime<Utc>,
) -> sqlx::Result<()> {
    sqlx::query(
        "insert into billing_drifts (reconciliation_id, object_id, field, ours, theirs, mended, found_at)
         values ($1, $2, $3, $4, $5, $6, $7)",
    )
    .bind(night)
    .bind(&drift.object_id)
    .bind(&drift.field)
    .bind(&drift.ours)
    .bind(&drift.theirs)
    .bind(drift.mended)
    .bind(now)
    .execute(db)
    .await?;
    Ok(())
}

/// Notes how a comparison ended.
///
/// # Errors
/// Postgres fails.
pub async fn finish(
    db: impl PgExecutor<'_>,
    night: i64,
    compared: i32,
    drifted: i32,
    error: &str,
    now: DateTime<Utc>,
) -> sqlx::Result<()> {
    sqlx::query(
        "update billing_reconciliations set finished_at = $5, compared = $2, drifted = $3, error = $4 where id = $1",
    )
    .bind(night)
    .bind(compared)
    .bind(drifted)
    .bind(error)
    .bind(now)
    .execute(db)
    .await?;
    Ok(())
}

/// The comparison of a night, or the newest.
///
/// # Errors
/// Postgres fails.
pub async fn one(db: impl PgExecutor<'_>, on: Option<NaiveDate>) -> sqlx::Result<Option<NightRow>> {
    sqlx::query_as(
        "select * from billing_reconciliations where night_on = coalesce($1, night_on) order by night_on desc limit 1",
    )
    .bind(on)
    .fetch_optional(db)
    .await
}

/// What differed in one night.
///
/// # Errors
/// Postgres fails.
pub async fn drifts(db: impl PgExecutor<'_>, night: i64) -> sqlx::Result<Vec<DriftRow>> {
    sqlx::query_as(
        "select object_id, field, ours, theirs, mended from billing_drifts where reconciliation_id = $1 order by id",
    )
    .bind(night)
    .fetch_all(db)
    .await
}
