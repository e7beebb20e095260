//! All SQL of the programming interface: keys and what they were used for; in [`lists`] what they read.

pub mod lists;

use chrono::{DateTime, NaiveDate, Utc};
use sqlx::{FromRow, PgPool};

use super::rows::UsageV1;

/// A key as its checks need it.
#[derive(Debug, Clone, FromRow)]
pub struct KeyRow {
    /// Its id.
    pub id: i64,
    /// Whose it is.
    pub customer_id: i64,
    /// Their role.
    pub role: String,
    /// What it allows.
    pub scopes: Vec<String>,
    /// First instant at which it no longer counts.
    pub expires_at: DateTime<Utc>,
    /// Since when it is revoked.
    pub revoked_at: Option<DateTime<Utc>>,
}

/// The key with this fingerprint; none of an account that is going to be erased.
///
/// # Errors
/// Postgres fails.
pub async fn key(pool: &PgPool, fingerprint: &[u8]) -> sqlx::Result<Option<KeyRow>> {
    sqlx::query_as(
        "select k.id, k.customer_id, c.role, k.scopes, k.expires_at, k.revoked_at
         from api_keys k join customers c on c.id = k.customer_id
         where k.key_sha256 = $1 and c.erase_at is null",
    )
    .bind(fingerprint)
    .fetch_optional(pool)
    .await
}

/// Counts one call of a customer, if fewer than `quota` were made on that day, and says how many it makes; `None` where
/// the quota is used up. One statement, so that no two calls can take the same place, whichever instance they come to.
///
/// # Errors
/// Postgres fails.
pub async fn count_call(
    pool: &PgPool,
    key: &KeyRow,
    used_on: NaiveDate,
    endpoint: &str,
    quota: i64,
) -> sqlx::Result<Option<i64>> {
    sqlx::query_scalar(
        "with counted as (
             insert into api_quota as q (customer_id, used_on, calls) values ($1, $2, 1)
             on conflict (customer_id, used_on) do update set calls = q.calls + 1 where q.calls < $4
             returning calls),
         used as (
             insert into api_usage as u (customer_id, used_on, endpoint, calls, refused)
             select $1, $2, $3, count(*), 1 - count(*) from counted
             on conflict (customer_id, used_on, endpoint)
             do update set calls = u.calls + excluded.calls, refused = u.refused + excluded.refused),
         marked as (update api_keys set used_on = $2 where id = $5 and used_on is distinct from $2)
         select calls from counted",
    )
    .bind(key.customer_id)
    .bind(used_on)
    .bind(endpoint)
    .bind(quota)
    .bind(key.id)
    .fetch_optional(pool)
    .await
}

/// A key as its owner sees it.
#[derive(Debug, Clone, FromRow)]
pub struct OwnKeyRow {
    /// Its id.
    pub id: i64,
    /// Its name.
    pub name: String,
    /// How it starts.
    pub hint: String,
    /// What it allows.
    pub scopes: Vec<String>,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// First instant at which it no longer counts.
    pub expires_at: DateTime<Utc>,
    /// Since when it is revoked.
    pub revoked_at: Option<DateTime<Utc>>,
    /// The last day on which it was used.
    pub used_on: Option<NaiveDate>,
}

/// A customer's keys, the newest first.
///
/// # Errors
/// Postgres fails.
pub async fn keys(pool: &PgPool, customer_id: i64) -> sqlx::Result<Vec<OwnKeyRow>> {
    sqlx::query_as(
        "select id, name, hint, scopes, created_at, expires_at, revoked_at, used_on from api_keys
         where customer_id = $1 order by id desc limit 100",
    )
    .bind(customer_id)
    .fetch_all(pool)
    .await
}

/// A key to be stored.
pub struct NewKey<'a> {
    /// Whose.
    pub customer_id: i64,
    /// Its name.
    pub name: &'a str,
    /// How it starts.
    pub hint: &'a str,
    /// Its SHA-256.
    pub fingerprint: &'a [u8],
    /// What it allows.
    pub scopes: &'a [String],
    /// Now.
    pub created_at: DateTime<Utc>,
    /// First instant at which it no longer counts.
    pub expires_at: DateTime<Utc>,
}

/// Stores a key, unless the customer has `most` that count already; says whether it did.
///
/// # Errors
/// Postgres fails.
pub async fn store_key(pool: &PgPool, key: &NewKey<'_>, most: i64) -> sqlx::Result<bool> {
    let done = sqlx::query(
        "insert into api_keys (customer_id, name, hint, key_sha256, scopes, created_at, expires_at)
         select $1, $2, $3, $4, $5, $6, $7
         where (select count(*) from api_keys where customer_id = $1 and revoked_at is null and expires_at > $6) < $8",
    )
    .bind(key.customer_id)
    .bind(key.name)
    .bind(key.hint)
    .bind(key.fingerprint)
    .bind(key.scopes)
    .bind(key.created_at)
    .bind(key.expires_at)
    .bind(most)
    .execute(pool)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Revokes a customer's key; says whether it was theirs and not revoked before.
///
/// # Errors
/// Postgres fails.
pub async fn revoke_key(pool: &PgPool, customer_id: i64, id: i64, now: DateTime<Utc>) -> sqlx::Result<bool> {
    let done = sqlx::query(
        "update api_keys set revoked_at = $3 where customer_id = $1 and id = $2 and revoked_at is null",
    )
    .bind(customer_id)
    .bind(id)
    .bind(now)
    .execute(pool)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// A customer's usage, newest day first, after a position in that order.
///
/// # Errors
/// Postgres fails.
pub async fn usage(
    pool: &PgPool,
    customer_id: i64,
    after: Option<&(NaiveDate, String)>,
    limit: i64,
) -> sqlx::Result<Vec<UsageV1>> {
    sqlx::query_as(
        "select used_on as date, endpoint, calls, refused from api_usage
         where customer_id = $1 and ($2::date is null or used_on < $2 or used_on = $2 and endpoint > $3)
         order by used_on desc, endpoint limit $4",
    )
    .bind(customer_id)
    .bind(after.map(|(day, _)| *day))
    .bind(after.map(|(_, endpoint)| endpoint.as_str()))
    .bind(limit)
    .fetch_all(pool)
    .await
}

/// Calls that a customer has made on a day.
///
/// # Errors
/// Postgres fails.
pub async fn calls_on(pool: &PgPool, customer_id: i64, day: NaiveDate) -> sqlx::Result<i64> {
    let calls: Option<i64> =
        sqlx::query_scalar("select calls from api_quota where customer_id = $1 and used_on = $2")
            .bind(customer_id)
            .bind(day)
            .fetch_optional(pool)
            .await?;
    Ok(calls.unwrap_or_default())
}
