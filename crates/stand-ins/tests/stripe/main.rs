//! The check of requests against Stripe's declarations, where npm can bring them.
#![allow(clippy::unwrap_used)]

use serde_json::{Value, json};
use stand_ins::stripe::{Asked, shared};

const VERSION: &str = "2026-09-30.endive";

fn asked(method: &str, path: &str, pairs: &[(&str, &str)]) -> Asked {
    let pairs = pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    Asked {
        method: method.to_owned(),
        path: path.to_owned(),
        pairs,
        version: VERSION.to_owned(),
        answer: None,
    }
}

#[test]
fn what_stripe_publishes_fits() {
    let Some(declarations) = shared() else { return };
    let good = [
        asked("GET", "/v1/customers/cus_1", &[("expand[0]", "tax_ids")]),
        asked("DELETE", "/v1/customers/cus_1", &[]),
        asked(
            "POST",
            "/v1/prices",
            &[
                ("currency", "eur"),
                ("unit_amount", "900"),
                ("product", "p"),
                ("recurring[interval]", "month"),
            ],
        ),
        asked(
            "POST",
            "/v1/subscriptions/sub_1",
            &[
                ("items[0][id]", "si_1"),
                ("items[0][price]", "price_1"),
                ("proration_date", "1769904000"),
                ("cancel_at_period_end", "true"),
                ("pause_collection", ""),
                ("metadata[anything]", "goes"),
                ("trial_end", "now"),
            ],
        ),
        asked("POST", "/v1/coupons", &[("percent_off", "33.33"), ("duration", "once")]),
        asked("POST", "/v1/invoices/create_preview", &[("subscription", "sub_1")]),
        asked("GET", "/v1/prices", &[("lookup_keys[]", "a"), ("lookup_keys[]", "b"), ("created[gte]", "5")]),
    ];
    assert_eq!(declarations.misfits(&good), Vec::<String>::new());
}

#[test]
fn what_stripe_does_not_publish_is_told() {
    let Some(declarations) = shared() else { return };
    let price = [("currency", "eur"), ("product", "p")];
    let with = |more: (&'static str, &'static str)| {
        let mut pairs = price.to_vec();
        pairs.push(more);
        pairs
    };
    let bad = [
        // A path, and a method on it.
        ("POST", "/v1/pricez", vec![], "there is no such path"),
        ("DELETE", "/v1/prices", vec![], "there is no such path"),
        ("GET", "/v1/customers//tax_ids", vec![], "there is no such path"),
        // Names, at the top and within.
        ("POST", "/v1/prices", with(("unit_amont", "5")), "\"unit_amont\"' does not exist"),
        ("POST", "/v1/prices", with(("recurring[intervall]", "month")), "\"intervall\"' does not exist"),
        (
            "POST",
            "/v1/subscriptions",
            vec![("customer", "c"), ("items[0][prize]", "p")],
            "\"prize\"' does not exist",
        ),
        // What is required, at the top and within.
        ("POST", "/v1/prices", vec![("product", "p")], "'currency' is missing"),
        ("POST", "/v1/prices", with(("recurring[interval_count]", "1")), "'interval' is missing"),
        ("POST", "/v1/prices", vec![], "'currency' is missing"),
        // Values of sets, numbers, yes or no, and kinds.
        ("POST", "/v1/prices", with(("recurring[interval]", "fortnight")), "\"fortnight\""),
        ("GET", "/v1/subscriptions", vec![("status", "over")], "\"over\""),
        ("POST", "/v1/prices", with(("unit_amount", "nine")), "\"nine\""),
        ("POST", "/v1/subscriptions/s", vec![("cancel_at_period_end", "1")], "\"1\""),
        ("POST", "/v1/subscriptions/s", vec![("trial_end", "soon")], "\"soon\""),
        ("POST", "/v1/subscriptions/s", vec![("items", "p")], "is not assignable"),
        ("POST", "/v1/prices", with(("nickname[0]", "p")), "is not assignable"),
        // Twice the same.
        ("POST", "/v1/prices", with(("product", "q")), "contradicts"),
    ];
    for (method, path, pairs, expected) in bad {
        let wrong = declarations.misfits(&[asked(method, path, &pairs)]);
        assert!(
            wrong.len() == 1
                && wrong[0].starts_with(&format!("{method} {path}: "))
                && wrong[0].contains(expected),
            "{method} {path} {pairs:?}: {wrong:#?}"
        );
    }
    // Each of several is told by its own name.
    let both =
        [asked("GET", "/v1/prices", &[("actif", "true")]), asked("GET", "/v1/events", &[("limit", "x")])];
    let wrong = declarations.misfits(&both);
    assert!(wrong.len() == 2 && wrong.iter().any(|w| w.starts_with("GET /v1/events: ")), "{wrong:#?}");
    let old = Asked { version: "2025-01-27.acacia".to_owned(), ..asked("GET", "/v1/prices", &[]) };
    assert!(declarations.misfits(&[old])[0].contains("asks for version \"2025-01-27.acacia\""));
}

#[test]
fn answers_are_judged_too() {
    let Some(declarations) = shared() else { return };
    let coupon = json!({
        "id": "c", "object": "coupon", "amount_off": null, "created": 5, "currency": null, "duration": "once",
        "duration_in_months": null, "livemode": false, "max_redemptions": null, "metadata": {}, "name": "A", "percent_off": 33.3,
        "redeem_by": null, "times_redeemed": 0, "valid": true,
    });
    let answered = |answer: Value| Asked { answer: Some(answer), ..asked("POST", "/v1/coupons", &[]) };
    assert_eq!(declarations.misfits(&[answered(coupon.clone())]), Vec::<String>::new());
    let list = json!({ "object": "list", "data": [coupon], "has_more": false, "url": "/v1/coupons" });
    let listed = Asked { answer: Some(list), ..asked("GET", "/v1/coupons", &[]) };
    assert_eq!(declarations.misfits(&[listed]), Vec::<String>::new());
    for (name, value, expected) in [
        ("duration", json!("twice"), "\"twice\""),
        ("times_redeemed", json!("0"), "is not assignable"),
        ("name", json!(["A"]), "is not assignable"),
        ("colour", json!("red"), "'\"colour\"' does not exist"),
        ("valid", Value::Null, "is not assignable"),
    ] {
        let mut odd = coupon.clone();
        odd[name] = value;
        let wrong = declarations.misfits(&[answered(odd)]);
        let told = wrong.len() == 1 && wrong[0].starts_with("the answer to POST /v1/coupons: ");
        assert!(told && wrong[0].contains(expected), "{name}: {wrong:#?}");
    }
    let mut less = coupon;
    less.as_object_mut().unwrap().remove("valid");
    assert!(declarations.misfits(&[answered(less)])[0].contains("'valid' is missing"));
}
