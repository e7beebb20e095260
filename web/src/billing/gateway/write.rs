//! What is changed there, each under its idempotency key.

use std::collections::HashMap;

use stripe::StripeRequest;
use stripe_billing::billing_portal_session::CreateBillingPortalSession;
use stripe_billing::invoice::{
    CreatePreviewInvoice, CreatePreviewInvoiceSubscriptionDetails,
    CreatePreviewInvoiceSubscriptionDetailsItems, CreatePreviewInvoiceSubscriptionDetailsProrationBehavior,
};
use stripe_billing::subscription::{
    CancelSubscription, DiscountsDataParam, UpdateSubscription, UpdateSubscriptionItems,
    UpdateSubscriptionPauseCollection, UpdateSubscriptionPauseCollectionBehavior,
    UpdateSubscriptionPaymentBehavior, UpdateSubscriptionProrationBehavior,
};
use stripe_billing::tax_id::{CreateCustomerTaxId, CreateCustomerTaxIdType};
use stripe_checkout::checkout_session::{
    CreateCheckoutSession, CreateCheckoutSessionCustomerUpdate, CreateCheckoutSessionCustomerUpdateAddress,
    CreateCheckoutSessionCustomerUpdateName, CreateCheckoutSessionLineItems,
    CreateCheckoutSessionPaymentMethodCollection, CreateCheckoutSessionSubscriptionData,
    CreateCheckoutSessionTaxIdCollection, ExpireCheckoutSession,
};
use stripe_client_core::{RequestBuilder, StripeMethod};
use stripe_core::customer::CreateCustomer;
use stripe_core::customer_balance_transaction::CreateCustomerCustomerBalanceTransaction;
use stripe_core::refund::{CreateRefund, CreateRefundReason};
use stripe_product::coupon::CreateCoupon;
use stripe_product::price::{CreatePrice, CreatePriceRecurring, CreatePriceRecurringInterval};
use stripe_product::product::CreateProduct;
use stripe_product::promotion_code::{
    CreatePromotionCode, CreatePromotionCodePromotion, CreatePromotionCodePromotionType,
};
use stripe_types::Currency;

use super::convert::{self, ACCOUNT, Prices};
use super::read::{Checkout, Priced, checkout, priced};
use super::{Gateway, Trouble};
use crate::billing::facts::{Coupon, Customer, Interval, Invoice, Refund, Snapshot, TaxId};
use crate::text::Lang;

/// A checkout page that is to be made.
#[derive(Debug, Clone)]
pub struct NewCheckout<'a> {
    /// For whom.
    pub customer: &'a str,
    /// The account's id, so that the page can be found again without the customer.
    pub account: i64,
    /// What is bought.
    pub price: &'a str,
    /// Days without charge; 0: none.
    pub trial_days: u32,
    /// Where to go on; holds `{CHECKOUT_SESSION_ID}`.
    pub success_url: &'a str,
    /// Where to go back to.
    pub cancel_url: &'a str,
    /// Language of the page.
    pub lang: Lang,
}

/// Coupon that is to be made.
#[derive(Debug, Clone, PartialEq)]
pub struct NewCoupon<'a> {
    /// Its name, which customers see.
    pub name: &'a str,
    /// Share that it takes off, in per cent.
    pub percent_off: Option<f64>,
    /// Amount that it takes off, and its currency.
    pub amount_off: Option<(i64, &'a str)>,
    /// For how many months; 0: once; `None`: for ever.
    pub months: Option<u32>,
    /// Until when it can be redeemed, in Unix seconds.
    pub redeem_by_s: Option<i64>,
    /// How often at most.
    pub max_redemptions: Option<i64>,
}

fn currency(code: &str) -> Currency {
    // Codes that the library does not know are passed on as they are.
    let Ok(currency) = code.to_lowercase().parse();
    currency
}

impl Gateway {
    /// Makes a customer for an account.
    ///
    /// # Errors
    /// The provider refuses or is away.
    pub async fn create_customer(
        &self,
        key: &str,
        email: &str,
        account: i64,
        lang: Lang,
    ) -> Result<Customer, Trouble> {
        let metadata = HashMap::from([(ACCOUNT.to_owned(), account.to_string())]);
        let request = CreateCustomer::new()
            .email(email)
            .metadata(metadata)
            .preferred_locales(vec![lang.code().to_owned()]);
        let made = self.write(key, |s| request.customize().request_strategy(s).send(&self.client)).await?;
        convert::customer(&made)
    }

    /// Makes a product; its id.
    ///
    /// # Errors
    /// The provider refuses or is away.
    pub async fn create_product(&self, key: &str, name: &str, tier: &str) -> Result<String, Trouble> {
        let metadata = HashMap::from([("quarterday_tier".to_owned(), tier.to_owned())]);
        let request = CreateProduct::new(name).metadata(metadata);
        let made = self.write(key, |s| request.customize().request_strategy(s).send(&self.client)).await?;
        Ok(made.id.as_str().to_owned())
    }

    /// Makes a price that is found by its lookup key.
    ///
    /// # Errors
    /// The provider refuses or is away.
    pub async fn create_price(
        &self,
        product: &str,
        lookup_key: &str,
        cents: i64,
        code: &str,
        interval: Interval,
    ) -> Result<Priced, Trouble> {
        let every = match interval {
            Interval::Month => CreatePriceRecurringInterval::Month,
            Interval::Year => CreatePriceRecurringInterval::Year,
        };
        let request = CreatePrice::new(currency(code))
            .product(product)
            .unit_amount(cents)
            .lookup_key(lookup_key)
            .recurring(CreatePriceRecurring::new(every));
        let key = format!("price-{product}-{lookup_key}");
        let made = self.write(&key, |s| request.customize().request_strategy(s).send(&self.client)).await?;
        Ok(priced(&made))
    }

    /// Opens a checkout page.
    ///
    /// # Errors
    /// The provider refuses or is away.
    pub async fn create_checkout(&self, key: &str, new: &NewCheckout<'_>) -> Result<Checkout, Trouble> {
        let mut item = CreateCheckoutSessionLineItems::new();
        (item.price, item.quantity) = (Some(new.price.to_owned()), Some(1));
        let mut subscription = CreateCheckoutSessionSubscriptionData::new();
        // Stripe refuses a trial of no days.
        subscription.trial_period_days = (new.trial_days > 0).then_some(new.trial_days);
        subscription.metadata = Some(HashMap::from([(ACCOUNT.to_owned(), new.account.to_string())]));
        let mut update = CreateCheckoutSessionCustomerUpdate::new();
        update.address = Some(CreateCheckoutSessionCustomerUpdateAddress::Auto);
        update.name = Some(CreateCheckoutSessionCustomerUpdateName::Auto);
        let locale = match new.lang {
            Lang::En => stripe_shared::CheckoutSessionLocale::En,
            Lang::Es => stripe_shared::CheckoutSessionLocale::Es,
        };
        let request = CreateCheckoutSession::new()
            .mode(stripe_shared::CheckoutSessionMode::Subscription)
            .customer(new.customer)
            .client_reference_id(new.account.to_string())
            .line_items(vec![item])
            .subscription_data(subscription)
            .allow_promotion_codes(true)
            .payment_method_collection(CreateCheckoutSessionPaymentMethodCollection::Always)
            .tax_id_collection(CreateCheckoutSessionTaxIdCollection::new(true))
            .customer_update(update)
            .locale(locale)
            .success_url(new.success_url)
            .cancel_url(new.cancel_url);
        let made = self.write(key, |s| request.customize().request_strategy(s).send(&self.client)).await?;
        Ok(checkout(&made))
    }

    /// Closes a checkout page that nobody has used.
    ///
    /// # Errors
    /// It was used, or the provider is away.
    pub async fn expire_checkout(&self, session_id: &str) -> Result<Checkout, Trouble> {
        let request = ExpireCheckoutSession::new(session_id);
        let key = format!("expire-{session_id}");
        let closed = self.write(&key, |s| request.customize().request_strategy(s).send(&self.client)).await?;
        Ok(checkout(&closed))
    }

    /// Opens the provider's page for cards, invoices and addresses; its address.
    ///
    /// # Errors
    /// The provider refuses or is away.
    pub async fn portal(&self, key: &str, customer: &str, back: &str) -> Result<String, Trouble> {
        let request = CreateBillingPortalSession::new().customer(customer).return_url(back);
        let made = self.write(key, |s| request.customize().request_strategy(s).send(&self.client)).await?;
        Ok(made.url)
    }

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

    /// Changes the price at `at_s` and charges the difference at once; where the payment fails nothing is changed.
    ///
    /// # Errors
    /// The payment is declined, or the provider refuses or is away.
    pub async fn change(
        &self,
        key: &str,
        from: &Snapshot,
        price: &str,
        at_s: i64,
        prices: &Prices,
    ) -> Result<Snapshot, Trouble> {
        let mut item = UpdateSubscriptionItems::new();
        (item.id, item.price) = (Some(from.item_stripe_id.clone()), Some(price.to_owned()));
        let request = UpdateSubscription::new(from.stripe_id.as_str())
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

    /// Ends it now, without a last invoice.
    ///
    /// # Errors
    /// It is over, or the provider is away.
    pub async fn end_now(&self, key: &str, subscription: &str, prices: &Prices) -> Result<Snapshot, Trouble> {
        let request = CancelSubscription::new(subscription).invoice_now(false).prorate(false);
        let made = self.write(key, |s| request.customize().request_strategy(s).send(&self.client)).await?;
        convert::snapshot(&made, prices)
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

    /// Gives money back.
    ///
    /// # Errors
    /// More than is left of the payment, or the provider is away.
    pub async fn create_refund(
        &self,
        key: &str,
        payment_intent: &str,
        cents: i64,
    ) -> Result<Refund, Trouble> {
        let request = CreateRefund::new()
            .payment_intent(payment_intent)
            .amount(cents)
            .reason(CreateRefundReason::RequestedByCustomer);
        let made = self.write(key, |s| request.customize().request_strategy(s).send(&self.client)).await?;
        convert::refund(&made)
    }

    /// Adds to a customer's balance; a negative amount is credit for coming invoices. The balance afterwards.
    ///
    /// # Errors
    /// The provider refuses or is away.
    pub async fn adjust_balance(
        &self,
        key: &str,
        customer: &str,
        cents: i64,
        code: &str,
        description: &str,
    ) -> Result<i64, Trouble> {
        let request = CreateCustomerCustomerBalanceTransaction::new(customer, cents, currency(code))
            .description(description);
        let made = self.write(key, |s| request.customize().request_strategy(s).send(&self.client)).await?;
        Ok(made.ending_balance)
    }

    /// Makes a coupon.
    ///
    /// # Errors
    /// The provider refuses or is away.
    pub async fn create_coupon(&self, key: &str, new: &NewCoupon<'_>) -> Result<Coupon, Trouble> {
        use stripe_shared::CouponDuration;
        let mut request = CreateCoupon::new().name(new.name);
        request = match new.months {
            None => request.duration(CouponDuration::Forever),
            Some(0) => request.duration(CouponDuration::Once),
            Some(months) => request.duration(CouponDuration::Repeating).duration_in_months(i64::from(months)),
        };
        if let Some(percent) = new.percent_off {
            request = request.percent_off(percent);
        }
        if let Some((cents, code)) = new.amount_off {
            request = request.amount_off(cents).currency(currency(code));
        }
        if let Some(at) = new.redeem_by_s {
            request = request.redeem_by(at);
        }
        if let Some(times) = new.max_redemptions {
            request = request.max_redemptions(times);
        }
        let made = self.write(key, |s| request.customize().request_strategy(s).send(&self.client)).await?;
        convert::coupon(&made)
    }

    /// Makes a code by which customers ask for a coupon; its id.
    ///
    /// # Errors
    /// The code is taken, or the provider is away.
    pub async fn create_promotion_code(
        &self,
        key: &str,
        coupon: &str,
        code: &str,
    ) -> Result<String, Trouble> {
        let mut promotion = CreatePromotionCodePromotion::new(CreatePromotionCodePromotionType::Coupon);
        promotion.coupon = Some(coupon.to_owned());
        let request = CreatePromotionCode::new(promotion).code(code);
        let made = self.write(key, |s| request.customize().request_strategy(s).send(&self.client)).await?;
        Ok(made.id.as_str().to_owned())
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

    /// Adds a tax id to a customer.
    ///
    /// # Errors
    /// It is malformed, or the provider is away.
    pub async fn add_tax_id(&self, customer: &str, kind: &str, value: &str) -> Result<TaxId, Trouble> {
        let Ok(kind): Result<CreateCustomerTaxIdType, _> = kind.parse();
        let request = CreateCustomerTaxId::new(customer, kind.clone(), value);
        let key = format!("taxid-{customer}-{kind}-{value}");
        let made = self.write(&key, |s| request.customize().request_strategy(s).send(&self.client)).await?;
        convert::tax_id(&made)
    }
}
