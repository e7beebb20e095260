//! Webhooks that are forged, old, repeated, reordered, of the other mode.

use super::*;

pub(super) async fn deliver(site: &Site, body: &str, header: Option<String>) -> u16 {
    let mut request = site.request("POST", "/webhooks/stripe", None).body(body.to_owned());
    if let Some(header) = header {
        request = request.header("stripe-signature", header);
    }
    site.send(request).await.status
}

pub(super) fn signed(body: &str, secret: &str, at: i64) -> String {
    sandbox::billing::webhook::signature(secret, at, body)
}

fn event(id: &str, livemode: bool) -> String {
    let object = json!({ "id": "cus_nobody", "object": "customer" });
    json!({
        "id": id, "object": "event", "type": "customer.updated", "created": 1_760_000_000, "livemode": livemode,
        "data": { "object": object },
    })
    .to_string()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn only_what_is_genuine_fresh_and_of_our_mode_is_taken() {
    let shop = Cashier::open_with(false, None).await;
    let now = chrono::Utc::now().timestamp();
    let body = event("evt_1", false);
    let live = event("evt_live", true);
    let cases = [
        ("no signature", body.as_str(), None, 400),
        ("forged", &body, Some(signed(&body, "whsec_of_somebody", now)), 400),
        ("of another body", &body, Some(signed("{}", SECRET, now)), 400),
        ("old", &body, Some(signed(&body, SECRET, now - 301)), 400),
        ("from the future", &body, Some(signed(&body, SECRET, now + 400)), 400),
        ("of live keys", &live, Some(signed(&live, SECRET, now)), 400),
        ("not JSON", "hello", Some(signed("hello", SECRET, now)), 400),
        ("not an event", "{}", Some(signed("{}", SECRET, now)), 400),
        ("genuine", &body, Some(signed(&body, SECRET, now)), 200),
        ("genuine, again", &body, Some(signed(&body, SECRET, now)), 200),
    ];
    for (what, body, header, status) in cases {
        assert_eq!(deliver(&shop.site, body, header).await, status, "{what}");
    }
    assert_eq!(shop.one("select count(*) from billing_events").await, 1);
    // Each reason is written down once, however often it is met within an hour.
    let refused = "select count(*) from audit_entries where action = 'billing.webhook_refused'";
    assert_eq!(shop.one(refused).await, 4);
    assert_eq!(shop.one("select deliveries::bigint from billing_events").await, 2);
    // About somebody who is no customer of ours: handled, and said so.
    web::billing::worker::step(&shop.site.app).await;
    assert_eq!(
        shop.one("select count(*) from billing_events where handled_at is not null and error <> ''").await,
        1
    );
    shop.close().await;
}

#[test]
fn the_recorded_vectors_are_judged_as_they_say() {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../shared/data/open/recordings/stripe/webhook_signature_vectors.json");
    let Ok(text) = std::fs::read_to_string(&path) else {
        let message = "SKIPPED: the recorded signature vectors are not on this machine\n";
        let _ = std::io::Write::write_all(&mut std::io::stderr(), message.as_bytes());
        return;
    };
    let vectors: Vec<Value> = serde_json::from_str(&text).unwrap();
    assert_eq!(vectors.len(), 18);
    for vector in vectors {
        let text = |name: &str| vector[name].as_str().unwrap();
        let number = |name: &str| vector[name].as_i64().unwrap();
        let judged = signature::verify(
            text("payload").as_bytes(),
            text("header_stripe_signature"),
            text("secret").as_bytes(),
            number("now_unix"),
            number("tolerance_s"),
        );
        assert_eq!(judged.is_ok(), vector["expect_valid"].as_bool().unwrap(), "{}: {judged:?}", text("name"));
    }
}

/// What is known of a customer, without what tells when it was read.
async fn known(shop: &Cashier) -> Value {
    let rows: Value = sqlx::query_scalar(
        "select jsonb_build_object(
             'subscriptions', (select jsonb_agg(to_jsonb(s) - 'synced_at' order by stripe_id) from billing_subscriptions s),
             'invoices', (select jsonb_agg(to_jsonb(i) - 'synced_at' order by stripe_id) from billing_invoices i),
             'notes', (select jsonb_agg(to_jsonb(n) - 'synced_at' order by stripe_id) from billing_credit_notes n),
             'refunds', (select jsonb_agg(to_jsonb(r) - 'synced_at' order by stripe_id) from billing_refunds r),
             'access', (select jsonb_agg(to_jsonb(a) order by starts_at) from billing_access a))",
    )
    .fetch_one(&shop.site.pool)
    .await
    .unwrap();
    rows
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_life_told_in_any_order_and_twice_is_the_same_life() {
    let shop = Cashier::open_with(false, None).await;
    let ada = shop.buyer().await;
    shop.subscribe(&ada, "plus", "month", GOOD).await;
    live_through(&shop, &ada).await;
    let said = shop.api("GET", "/events", &[("limit", "100")]).await;
    let mut events: Vec<String> = said["data"].as_array().unwrap().iter().map(ToString::to_string).collect();
    assert!(events.len() > 10, "{}", events.len());
    let mut lives = Vec::new();
    for seed in 0..4_u64 {
        for table in [
            "billing_events",
            "billing_snapshots",
            "billing_access",
            "billing_credit_notes",
            "billing_refunds",
            "billing_invoices",
        ] {
            sqlx::query(sqlx::AssertSqlSafe(format!("delete from {table}")))
                .execute(&shop.site.pool)
                .await
                .unwrap();
        }
        // Another order each time, everything twice.
        let mut order: Vec<&String> = events.iter().chain(&events).collect();
        let mut state = seed;
        for n in (1..order.len()).rev() {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            order.swap(n, usize::try_from(state >> 33).unwrap() % (n + 1));
        }
        for (n, body) in order.iter().enumerate() {
            let at = chrono::Utc::now().timestamp();
            assert_eq!(deliver(&shop.site, body, Some(signed(body, SECRET, at))).await, 200);
            // Handled in between, so that some are late.
            if n % 7 == 0 {
                web::billing::worker::step(&shop.site.app).await;
            }
        }
        while web::billing::worker::step(&shop.site.app).await {}
        lives.push(known(&shop).await);
    }
    events.clear();
    for life in &lives[1..] {
        assert_eq!(life, &lives[0]);
    }
    let access = lives[0]["access"].as_array().unwrap();
    assert!(access.len() >= 4, "{access:?}");
    shop.close().await;
}

/// Trial, upgrade, first payment, failure, recovery, refund, end.
async fn live_through(shop: &Cashier, ada: &crate::cashier::Buyer) {
    let mut now = shop.tick().await;
    let row = shop.subscription(ada).await;
    let pro = shop.price("pro", "month").await.parse().unwrap();
    let desk = shop.site.app.desk(now).unwrap();
    let change =
        actions::Change { subscription: &row.stripe_id, price_id: pro, at_s: None, expected_cents: None };
    actions::change_plan(&desk, &order("up"), Mode::Carry, change).await.unwrap();
    shop.advance(row.trial_end_at.unwrap() + Duration::hours(2)).await;
    // A card that fails, then a good one again.
    story::new_card(shop, &row, "pm_card_chargeCustomerFail").await;
    now = shop.tick().await;
    let period_end = {
        let found = shop.api("GET", &format!("/subscriptions/{}", row.stripe_id), &[]).await;
        found["items"]["data"][0]["current_period_end"].as_i64().unwrap()
    };
    let period_end = chrono::DateTime::from_timestamp(period_end, 0).unwrap();
    assert!(period_end > now);
    shop.advance(period_end + Duration::hours(2)).await;
    story::new_card(shop, &row, "pm_card_visa").await;
    shop.advance(period_end + Duration::days(4)).await;
    let now = shop.tick().await;
    let desk = shop.site.app.desk(now).unwrap();
    web::billing::sync::customer(&desk, &row.customer_stripe_id, &[]).await.unwrap();
    assert_eq!(shop.subscription(ada).await.status, Status::Active);
    let invoice: String = sqlx::query_scalar(
        "select stripe_id from billing_invoices where amount_paid_cents > 0 order by created_at desc limit 1",
    )
    .fetch_one(&shop.site.pool)
    .await
    .unwrap();
    actions::refund(&desk, &order("back"), Mode::Carry, &invoice, Some(100)).await.unwrap();
    actions::cancel(&desk, &order("end"), Mode::Carry, &row.stripe_id, When::Now).await.unwrap();
    shop.tick().await;
}
