//! Invoices, what was given back of them, and the notes that say so.

use chrono::{DateTime, Utc};
use domain::Tier;
use serde::{Deserialize, Serialize};

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

/// A credit note: the paper by which a part of an invoice that is final is taken back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, sqlx::FromRow)]
pub struct CreditNote {
    /// Its id.
    pub stripe_id: String,
    /// Whose it is.
    pub customer_stripe_id: String,
    /// Of which invoice.
    pub invoice_stripe_id: String,
    /// Its number.
    pub number: String,
    /// issued or void.
    pub status: String,
    /// Currency.
    pub currency: String,
    /// How much in all, positive.
    pub amount_cents: i64,
    /// Of it, what was given back the way it came.
    pub refund_cents: i64,
    /// The refunds there.
    pub refund_stripe_ids: Vec<String>,
    /// The note as PDF.
    pub pdf_url: Option<String>,
    /// Why; Stripe's name.
    pub reason: String,
    /// What the customer reads on it.
    pub memo: String,
    /// When.
    pub created_at: DateTime<Utc>,
}
