//! Refunds as they are there.

use chrono::{DateTime, Utc};
use sqlx::{FromRow, PgConnection, PgExecutor};

use crate::billing::facts::Refund;

/// Of a refund, what is compared with what is there.
#[derive(Debug, Clone, FromRow)]
pub struct Compared {
    /// Its id there.
    pub stripe_id: String,
    /// pending, succeeded, failed, canceled …
    pub status: String,
    /// Amount, positive.
    pub amount_cents: i64,
}

/// Refunds since an instant, as far as they are compared with what is there.
///
/// # Errors
/// Postgres fails.
pub async fn since(
    db: impl PgExecutor<'_>,
    livemode: bool,
    instant: DateTime<Utc>,
) -> sqlx::Result<Vec<Compared>> {
    sqlx::query_as(
        "select r.stripe_id, r.status, r.amount_cents from billing_refunds r
         join billing_customers c on c.stripe_id = r.customer_stripe_id
         where c.livemode = $1 and r.created_at >= $2 order by r.created_at, r.stripe_id",
    )
    .bind(livemode)
    .bind(instant)
    .fetch_all(db)
    .await
}

/// Makes the row of a refund what it is there; the invoice is found by its payment.
///
/// # Errors
/// Postgres fails.
pub async fn upsert(
    db: &mut PgConnection,
    r: &Refund,
    customer: &str,
    account: Option<i64>,
    now: DateTime<Utc>,
) -> sqlx::Result<()> {
    sqlx::query(
        "insert into billing_refunds (stripe_id, customer_stripe_id, customer_id, invoice_stripe_id, charge_id, status, currency,
             amount_cents, reason, created_at, synced_at)
         values ($1, $2, $3, (select stripe_id from billing_invoices where payment_intent_id = $4 limit 1), $5, $6, $7, $8,
             $9, $10, $11)
         on conflict (stripe_id) do update set status = $6, amount_cents = $8,
             invoice_stripe_id = coalesce(excluded.invoice_stripe_id, billing_refunds.invoice_stripe_id), synced_at = $11",
    )
    .bind(&r.stripe_id)
    .bind(customer)
    .bind(account)
    .bind(&r.payment_intent_id)
    .bind(&r.charge_id)
    .bind(&r.status)
    .bind(&r.currency)
    .bind(r.amount_cents)
    .bind(&r.reason)
    .bind(r.created_at)
    .bind(now)
    .execute(db)
    .await?;
    Ok(())
}
