//! What changes a subscription, and what a change would cost.

use std::collections::HashMap;

use stripe::StripeRequest;
use stripe_billing::invoice::{
    CreatePreviewInvoice, CreatePreviewInvoiceSubscriptionDetails,
    CreatePreviewInvoiceSubscriptionDetailsItems, CreatePreviewInvoiceSubscriptionDetailsProrationBehavior,
};
use stripe_billing::subscription::{
    CancelSubscription, DiscountsDataParam, UpdateSubscription, UpdateSubscriptionItems,
    UpdateSubscriptionPauseCollection, UpdateSubscriptionPauseCollectionBehavior,
    UpdateSubscriptionPaymentBehavior, UpdateSubscriptionProrationBehavior,
};
use stripe_client_core::{RequestBuilder, StripeMethod};

use super::convert::{self, Prices};
use super::{Gateway, Trouble};
use crate::billing::facts::{Invoice, Snapshot};

impl Gateway {
    /// The invoice that a change of price at `at_s` would make at once; nothing is changed.
    ///
    /// # Errors
    /// The provider refuses or is away.
    pub async fn preview_change(
        &self,
        from: &Snapshot,
        price: &str,
        at_s: i64,
        prices: &Prices,
    ) -> Result<Invoice, Trouble> {
        let mut item = CreatePreviewInvoiceSubscriptionDetailsItems::new();
        (item.id, item.price) = (Some(from.item_stripe_id.clone()), Some(price.to_owned()));
        let mut details = CreatePreviewInvoiceSubscriptionDetails::new();
        details.items = Some(vec![item]);
        details.proration_behavior =
            Some(CreatePreviewInvoiceSubscriptionDetailsProrationBehavior::AlwaysInvoice);
        details.proration_date = Some(at_s);
        let request = CreatePreviewInvoice::new()
            .customer(from.customer_stripe_id.as_str())
            .subscription(from.stripe_id.as_str())
            .subscription_details(details);
        let answer = self.read(|s| request.customize().request_strategy(s).send(&self.client)).await?;
        convert::invoice(&answer, prices)
    }

    /// The invoice that the end of the current period will make.
    ///
    /// # Errors
    /// None is to come, or the provider is away.
    pub async fn preview_renewal(&self, of: &Snapshot, prices: &Prices) -> Result<Invoice, Trouble> {
        let request = CreatePreviewInvoice::new()
            .customer(of.customer_stripe_id.as_str())
            .subscription(of.stripe_id.as_str());
        let answer = self.read(|s| request.customize().request_strategy(s).send(&self.client)).await?;
        convert::invoice(&answer, prices)
    }

    /// Changes the price of a subscription's item at `at_s` and charges the difference at once; where the payment fails nothing is changed.
    ///
    /// # Errors
    /// The payment is declined, or the provider refuses or is away.
    pub async fn change(
        &self,
        key: &str,
        (subscription, item_id): (&str, &str),
        price: &str,
        at_s: i64,
        prices: &Prices,
    ) -> Result<Snapshot, Trouble> {
        let mut item = UpdateSubscriptionItems::new();
        (item.id, item.price) = (Some(item_id.to_owned()), Some(price.to_owned()));
        let request = UpdateSubscription::new(subscription)
            .items(vec![item])
            .proration_behavior(UpdateSubscriptionProrationBehavior::AlwaysInvoice)
            .proration_date(at_s)
            .payment_behavior(UpdateSubscriptionPaymentBehavior::ErrorIfIncomplete);
        let made = self.write(key, |s| request.customize().request_strategy(s).send(&self.client)).await?;
        convert::snapshot(&made, prices)
    }

    /// Lets it end with the current period, or not.
    ///
    /// # Errors
    /// The provider refuses or is away.
    pub async fn end_with_period(
        &self,
        key: &str,
        subscription: &str,
        ends: bool,
        prices: &Prices,
    ) -> Result<Snapshot, Trouble> {
        let request = UpdateSubscription::new(subscription).cancel_at_period_end(ends);
        let made = self.write(key, |s| request.customize().request_strategy(s).send(&self.client)).await?;
        convert::snapshot(&made, prices)
    }

    /// Ends it now, without a last invoice. One that is over already is as good: the provider heeds no key where something is
    /// deleted, so a repeat finds it over.
    ///
    /// # Errors
    /// The provider refuses or is away.
    pub async fn end_now(&self, key: &str, subscription: &str, prices: &Prices) -> Result<Snapshot, Trouble> {
        let request = CancelSubscription::new(subscription).invoice_now(false).prorate(false);
        match self.write(key, |s| request.customize().request_strategy(s).send(&self.client)).await {
            Ok(made) => convert::snapshot(&made, prices),
            Err(trouble @ (Trouble::Missing(_) | Trouble::Refused(_))) => {
                let now_is = self.subscription(subscription, prices).await?;
                if now_is.status.is_over() { Ok(now_is) } else { Err(trouble) }
            }
            Err(trouble) => Err(trouble),
        }
    }

    /// Stops collecting money until `until_s`, or until it is resumed.
    ///
    /// # Errors
    /// The provider refuses or is away.
    pub async fn pause(
        &self,
        key: &str,
        subscription: &str,
        until_s: Option<i64>,
        prices: &Prices,
    ) -> Result<Snapshot, Trouble> {
        let mut pause =
            UpdateSubscriptionPauseCollection::new(UpdateSubscriptionPauseCollectionBehavior::Void);
        pause.resumes_at = until_s;
        let request = UpdateSubscription::new(subscription).pause_collection(pause);
        let made = self.write(key, |s| request.customize().request_strategy(s).send(&self.client)).await?;
        convert::snapshot(&made, prices)
    }

    /// Collects money again.
    ///
    /// # Errors
    /// The provider refuses or is away.
    pub async fn unpause(&self, key: &str, subscription: &str, prices: &Prices) -> Result<Snapshot, Trouble> {
        // The library's type cannot say "empty", which is how a field is unset.
        let form = HashMap::from([("pause_collection", "")]);
        let path = format!("/subscriptions/{subscription}");
        let made = self
            .write(key, |s| {
                let request = RequestBuilder::new(StripeMethod::Post, path.clone()).form(&form);
                request.customize::<stripe_shared::Subscription>().request_strategy(s).send(&self.client)
            })
            .await?;
        convert::snapshot(&made, prices)
    }

    /// Puts a coupon on a subscription, in place of any other.
    ///
    /// # Errors
    /// The coupon cannot be redeemed, or the provider is away.
    pub async fn discount(
        &self,
        key: &str,
        subscription: &str,
        coupon: Option<&str>,
        promotion_code: Option<&str>,
        prices: &Prices,
    ) -> Result<Snapshot, Trouble> {
        let mut discount = DiscountsDataParam::new();
        discount.coupon = coupon.map(str::to_owned);
        discount.promotion_code = promotion_code.map(str::to_owned);
        let request = UpdateSubscription::new(subscription)
            .discounts(vec![discount])
            .expand(vec!["discounts.source.coupon".to_owned()]);
        let made = self.write(key, |s| request.customize().request_strategy(s).send(&self.client)).await?;
        convert::snapshot(&made, prices)
    }
}
