//! Programs that end between the provider's answer and the row that tells of it.

use std::sync::Arc;

use web::billing::sync::Desk;

use super::between::{Between, Fate};
use super::*;
use crate::cashier::Buyer;

/// A shop with somebody who has paid €19.00 for an invoice; the invoice.
async fn paid() -> (Cashier, Buyer, String) {
    let shop = Cashier::open().await;
    sqlx::query("update plans set trial_days = 0").execute(&shop.site.pool).await.unwrap();
    let ada = shop.buyer().await;
    shop.subscribe(&ada, "plus", "month", GOOD).await;
    shop.settle().await;
    let invoice: String =
        sqlx::query_scalar("select stripe_id from billing_invoices where total_cents = 1900")
            .fetch_one(&shop.site.pool)
            .await
            .unwrap();
    (shop, ada, invoice)
}

/// Refunds €5.00, and is killed where the answer to the credit note should come.
async fn killed(shop: &Cashier, invoice: &str) {
    let between = Between::put(
        shop,
        Arc::new(|method, path, answer| {
            let lost = method == "POST" && path.starts_with("/v1/credit_notes");
            if lost { Fate::Lost } else { Fate::Arrives(answer) }
        }),
    )
    .await;
    let now = shop.tick().await;
    let app = &shop.site.app;
    let desk = Desk {
        pool: &app.pool,
        gateway: &between.gateway,
        templates: &app.templates,
        origin: "http://localhost",
        now,
    };
    let by = order("killed");
    let doing = actions::refund(&desk, &by, Mode::Carry, invoice, Some(500));
    tokio::select! {
        done = doing => panic!("it went on: {done:?}"),
        () = between.lost.notified() => {}
    }
    gone(shop).await;
}

/// Waits until Postgres has noticed that the program is gone: its locks go with it.
async fn gone(shop: &Cashier) {
    let open = "select count(*) from pg_stat_activity where datname = current_database() and state like 'idle in transaction%'";
    while shop.one(open).await > 0 {
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
}

const AUDITED: &str = "select count(*) from audit_entries where action = 'billing.refunded'";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_sent_when_the_program_ended_is_finished_once() {
    let (shop, ada, invoice) = paid().await;
    killed(&shop, &invoice).await;
    // The provider has done it; here is an order without an outcome, and the reader is told of it.
    let there = shop.api("GET", "/credit_notes", &[]).await;
    assert_eq!(there["data"].as_array().unwrap().len(), 1, "{there}");
    assert_eq!(shop.one("select count(*) from billing_orders where state = 'sent'").await, 1);
    assert_eq!(shop.one(AUDITED).await, 0);
    assert!(shop.site.get("/account/billing", ada.key()).await.body.contains("is on its way"));
    // Whoever placed it is given a minute.
    let now = shop.tick().await;
    assert_eq!(web::billing::dispatch::finish_due(&shop.site.app, now).await.unwrap(), 0);
    shop.advance(now + Duration::minutes(2)).await;
    let now = shop.tick().await;
    let (one, two) = tokio::join!(
        web::billing::dispatch::finish_due(&shop.site.app, now),
        web::billing::dispatch::finish_due(&shop.site.app, now)
    );
    assert_eq!(one.unwrap() + two.unwrap(), 1, "two workers settle it once");
    shop.settle().await;
    assert_eq!(shop.one(AUDITED).await, 1);
    assert_eq!(shop.one("select sum(amount_cents)::bigint from billing_refunds").await, 500);
    assert_eq!(shop.one("select count(*) from billing_credit_notes").await, 1);
    assert_eq!(shop.one("select count(*) from billing_orders where state <> 'done'").await, 0);
    let (actor, reason): (String, String) =
        sqlx::query_as("select actor, reason from audit_entries where action = 'billing.refunded'")
            .fetch_one(&shop.site.pool)
            .await
            .unwrap();
    assert_eq!((actor.as_str(), reason.as_str()), ("test", "a test"));
    // The same form once more finds it done.
    let now = shop.tick().await;
    let desk = shop.site.app.desk(now).unwrap();
    let again = actions::refund(&desk, &order("killed"), Mode::Carry, &invoice, Some(500)).await.unwrap();
    assert_eq!((again.now_cents, again.done), (-500, true));
    assert_eq!(shop.one("select sum(amount_cents)::bigint from billing_refunds").await, 500);
    shop.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_the_provider_may_have_forgotten_is_reported_and_not_sent_again() {
    let (shop, _ada, invoice) = paid().await;
    killed(&shop, &invoice).await;
    shop.advance(shop.tick().await + Duration::hours(24)).await;
    let now = shop.tick().await;
    assert_eq!(web::billing::dispatch::finish_due(&shop.site.app, now).await.unwrap(), 1);
    assert_eq!(shop.one("select count(*) from billing_orders where state = 'unclear'").await, 1);
    assert_eq!(
        shop.one("select count(*) from audit_entries where action = 'billing.order_unclear'").await,
        1
    );
    // What is there is known all the same.
    shop.settle().await;
    assert_eq!(shop.one("select sum(amount_cents)::bigint from billing_refunds").await, 500);
    let desk = shop.site.app.desk(now).unwrap();
    let again = actions::refund(&desk, &order("killed"), Mode::Carry, &invoice, Some(500)).await;
    assert!(matches!(again, Err(Trouble::Stale(_))), "{again:?}");
    shop.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_order_that_never_arrived_is_carried_out_by_the_worker() {
    let (shop, ada, _) = paid().await;
    let row = shop.subscription(&ada).await;
    // A provider that does not answer: the reader is told so, and that the order is kept.
    let away = web::billing::gateway::Gateway::new(crate::cashier::keys("http://127.0.0.1:9/")).unwrap();
    let now = shop.tick().await;
    let app = &shop.site.app;
    let here = app.desk(now).unwrap();
    let plan = web::billing::dispatch::Plan {
        key: "end-once".to_owned(),
        asks: vec![web::billing::gateway::ask::Ask::EndWithPeriod {
            subscription: row.stripe_id.clone(),
            ends: true,
        }],
        customer: Some(&row.customer_stripe_id),
        account: Some(ada.id),
        action: "billing.subscription_cancelled",
        subject: "test",
        detail: json!({}),
        good_for: Duration::hours(1),
    };
    let placed = web::billing::dispatch::place(&here, &order("x"), &plan).await.unwrap();
    let desk = Desk { gateway: &away, ..here };
    let db = app.pool.begin().await.unwrap();
    let sent = web::billing::dispatch::carry(&desk, db, &placed).await;
    assert!(matches!(sent, Err(Trouble::Sent(_))), "{sent:?}");
    assert!(!shop.subscription(&ada).await.cancel_at_period_end);
    shop.advance(now + Duration::minutes(2)).await;
    shop.settle().await;
    assert!(shop.subscription(&ada).await.cancel_at_period_end);
    assert_eq!(
        shop.one("select count(*) from audit_entries where action = 'billing.subscription_cancelled'").await,
        1
    );
    shop.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_withdrawal_that_was_cut_off_gives_back_all_of_it() {
    let (shop, ada, _) = paid().await;
    let row = shop.subscription(&ada).await;
    shop.advance(row.current_period_start_at + Duration::days(3)).await;
    shop.settle().await;
    let between = Between::put(
        &shop,
        Arc::new(|method, path, answer| {
            // The end arrives, the money does not.
            let lost = method == "DELETE" && path.starts_with("/v1/subscriptions");
            if lost { Fate::Lost } else { Fate::Arrives(answer) }
        }),
    )
    .await;
    let now = shop.tick().await;
    let app = &shop.site.app;
    let desk = Desk { gateway: &between.gateway, ..app.desk(now).unwrap() };
    let by = order("");
    let lang = web::text::Lang::En;
    let doing = web::billing::withdrawal::withdraw(&desk, &by, Mode::Carry, ada.id, &row.stripe_id, lang);
    tokio::select! {
        done = doing => panic!("it went on: {done:?}"),
        () = between.lost.notified() => {}
    }
    gone(&shop).await;
    shop.settle().await;
    assert_eq!(shop.subscription(&ada).await.status.as_str(), "canceled");
    assert_eq!(shop.one("select count(*) from billing_refunds").await, 0);
    shop.advance(shop.tick().await + Duration::minutes(2)).await;
    shop.settle().await;
    let owed = shop.one("select refund_cents from billing_withdrawals where done_at is not null").await;
    assert!(owed > 1600, "{owed}");
    assert_eq!(shop.one("select sum(amount_cents)::bigint from billing_refunds").await, owed);
    assert_eq!(shop.one("select count(*) from mails where dedupe_key like 'billing/withdrawn/%'").await, 1);
    assert_eq!(shop.one("select count(*) from audit_entries where action = 'billing.withdrawn'").await, 1);
    shop.close().await;
}
