//! Everything that the gateway can ask of the provider, asked once: whether it is what the provider publishes.

use web::billing::facts::{Interval, NewCoupon};
use web::billing::gateway::ask::{Answer, Ask};
use web::billing::gateway::convert::Prices;
use web::billing::gateway::selling::NewCheckout;
use web::text::Lang;

use super::*;

/// A coupon with all that one can have.
fn coupon(months: Option<u32>) -> NewCoupon {
    NewCoupon {
        name: "A third".into(),
        percent_off: Some(33.33),
        amount_off: None,
        months,
        redeem_by_s: Some(1_893_456_000),
        max_redemptions: Some(5),
    }
}

/// The gateway's calls as they stand in its sources.
fn calls() -> Vec<String> {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src/billing/gateway");
    let mut names = Vec::new();
    for file in std::fs::read_dir(folder).unwrap() {
        let text = std::fs::read_to_string(file.unwrap().path()).unwrap();
        let found = text.split("pub async fn ").skip(1);
        names.extend(found.map(|rest| rest.split(['(', '<']).next().unwrap().to_owned()));
    }
    names
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_call_of_the_gateway_is_one_that_the_provider_publishes() {
    let here = include_str!("asked.rs");
    let not_called: Vec<String> =
        calls().into_iter().filter(|name| !here.contains(&format!("there.{name}("))).collect();
    assert!(not_called.is_empty() && calls().len() > 25, "not called below: {not_called:?}");

    let shop = Cashier::open().await;
    sqlx::query("update plans set trial_days = 0").execute(&shop.site.pool).await.unwrap();
    let now = shop.tick().await;
    let there = shop.site.app.desk(now).unwrap().gateway;
    let none = Prices::default();

    let product = there.create_product("p", "A plan", "basic").await.unwrap();
    let month = there.create_price(&product, "by_month", 900, "EUR", Interval::Month).await.unwrap();
    let year = there.create_price(&product, "by_year", 9000, "EUR", Interval::Year).await.unwrap();
    assert_eq!(there.prices(&["by_month".into(), "by_year".into()]).await.unwrap().len(), 2);

    let customer = there.create_customer("c", "ada@example.org", 7, Lang::Es).await.unwrap().stripe_id;
    let new = |lang, trial_days| NewCheckout {
        customer: &customer,
        account: 7,
        price: &month.stripe_id,
        trial_days,
        success_url: "http://localhost:1/done?session={CHECKOUT_SESSION_ID}",
        cancel_url: "http://localhost:1/back",
        lang,
    };
    let closed = there.create_checkout("o1", &new(Lang::Es, 14)).await.unwrap();
    assert_eq!(there.expire_checkout(&closed.session_id).await.unwrap().status, "expired");
    let open = there.create_checkout("o2", &new(Lang::En, 0)).await.unwrap();
    shop.pay(&open.url.unwrap(), GOOD, "").await;
    let subscription =
        there.checkout(&open.session_id).await.unwrap().subscription_stripe_id.expect("it was paid");
    there.portal("portal", &customer, "http://localhost:1/").await.unwrap();
    let held = there.subscription(&subscription, &none).await.unwrap();
    assert_eq!(there.subscriptions(&customer, &none).await.unwrap(), std::slice::from_ref(&held));

    let at_s = shop.tick().await.timestamp();
    there.preview_change(&held, &year.stripe_id, at_s, &none).await.unwrap();
    there.preview_renewal(&held, &none).await.unwrap();
    let (item, key) = (held.item_stripe_id.as_str(), |n: u32| format!("k{n}"));
    there.change(&key(1), (&subscription, item), &year.stripe_id, at_s, &none).await.unwrap();
    let until = Some((shop.tick().await + Duration::days(30)).timestamp());
    there.pause(&key(2), &subscription, until, &none).await.unwrap();
    there.pause(&key(3), &subscription, None, &none).await.unwrap();
    there.unpause(&key(4), &subscription, &none).await.unwrap();

    let mut half = NewCoupon { percent_off: None, amount_off: Some((250, "EUR".into())), ..coupon(None) };
    let whole = there.create_coupon(&key(5), "c1", &coupon(Some(3))).await.unwrap();
    there.create_coupon(&key(6), "c2", &half).await.unwrap();
    half.months = Some(0);
    there.create_coupon(&key(7), "c3", &half).await.unwrap();
    let code = there.create_promotion_code(&key(8), &whole.stripe_id, "THIRD").await.unwrap();
    assert_eq!(there.promotion_code("THIRD").await.unwrap(), Some(code.clone()));
    there.discount(&key(9), &subscription, Some("c2"), None, &none).await.unwrap();
    there.discount(&key(10), &subscription, None, Some(&code), &none).await.unwrap();
    there.retire_promotion_code(&key(11), &code).await.unwrap();
    assert!(there.active_codes().await.unwrap().is_empty());
    // More than one page of them.
    for n in 0..100 {
        let (id, percent) = (format!("more-{n}"), ("percent_off", "5"));
        shop.api("POST", "/coupons", &[("id", &id), percent, ("duration", "once")]).await;
    }
    assert_eq!(there.coupons().await.unwrap().len(), 103);
    there.retire_coupon(&key(12), "c3").await.unwrap();

    let paid = there.invoices(&customer, &none).await.unwrap();
    let paid = paid.iter().find(|invoice| invoice.amount_paid_cents > 500).unwrap();
    there.create_credit_note(&key(13), &paid.stripe_id, 300, "Sorry.").await.unwrap();
    there.create_credit_note(&key(14), &paid.stripe_id, 200, "").await.unwrap();
    assert_eq!(there.credit_notes(&customer).await.unwrap().len(), 2);
    assert_eq!(there.refunds(paid.payment_intent_id.as_deref().unwrap()).await.unwrap().len(), 2);
    assert_eq!(there.refunds_since(paid.created_at).await.unwrap().len(), 2);
    assert_eq!(there.adjust_balance(&key(15), &customer, -250, "EUR", "Late").await.unwrap(), -250);
    there.add_tax_id(&key(16), &customer, "eu_vat", "ESB12345678").await.unwrap();
    assert_eq!(there.customer(&customer).await.unwrap().unwrap().tax_ids.len(), 1);

    let ask = Ask::EndWithPeriod { subscription: subscription.clone(), ends: true };
    assert!(matches!(there.ask(&key(17), &ask, &none).await.unwrap(), Answer::Subscription(_)));
    there.end_with_period(&key(18), &subscription, false, &none).await.unwrap();
    there.end_now(&key(19), &subscription, &none).await.unwrap();

    // A page that follows on another was among what was asked.
    let asked = shop.recorder.asked();
    let follows = |one: &stand_ins::stripe::Asked| one.pairs.iter().any(|(name, _)| name == "starting_after");
    assert!(asked.iter().any(follows));
    // A request that is not published would have been noticed.
    if let Some(declarations) = stand_ins::stripe::shared() {
        let mut odd =
            asked.iter().find(|one| one.path == "/v1/coupons" && one.method == "POST").unwrap().clone();
        odd.pairs.push(("percentage".into(), "5".into()));
        assert_eq!(declarations.misfits(&[odd]).len(), 1);
    }
    shop.close().await;
}
