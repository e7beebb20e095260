//! Withdrawals from a contract.

use chrono::{DateTime, Utc};
use sqlx::{FromRow, PgConnection, PgExecutor};

/// A withdrawal, with the sum that was worked out and how.
#[derive(Debug, Clone, FromRow)]
pub struct WithdrawalRow {
    /// The subscription.
    pub subscription_stripe_id: String,
    /// When it was asked for.
    pub asked_at: DateTime<Utc>,
    /// What was paid.
    pub paid_cents: i64,
    /// Currency.
    pub currency: String,
    /// How long the service was used, of …
    pub used_seconds: i64,
    /// … the length of the paid period.
    pub period_seconds: i64,
    /// What is given back.
    pub refund_cents: i64,
    /// The refunds there.
    pub refund_stripe_ids: Vec<String>,
    /// When it was done.
    pub done_at: Option<DateTime<Utc>>,
}

/// The withdrawal from a subscription.
///
/// # Errors
/// Postgres fails.
pub async fn of(db: impl PgExecutor<'_>, subscription: &str) -> sqlx::Result<Option<WithdrawalRow>> {
    sqlx::query_as(
        "select subscription_stripe_id, asked_at, paid_cents, currency::text as currency, used_seconds, period_seconds,
             refund_cents, refund_stripe_ids, done_at
         from billing_withdrawals where subscription_stripe_id = $1",
    )
    .bind(subscription)
    .fetch_optional(db)
    .await
}

/// Writes down a withdrawal before it is carried out; one that is written down stays as it is.
///
/// # Errors
/// Postgres fails.
pub async fn ask(db: &mut PgConnection, account: i64, row: &WithdrawalRow) -> sqlx::Result<()> {
    sqlx::query(
        "insert into billing_withdrawals (customer_id, subscription_stripe_id, asked_at, paid_cents, currency, used_seconds,
             period_seconds, refund_cents)
         values ($1, $2, $3, $4, $5, $6, $7, $8) on conflict (subscription_stripe_id) do nothing",
    )
    .bind(account)
    .bind(&row.subscription_stripe_id)
    .bind(row.asked_at)
    .bind(row.paid_cents)
    .bind(&row.currency)
    .bind(row.used_seconds)
    .bind(row.period_seconds)
    .bind(row.refund_cents)
    .execute(db)
    .await?;
    Ok(())
}

/// Notes that it was carried out.
///
/// # Errors
/// Postgres fails.
pub async fn done(
    db: &mut PgConnection,
    subscription: &str,
    refunds: &[String],
    now: DateTime<Utc>,
) -> sqlx::Result<()> {
    sqlx::query(
        "update billing_withdrawals set refund_stripe_ids = $2, done_at = $3 where subscription_stripe_id = $1 and done_at is null",
    )
    .bind(subscription)
    .bind(refunds)
    .bind(now)
    .execute(db)
    .await?;
    Ok(())
}
