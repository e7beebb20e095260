//! What the payment provider says, in our words. Nothing here knows how it was said, and everything can be kept as JSON.
//!
//! Money is minor units with an ISO 4217 code in capitals; instants are UTC.

use chrono::{DateTime, Utc};
use domain::Tier;
use serde::{Deserialize, Serialize};

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
}

impl Interval {
    /// Its name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Month => "month",
            Self::Year => "year",
        }
    }

    /// The interval with this name.
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
    /// When it ends for sure; `None`: it renews itself.
    pub fn ends_at(&self) -> Option<DateTime<Utc>> {
        let at_period_end = self.cancel_at_period_end.then_some(self.current_period_end_at);
        [self.ended_at, self.cancel_at, at_period_end].into_iter().flatten().min()
    }
}

/// One line of an invoice.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Line {
    /// The line's id.
    pub stripe_id: String,
    /// What is paid for.
    pub description: String,
    /// Amount; negative: given back.
    pub amount_cents: i64,
    /// First instant that it covers.
    pub period_start_at: DateTime<Utc>,
    /// First instant that it no longer covers.
    pub period_end_at: DateTime<Utc>,
    /// Whether it settles a change in the middle of a period.
    pub proration: bool,
    /// The price.
    pub price_id: Option<String>,
    /// The tier that the price buys.
    pub tier: Option<Tier>,
    /// What discounts took off it.
    pub discount_cents: i64,
    /// Units.
    pub quantity: i64,
}

/// An invoice.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Invoice {
    /// Its id.
    pub stripe_id: String,
    /// Whose it is.
    pub customer_stripe_id: String,
    /// The subscription that it is for.
    pub subscription_stripe_id: Option<String>,
    /// Whether real money moves.
    pub livemode: bool,
    /// Its number; `None`: a draft.
    pub number: Option<String>,
    /// draft, open, paid, void, uncollectible.
    pub status: String,
    /// Why it was made; Stripe's name.
    pub billing_reason: Option<String>,
    /// Currency.
    pub currency: String,
    /// Before discounts and tax.
    pub subtotal_cents: i64,
    /// What discounts took off.
    pub discount_cents: i64,
    /// Tax.
    pub tax_cents: i64,
    /// After discounts and tax.
    pub total_cents: i64,
    /// Paid so far.
    pub amount_paid_cents: i64,
    /// To be paid: the total less what the balance covers.
    pub amount_due_cents: i64,
    /// Given back by credit notes after payment.
    pub credited_cents: i64,
    /// The customer's balance before it; negative: credit.
    pub starting_balance_cents: i64,
    /// The customer's balance after it.
    pub ending_balance_cents: Option<i64>,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// When it became final.
    pub finalized_at: Option<DateTime<Utc>>,
    /// When it was paid.
    pub paid_at: Option<DateTime<Utc>>,
    /// First instant of the period that it looks back on.
    pub period_start_at: DateTime<Utc>,
    /// Its end.
    pub period_end_at: DateTime<Utc>,
    /// The page on which it is shown and can be paid.
    pub hosted_url: Option<String>,
    /// The same as PDF.
    pub pdf_url: Option<String>,
    /// The payment behind it.
    pub payment_intent_id: Option<String>,
    /// How often payment was tried.
    pub attempt_count: i64,
    /// When it is tried again; `None`: it is not.
    pub next_attempt_at: Option<DateTime<Utc>>,
    /// What it is for.
    pub lines: Vec<Line>,
}

/// Money given back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refund {
    /// Its id.
    pub stripe_id: String,
    /// The payment.
    pub payment_intent_id: Option<String>,
    /// The charge.
    pub charge_id: Option<String>,
    /// pending, succeeded, failed, canceled …
    pub status: String,
    /// Currency.
    pub currency: String,
    /// Amount, positive.
    pub amount_cents: i64,
    /// Why; Stripe's name.
    pub reason: String,
    /// When.
    pub created_at: DateTime<Utc>,
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
