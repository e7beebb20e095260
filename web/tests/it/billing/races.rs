//! Two at once, and clocks that jump.

use super::*;

#[tokio::test(flavor = "multi_thread", worker_threads = 3)]
async fn the_portal_the_site_and_webhooks_at_once_end_as_the_provider_says() {
    let shop = Cashier::open().await;
    sqlx::query("update plans set trial_days = 0").execute(&shop.site.pool).await.unwrap();
    let ada = shop.buyer().await;
    shop.subscribe(&ada, "plus", "month", GOOD).await;
    shop.settle().await;
    let row = shop.subscription(&ada).await;
    let path = format!("/subscriptions/{}", row.stripe_id);
    for round in 0..6 {
        let once = round.to_string();
        let form = [("once", once.as_str())];
        let ends = if round % 2 == 0 { "true" } else { "false" };
        let there = [("cancel_at_period_end", ends)];
        // What the portal does, two tabs of the site, and the worker with what came before.
        let (_, one, two, _) = tokio::join!(
            shop.api("POST", &path, &there),
            shop.site.post("/account/billing/cancel", ada.key(), &form),
            shop.site.post("/account/billing/resume", ada.key(), &form),
            web::billing::worker::step(&shop.site.app),
        );
        assert_eq!((one.status, two.status), (303, 303), "{} {}", one.body, two.body);
    }
    shop.settle().await;
    let found = shop.api("GET", &path, &[]).await;
    let ours = shop.subscription(&ada).await;
    assert_eq!(Some(ours.cancel_at_period_end), found["cancel_at_period_end"].as_bool());
    let now = shop.tick().await;
    let night = now.date_naive() + Duration::days(1);
    let report = reconcile::compare(&shop.site.app.desk(now).unwrap(), night).await.unwrap().unwrap();
    assert!(report.drifts.is_empty(), "{report:?}");
    assert_eq!(shop.one("select count(*) from billing_orders where state = 'sent'").await, 0);
    shop.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 3)]
async fn two_tabs_that_change_the_plan_charge_once() {
    let shop = Cashier::open().await;
    sqlx::query("update plans set trial_days = 0").execute(&shop.site.pool).await.unwrap();
    let ada = shop.buyer().await;
    shop.subscribe(&ada, "basic", "month", GOOD).await;
    shop.settle().await;
    let row = shop.subscription(&ada).await;
    shop.advance(row.current_period_start_at + Duration::days(5)).await;
    shop.settle().await;
    let (plus, pro) = (shop.price("plus", "month").await, shop.price("pro", "month").await);
    let mut forms = Vec::new();
    for price in [&plus, &pro] {
        let page = shop.site.get(&format!("/account/billing/change?price={price}"), ada.key()).await.body;
        forms.push([
            ("price", price.clone()),
            ("at_s", hidden(&page, "at_s")),
            ("expected", hidden(&page, "expected")),
            // What no form has is ignored.
            ("subscription", "sub_of_somebody".to_owned()),
            ("unit_amount", "1".to_owned()),
            ("customer", "cus_of_somebody".to_owned()),
        ]);
    }
    let send = |form: [(&'static str, String); 6]| {
        let (site, key) = (&shop.site, ada.key());
        async move {
            let form: Vec<(&str, &str)> = form.iter().map(|(name, value)| (*name, value.as_str())).collect();
            site.post("/account/billing/change", key, &form).await
        }
    };
    let (one, two) = tokio::join!(send(forms[0].clone()), send(forms[1].clone()));
    let mut statuses = [one.status, two.status];
    statuses.sort_unstable();
    // Whoever came second was shown another amount than what it would cost by now.
    assert_eq!(statuses, [303, 409], "{} {}", one.body, two.body);
    shop.settle().await;
    assert_eq!(
        shop.one("select count(*) from billing_invoices where billing_reason = 'subscription_update'").await,
        1
    );
    assert_eq!(shop.one("select count(*) from audit_entries where action = 'billing.plan_changed'").await, 1);
    shop.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_clock_that_jumps_back_and_ahead_changes_nothing_for_good() {
    let shop = Cashier::open().await;
    let ada = shop.buyer().await;
    shop.subscribe(&ada, "plus", "month", GOOD).await;
    shop.settle().await;
    let now = shop.tick().await;
    for hours in [-3, 5, -1, 0] {
        let at = now + Duration::hours(hours);
        shop.site.app.clock.set(Some(at));
        let customer = shop.subscription(&ada).await.customer_stripe_id.clone();
        let desk = shop.site.app.desk(at).unwrap();
        web::billing::sync::customer(&desk, &customer, &[]).await.unwrap();
        web::billing::worker::step(&shop.site.app).await;
        // Before it was bought there was nothing, whatever the clock says later.
        assert_eq!(shop.tier(&ada).await, if hours < 0 { "free" } else { "plus" }, "{hours}");
    }
    let row = shop.subscription(&ada).await;
    // What was said of the trial's end is the provider's instant, whatever clock was looked at.
    let until: chrono::DateTime<chrono::Utc> =
        sqlx::query_scalar("select max(ends_at) from billing_access where reason = 'trial'")
            .fetch_one(&shop.site.pool)
            .await
            .unwrap();
    assert_eq!(Some(until), row.trial_end_at);
    // A change that was shown before the clock jumped is too old, and is not made.
    let page = shop
        .site
        .get(&format!("/account/billing/change?price={}", shop.price("pro", "month").await), ada.key())
        .await;
    let (at_s, expected) = (hidden(&page.body, "at_s"), hidden(&page.body, "expected"));
    let price = shop.price("pro", "month").await;
    shop.site.app.clock.set(Some(now + Duration::hours(1)));
    let form = [("price", price.as_str()), ("at_s", &at_s), ("expected", &expected)];
    assert_eq!(shop.site.post("/account/billing/change", ada.key(), &form).await.status, 409);
    shop.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_customer_deleted_there_is_noticed_by_whatever_the_reader_does() {
    let shop = Cashier::open_with(false, None).await;
    let ada = shop.buyer().await;
    shop.subscribe(&ada, "plus", "month", GOOD).await;
    let row = shop.subscription(&ada).await;
    shop.api("DELETE", &format!("/customers/{}", row.customer_stripe_id), &[]).await;
    // No webhook has come. The portal is refused with words, and from then on all is as it is there.
    assert_eq!(shop.tier(&ada).await, "plus");
    let reply = shop.site.post("/account/billing/portal", ada.key(), &[]).await;
    assert!(reply.status == 409 && reply.body.contains("does not know this"), "{}", reply.body);
    assert_eq!(shop.one("select count(*) from billing_customers where deleted_at is not null").await, 1);
    assert_eq!(shop.tier(&ada).await, "free");
    // What is left over refuses politely.
    for path in ["/account/billing/cancel", "/account/billing/withdraw", "/account/billing/portal"] {
        assert_eq!(shop.site.post(path, ada.key(), &[("once", "1")]).await.status, 303, "{path}");
    }
    shop.close().await;
}
