//! What is measured of runs: one look, for whoever watches.

use chrono::{DateTime, Utc};
use sqlx::{FromRow, PgPool};

use crate::LedgerError;

/// How a stage of the newest run that has ended fared.
#[derive(Debug, Clone, FromRow)]
pub struct StageReading {
    /// Its name.
    pub stage: String,
    /// Seconds from the start of its newest attempt to its end; `None`: it has not run.
    pub seconds: Option<f64>,
    /// Attempts that it needed.
    pub attempts: i32,
}

/// Stages of the newest run that has ended.
///
/// # Errors
/// Postgres fails.
pub async fn stages(pool: &PgPool) -> Result<Vec<StageReading>, LedgerError> {
    let rows = sqlx::query_as(
        "select stage, extract(epoch from finished_at - started_at)::float8 as seconds, attempt as attempts
         from stages where slot = (select max(slot) from runs where status <> 'running') order by stage",
    );
    Ok(rows.fetch_all(pool).await?)
}

/// Counts of what waits, is open or went wrong.
#[derive(Debug, Clone, FromRow)]
pub struct Counts {
    /// Starts and stops that are under way.
    pub operations: i64,
    /// Messages that nobody took.
    pub dead_letters: i64,
}

/// Counts what waits, is open or went wrong.
///
/// # Errors
/// Postgres fails.
pub async fn counts(pool: &PgPool) -> Result<Counts, LedgerError> {
    let row = sqlx::query_as(
        "select (select count(*) from operations where state <> 'stopped') as operations,
                (select count(*) from dead_letters where parked_at is not null and settled_at is null)
                    as dead_letters",
    );
    Ok(row.fetch_one(pool).await?)
}

/// Names with how often they are there.
///
/// # Errors
/// Postgres fails.
pub async fn runs(pool: &PgPool, since: DateTime<Utc>) -> Result<Vec<(String, i64)>, LedgerError> {
    let rows = sqlx::query_as(
        "select s.status, count(r.slot) from unnest(array['running', 'succeeded', 'partial', 'failed']) as s (status)
         left join runs r on r.status = s.status and r.slot >= $1 group by s.status order by s.status",
    );
    Ok(rows.bind(since).fetch_all(pool).await?)
}

/// Open alerts by the first part of their key: what kind of trouble, not of which slot. A kind that has ended counts 0, so that
/// what was counted before does not stay.
///
/// # Errors
/// Postgres fails.
pub async fn alerts(pool: &PgPool) -> Result<Vec<(String, i64)>, LedgerError> {
    let rows = sqlx::query_as(
        "select split_part(key, '/', 1), count(*) filter (where ended_at is null) from alerts group by 1 order by 1",
    );
    Ok(rows.fetch_all(pool).await?)
}

/// Machines, and whether they are held at `now`.
///
/// # Errors
/// Postgres fails.
pub async fn holds(pool: &PgPool, now: DateTime<Utc>) -> Result<Vec<(String, bool)>, LedgerError> {
    let rows = sqlx::query_as(
        "select machine, bool_or(released_at is null and expires_at > $1) from holds group by machine order by machine",
    );
    Ok(rows.bind(now).fetch_all(pool).await?)
}
