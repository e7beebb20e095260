//! What leads to a subscription: customers, products, prices, checkout pages; and the page of the provider's for cards.

use std::collections::HashMap;

use stripe::StripeRequest;
use stripe_billing::billing_portal_session::CreateBillingPortalSession;
use stripe_billing::tax_id::{CreateCustomerTaxId, CreateCustomerTaxIdType};
use stripe_checkout::checkout_session::{
    CreateCheckoutSession, CreateCheckoutSessionCustomerUpdate, CreateCheckoutSessionCustomerUpdateAddress,
    CreateCheckoutSessionCustomerUpdateName, CreateCheckoutSessionLineItems,
    CreateCheckoutSessionPaymentMethodCollection, CreateCheckoutSessionSubscriptionData,
    CreateCheckoutSessionTaxIdCollection, ExpireCheckoutSession,
};
use stripe_core::customer::CreateCustomer;
use stripe_product::price::{CreatePrice, CreatePriceRecurring, CreatePriceRecurringInterval};
use stripe_product::product::CreateProduct;

use super::convert::{self, ACCOUNT};
use super::read::{Checkout, Priced, checkout, priced};
use super::{Gateway, Trouble, currency};
use crate::billing::facts::{Customer, Interval, TaxId};
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
            Interval::Other => {
                return Err(Trouble::Refused("a price is paid every month or every year".to_owned()));
            }
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

    /// Adds a tax id to a customer.
    ///
    /// # Errors
    /// It is malformed, or the provider is away.
    pub async fn add_tax_id(
        &self,
        key: &str,
        customer: &str,
        kind: &str,
        value: &str,
    ) -> Result<TaxId, Trouble> {
        let Ok(kind): Result<CreateCustomerTaxIdType, _> = kind.parse();
        let request = CreateCustomerTaxId::new(customer, kind, value);
        let made = self.write(key, |s| request.customize().request_strategy(s).send(&self.client)).await?;
        convert::tax_id(&made)
    }
}
