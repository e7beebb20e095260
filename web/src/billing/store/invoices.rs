//! Invoices as they are there.

use chrono::{DateTime, Utc};
use sqlx::types::Json;
use sqlx::{FromRow, PgConnection, PgExecutor};

use crate::billing::facts::{Invoice, Line};

/// An invoice there.
#[derive(Debug, Clone, FromRow)]
pub struct InvoiceRow {
    /// Its id there.
    pub stripe_id: String,
    /// Whose it is, there.
    pub customer_stripe_id: String,
    /// Whose it is.
    pub customer_id: Option<i64>,
    /// For which subscription.
    pub subscription_stripe_id: Option<String>,
    /// Its number.
    pub number: Option<String>,
    /// draft, open, paid, void, uncollectible.
    pub status: String,
    /// Currency.
    pub currency: String,
    /// After discounts and tax.
    pub total_cents: i64,
    /// Paid so far.
    pub amount_paid_cents: i64,
    /// To be paid.
    pub amount_due_cents: i64,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// When it was paid.
    pub paid_at: Option<DateTime<Utc>>,
    /// Its page.
    pub hosted_url: Option<String>,
    /// The same as PDF.
    pub pdf_url: Option<String>,
    /// The payment behind it.
    pub payment_intent_id: Option<String>,
    /// How often payment was tried.
    pub attempt_count: i64,
    /// When it is tried again.
    pub next_attempt_at: Option<DateTime<Utc>>,
    /// What it is for.
    pub lines: Json<Vec<Line>>,
    /// Given back of it so far, without what failed.
    pub refunded_cents: i64,
}

const INVOICE: &str = "select i.stripe_id, i.customer_stripe_id, i.customer_id, i.subscription_stripe_id, i.number, i.status,
        i.currency::text as currency, i.total_cents, i.amount_paid_cents, i.amount_due_cents, i.created_at, i.paid_at,
        i.hosted_url, i.pdf_url, i.payment_intent_id, i.attempt_count, i.next_attempt_at, i.lines,
        (select coalesce(sum(r.amount_cents), 0)::bigint from billing_refunds r
         where r.invoice_stripe_id = i.stripe_id and r.status not in ('failed', 'canceled')) as refunded_cents
     from billing_invoices i ";

/// An account's invoices, the newest first.
///
/// # Errors
/// Postgres fails.
pub async fn of(db: impl PgExecutor<'_>, account: i64, limit: i64) -> sqlx::Result<Vec<InvoiceRow>> {
    let sql = format!("{INVOICE} where i.customer_id = $1 order by i.created_at desc, i.stripe_id limit $2");
    sqlx::query_as(sqlx::AssertSqlSafe(sql)).bind(account).bind(limit).fetch_all(db).await
}

/// One invoice.
///
/// # Errors
/// Postgres fails.
pub async fn one(db: impl PgExecutor<'_>, stripe_id: &str) -> sqlx::Result<Option<InvoiceRow>> {
    let sql = format!("{INVOICE} where i.stripe_id = $1");
    sqlx::query_as(sqlx::AssertSqlSafe(sql)).bind(stripe_id).fetch_optional(db).await
}

/// A subscription's invoices, the newest first.
///
/// # Errors
/// Postgres fails.
pub async fn for_subscription(db: impl PgExecutor<'_>, subscription: &str) -> sqlx::Result<Vec<InvoiceRow>> {
    let sql =
        format!("{INVOICE} where i.subscription_stripe_id = $1 order by i.created_at desc, i.stripe_id");
    sqlx::query_as(sqlx::AssertSqlSafe(sql)).bind(subscription).fetch_all(db).await
}

/// Of an invoice, what is compared with what is there.
#[derive(Debug, Clone, FromRow)]
pub struct Compared {
    /// Its id there.
    pub stripe_id: String,
    /// draft, open, paid, void, uncollectible.
    pub status: String,
    /// After discounts and tax.
    pub total_cents: i64,
    /// Paid so far.
    pub amount_paid_cents: i64,
    /// To be paid.
    pub amount_due_cents: i64,
    /// Given back by credit notes after payment.
    pub credited_cents: i64,
}

/// A customer's invoices, as far as they are compared with what is there.
///
/// # Errors
/// Postgres fails.
pub async fn compared(db: impl PgExecutor<'_>, customer: &str) -> sqlx::Result<Vec<Compared>> {
    sqlx::query_as(
        "select stripe_id, status, total_cents, amount_paid_cents, amount_due_cents, credited_cents from billing_invoices
         where customer_stripe_id = $1 order by stripe_id",
    )
    .bind(customer)
    .fetch_all(db)
    .await
}

/// Payments of a customer of which something was given back, as far as a refund or a credit note says so.
///
/// # Errors
/// Postgres fails.
pub async fn refunded_payments(db: impl PgExecutor<'_>, customer: &str) -> sqlx::Result<Vec<String>> {
    sqlx::query_scalar(
        "select i.payment_intent_id from billing_invoices i
         where i.customer_stripe_id = $1 and i.payment_intent_id is not null
           and (exists (select from billing_refunds r where r.invoice_stripe_id = i.stripe_id)
                or exists (select from billing_credit_notes n where n.invoice_stripe_id = i.stripe_id and n.refund_cents > 0))",
    )
    .bind(customer)
    .fetch_all(db)
    .await
}

/// The customers there whose invoices were paid by these payments, each with its payment.
///
/// # Errors
/// Postgres fails.
pub async fn customers_of_payments(
    db: impl PgExecutor<'_>,
    payments: &[String],
) -> sqlx::Result<Vec<(String, String)>> {
    sqlx::query_as(
        "select payment_intent_id, customer_stripe_id from billing_invoices where payment_intent_id = any($1)",
    )
    .bind(payments)
    .fetch_all(db)
    .await
}

/// Makes the row of an invoice what it is there.
///
/// # Errors
/// Postgres fails.
pub async fn upsert(
    db: &mut PgConnection,
    i: &Invoice,
    account: Option<i64>,
    now: DateTime<Utc>,
) -> sqlx::Result<()> {
    sqlx::query(
        "insert into billing_invoices (stripe_id, customer_stripe_id, customer_id, subscription_stripe_id, livemode, number,
             status, billing_reason, currency, subtotal_cents, discount_cents, tax_cents, total_cents, amount_paid_cents,
             amount_due_cents, credited_cents, starting_balance_cents, ending_balance_cents, created_at, finalized_at,
             paid_at, period_start_at, period_end_at, hosted_url, pdf_url, payment_intent_id, attempt_count,
             next_attempt_at, lines, synced_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23,
             $24, $25, $26, $27, $28, $29, $30)
         on conflict (stripe_id) do update set subscription_stripe_id = $4, number = $6, status = $7, billing_reason = $8,
             subtotal_cents = $10, discount_cents = $11, tax_cents = $12, total_cents = $13, amount_paid_cents = $14,
             amount_due_cents = $15, credited_cents = $16, starting_balance_cents = $17, ending_balance_cents = $18,
             finalized_at = $20, paid_at = $21, period_start_at = $22, period_end_at = $23, hosted_url = $24,
             pdf_url = $25, payment_intent_id = coalesce($26, billing_invoices.payment_intent_id), attempt_count = $27,
             next_attempt_at = $28, lines = $29, synced_at = $30",
    )
    .bind(&i.stripe_id)
    .bind(&i.customer_stripe_id)
    .bind(account)
    .bind(&i.subscription_stripe_id)
    .bind(i.livemode)
    .bind(&i.number)
    .bind(&i.status)
    .bind(&i.billing_reason)
    .bind(&i.currency)
    .bind(i.subtotal_cents)
    .bind(i.discount_cents)
    .bind(i.tax_cents)
    .bind(i.total_cents)
    .bind(i.amount_paid_cents)
    .bind(i.amount_due_cents)
    .bind(i.credited_cents)
    .bind(i.starting_balance_cents)
    .bind(i.ending_balance_cents)
    .bind(i.created_at)
    .bind(i.finalized_at)
    .bind(i.paid_at)
    .bind(i.period_start_at)
    .bind(i.period_end_at)
    .bind(&i.hosted_url)
    .bind(&i.pdf_url)
    .bind(&i.payment_intent_id)
    .bind(i.attempt_count)
    .bind(i.next_attempt_at)
    .bind(Json(&i.lines))
    .bind(now)
    .execute(db)
    .await?;
    Ok(())
}
