//! What the payment provider says, in our words. Nothing here knows how it was said, and everything can be kept as JSON.
//!
//! Money is minor units with an ISO 4217 code in capitals; instants are UTC.

use chrono::{DateTime, Utc};
use domain::Tier;
use serde::{Deserialize, Serialize};

mod coupon;
mod paper;

pub use coupon::{Coupon, NewCoupon};
pub use paper::{CreditNote, Invoice, Line, Refund};

/// How a subscription stands; Stripe's names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// The first payment is outstanding.
    Incomplete,
    /// On trial.
    Trialing,
    /// Paid.
    Active,
    /// A payment failed; it is tried again.
    PastDue,
    /// No payment method after the trial.
    Paused,
    /// Given up trying; invoices are still made.
    Unpaid,
    /// The first payment never came.
    IncompleteExpired,
    /// Over.
    Canceled,
    /// One that this version does not know: gives nothing.
    Unknown,
}

impl Status {
    /// Stripe's name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Incomplete => "incomplete",
            Self::Trialing => "trialing",
            Self::Active => "active",
            Self::PastDue => "past_due",
            Self::Paused => "paused",
            Self::Unpaid => "unpaid",
            Self::IncompleteExpired => "incomplete_expired",
            Self::Canceled => "canceled",
            Self::Unknown => "unknown",
        }
    }

    /// The status with this name.
    pub fn parse(name: &str) -> Self {
        let known = [
            Self::Incomplete,
            Self::Trialing,
            Self::Active,
            Self::PastDue,
            Self::Paused,
            Self::Unpaid,
            Self::IncompleteExpired,
            Self::Canceled,
        ];
        known.into_iter().find(|status| status.as_str() == name).unwrap_or(Self::Unknown)
    }

    /// Whether nothing can follow any more.
    pub fn is_over(self) -> bool {
        matches!(self, Self::Canceled | Self::IncompleteExpired)
    }
}

/// How often a price is paid.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Interval {
    /// Every month.
    Month,
    /// Every year.
    Year,
    /// Another one, which we do not sell.
    Other,
}

impl Interval {
    /// Its name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Month => "month",
            Self::Year => "year",
            Self::Other => "other",
        }
    }

    /// The interval with this name, of those that we sell.
    pub fn parse(name: &str) -> Option<Self> {
        [Self::Month, Self::Year].into_iter().find(|interval| interval.as_str() == name)
    }
}

/// A coupon in use.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Discount {
    /// The coupon's id.
    pub coupon_id: String,
    /// Share of the price that it takes off, in per cent.
    pub percent: Option<f64>,
    /// Amount that it takes off.
    pub cents: Option<i64>,
    /// When it ends; `None`: it does not.
    pub ends_at: Option<DateTime<Utc>>,
}

impl Discount {
    /// What is left of an amount that falls due at an instant, to the nearest cent.
    pub fn of(&self, cents: i64, at: DateTime<Utc>) -> i64 {
        if self.ends_at.is_some_and(|ends_at| ends_at <= at) {
            return cents;
        }
        let share = self.percent.map_or(0.0, |percent| (cents as f64 * percent / 100.0).round());
        (cents - share as i64 - self.cents.unwrap_or_default()).max(0)
    }
}

/// A subscription as it stood at one instant.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Snapshot {
    /// Its id.
    pub stripe_id: String,
    /// Whose it is.
    pub customer_stripe_id: String,
    /// Whether real money moves.
    pub livemode: bool,
    /// How it stands.
    pub status: Status,
    /// The tier that its price buys; `None`: a price that is none of ours.
    pub tier: Option<Tier>,
    /// The price's id.
    pub price_id: String,
    /// The item's id.
    pub item_stripe_id: String,
    /// What one unit costs an interval.
    pub unit_amount_cents: i64,
    /// Currency.
    pub currency: String,
    /// How often it is paid.
    pub interval: Interval,
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
    /// Whether it ends with the current period.
    pub cancel_at_period_end: bool,
    /// When it will end.
    pub cancel_at: Option<DateTime<Utc>>,
    /// When somebody asked for its end.
    pub canceled_at: Option<DateTime<Utc>>,
    /// When it ended.
    pub ended_at: Option<DateTime<Utc>>,
    /// How collection is paused; `None`: it is not.
    pub paused_behavior: Option<String>,
    /// Until when it is paused; `None`: until it is resumed.
    pub paused_until_at: Option<DateTime<Utc>>,
    /// The coupon in use.
    pub discount: Option<Discount>,
    /// Its newest invoice.
    pub latest_invoice_id: Option<String>,
}

impl Snapshot {
    /// What a period that begins at an instant costs, the coupon in use taken off; in minor units.
    pub fn due_cents(&self, at: DateTime<Utc>) -> i64 {
        let whole = self.unit_amount_cents * self.quantity;
        self.discount.as_ref().map_or(whole, |discount| discount.of(whole, at))
    }

    /// When it ends for sure; `None`: it renews itself.
    pub fn ends_at(&self) -> Option<DateTime<Utc>> {
        let at_period_end = self.cancel_at_period_end.then_some(self.current_period_end_at);
        [self.ended_at, self.cancel_at, at_period_end].into_iter().flatten().min()
    }
}

/// A customer there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Customer {
    /// Its id.
    pub stripe_id: String,
    /// Whether real money moves.
    pub livemode: bool,
    /// Currency of their invoices, once there is one.
    pub currency: Option<String>,
    /// Negative: credit.
    pub balance_cents: i64,
    /// Whether it was deleted there.
    pub deleted: bool,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// What we wrote beside it: the account's id here.
    pub account: Option<i64>,
    /// Tax ids.
    pub tax_ids: Vec<TaxId>,
}

/// A tax id.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TaxId {
    /// Its id.
    pub stripe_id: String,
    /// Its kind: `eu_vat`, `es_cif` …
    pub kind: String,
    /// The number.
    pub value: String,
    /// pending, verified, unverified, unavailable.
    pub verification: String,
    /// When it was given.
    pub created_at: DateTime<Utc>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_discount_is_taken_off_to_the_cent_as_long_as_it_runs() {
        let at = DateTime::UNIX_EPOCH;
        let off = |percent, cents, ends_at| Discount { coupon_id: "c".into(), percent, cents, ends_at };
        for (discount, expected) in [
            (off(Some(50.0), None, None), 950),
            (off(Some(33.33), None, None), 1267),
            (off(None, Some(500), None), 1400),
            (off(None, Some(5000), None), 0),
            (off(Some(100.0), None, Some(at)), 1900),
            (off(Some(100.0), None, Some(at + chrono::Duration::seconds(1))), 0),
        ] {
            assert_eq!(discount.of(1900, at), expected, "{discount:?}");
        }
    }
}
