//! What is read there.

use chrono::{DateTime, Utc};
use futures::TryStreamExt;
use stripe::StripeRequest;
use stripe_billing::credit_note::ListCreditNote;
use stripe_billing::invoice::ListInvoice;
use stripe_billing::subscription::{ListSubscription, ListSubscriptionStatus, RetrieveSubscription};
use stripe_checkout::checkout_session::RetrieveCheckoutSession;
use stripe_core::customer::{RetrieveCustomer, RetrieveCustomerReturned};
use stripe_core::refund::ListRefund;
use stripe_product::coupon::ListCoupon;
use stripe_product::price::ListPrice;
use stripe_product::promotion_code::ListPromotionCode;
use stripe_types::RangeQueryTs;

use super::convert::{self, Prices};
use super::{Gateway, Trouble};
use crate::billing::facts::{Coupon, CreditNote, Customer, Invoice, Refund, Snapshot};

/// Objects asked for at once.
const PAGE: i64 = 100;

/// What a checkout page has led to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checkout {
    /// Its id.
    pub session_id: String,
    /// open, complete, expired.
    pub status: String,
    /// Whose it is.
    pub customer_stripe_id: Option<String>,
    /// What came of it.
    pub subscription_stripe_id: Option<String>,
    /// The page.
    pub url: Option<String>,
    /// Until when it can be used, in Unix seconds.
    pub expires_s: i64,
    /// Whether real money moves.
    pub livemode: bool,
}

/// A price as it is there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Priced {
    /// Its id.
    pub stripe_id: String,
    /// By which it was looked for.
    pub lookup_key: String,
    /// The product.
    pub product_stripe_id: String,
    /// Amount.
    pub unit_amount_cents: i64,
    /// Currency.
    pub currency: String,
    /// month or year; empty: paid once.
    pub interval: String,
    /// Whether it can be bought.
    pub active: bool,
    /// Whether real money moves.
    pub livemode: bool,
}

pub(super) fn priced(from: &stripe_shared::Price) -> Priced {
    Priced {
        stripe_id: from.id.as_str().to_owned(),
        lookup_key: from.lookup_key.clone().unwrap_or_default(),
        product_stripe_id: from.product.id().as_str().to_owned(),
        unit_amount_cents: from.unit_amount.unwrap_or_default(),
        currency: from.currency.to_string().to_uppercase(),
        interval: from.recurring.as_ref().map(|r| r.interval.to_string()).unwrap_or_default(),
        active: from.active,
        livemode: from.livemode,
    }
}

pub(super) fn checkout(from: &stripe_shared::CheckoutSession) -> Checkout {
    Checkout {
        session_id: from.id.as_str().to_owned(),
        status: from.status.as_ref().map(ToString::to_string).unwrap_or_default(),
        customer_stripe_id: from.customer.as_ref().map(|c| c.id().as_str().to_owned()),
        subscription_stripe_id: from.subscription.as_ref().map(|s| s.id().as_str().to_owned()),
        url: from.url.clone(),
        expires_s: from.expires_at,
        livemode: from.livemode,
    }
}

impl Gateway {
    /// A customer; one who was deleted is `None`.
    ///
    /// # Errors
    /// There never was one, or the provider is away.
    pub async fn customer(&self, stripe_id: &str) -> Result<Option<Customer>, Trouble> {
        let request = RetrieveCustomer::new(stripe_id).expand(vec!["tax_ids".to_owned()]);
        let found = self.read(|s| request.customize().request_strategy(s).send(&self.client)).await?;
        match found {
            RetrieveCustomerReturned::Customer(found) => convert::customer(&found).map(Some),
            RetrieveCustomerReturned::DeletedCustomer(_) => Ok(None),
        }
    }

    /// One subscription.
    ///
    /// # Errors
    /// There is none, or the provider is away.
    pub async fn subscription(&self, stripe_id: &str, prices: &Prices) -> Result<Snapshot, Trouble> {
        let request = RetrieveSubscription::new(stripe_id).expand(vec!["discounts.source.coupon".to_owned()]);
        let found = self.read(|s| request.customize().request_strategy(s).send(&self.client)).await?;
        convert::snapshot(&found, prices)
    }

    /// Every subscription that a customer ever had.
    ///
    /// # Errors
    /// The provider is away.
    pub async fn subscriptions(&self, customer: &str, prices: &Prices) -> Result<Vec<Snapshot>, Trouble> {
        let request = ListSubscription::new()
            .customer(customer)
            .status(ListSubscriptionStatus::All)
            .limit(PAGE)
            .expand(vec!["data.discounts.source.coupon".to_owned()]);
        let list = self.read(|s| request.customize().request_strategy(s).send(&self.client)).await?;
        let all: Vec<stripe_shared::Subscription> = if list.has_more {
            request.paginate().stream(&self.client).try_collect().await?
        } else {
            list.data
        };
        all.iter().map(|found| convert::snapshot(found, prices)).collect()
    }

    /// Every invoice of a customer, the newest first.
    ///
    /// # Errors
    /// The provider is away.
    pub async fn invoices(&self, customer: &str, prices: &Prices) -> Result<Vec<Invoice>, Trouble> {
        let request =
            ListInvoice::new().customer(customer).limit(PAGE).expand(vec!["data.payments".to_owned()]);
        let list = self.read(|s| request.customize().request_strategy(s).send(&self.client)).await?;
        let all: Vec<stripe_shared::Invoice> = if list.has_more {
            request.paginate().stream(&self.client).try_collect().await?
        } else {
            list.data
        };
        all.iter().map(|found| convert::invoice(found, prices)).collect()
    }

    /// What was given back of a payment.
    ///
    /// # Errors
    /// The provider is away.
    pub async fn refunds(&self, payment_intent: &str) -> Result<Vec<Refund>, Trouble> {
        self.all_refunds(ListRefund::new().payment_intent(payment_intent)).await
    }

    /// Every refund since an instant, of whatever payment.
    ///
    /// # Errors
    /// The provider is away.
    pub async fn refunds_since(&self, instant: DateTime<Utc>) -> Result<Vec<Refund>, Trouble> {
        self.all_refunds(ListRefund::new().created(RangeQueryTs::gte(instant.timestamp()))).await
    }

    async fn all_refunds(&self, request: ListRefund) -> Result<Vec<Refund>, Trouble> {
        let request = request.limit(PAGE);
        let list = self.read(|s| request.customize().request_strategy(s).send(&self.client)).await?;
        let all: Vec<stripe_shared::Refund> = if list.has_more {
            request.paginate().stream(&self.client).try_collect().await?
        } else {
            list.data
        };
        all.iter().map(convert::refund).collect()
    }

    /// Every credit note of a customer, the newest first.
    ///
    /// # Errors
    /// The provider is away.
    pub async fn credit_notes(&self, customer: &str) -> Result<Vec<CreditNote>, Trouble> {
        let request = ListCreditNote::new().customer(customer).limit(PAGE);
        let list = self.read(|s| request.customize().request_strategy(s).send(&self.client)).await?;
        let all: Vec<stripe_shared::CreditNote> = if list.has_more {
            request.paginate().stream(&self.client).try_collect().await?
        } else {
            list.data
        };
        all.iter().map(convert::credit_note).collect()
    }

    /// Every coupon that was not deleted.
    ///
    /// # Errors
    /// The provider is away.
    pub async fn coupons(&self) -> Result<Vec<Coupon>, Trouble> {
        let request = ListCoupon::new().limit(PAGE);
        let list = self.read(|s| request.customize().request_strategy(s).send(&self.client)).await?;
        let all: Vec<stripe_shared::Coupon> = if list.has_more {
            request.paginate().stream(&self.client).try_collect().await?
        } else {
            list.data
        };
        all.iter().map(convert::coupon).collect()
    }

    /// Ids of the promotion codes that work.
    ///
    /// # Errors
    /// The provider is away.
    pub async fn active_codes(&self) -> Result<Vec<String>, Trouble> {
        let request = ListPromotionCode::new().active(true).limit(PAGE);
        let list = self.read(|s| request.customize().request_strategy(s).send(&self.client)).await?;
        let all: Vec<stripe_shared::PromotionCode> = if list.has_more {
            request.paginate().stream(&self.client).try_collect().await?
        } else {
            list.data
        };
        Ok(all.iter().map(|code| code.id.as_str().to_owned()).collect())
    }

    /// A checkout page.
    ///
    /// # Errors
    /// There is none, or the provider is away.
    pub async fn checkout(&self, session_id: &str) -> Result<Checkout, Trouble> {
        let request = RetrieveCheckoutSession::new(session_id);
        let found = self.read(|s| request.customize().request_strategy(s).send(&self.client)).await?;
        Ok(checkout(&found))
    }

    /// The prices with these lookup keys.
    ///
    /// # Errors
    /// The provider is away.
    pub async fn prices(&self, lookup_keys: &[String]) -> Result<Vec<Priced>, Trouble> {
        let mut found = Vec::new();
        // Stripe takes ten at once.
        for keys in lookup_keys.chunks(10) {
            let request = ListPrice::new().lookup_keys(keys.to_vec()).limit(PAGE);
            let list = self.read(|s| request.customize().request_strategy(s).send(&self.client)).await?;
            found.extend(list.data.iter().map(priced));
        }
        Ok(found)
    }

    /// The id of an active promotion code; `None`: there is no such code.
    ///
    /// # Errors
    /// The provider is away.
    pub async fn promotion_code(&self, code: &str) -> Result<Option<String>, Trouble> {
        let request = ListPromotionCode::new().code(code).active(true).limit(1);
        let list = self.read(|s| request.customize().request_strategy(s).send(&self.client)).await?;
        Ok(list.data.first().map(|found| found.id.as_str().to_owned()))
    }
}
