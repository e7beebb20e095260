//! All SQL of what is measured of the published.

use chrono::{DateTime, Utc};
use sqlx::{FromRow, PgPool};

/// One look at everything.
#[derive(Debug, FromRow)]
pub struct Reading {
    /// When the newest published slot closed.
    pub closes_at: Option<DateTime<Utc>>,
    /// When its first version was published.
    pub first_published_at: Option<DateTime<Utc>>,
    /// What it covers.
    pub coverage: Option<serde_json::Value>,
    /// Mails that wait.
    pub mails_queued: i64,
    /// Sum of the relative errors of the forecasts.
    pub error: f64,
    /// The same of the random walk.
    pub walk_error: f64,
    /// Outcomes inside the 80 % interval.
    pub inside_80: i64,
    /// Scored forecasts.
    pub forecasts: i64,
}

/// Looks at everything; quality is that of outcomes since `since`.
///
/// # Errors
/// Postgres fails.
pub async fn reading(pool: &PgPool, now: DateTime<Utc>, since: DateTime<Utc>) -> sqlx::Result<Reading> {
    sqlx::query_as(
        "select newest.closes_at, newest.coverage,
                (select min(published_at) from publications p where p.slot = newest.slot) as first_published_at,
                (select count(*) from mails where state = 'queued' and next_try_at <= $1) as mails_queued,
                coalesce(quality.error, 0) as error, coalesce(quality.walk_error, 0) as walk_error,
                coalesce(quality.inside_80, 0)::bigint as inside_80, coalesce(quality.forecasts, 0)::bigint as forecasts
         from (select sum(error) as error, sum(walk_error) as walk_error, sum(inside_80) as inside_80,
                      sum(forecasts) as forecasts
               from outcome_sums where kind = 'horizon' and traded_on >= $2::date) quality
         left join (select slot, closes_at, coverage from publications
                    order by closes_at desc, version desc limit 1) newest on true",
    )
    .bind(now)
    .bind(since)
    .fetch_one(pool)
    .await
}

/// A tier that counts for some customers.
#[derive(Debug, FromRow)]
pub struct TierCount {
    /// Its name.
    pub tier: String,
    /// Customers whose highest tier it is.
    pub customers: i64,
    /// Its list price a month.
    pub monthly_cents: i32,
    /// The price's currency.
    pub currency: String,
}

/// Customers by the highest tier that counts at `now`; those without one are left out.
///
/// # Errors
/// Postgres fails.
pub async fn tiers(pool: &PgPool, now: DateTime<Utc>) -> sqlx::Result<Vec<TierCount>> {
    sqlx::query_as(
        "select t.tier, count(h.customer_id) as customers, t.monthly_cents, t.currency::text as currency
         from tiers t left join (
             select distinct on (s.customer_id) s.customer_id, s.tier from subscriptions s join tiers using (tier)
             where s.status in ('trialing', 'active', 'past_due') and s.starts_at <= $1
               and (s.ends_at is null or s.ends_at > $1)
             order by s.customer_id, tiers.rank desc) h on h.tier = t.tier
         group by t.tier, t.monthly_cents, t.currency, t.rank order by t.rank",
    )
    .bind(now)
    .fetch_all(pool)
    .await
}
