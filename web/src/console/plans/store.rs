//! All SQL of the page of plans. Reads what `billing` writes.

use chrono::{DateTime, Utc};
use sqlx::{FromRow, PgPool};

/// A price, in force or retired.
#[derive(Debug, Clone, FromRow)]
pub struct Price {
    /// Its id here.
    pub id: i64,
    /// What it buys.
    pub tier: String,
    /// `month` or `year`.
    pub interval: String,
    /// Currency.
    pub currency: String,
    /// How much.
    pub unit_amount_cents: i64,
    /// Its id at the payment provider; `None`: not made there yet.
    pub stripe_id: Option<String>,
    /// Since when.
    pub set_at: DateTime<Utc>,
    /// By whom: a pseudonym, or `design`.
    pub set_by: String,
    /// Why.
    pub reason: String,
    /// Until when; `None`: in force.
    pub retired_at: Option<DateTime<Utc>>,
    /// Days of the plan's trial.
    pub trial_days: i32,
    /// Subscriptions that pay it now.
    pub subscribers: i64,
}

/// All prices: by plan and interval, the newest first.
///
/// # Errors
/// Postgres fails.
pub async fn prices(pool: &PgPool) -> sqlx::Result<Vec<Price>> {
    sqlx::query_as(
        "select p.id, p.tier, p.interval, p.currency::text as currency, p.unit_amount_cents, p.stripe_id, p.set_at, p.set_by,
             p.reason, p.retired_at, l.trial_days,
             (select count(*) from billing_subscriptions s where s.price_id = p.stripe_id
                and s.status in ('active', 'trialing', 'past_due')) as subscribers
         from prices p join plans l on l.tier = p.tier join tiers t on t.tier = p.tier
         order by t.rank, p.interval, p.currency, p.set_at desc, p.id desc",
    )
    .fetch_all(pool)
    .await
}
