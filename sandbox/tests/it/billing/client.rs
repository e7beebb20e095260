use std::collections::HashMap;

use stripe::{Client, ClientBuilder, IdempotencyKey, RequestStrategy, StripeError, StripeRequest as _};
use stripe_billing::billing_portal_session::CreateBillingPortalSession;
use stripe_billing::credit_note::CreateCreditNote;
use stripe_billing::invoice::{
    CreatePreviewInvoice, CreatePreviewInvoiceSubscriptionDetails,
    CreatePreviewInvoiceSubscriptionDetailsItems, CreatePreviewInvoiceSubscriptionDetailsProrationBehavior,
    ListInvoice,
};
use stripe_billing::invoice_payment::ListInvoicePayment;
use stripe_billing::subscription::{
    CancelSubscription, CreateSubscription, CreateSubscriptionItems, DiscountsDataParam, ListSubscription,
    ListSubscriptionStatus, RetrieveSubscription, UpdateSubscription, UpdateSubscriptionItems,
    UpdateSubscriptionPauseCollection, UpdateSubscriptionPauseCollectionBehavior,
    UpdateSubscriptionPaymentBehavior, UpdateSubscriptionProrationBehavior,
};
use stripe_billing::tax_id::{CreateCustomerTaxId, CreateCustomerTaxIdType};
use stripe_billing::test_helpers_test_clock::{
    AdvanceTestHelpersTestClock, CreateTestHelpersTestClock, RetrieveTestHelpersTestClock,
};
use stripe_checkout::checkout_session::{
    CreateCheckoutSession, CreateCheckoutSessionLineItems, CreateCheckoutSessionSubscriptionData,
    CreateCheckoutSessionTaxIdCollection, ExpireCheckoutSession, RetrieveCheckoutSession,
};
use stripe_core::customer::{
    CreateCustomer, CreateCustomerInvoiceSettings, DeleteCustomer, RetrieveCustomer,
    RetrieveCustomerReturned, UpdateCustomer, UpdateCustomerInvoiceSettings,
};
use stripe_core::customer_balance_transaction::CreateCustomerCustomerBalanceTransaction;
use stripe_core::event::{ListEvent, RetrieveEvent};
use stripe_core::refund::{CreateRefund, CreateRefundReason, ListRefund};
use stripe_product::coupon::{CreateCoupon, ListCoupon};
use stripe_product::price::{CreatePrice, CreatePriceRecurring, CreatePriceRecurringInterval, ListPrice};
use stripe_product::product::CreateProduct;
use stripe_product::promotion_code::{
    CreatePromotionCode, CreatePromotionCodePromotion, CreatePromotionCodePromotionType, ListPromotionCode,
};
use stripe_shared::{
    CheckoutSessionLocale, CheckoutSessionMode, CheckoutSessionStatus, CouponDuration, Invoice,
    InvoiceStatus, Subscription, SubscriptionStatus,
};
use stripe_types::Currency;

use stand_ins::stripe::{self as published, Recorder};

use super::kit::{Billing, KEY, card};

/// 2026-02-01T00:00:00Z.
const START: i64 = 1_769_904_000;
const DAY: i64 = 86_400;

/// The site's client against a sandbox, with somebody between them who writes down what is asked.
struct Site {
    billing: Billing,
    recorder: Recorder,
    client: Client,
}

impl Site {
    fn start() -> Self {
        // The build has two sorts of cryptography; whoever comes first has chosen.
        let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
        let billing = Billing::start();
        let recorder = Recorder::before(&billing.url);
        let client = ClientBuilder::new(KEY).url(recorder.url.as_str()).build().unwrap();
        Self { billing, recorder, client }
    }

    async fn price(&self, name: &str, cents: i64, every: CreatePriceRecurringInterval) -> String {
        let product = CreateProduct::new(name).send(&self.client).await.unwrap();
        let price = CreatePrice::new(Currency::EUR)
            .product(product.id.as_str())
            .unit_amount(cents)
            .lookup_key(name)
            .recurring(CreatePriceRecurring::new(every))
            .send(&self.client)
            .await
            .unwrap();
        assert_eq!((price.unit_amount, price.active), (Some(cents), true));
        price.id.as_str().to_owned()
    }

    /// A customer with a card and a clock of their own.
    async fn customer(&self, card: &str) -> (String, String) {
        let clock = CreateTestHelpersTestClock::new(START).name("a test").send(&self.client).await.unwrap();
        assert_eq!(clock.frozen_time, START);
        let mut settings = CreateCustomerInvoiceSettings::new();
        settings.default_payment_method = Some(card.to_owned());
        let customer = CreateCustomer::new()
            .email("ada@example.org")
            .metadata(HashMap::from([("account".to_owned(), "7".to_owned())]))
            .preferred_locales(vec!["es".to_owned()])
            .invoice_settings(settings)
            .test_clock(clock.id.as_str())
            .send(&self.client)
            .await
            .unwrap();
        (customer.id.as_str().to_owned(), clock.id.as_str().to_owned())
    }

    async fn subscribe(&self, customer: &str, price: &str) -> Subscription {
        let mut item = CreateSubscriptionItems::new();
        item.price = Some(price.to_owned());
        CreateSubscription::new().customer(customer).items(vec![item]).send(&self.client).await.unwrap()
    }

    async fn advance(&self, clock: &str, to: i64) {
        AdvanceTestHelpersTestClock::new(clock, to).send(&self.client).await.unwrap();
        let shown = RetrieveTestHelpersTestClock::new(clock).send(&self.client).await.unwrap();
        assert_eq!(shown.frozen_time, to);
    }

    async fn subscription(&self, id: &str) -> Subscription {
        let found = RetrieveSubscription::new(id).expand(vec!["discounts.source.coupon".to_owned()]);
        found.send(&self.client).await.unwrap()
    }

    /// All invoices of a customer, the newest first.
    async fn invoices(&self, customer: &str) -> Vec<Invoice> {
        let list = ListInvoice::new().customer(customer).limit(100).expand(vec!["data.payments".to_owned()]);
        list.send(&self.client).await.unwrap().data
    }

    /// Every request so far is such as the provider publishes.
    fn check(&self) {
        published::check(&self.recorder.asked());
    }
}

fn item(of: &Subscription) -> &stripe_shared::SubscriptionItem {
    &of.items.data[0]
}

#[actix_web::test]
async fn a_preview_is_what_is_charged_to_the_cent() {
    let site = Site::start();
    let basic = site.price("basic", 900, CreatePriceRecurringInterval::Month).await;
    let pro = site.price("pro", 4900, CreatePriceRecurringInterval::Month).await;
    let yearly = site.price("pro-year", 49_000, CreatePriceRecurringInterval::Year).await;
    let (customer, clock) = site.customer("pm_card_visa").await;
    let made = site.subscribe(&customer, &basic).await;
    assert_eq!(made.status, SubscriptionStatus::Active);
    let mut now = START;
    for (days, price) in [(9, &pro), (4, &basic), (30, &pro), (11, &yearly), (100, &pro)] {
        now += days * DAY + 4321;
        site.advance(&clock, now).await;
        let before = site.invoices(&customer).await.len();
        let held = site.subscription(made.id.as_str()).await;
        let mut wanted = CreatePreviewInvoiceSubscriptionDetailsItems::new();
        (wanted.id, wanted.price) = (Some(item(&held).id.as_str().to_owned()), Some(price.clone()));
        let mut details = CreatePreviewInvoiceSubscriptionDetails::new();
        details.items = Some(vec![wanted]);
        details.proration_behavior =
            Some(CreatePreviewInvoiceSubscriptionDetailsProrationBehavior::AlwaysInvoice);
        details.proration_date = Some(now);
        let preview = CreatePreviewInvoice::new()
            .customer(customer.as_str())
            .subscription(made.id.as_str())
            .subscription_details(details)
            .send(&site.client)
            .await
            .unwrap();
        assert_eq!(site.invoices(&customer).await.len(), before, "a preview changes nothing");
        // Some time passes between the preview and the click.
        site.advance(&clock, now + 77).await;
        let mut wanted = UpdateSubscriptionItems::new();
        (wanted.id, wanted.price) = (Some(item(&held).id.as_str().to_owned()), Some(price.clone()));
        let changed = UpdateSubscription::new(made.id.as_str())
            .items(vec![wanted])
            .proration_behavior(UpdateSubscriptionProrationBehavior::AlwaysInvoice)
            .proration_date(now)
            .payment_behavior(UpdateSubscriptionPaymentBehavior::ErrorIfIncomplete)
            .customize()
            .request_strategy(RequestStrategy::Idempotent(
                IdempotencyKey::new(format!("change-{now}")).unwrap(),
            ))
            .send(&site.client)
            .await
            .unwrap();
        assert_eq!(item(&changed).price.id.as_str(), price);
        let charged = &site.invoices(&customer).await[0];
        assert_eq!(charged.status, Some(InvoiceStatus::Paid));
        let sums = |of: &Invoice| (of.subtotal, of.total, of.amount_due, of.starting_balance);
        assert_eq!(sums(charged), sums(&preview));
        let lines = |of: &Invoice| of.lines.data.iter().map(|line| line.amount).collect::<Vec<_>>();
        assert_eq!(lines(charged), lines(&preview));
        assert_eq!(charged.amount_paid, preview.amount_due);
        now += 77;
    }
    // Without a change the preview is the next renewal.
    let renewal =
        CreatePreviewInvoice::new().subscription(made.id.as_str()).send(&site.client).await.unwrap();
    let end = item(&site.subscription(made.id.as_str()).await).current_period_end;
    site.advance(&clock, end + 3600).await;
    let charged = &site.invoices(&customer).await[0];
    assert_eq!((charged.total, charged.amount_paid), (renewal.total, renewal.amount_due));
    site.check();
}

#[actix_web::test]
async fn a_life_from_trial_to_the_end() {
    let site = Site::start();
    let pro = site.price("pro", 4900, CreatePriceRecurringInterval::Month).await;
    let found = ListPrice::new().lookup_keys(vec!["pro".to_owned()]).send(&site.client).await.unwrap();
    assert_eq!(found.data[0].id.as_str(), pro);
    let (customer, clock) = site.customer("pm_card_visa").await;
    let mut line = CreateCheckoutSessionLineItems::new();
    (line.price, line.quantity) = (Some(pro.clone()), Some(1));
    let mut subscription = CreateCheckoutSessionSubscriptionData::new();
    subscription.trial_period_days = Some(14);
    subscription.metadata = Some(HashMap::from([("account".to_owned(), "7".to_owned())]));
    let session = CreateCheckoutSession::new()
        .mode(CheckoutSessionMode::Subscription)
        .customer(customer.as_str())
        .client_reference_id("7")
        .line_items(vec![line])
        .subscription_data(subscription)
        .allow_promotion_codes(true)
        .tax_id_collection(CreateCheckoutSessionTaxIdCollection::new(true))
        .locale(CheckoutSessionLocale::Es)
        .success_url("http://localhost:1/done?session={CHECKOUT_SESSION_ID}")
        .cancel_url("http://localhost:1/back")
        .send(&site.client)
        .await
        .unwrap();
    let url = session.url.clone().unwrap();
    assert!(site.billing.send(&url, &card("4242424242424242")).await.0.is_redirection());
    let done = RetrieveCheckoutSession::new(session.id.as_str()).send(&site.client).await.unwrap();
    assert_eq!(done.status, Some(CheckoutSessionStatus::Complete));
    let id = done.subscription.unwrap().id().as_str().to_owned();
    assert_eq!(site.subscription(&id).await.status, SubscriptionStatus::Trialing);
    site.advance(&clock, START + 14 * DAY + 3600).await;
    assert_eq!(site.subscription(&id).await.status, SubscriptionStatus::Active);
    let paid = site.invoices(&customer).await.remove(0);
    assert_eq!((paid.status.clone(), paid.amount_paid), (Some(InvoiceStatus::Paid), 4900));

    // A pause, and its end.
    let pause = UpdateSubscriptionPauseCollection::new(UpdateSubscriptionPauseCollectionBehavior::Void);
    let paused =
        UpdateSubscription::new(id.as_str()).pause_collection(pause).send(&site.client).await.unwrap();
    assert!(paused.pause_collection.is_some());
    let resumed = site.billing.post(&format!("subscriptions/{id}"), &[("pause_collection", "")]).await;
    assert!(resumed["pause_collection"].is_null());

    // A refund of a part, then of the rest, then of nothing.
    let payments = ListInvoicePayment::new()
        .invoice(paid.id.clone().unwrap().as_str())
        .send(&site.client)
        .await
        .unwrap();
    let intent = payments.data[0].payment.payment_intent.as_ref().unwrap().id().as_str().to_owned();
    let refund = async |cents: i64| {
        CreateRefund::new()
            .payment_intent(intent.as_str())
            .amount(cents)
            .reason(CreateRefundReason::RequestedByCustomer)
            .send(&site.client)
            .await
    };
    assert_eq!(refund(1000).await.unwrap().status.as_deref(), Some("succeeded"));
    refund(3900).await.unwrap();
    let Err(StripeError::Stripe(error, 400)) = refund(1).await else {
        panic!("more was given back than paid")
    };
    assert_eq!(error.code.unwrap().as_str(), "charge_already_refunded");
    let refunds = ListRefund::new().payment_intent(intent.as_str()).send(&site.client).await.unwrap();
    assert_eq!(refunds.data.iter().map(|one| one.amount).sum::<i64>(), 4900);

    // A renewal that fails, is tried again, and is paid with another card.
    let mut settings = UpdateCustomerInvoiceSettings::new();
    settings.default_payment_method = Some("pm_card_chargeCustomerFail".to_owned());
    let changed =
        UpdateCustomer::new(customer.as_str()).invoice_settings(settings).send(&site.client).await.unwrap();
    let failing = changed.invoice_settings.unwrap().default_payment_method.unwrap().id().as_str().to_owned();
    UpdateSubscription::new(id.as_str()).default_payment_method(failing).send(&site.client).await.unwrap();
    let end = item(&site.subscription(&id).await).current_period_end;
    site.advance(&clock, end + 3600).await;
    assert_eq!(site.subscription(&id).await.status, SubscriptionStatus::PastDue);
    let open = site.invoices(&customer).await.remove(0);
    assert_eq!((open.attempt_count, open.next_payment_attempt), (1, Some(end + 3600 + 3 * DAY)));
    let page = open.hosted_invoice_url.unwrap();
    assert!(site.billing.send(&page, &card("4242424242424242")).await.0.is_redirection());
    assert_eq!(site.subscription(&id).await.status, SubscriptionStatus::Active);

    // The end with the period, and the customer's.
    UpdateSubscription::new(id.as_str()).cancel_at_period_end(true).send(&site.client).await.unwrap();
    let end = item(&site.subscription(&id).await).current_period_end;
    site.advance(&clock, end).await;
    let all = ListSubscription::new()
        .customer(customer.as_str())
        .status(ListSubscriptionStatus::All)
        .send(&site.client)
        .await
        .unwrap();
    assert_eq!((all.data[0].status.clone(), all.data[0].ended_at), (SubscriptionStatus::Canceled, Some(end)));
    DeleteCustomer::new(customer.as_str()).send(&site.client).await.unwrap();
    let gone = RetrieveCustomer::new(customer.as_str()).send(&site.client).await.unwrap();
    assert!(matches!(gone, RetrieveCustomerReturned::DeletedCustomer(_)));

    let events = ListEvent::new().limit(100).send(&site.client).await.unwrap();
    let one = RetrieveEvent::new(events.data[0].id.as_str()).send(&site.client).await.unwrap();
    assert_eq!(one.type_.as_str(), "customer.deleted");
    site.check();
}

#[actix_web::test]
async fn coupons_codes_credit_tax_numbers_and_pages() {
    let site = Site::start();
    let pro = site.price("pro", 4900, CreatePriceRecurringInterval::Month).await;
    let (customer, clock) = site.customer("pm_card_visa").await;
    let coupon = CreateCoupon::new()
        .name("A third")
        .percent_off(33.33)
        .duration(CouponDuration::Repeating)
        .duration_in_months(3)
        .send(&site.client)
        .await
        .unwrap();
    assert_eq!(ListCoupon::new().send(&site.client).await.unwrap().data[0].id, coupon.id);
    let mut promotion = CreatePromotionCodePromotion::new(CreatePromotionCodePromotionType::Coupon);
    promotion.coupon = Some(coupon.id.as_str().to_owned());
    let made = CreatePromotionCode::new(promotion).code("THIRD").send(&site.client).await.unwrap();
    let found =
        ListPromotionCode::new().code("THIRD").active(true).limit(1).send(&site.client).await.unwrap();
    assert_eq!(found.data[0].id, made.id);

    let subscription = site.subscribe(&customer, &pro).await;
    let mut discount = DiscountsDataParam::new();
    discount.promotion_code = Some(made.id.as_str().to_owned());
    let given = UpdateSubscription::new(subscription.id.as_str())
        .discounts(vec![discount])
        .expand(vec!["discounts.source.coupon".to_owned()])
        .send(&site.client)
        .await
        .unwrap();
    let given = given.discounts[0].as_object().unwrap();
    assert_eq!(given.source.coupon.as_ref().unwrap().as_object().unwrap().percent_off, Some(33.33));
    let credit = CreateCustomerCustomerBalanceTransaction::new(customer.as_str(), -500, Currency::EUR)
        .description("Late data")
        .send(&site.client)
        .await
        .unwrap();
    assert_eq!(credit.ending_balance, -500);
    site.advance(&clock, item(&subscription).current_period_end + 3600).await;
    let renewal = site.invoices(&customer).await.remove(0);
    assert_eq!((renewal.total, renewal.amount_paid), (4900 - 1633, 4900 - 1633 - 500));
    assert_eq!((renewal.starting_balance, renewal.ending_balance), (-500, Some(0)));

    let note = CreateCreditNote::new(renewal.id.clone().unwrap().as_str())
        .refund_amount(700)
        .credit_amount(300)
        .amount(1000)
        .send(&site.client)
        .await
        .unwrap();
    assert_eq!((note.total, note.post_payment_amount), (1000, 1000));
    let RetrieveCustomerReturned::Customer(kept) = RetrieveCustomer::new(customer.as_str())
        .expand(vec!["tax_ids".to_owned()])
        .send(&site.client)
        .await
        .unwrap()
    else {
        panic!("the customer is there")
    };
    assert_eq!((kept.balance, kept.tax_ids.unwrap().data.len()), (Some(-300), 0));
    let tax_id = CreateCustomerTaxId::new(customer.as_str(), CreateCustomerTaxIdType::EuVat, "ESB12345678");
    assert_eq!(tax_id.send(&site.client).await.unwrap().value, "ESB12345678");

    let portal =
        CreateBillingPortalSession::new().customer(customer.as_str()).return_url("http://localhost:1/");
    let portal = portal.send(&site.client).await.unwrap();
    assert!(site.billing.page(&portal.url).await.1.contains("pro"));
    let mut line = CreateCheckoutSessionLineItems::new();
    (line.price, line.quantity) = (Some(pro), Some(1));
    let session = CreateCheckoutSession::new()
        .mode(CheckoutSessionMode::Subscription)
        .line_items(vec![line])
        .success_url("http://localhost:1/done")
        .send(&site.client)
        .await
        .unwrap();
    let closed = ExpireCheckoutSession::new(session.id.as_str()).send(&site.client).await.unwrap();
    assert_eq!(closed.status, Some(CheckoutSessionStatus::Expired));
    let ended = CancelSubscription::new(subscription.id.as_str()).invoice_now(false).prorate(false);
    assert_eq!(ended.send(&site.client).await.unwrap().status, SubscriptionStatus::Canceled);
    site.check();
}
