//! Visits to the provider's own pages.

use serde::{Deserialize, Serialize};

use super::Metadata;

/// Where a visit to the checkout page stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SessionStatus {
    /// Somebody may pay.
    Open,
    /// It led to a subscription.
    Complete,
    /// It is too late.
    Expired,
}

impl SessionStatus {
    /// Its published name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Complete => "complete",
            Self::Expired => "expired",
        }
    }
}

/// A visit to the checkout page.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct CheckoutSession {
    /// `cs_test_…`: nobody can guess it, since it opens the page.
    pub id: String,
    /// Where it stands.
    pub status: SessionStatus,
    /// Who pays; without one a customer is made.
    pub customer: Option<String>,
    /// Address that the form begins with.
    pub customer_email: Option<String>,
    /// The caller's name for it.
    pub client_reference_id: Option<String>,
    /// Line's id, price and quantity.
    pub lines: Vec<(String, String, i64)>,
    /// ISO 4217, in lower case.
    pub currency: String,
    /// Where the visitor goes afterwards; `{CHECKOUT_SESSION_ID}` stands for the id.
    pub success_url: String,
    /// Where one goes who turns back.
    pub cancel_url: Option<String>,
    /// `en`, `es`; `None`: as the browser wants.
    pub locale: Option<String>,
    /// Whether the form asks for a code.
    pub allow_promotion_codes: bool,
    /// Coupon and promotion code that are given from the start or were typed.
    pub coupon: Option<(String, Option<String>)>,
    /// Whether the form asks for a tax number.
    pub tax_id_collection: bool,
    /// Days without payment at first.
    pub trial_days: Option<i64>,
    /// End of the trial, where it was given as an instant.
    pub trial_end: Option<i64>,
    /// What happens at the end of a trial without a card.
    pub missing_card: String,
    /// Whether a card is asked for even when nothing is to be paid now.
    pub always_card: bool,
    /// The subscription's metadata and description.
    pub subscription_metadata: Metadata,
    /// What the caller says of the subscription.
    pub subscription_description: Option<String>,
    /// The subscription that was made.
    pub subscription: Option<String>,
    /// Its first invoice.
    pub invoice: Option<String>,
    /// Total before discounts, what was discounted, and the total, once it is complete.
    pub amounts: Option<(i64, i64, i64)>,
    /// When it was made.
    pub created: i64,
    /// When it is too late.
    pub expires_at: i64,
    /// The caller's.
    pub metadata: Metadata,
}

/// What a visitor is to do on the portal's pages.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Flow {
    /// Give another card.
    Card,
    /// Let this subscription end.
    Cancel(String),
    /// Choose another price for this subscription.
    Change(String),
    /// Confirm this price for this subscription.
    Confirm(String, String),
}

/// A visit to the portal.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct PortalSession {
    /// `bps_…`.
    pub id: String,
    /// What the page's address ends with: nobody can guess it.
    pub secret: String,
    /// Whose.
    pub customer: String,
    /// Where the visitor goes afterwards.
    pub return_url: Option<String>,
    /// `en`, `es`; `None`: as the browser wants.
    pub locale: Option<String>,
    /// The one thing to be done.
    pub flow: Option<Flow>,
    /// When it was made, by the real clock.
    pub created: i64,
}
