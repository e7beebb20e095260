//! Who pays, and with what.

use serde::{Deserialize, Serialize};

use super::Metadata;

/// How a card answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Card {
    /// Pays.
    Good,
    /// Is accepted, and declined whenever it is charged.
    DeclinedLater,
    /// Is declined at once.
    Declined,
    /// Has too little money, at once.
    Insufficient,
    /// Has expired, at once.
    Expired,
}

impl Card {
    /// The provider's published test numbers, with their brand; any other number is refused.
    pub fn of_number(number: &str) -> Option<(Self, &'static str)> {
        let digits: String = number.chars().filter(|c| !matches!(c, ' ' | '-')).collect();
        Some(match digits.as_str() {
            "4242424242424242" | "4000056655665556" => (Self::Good, "visa"),
            "5555555555554444" => (Self::Good, "mastercard"),
            "378282246310005" => (Self::Good, "amex"),
            "4000000000000341" => (Self::DeclinedLater, "visa"),
            "4000000000000002" => (Self::Declined, "visa"),
            "4000000000009995" => (Self::Insufficient, "visa"),
            "4000000000000069" => (Self::Expired, "visa"),
            _ => return None,
        })
    }

    /// The provider's published names of test cards, for calls that take no number: kind, brand and last four digits.
    pub fn of_name(name: &str) -> Option<(Self, &'static str, &'static str)> {
        Some(match name {
            "pm_card_visa" => (Self::Good, "visa", "4242"),
            "pm_card_mastercard" => (Self::Good, "mastercard", "4444"),
            "pm_card_chargeCustomerFail" => (Self::DeclinedLater, "visa", "0341"),
            "pm_card_visa_chargeDeclined" | "pm_card_chargeDeclined" => (Self::Declined, "visa", "0002"),
            "pm_card_visa_chargeDeclinedInsufficientFunds" => (Self::Insufficient, "visa", "9995"),
            "pm_card_chargeDeclinedExpiredCard" => (Self::Expired, "visa", "0069"),
            _ => return None,
        })
    }

    /// The code with which a charge is declined; `None`: it is paid.
    pub fn decline_code(self) -> Option<&'static str> {
        match self {
            Self::Good => None,
            Self::DeclinedLater | Self::Declined => Some("generic_decline"),
            Self::Insufficient => Some("insufficient_funds"),
            Self::Expired => Some("expired_card"),
        }
    }

    /// The code with which keeping the card for later is declined; `None`: it is kept.
    pub fn attach_decline_code(self) -> Option<&'static str> {
        match self {
            Self::Good | Self::DeclinedLater => None,
            Self::Declined | Self::Insufficient | Self::Expired => self.decline_code(),
        }
    }
}

/// A card that was given. Of its number only the last four digits are kept.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct PaymentMethod {
    /// `pm_…`.
    pub id: String,
    /// Whose; `None` once it is detached.
    pub customer: Option<String>,
    /// How it answers.
    pub card: Card,
    /// `visa`, `mastercard`, `amex`.
    pub brand: String,
    /// Last four digits.
    pub last4: String,
    /// Month of expiry, 1 to 12.
    pub exp_month: u32,
    /// Year of expiry.
    pub exp_year: i32,
    /// When it was given.
    pub created: i64,
}

/// Who pays.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Customer {
    /// `cus_…`.
    pub id: String,
    /// Where invoices go.
    pub email: Option<String>,
    /// Name.
    pub name: Option<String>,
    /// What the caller says of them.
    pub description: Option<String>,
    /// Telephone.
    pub phone: Option<String>,
    /// Two letters of the country, and the rest of an address, by the provider's field names.
    pub address: Metadata,
    /// Languages, the preferred one first.
    pub preferred_locales: Vec<String>,
    /// `none`, `exempt` or `reverse`.
    pub tax_exempt: String,
    /// When it was made.
    pub created: i64,
    /// What is owed to the customer (negative) or by them (positive), settled with the next invoice.
    pub balance: i64,
    /// Currency of that and of all invoices, once there is one.
    pub currency: Option<String>,
    /// The card that is charged.
    pub default_payment_method: Option<String>,
    /// What numbers of invoices begin with.
    pub invoice_prefix: String,
    /// Number of the next invoice.
    pub next_invoice: u32,
    /// The clock that their time follows; `None`: the sandbox's.
    pub test_clock: Option<String>,
    /// Whether it has been deleted.
    pub deleted: bool,
    /// The caller's.
    pub metadata: Metadata,
}

/// A tax number.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct TaxId {
    /// `txi_…`.
    pub id: String,
    /// Whose.
    pub customer: String,
    /// For example `eu_vat`.
    pub kind: String,
    /// The number.
    pub value: String,
    /// When it was given.
    pub created: i64,
    /// Whether it has been deleted.
    pub deleted: bool,
}

/// A change of a customer's balance.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct BalanceEntry {
    /// `cbtxn_…`.
    pub id: String,
    /// Whose.
    pub customer: String,
    /// Negative: credit to the customer.
    pub amount: i64,
    /// The balance after it.
    pub ending_balance: i64,
    /// Of both.
    pub currency: String,
    /// `adjustment`, `applied_to_invoice`, `unapplied_from_invoice` or `credit_note`.
    pub kind: String,
    /// The invoice that it was settled with.
    pub invoice: Option<String>,
    /// The credit note that gave it.
    pub credit_note: Option<String>,
    /// What the caller says of it.
    pub description: Option<String>,
    /// When.
    pub created: i64,
    /// The caller's.
    pub metadata: Metadata,
}
