//! A customer's whole story, on the sandbox's clock.

use super::*;

/// Gives a customer another card and pays their subscription with it; `name` is the provider's name of a test card.
pub(crate) async fn new_card(shop: &Cashier, row: &SubscriptionRow, name: &str) {
    let path = format!("/payment_methods/{name}/attach");
    let card = shop.api("POST", &path, &[("customer", &row.customer_stripe_id)]).await;
    let path = format!("/subscriptions/{}", row.stripe_id);
    shop.api("POST", &path, &[("default_payment_method", card["id"].as_str().unwrap())]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn from_the_price_to_the_end() {
    let shop = Cashier::open().await;
    let ada = shop.buyer().await;
    assert_eq!(shop.tier(&ada).await, "free");
    shop.subscribe(&ada, "plus", "month", GOOD).await;
    assert_eq!(shop.tier(&ada).await, "plus");
    let row = shop.subscription(&ada).await;
    assert_eq!(
        (row.status.as_str(), row.unit_amount_cents, row.currency.as_str()),
        ("trialing", 1900, "EUR")
    );
    shop.settle().await;
    let page = shop.site.get("/account/billing", ada.key()).await;
    assert!(
        page.body.contains("The trial ends on") && page.body.contains("Sandbox billing"),
        "{}",
        page.body
    );

    // Three days before the trial ends it is announced; when it has, it is charged.
    let trial_end = row.trial_end_at.unwrap();
    shop.advance(trial_end - Duration::days(2)).await;
    shop.settle().await;
    shop.advance(trial_end + Duration::hours(2)).await;
    shop.settle().await;
    let row = shop.subscription(&ada).await;
    assert_eq!(row.status, Status::Active);
    assert_eq!(shop.one("select sum(amount_paid_cents)::bigint from billing_invoices").await, 1900);

    // Ten days later to pro: exactly what was shown is charged.
    shop.advance(row.current_period_start_at + Duration::days(10)).await;
    shop.settle().await;
    let pro = shop.price("pro", "month").await;
    let path = format!("/account/billing/change?price={pro}");
    let page = shop.site.get(&path, ada.key()).await;
    assert_eq!(page.status, 200, "{}", page.body);
    let (at_s, expected) = (hidden(&page.body, "at_s"), hidden(&page.body, "expected"));
    let shown: i64 = expected.parse().unwrap();
    // Two thirds of the difference of €30, within what ten seconds are worth.
    assert!((1900..=2100).contains(&shown), "{shown}");
    let form = [("price", pro.as_str()), ("at_s", &at_s), ("expected", &expected)];
    let wrong = [("price", pro.as_str()), ("at_s", &at_s), ("expected", "1")];
    assert_eq!(shop.site.post("/account/billing/change", ada.key(), &wrong).await.status, 409);
    for _ in 0..2 {
        // The second is a double click.
        let reply = shop.site.post("/account/billing/change", ada.key(), &form).await;
        assert_eq!((reply.status, reply.header("location")), (303, "/account/billing"), "{}", reply.body);
    }
    shop.settle().await;
    assert_eq!(shop.tier(&ada).await, "pro");
    let charged =
        shop.one("select amount_paid_cents from billing_invoices order by created_at desc limit 1").await;
    assert_eq!(charged, shown);
    assert_eq!(shop.one("select count(*) from audit_entries where action = 'billing.plan_changed'").await, 1);

    // The portal is the provider's.
    let portal = shop.site.post("/account/billing/portal", ada.key(), &[]).await;
    assert!(portal.status == 303 && portal.header("location").starts_with(&shop.base), "{}", portal.body);

    // Two clicks, and back, and again.
    let page = shop.site.get("/account/billing/cancel", ada.key()).await;
    let once = hidden(&page.body, "once");
    assert_eq!(shop.site.post("/account/billing/cancel", ada.key(), &[("once", &once)]).await.status, 303);
    assert!(shop.subscription(&ada).await.cancel_at_period_end);
    let page = shop.site.get("/account/billing", ada.key()).await;
    let once = hidden(&page.body, "once");
    assert_eq!(shop.site.post("/account/billing/resume", ada.key(), &[("once", &once)]).await.status, 303);
    assert!(!shop.subscription(&ada).await.cancel_at_period_end);
    let page = shop.site.get("/account/billing/cancel", ada.key()).await;
    let once = hidden(&page.body, "once");
    assert_eq!(shop.site.post("/account/billing/cancel", ada.key(), &[("once", &once)]).await.status, 303);
    let end = shop.subscription(&ada).await.current_period_end_at;
    shop.advance(end - Duration::minutes(2)).await;
    assert_eq!(shop.tier(&ada).await, "pro");
    shop.advance(end + Duration::seconds(1)).await;
    // Before any webhook was handled: the end was known.
    assert_eq!(shop.tier(&ada).await, "free");
    shop.settle().await;
    assert_eq!(shop.tier(&ada).await, "free");
    assert_eq!(shop.subscription(&ada).await.status.as_str(), "canceled");

    // Any instant of the past has its reason.
    let lives = access::lives_of(&shop.site.pool, ada.id).await.unwrap();
    let (rules, _) = web::billing::store::rules(&shop.site.pool).await.unwrap();
    let tier = |at| entitlement::why(&lives, &[], rules, at).tier.as_str();
    assert_eq!(tier(trial_end - Duration::days(1)), "plus");
    assert_eq!(tier(trial_end + Duration::days(1)), "plus");
    assert_eq!(tier(end - Duration::days(1)), "pro");
    assert_eq!(tier(end), "free");
    let asked = (trial_end - Duration::days(1)).format("%Y-%m-%dT%H:%M");
    let page = shop.site.get(&format!("/account/billing/why?at={asked}"), ada.key()).await;
    assert!(page.body.contains("on trial from"), "{}", page.body);
    assert_eq!(shop.site.get("/account/billing/why?at=yesterday", ada.key()).await.status, 400);

    let mails: Vec<String> =
        sqlx::query_scalar("select kind || ' ' || split_part(dedupe_key, '/', 2) from mails order by id")
            .fetch_all(&shop.site.pool)
            .await
            .unwrap();
    assert_eq!(mails, ["account trial"]);
    shop.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_payment_that_fails_is_told_given_time_and_ends() {
    let shop = Cashier::open().await;
    let ada = shop.buyer().await;
    shop.subscribe(&ada, "pro", "month", FAILS_LATER).await;
    let row = shop.subscription(&ada).await;
    let trial_end = row.trial_end_at.unwrap();
    shop.advance(trial_end + Duration::hours(2)).await;
    shop.settle().await;
    assert_eq!(shop.subscription(&ada).await.status, Status::PastDue);
    // Given time.
    assert_eq!(shop.tier(&ada).await, "pro");
    assert!(
        shop.site
            .get("/account/billing", ada.key())
            .await
            .body
            .contains("A payment failed and is tried again")
    );
    // The schedule is told beside the invoice.
    assert!(shop.site.get("/account/billing", ada.key()).await.body.contains("We try again on"));
    for days in [4, 9, 12, 17] {
        shop.advance(trial_end + Duration::days(days)).await;
        shop.settle().await;
    }
    assert_eq!(shop.subscription(&ada).await.status.as_str(), "canceled");
    assert_eq!(shop.tier(&ada).await, "free");
    let mails: Vec<String> = sqlx::query_scalar(
        "select split_part(dedupe_key, '/', 2) from mails where dedupe_key like 'billing/%' order by id",
    )
    .fetch_all(&shop.site.pool)
    .await
    .unwrap();
    assert_eq!(mails.first().map(String::as_str), Some("failed"), "{mails:?}");
    assert_eq!(mails.last().map(String::as_str), Some("ended"), "{mails:?}");
    assert!(mails.iter().any(|kind| kind == "last"), "{mails:?}");
    assert!(mails.iter().filter(|kind| *kind == "failed").count() >= 2, "{mails:?}");
    shop.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn late_doubled_and_lost_webhooks_change_nothing() {
    let shop = Cashier::open_with(true, Some(7)).await;
    let ada = shop.buyer().await;
    shop.subscribe(&ada, "plus", "year", GOOD).await;
    let row = shop.subscription(&ada).await;
    shop.advance(row.trial_end_at.unwrap() + Duration::hours(2)).await;
    shop.settle().await;
    let row = shop.subscription(&ada).await;
    assert_eq!((row.status.as_str(), row.interval.as_str()), ("active", "year"));
    assert_eq!(shop.one("select sum(amount_paid_cents)::bigint from billing_invoices").await, 19_000);
    assert_eq!(shop.tier(&ada).await, "plus");
    let now = shop.tick().await;
    let night = now.date_naive() + Duration::days(1);
    let report = reconcile::compare(&shop.site.app.desk(now).unwrap(), night).await.unwrap().unwrap();
    assert!(report.drifts.is_empty(), "{report:?}");
    shop.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_pause_collects_nothing_and_a_code_takes_off() {
    let shop = Cashier::open().await;
    sqlx::query("update plans set trial_days = 0").execute(&shop.site.pool).await.unwrap();
    let now = shop.tick().await;
    let desk = shop.site.app.desk(now).unwrap();
    let half = web::billing::facts::NewCoupon {
        name: "Half".into(),
        percent_off: Some(50.0),
        amount_off: None,
        months: Some(3),
        redeem_by_s: None,
        max_redemptions: None,
    };
    actions::create_coupon(&desk, &order("half"), &half, Some("HALF")).await.unwrap();
    let nothing = web::billing::facts::NewCoupon { percent_off: None, ..half.clone() };
    assert!(actions::create_coupon(&desk, &order("no"), &nothing, None).await.is_err());
    let ada = shop.buyer().await;
    let page = shop.go_to_checkout(&ada, "plus", "month").await;
    let back = shop.pay(&page, GOOD, "HALF").await;
    shop.tick().await;
    shop.site.get(&back, ada.key()).await;
    shop.settle().await;
    assert_eq!(shop.one("select sum(amount_paid_cents)::bigint from billing_invoices").await, 950);
    let row = shop.subscription(&ada).await;
    assert_eq!(row.discount.as_ref().and_then(|d| d.percent), Some(50.0));
    let page = shop.site.get("/account/billing", ada.key()).await.body;
    assert!(page.contains("for €9.50"), "what is charged next is without what the coupon takes off: {page}");
    let once = hidden(&shop.site.get("/account/billing", ada.key()).await.body, "once");
    let days = |days| [("days", days), ("once", once.as_str())];
    assert_eq!(shop.site.post("/account/billing/pause", ada.key(), &days("31")).await.status, 400);
    assert_eq!(shop.site.post("/account/billing/pause", ada.key(), &days("90")).await.status, 303);
    shop.settle().await;
    assert!(shop.subscription(&ada).await.paused_behavior.is_some());
    // Open as long as paid, then not, and nothing is charged.
    assert_eq!(shop.tier(&ada).await, "plus");
    shop.advance(row.current_period_end_at + Duration::days(2)).await;
    shop.settle().await;
    assert_eq!(shop.tier(&ada).await, "free");
    assert_eq!(shop.one("select sum(amount_paid_cents)::bigint from billing_invoices").await, 950);
    let once = hidden(&shop.site.get("/account/billing", ada.key()).await.body, "once");
    assert_eq!(shop.site.post("/account/billing/resume", ada.key(), &[("once", &once)]).await.status, 303);
    shop.settle().await;
    assert!(shop.subscription(&ada).await.paused_behavior.is_none());
    shop.close().await;
}
