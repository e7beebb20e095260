//! Lives of subscriptions, and the access that follows from them.

use chrono::{DateTime, Utc};
use sqlx::types::Json;
use sqlx::{PgConnection, PgExecutor};

use crate::billing::entitlement::{Dated, Span};
use crate::billing::facts::Snapshot;

/// All that is known of a subscription's life.
///
/// # Errors
/// Postgres fails.
pub async fn life(db: impl PgExecutor<'_>, subscription: &str) -> sqlx::Result<Vec<Dated>> {
    let rows: Vec<(DateTime<Utc>, String, Json<Snapshot>)> = sqlx::query_as(
        "select as_of_at, source, body from billing_snapshots where subscription_stripe_id = $1 order by as_of_at, source",
    )
    .bind(subscription)
    .fetch_all(db)
    .await?;
    let dated = |(as_of_at, source, Json(snapshot))| Dated { as_of_at, source, snapshot };
    Ok(rows.into_iter().map(dated).collect())
}

/// The lives of all subscriptions of an account.
///
/// # Errors
/// Postgres fails.
pub async fn lives_of(db: impl PgExecutor<'_>, account: i64) -> sqlx::Result<Vec<Vec<Dated>>> {
    let rows: Vec<(String, DateTime<Utc>, String, Json<Snapshot>)> = sqlx::query_as(
        "select n.subscription_stripe_id, n.as_of_at, n.source, n.body
         from billing_snapshots n join billing_subscriptions s on s.stripe_id = n.subscription_stripe_id
         where s.customer_id = $1 order by n.subscription_stripe_id, n.as_of_at, n.source",
    )
    .bind(account)
    .fetch_all(db)
    .await?;
    let mut lives: Vec<(String, Vec<Dated>)> = Vec::new();
    for (subscription, as_of_at, source, Json(snapshot)) in rows {
        let dated = Dated { as_of_at, source, snapshot };
        match lives.last_mut().filter(|(id, _)| *id == subscription) {
            Some((_, life)) => life.push(dated),
            None => lives.push((subscription, vec![dated])),
        }
    }
    Ok(lives.into_iter().map(|(_, life)| life).collect())
}

/// Adds a snapshot; one that is known stays as it is.
///
/// # Errors
/// Postgres fails.
pub async fn add_snapshot(db: &mut PgConnection, dated: &Dated) -> sqlx::Result<()> {
    sqlx::query(
        "insert into billing_snapshots (subscription_stripe_id, as_of_at, source, body) values ($1, $2, $3, $4)
         on conflict do nothing",
    )
    .bind(&dated.snapshot.stripe_id)
    .bind(dated.as_of_at)
    .bind(&dated.source)
    .bind(Json(&dated.snapshot))
    .execute(db)
    .await?;
    Ok(())
}

/// Puts the access that a subscription gives in place of what it gave before.
///
/// # Errors
/// Postgres fails.
pub async fn replace(
    db: &mut PgConnection,
    account: Option<i64>,
    subscription: &str,
    spans: &[Span],
) -> sqlx::Result<()> {
    sqlx::query("delete from billing_access where subscription_stripe_id = $1")
        .bind(subscription)
        .execute(&mut *db)
        .await?;
    let Some(account) = account else { return Ok(()) };
    for span in spans {
        sqlx::query(
            "insert into billing_access (customer_id, subscription_stripe_id, tier, starts_at, ends_at, reason)
             values ($1, $2, $3, $4, $5, $6)",
        )
        .bind(account)
        .bind(subscription)
        .bind(span.tier.as_str())
        .bind(span.starts_at)
        .bind(span.ends_at)
        .bind(span.reason.as_str())
        .execute(&mut *db)
        .await?;
    }
    Ok(())
}

/// When the access that holds at `at` ends, and why it is given.
///
/// # Errors
/// Postgres fails.
pub async fn at(
    db: impl PgExecutor<'_>,
    account: i64,
    at: DateTime<Utc>,
) -> sqlx::Result<Option<(String, DateTime<Utc>, String)>> {
    sqlx::query_as(
        "select a.tier, a.ends_at, a.reason from billing_access a join tiers t using (tier)
         where a.customer_id = $1 and a.starts_at <= $2 and $2 < a.ends_at order by t.rank desc limit 1",
    )
    .bind(account)
    .bind(at)
    .fetch_optional(db)
    .await
}
