//! Coupons.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// A coupon and the code by which it is asked for.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Coupon {
    /// Its id.
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
    /// Until when it can be redeemed.
    pub redeem_by_at: Option<DateTime<Utc>>,
    /// How often at most.
    pub max_redemptions: Option<i64>,
    /// How often it was.
    pub times_redeemed: i64,
    /// Whether it can still be redeemed.
    pub valid: bool,
    /// When it was made.
    pub created_at: DateTime<Utc>,
}

/// A coupon that is to be made.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct NewCoupon {
    /// Its name, which customers read.
    pub name: String,
    /// Share that it takes off, in per cent; or …
    pub percent_off: Option<f64>,
    /// … amount that it takes off, and its currency.
    pub amount_off: Option<(i64, String)>,
    /// For how many months; 0: once; `None`: for ever.
    pub months: Option<u32>,
    /// Until when it can be redeemed, in Unix seconds.
    pub redeem_by_s: Option<i64>,
    /// How often at most.
    pub max_redemptions: Option<i64>,
}
