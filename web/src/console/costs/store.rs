//! All SQL of costs. Reads what the ledger writes.

use chrono::{DateTime, Utc};
use sqlx::{FromRow, PgPool};

/// How long the machines of a slot's stages were on, all attempts together.
#[derive(Debug, Clone, FromRow)]
pub struct Used {
    /// The slot's close.
    pub closes_at: DateTime<Utc>,
    /// Seconds of the collector.
    pub collect_s: f64,
    /// Seconds of the split.
    pub split_s: f64,
    /// Seconds of the ML machine.
    pub predict_s: f64,
    /// Attempts of all stages.
    pub attempts: i64,
}

/// The slots that closed within this time, oldest first. An attempt counts from when it was asked for until it ended; one
/// that runs counts until `now`.
///
/// # Errors
/// Postgres fails.
pub async fn used(pool: &PgPool, from: DateTime<Utc>, now: DateTime<Utc>) -> sqlx::Result<Vec<Used>> {
    sqlx::query_as(
        "with attempts as (
           select slot, stage, attempt, min(at) filter (where to_state in ('starting', 'running')) as begun_at,
                  max(at) filter (where to_state in ('succeeded', 'partial', 'failed', 'skipped')) as ended_at
           from transitions where slot >= $1 and slot <= $2 and attempt > 0 group by slot, stage, attempt),
         times as (select slot, stage, extract(epoch from coalesce(ended_at, $2) - begun_at)::float8 as seconds
           from attempts where begun_at is not null)
         select slot as closes_at, coalesce(sum(seconds) filter (where stage = 'collect'), 0) as collect_s,
             coalesce(sum(seconds) filter (where stage = 'split'), 0) as split_s,
             coalesce(sum(seconds) filter (where stage = 'predict'), 0) as predict_s, count(*) as attempts
         from times group by slot order by slot",
    )
    .bind(from)
    .bind(now)
    .fetch_all(pool)
    .await
}
