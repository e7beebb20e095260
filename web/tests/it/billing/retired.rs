//! Coupons and codes that are retired by staff.

use super::*;

async fn admin(shop: &Cashier) -> String {
    let key = shop.site.sign_in_as("admin").await.unwrap();
    sqlx::query(
        "update sessions set expires_at = now() + interval '10 years', seen_at = now() + interval '9 years'",
    )
    .execute(&shop.site.pool)
    .await
    .unwrap();
    key
}

fn half(name: &str) -> web::billing::facts::NewCoupon {
    web::billing::facts::NewCoupon {
        name: name.into(),
        percent_off: Some(50.0),
        amount_off: None,
        months: None,
        redeem_by_s: None,
        max_redemptions: None,
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_retired_cannot_be_redeemed_and_what_was_redeemed_goes_on() {
    let shop = Cashier::open().await;
    sqlx::query("update plans set trial_days = 0").execute(&shop.site.pool).await.unwrap();
    let key = admin(&shop).await;
    let now = shop.tick().await;
    let desk = shop.site.app.desk(now).unwrap();
    let coupon = actions::create_coupon(&desk, &order("half"), &half("Half"), Some("HALF")).await.unwrap();
    let (ada, eve) = (shop.buyer().await, shop.buyer().await);
    let page = shop.go_to_checkout(&ada, "plus", "month").await;
    let back = shop.pay(&page, GOOD, "HALF").await;
    shop.tick().await;
    shop.site.get(&back, ada.key()).await;
    shop.subscribe(&eve, "plus", "month", GOOD).await;
    shop.settle().await;

    // Dry run: what it comes to, and nothing changes. A reason is needed, and to know what.
    let path = format!("/admin/coupons/{}/retire", coupon.stripe_id);
    let why = ("reason", "the campaign is over");
    let propose = |form: Vec<(&'static str, &'static str)>| {
        let (site, key, path) = (&shop.site, Some(key.as_str()), path.as_str());
        async move { site.post(path, key, &form).await }
    };
    assert_eq!(propose(vec![("part", "code"), ("reason", "")]).await.status, 400);
    assert_eq!(propose(vec![("part", "all"), why]).await.status, 400);
    assert_eq!(
        shop.site.post("/admin/coupons/none/retire", Some(&key), &[("part", "coupon"), why]).await.status,
        404
    );
    let shown = propose(vec![("part", "code"), why]).await;
    assert!(shown.status == 200 && shown.body.contains("one subscription, which keeps it"), "{}", shown.body);
    assert_eq!(shop.one("select count(*) from billing_coupons where code_active").await, 1);
    let token = hidden(&shown.body, "token");
    let confirm = |token: String| {
        let (site, key) = (&shop.site, Some(key.as_str()));
        async move { site.post("/admin/coupons/retire", key, &[("token", &token)]).await }
    };
    assert_eq!(confirm(token[..20].to_owned()).await.status, 403);
    // A double click does it once.
    let (one, two) = tokio::join!(confirm(token.clone()), confirm(token.clone()));
    assert_eq!((one.status, two.status), (303, 303), "{} {}", one.body, two.body);
    assert_eq!(shop.one("select count(*) from audit_entries where action = 'billing.code_retired'").await, 1);
    assert_eq!(
        shop.one("select count(*) from billing_coupons where valid and not code_active and code = 'HALF'")
            .await,
        1
    );

    // Nobody can type it, on the site or at checkout; staff may still put the coupon on.
    let typed =
        shop.site.post("/account/billing/coupon", eve.key(), &[("code", "HALF"), ("once", "1")]).await;
    assert_eq!(typed.status, 409, "{}", typed.body);
    let row = shop.subscription(&eve).await;
    let by_id = actions::Code::Coupon(&coupon.stripe_id);
    actions::apply_coupon(&desk, &order("eve"), Mode::Carry, &row.stripe_id, by_id).await.unwrap();

    // The whole coupon: gone there, kept here, and it runs on.
    let shown = propose(vec![("part", "coupon"), why]).await;
    assert!(shown.body.contains("2 subscriptions, which keep it"), "{}", shown.body);
    assert_eq!(confirm(hidden(&shown.body, "token")).await.status, 303);
    assert_eq!(propose(vec![("part", "coupon"), why]).await.status, 409);
    let refused = actions::apply_coupon(&desk, &order("again"), Mode::Carry, &row.stripe_id, by_id).await;
    assert!(refused.is_err(), "{refused:?}");
    assert!(shop.api("GET", "/coupons", &[]).await["data"].as_array().unwrap().is_empty());
    let page = shop.site.get("/admin/coupons", Some(&key)).await.body;
    assert!(page.contains("Half") && page.contains("the campaign is over"), "{page}");
    let (by, reason): (String, String) =
        sqlx::query_as("select retired_by, retired_reason from billing_coupons")
            .fetch_one(&shop.site.pool)
            .await
            .unwrap();
    assert!(!by.is_empty() && reason == "the campaign is over");
    for buyer in [&ada, &eve] {
        let end = shop.subscription(buyer).await.current_period_end_at;
        shop.advance(end.max(shop.tick().await) + Duration::hours(2)).await;
        shop.settle().await;
    }
    // Renewals are at half the price still.
    assert_eq!(
        shop.one("select count(*) from billing_invoices where billing_reason = 'subscription_cycle' and total_cents <> 950").await,
        0
    );
    assert!(shop.one("select count(*) from billing_invoices where billing_reason = 'subscription_cycle' and amount_paid_cents = 950").await >= 2);

    // The code may be given again.
    let now = shop.tick().await;
    let desk = shop.site.app.desk(now).unwrap();
    actions::create_coupon(&desk, &order("half-2"), &half("Half again"), Some("HALF")).await.unwrap();
    assert_eq!(shop.one("select count(*) from billing_coupons where code = 'HALF'").await, 2);
    shop.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_retired_in_the_providers_own_console_is_noticed() {
    let shop = Cashier::open().await;
    let now = shop.tick().await;
    let desk = shop.site.app.desk(now).unwrap();
    let one = actions::create_coupon(&desk, &order("one"), &half("One"), Some("ONE")).await.unwrap();
    let two = actions::create_coupon(&desk, &order("two"), &half("Two"), Some("TWO")).await.unwrap();
    shop.settle().await;
    shop.api("DELETE", &format!("/coupons/{}", one.stripe_id), &[]).await;
    let codes = shop.api("GET", "/promotion_codes", &[("code", "TWO")]).await;
    let path = format!("/promotion_codes/{}", codes["data"][0]["id"].as_str().unwrap());
    shop.api("POST", &path, &[("active", "false")]).await;
    shop.settle().await;
    let rows: Vec<(String, bool, bool, Option<String>)> =
        sqlx::query_as("select stripe_id, valid, code_active, retired_by from billing_coupons order by name")
            .fetch_all(&shop.site.pool)
            .await
            .unwrap();
    assert_eq!(
        rows,
        [(one.stripe_id, false, false, Some("provider".to_owned())), (two.stripe_id, true, false, None)]
    );
    shop.close().await;
}
