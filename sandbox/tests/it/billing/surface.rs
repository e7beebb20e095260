use reqwest::StatusCode;
use serde_json::json;

use super::kit::{Billing, KEY, text};

#[actix_web::test]
async fn only_who_shows_the_key_is_answered() {
    let billing = Billing::start();
    let url = format!("{}/v1/customers", billing.url);
    let bare = billing.http.get(&url).send().await.unwrap();
    assert_eq!(bare.status(), StatusCode::UNAUTHORIZED);
    assert!(bare.headers().contains_key("WWW-Authenticate"));
    let wrong = billing.http.get(&url).bearer_auth("sk_test_other").send().await.unwrap();
    assert_eq!(wrong.status(), StatusCode::UNAUTHORIZED);
    assert!(!wrong.text().await.unwrap().contains("sk_test_other"), "a key is not repeated");
    let basic = billing.http.get(&url).basic_auth(KEY, Some("")).send().await.unwrap();
    assert_eq!(basic.status(), StatusCode::OK);
    assert_eq!(basic.headers()["Stripe-Version"], "2026-09-30.endive");
    assert!(basic.headers()["Request-Id"].to_str().unwrap().starts_with("req_"));
    let old =
        billing.http.get(&url).bearer_auth(KEY).header("Stripe-Version", "2020-08-27").send().await.unwrap();
    assert_eq!(old.status(), StatusCode::BAD_REQUEST);
}

#[actix_web::test]
async fn a_key_makes_a_request_count_once() {
    let billing = Billing::start();
    let ask = |name: &'static str, key: &'static str| {
        let request = billing.http.post(format!("{}/v1/products", billing.url)).bearer_auth(KEY);
        request.header("Idempotency-Key", key).form(&[("name", name)]).send()
    };
    let first = ask("Pro", "k1").await.unwrap();
    assert!(!first.headers().contains_key("Idempotent-Replayed"));
    let first: serde_json::Value = first.json().await.unwrap();
    let again = ask("Pro", "k1").await.unwrap();
    assert_eq!(again.headers()["Idempotent-Replayed"], "true");
    assert_eq!(first, again.json::<serde_json::Value>().await.unwrap());
    let other = ask("Basic", "k1").await.unwrap();
    assert_eq!(other.status(), StatusCode::BAD_REQUEST);
    assert_eq!(other.json::<serde_json::Value>().await.unwrap()["error"]["type"], "idempotency_error");
    assert_eq!(billing.get("products").await["data"].as_array().unwrap().len(), 1);
    // What was refused may be asked again, with the same key.
    assert_eq!(ask("", "k2").await.unwrap().status(), StatusCode::BAD_REQUEST);
    assert_eq!(ask("Plus", "k2").await.unwrap().status(), StatusCode::OK);
}

#[actix_web::test]
async fn lists_come_in_pages_newest_first() {
    let billing = Billing::start();
    let mut made = Vec::new();
    for n in 0..5 {
        made.push(text(&billing.post("customers", &[("name", &n.to_string())]).await["id"]));
    }
    made.reverse();
    let ids = |page: &serde_json::Value| -> Vec<String> {
        page["data"].as_array().unwrap().iter().map(|one| text(&one["id"])).collect()
    };
    let first = billing.get("customers?limit=2").await;
    assert_eq!((ids(&first), &first["has_more"]), (made[..2].to_vec(), &json!(true)));
    let second = billing.get(&format!("customers?limit=3&starting_after={}", made[1])).await;
    assert_eq!((ids(&second), &second["has_more"]), (made[2..].to_vec(), &json!(false)));
    let back = billing.get(&format!("customers?limit=1&ending_before={}", made[2])).await;
    assert_eq!((ids(&back), &back["has_more"]), (made[1..2].to_vec(), &json!(true)));
    for wrong in ["customers?limit=0", "customers?limit=101", "customers?starting_after=cus_none"] {
        assert_eq!(billing.ask("GET", wrong, &[]).await.0, StatusCode::BAD_REQUEST, "{wrong}");
    }
}

#[actix_web::test]
async fn what_makes_no_sense_is_refused_in_the_providers_words() {
    let billing = Billing::start();
    let price = billing.price("pro", 4900).await;
    for (path, form, status, code) in [
        (
            "subscriptions",
            vec![("customer", "cus_none"), ("items[0][price]", price.as_str())],
            400,
            "resource_missing",
        ),
        ("subscriptions", vec![("items[0][price]", price.as_str())], 400, "parameter_missing"),
        (
            "prices",
            vec![("currency", "eur"), ("unit_amount", "x"), ("product", "p")],
            400,
            "resource_missing",
        ),
        ("customers", vec![("emial", "a@b.example")], 400, "parameter_unknown"),
        ("refunds", vec![("charge", "ch_none")], 400, "resource_missing"),
        ("coupons", vec![("percent_off", "10"), ("duration", "repeating")], 400, "parameter_missing"),
        (
            "checkout/sessions",
            vec![("mode", "subscription"), ("success_url", "javascript:alert(1)")],
            400,
            "url_invalid",
        ),
    ] {
        let (answered, body) = billing.ask("POST", path, &form).await;
        assert_eq!(
            (answered.as_u16(), body["error"]["code"].as_str()),
            (status, Some(code)),
            "{path}: {body}"
        );
        assert_eq!(body["error"]["type"], "invalid_request_error");
    }
    assert_eq!(billing.ask("GET", "subscriptions/sub_none", &[]).await.0, StatusCode::NOT_FOUND);
    assert_eq!(billing.ask("GET", "nonsense", &[]).await.0, StatusCode::NOT_FOUND);
    let declined = billing.ask("POST", "customers", &[("payment_method", "pm_card_chargeDeclined")]).await;
    assert_eq!(
        (declined.0, &declined.1["error"]["decline_code"]),
        (StatusCode::PAYMENT_REQUIRED, &json!("generic_decline"))
    );
    assert_eq!(billing.get("customers").await["data"], json!([]), "what was refused left nothing");
}

#[actix_web::test]
async fn ids_become_objects_where_that_is_asked_for() {
    let billing = Billing::start();
    let price = billing.price("pro", 4900).await;
    let customer = billing.customer("pm_card_visa").await;
    let form = [
        ("customer", customer.as_str()),
        ("items[0][price]", price.as_str()),
        ("expand[]", "latest_invoice.payments"),
        ("expand[]", "customer"),
        ("expand[]", "items.data.price.product"),
    ];
    let made = billing.post("subscriptions", &form).await;
    assert_eq!(made["customer"]["email"], "ada@example.org");
    assert_eq!(made["items"]["data"][0]["price"]["product"]["name"], "pro");
    assert_eq!(made["latest_invoice"]["payments"]["data"][0]["status"], "paid");
    assert_eq!(made["latest_invoice"]["lines"]["data"][0]["amount"], 4900);
    let wrong = billing.ask("GET", "customers?expand[]=data.nonsense", &[]).await;
    assert_eq!(wrong.0, StatusCode::BAD_REQUEST);
}

#[actix_web::test]
async fn a_failed_payment_of_an_invoice_is_an_error_that_leaves_its_trace() {
    let billing = Billing::start();
    let price = billing.price("pro", 4900).await;
    let customer = billing.customer("pm_card_chargeCustomerFail").await;
    let made = billing.post("subscriptions", &[("customer", &customer), ("items[0][price]", &price)]).await;
    assert_eq!(made["status"], "incomplete");
    let invoice = text(&made["latest_invoice"]);
    let (status, body) = billing.ask("POST", &format!("invoices/{invoice}/pay"), &[]).await;
    assert_eq!((status, &body["error"]["code"]), (StatusCode::PAYMENT_REQUIRED, &json!("card_declined")));
    let found = billing.get(&format!("invoices/{invoice}")).await;
    assert_eq!((&found["attempt_count"], &found["status"]), (&json!(2), &json!("open")));
    let form = [("invoice_settings[default_payment_method]", "pm_card_visa")];
    billing.post(&format!("customers/{customer}"), &form).await;
    assert_eq!(billing.post(&format!("invoices/{invoice}/pay"), &[]).await["status"], "paid");
    let id = text(&made["id"]);
    assert_eq!(billing.get(&format!("subscriptions/{id}")).await["status"], "active");
    let strict = [
        ("customer", customer.as_str()),
        ("items[0][price]", price.as_str()),
        ("payment_behavior", "error_if_incomplete"),
    ];
    let form = [("invoice_settings[default_payment_method]", "pm_card_chargeCustomerFail")];
    billing.post(&format!("customers/{customer}"), &form).await;
    assert_eq!(billing.ask("POST", "subscriptions", &strict).await.0, StatusCode::PAYMENT_REQUIRED);
    assert_eq!(billing.get("subscriptions?status=all").await["data"].as_array().unwrap().len(), 1);
}

#[actix_web::test]
async fn the_sandboxs_own_clock_runs_and_can_be_moved_ahead() {
    let billing = Billing::start();
    let price = billing.price("pro", 4900).await;
    let customer = billing.customer("pm_card_visa").await;
    let made = billing.post("subscriptions", &[("customer", &customer), ("items[0][price]", &price)]).await;
    let end = made["items"]["data"][0]["current_period_end"].as_i64().unwrap();
    let clock = "test_helpers/test_clocks/clock_sandbox";
    let to = (end + 3601).to_string();
    let moved = billing.post(&format!("{clock}/advance"), &[("frozen_time", &to)]).await;
    assert_eq!(moved["status"], "ready");
    let shown = billing.get(clock).await["frozen_time"].as_i64().unwrap();
    assert!((end + 3601..end + 3700).contains(&shown), "{shown} is not just after {end}");
    let paid = billing.get(&format!("invoices?customer={customer}&status=paid")).await;
    assert_eq!(paid["data"].as_array().unwrap().len(), 2);
    let back = billing.ask("POST", &format!("{clock}/advance"), &[("frozen_time", "1")]).await;
    assert_eq!(back.0, StatusCode::BAD_REQUEST);
}
