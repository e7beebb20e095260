//! Money that goes wrong: other currencies, cards that are declined, tax ids, credit notes.

use super::story::new_card;
use super::*;
use crate::cashier::Buyer;

/// A shop with somebody who pays €19.00 a month.
async fn paying() -> (Cashier, Buyer) {
    let shop = Cashier::open().await;
    sqlx::query("update plans set trial_days = 0").execute(&shop.site.pool).await.unwrap();
    let ada = shop.buyer().await;
    shop.subscribe(&ada, "plus", "month", GOOD).await;
    shop.settle().await;
    (shop, ada)
}

/// A price in dollars, made in the provider's own console.
async fn dollars(shop: &Cashier) -> String {
    let product = shop.api("POST", "/products", &[("name", "Plus in dollars")]).await;
    let form = [
        ("currency", "usd"),
        ("product", product["id"].as_str().unwrap()),
        ("unit_amount", "2500"),
        ("recurring[interval]", "month"),
    ];
    shop.api("POST", "/prices", &form).await["id"].as_str().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn another_currency_is_refused_with_both_named() {
    let shop = Cashier::open().await;
    sqlx::query("update plans set trial_days = 0").execute(&shop.site.pool).await.unwrap();
    let ada = shop.buyer().await;
    // The checkout page makes the customer; then somebody sells them something in dollars elsewhere.
    shop.go_to_checkout(&ada, "plus", "month").await;
    let customer: String = sqlx::query_scalar("select stripe_id from billing_customers")
        .fetch_one(&shop.site.pool)
        .await
        .unwrap();
    let price = dollars(&shop).await;
    let card = shop.api("POST", "/payment_methods/pm_card_visa/attach", &[("customer", &customer)]).await;
    let form = [
        ("customer", customer.as_str()),
        ("items[0][price]", &price),
        ("default_payment_method", card["id"].as_str().unwrap()),
    ];
    shop.api("POST", "/subscriptions", &form).await;
    shop.settle().await;
    // A price that is none of ours gives nothing, whatever it costs; the invoice is kept in its own currency.
    assert_eq!(shop.tier(&ada).await, "free");
    assert_eq!(
        shop.one("select count(*) from billing_invoices where currency = 'USD' and amount_paid_cents = 2500")
            .await,
        1
    );
    assert_eq!(shop.subscription(&ada).await.tier, None);
    // Ours are in euros: that is said, in both languages, before anything is sold.
    let pro = shop.price("pro", "month").await;
    let form = [("price", pro.as_str())];
    let reply = shop.site.post("/billing/checkout", ada.key(), &form).await;
    assert!(
        reply.status == 409 && reply.body.contains("You pay in USD, and this is in EUR"),
        "{}",
        reply.body
    );
    let spanish = shop.site.request("POST", "/billing/checkout", ada.key()).header("accept-language", "es");
    let reply = shop.site.send(spanish.form(&form)).await;
    assert!(reply.status == 409 && reply.body.contains("Usted paga en USD"), "{}", reply.body);
    shop.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_coupon_of_another_currency_is_refused() {
    let (shop, ada) = paying().await;
    let now = shop.tick().await;
    let desk = shop.site.app.desk(now).unwrap();
    let five = web::billing::facts::NewCoupon {
        name: "Five dollars".into(),
        percent_off: None,
        amount_off: Some((500, "USD".into())),
        months: None,
        redeem_by_s: None,
        max_redemptions: None,
    };
    let made = actions::create_coupon(&desk, &order("five"), &five, Some("FIVE")).await.unwrap();
    let row = shop.subscription(&ada).await;
    let code = actions::Code::Coupon(&made.stripe_id);
    let refused = actions::apply_coupon(&desk, &order("x"), Mode::Carry, &row.stripe_id, code).await;
    assert!(matches!(refused, Err(Trouble::Currency { .. })), "{refused:?}");
    let reply =
        shop.site.post("/account/billing/coupon", ada.key(), &[("code", "FIVE"), ("once", "1")]).await;
    assert!(
        reply.status == 409 && reply.body.contains("You pay in EUR, and this is in USD"),
        "{}",
        reply.body
    );
    assert_eq!(shop.subscription(&ada).await.discount, None);
    // A code that there is not is explained, too.
    let reply =
        shop.site.post("/account/billing/coupon", ada.key(), &[("code", "NOBODY"), ("once", "2")]).await;
    assert_eq!(reply.status, 409, "{}", reply.body);
    assert_eq!(shop.site.post("/account/billing/coupon", ada.key(), &[("code", " ")]).await.status, 400);
    shop.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_card_that_is_declined_at_an_upgrade_changes_and_charges_nothing() {
    let (shop, ada) = paying().await;
    let row = shop.subscription(&ada).await;
    let invoices = shop.one("select count(*) from billing_invoices").await;
    new_card(&shop, &row, "pm_card_chargeCustomerFail").await;
    shop.advance(row.current_period_start_at + Duration::days(10)).await;
    shop.settle().await;
    let pro = shop.price("pro", "month").await;
    let page = shop.site.get(&format!("/account/billing/change?price={pro}"), ada.key()).await;
    let (at_s, expected) = (hidden(&page.body, "at_s"), hidden(&page.body, "expected"));
    let form = [("price", pro.as_str()), ("at_s", &at_s), ("expected", &expected)];
    let refused = shop.site.post("/account/billing/change", ada.key(), &form).await;
    assert_eq!(refused.status, 402, "{}", refused.body);
    assert!(
        refused.body.contains("declined") && refused.body.contains("you keep the plan that you have"),
        "{}",
        refused.body
    );
    shop.settle().await;
    let held = shop.subscription(&ada).await;
    assert_eq!((held.tier, held.status), (Some(domain::Tier::Plus), Status::Active));
    assert_eq!(shop.tier(&ada).await, "plus");
    let there = shop.api("GET", "/invoices", &[("limit", "100")]).await;
    assert_eq!(there["data"].as_array().unwrap().len() as i64, invoices, "no invoice is left behind");
    assert_eq!(
        shop.one("select count(*) from audit_entries where action = 'billing.order_refused'").await,
        1
    );
    assert_eq!(shop.one("select count(*) from audit_entries where action = 'billing.plan_changed'").await, 0);
    // With another card the same form, sent again, goes through: a refusal is not repeated under the same key.
    new_card(&shop, &row, "pm_card_visa").await;
    shop.tick().await;
    let done = shop.site.post("/account/billing/change", ada.key(), &form).await;
    assert_eq!(done.status, 303, "{}", done.body);
    shop.settle().await;
    assert_eq!(shop.tier(&ada).await, "pro");
    let charged =
        shop.one("select amount_paid_cents from billing_invoices order by created_at desc limit 1").await;
    assert_eq!(charged, expected.parse::<i64>().unwrap());
    assert_eq!(shop.one("select count(*) from audit_entries where action = 'billing.plan_changed'").await, 1);
    shop.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_declined_card_at_checkout_buys_nothing() {
    let shop = Cashier::open().await;
    let ada = shop.buyer().await;
    let page = shop.go_to_checkout(&ada, "plus", "month").await;
    let form = [
        ("action", "pay"),
        ("number", "4000000000000002"),
        ("expiry", "12/34"),
        ("cvc", "123"),
        ("name", "Ada"),
    ];
    let reply = shop.site.client.post(&page).form(&form).send().await.unwrap();
    assert_eq!(reply.status().as_u16(), 402);
    shop.settle().await;
    assert_eq!(shop.tier(&ada).await, "free");
    assert_eq!(shop.one("select count(*) from billing_subscriptions").await, 0);
    // The page is still open, and pays with another card.
    let back = shop.pay(&page, GOOD, "").await;
    shop.tick().await;
    assert!(shop.site.get(&back, ada.key()).await.body.contains("data-billing=\"open\""));
    shop.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn tax_ids_are_checked_told_and_audited() {
    let (shop, ada) = paying().await;
    let send = |kind: &'static str, value: &'static str, once: &'static str| {
        let form = vec![("kind", kind), ("value", value), ("once", once)];
        let (site, key) = (&shop.site, ada.key());
        async move { site.post("/account/billing/tax-id", key, &form).await }
    };
    for (kind, value, says) in [
        ("eu_vat", "12345678", "begins with the two letters"),
        ("us_ein", "12-3456789", "A tax id has a kind"),
        ("eu_vat", "<b>", "A tax id has a kind"),
    ] {
        let reply = send(kind, value, "no").await;
        assert!(reply.status == 400 && reply.body.contains(says), "{kind} {value}: {}", reply.body);
    }
    for (value, once) in [("DE000000000", "a"), ("FR111111111", "b"), ("IE222222222", "c")] {
        assert_eq!(send("eu_vat", value, once).await.status, 303, "{value}");
    }
    // A double click adds it once.
    assert_eq!(send("eu_vat", "DE000000000", "a").await.status, 303);
    shop.settle().await;
    let page = shop.site.get("/account/billing", ada.key()).await.body;
    for says in ["checked, valid", "not confirmed by the register", "being checked", "VAT number (EU)"] {
        assert!(page.contains(says), "{says}: {page}");
    }
    assert_eq!(shop.one("select count(*) from billing_tax_ids").await, 3);
    assert_eq!(shop.one("select count(*) from audit_entries where action = 'billing.tax_id_added'").await, 3);
    // The log names nobody: it does not hold the number.
    assert_eq!(shop.one("select count(*) from audit_entries where detail like '%000000000%'").await, 0);
    shop.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn refunds_go_with_credit_notes_that_the_reader_sees() {
    let (shop, ada) = paying().await;
    let now = shop.tick().await;
    let desk = shop.site.app.desk(now).unwrap();
    let invoice: String =
        sqlx::query_scalar("select stripe_id from billing_invoices where total_cents = 1900")
            .fetch_one(&shop.site.pool)
            .await
            .unwrap();
    actions::refund(&desk, &order("a"), Mode::Carry, &invoice, Some(500)).await.unwrap();
    actions::refund(&desk, &order("b"), Mode::Carry, &invoice, None).await.unwrap();
    shop.settle().await;
    let there = shop.api("GET", "/credit_notes", &[("invoice", &invoice)]).await;
    let amounts: Vec<i64> =
        there["data"].as_array().unwrap().iter().map(|note| note["amount"].as_i64().unwrap()).collect();
    assert_eq!(amounts, [1400, 500]);
    let rows: Vec<(String, i64, i64, String)> = sqlx::query_as(
        "select number, amount_cents, refund_cents, pdf_url from billing_credit_notes order by created_at, number",
    )
    .fetch_all(&shop.site.pool)
    .await
    .unwrap();
    assert_eq!(rows.iter().map(|row| (row.1, row.2)).collect::<Vec<_>>(), [(500, 500), (1400, 1400)]);
    let page = shop.site.get("/account/billing", ada.key()).await.body;
    for (number, _, _, pdf) in &rows {
        assert!(page.contains(number) && page.contains(pdf), "{number}: {page}");
        let reply = shop.site.client.get(pdf).send().await.unwrap();
        assert_eq!(reply.headers()["content-type"], "application/pdf");
        assert!(reply.bytes().await.unwrap().starts_with(b"%PDF"));
    }
    // To the cent: paid, given back, taken back by notes.
    let (paid, back, noted, credited): (i64, i64, i64, i64) = sqlx::query_as(
        "select (select sum(amount_paid_cents)::bigint from billing_invoices), (select sum(amount_cents)::bigint from billing_refunds),
             (select sum(amount_cents)::bigint from billing_credit_notes), (select sum(credited_cents)::bigint from billing_invoices)",
    )
    .fetch_one(&shop.site.pool)
    .await
    .unwrap();
    assert_eq!((paid, back, noted, credited), (1900, 1900, 1900, 1900));
    let detail: String = sqlx::query_scalar(
        "select detail from audit_entries where action = 'billing.refunded' order by id limit 1",
    )
    .fetch_one(&shop.site.pool)
    .await
    .unwrap();
    assert!(detail.contains(&rows[0].0), "{detail}");
    shop.close().await;
}
