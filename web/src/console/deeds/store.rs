//! All SQL of deeds: what can be done to a customer, and what was done.

use chrono::{DateTime, Utc};
use serde::Serialize;
use sqlx::{FromRow, PgConnection, PgPool};

/// A subscription that something can be done to.
#[derive(Debug, Clone, PartialEq, Serialize, FromRow)]
pub struct Subscription {
    /// Its id at the payment provider.
    pub stripe_id: String,
    /// How it stands.
    pub status: String,
    /// What it buys.
    pub tier: Option<String>,
    /// The price's id there.
    pub price_id: String,
    /// What it costs an interval.
    pub unit_amount_cents: i64,
    /// Currency.
    pub currency: String,
    /// `month` or `year`.
    pub interval: String,
    /// When the paid period ends.
    pub current_period_end_at: DateTime<Utc>,
    /// Whether it ends with it.
    pub cancel_at_period_end: bool,
    /// How collection is paused; `None`: it is not.
    pub paused_behavior: Option<String>,
    /// The coupon in use.
    pub coupon_id: Option<String>,
}

/// A customer's subscriptions that are not over, newest first.
///
/// # Errors
/// Postgres fails.
pub async fn subscriptions(pool: &PgPool, customer_id: i64) -> sqlx::Result<Vec<Subscription>> {
    sqlx::query_as(
        "select stripe_id, status, tier, price_id, unit_amount_cents, currency::text as currency, interval, current_period_end_at,
             cancel_at_period_end, paused_behavior, coupon_id
         from billing_subscriptions where customer_id = $1 and status not in ('canceled', 'incomplete_expired')
         order by created_at desc",
    )
    .bind(customer_id)
    .fetch_all(pool)
    .await
}

/// An invoice of which money can be given back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, FromRow)]
pub struct Invoice {
    /// Its id at the payment provider.
    pub stripe_id: String,
    /// Its number.
    pub number: Option<String>,
    /// Currency.
    pub currency: String,
    /// What was paid.
    pub paid_cents: i64,
    /// What was given back of it.
    pub refunded_cents: i64,
    /// When it was made.
    pub created_at: DateTime<Utc>,
}

/// A customer's newest paid invoices.
///
/// # Errors
/// Postgres fails.
pub async fn invoices(pool: &PgPool, customer_id: i64, limit: i64) -> sqlx::Result<Vec<Invoice>> {
    sqlx::query_as(
        "select i.stripe_id, i.number, i.currency::text as currency, i.amount_paid_cents as paid_cents, i.created_at,
             coalesce((select sum(r.amount_cents) from billing_refunds r where r.invoice_stripe_id = i.stripe_id
                 and r.status not in ('failed', 'canceled')), 0)::bigint as refunded_cents
         from billing_invoices i where i.customer_id = $1 and i.amount_paid_cents > 0 order by i.created_at desc limit $2",
    )
    .bind(customer_id)
    .bind(limit)
    .fetch_all(pool)
    .await
}

/// A customer's invoice with this id.
///
/// # Errors
/// Postgres fails.
pub async fn owns_invoice(pool: &PgPool, customer_id: i64, invoice: &str) -> sqlx::Result<bool> {
    sqlx::query_scalar(
        "select exists (select 1 from billing_invoices where customer_id = $1 and stripe_id = $2)",
    )
    .bind(customer_id)
    .bind(invoice)
    .fetch_one(pool)
    .await
}

/// Begins a deed: from now on its confirmation has been used, and other deeds for the customer wait until the transaction
/// ends. `false` where it had been used before.
///
/// # Errors
/// Postgres fails.
pub async fn begin(
    db: &mut PgConnection,
    nonce: &str,
    (actor, role): (&str, &str),
    (customer_id, deed): (i64, &str),
    now: DateTime<Utc>,
) -> sqlx::Result<bool> {
    let done = sqlx::query(
        "insert into console_deeds (nonce, actor, role, customer_id, deed, amount_cents, begun_at)
         values ($1, $2, $3, $4, $5, 0, $6) on conflict (nonce) do nothing",
    )
    .bind(nonce)
    .bind(actor)
    .bind(role)
    .bind(customer_id)
    .bind(deed)
    .bind(now)
    .execute(&mut *db)
    .await?;
    // Weak enough for rows that refer to the account to be written meanwhile.
    sqlx::query("select 1 from customers where id = $1 for no key update")
        .bind(customer_id)
        .execute(db)
        .await?;
    Ok(done.rows_affected() == 1)
}

/// Begins a change that is no customer's: from now on its confirmation has been used. `false` where it had been before.
///
/// # Errors
/// Postgres fails.
pub async fn begin_change(
    db: &mut PgConnection,
    nonce: &str,
    (actor, role): (&str, &str),
    change: &str,
    now: DateTime<Utc>,
) -> sqlx::Result<bool> {
    let done = sqlx::query(
        "insert into console_deeds (nonce, actor, role, deed, amount_cents, begun_at) values ($1, $2, $3, $4, 0, $5)
         on conflict (nonce) do nothing",
    )
    .bind(nonce)
    .bind(actor)
    .bind(role)
    .bind(change)
    .bind(now)
    .execute(db)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// What support has moved for a customer since an instant.
///
/// # Errors
/// Postgres fails.
pub async fn moved(db: &mut PgConnection, customer_id: i64, since: DateTime<Utc>) -> sqlx::Result<i64> {
    sqlx::query_scalar(
        "select coalesce(sum(amount_cents), 0)::bigint from console_deeds
         where customer_id = $1 and role = 'support' and begun_at > $2",
    )
    .bind(customer_id)
    .bind(since)
    .fetch_one(db)
    .await
}

/// Writes down what came of a deed.
///
/// # Errors
/// Postgres fails.
pub async fn finish(
    db: &mut PgConnection,
    nonce: &str,
    (cents, currency): (i64, Option<&str>),
    now: DateTime<Utc>,
) -> sqlx::Result<()> {
    sqlx::query(
        "update console_deeds set amount_cents = $2, currency = $3, finished_at = $4, outcome = 'done' where nonce = $1",
    )
    .bind(nonce)
    .bind(cents)
    .bind(currency)
    .bind(now)
    .execute(db)
    .await?;
    Ok(())
}
