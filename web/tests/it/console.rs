//! The console: who sees what of it, posts, switches, the audit log, customers.

use chrono::{DateTime, Duration, Utc};
use serde_json::json;
use web::console::rule::{Area, sees};
use web::{access::Role, audit};

use crate::kit::Site;

mod changes;
mod deeds;
mod ledgers;
mod posts;

/// A subscriber with a life: an account, a subscription, invoices, a refund, access, mails. Returns the account's number.
pub(crate) async fn put_customer(site: &Site, email: &str, now: DateTime<Utc>) -> i64 {
    let id: i64 = sqlx::query_scalar(
        "insert into customers (email, address_key, password_hash, role, created_at)
         values ($1, lower($1), 'none', 'subscriber', $2) returning id",
    )
    .bind(email)
    .bind(now - Duration::days(70))
    .fetch_one(&site.pool)
    .await
    .unwrap();
    let run = async |statement: &'static str| {
        let statement = statement.replace("$N", &id.to_string());
        sqlx::query(sqlx::AssertSqlSafe(statement)).bind(now).execute(&site.pool).await.unwrap();
    };
    run("insert into billing_customers (stripe_id, customer_id, livemode, currency, balance_cents, created_at, synced_at)
         values ('cus_$N', $N, false, 'EUR', -500, $1::timestamptz - interval '70 days', $1)").await;
    run("insert into billing_subscriptions (stripe_id, customer_stripe_id, customer_id, livemode, status, tier, price_id,
             item_stripe_id, unit_amount_cents, currency, interval, quantity, created_at, started_at, trial_start_at, trial_end_at,
             current_period_start_at, current_period_end_at, cancel_at_period_end, latest_invoice_id, synced_at)
         values ('sub_$N', 'cus_$N', $N, false, 'active', 'plus', 'price_plus', 'si_$N', 1900, 'EUR', 'month', 1,
             $1::timestamptz - interval '60 days', $1::timestamptz - interval '60 days', $1::timestamptz - interval '60 days',
             $1::timestamptz - interval '46 days', $1::timestamptz - interval '16 days', $1::timestamptz + interval '14 days',
             false, 'in_$N_2', $1)").await;
    for (n, status, days) in [(1, "paid", 46), (2, "open", 16)] {
        let line = json!([{ "stripe_id": "il", "description": "Plus", "amount_cents": 1900,
            "period_start_at": now - Duration::days(days), "period_end_at": now - Duration::days(days - 30), "proration": false,
            "price_id": "price_plus", "tier": "plus", "discount_cents": 0, "quantity": 1 }]);
        sqlx::query(
            "insert into billing_invoices (stripe_id, customer_stripe_id, customer_id, subscription_stripe_id, livemode, number,
                 status, currency, subtotal_cents, total_cents, amount_paid_cents, amount_due_cents, created_at, paid_at,
                 period_start_at, period_end_at, attempt_count, next_attempt_at, payment_intent_id, lines, hosted_url, synced_at)
             values ($1, $2, $3, $4, false, $5, $6, 'EUR', 1900, 1900, $7, 1900, $8, $9, $8, $8, $10, $11, 'pi_' || $1, $12,
                 'https://pay.example/' || $1, $8)",
        )
        .bind(format!("in_{id}_{n}"))
        .bind(format!("cus_{id}"))
        .bind(id)
        .bind(format!("sub_{id}"))
        .bind(format!("QD-{id}-{n}"))
        .bind(status)
        .bind(if status == "paid" { 1900_i64 } else { 0 })
        .bind(now - Duration::days(days))
        .bind((status == "paid").then(|| now - Duration::days(days)))
        .bind(i64::from(status == "open") * 2 + i64::from(status == "paid"))
        .bind((status == "open").then(|| now + Duration::days(1)))
        .bind(line)
        .execute(&site.pool)
        .await
        .unwrap();
    }
    run("insert into billing_access (customer_id, subscription_stripe_id, tier, starts_at, ends_at, reason) values
         ($N, 'sub_$N', 'plus', $1::timestamptz - interval '60 days', $1::timestamptz - interval '46 days', 'trial'),
         ($N, 'sub_$N', 'plus', $1::timestamptz - interval '46 days', $1::timestamptz + interval '14 days', 'paid')").await;
    run("insert into mails (dedupe_key, customer_id, recipient, language, kind, subject, text, html, state, sent_at, created_at, next_try_at)
         values ('m-$N', $N, 'x@example.org', 'en', 'account', 'Welcome <b>aboard</b>', 't', 'h', 'sent',
             $1::timestamptz - interval '69 days', $1::timestamptz - interval '69 days', $1)").await;
    id
}

/// A company with a past: two years of subscribers who came, rose and left, runs, late slots, posts, switches. Returns the key
/// of an admin; account 1 is a customer's.
pub(crate) async fn put_company(site: &Site) -> String {
    let now = Utc::now();
    for n in 0..3 {
        put_customer(site, &format!("customer-{n}@example.org"), now).await;
    }
    // Subscribers of the past, one line a month: who stays how long follows from their number.
    sqlx::raw_sql(
        "insert into customers (email, address_key, password_hash, role, created_at)
         select 'reader-' || n || '@example.org', 'reader-' || n || '@example.org', 'none', 'subscriber', now() - n * interval '9 days' from generate_series(1, 80) n;
         insert into billing_customers (stripe_id, customer_id, livemode, currency, created_at, synced_at)
         select 'cus_old_' || c.id, c.id, false, 'EUR', c.created_at, now() from customers c where c.email like 'reader-%';
         insert into billing_subscriptions (stripe_id, customer_stripe_id, customer_id, livemode, status, tier, price_id, item_stripe_id,
             unit_amount_cents, currency, interval, quantity, created_at, started_at, trial_start_at, trial_end_at,
             current_period_start_at, current_period_end_at, cancel_at_period_end, ended_at, synced_at)
         select 'sub_old_' || c.id, 'cus_old_' || c.id, c.id, false, case when c.id % 3 = 0 then 'canceled' else 'active' end,
             'plus', 'price_old', 'si_old_' || c.id, 900 + 1000 * (c.id % 2), 'EUR', 'month', 1, c.created_at, c.created_at, c.created_at,
             c.created_at + interval '14 days', now() - interval '9 days', now() + interval '20 days', false,
             case when c.id % 3 = 0 then c.created_at + (1 + c.id % 7) * interval '30 days' end, now()
         from customers c where c.email like 'reader-%';
         insert into billing_invoices (stripe_id, customer_stripe_id, customer_id, subscription_stripe_id, livemode, number, status,
             currency, subtotal_cents, total_cents, amount_paid_cents, amount_due_cents, created_at, paid_at, period_start_at,
             period_end_at, attempt_count, lines, synced_at)
         select 'in_old_' || c.id || '_' || k, 'cus_old_' || c.id, c.id, 'sub_old_' || c.id, false, 'OLD-' || c.id || '-' || k, 'paid', 'EUR',
             p.cents, p.cents, p.cents, p.cents, p.at, p.at, p.at, p.at + interval '30 days', 1 + (k % 9) / 8,
             jsonb_build_array(jsonb_build_object('stripe_id', 'il', 'description', 'Plus', 'amount_cents', p.cents,
                 'period_start_at', to_char(p.at at time zone 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"'),
                 'period_end_at', to_char((p.at + interval '30 days') at time zone 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"'),
                 'proration', false, 'price_id', 'price_old', 'tier', 'plus', 'discount_cents', 0, 'quantity', 1)), now()
         from customers c cross join generate_series(0, 24) k
         cross join lateral (select c.created_at + interval '14 days' + k * interval '30 days' as at,
             900 + 1000 * ((c.id + k / 5) % 2) as cents) p
         where c.email like 'reader-%' and p.at < now() and (c.id % 3 <> 0 or k < c.id % 7);
         insert into runs (slot, status, created_at, updated_at)
         select s, 'succeeded', s, s from generate_series(date_trunc('day', now()) - interval '12 days', now(), interval '6 hours') s;
         insert into transitions (slot, stage, attempt, from_state, to_state, at, cause)
         select slot, stage, 1, case when ends then 'running' else 'pending' end, case when ends then 'succeeded' else 'starting' end,
             slot + case when ends then (5 + extract(day from slot)) * interval '1 minute' else interval '0' end, 'test'
         from runs cross join (values ('collect'), ('split'), ('predict')) v (stage) cross join (values (true), (false)) e (ends);
         insert into publications (slot, version, closes_at, manifest_sha256, coverage, partial, published_at)
         select to_char(slot at time zone 'UTC', 'YYYY-MM-DD\"T\"HH24\"Z\"'), 1, slot, repeat('a', 64), '{}', false,
             slot + case when extract(hour from slot) = 12 then interval '5 hours' else interval '30 minutes' end from runs;
         insert into billing_coupons (stripe_id, name, percent_off, duration, months, valid, code, code_active, created_at, synced_at)
         values ('co_1', 'Launch', 20, 'repeating', 3, true, 'LAUNCH20', true, now(), now()),
                ('co_2', 'Sorry <b>', null, 'once', null, false, null, false, now(), now());",
    )
    .execute(&site.pool)
    .await
    .unwrap();
    let admin = site.sign_in_as("admin").await.unwrap();
    let body = "We read **two more sources**.\n\n## Why\n\n- more posts\n- fewer copies\n\n| source | posts |\n| - | -: |\n| a | 12 |";
    let post = [
        ("kind", "announcement"),
        ("title_en", "What is new"),
        ("title_es", "Qué hay de nuevo"),
        ("body_en", body),
        ("body_es", body),
        ("act", "publish"),
        ("note", "first"),
        ("version", "0"),
    ];
    assert_eq!(site.post("/admin/posts", Some(&admin), &post).await.status, 303);
    let switch = [("flag", "posts"), ("turn", "off"), ("reason", "nothing to say")];
    assert_eq!(changes::change(site, &admin, "/admin/flags", &switch).await, 303);
    admin
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn support_sees_customers_and_no_money_of_the_company() {
    let site = Site::start().await;
    let now = Utc::now();
    put_customer(&site, "ada@example.org", now).await;
    let support = site.sign_in_as("support").await;
    for area in Area::ALL {
        let reply = site.get(area.path(), support.as_deref()).await;
        let expected = if sees(Role::Support, area) { 200 } else { 403 };
        assert_eq!(reply.status, expected, "{}", area.path());
        for other in Area::ALL.into_iter().filter(|other| !sees(Role::Support, *other)) {
            assert!(
                !reply.body.contains(&format!("href=\"{}\"", other.path())),
                "{} in {}",
                other.path(),
                area.path()
            );
        }
        // What comes in a month is nowhere.
        assert!(!reply.body.contains("a month now"), "{}", area.path());
    }
    let admin = site.sign_in_as("admin").await;
    let front = site.get("/admin", admin.as_deref()).await.body;
    assert!(front.contains("€19.00 a month now") && front.contains("One payment is late"), "{front}");
    // A reader's page leads nobody else there.
    let pro = site.sign_in_as("pro").await;
    assert!(!site.get("/", pro.as_deref()).await.body.contains("/admin"));
    site.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn customers_are_found_by_whatever_is_known_of_them() {
    let site = Site::start().await;
    let now = Utc::now();
    let ada = put_customer(&site, "Ada.<b>Lovelace</b>@example.org", now).await;
    let grace = put_customer(&site, "grace@example.org", now).await;
    let support = site.sign_in_as("support").await;
    let pseudonym: String = sqlx::query_scalar("select pseudonym::text from customers where id = $1")
        .bind(ada)
        .fetch_one(&site.pool)
        .await
        .unwrap();
    let found = async |words: &str| {
        let query = reqwest::Url::parse_with_params("http://x/admin/customers", [("q", words)]).unwrap();
        let reply =
            site.get(&format!("{}?{}", query.path(), query.query().unwrap()), support.as_deref()).await;
        assert_eq!(reply.status, 200, "{words}");
        assert!(!reply.body.contains("<b>Lovelace"), "{words}");
        [ada, grace].map(|id| reply.body.contains(&format!("href=\"/admin/customers/{id}\"")))
    };
    for (words, expected) in [
        ("", [true, true]),
        ("lovelace", [true, false]),
        ("@EXAMPLE", [true, true]),
        (&pseudonym, [true, false]),
        (&pseudonym[..8], [true, false]),
        (&format!("cus_{grace}"), [false, true]),
        (&format!("sub_{grace}"), [false, true]),
        (&format!("qd-{ada}-2"), [true, false]),
        (&format!("in_{ada}_1"), [true, false]),
        ("%", [false, false]),
        ("' or true --", [false, false]),
    ] {
        assert_eq!(found(words).await, expected, "{words}");
    }
    let long = site.get(&format!("/admin/customers?q={}", "x".repeat(300)), support.as_deref()).await;
    assert_eq!(long.status, 400);
    for id in ["0", "-1", "99999999999999999999999", "ada", "1;drop"] {
        assert_eq!(site.get(&format!("/admin/customers/{id}"), support.as_deref()).await.status, 404, "{id}");
    }
    site.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_timeline_tells_everything_and_why_there_was_access() {
    let site = Site::start().await;
    let now = Utc::now();
    let id = put_customer(&site, "ada@example.org", now).await;
    sqlx::query(
        "insert into publications (slot, version, closes_at, manifest_sha256, coverage, partial, published_at) values
         ('2026-11-20T06Z', 1, $1, repeat('a', 64), '{}', false, $1 + interval '3 hours'),
         ('2026-11-20T12Z', 1, $1 + interval '6 hours', repeat('b', 64), '{}', true, $1 + interval '7 hours'),
         ('2026-11-20T18Z', 1, $1 + interval '12 hours', repeat('c', 64), '{}', false, $1 + interval '13 hours')",
    )
    .bind(now - Duration::days(2))
    .execute(&site.pool)
    .await
    .unwrap();
    let support = site.sign_in_as("support").await;
    let page =
        async |query: &str| site.get(&format!("/admin/customers/{id}{query}"), support.as_deref()).await;
    let all = page("").await;
    assert_eq!(all.status, 200);
    for part in [
        "Account made",
        "Subscribed to plus for €19.00",
        &format!("Invoice QD-{id}-1 over €19.00"),
        &format!("Paid €19.00 for QD-{id}-1"),
        "Access to plus began",
        "Mail sent: Welcome &lt;b&gt;aboard&lt;/b&gt;",
        "Slot 2026-11-20T06Z came late",
        "Slot 2026-11-20T12Z was not complete",
        "paid period",
        "Credit",
    ] {
        assert!(all.body.contains(part), "{part} in {}", all.body);
    }
    assert!(!all.body.contains("Slot 2026-11-20T18Z"));
    let mail = page("?part=mail").await.body;
    assert!(mail.contains("Mail sent") && !mail.contains("Invoice QD"));
    // In the trial, before everything, and now.
    let at = |days: i64| format!("?at={}", (now - Duration::days(days)).format("%Y-%m-%dT%H:%M"));
    let trial = page(&at(50)).await.body;
    assert!(trial.contains("Plus at ") && trial.contains("Plus: trial, from"), "{trial}");
    assert!(page(&at(65)).await.body.contains("Free at "));
    for wrong in ["?at=yesterday", "?at=0000-01-01T00:00", "?part=secrets"] {
        assert_eq!(page(wrong).await.status, 400, "{wrong}");
    }
    site.stop().await;
}

/// Pages that a browser opens, of a company with a past.
const PAGES: &[&str] = &[
    "/admin",
    "/admin/customers",
    "/admin/customers/1",
    "/admin/revenue?months=36",
    "/admin/revenue/changes",
    "/admin/revenue/invoices",
    "/admin/costs",
    "/admin/coupons",
    "/admin/plans",
    "/admin/credits",
    "/admin/posts",
    "/admin/posts/new",
    "/admin/posts/1",
    "/admin/audit?verify=1",
    "/admin/flags",
    "/posts",
    "/posts/what-is-new",
];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_page_of_the_console_passes_in_a_browser() {
    let Some(program) = crate::browser::browser() else { return };
    let site = Site::start().await;
    // The suite's reader of the highest tier is an admin here.
    let keys = json!({ "pro": put_company(&site).await }).to_string();
    let environment = [
        ("BASE_URL", site.url.clone()),
        ("BROWSER", program),
        ("KEYS", keys),
        ("PAGES", json!(PAGES).to_string()),
    ];
    let played = crate::browser::play("suite.mjs", &environment).await;
    site.stop().await;
    played.unwrap();
}
