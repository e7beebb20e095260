//! What is owed, and what is owed no more.

use serde::{Deserialize, Serialize};

use super::{Discount, Metadata};

/// Where an invoice stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum InvoiceStatus {
    /// Not final: it has no number, and nothing is owed yet.
    Draft,
    /// Final, and to be paid.
    Open,
    /// Paid.
    Paid,
    /// Given up.
    Uncollectible,
    /// Taken back.
    Void,
}

impl InvoiceStatus {
    /// Its published name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Draft => "draft",
            Self::Open => "open",
            Self::Paid => "paid",
            Self::Uncollectible => "uncollectible",
            Self::Void => "void",
        }
    }
}

/// One line of an invoice.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Line {
    /// `il_…`.
    pub id: String,
    /// What it says.
    pub description: String,
    /// Before discounts; negative for unused time.
    pub amount: i64,
    /// What each discount takes off it, by the discount's id.
    pub discounts: Vec<(String, i64)>,
    /// Begin of the time that it is for.
    pub start: i64,
    /// End of that time.
    pub end: i64,
    /// Whether it settles a change within a period.
    pub proration: bool,
    /// The price.
    pub price: Option<String>,
    /// How many.
    pub quantity: i64,
    /// The item of the subscription.
    pub item: Option<String>,
    /// The invoice item that it was made of.
    pub invoice_item: Option<String>,
}

impl Line {
    /// What is owed for it.
    pub fn net(&self) -> i64 {
        self.amount - self.discounts.iter().map(|(_, amount)| amount).sum::<i64>()
    }
}

/// Something that waits for the next invoice.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct InvoiceItem {
    /// `ii_…`.
    pub id: String,
    /// Who owes.
    pub customer: String,
    /// For which subscription.
    pub subscription: Option<String>,
    /// The invoice that took it.
    pub invoice: Option<String>,
    /// ISO 4217, in lower case.
    pub currency: String,
    /// The line that it becomes.
    pub line: Line,
    /// When it was made.
    pub created: i64,
    /// Whether it has been deleted.
    pub deleted: bool,
    /// The caller's.
    pub metadata: Metadata,
}

/// What a customer owes.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Invoice {
    /// `in_…`.
    pub id: String,
    /// Its number, once it is final.
    pub number: Option<String>,
    /// Who owes.
    pub customer: String,
    /// For which subscription.
    pub subscription: Option<String>,
    /// Why: `subscription_create`, `subscription_cycle`, `subscription_update` or `manual`.
    pub billing_reason: String,
    /// Where it stands.
    pub status: InvoiceStatus,
    /// ISO 4217, in lower case.
    pub currency: String,
    /// Its lines.
    pub lines: Vec<Line>,
    /// The discounts on it, as they were.
    pub discounts: Vec<Discount>,
    /// Sum of the lines before discounts.
    pub subtotal: i64,
    /// After them.
    pub total: i64,
    /// The customer's balance before it.
    pub starting_balance: i64,
    /// And after it; while it is a draft, what that would be.
    pub ending_balance: i64,
    /// What is to be paid: the total and the change of the balance, less what was credited before it was paid.
    pub amount_due: i64,
    /// What has been paid.
    pub amount_paid: i64,
    /// What credit notes took off before it was paid.
    pub credited_before: i64,
    /// What credit notes gave back after it was paid.
    pub credited_after: i64,
    /// How often payment was tried.
    pub attempt_count: u32,
    /// When it is tried again.
    pub next_attempt: Option<i64>,
    /// Whether the provider goes on with it by itself.
    pub auto_advance: bool,
    /// When a draft becomes final by itself.
    pub finalizes_at: Option<i64>,
    /// When it was made.
    pub created: i64,
    /// When it became final.
    pub finalized_at: Option<i64>,
    /// When it was paid.
    pub paid_at: Option<i64>,
    /// When it was taken back.
    pub voided_at: Option<i64>,
    /// When it was given up.
    pub uncollectible_at: Option<i64>,
    /// Begin of the period in which it was made.
    pub period_start: i64,
    /// Its end.
    pub period_end: i64,
    /// The payment intent, where something is to be paid.
    pub intent: Option<String>,
    /// What its page's address ends with: nobody can guess it.
    pub secret: String,
    /// What the caller says of it.
    pub description: Option<String>,
    /// The caller's.
    pub metadata: Metadata,
}

impl Invoice {
    /// What is left to be paid.
    pub fn remaining(&self) -> i64 {
        self.amount_due - self.amount_paid
    }
}

/// A correction of an invoice that is final.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct CreditNote {
    /// `cn_…`.
    pub id: String,
    /// Its number.
    pub number: String,
    /// Of this invoice.
    pub invoice: String,
    /// For whom.
    pub customer: String,
    /// ISO 4217, in lower case.
    pub currency: String,
    /// How much in all.
    pub amount: i64,
    /// Of it, what was taken off what was still to be paid.
    pub before_payment: i64,
    /// Of it, what went to the customer's balance.
    pub to_balance: i64,
    /// The change of the balance.
    pub balance_entry: Option<String>,
    /// The refund of the rest.
    pub refund: Option<String>,
    /// Of it, what was given back in another way.
    pub out_of_band: i64,
    /// `duplicate`, `fraudulent`, `order_change` or `product_unsatisfactory`.
    pub reason: Option<String>,
    /// What the customer reads.
    pub memo: Option<String>,
    /// When.
    pub created: i64,
    /// The caller's.
    pub metadata: Metadata,
}
