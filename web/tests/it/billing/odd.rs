//! Answers that are odd and legal: fields and words that nobody knows yet, nothing where something may be, objects in place of
//! ids; webhooks of unknown kinds and of another version.

use std::sync::Arc;

use web::billing::sync;

use super::between::{Between, Fate};
use super::webhooks::{deliver, signed};
use super::*;

/// Makes an answer odder: something unknown in every object, unknown words where words may be added, `null` where the provider's
/// description allows it.
fn odder(answer: &mut Value) {
    match answer {
        Value::Array(all) => all.iter_mut().for_each(odder),
        Value::Object(fields) => {
            fields.values_mut().for_each(odder);
            for name in ["billing_reason", "collection_method", "tax_exempt", "reason", "status_detail"] {
                if fields.get(name).is_some_and(Value::is_string) {
                    fields.insert(name.to_owned(), json!("something_of_tomorrow"));
                }
            }
            for name in [
                "description",
                "statement_descriptor",
                "footer",
                "memo",
                "nickname",
                "cancellation_details",
                "default_payment_method",
                "hosted_invoice_url",
                "invoice_pdf",
                "email",
                "address",
                "rendering",
                "receipt_number",
                "total_discount_amounts",
                "total_taxes",
                "latest_invoice",
            ] {
                if fields.contains_key(name) {
                    fields.insert(name.to_owned(), Value::Null);
                }
            }
            if fields.contains_key("object") {
                fields.insert(
                    "of_tomorrow".to_owned(),
                    json!({ "deep": [1, { "er": null }], "object": "riddle" }),
                );
            }
        }
        _ => {}
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_odd_and_legal_is_read_all_the_same() {
    let shop = Cashier::open().await;
    sqlx::query("update plans set trial_days = 0").execute(&shop.site.pool).await.unwrap();
    let ada = shop.buyer().await;
    shop.subscribe(&ada, "plus", "month", GOOD).await;
    shop.settle().await;
    let row = shop.subscription(&ada).await;
    let now = shop.tick().await;
    let app = &shop.site.app;
    let between = Between::put(
        &shop,
        Arc::new(|_, _, mut answer| {
            odder(&mut answer);
            Fate::Arrives(answer)
        }),
    )
    .await;
    let desk = sync::Desk { gateway: &between.gateway, ..app.desk(now).unwrap() };
    sync::customer(&desk, &row.customer_stripe_id, &[]).await.unwrap();
    let invoice: String =
        sqlx::query_scalar("select stripe_id from billing_invoices where total_cents = 1900")
            .fetch_one(&shop.site.pool)
            .await
            .unwrap();
    // Every action goes through, too.
    actions::refund(&desk, &order("a"), Mode::Carry, &invoice, Some(300)).await.unwrap();
    actions::credit(&desk, &order("b"), Mode::Carry, ada.id, 100, "EUR").await.unwrap();
    let pro = shop.price("pro", "month").await.parse().unwrap();
    let quote = actions::preview(&desk, &row.stripe_id, pro).await.unwrap();
    let change = actions::Change {
        subscription: &row.stripe_id,
        price_id: pro,
        at_s: quote.at_s,
        expected_cents: Some(quote.now_cents),
    };
    actions::change_plan(&desk, &order("c"), Mode::Carry, change).await.unwrap();
    actions::cancel(&desk, &order("d"), Mode::Carry, &row.stripe_id, When::PeriodEnd).await.unwrap();
    actions::resume(&desk, &order("e"), Mode::Carry, &row.stripe_id).await.unwrap();
    let half = web::billing::facts::NewCoupon {
        name: "Half".into(),
        percent_off: Some(50.0),
        amount_off: None,
        months: None,
        redeem_by_s: None,
        max_redemptions: None,
    };
    let coupon = actions::create_coupon(&desk, &order("f"), &half, Some("HALF")).await.unwrap();
    actions::apply_coupon(&desk, &order("g"), Mode::Carry, &row.stripe_id, actions::Code::Promotion("HALF"))
        .await
        .unwrap();
    actions::retire(&desk, &order("h"), &coupon.stripe_id, actions::Part::Coupon).await.unwrap();
    // All of it may have come within a second, the smallest step of the clock that is shown.
    shop.advance(shop.tick().await + Duration::seconds(2)).await;
    assert_eq!(shop.tier(&ada).await, "pro");
    assert_eq!(shop.one("select sum(amount_cents)::bigint from billing_credit_notes").await, 300);
    assert_eq!(shop.site.get("/account/billing", ada.key()).await.status, 200);
    shop.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_gives_nothing_hides_nothing() {
    let shop = Cashier::open().await;
    let ada = shop.buyer().await;
    shop.subscribe(&ada, "plus", "month", GOOD).await;
    shop.settle().await;
    let row = shop.subscription(&ada).await;
    // Beside ours: one that is paid every week, one without an item, one in a state of tomorrow. Then lists that are empty.
    let between = Between::put(
        &shop,
        Arc::new(|_, path, mut answer| {
            if path.starts_with("/v1/subscriptions?") {
                let ours = answer["data"][0].clone();
                let mut weekly = ours.clone();
                (weekly["id"], weekly["items"]["data"][0]["price"]["id"]) =
                    (json!("sub_weekly"), json!("price_weekly"));
                weekly["items"]["data"][0]["price"]["recurring"]["interval"] = json!("week");
                let mut bare = ours.clone();
                (bare["id"], bare["items"]["data"]) = (json!("sub_bare"), json!([]));
                let mut tomorrow = ours.clone();
                (tomorrow["id"], tomorrow["status"]) = (json!("sub_tomorrow"), json!("hibernating"));
                answer["data"] = json!([ours, weekly, bare, tomorrow]);
            }
            if path.starts_with("/v1/invoices?") || path.starts_with("/v1/credit_notes?") {
                answer["data"] = json!([]);
            }
            Fate::Arrives(answer)
        }),
    )
    .await;
    let now = shop.tick().await;
    let desk = sync::Desk { gateway: &between.gateway, ..shop.site.app.desk(now).unwrap() };
    sync::customer(&desk, &row.customer_stripe_id, &[]).await.unwrap();
    assert_eq!(shop.one("select count(*) from billing_subscriptions").await, 4);
    assert_eq!(shop.one("select count(distinct subscription_stripe_id) from billing_access").await, 1);
    assert_eq!(shop.tier(&ada).await, "plus");
    // Pages show what is there.
    assert_eq!(shop.site.get("/account/billing", ada.key()).await.status, 200);
    assert_eq!(shop.site.get("/account/billing/why", ada.key()).await.status, 200);
    shop.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn webhooks_of_unknown_kinds_and_versions_only_make_the_worker_read() {
    let shop = Cashier::open_with(false, None).await;
    let ada = shop.buyer().await;
    shop.subscribe(&ada, "plus", "month", GOOD).await;
    let row = shop.subscription(&ada).await;
    let customer = row.customer_stripe_id.as_str();
    // As a version of years ago said it: the period beside the items, the customer as an object, a plan.
    let old = json!({
        "id": row.stripe_id, "object": "subscription", "status": "past_due", "customer": { "id": customer, "object": "customer" },
        "current_period_start": 1, "current_period_end": 2, "plan": { "id": "gold" }, "items": { "data": [] },
    });
    let bodies = [
        ("customer.subscription.updated", "2015-10-16", old.clone()),
        ("customer.subscription.hibernated", "2031-01-01.zebra", old),
        (
            "invoice.of_tomorrow",
            "2026-09-30.endive",
            json!({ "id": "in_x", "object": "invoice", "customer": customer }),
        ),
        ("account.updated", "2026-09-30.endive", json!({ "id": "acct_1", "object": "account" })),
        ("v2.core.event", "2031-01-01.zebra", json!({})),
        (
            "invoice.paid",
            "2026-09-30.endive",
            json!({
                "id": "in_y", "object": "invoice", "customer": customer, "currency": "usd", "amount_paid": 1_000_000,
            }),
        ),
        (
            "charge.refunded",
            "2026-09-30.endive",
            json!({ "id": "ch_x", "object": "charge", "customer": customer, "payment_intent": null }),
        ),
    ];
    let count = bodies.len() as i64;
    for (n, (kind, version, object)) in bodies.into_iter().enumerate() {
        let body = json!({
            "id": format!("evt_odd_{n}"), "object": "event", "type": kind, "api_version": version, "created": 1_760_000_000 + n,
            "livemode": false, "pending_webhooks": 1, "request": null, "context": "of tomorrow", "data": { "object": object },
        })
        .to_string();
        let at = chrono::Utc::now().timestamp();
        assert_eq!(deliver(&shop.site, &body, Some(signed(&body, SECRET, at))).await, 200, "{kind}");
    }
    while web::billing::worker::step(&shop.site.app).await {}
    assert_eq!(shop.one("select count(*) from billing_events where handled_at is not null").await, count);
    let after = shop.subscription(&ada).await;
    assert_eq!((after.status, after.tier), (Status::Trialing, Some(domain::Tier::Plus)));
    assert_eq!(shop.one("select count(*) from billing_invoices where currency <> 'EUR'").await, 0);
    assert_eq!(shop.tier(&ada).await, "plus");
    shop.close().await;
}
