//! Plans and prices.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use domain::Tier;
use sqlx::{FromRow, PgConnection, PgExecutor, PgPool};

use crate::billing::facts::Interval;
use crate::billing::gateway::convert::Prices;
use crate::billing::gateway::read::Priced;

/// A plan.
#[derive(Debug, Clone, FromRow)]
pub struct PlanRow {
    /// The tier that it buys.
    pub tier: String,
    /// Days without charge.
    pub trial_days: i32,
    /// The product there.
    pub product_stripe_id: Option<String>,
    /// Of which keys that product is.
    pub livemode: Option<bool>,
}

/// A price, in force or retired.
#[derive(Debug, Clone, FromRow)]
pub struct PriceRow {
    /// Its id here.
    pub id: i64,
    /// The tier that it buys.
    pub tier: String,
    /// month or year.
    pub interval: String,
    /// Currency.
    pub currency: String,
    /// Amount.
    pub unit_amount_cents: i64,
    /// By which it is found there.
    pub lookup_key: String,
    /// Its id there.
    pub stripe_id: Option<String>,
    /// Since when it is in force.
    pub set_at: DateTime<Utc>,
    /// Who set it: a pseudonym.
    pub set_by: String,
    /// Why.
    pub reason: String,
    /// When another took its place.
    pub retired_at: Option<DateTime<Utc>>,
}

impl PriceRow {
    /// The tier; one that this version does not know is none.
    pub fn tier(&self) -> Option<Tier> {
        self.tier.parse().ok()
    }

    /// How often it is paid.
    pub fn interval(&self) -> Option<Interval> {
        Interval::parse(&self.interval)
    }
}

/// The plans in rising order.
///
/// # Errors
/// Postgres fails.
pub async fn plans(db: impl PgExecutor<'_>) -> sqlx::Result<Vec<PlanRow>> {
    sqlx::query_as(
        "select p.tier, p.trial_days, p.product_stripe_id, p.livemode from plans p join tiers t using (tier) order by t.rank",
    )
    .fetch_all(db)
    .await
}

/// Every price that there ever was, the newest first.
///
/// # Errors
/// Postgres fails.
pub async fn history(db: impl PgExecutor<'_>) -> sqlx::Result<Vec<PriceRow>> {
    sqlx::query_as("select * from prices order by set_at desc, id desc").fetch_all(db).await
}

/// The prices in force.
///
/// # Errors
/// Postgres fails.
pub async fn current(db: impl PgExecutor<'_>) -> sqlx::Result<Vec<PriceRow>> {
    sqlx::query_as(
        "select p.* from prices p join tiers t using (tier) where p.retired_at is null order by t.rank, p.interval",
    )
    .fetch_all(db)
    .await
}

/// A price in force.
///
/// # Errors
/// Postgres fails.
pub async fn price(db: impl PgExecutor<'_>, id: i64) -> sqlx::Result<Option<PriceRow>> {
    sqlx::query_as("select * from prices where id = $1 and retired_at is null")
        .bind(id)
        .fetch_optional(db)
        .await
}

/// The tiers that prices buy, by the prices' ids there; retired ones too, since who has them keeps them.
///
/// # Errors
/// Postgres fails.
pub async fn tiers_by_price(db: impl PgExecutor<'_>) -> sqlx::Result<Prices> {
    let rows: Vec<(String, String)> =
        sqlx::query_as("select stripe_id, tier from prices where stripe_id is not null")
            .fetch_all(db)
            .await?;
    let known = rows.into_iter().filter_map(|(id, tier)| Some((id, tier.parse().ok()?)));
    Ok(Prices(known.collect::<HashMap<String, Tier>>()))
}

/// Notes the product of a plan.
///
/// # Errors
/// Postgres fails.
pub async fn made_product(
    db: &mut PgConnection,
    tier: &str,
    product: &str,
    livemode: bool,
    now: DateTime<Utc>,
) -> sqlx::Result<()> {
    sqlx::query("update plans set product_stripe_id = $2, livemode = $3, updated_at = $4 where tier = $1")
        .bind(tier)
        .bind(product)
        .bind(livemode)
        .bind(now)
        .execute(db)
        .await?;
    Ok(())
}

/// Notes what a price is called there.
///
/// # Errors
/// Postgres fails.
pub async fn made_price(db: &mut PgConnection, priced: &Priced) -> sqlx::Result<()> {
    sqlx::query("update prices set stripe_id = $2 where lookup_key = $1")
        .bind(&priced.lookup_key)
        .bind(&priced.stripe_id)
        .execute(db)
        .await?;
    Ok(())
}

/// A price that is to be set.
#[derive(Debug, Clone)]
pub struct NewPrice<'a> {
    /// The tier that it buys.
    pub tier: Tier,
    /// How often it is paid.
    pub interval: Interval,
    /// Currency.
    pub currency: &'a str,
    /// Amount.
    pub cents: i64,
    /// Who sets it: a pseudonym.
    pub by: &'a str,
    /// Why.
    pub reason: &'a str,
}

/// Retires the price in force and puts another in its place.
///
/// # Errors
/// Postgres fails.
pub async fn replace(
    db: &mut PgConnection,
    new: &NewPrice<'_>,
    now: DateTime<Utc>,
) -> sqlx::Result<PriceRow> {
    sqlx::query(
        "update prices set retired_at = greatest($4, set_at)
         where tier = $1 and interval = $2 and currency = $3 and retired_at is null",
    )
    .bind(new.tier.as_str())
    .bind(new.interval.as_str())
    .bind(new.currency)
    .bind(now)
    .execute(&mut *db)
    .await?;
    sqlx::query_as(
        "insert into prices (tier, interval, currency, unit_amount_cents, lookup_key, set_at, set_by, reason)
         values ($1, $2, $3, $4,
                 'quarterday_' || $1 || '_' || $2 || '_' || lower($3) || '_' ||
                     (select count(*) + 1 from prices where tier = $1 and interval = $2 and currency = $3),
                 $5, $6, $7)
         returning *",
    )
    .bind(new.tier.as_str())
    .bind(new.interval.as_str())
    .bind(new.currency)
    .bind(new.cents)
    .bind(now)
    .bind(new.by)
    .bind(new.reason)
    .fetch_one(db)
    .await
}

/// Sets the days without charge of a plan; for those who subscribe from now on.
///
/// # Errors
/// Postgres fails.
pub async fn set_trial(db: &mut PgConnection, tier: Tier, days: i32, now: DateTime<Utc>) -> sqlx::Result<()> {
    sqlx::query("update plans set trial_days = $2, updated_at = $3 where tier = $1")
        .bind(tier.as_str())
        .bind(days)
        .bind(now)
        .execute(db)
        .await?;
    Ok(())
}

/// Tiers with what they cost a month and a year in their list currency, as pages name them.
///
/// # Errors
/// Postgres fails.
pub async fn list_prices(pool: &PgPool) -> sqlx::Result<Vec<(String, String, i64)>> {
    sqlx::query_as("select tier, interval, unit_amount_cents from prices where retired_at is null")
        .fetch_all(pool)
        .await
}
