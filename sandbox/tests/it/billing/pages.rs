use reqwest::StatusCode;
use serde_json::json;

use super::kit::{Billing, card, text};

#[actix_web::test]
async fn somebody_subscribes_on_the_checkout_page() {
    let billing = Billing::start();
    let price = billing.price("pro", 4900).await;
    let (id, url) = billing.checkout(&price, &[("client_reference_id", "7")]).await;
    let (status, page) = billing.page(&url).await;
    assert_eq!(status, StatusCode::OK);
    assert!(page.contains("No money moves here") && page.contains("€49.00"), "{page}");
    assert!(!page.contains("<script"), "it works without script");
    for (number, says) in [
        ("4000000000000002", "was declined"),
        ("4000000000009995", "too little money"),
        ("4000000000000069", "has expired"),
        ("4000000000000341", "was declined"),
        ("4111111111111111", "not a test card"),
    ] {
        let mut form = card(number);
        form.push(("email", "ada@example.org"));
        let (status, _, page) = billing.send(&url, &form).await;
        assert!(status.is_client_error() && page.contains(says), "{number}: {status} {page}");
        assert!(!page.contains(number), "a number is not shown again");
    }
    let none = billing.send(&url, &card("4242424242424242")).await;
    assert!(none.2.contains("Write your email"), "{}", none.2);
    assert_eq!(billing.get("customers").await["data"], json!([]), "what was declined left nothing");

    let mut form = card("4242 4242 4242 4242");
    form.push(("email", "ada@example.org"));
    let (status, to, _) = billing.send(&url, &form).await;
    assert_eq!((status, to), (StatusCode::SEE_OTHER, format!("http://localhost:1/done?session={id}")));
    // A second click changes nothing.
    assert_eq!(billing.send(&url, &form).await.0, StatusCode::SEE_OTHER);
    let found = billing.get(&format!("checkout/sessions/{id}?expand[]=subscription&expand[]=customer")).await;
    assert_eq!((&found["status"], &found["payment_status"]), (&json!("complete"), &json!("paid")));
    assert_eq!((&found["amount_total"], &found["client_reference_id"]), (&json!(4900), &json!("7")));
    assert_eq!(found["subscription"]["status"], "active");
    assert_eq!(found["customer"]["email"], "ada@example.org");
    assert_eq!(billing.get("subscriptions").await["data"].as_array().unwrap().len(), 1);
    let kinds: Vec<String> = billing.get("events?limit=100").await["data"]
        .as_array()
        .unwrap()
        .iter()
        .map(|event| text(&event["type"]))
        .collect();
    assert_eq!(kinds[0], "checkout.session.completed", "the last thing that happened");
}

#[actix_web::test]
async fn a_trial_with_a_code_and_a_tax_number_in_spanish() {
    let billing = Billing::start();
    let price = billing.price("pro", 4900).await;
    billing.post("coupons", &[("id", "HALF"), ("percent_off", "50"), ("duration", "once")]).await;
    let promotion = [("promotion[type]", "coupon"), ("promotion[coupon]", "HALF"), ("code", "VERANO")];
    billing.post("promotion_codes", &promotion).await;
    let customer = text(&billing.post("customers", &[("email", "ada@example.org")]).await["id"]);
    let more = [
        ("customer", customer.as_str()),
        ("locale", "es"),
        ("allow_promotion_codes", "true"),
        ("tax_id_collection[enabled]", "true"),
        ("subscription_data[trial_period_days]", "14"),
        ("subscription_data[metadata][account]", "7"),
    ];
    let (id, url) = billing.checkout(&price, &more).await;
    let (_, page) = billing.page(&url).await;
    assert!(page.contains("Empezar la prueba") && page.contains("0,00\u{a0}€"), "{page}");
    let (status, _, page) = billing.send(&url, &[("action", "apply"), ("code", "nada")]).await;
    assert!(status.is_client_error() && page.contains("El código no es válido"), "{page}");
    let (status, _, page) = billing.send(&url, &[("action", "apply"), ("code", "verano")]).await;
    assert!(status.is_success() && page.contains("VERANO") && page.contains("-50\u{a0}%"), "{page}");
    let mut form = card("4242424242424242");
    form.extend([("code", "verano"), ("tax_kind", "eu_vat"), ("tax_value", "nonsense")]);
    assert!(billing.send(&url, &form).await.2.contains("El número fiscal no es válido"));
    let last = form.len() - 1;
    form[last] = ("tax_value", "ES B1234567.8");
    assert_eq!(billing.send(&url, &form).await.0, StatusCode::SEE_OTHER);
    let found = billing.get(&format!("checkout/sessions/{id}?expand[]=subscription")).await;
    assert_eq!(found["payment_status"], "no_payment_required");
    let subscription = &found["subscription"];
    assert_eq!(
        (&subscription["status"], &subscription["metadata"]["account"]),
        (&json!("trialing"), &json!("7"))
    );
    assert_eq!(subscription["discounts"].as_array().unwrap().len(), 1);
    let taxes = billing.get(&format!("customers/{customer}/tax_ids")).await;
    assert_eq!(taxes["data"][0]["value"], "ESB12345678");
}

#[actix_web::test]
async fn a_visit_that_was_closed_or_never_was_leads_nowhere() {
    let billing = Billing::start();
    let price = billing.price("pro", 4900).await;
    let (id, url) = billing.checkout(&price, &[]).await;
    let closed = billing.post(&format!("checkout/sessions/{id}/expire"), &[]).await;
    assert_eq!((&closed["status"], &closed["url"]), (&json!("expired"), &json!(null)));
    assert_eq!(billing.page(&url).await.0, StatusCode::NOT_FOUND);
    assert_eq!(billing.send(&url, &card("4242424242424242")).await.0, StatusCode::NOT_FOUND);
    assert_eq!(billing.page(&format!("{}/c/pay/cs_test_none", billing.url)).await.0, StatusCode::NOT_FOUND);
    assert_eq!(billing.page(&format!("{}/p/session/none", billing.url)).await.0, StatusCode::NOT_FOUND);
    assert_eq!(billing.page(&format!("{}/i/none/pdf", billing.url)).await.0, StatusCode::NOT_FOUND);
}

/// The amount in the element with this id.
fn amount(page: &str, id: &str) -> String {
    let start = page.find(&format!("id=\"{id}\">")).unwrap_or_else(|| panic!("no {id}: {page}"));
    page[start..].split_once('>').unwrap().1.split_once('<').unwrap().0.to_owned()
}

#[actix_web::test]
async fn the_portal_changes_ends_and_resumes_a_plan_and_changes_the_card() {
    let billing = Billing::start();
    let (basic, pro) = (billing.price("basic", 900).await, billing.price("pro", 4900).await);
    let customer = billing.customer("pm_card_visa").await;
    let made = billing.post("subscriptions", &[("customer", &customer), ("items[0][price]", &basic)]).await;
    let id = text(&made["id"]);
    let form = [("customer", customer.as_str()), ("return_url", "http://localhost:1/account")];
    let portal = text(&billing.post("billing_portal/sessions", &form).await["url"]);
    let (_, page) = billing.page(&portal).await;
    assert!(page.contains("basic") && page.contains("http://localhost:1/account"), "{page}");
    let (_, page) = billing.page(&format!("{portal}/change/{id}")).await;
    assert!(page.contains(&pro), "{page}");
    let (_, page) = billing.page(&format!("{portal}/change/{id}?price={pro}")).await;
    let (due, at) = (amount(&page, "due"), page.split("name=\"at\" value=\"").nth(1).unwrap());
    let at = at.split('"').next().unwrap();
    assert_eq!(due, "€40.00", "the period has just begun");
    let (status, ..) = billing.send(&format!("{portal}/change/{id}"), &[("price", &pro), ("at", at)]).await;
    assert_eq!(status, StatusCode::SEE_OTHER);
    let invoices = billing.get(&format!("invoices?customer={customer}")).await;
    assert_eq!(invoices["data"][0]["amount_paid"], 4000);

    assert_eq!(billing.send(&format!("{portal}/cancel/{id}"), &[]).await.0, StatusCode::SEE_OTHER);
    assert_eq!(billing.get(&format!("subscriptions/{id}")).await["cancel_at_period_end"], true);
    assert!(billing.page(&portal).await.1.contains("Ends on"));
    assert_eq!(billing.send(&format!("{portal}/resume/{id}"), &[]).await.0, StatusCode::SEE_OTHER);
    assert_eq!(billing.get(&format!("subscriptions/{id}")).await["cancel_at_period_end"], false);

    let declined = billing.send(&format!("{portal}/card"), &card("4000000000000002")).await;
    assert_eq!(declined.0, StatusCode::PAYMENT_REQUIRED);
    assert_eq!(
        billing.send(&format!("{portal}/card"), &card("5555555555554444")).await.0,
        StatusCode::SEE_OTHER
    );
    let cards = billing.get(&format!("customers/{customer}/payment_methods")).await;
    let default = billing.get(&format!("customers/{customer}")).await;
    assert_eq!(cards["data"][0]["card"]["last4"], "4444");
    assert_eq!(default["invoice_settings"]["default_payment_method"], cards["data"][0]["id"]);
    // Somebody else's subscription is not there.
    let other = billing.customer("pm_card_visa").await;
    let theirs = billing.post("subscriptions", &[("customer", &other), ("items[0][price]", &basic)]).await;
    let page = billing.page(&format!("{portal}/change/{}", text(&theirs["id"]))).await;
    assert_eq!(page.0, StatusCode::NOT_FOUND);
}

#[actix_web::test]
async fn an_invoice_has_a_page_where_it_can_be_paid_and_a_pdf() {
    let billing = Billing::start();
    let price = billing.price("pro", 4900).await;
    let customer = billing.customer("pm_card_chargeCustomerFail").await;
    let made = billing.post("subscriptions", &[("customer", &customer), ("items[0][price]", &price)]).await;
    let invoice = billing.get(&format!("invoices/{}", text(&made["latest_invoice"]))).await;
    let (url, pdf) = (text(&invoice["hosted_invoice_url"]), text(&invoice["invoice_pdf"]));
    let (_, page) = billing.page(&url).await;
    assert!(page.contains(&text(&invoice["number"])) && page.contains("Pay €49.00"), "{page}");
    let (status, _, page) = billing.send(&url, &card("4000000000000341")).await;
    assert!(status == StatusCode::PAYMENT_REQUIRED && page.contains("was declined"), "{status} {page}");
    assert_eq!(billing.send(&url, &card("4242424242424242")).await.0, StatusCode::SEE_OTHER);
    assert_eq!(billing.get(&format!("subscriptions/{}", text(&made["id"]))).await["status"], "active");
    assert!(!billing.page(&url).await.1.contains("<form"), "there is nothing left to pay");
    let bytes = billing.http.get(format!("{pdf}?lang=es")).send().await.unwrap().bytes().await.unwrap();
    let document = lopdf::Document::load_mem(&bytes).unwrap();
    let text = document.extract_text(&[1]).unwrap();
    assert!(
        text.contains("Factura") && text.contains("49,00") && text.contains("Aquí no se mueve dinero"),
        "{text}"
    );
}
