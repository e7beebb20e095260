//! Whether requests are such as the provider publishes: against a table written by hand from the provider's public reference, and,
//! where the variable `QUARTERDAY_STRIPE_DESCRIPTION` names the provider's own description (`openapi/spec3.json` of its repository
//! `stripe/openapi`), against that. No package registry ships that file, so it is not fetched; that it is absent is said.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde_json::Value;

use super::kit::Asked;

/// Method, path and the parameters' first names.
const TABLE: &[(&str, &str, &str)] = &[
    ("POST", "/v1/products", "name metadata description active id"),
    ("POST", "/v1/prices", "currency product unit_amount lookup_key recurring metadata nickname active"),
    ("GET", "/v1/prices", "lookup_keys limit active starting_after ending_before product expand"),
    (
        "POST",
        "/v1/customers",
        "email name metadata preferred_locales invoice_settings test_clock payment_method",
    ),
    ("GET", "/v1/customers/{id}", "expand"),
    ("POST", "/v1/customers/{id}", "email name metadata invoice_settings"),
    ("DELETE", "/v1/customers/{id}", ""),
    ("POST", "/v1/customers/{id}/balance_transactions", "amount currency description metadata"),
    ("POST", "/v1/customers/{id}/tax_ids", "type value"),
    (
        "POST",
        "/v1/coupons",
        "name percent_off amount_off currency duration duration_in_months redeem_by max_redemptions",
    ),
    ("GET", "/v1/coupons", "limit starting_after ending_before created expand"),
    (
        "POST",
        "/v1/promotion_codes",
        "promotion code customer active expires_at max_redemptions restrictions metadata",
    ),
    ("GET", "/v1/promotion_codes", "code active limit coupon customer starting_after ending_before expand"),
    (
        "POST",
        "/v1/checkout/sessions",
        "mode customer customer_email client_reference_id line_items subscription_data allow_promotion_codes discounts \
         tax_id_collection customer_update payment_method_collection locale success_url cancel_url metadata expires_at",
    ),
    ("GET", "/v1/checkout/sessions/{id}", "expand"),
    ("POST", "/v1/checkout/sessions/{id}/expire", "expand"),
    (
        "POST",
        "/v1/billing_portal/sessions",
        "customer return_url locale flow_data configuration on_behalf_of expand",
    ),
    (
        "POST",
        "/v1/subscriptions",
        "customer items trial_period_days trial_end metadata discounts payment_behavior expand",
    ),
    (
        "GET",
        "/v1/subscriptions",
        "customer price status limit created test_clock starting_after ending_before expand",
    ),
    ("GET", "/v1/subscriptions/{id}", "expand"),
    (
        "POST",
        "/v1/subscriptions/{id}",
        "items proration_behavior proration_date payment_behavior cancel_at_period_end cancel_at pause_collection \
         discounts metadata trial_end default_payment_method description cancellation_details expand",
    ),
    ("DELETE", "/v1/subscriptions/{id}", "invoice_now prorate cancellation_details expand"),
    ("GET", "/v1/invoices", "customer subscription status limit created starting_after ending_before expand"),
    (
        "POST",
        "/v1/invoices/create_preview",
        "customer subscription subscription_details discounts currency expand",
    ),
    ("GET", "/v1/invoice_payments", "invoice payment status limit starting_after ending_before expand"),
    ("POST", "/v1/refunds", "payment_intent charge amount reason metadata expand"),
    ("GET", "/v1/refunds", "payment_intent charge limit created starting_after ending_before expand"),
    (
        "POST",
        "/v1/credit_notes",
        "invoice amount refund_amount credit_amount out_of_band_amount reason memo metadata lines",
    ),
    ("GET", "/v1/events", "type types limit created delivery_success starting_after ending_before expand"),
    ("GET", "/v1/events/{id}", "expand"),
    ("POST", "/v1/test_helpers/test_clocks", "frozen_time name customer expand"),
    ("GET", "/v1/test_helpers/test_clocks/{id}", "expand"),
    ("POST", "/v1/test_helpers/test_clocks/{id}/advance", "frozen_time expand"),
];

/// Checks requests that were written down.
pub(super) fn check(asked: &[Asked]) {
    assert!(!asked.is_empty(), "nothing was asked");
    let described = Description::load();
    for (method, path, pairs) in asked {
        let known = TABLE.iter().find(|(m, template, _)| m == method && fits(template, path));
        let (_, _, names) = known.unwrap_or_else(|| panic!("{method} {path} is not in the table"));
        for (name, _) in pairs {
            let first = name.split('[').next().unwrap();
            assert!(names.split_whitespace().any(|known| known == first), "{method} {path} has no {name}");
        }
        if let Some(described) = &described {
            described.check(method, path, pairs);
        }
    }
}

fn fits(template: &str, path: &str) -> bool {
    let (template, path): (Vec<_>, Vec<_>) = (template.split('/').collect(), path.split('/').collect());
    template.len() == path.len() && template.iter().zip(&path).all(|(a, b)| a.starts_with('{') || a == b)
}

/// The provider's own description (OpenAPI 3).
struct Description(Value);

impl Description {
    fn load() -> Option<Self> {
        let Some(file) = std::env::var_os("QUARTERDAY_STRIPE_DESCRIPTION").map(PathBuf::from) else {
            eprintln!(
                "SKIPPED: QUARTERDAY_STRIPE_DESCRIPTION is not set: requests are checked against a table written by hand only"
            );
            return None;
        };
        let bytes = std::fs::read(&file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        Some(Self(serde_json::from_slice(&bytes).unwrap()))
    }

    fn check(&self, method: &str, path: &str, pairs: &[(String, String)]) {
        // A path without places for ids goes before one with them.
        let mut paths: BTreeMap<usize, &Value> = BTreeMap::new();
        for (template, found) in self.0["paths"].as_object().unwrap() {
            if fits(template, path) {
                paths.insert(template.matches('{').count(), found);
            }
        }
        let (_, found) = paths.first_key_value().unwrap_or_else(|| panic!("{path} is not described"));
        let operation = &found[method.to_lowercase()];
        assert!(operation.is_object(), "{method} {path} is not described");
        let body = &operation["requestBody"]["content"]["application/x-www-form-urlencoded"]["schema"];
        for (name, value) in pairs {
            let parts: Vec<&str> = name.split('[').map(|part| part.trim_end_matches(']')).collect();
            let query = operation["parameters"].as_array().into_iter().flatten();
            let query =
                query.filter(|one| one["in"] == "query" && one["name"] == parts[0]).map(|one| &one["schema"]);
            let schemas: Vec<&Value> = query.chain(body["properties"].get(parts[0])).collect();
            let good = schemas.iter().any(|schema| self.takes(schema, &parts[1..], value));
            assert!(good, "{method} {path}: {name}={value} is not described");
        }
    }

    /// Whether a schema has such a parameter, and whether it takes the value.
    fn takes(&self, schema: &Value, parts: &[&str], value: &str) -> bool {
        if let Some(name) = schema["$ref"].as_str() {
            let name = name.rsplit('/').next().unwrap();
            return self.takes(&self.0["components"]["schemas"][name], parts, value);
        }
        if let Some(any) = schema["anyOf"].as_array() {
            return any.iter().any(|one| self.takes(one, parts, value));
        }
        let Some((part, rest)) = parts.split_first() else { return scalar(schema, value) };
        match schema["type"].as_str() {
            Some("array") => self.takes(&schema["items"], rest, value),
            Some("object") => match schema["properties"].get(*part) {
                Some(inner) => self.takes(inner, rest, value),
                None => {
                    let more = &schema["additionalProperties"];
                    more == &Value::Bool(true) || more.is_object() && self.takes(more, rest, value)
                }
            },
            _ => false,
        }
    }
}

fn scalar(schema: &Value, value: &str) -> bool {
    if let Some(names) = schema["enum"].as_array() {
        return names.iter().any(|name| name == value);
    }
    match schema["type"].as_str() {
        Some("integer") => value.parse::<i64>().is_ok(),
        Some("number") => value.parse::<f64>().is_ok(),
        Some("boolean") => matches!(value, "true" | "false"),
        Some("string") => true,
        _ => false,
    }
}

#[test]
fn a_description_tells_good_from_bad() {
    let described = Description(serde_json::json!({ "paths": {
        "/v1/things/{thing}": { "post": { "requestBody": { "content": { "application/x-www-form-urlencoded": { "schema": {
            "properties": {
                "n": { "type": "integer" },
                "kind": { "anyOf": [{ "type": "string", "enum": ["a", "b"] }, { "type": "object", "properties": {} }] },
                "items": { "type": "array", "items": { "type": "object", "properties": { "id": { "type": "string" } } } },
                "metadata": { "type": "object", "additionalProperties": { "type": "string" } },
            },
        } } } } } },
        "/v1/things/special": { "post": {} },
    } }));
    let ask = |path: &str, name: &str, value: &str| {
        let pairs = [(name.to_owned(), value.to_owned())];
        std::panic::catch_unwind(|| described.check("POST", path, &pairs)).is_ok()
    };
    for (name, value) in [("n", "5"), ("kind", "a"), ("items[0][id]", "x"), ("metadata[k]", "v")] {
        assert!(ask("/v1/things/t1", name, value), "{name}");
    }
    for (name, value) in [("n", "x"), ("kind", "c"), ("items[0][no]", "x"), ("m", "v")] {
        assert!(!ask("/v1/things/t1", name, value), "{name}");
    }
    assert!(!ask("/v1/things/special", "n", "5") && !ask("/v1/none", "n", "5"));
}
