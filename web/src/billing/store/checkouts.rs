//! Checkout pages that were opened.

use chrono::{DateTime, Utc};
use sqlx::{FromRow, PgConnection, PgExecutor};

/// A checkout page.
#[derive(Debug, Clone, FromRow)]
pub struct CheckoutRow {
    /// Its id there.
    pub session_id: String,
    /// What is bought.
    pub price_id: i64,
    /// The page.
    pub url: String,
    /// Until when it can be used.
    pub expires_at: DateTime<Utc>,
}

/// The page that is open for an account.
///
/// # Errors
/// Postgres fails.
pub async fn open(db: impl PgExecutor<'_>, account: i64) -> sqlx::Result<Option<CheckoutRow>> {
    sqlx::query_as(
        "select session_id, price_id, url, expires_at from billing_checkouts where customer_id = $1 and status = 'open'",
    )
    .bind(account)
    .fetch_optional(db)
    .await
}

/// How many pages were opened for an account.
///
/// # Errors
/// Postgres fails.
pub async fn count(db: impl PgExecutor<'_>, account: i64) -> sqlx::Result<i64> {
    sqlx::query_scalar("select count(*) from billing_checkouts where customer_id = $1")
        .bind(account)
        .fetch_one(db)
        .await
}

/// Stores a page that was opened.
///
/// # Errors
/// Postgres fails.
pub async fn insert(
    db: &mut PgConnection,
    account: i64,
    checkout: &CheckoutRow,
    now: DateTime<Utc>,
) -> sqlx::Result<()> {
    sqlx::query(
        "insert into billing_checkouts (session_id, customer_id, price_id, url, status, created_at, expires_at)
         values ($1, $2, $3, $4, 'open', $5, $6) on conflict (session_id) do nothing",
    )
    .bind(&checkout.session_id)
    .bind(account)
    .bind(checkout.price_id)
    .bind(&checkout.url)
    .bind(now)
    .bind(checkout.expires_at)
    .execute(db)
    .await?;
    Ok(())
}

/// Notes what came of a page.
///
/// # Errors
/// Postgres fails.
pub async fn settle(
    db: impl PgExecutor<'_>,
    session_id: &str,
    status: &str,
    subscription: Option<&str>,
) -> sqlx::Result<()> {
    sqlx::query(
        "update billing_checkouts set status = $2, subscription_stripe_id = coalesce($3, subscription_stripe_id)
         where session_id = $1",
    )
    .bind(session_id)
    .bind(status)
    .bind(subscription)
    .execute(db)
    .await?;
    Ok(())
}
