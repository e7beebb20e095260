//! What somebody pays again and again.

use serde::{Deserialize, Serialize};

use super::Metadata;

/// Where a subscription stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// The first payment has not succeeded.
    Incomplete,
    /// It did not within 23 hours.
    IncompleteExpired,
    /// Free for a while.
    Trialing,
    /// Paid.
    Active,
    /// The newest invoice is not paid; it is tried again.
    PastDue,
    /// Over.
    Canceled,
    /// All tries are used up and nothing is tried any more.
    Unpaid,
    /// The trial ended without a card.
    Paused,
}

impl Status {
    /// All of them.
    pub const ALL: [Self; 8] = [
        Self::Incomplete,
        Self::IncompleteExpired,
        Self::Trialing,
        Self::Active,
        Self::PastDue,
        Self::Canceled,
        Self::Unpaid,
        Self::Paused,
    ];

    /// Its published name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Incomplete => "incomplete",
            Self::IncompleteExpired => "incomplete_expired",
            Self::Trialing => "trialing",
            Self::Active => "active",
            Self::PastDue => "past_due",
            Self::Canceled => "canceled",
            Self::Unpaid => "unpaid",
            Self::Paused => "paused",
        }
    }

    /// By its published name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|one| one.as_str() == name)
    }

    /// Whether it is over for good.
    pub fn is_over(self) -> bool {
        matches!(self, Self::Canceled | Self::IncompleteExpired)
    }
}

/// A price in a subscription.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Item {
    /// `si_…`.
    pub id: String,
    /// What is paid.
    pub price: String,
    /// How many.
    pub quantity: i64,
    /// When it was added.
    pub created: i64,
    /// The caller's.
    pub metadata: Metadata,
}

/// A coupon that was given to a subscription.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Discount {
    /// `di_…`.
    pub id: String,
    /// The coupon.
    pub coupon: String,
    /// The code that was typed for it.
    pub promotion_code: Option<String>,
    /// Who has it.
    pub customer: String,
    /// For which subscription.
    pub subscription: Option<String>,
    /// From when it counts.
    pub start: i64,
    /// First instant at which it no longer counts.
    pub end: Option<i64>,
}

/// What becomes of invoices while payments are paused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PauseBehavior {
    /// They stay drafts.
    KeepAsDraft,
    /// They are given up.
    MarkUncollectible,
    /// They are taken back.
    Void,
}

impl PauseBehavior {
    /// Its published name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::KeepAsDraft => "keep_as_draft",
            Self::MarkUncollectible => "mark_uncollectible",
            Self::Void => "void",
        }
    }

    /// By its published name.
    pub fn parse(name: &str) -> Option<Self> {
        [Self::KeepAsDraft, Self::MarkUncollectible, Self::Void].into_iter().find(|one| one.as_str() == name)
    }
}

/// A pause of payments.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pause {
    /// What becomes of invoices meanwhile.
    pub behavior: PauseBehavior,
    /// When it ends by itself; `None`: when somebody ends it.
    pub resumes_at: Option<i64>,
}

/// Prices that a customer pays again and again.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Subscription {
    /// `sub_…`.
    pub id: String,
    /// Who pays.
    pub customer: String,
    /// What is paid; all items are paid equally often.
    pub items: Vec<Item>,
    /// ISO 4217, in lower case.
    pub currency: String,
    /// Where it stands.
    pub status: Status,
    /// When it was made; its first period begins then.
    pub created: i64,
    /// The instant that periods are counted from.
    pub anchor: i64,
    /// Begin of the current period.
    pub period_start: i64,
    /// Its end.
    pub period_end: i64,
    /// Begin of the trial.
    pub trial_start: Option<i64>,
    /// End of the trial.
    pub trial_end: Option<i64>,
    /// Whether the end of the trial has been announced.
    pub trial_notice: bool,
    /// What happens at the end of a trial without a card: `create_invoice`, `pause` or `cancel`.
    pub missing_card: String,
    /// Whether it ends with the period.
    pub cancel_at_period_end: bool,
    /// When it is to end.
    pub cancel_at: Option<i64>,
    /// When somebody asked for the end.
    pub canceled_at: Option<i64>,
    /// When it ended.
    pub ended_at: Option<i64>,
    /// Why it ends: `comment`, `feedback` and `reason`, where they were given.
    pub cancellation: Metadata,
    /// Whether payments are paused.
    pub pause: Option<Pause>,
    /// The newest invoice.
    pub latest_invoice: Option<String>,
    /// Coupons in use.
    pub discounts: Vec<Discount>,
    /// A card of its own.
    pub default_payment_method: Option<String>,
    /// What the caller says of it.
    pub description: Option<String>,
    /// The caller's.
    pub metadata: Metadata,
}
