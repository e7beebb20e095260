//! Customers as they are there, with their tax ids.

use chrono::{DateTime, Utc};
use sqlx::{FromRow, PgConnection, PgExecutor};

use crate::billing::facts::{Customer, TaxId};

/// A customer there.
#[derive(Debug, Clone, FromRow)]
pub struct CustomerRow {
    /// Its id there.
    pub stripe_id: String,
    /// The account; `None`: erased.
    pub customer_id: Option<i64>,
    /// Whether real money moves.
    pub livemode: bool,
    /// Language of mails about payments.
    pub language: String,
    /// Currency of their invoices.
    pub currency: Option<String>,
    /// Negative: credit.
    pub balance_cents: i64,
    /// When it was found to be deleted there.
    pub deleted_at: Option<DateTime<Utc>>,
}

const CUSTOMER: &str =
    "select stripe_id, customer_id, livemode, language, currency::text as currency, balance_cents, deleted_at
     from billing_customers ";

/// A customer by its id there.
///
/// # Errors
/// Postgres fails.
pub async fn customer(db: impl PgExecutor<'_>, stripe_id: &str) -> sqlx::Result<Option<CustomerRow>> {
    sqlx::query_as(sqlx::AssertSqlSafe(format!("{CUSTOMER} where stripe_id = $1")))
        .bind(stripe_id)
        .fetch_optional(db)
        .await
}

/// The customer of an account, unless it was deleted there.
///
/// # Errors
/// Postgres fails.
pub async fn customer_of(db: impl PgExecutor<'_>, account: i64) -> sqlx::Result<Option<CustomerRow>> {
    sqlx::query_as(sqlx::AssertSqlSafe(format!("{CUSTOMER} where customer_id = $1 and deleted_at is null")))
        .bind(account)
        .fetch_optional(db)
        .await
}

/// Customers whose payment is late or whose trial runs.
///
/// # Errors
/// Postgres fails.
pub async fn with_a_date(db: impl PgExecutor<'_>) -> sqlx::Result<Vec<CustomerRow>> {
    let sql = format!(
        "{CUSTOMER} c where deleted_at is null and exists (select from billing_subscriptions s
             where s.customer_stripe_id = c.stripe_id and s.status in ('past_due', 'trialing')) order by stripe_id"
    );
    sqlx::query_as(sqlx::AssertSqlSafe(sql)).fetch_all(db).await
}

/// How many customers an account has had there.
///
/// # Errors
/// Postgres fails.
pub async fn customers_of(db: impl PgExecutor<'_>, account: i64) -> sqlx::Result<i64> {
    sqlx::query_scalar("select count(*) from billing_customers where customer_id = $1")
        .bind(account)
        .fetch_one(db)
        .await
}

/// Every customer that still is one there, and of these keys.
///
/// # Errors
/// Postgres fails.
pub async fn all_customers(db: impl PgExecutor<'_>, livemode: bool) -> sqlx::Result<Vec<String>> {
    sqlx::query_scalar(
        "select stripe_id from billing_customers where deleted_at is null and livemode = $1 order by stripe_id",
    )
    .bind(livemode)
    .fetch_all(db)
    .await
}

/// Stores a customer that was made for an account.
///
/// # Errors
/// Postgres fails, or the account has one.
pub async fn insert_customer(
    db: &mut PgConnection,
    account: i64,
    language: &str,
    made: &Customer,
    now: DateTime<Utc>,
) -> sqlx::Result<()> {
    sqlx::query(
        "insert into billing_customers (stripe_id, customer_id, livemode, language, currency, balance_cents, created_at, synced_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8) on conflict (stripe_id) do nothing",
    )
    .bind(&made.stripe_id)
    .bind(account)
    .bind(made.livemode)
    .bind(language)
    .bind(&made.currency)
    .bind(made.balance_cents)
    .bind(made.created_at)
    .bind(now)
    .execute(db)
    .await?;
    Ok(())
}

/// Notes how a customer is there now, with their tax ids.
///
/// # Errors
/// Postgres fails.
pub async fn update_customer(
    db: &mut PgConnection,
    now_is: &Customer,
    now: DateTime<Utc>,
) -> sqlx::Result<()> {
    sqlx::query(
        "update billing_customers set currency = $2, balance_cents = $3, synced_at = $4 where stripe_id = $1",
    )
    .bind(&now_is.stripe_id)
    .bind(&now_is.currency)
    .bind(now_is.balance_cents)
    .bind(now)
    .execute(&mut *db)
    .await?;
    let kept: Vec<&str> = now_is.tax_ids.iter().map(|t| t.stripe_id.as_str()).collect();
    sqlx::query("delete from billing_tax_ids where customer_stripe_id = $1 and stripe_id <> all($2)")
        .bind(&now_is.stripe_id)
        .bind(&kept)
        .execute(&mut *db)
        .await?;
    for tax_id in &now_is.tax_ids {
        upsert_tax_id(db, &now_is.stripe_id, tax_id).await?;
    }
    Ok(())
}

/// Stores a tax id.
///
/// # Errors
/// Postgres fails.
pub async fn upsert_tax_id(db: &mut PgConnection, customer: &str, tax_id: &TaxId) -> sqlx::Result<()> {
    sqlx::query(
        "insert into billing_tax_ids (stripe_id, customer_stripe_id, kind, value, verification, created_at)
         values ($1, $2, $3, $4, $5, $6)
         on conflict (stripe_id) do update set kind = $3, value = $4, verification = $5",
    )
    .bind(&tax_id.stripe_id)
    .bind(customer)
    .bind(&tax_id.kind)
    .bind(&tax_id.value)
    .bind(&tax_id.verification)
    .bind(tax_id.created_at)
    .execute(db)
    .await?;
    Ok(())
}

/// Notes that a customer is no longer there.
///
/// # Errors
/// Postgres fails.
pub async fn deleted(db: &mut PgConnection, stripe_id: &str, now: DateTime<Utc>) -> sqlx::Result<()> {
    sqlx::query(
        "update billing_customers set deleted_at = coalesce(deleted_at, $2), balance_cents = 0, synced_at = $2 where stripe_id = $1",
    )
    .bind(stripe_id)
    .bind(now)
    .execute(db)
    .await?;
    Ok(())
}

/// Notes in which language mails about payments are written.
///
/// # Errors
/// Postgres fails.
pub async fn set_language(db: impl PgExecutor<'_>, account: i64, language: &str) -> sqlx::Result<()> {
    sqlx::query("update billing_customers set language = $2 where customer_id = $1 and language <> $2")
        .bind(account)
        .bind(language)
        .execute(db)
        .await?;
    Ok(())
}
