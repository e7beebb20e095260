//! Customers and subscriptions as they are there.

use chrono::{DateTime, Utc};
use sqlx::{FromRow, PgConnection, PgExecutor};

use crate::billing::facts::{Customer, Interval, Snapshot, Status, TaxId};

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

/// A subscription there.
#[derive(Debug, Clone, FromRow)]
pub struct SubscriptionRow {
    /// Its id there.
    pub stripe_id: String,
    /// Whose it is, there.
    pub customer_stripe_id: String,
    /// Whose it is.
    pub customer_id: Option<i64>,
    /// Whether real money moves.
    pub livemode: bool,
    /// Stripe's name of how it stands.
    pub status: String,
    /// The tier that it buys.
    pub tier: Option<String>,
    /// The price there.
    pub price_id: String,
    /// The item there.
    pub item_stripe_id: String,
    /// What one unit costs an interval.
    pub unit_amount_cents: i64,
    /// Currency.
    pub currency: String,
    /// month or year.
    pub interval: String,
    /// Units.
    pub quantity: i64,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// When it began.
    pub started_at: DateTime<Utc>,
    /// When its trial began.
    pub trial_start_at: Option<DateTime<Utc>>,
    /// When its trial ends.
    pub trial_end_at: Option<DateTime<Utc>>,
    /// When the current period began.
    pub current_period_start_at: DateTime<Utc>,
    /// When the current period ends.
    pub current_period_end_at: DateTime<Utc>,
    /// Whether it ends with it.
    pub cancel_at_period_end: bool,
    /// When it will end.
    pub cancel_at: Option<DateTime<Utc>>,
    /// When its end was asked for.
    pub canceled_at: Option<DateTime<Utc>>,
    /// When it ended.
    pub ended_at: Option<DateTime<Utc>>,
    /// How collection is paused.
    pub paused_behavior: Option<String>,
    /// Until when.
    pub paused_until_at: Option<DateTime<Utc>>,
    /// The coupon in use.
    pub coupon_id: Option<String>,
    /// Share that it takes off, in per cent.
    pub discount_percent: Option<f64>,
    /// Amount that it takes off.
    pub discount_cents: Option<i64>,
    /// When it ends.
    pub discount_ends_at: Option<DateTime<Utc>>,
    /// Its newest invoice.
    pub latest_invoice_id: Option<String>,
}

impl SubscriptionRow {
    /// The same as facts; `None`: an interval that this version does not know.
    pub fn snapshot(&self) -> Option<Snapshot> {
        let discount = self.coupon_id.clone().map(|coupon_id| crate::billing::facts::Discount {
            coupon_id,
            percent: self.discount_percent,
            cents: self.discount_cents,
            ends_at: self.discount_ends_at,
        });
        Some(Snapshot {
            stripe_id: self.stripe_id.clone(),
            customer_stripe_id: self.customer_stripe_id.clone(),
            livemode: self.livemode,
            status: Status::parse(&self.status),
            tier: self.tier.as_deref().and_then(|tier| tier.parse().ok()),
            price_id: self.price_id.clone(),
            item_stripe_id: self.item_stripe_id.clone(),
            unit_amount_cents: self.unit_amount_cents,
            currency: self.currency.clone(),
            interval: Interval::parse(&self.interval)?,
            quantity: self.quantity,
            created_at: self.created_at,
            started_at: self.started_at,
            trial_start_at: self.trial_start_at,
            trial_end_at: self.trial_end_at,
            current_period_start_at: self.current_period_start_at,
            current_period_end_at: self.current_period_end_at,
            cancel_at_period_end: self.cancel_at_period_end,
            cancel_at: self.cancel_at,
            canceled_at: self.canceled_at,
            ended_at: self.ended_at,
            paused_behavior: self.paused_behavior.clone(),
            paused_until_at: self.paused_until_at,
            discount,
            latest_invoice_id: self.latest_invoice_id.clone(),
        })
    }
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

/// A customer's subscriptions, the newest first.
///
/// # Errors
/// Postgres fails.
pub async fn subscriptions(db: impl PgExecutor<'_>, customer: &str) -> sqlx::Result<Vec<SubscriptionRow>> {
    sqlx::query_as("select * from billing_subscriptions where customer_stripe_id = $1 order by created_at desc, stripe_id")
        .bind(customer)
        .fetch_all(db)
        .await
}

/// An account's subscriptions, the newest first.
///
/// # Errors
/// Postgres fails.
pub async fn subscriptions_of(db: impl PgExecutor<'_>, account: i64) -> sqlx::Result<Vec<SubscriptionRow>> {
    sqlx::query_as(
        "select * from billing_subscriptions where customer_id = $1 order by created_at desc, stripe_id",
    )
    .bind(account)
    .fetch_all(db)
    .await
}

/// A subscription by its id there.
///
/// # Errors
/// Postgres fails.
pub async fn subscription(db: impl PgExecutor<'_>, stripe_id: &str) -> sqlx::Result<Option<SubscriptionRow>> {
    sqlx::query_as("select * from billing_subscriptions where stripe_id = $1")
        .bind(stripe_id)
        .fetch_optional(db)
        .await
}

/// Makes the row of a subscription what it is there.
///
/// # Errors
/// Postgres fails.
pub async fn upsert_subscription(
    db: &mut PgConnection,
    s: &Snapshot,
    account: Option<i64>,
    now: DateTime<Utc>,
) -> sqlx::Result<()> {
    let discount = s.discount.as_ref();
    sqlx::query(
        "insert into billing_subscriptions (stripe_id, customer_stripe_id, customer_id, livemode, status, tier, price_id,
             item_stripe_id, unit_amount_cents, currency, interval, quantity, created_at, started_at, trial_start_at,
             trial_end_at, current_period_start_at, current_period_end_at, cancel_at_period_end, cancel_at, canceled_at,
             ended_at, paused_behavior, paused_until_at, coupon_id, discount_percent, discount_cents, discount_ends_at,
             latest_invoice_id, synced_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23,
             $24, $25, $26, $27, $28, $29, $30)
         on conflict (stripe_id) do update set status = $5, tier = $6, price_id = $7, item_stripe_id = $8,
             unit_amount_cents = $9, currency = $10, interval = $11, quantity = $12, started_at = $14, trial_start_at = $15,
             trial_end_at = $16, current_period_start_at = $17, current_period_end_at = $18, cancel_at_period_end = $19,
             cancel_at = $20, canceled_at = $21, ended_at = $22, paused_behavior = $23, paused_until_at = $24,
             coupon_id = $25, discount_percent = $26, discount_cents = $27, discount_ends_at = $28,
             latest_invoice_id = $29, synced_at = $30",
    )
    .bind(&s.stripe_id)
    .bind(&s.customer_stripe_id)
    .bind(account)
    .bind(s.livemode)
    .bind(s.status.as_str())
    .bind(s.tier.map(domain::Tier::as_str))
    .bind(&s.price_id)
    .bind(&s.item_stripe_id)
    .bind(s.unit_amount_cents)
    .bind(&s.currency)
    .bind(s.interval.as_str())
    .bind(s.quantity)
    .bind(s.created_at)
    .bind(s.started_at)
    .bind(s.trial_start_at)
    .bind(s.trial_end_at)
    .bind(s.current_period_start_at)
    .bind(s.current_period_end_at)
    .bind(s.cancel_at_period_end)
    .bind(s.cancel_at)
    .bind(s.canceled_at)
    .bind(s.ended_at)
    .bind(&s.paused_behavior)
    .bind(s.paused_until_at)
    .bind(discount.map(|d| &d.coupon_id))
    .bind(discount.and_then(|d| d.percent))
    .bind(discount.and_then(|d| d.cents))
    .bind(discount.and_then(|d| d.ends_at))
    .bind(&s.latest_invoice_id)
    .bind(now)
    .execute(db)
    .await?;
    Ok(())
}
