//! Orders to the provider.

use chrono::{DateTime, Utc};
use serde_json::Value;
use sqlx::types::Json;
use sqlx::{FromRow, PgConnection, PgExecutor};

use crate::billing::gateway::ask::{Answer, Ask};

/// An order.
#[derive(Debug, Clone, FromRow)]
pub struct Row {
    /// Its number.
    pub id: i64,
    /// Its idempotency key.
    pub key: String,
    /// One at a time for each.
    pub waits_for: String,
    /// Who is read again afterwards.
    pub customer_stripe_id: Option<String>,
    /// Their account.
    pub customer_id: Option<i64>,
    /// What is asked, in order.
    pub asks: Json<Vec<Ask>>,
    /// As in the audit log.
    pub action: String,
    /// To whom or what.
    pub subject: String,
    /// Who ordered it.
    pub actor: String,
    /// Why.
    pub reason: String,
    /// From where.
    pub address: String,
    /// What else there is to tell.
    pub detail: Json<Value>,
    /// sent, done, refused, unclear.
    pub state: String,
    /// When it was placed.
    pub made_at: DateTime<Utc>,
    /// It is not sent again afterwards.
    pub good_until_at: DateTime<Utc>,
    /// How often it was sent.
    pub tries: i32,
    /// How often it was refused and placed again.
    pub refusals: i32,
    /// What came of it.
    pub answers: Json<Vec<Answer>>,
    /// Why it was refused, or is not settled.
    pub error: String,
}

/// An order that is to be written down.
#[derive(Debug, Clone, Copy)]
pub struct New<'a> {
    /// Its idempotency key.
    pub key: &'a str,
    /// One at a time for each.
    pub waits_for: &'a str,
    /// Who is read again afterwards.
    pub customer_stripe_id: Option<&'a str>,
    /// Their account.
    pub customer_id: Option<i64>,
    /// What is asked.
    pub asks: &'a Vec<Ask>,
    /// As in the audit log.
    pub action: &'a str,
    /// To whom or what.
    pub subject: &'a str,
    /// Who orders it.
    pub actor: &'a str,
    /// Why.
    pub reason: &'a str,
    /// From where.
    pub address: &'a str,
    /// What else there is to tell.
    pub detail: &'a Value,
    /// It is not sent again afterwards.
    pub good_until_at: DateTime<Utc>,
    /// Before, the worker leaves it alone.
    pub next_try_at: DateTime<Utc>,
}

const COLUMNS: &str =
    "id, key, waits_for, customer_stripe_id, customer_id, asks, action, subject, actor, reason, address,
     detail, state, made_at, good_until_at, tries, refusals, answers, error";

/// Writes an order down; one with this key is that order. One that was refused is on its way again.
///
/// # Errors
/// Postgres fails.
pub async fn place(db: impl PgExecutor<'_>, new: &New<'_>, now: DateTime<Utc>) -> sqlx::Result<Row> {
    let sql = format!(
        "insert into billing_orders as o (key, waits_for, customer_stripe_id, customer_id, asks, action, subject, actor, reason,
             address, detail, state, made_at, good_until_at, next_try_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, 'sent', $12, $13, $14)
         on conflict (key) do update set
             tries = o.tries + 1,
             refusals = o.refusals + (o.state = 'refused')::int,
             good_until_at = case when o.state = 'refused' then $13 else o.good_until_at end,
             state = case when o.state = 'refused' then 'sent' else o.state end,
             settled_at = case when o.state = 'refused' then null else o.settled_at end,
             next_try_at = case when o.state in ('refused', 'sent') then $14 else o.next_try_at end
         returning {COLUMNS}"
    );
    sqlx::query_as(sqlx::AssertSqlSafe(sql))
        .bind(new.key)
        .bind(new.waits_for)
        .bind(new.customer_stripe_id)
        .bind(new.customer_id)
        .bind(Json(new.asks))
        .bind(new.action)
        .bind(new.subject)
        .bind(new.actor)
        .bind(new.reason)
        .bind(new.address)
        .bind(Json(new.detail))
        .bind(now)
        .bind(new.good_until_at)
        .bind(new.next_try_at)
        .fetch_one(db)
        .await
}

/// An order.
///
/// # Errors
/// Postgres fails.
pub async fn one(db: impl PgExecutor<'_>, id: i64) -> sqlx::Result<Option<Row>> {
    let sql = format!("select {COLUMNS} from billing_orders where id = $1");
    sqlx::query_as(sqlx::AssertSqlSafe(sql)).bind(id).fetch_optional(db).await
}

/// The order with a key.
///
/// # Errors
/// Postgres fails.
pub async fn by_key(db: impl PgExecutor<'_>, key: &str) -> sqlx::Result<Option<Row>> {
    let sql = format!("select {COLUMNS} from billing_orders where key = $1");
    sqlx::query_as(sqlx::AssertSqlSafe(sql)).bind(key).fetch_optional(db).await
}

/// Takes orders that were left; they are due again in a minute.
///
/// # Errors
/// Postgres fails.
pub async fn due(db: impl PgExecutor<'_>, now: DateTime<Utc>, limit: i64) -> sqlx::Result<Vec<i64>> {
    sqlx::query_scalar(
        "update billing_orders set tries = tries + 1, next_try_at = $1 + interval '1 minute'
         where id in (select id from billing_orders where state = 'sent' and next_try_at <= $1
                      order by id limit $2 for update skip locked)
         returning id",
    )
    .bind(now)
    .bind(limit)
    .fetch_all(db)
    .await
}

/// Notes what came of an order.
///
/// # Errors
/// Postgres fails.
pub async fn settle(
    db: &mut PgConnection,
    id: i64,
    state: &str,
    answers: &[Answer],
    error: &str,
    now: DateTime<Utc>,
) -> sqlx::Result<()> {
    sqlx::query(
        "update billing_orders set state = $2, answers = $3, error = $4, settled_at = $5 where id = $1",
    )
    .bind(id)
    .bind(state)
    .bind(Json(answers))
    .bind(error)
    .bind(now)
    .execute(db)
    .await?;
    Ok(())
}

/// Notes that no answer came, and when the order is sent again.
///
/// # Errors
/// Postgres fails.
pub async fn waits(
    db: impl PgExecutor<'_>,
    id: i64,
    error: &str,
    next_try_at: DateTime<Utc>,
) -> sqlx::Result<()> {
    sqlx::query("update billing_orders set error = $2, next_try_at = $3 where id = $1 and state = 'sent'")
        .bind(id)
        .bind(error)
        .bind(next_try_at)
        .execute(db)
        .await?;
    Ok(())
}
