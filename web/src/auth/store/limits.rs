//! All SQL of the counters of tries.

use chrono::{DateTime, Utc};
use sqlx::PgPool;

/// Counts one try for each (subject, span in seconds, most) and says how many that makes in the span that runs: it
/// begins with the first try after the last one has ended.
///
/// # Errors
/// Postgres fails.
pub async fn count(
    pool: &PgPool,
    counters: &[(Vec<u8>, i32, i32)],
    now: DateTime<Utc>,
) -> sqlx::Result<Vec<(Vec<u8>, i32, i32)>> {
    sqlx::query_as(
        "insert into attempts as a (subject, span_s, started_at, tries)
         select subject, span, $3, 1 from unnest($1::bytea[], $2::integer[]) as t (subject, span)
         on conflict (subject, span_s) do update set
             tries = case when a.started_at + make_interval(secs => a.span_s) <= $3 then 1
                          else least(a.tries, 1000000) + 1 end,
             started_at = case when a.started_at + make_interval(secs => a.span_s) <= $3 then $3 else a.started_at end
         returning subject, span_s, tries",
    )
    .bind(counters.iter().map(|(subject, ..)| subject.clone()).collect::<Vec<_>>())
    .bind(counters.iter().map(|(_, span, _)| *span).collect::<Vec<_>>())
    .bind(now)
    .fetch_all(pool)
    .await
}

/// Forgets a subject's tries.
///
/// # Errors
/// Postgres fails.
pub async fn forget(pool: &PgPool, subject: &[u8]) -> sqlx::Result<()> {
    sqlx::query("delete from attempts where subject = $1").bind(subject).execute(pool).await?;
    Ok(())
}

/// Drops counters whose span has ended.
///
/// # Errors
/// Postgres fails.
pub async fn tidy(pool: &PgPool, now: DateTime<Utc>) -> sqlx::Result<u64> {
    let done = sqlx::query("delete from attempts where started_at + make_interval(secs => span_s) <= $1")
        .bind(now)
        .execute(pool)
        .await?;
    Ok(done.rows_affected())
}
