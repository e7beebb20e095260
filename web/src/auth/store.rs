//! All SQL of accounts and sessions.

use chrono::{DateTime, Utc};
use domain::Tier;
use sqlx::{FromRow, PgPool};

use crate::access::{Role, Subscription, Who};

/// An account that is signed in.
#[derive(Debug, Clone)]
pub struct Account {
    /// Its id.
    pub id: i64,
    /// Its address, as typed at registration.
    pub email: String,
    /// What decides what it sees.
    pub who: Who,
    /// When it was made.
    pub created_at: DateTime<Utc>,
}

#[derive(FromRow)]
struct AccountRow {
    id: i64,
    email: String,
    role: String,
    created_at: DateTime<Utc>,
}

#[derive(FromRow)]
struct SubscriptionRow {
    tier: String,
    status: String,
    starts_at: DateTime<Utc>,
    ends_at: Option<DateTime<Utc>>,
}

/// The account whose session has this fingerprint, if the session has not ended at `now`.
///
/// # Errors
/// Postgres fails.
pub async fn load_account(
    pool: &PgPool,
    fingerprint: &[u8],
    now: DateTime<Utc>,
) -> sqlx::Result<Option<Account>> {
    let row: Option<AccountRow> = sqlx::query_as(
        "select c.id, c.email, c.role, c.created_at from sessions s join customers c on c.id = s.customer_id
         where s.key_sha256 = $1 and s.expires_at > $2",
    )
    .bind(fingerprint)
    .bind(now)
    .fetch_optional(pool)
    .await?;
    let Some(row) = row else { return Ok(None) };
    let who = load_who(pool, row.id, &row.role).await?;
    Ok(Some(Account { id: row.id, email: row.email, who, created_at: row.created_at }))
}

/// What decides what a customer with this role sees.
///
/// # Errors
/// Postgres fails.
pub async fn load_who(pool: &PgPool, customer_id: i64, role: &str) -> sqlx::Result<Who> {
    let bought: Vec<SubscriptionRow> =
        sqlx::query_as("select tier, status, starts_at, ends_at from subscriptions where customer_id = $1")
            .bind(customer_id)
            .fetch_all(pool)
            .await?;
    let subscriptions = bought.into_iter().filter_map(subscription).collect();
    Ok(Who::Customer { role: Role::parse(role), subscriptions })
}

/// A tier that this version does not know gives nothing.
fn subscription(row: SubscriptionRow) -> Option<Subscription> {
    let tier: Tier = row.tier.parse().ok()?;
    Some(Subscription { tier, status: row.status, starts_at: row.starts_at, ends_at: row.ends_at })
}

/// Id and password hash of the account with this address, whatever its case.
///
/// # Errors
/// Postgres fails.
pub async fn load_password(pool: &PgPool, email: &str) -> sqlx::Result<Option<(i64, String)>> {
    sqlx::query_as("select id, password_hash from customers where lower(email) = lower($1)")
        .bind(email)
        .fetch_optional(pool)
        .await
}

/// Stores a new account; `None` when the address is taken.
///
/// # Errors
/// Postgres fails.
pub async fn store_customer(
    pool: &PgPool,
    email: &str,
    password_hash: &str,
    role: Role,
    now: DateTime<Utc>,
) -> sqlx::Result<Option<i64>> {
    sqlx::query_scalar(
        "insert into customers (email, password_hash, role, created_at) values ($1, $2, $3, $4)
         on conflict do nothing returning id",
    )
    .bind(email)
    .bind(password_hash)
    .bind(role.as_str())
    .bind(now)
    .fetch_optional(pool)
    .await
}

/// Gives a customer a tier from `now` on, without end.
///
/// # Errors
/// Postgres fails.
pub async fn store_subscription(
    pool: &PgPool,
    customer_id: i64,
    tier: Tier,
    now: DateTime<Utc>,
) -> sqlx::Result<()> {
    sqlx::query(
        "insert into subscriptions (customer_id, tier, status, starts_at) values ($1, $2, 'active', $3)",
    )
    .bind(customer_id)
    .bind(tier.as_str())
    .bind(now)
    .execute(pool)
    .await?;
    Ok(())
}

/// Stores a session and drops those that have ended.
///
/// # Errors
/// Postgres fails.
pub async fn store_session(
    pool: &PgPool,
    customer_id: i64,
    fingerprint: &[u8],
    now: DateTime<Utc>,
    expires_at: DateTime<Utc>,
) -> sqlx::Result<()> {
    sqlx::query("delete from sessions where expires_at <= $1").bind(now).execute(pool).await?;
    sqlx::query(
        "insert into sessions (key_sha256, customer_id, created_at, expires_at) values ($1, $2, $3, $4)",
    )
    .bind(fingerprint)
    .bind(customer_id)
    .bind(now)
    .bind(expires_at)
    .execute(pool)
    .await?;
    Ok(())
}

/// Ends a session.
///
/// # Errors
/// Postgres fails.
pub async fn delete_session(pool: &PgPool, fingerprint: &[u8]) -> sqlx::Result<()> {
    sqlx::query("delete from sessions where key_sha256 = $1").bind(fingerprint).execute(pool).await?;
    Ok(())
}
