//! Subscriptions as they are there.

use std::ops::Deref;

use chrono::{DateTime, Utc};
use sqlx::postgres::PgRow;
use sqlx::{FromRow, PgConnection, PgExecutor, Row};

use crate::billing::facts::{Discount, Interval, Snapshot, Status};

/// A subscription as it is there now, and whose it is here.
#[derive(Debug, Clone)]
pub struct SubscriptionRow {
    /// The account; `None`: erased.
    pub customer_id: Option<i64>,
    /// How it stands.
    pub now_is: Snapshot,
}

impl Deref for SubscriptionRow {
    type Target = Snapshot;

    fn deref(&self) -> &Snapshot {
        &self.now_is
    }
}

impl FromRow<'_, PgRow> for SubscriptionRow {
    fn from_row(row: &PgRow) -> sqlx::Result<Self> {
        let (status, interval): (String, String) = (row.try_get("status")?, row.try_get("interval")?);
        let tier: Option<String> = row.try_get("tier")?;
        let discount = match row.try_get::<Option<String>, _>("coupon_id")? {
            None => None,
            Some(coupon_id) => Some(Discount {
                coupon_id,
                percent: row.try_get("discount_percent")?,
                cents: row.try_get("discount_cents")?,
                ends_at: row.try_get("discount_ends_at")?,
            }),
        };
        let now_is = Snapshot {
            stripe_id: row.try_get("stripe_id")?,
            customer_stripe_id: row.try_get("customer_stripe_id")?,
            livemode: row.try_get("livemode")?,
            status: Status::parse(&status),
            tier: tier.and_then(|tier| tier.parse().ok()),
            price_id: row.try_get("price_id")?,
            item_stripe_id: row.try_get("item_stripe_id")?,
            unit_amount_cents: row.try_get("unit_amount_cents")?,
            currency: row.try_get("currency")?,
            interval: Interval::parse(&interval).unwrap_or(Interval::Other),
            quantity: row.try_get("quantity")?,
            created_at: row.try_get("created_at")?,
            started_at: row.try_get("started_at")?,
            trial_start_at: row.try_get("trial_start_at")?,
            trial_end_at: row.try_get("trial_end_at")?,
            current_period_start_at: row.try_get("current_period_start_at")?,
            current_period_end_at: row.try_get("current_period_end_at")?,
            cancel_at_period_end: row.try_get("cancel_at_period_end")?,
            cancel_at: row.try_get("cancel_at")?,
            canceled_at: row.try_get("canceled_at")?,
            ended_at: row.try_get("ended_at")?,
            paused_behavior: row.try_get("paused_behavior")?,
            paused_until_at: row.try_get("paused_until_at")?,
            discount,
            latest_invoice_id: row.try_get("latest_invoice_id")?,
        };
        Ok(Self { customer_id: row.try_get("customer_id")?, now_is })
    }
}

/// A customer's subscriptions, the newest first.
///
/// # Errors
/// Postgres fails.
pub async fn of_customer(db: impl PgExecutor<'_>, customer: &str) -> sqlx::Result<Vec<SubscriptionRow>> {
    sqlx::query_as("select * from billing_subscriptions where customer_stripe_id = $1 order by created_at desc, stripe_id")
        .bind(customer)
        .fetch_all(db)
        .await
}

/// An account's subscriptions, the newest first.
///
/// # Errors
/// Postgres fails.
pub async fn of(db: impl PgExecutor<'_>, account: i64) -> sqlx::Result<Vec<SubscriptionRow>> {
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
pub async fn one(db: impl PgExecutor<'_>, stripe_id: &str) -> sqlx::Result<Option<SubscriptionRow>> {
    sqlx::query_as("select * from billing_subscriptions where stripe_id = $1")
        .bind(stripe_id)
        .fetch_optional(db)
        .await
}

/// Makes the row of a subscription what it is there.
///
/// # Errors
/// Postgres fails.
pub async fn upsert(
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
