//! Payments and what was given back.

use serde::{Deserialize, Serialize};

use super::Metadata;

/// Where a payment stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum IntentStatus {
    /// Nothing has been paid yet; a card may have been declined.
    RequiresPaymentMethod,
    /// Paid.
    Succeeded,
    /// No longer wanted.
    Canceled,
}

impl IntentStatus {
    /// Its published name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::RequiresPaymentMethod => "requires_payment_method",
            Self::Succeeded => "succeeded",
            Self::Canceled => "canceled",
        }
    }
}

/// A payment that is wanted: one an invoice, whatever the number of tries.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Intent {
    /// `pi_…`.
    pub id: String,
    /// `inpay_…`: its tie to the invoice.
    pub invoice_payment: String,
    /// Who pays.
    pub customer: String,
    /// For which invoice.
    pub invoice: String,
    /// Minor units.
    pub amount: i64,
    /// ISO 4217, in lower case.
    pub currency: String,
    /// Where it stands.
    pub status: IntentStatus,
    /// The newest try.
    pub latest_charge: Option<String>,
    /// Why the newest try was declined.
    pub declined: Option<String>,
    /// The card of the newest try.
    pub payment_method: Option<String>,
    /// When it was made.
    pub created: i64,
    /// When it was paid.
    pub paid_at: Option<i64>,
    /// When it was given up.
    pub canceled_at: Option<i64>,
}

/// A try to pay.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Charge {
    /// `ch_…`.
    pub id: String,
    /// The intent that it belongs to.
    pub intent: String,
    /// Who pays.
    pub customer: String,
    /// For which invoice.
    pub invoice: String,
    /// Minor units.
    pub amount: i64,
    /// Given back so far.
    pub refunded: i64,
    /// ISO 4217, in lower case.
    pub currency: String,
    /// Why it was declined; `None`: paid.
    pub declined: Option<String>,
    /// The card.
    pub payment_method: String,
    /// When.
    pub created: i64,
    /// The caller's.
    pub metadata: Metadata,
}

/// Money given back.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Refund {
    /// `re_…`.
    pub id: String,
    /// Of this charge.
    pub charge: String,
    /// Minor units.
    pub amount: i64,
    /// `duplicate`, `fraudulent` or `requested_by_customer`.
    pub reason: Option<String>,
    /// When.
    pub created: i64,
    /// The caller's.
    pub metadata: Metadata,
}
