//! What is asked of the provider, and what it answers, as data: so that it can be written down before it is sent, and sent
//! again.

use serde::{Deserialize, Serialize};

use super::convert::Prices;
use super::{Gateway, Trouble};
use crate::billing::facts::{Coupon, CreditNote, NewCoupon, Snapshot, TaxId};

/// One thing that is asked. Ids are the provider's, amounts minor units.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "ask", rename_all = "snake_case")]
pub enum Ask {
    /// Another price for an item as of an instant; the difference is charged at once, or nothing is changed.
    Change {
        /// Of which subscription.
        subscription: String,
        /// Its item.
        item: String,
        /// The price.
        price: String,
        /// The instant, in Unix seconds.
        at_s: i64,
    },
    /// Lets a subscription end with its period, or not.
    EndWithPeriod {
        /// Which.
        subscription: String,
        /// Whether it ends.
        ends: bool,
    },
    /// Ends a subscription now.
    EndNow {
        /// Which.
        subscription: String,
    },
    /// Collects nothing for a while.
    Pause {
        /// For which subscription.
        subscription: String,
        /// Until when, in Unix seconds; `None`: until it is resumed.
        until_s: Option<i64>,
    },
    /// Collects again.
    Unpause {
        /// For which subscription.
        subscription: String,
    },
    /// Takes back a part of a paid invoice with a credit note, and gives it back the way it came.
    CreditNote {
        /// Of which invoice.
        invoice: String,
        /// Of which payment.
        payment: String,
        /// How much.
        cents: i64,
        /// What the customer reads on it.
        memo: String,
    },
    /// Changes a customer's balance; negative: credit.
    Balance {
        /// Whose.
        customer: String,
        /// By how much.
        cents: i64,
        /// In which currency.
        currency: String,
        /// What for.
        description: String,
    },
    /// Makes a coupon.
    NewCoupon {
        /// The id that it is to have.
        id: String,
        /// What it is like.
        coupon: NewCoupon,
    },
    /// Makes a code by which customers ask for a coupon.
    NewCode {
        /// Which coupon.
        coupon: String,
        /// What they type.
        code: String,
    },
    /// Puts a coupon on a subscription, in place of any other.
    Discount {
        /// Which subscription.
        subscription: String,
        /// By the coupon's id, or …
        coupon: Option<String>,
        /// … by that of its code.
        promotion_code: Option<String>,
    },
    /// Lets nobody use a code any more.
    RetireCode {
        /// The code's id.
        code_id: String,
    },
    /// Lets nobody redeem a coupon any more.
    RetireCoupon {
        /// Which.
        coupon: String,
    },
    /// Adds a tax id.
    TaxId {
        /// Whose.
        customer: String,
        /// Its kind.
        kind: String,
        /// The number.
        value: String,
    },
}

/// What came of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "answer", content = "is", rename_all = "snake_case")]
pub enum Answer {
    /// The subscription as it is now.
    Subscription(Box<Snapshot>),
    /// The credit note that was made.
    CreditNote(CreditNote),
    /// The balance afterwards.
    Balance(i64),
    /// The coupon that was made.
    Coupon(Coupon),
    /// The id of the code that was made.
    Code(String),
    /// The tax id that was added.
    TaxId(TaxId),
    /// It was done; there is nothing to tell.
    Done,
}

impl Gateway {
    /// Asks under an idempotency key.
    ///
    /// # Errors
    /// The provider refuses or is away.
    pub async fn ask(&self, key: &str, ask: &Ask, prices: &Prices) -> Result<Answer, Trouble> {
        let subscription = |now_is: Snapshot| Answer::Subscription(Box::new(now_is));
        match ask {
            Ask::Change { subscription: id, item, price, at_s } => {
                self.change(key, (id, item), price, *at_s, prices).await.map(subscription)
            }
            Ask::EndWithPeriod { subscription: id, ends } => {
                self.end_with_period(key, id, *ends, prices).await.map(subscription)
            }
            Ask::EndNow { subscription: id } => self.end_now(key, id, prices).await.map(subscription),
            Ask::Pause { subscription: id, until_s } => {
                self.pause(key, id, *until_s, prices).await.map(subscription)
            }
            Ask::Unpause { subscription: id } => self.unpause(key, id, prices).await.map(subscription),
            Ask::CreditNote { invoice, payment: _, cents, memo } => {
                self.create_credit_note(key, invoice, *cents, memo).await.map(Answer::CreditNote)
            }
            Ask::Balance { customer, cents, currency, description } => {
                self.adjust_balance(key, customer, *cents, currency, description).await.map(Answer::Balance)
            }
            Ask::NewCoupon { id, coupon } => self.create_coupon(key, id, coupon).await.map(Answer::Coupon),
            Ask::NewCode { coupon, code } => {
                self.create_promotion_code(key, coupon, code).await.map(Answer::Code)
            }
            Ask::Discount { subscription: id, coupon, promotion_code } => self
                .discount(key, id, coupon.as_deref(), promotion_code.as_deref(), prices)
                .await
                .map(subscription),
            Ask::RetireCode { code_id } => {
                self.retire_promotion_code(key, code_id).await.map(|()| Answer::Done)
            }
            Ask::RetireCoupon { coupon } => self.retire_coupon(key, coupon).await.map(|()| Answer::Done),
            Ask::TaxId { customer, kind, value } => {
                self.add_tax_id(key, customer, kind, value).await.map(Answer::TaxId)
            }
        }
    }
}
