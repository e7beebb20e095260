//! Credit notes as they are there.

use chrono::{DateTime, Utc};
use sqlx::{PgConnection, PgExecutor};

use crate::billing::facts::CreditNote;

/// Makes the row of a credit note what it is there.
///
/// # Errors
/// Postgres fails.
pub async fn upsert(
    db: &mut PgConnection,
    n: &CreditNote,
    account: Option<i64>,
    now: DateTime<Utc>,
) -> sqlx::Result<()> {
    sqlx::query(
        "insert into billing_credit_notes (stripe_id, customer_stripe_id, customer_id, invoice_stripe_id, number, status, currency,
             amount_cents, refund_cents, refund_stripe_ids, pdf_url, reason, memo, created_at, synced_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)
         on conflict (stripe_id) do update set invoice_stripe_id = $4, number = $5, status = $6, currency = $7, amount_cents = $8,
             refund_cents = $9, refund_stripe_ids = $10, pdf_url = $11, reason = $12, memo = $13, synced_at = $15",
    )
    .bind(&n.stripe_id)
    .bind(&n.customer_stripe_id)
    .bind(account)
    .bind(&n.invoice_stripe_id)
    .bind(&n.number)
    .bind(&n.status)
    .bind(&n.currency)
    .bind(n.amount_cents)
    .bind(n.refund_cents)
    .bind(&n.refund_stripe_ids)
    .bind(&n.pdf_url)
    .bind(&n.reason)
    .bind(&n.memo)
    .bind(n.created_at)
    .bind(now)
    .execute(db)
    .await?;
    Ok(())
}

/// A customer's credit notes, the oldest first.
///
/// # Errors
/// Postgres fails.
pub async fn of_customer(db: impl PgExecutor<'_>, customer: &str) -> sqlx::Result<Vec<CreditNote>> {
    sqlx::query_as(
        "select stripe_id, customer_stripe_id, invoice_stripe_id, number, status, currency::text as currency, amount_cents,
             refund_cents, refund_stripe_ids, pdf_url, reason, memo, created_at
         from billing_credit_notes where customer_stripe_id = $1 order by created_at, stripe_id",
    )
    .bind(customer)
    .fetch_all(db)
    .await
}
