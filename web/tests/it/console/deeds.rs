//! What staff do for customers, against the billing sandbox: dry run, confirmation, and everything that must not work.

use chrono::Duration;
use web::console::credits::apply::apply_due;

use super::changes::change;
use crate::billing::hidden;
use crate::cashier::{Buyer, Cashier, GOOD};
use crate::kit::Reply;

/// The key of somebody of the staff, whose session outlives what the sandbox's clock does.
async fn staff(shop: &Cashier, role: &str) -> String {
    let key = shop.site.sign_in_as(role).await.unwrap();
    sqlx::query(
        "update sessions set expires_at = now() + interval '10 years', seen_at = now() + interval '9 years'",
    )
    .execute(&shop.site.pool)
    .await
    .unwrap();
    key
}

/// A shop with somebody who pays for this plan, without a trial.
async fn with_buyer(tier: &str) -> (Cashier, Buyer) {
    let shop = Cashier::open().await;
    sqlx::query("update plans set trial_days = 0").execute(&shop.site.pool).await.unwrap();
    let ada = shop.buyer().await;
    shop.subscribe(&ada, tier, "month", GOOD).await;
    shop.settle().await;
    (shop, ada)
}

/// Sends a form of a customer's page.
async fn propose(shop: &Cashier, key: &str, customer: i64, form: &[(&str, &str)]) -> Reply {
    let reason = [("reason", "asked by mail")];
    let form = [form, &reason].concat();
    shop.site.post(&format!("/admin/customers/{customer}/deeds"), Some(key), &form).await
}

async fn confirm(shop: &Cashier, key: &str, token: &str) -> Reply {
    shop.site.post("/admin/deeds", Some(key), &[("token", token)]).await
}

async fn audited(shop: &Cashier, action: &str) -> i64 {
    sqlx::query_scalar("select count(*) from audit_entries where action = $1")
        .bind(action)
        .fetch_one(&shop.site.pool)
        .await
        .unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_deed_is_shown_confirmed_and_done_once() {
    let (shop, ada) = with_buyer("plus").await;
    let (support, admin) = (staff(&shop, "support").await, staff(&shop, "admin").await);
    let sub = shop.subscription(&ada).await.stripe_id.clone();
    let cancel = [("deed", "cancel"), ("subscription", sub.as_str())];
    // Without a reason nothing is even worked out.
    let bare = shop.site.post(&format!("/admin/customers/{}/deeds", ada.id), Some(&support), &cancel).await;
    assert_eq!(bare.status, 400);
    let shown = propose(&shop, &support, ada.id, &cancel).await;
    assert!(
        shown.status == 200 && shown.body.contains("Access until") && shown.body.contains("asked by mail"),
        "{}",
        shown.body
    );
    assert!(!shop.subscription(&ada).await.cancel_at_period_end);
    assert_eq!(audited(&shop, "billing.subscription_cancelled").await, 0);
    let token = hidden(&shown.body, "token");
    // Forged, cut short, another person's, nobody's.
    let flipped = format!("{}{}", if token.starts_with('A') { "B" } else { "A" }, &token[1..]);
    for (key, token) in
        [(&support, flipped.as_str()), (&support, &token[..20]), (&support, ""), (&admin, &token)]
    {
        let refused = confirm(&shop, key, token).await;
        assert_eq!(refused.status, 403, "{}", refused.body);
    }
    assert!(!shop.subscription(&ada).await.cancel_at_period_end);
    // Two clicks at once: one does it, the other says so.
    let (one, two) = tokio::join!(confirm(&shop, &support, &token), confirm(&shop, &support, &token));
    let mut statuses = [one.status, two.status];
    statuses.sort_unstable();
    assert_eq!(statuses, [303, 409], "{} {}", one.body, two.body);
    shop.settle().await;
    assert!(shop.subscription(&ada).await.cancel_at_period_end);
    assert_eq!(audited(&shop, "billing.subscription_cancelled").await, 1);
    let reason: String = sqlx::query_scalar(
        "select reason from audit_entries where action = 'billing.subscription_cancelled'",
    )
    .fetch_one(&shop.site.pool)
    .await
    .unwrap();
    assert_eq!(reason, "asked by mail");
    // A confirmation is good for five minutes.
    let shown = propose(&shop, &support, ada.id, &[("deed", "resume"), ("subscription", &sub)]).await;
    let token = hidden(&shown.body, "token");
    shop.advance(shop.tick().await + Duration::minutes(6)).await;
    assert_eq!(confirm(&shop, &support, &token).await.status, 409);
    assert!(shop.subscription(&ada).await.cancel_at_period_end);
    let shown = propose(&shop, &support, ada.id, &[("deed", "resume"), ("subscription", &sub)]).await;
    let done = confirm(&shop, &support, &hidden(&shown.body, "token")).await;
    assert_eq!(
        (done.status, done.header("location")),
        (303, format!("/admin/customers/{}?done=resume", ada.id).as_str())
    );
    shop.settle().await;
    assert!(!shop.subscription(&ada).await.cancel_at_period_end);
    assert!(
        shop.site
            .get(done.header("location"), Some(&support))
            .await
            .body
            .contains("Done. It is in the timeline")
    );
    shop.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_has_changed_since_the_dry_run_is_not_done() {
    let (shop, ada) = with_buyer("plus").await;
    let admin = staff(&shop, "admin").await;
    let sub = shop.subscription(&ada).await.stripe_id.clone();
    let invoice: String = sqlx::query_scalar("select stripe_id from billing_invoices")
        .fetch_one(&shop.site.pool)
        .await
        .unwrap();
    let refund =
        |amount: &'static str| vec![("deed", "refund"), ("invoice", invoice.as_str()), ("amount", amount)];
    // Two tabs: what the first gives back, the second had not seen.
    let first = hidden(&propose(&shop, &admin, ada.id, &refund("5.00")).await.body, "token");
    let second = hidden(&propose(&shop, &admin, ada.id, &refund("5.00")).await.body, "token");
    assert_eq!(confirm(&shop, &admin, &first).await.status, 303);
    shop.settle().await;
    let stale = confirm(&shop, &admin, &second).await;
    assert!(
        stale.status == 409 && stale.body.contains("Something has changed since you looked"),
        "{}",
        stale.body
    );
    assert_eq!(shop.one("select sum(amount_cents)::bigint from billing_refunds").await, 500);
    // The page shows how it stands now, with a confirmation of its own.
    assert_eq!(confirm(&shop, &admin, &hidden(&stale.body, "token")).await.status, 303);
    shop.settle().await;
    assert_eq!(shop.one("select sum(amount_cents)::bigint from billing_refunds").await, 1000);
    // More than is left is refused at the dry run.
    assert_eq!(propose(&shop, &admin, ada.id, &refund("9.01")).await.status, 409);
    // A change of plan charges what was shown.
    let pro = shop.price("pro", "month").await;
    let shown =
        propose(&shop, &admin, ada.id, &[("deed", "change_plan"), ("subscription", &sub), ("price", &pro)])
            .await;
    assert!(shown.status == 200 && shown.body.contains("is charged"), "{}", shown.body);
    let said = shown.body.split(" is charged").next().unwrap().rsplit('€').next().unwrap().replace(',', "");
    let token = hidden(&shown.body, "token");
    let done = confirm(&shop, &admin, &token).await;
    assert_eq!(done.status, 303, "{}", done.body);
    shop.settle().await;
    let charged = shop
        .one(
            "select amount_paid_cents from billing_invoices order by created_at desc, stripe_id desc limit 1",
        )
        .await;
    assert_eq!(format!("{}.{:02}", charged / 100, charged % 100), said);
    assert_eq!(shop.subscription(&ada).await.tier, Some(domain::Tier::Pro));
    shop.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn support_stays_within_its_limit_and_nobody_reaches_anothers_things() {
    let (shop, ada) = with_buyer("plus").await;
    let eve = shop.buyer().await;
    let (support, admin) = (staff(&shop, "support").await, staff(&shop, "admin").await);
    let sub = shop.subscription(&ada).await.stripe_id.clone();
    let credit = |amount: &'static str| [("deed", "credit"), ("amount", amount), ("currency", "EUR")];
    assert_eq!(propose(&shop, &support, ada.id, &credit("50.01")).await.status, 403);
    // Both fit by themselves, not together.
    let first = hidden(&propose(&shop, &support, ada.id, &credit("30")).await.body, "token");
    let second = hidden(&propose(&shop, &support, ada.id, &credit("30")).await.body, "token");
    assert_eq!(confirm(&shop, &support, &first).await.status, 303);
    assert_ne!(confirm(&shop, &support, &second).await.status, 303);
    assert_eq!(propose(&shop, &support, ada.id, &credit("20.01")).await.status, 403);
    assert_eq!(propose(&shop, &support, ada.id, &credit("20.00")).await.status, 200);
    assert_eq!(propose(&shop, &admin, ada.id, &credit("500")).await.status, 200);
    shop.settle().await;
    assert_eq!(
        shop.one("select balance_cents from billing_customers where customer_id is not null limit 1").await,
        -3000
    );
    // The currency is theirs.
    let dollars = [("deed", "credit"), ("amount", "5"), ("currency", "USD")];
    assert_eq!(propose(&shop, &admin, ada.id, &dollars).await.status, 409);
    // Ada's subscription in Eve's address.
    let cancel = [("deed", "cancel_now"), ("subscription", sub.as_str())];
    assert_eq!(propose(&shop, &admin, eve.id, &cancel).await.status, 404);
    // Coupons are made and put on by admins.
    let coupon =
        [("name", "Sorry"), ("percent", "20"), ("lasts", "3"), ("code", "SORRY20"), ("reason", "an outage")];
    assert_eq!(shop.site.post("/admin/coupons", Some(&support), &coupon).await.status, 403);
    let shown = shop.site.post("/admin/coupons", Some(&admin), &coupon).await;
    assert!(
        shown.status == 200 && shown.body.contains("20\u{a0}%") && shown.body.contains("SORRY20"),
        "{}",
        shown.body
    );
    assert_eq!(shop.one("select count(*) from billing_coupons").await, 0);
    let token = hidden(&shown.body, "token");
    for expected in [303, 409] {
        let sent = shop.site.post("/admin/changes", Some(&admin), &[("token", token.as_str())]).await;
        assert_eq!(sent.status, expected, "{}", sent.body);
    }
    assert_eq!(shop.one("select count(*) from billing_coupons").await, 1);
    let taken = shop.site.post("/admin/coupons", Some(&admin), &coupon).await;
    assert!(taken.status == 409 && taken.body.contains("Another coupon has this code"), "{}", taken.body);
    let id: String =
        sqlx::query_scalar("select stripe_id from billing_coupons").fetch_one(&shop.site.pool).await.unwrap();
    let put = [("deed", "coupon"), ("subscription", sub.as_str()), ("coupon", id.as_str())];
    assert_eq!(propose(&shop, &support, ada.id, &put).await.status, 403);
    let shown = propose(&shop, &admin, ada.id, &put).await;
    assert_eq!(confirm(&shop, &admin, &hidden(&shown.body, "token")).await.status, 303);
    shop.settle().await;
    assert_eq!(shop.subscription(&ada).await.discount.clone().and_then(|d| d.percent), Some(20.0));
    shop.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_late_slot_is_credited_once_by_its_formula() {
    let (shop, ada) = with_buyer("plus").await;
    let admin = staff(&shop, "admin").await;
    let now = shop.tick().await;
    let slot = domain::Slot::last_due(now + Duration::hours(12));
    // Published 2 h 30 min beyond the promise, within the period that was paid for.
    sqlx::query(
        "insert into publications (slot, version, closes_at, manifest_sha256, coverage, partial, published_at)
         values ($1, 1, $2, repeat('a', 64), '{}', false, $2 + interval '4 hours')",
    )
    .bind(slot.to_string())
    .bind(slot.close_at())
    .execute(&shop.site.pool)
    .await
    .unwrap();
    shop.advance(slot.close_at() + Duration::hours(5)).await;
    shop.settle().await;
    let path = format!("/admin/credits/{slot}");
    assert!(shop.site.get("/admin/credits", Some(&admin)).await.body.contains(&path));
    let page = shop.site.get(&path, Some(&admin)).await;
    assert!(page.status == 200 && page.body.contains("2 h 30 min"), "{}", page.body);
    // 19.00 by the days of this month, of which a slot is a quarter.
    let row = shop.subscription(&ada).await;
    let slots = (row.current_period_end_at - row.current_period_start_at).num_hours() / 6;
    let expected = (1900 + slots - 1) / slots;
    assert!(page.body.contains(&format!("€0.{expected:02}")), "{}", page.body);
    let token = hidden(&page.body, "token");
    let decide = async |token: &str| {
        shop.site
            .post(&path, Some(&admin), &[("token", token), ("reason", "the ML machine had gone")])
            .await
            .status
    };
    assert_eq!(decide(&token[1..]).await, 403);
    assert_eq!(shop.one("select count(*) from late_credits").await, 0);
    assert_eq!(decide(&token).await, 303);
    assert_eq!(decide(&token).await, 303);
    assert_eq!(shop.one("select count(*) from late_credits").await, 1);
    assert_eq!(audited(&shop, "credits.decided").await, 1);
    let now = shop.tick().await;
    assert_eq!(apply_due(&shop.site.app, now).await.unwrap(), 1);
    assert_eq!(apply_due(&shop.site.app, now + Duration::hours(8)).await.unwrap(), 0);
    shop.settle().await;
    assert_eq!(shop.one("select balance_cents from billing_customers limit 1").await, -expected);
    // Told once, with what was missed, how the amount follows, and where it is seen.
    let mails = "select text from mails where dedupe_key like 'late-credit:%'";
    let mails: Vec<String> = sqlx::query_scalar(mails).fetch_all(&shop.site.pool).await.unwrap();
    let [mail] = &mails[..] else { panic!("{mails:?}") };
    let hours = slots * 6;
    let formula = format!("€19.00 × 1 × 6 h ÷ {hours} h = €0.{expected:02}");
    for says in ["2 h 30 min after", &formula, "/account/billing"] {
        assert!(mail.contains(says), "{says}: {mail}");
    }
    let page = shop.site.get(&format!("/admin/customers/{}?part=run", ada.id), Some(&admin)).await;
    assert!(page.body.contains(&format!("Credit of €0.{expected:02} for slot {slot}")), "{}", page.body);
    shop.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_price_is_replaced_and_its_history_kept() {
    let (shop, ada) = with_buyer("plus").await;
    let admin = staff(&shop, "admin").await;
    let set = async |fields: &[(&str, &str)]| change(&shop.site, &admin, "/admin/plans", fields).await;
    assert_eq!(
        set(&[("tier", "plus"), ("interval", "month"), ("amount", "21.00"), ("reason", "costs rose")]).await,
        303
    );
    let page = shop.site.get("/admin/plans", Some(&admin)).await.body;
    assert!(page.contains("€21.00") && page.contains("€19.00") && page.contains("costs rose"), "{page}");
    // Who has subscribed keeps theirs.
    shop.settle().await;
    assert_eq!(shop.subscription(&ada).await.unit_amount_cents, 1900);
    assert_eq!(set(&[("tier", "pro"), ("trial_days", "7"), ("reason", "a shorter trial")]).await, 303);
    for wrong in [
        [("tier", "free"), ("interval", "month"), ("amount", "1"), ("reason", "because")],
        [("tier", "plus"), ("interval", "week"), ("amount", "1"), ("reason", "because")],
        [("tier", "plus"), ("interval", "month"), ("amount", "1000000000000"), ("reason", "because")],
        [("tier", "plus"), ("interval", "month"), ("amount", "-1"), ("reason", "because")],
        [("tier", "plus"), ("trial_days", "365"), ("amount", ""), ("reason", "because")],
        [("tier", "plus"), ("interval", "month"), ("amount", "22"), ("reason", " ")],
    ] {
        assert_eq!(set(&wrong).await, 400, "{wrong:?}");
    }
    shop.close().await;
}
