//! Billing against the billing sandbox, over HTTP: the whole story, and what goes wrong.

use chrono::Duration;
use serde_json::{Value, json};
use web::billing::actions::{self, Mode, Order, When};
use web::billing::entitlement;
use web::billing::facts::Status;
use web::billing::gateway::Trouble;
use web::billing::reconcile;
use web::billing::signature;
use web::billing::store::access;
use web::billing::store::subscriptions::SubscriptionRow;

use crate::cashier::{Cashier, FAILS_LATER, GOOD, SECRET};
use crate::kit::Site;

mod asked;
mod between;
mod drift;
mod left;
mod money;
mod odd;
mod races;
mod retired;
mod samples;
mod story;
mod webhooks;
mod window;

/// What is hidden in a form.
pub(crate) fn hidden(body: &str, name: &str) -> String {
    let at = body.find(&format!("name=\"{name}\" value=\"")).unwrap_or_else(|| panic!("no {name} in {body}"));
    let rest = &body[at..];
    let value = rest.split("value=\"").nth(1).unwrap();
    value.split('"').next().unwrap().to_owned()
}

fn order(once: &'static str) -> Order<'static> {
    Order { by: "test", reason: "a test", address: "", once }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn another_customers_things_are_nobodys() {
    let shop = Cashier::open().await;
    let (ada, eve) = (shop.buyer().await, shop.buyer().await);
    let page = shop.go_to_checkout(&ada, "plus", "month").await;
    let back = shop.pay(&page, GOOD, "").await;
    shop.tick().await;
    // Eve opens the address that Ada was sent to, and sends Ada's forms.
    assert_eq!(shop.site.get(&back, eve.key()).await.status, 404);
    assert_eq!(shop.tier(&eve).await, "free");
    shop.site.get(&back, ada.key()).await;
    let pro = shop.price("pro", "month").await;
    let forms: [(&str, &[(&str, &str)]); 6] = [
        ("/account/billing/cancel", &[("once", "1")]),
        ("/account/billing/withdraw", &[]),
        ("/account/billing/pause", &[("days", "30")]),
        ("/account/billing/change", &[("price", &pro), ("at_s", "0"), ("expected", "0")]),
        ("/account/billing/portal", &[]),
        // What no form has is ignored.
        ("/account/billing/resume", &[("once", "1"), ("subscription", "sub_1"), ("customer", "cus_1")]),
    ];
    for (path, form) in forms {
        assert_eq!(shop.site.post(path, eve.key(), form).await.status, 303, "{path}");
    }
    let row = shop.subscription(&ada).await;
    assert!(
        !row.cancel_at_period_end && row.status == Status::Trialing && row.tier == Some(domain::Tier::Plus)
    );
    assert!(shop.site.get("/account/billing", eve.key()).await.body.contains("No invoice yet"));
    shop.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_double_click_and_two_tabs_buy_once() {
    let shop = Cashier::open().await;
    let ada = shop.buyer().await;
    // The catalogue is made by whoever comes first.
    let (one, two) =
        tokio::join!(shop.go_to_checkout(&ada, "plus", "month"), shop.go_to_checkout(&ada, "plus", "month"));
    assert_eq!(one, two);
    // Another price in another tab closes the first page.
    let other = shop.go_to_checkout(&ada, "pro", "month").await;
    assert_ne!(one, other);
    assert_eq!(shop.site.client.get(&one).send().await.unwrap().status(), 404);
    let back = shop.pay(&other, GOOD, "").await;
    shop.site.get(&back, ada.key()).await;
    // Who has subscribed is led to the change of plan.
    let price = shop.price("plus", "month").await;
    let again = shop.site.post("/billing/checkout", ada.key(), &[("price", &price)]).await;
    assert_eq!(again.header("location"), format!("/account/billing/change?price={price}"));
    assert_eq!(shop.one("select count(*) from billing_subscriptions").await, 1);
    assert_eq!(shop.one("select count(*) from billing_customers").await, 1);
    shop.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_withdrawal_gives_back_by_its_formula() {
    let shop = Cashier::open().await;
    sqlx::query("update plans set trial_days = 0").execute(&shop.site.pool).await.unwrap();
    let ada = shop.buyer().await;
    shop.subscribe(&ada, "pro", "month", GOOD).await;
    shop.settle().await;
    let row = shop.subscription(&ada).await;
    let used = Duration::days(6);
    shop.advance(row.current_period_start_at + used).await;
    shop.settle().await;
    let page = shop.site.get("/account/billing/withdraw", ada.key()).await;
    assert!(page.body.contains("You paid €49.00 and used 6.00 of"), "{}", page.body);
    shop.tick().await;
    assert_eq!(shop.site.post("/account/billing/withdraw", ada.key(), &[]).await.status, 303);
    shop.settle().await;
    type Written = (i64, i64, i64, i64);
    let (paid, used_s, period_s, refund): Written = sqlx::query_as(
        "select paid_cents, used_seconds, period_seconds, refund_cents from billing_withdrawals where done_at is not null",
    )
    .fetch_one(&shop.site.pool)
    .await
    .unwrap();
    let period = row.current_period_end_at - row.current_period_start_at;
    assert_eq!((paid, period_s), (4900, period.num_seconds()));
    assert!((used_s - used.num_seconds()).abs() < 60, "{used_s}");
    assert_eq!(refund, paid - paid * used_s / period_s);
    assert_eq!(
        shop.one("select sum(amount_cents)::bigint from billing_refunds where status = 'succeeded'").await,
        refund
    );
    assert_eq!(shop.subscription(&ada).await.status.as_str(), "canceled");
    assert_eq!(shop.tier(&ada).await, "free");
    let told: String =
        sqlx::query_scalar("select text from mails where dedupe_key like 'billing/withdrawn/%'")
            .fetch_one(&shop.site.pool)
            .await
            .unwrap();
    assert!(told.contains("you get back"), "{told}");
    // A second click finds nothing to withdraw from.
    assert_eq!(shop.site.post("/account/billing/withdraw", ada.key(), &[]).await.status, 303);
    assert_eq!(shop.one("select count(*) from billing_refunds").await, 1);
    shop.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn refunds_are_bounded_and_done_once() {
    let shop = Cashier::open().await;
    sqlx::query("update plans set trial_days = 0").execute(&shop.site.pool).await.unwrap();
    let ada = shop.buyer().await;
    shop.subscribe(&ada, "plus", "month", GOOD).await;
    shop.settle().await;
    let now = shop.tick().await;
    let desk = shop.site.app.desk(now).unwrap();
    let invoice: String =
        sqlx::query_scalar("select stripe_id from billing_invoices where total_cents = 1900")
            .fetch_one(&shop.site.pool)
            .await
            .unwrap();
    let refund = |once, mode, cents| {
        let (desk, invoice) = (&desk, &invoice);
        async move { actions::refund(desk, &order(once), mode, invoice, cents).await }
    };
    let shown = refund("a", Mode::DryRun, Some(500)).await.unwrap();
    assert_eq!((shown.now_cents, shown.done), (-500, false));
    assert_eq!(shop.one("select count(*) from billing_refunds").await, 0);
    for _ in 0..2 {
        let done = refund("a", Mode::Carry, Some(500)).await.unwrap();
        assert_eq!((done.now_cents, done.done), (-500, true));
    }
    assert_eq!(shop.one("select sum(amount_cents)::bigint from billing_refunds").await, 500);
    assert!(matches!(refund("b", Mode::Carry, Some(1401)).await, Err(Trouble::Stale(_))));
    assert!(matches!(refund("b", Mode::Carry, Some(-1)).await, Err(Trouble::Stale(_))));
    // All that is left.
    assert_eq!(refund("c", Mode::Carry, None).await.unwrap().now_cents, -1400);
    assert!(matches!(refund("d", Mode::Carry, None).await, Err(Trouble::Stale(_))));
    shop.settle().await;
    assert_eq!(shop.one("select sum(amount_cents)::bigint from billing_refunds").await, 1900);
    assert_eq!(shop.one("select count(*) from audit_entries where action = 'billing.refunded'").await, 2);
    assert!(shop.site.get("/account/billing", ada.key()).await.body.contains("€19.00 given back"));
    // Credit for what we owe, once for the same cause, in their currency only.
    let credit = |once, currency| {
        let desk = &desk;
        async move { actions::credit(desk, &order(once), Mode::Carry, ada.id, 250, currency).await }
    };
    credit("slot-1", "EUR").await.unwrap();
    credit("slot-1", "EUR").await.unwrap();
    assert!(matches!(credit("slot-2", "USD").await, Err(Trouble::Currency { .. })));
    assert_eq!(shop.one("select balance_cents from billing_customers").await, -250);
    shop.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_missed_is_found_at_night_and_mended() {
    // No webhook ever arrives.
    let shop = Cashier::open_with(false, None).await;
    let ada = shop.buyer().await;
    shop.subscribe(&ada, "plus", "month", GOOD).await;
    let row = shop.subscription(&ada).await;
    let now = shop.tick().await;
    let clean =
        reconcile::compare(&shop.site.app.desk(now).unwrap(), now.date_naive()).await.unwrap().unwrap();
    // The page after payment reads what a reader waits for; invoices follow at night.
    assert!(clean.drifts.iter().all(|d| d.field == "exists" && d.object_id.starts_with("in_")), "{clean:?}");
    // Somebody ends it in the provider's own console.
    let path = format!("/subscriptions/{}", row.stripe_id);
    shop.api("POST", &path, &[("cancel_at_period_end", "true")]).await;
    let next = now + Duration::days(1);
    let report =
        reconcile::compare(&shop.site.app.desk(now).unwrap(), next.date_naive()).await.unwrap().unwrap();
    let found: Vec<&str> = report.drifts.iter().map(|d| d.field.as_str()).collect();
    assert_eq!(found, ["ends_at"], "{report:?}");
    assert!(report.drifts[0].mended && report.failed.is_empty());
    assert!(shop.subscription(&ada).await.cancel_at_period_end);
    // Once a night.
    let again = reconcile::compare(&shop.site.app.desk(now).unwrap(), next.date_naive()).await.unwrap();
    assert_eq!(again, None);
    let third = now + Duration::days(2);
    let quiet =
        reconcile::compare(&shop.site.app.desk(now).unwrap(), third.date_naive()).await.unwrap().unwrap();
    assert!(quiet.drifts.is_empty() && quiet.compared >= 2, "{quiet:?}");
    assert_eq!(
        shop.one("select count(*) from billing_drifts where mended").await,
        clean.drifts.len() as i64 + 1
    );
    assert_eq!(shop.one("select count(*) from audit_entries where action = 'billing.reconciled'").await, 3);
    shop.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_customer_who_is_deleted_there_loses_access_and_can_come_back() {
    let shop = Cashier::open().await;
    let ada = shop.buyer().await;
    shop.subscribe(&ada, "plus", "month", GOOD).await;
    shop.settle().await;
    assert_eq!(shop.tier(&ada).await, "plus");
    let row = shop.subscription(&ada).await;
    shop.api("DELETE", &format!("/customers/{}", row.customer_stripe_id), &[]).await;
    shop.settle().await;
    assert_eq!(shop.tier(&ada).await, "free");
    assert_eq!(shop.subscription(&ada).await.status.as_str(), "canceled");
    assert_eq!(shop.one("select count(*) from billing_customers where deleted_at is not null").await, 1);
    // Another customer there; and no second trial.
    let page = shop.go_to_checkout(&ada, "basic", "month").await;
    let back = shop.pay(&page, GOOD, "").await;
    shop.tick().await;
    assert!(shop.site.get(&back, ada.key()).await.body.contains("data-billing=\"open\""));
    assert_eq!(shop.tier(&ada).await, "basic");
    shop.settle().await;
    assert_eq!(shop.one("select amount_paid_cents from billing_invoices where total_cents > 0").await, 900);
    shop.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_catalogue_is_made_once_and_a_new_price_takes_the_place_of_the_old_one() {
    let shop = Cashier::open().await;
    let now = shop.tick().await;
    let app = &shop.site.app;
    let by = order("x");
    let made = web::billing::catalogue::ensure(&app.desk(now).unwrap()).await.unwrap();
    assert_eq!((made.products, made.prices), (3, 6));
    let again = web::billing::catalogue::ensure(&app.desk(now).unwrap()).await.unwrap();
    assert_eq!((again.products, again.prices, again.found), (0, 0, 6));
    let ada = shop.buyer().await;
    shop.subscribe(&ada, "plus", "month", GOOD).await;
    let set = web::billing::plans::set_price(
        app,
        &by,
        domain::Tier::Plus,
        web::billing::facts::Interval::Month,
        2100,
        now,
    );
    let set = set.await.unwrap();
    assert_eq!((set.unit_amount_cents, set.lookup_key.as_str()), (2100, "quarterday_plus_month_eur_2"));
    app.market.refresh().await;
    let page = shop.site.get("/pricing", None).await;
    assert!(page.body.contains("€21.00") && !page.body.contains("€19.00"), "{}", page.body);
    // Who has subscribed keeps theirs, and their tier.
    shop.settle().await;
    assert_eq!(shop.subscription(&ada).await.unit_amount_cents, 1900);
    assert_eq!(shop.tier(&ada).await, "plus");
    assert_eq!(shop.one("select count(*) from prices where tier = 'plus' and interval = 'month'").await, 2);
    assert_eq!(shop.one("select count(*) from prices where stripe_id is null").await, 0);
    let other = web::billing::plans::set_price(
        app,
        &by,
        domain::Tier::Free,
        web::billing::facts::Interval::Month,
        1,
        now,
    );
    assert!(matches!(other.await, Err(Trouble::Refused(_))));
    shop.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_keys_the_site_says_so() {
    let site = Site::start().await;
    let key = site.sign_in_as("free").await;
    let page = site.get("/pricing", key.as_deref()).await;
    assert!(page.status == 200 && !page.body.contains("/billing/checkout"));
    let reply = site.post("/billing/checkout", key.as_deref(), &[("price", "1")]).await;
    assert_eq!(reply.status, 409);
    assert!(reply.body.contains("Payments are not set up"));
    assert_eq!(site.get("/account/billing", key.as_deref()).await.status, 200);
    site.stop().await;
}
