//! What is sold, and for how much.

use serde::{Deserialize, Serialize};

use super::Metadata;

/// Something that is sold.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Product {
    /// `prod_…`, or an id that the caller chose.
    pub id: String,
    /// Its name.
    pub name: String,
    /// A sentence on it.
    pub description: Option<String>,
    /// Whether it may be bought.
    pub active: bool,
    /// The price that is meant where none is named.
    pub default_price: Option<String>,
    /// When it was made.
    pub created: i64,
    /// When it was last changed.
    pub updated: i64,
    /// Whether it has been deleted.
    pub deleted: bool,
    /// The caller's.
    pub metadata: Metadata,
}

/// A unit of time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Interval {
    /// 24 hours.
    Day,
    /// Seven days.
    Week,
    /// A month.
    Month,
    /// Twelve months.
    Year,
}

impl Interval {
    /// Its published name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Day => "day",
            Self::Week => "week",
            Self::Month => "month",
            Self::Year => "year",
        }
    }

    /// By its published name.
    pub fn parse(name: &str) -> Option<Self> {
        [Self::Day, Self::Week, Self::Month, Self::Year].into_iter().find(|one| one.as_str() == name)
    }
}

/// How often a price is paid: every so many units.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Period {
    /// The unit.
    pub interval: Interval,
    /// How many of them, at least 1.
    pub count: u32,
}

/// What a product costs for a period.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Price {
    /// `price_…`.
    pub id: String,
    /// Of this product.
    pub product: String,
    /// Minor units.
    pub unit_amount: i64,
    /// ISO 4217, in lower case.
    pub currency: String,
    /// How often.
    pub period: Period,
    /// A name for the caller's eyes.
    pub nickname: Option<String>,
    /// A name by which the caller finds it again.
    pub lookup_key: Option<String>,
    /// `inclusive`, `exclusive` or `unspecified`.
    pub tax_behavior: String,
    /// Whether it may be bought.
    pub active: bool,
    /// When it was made.
    pub created: i64,
    /// The caller's.
    pub metadata: Metadata,
}

/// For how long a coupon counts once it is given.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Duration {
    /// For the first invoice that it takes something off.
    Once,
    /// For so many months.
    Repeating(u32),
    /// For always.
    Forever,
}

/// A discount that can be given.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Coupon {
    /// Its id, chosen by the caller or made up.
    pub id: String,
    /// Name on the invoice.
    pub name: Option<String>,
    /// Share off, in percent.
    pub percent_off: Option<f64>,
    /// Amount off, in minor units of `currency`.
    pub amount_off: Option<i64>,
    /// Currency of the amount.
    pub currency: Option<String>,
    /// For how long.
    pub duration: Duration,
    /// Until when it can be given.
    pub redeem_by: Option<i64>,
    /// How often at most.
    pub max_redemptions: Option<i64>,
    /// How often so far.
    pub times_redeemed: i64,
    /// When it was made.
    pub created: i64,
    /// Whether it has been deleted: it is given no more, and stays where it was given.
    pub deleted: bool,
    /// The caller's.
    pub metadata: Metadata,
}

impl Coupon {
    /// Whether it can still be given at an instant.
    pub fn is_valid(&self, now: i64) -> bool {
        let used_up = self.max_redemptions.is_some_and(|most| self.times_redeemed >= most);
        !self.deleted && !used_up && self.redeem_by.is_none_or(|until| now < until)
    }
}

/// A code that customers type for a coupon.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct PromotionCode {
    /// `promo_…`.
    pub id: String,
    /// What is typed; capitals and small letters are the same.
    pub code: String,
    /// The coupon that it gives.
    pub coupon: String,
    /// The one customer who may use it.
    pub customer: Option<String>,
    /// Whether it can be used.
    pub active: bool,
    /// When it was made.
    pub created: i64,
    /// Until when it can be used.
    pub expires_at: Option<i64>,
    /// How often at most.
    pub max_redemptions: Option<i64>,
    /// How often so far.
    pub times_redeemed: i64,
    /// Whether only a customer without any paid invoice may use it.
    pub first_time_transaction: bool,
    /// The caller's.
    pub metadata: Metadata,
}

impl PromotionCode {
    /// Whether it can still be used at an instant.
    pub fn is_usable(&self, now: i64) -> bool {
        let used_up = self.max_redemptions.is_some_and(|most| self.times_redeemed >= most);
        self.active && !used_up && self.expires_at.is_none_or(|until| now < until)
    }
}
