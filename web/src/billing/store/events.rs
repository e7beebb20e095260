//! What the provider said, in the order in which it is to be handled.

use chrono::{DateTime, Utc};
use sqlx::types::Json;
use sqlx::{FromRow, PgExecutor};

/// An event that was received.
#[derive(Debug, Clone)]
pub struct NewEvent<'a> {
    /// Its id there.
    pub stripe_id: &'a str,
    /// What happened.
    pub kind: &'a str,
    /// When, there.
    pub created_at: DateTime<Utc>,
    /// Whether real money moves.
    pub livemode: bool,
    /// Whose.
    pub customer_stripe_id: Option<&'a str>,
    /// To what.
    pub object_id: Option<&'a str>,
    /// All of it.
    pub body: &'a serde_json::Value,
}

/// An event that is to be handled.
#[derive(Debug, Clone, FromRow)]
pub struct EventRow {
    /// Its id there.
    pub stripe_id: String,
    /// What happened.
    pub kind: String,
    /// When, there.
    pub created_at: DateTime<Utc>,
    /// Whose.
    pub customer_stripe_id: Option<String>,
    /// To what.
    pub object_id: Option<String>,
    /// All of it.
    pub body: Json<serde_json::Value>,
    /// Tries, this one included.
    pub tries: i32,
}

/// Stores an event; one that is known is only counted. Says whether it is new.
///
/// # Errors
/// Postgres fails.
pub async fn insert(db: impl PgExecutor<'_>, event: &NewEvent<'_>, now: DateTime<Utc>) -> sqlx::Result<bool> {
    let deliveries: i32 = sqlx::query_scalar(
        "insert into billing_events (stripe_id, kind, created_at, livemode, customer_stripe_id, object_id, body, received_at,
             next_try_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $8)
         on conflict (stripe_id) do update set deliveries = billing_events.deliveries + 1
         returning deliveries",
    )
    .bind(event.stripe_id)
    .bind(event.kind)
    .bind(event.created_at)
    .bind(event.livemode)
    .bind(event.customer_stripe_id)
    .bind(event.object_id)
    .bind(Json(event.body))
    .bind(now)
    .fetch_one(db)
    .await?;
    Ok(deliveries == 1)
}

/// Takes events that are due: until `leased_until` nobody else takes them.
///
/// # Errors
/// Postgres fails.
pub async fn claim(
    db: impl PgExecutor<'_>,
    now: DateTime<Utc>,
    leased_until: DateTime<Utc>,
    limit: i64,
) -> sqlx::Result<Vec<EventRow>> {
    sqlx::query_as(
        "update billing_events set tries = tries + 1, next_try_at = $2
         where stripe_id in (select stripe_id from billing_events where handled_at is null and next_try_at <= $1
                             order by created_at, stripe_id limit $3 for update skip locked)
         returning stripe_id, kind, created_at, customer_stripe_id, object_id, body, tries",
    )
    .bind(now)
    .bind(leased_until)
    .bind(limit)
    .fetch_all(db)
    .await
}

/// Notes that events have been handled; `note` says what is worth knowing.
///
/// # Errors
/// Postgres fails.
pub async fn handled(
    db: impl PgExecutor<'_>,
    ids: &[String],
    note: &str,
    now: DateTime<Utc>,
) -> sqlx::Result<()> {
    sqlx::query("update billing_events set handled_at = $2, error = $3 where stripe_id = any($1)")
        .bind(ids)
        .bind(now)
        .bind(note)
        .execute(db)
        .await?;
    Ok(())
}

/// Notes that a try failed, and when the next is due.
///
/// # Errors
/// Postgres fails.
pub async fn failed(
    db: impl PgExecutor<'_>,
    ids: &[String],
    error: &str,
    next_try_at: DateTime<Utc>,
) -> sqlx::Result<()> {
    sqlx::query("update billing_events set error = $2, next_try_at = $3 where stripe_id = any($1)")
        .bind(ids)
        .bind(error)
        .bind(next_try_at)
        .execute(db)
        .await?;
    Ok(())
}
