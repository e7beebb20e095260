//! Coupons and their codes.

use chrono::{DateTime, Utc};
use sqlx::{FromRow, PgConnection, PgExecutor};

use crate::billing::facts::Coupon;

/// A coupon.
#[derive(Debug, Clone, FromRow)]
pub struct CouponRow {
    /// Its id there.
    pub stripe_id: String,
    /// Its name.
    pub name: String,
    /// Share that it takes off, in per cent.
    pub percent_off: Option<f64>,
    /// Amount that it takes off.
    pub amount_off_cents: Option<i64>,
    /// Currency of that amount.
    pub currency: Option<String>,
    /// once, repeating, forever.
    pub duration: String,
    /// Months, where it repeats.
    pub months: Option<i32>,
    /// How often it was redeemed.
    pub times_redeemed: i64,
    /// Whether it can be redeemed.
    pub valid: bool,
    /// The code by which it is asked for.
    pub code: Option<String>,
    /// When it was made.
    pub created_at: DateTime<Utc>,
}

/// All coupons, the newest first.
///
/// # Errors
/// Postgres fails.
pub async fn all(db: impl PgExecutor<'_>) -> sqlx::Result<Vec<CouponRow>> {
    sqlx::query_as(
        "select stripe_id, name, percent_off, amount_off_cents, currency::text as currency, duration, months, times_redeemed,
             valid, code, created_at
         from billing_coupons order by created_at desc, stripe_id",
    )
    .fetch_all(db)
    .await
}

/// Stores a coupon as it is there, with its code.
///
/// # Errors
/// Postgres fails.
pub async fn upsert(
    db: &mut PgConnection,
    c: &Coupon,
    code: Option<(&str, &str)>,
    now: DateTime<Utc>,
) -> sqlx::Result<()> {
    sqlx::query(
        "insert into billing_coupons (stripe_id, name, percent_off, amount_off_cents, currency, duration, months, redeem_by_at,
             max_redemptions, times_redeemed, valid, code, code_stripe_id, code_active, created_at, synced_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $12 is not null, $14, $15)
         on conflict (stripe_id) do update set name = $2, times_redeemed = $10, valid = $11, synced_at = $15,
             code = coalesce($12, billing_coupons.code), code_stripe_id = coalesce($13, billing_coupons.code_stripe_id),
             code_active = billing_coupons.code_active or $12 is not null",
    )
    .bind(&c.stripe_id)
    .bind(&c.name)
    .bind(c.percent_off)
    .bind(c.amount_off_cents)
    .bind(&c.currency)
    .bind(&c.duration)
    .bind(c.months)
    .bind(c.redeem_by_at)
    .bind(c.max_redemptions)
    .bind(c.times_redeemed)
    .bind(c.valid)
    .bind(code.map(|(code, _)| code))
    .bind(code.map(|(_, id)| id))
    .bind(c.created_at)
    .bind(now)
    .execute(db)
    .await?;
    Ok(())
}
