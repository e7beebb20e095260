//! All SQL of the page of coupons. Reads what `billing` writes.

use chrono::{DateTime, Utc};
use sqlx::{FromRow, PgPool};

/// A coupon with its code.
#[derive(Debug, Clone, FromRow)]
pub struct Coupon {
    /// Its id.
    pub stripe_id: String,
    /// Its name, which customers see.
    pub name: String,
    /// Share that it takes off, in per cent.
    pub percent_off: Option<f64>,
    /// Amount that it takes off.
    pub amount_off_cents: Option<i64>,
    /// That amount's currency.
    pub currency: Option<String>,
    /// once, repeating, forever.
    pub duration: String,
    /// Months, where it repeats.
    pub months: Option<i32>,
    /// Until when it can be redeemed.
    pub redeem_by_at: Option<DateTime<Utc>>,
    /// How often at most.
    pub max_redemptions: Option<i64>,
    /// How often it was.
    pub times_redeemed: i64,
    /// Whether it can still be redeemed.
    pub valid: bool,
    /// Its promotion code.
    pub code: Option<String>,
    /// Whether the code works.
    pub code_active: bool,
    /// When the code was retired.
    pub code_retired_at: Option<DateTime<Utc>>,
    /// When the coupon was retired.
    pub retired_at: Option<DateTime<Utc>>,
    /// Why.
    pub retired_reason: Option<String>,
}

/// All coupons, newest first.
///
/// # Errors
/// Postgres fails.
pub async fn coupons(pool: &PgPool) -> sqlx::Result<Vec<Coupon>> {
    sqlx::query_as(
        "select stripe_id, name, percent_off, amount_off_cents, currency::text as currency, duration, months, redeem_by_at,
             max_redemptions, times_redeemed, valid, code, code_active, code_retired_at, retired_at, retired_reason
         from billing_coupons order by valid desc, created_at desc limit 500",
    )
    .fetch_all(pool)
    .await
}
