//! Visits to the provider's pages; each is null where there is none.

use serde_json::{Value, json};

use super::super::book::Book;
use super::super::row::{CheckoutSession, Flow, PortalSession, SessionStatus};
use super::{catalogue, list};

fn trials(of: &CheckoutSession) -> bool {
    of.trial_days.is_some() || of.trial_end.is_some()
}

/// What is to be paid: before discounts, what was discounted, and the rest.
fn amounts(book: &Book, of: &CheckoutSession) -> (i64, i64, i64) {
    if let Some(amounts) = of.amounts {
        return amounts;
    }
    let one = |(_, price, quantity): &(String, String, i64)| {
        book.prices.get(price).map_or(0, |price| price.unit_amount * quantity)
    };
    let subtotal = if trials(of) { 0 } else { of.lines.iter().map(one).sum() };
    (subtotal, 0, subtotal)
}

/// A visit to the checkout page.
pub fn checkout(book: &Book, id: &str) -> Value {
    let Some(found) = book.checkouts.get(id) else { return Value::Null };
    let (subtotal, discount, total) = amounts(book, found);
    let complete = found.status == SessionStatus::Complete;
    let customer = found.customer.as_deref().and_then(|id| book.customers.get(id));
    let tax_ids: Vec<Value> = book
        .tax_ids
        .values()
        .filter(|one| Some(&one.customer) == found.customer.as_ref() && !one.deleted)
        .map(|one| json!({ "type": one.kind, "value": one.value }))
        .collect();
    let email = customer.and_then(|one| one.email.clone()).or_else(|| found.customer_email.clone());
    let details = (complete || email.is_some()).then(|| {
        json!({
            "address": null, "business_name": null, "email": email, "individual_name": null,
            "name": customer.and_then(|one| one.name.clone()), "phone": null, "tax_exempt": "none",
            "tax_ids": if complete { json!(tax_ids) } else { Value::Null },
        })
    });
    let discounts = found.coupon.as_ref().map(|(coupon, code)| match code {
        Some(code) => vec![json!({ "coupon": null, "promotion_code": code })],
        None => vec![json!({ "coupon": coupon, "promotion_code": null })],
    });
    json!({
        "id": found.id, "object": "checkout.session", "adaptive_pricing": null, "after_expiration": null,
        "allow_promotion_codes": found.allow_promotion_codes, "allowed_payment_method_types": null,
        "amount_subtotal": subtotal, "amount_total": total,
        "automatic_tax": { "enabled": false, "liability": null, "provider": null, "status": null },
        "billing_address_collection": null, "cancel_url": found.cancel_url,
        "client_reference_id": found.client_reference_id, "client_secret": null,
        "collected_information": null, "consent": null, "consent_collection": null,
        "created": found.created, "currency": found.currency, "currency_conversion": null,
        "custom_fields": [],
        "custom_text": {
            "after_submit": null, "shipping_address": null, "submit": null, "terms_of_service_acceptance": null,
        },
        "customer": found.customer, "customer_account": null, "customer_creation": null,
        "customer_details": details, "customer_email": found.customer_email,
        "discounts": discounts.unwrap_or_default(), "expires_at": found.expires_at,
        "integration_identifier": null, "invoice": found.invoice, "invoice_creation": null, "livemode": false, "locale": found.locale,
        "managed_payments": null, "metadata": found.metadata, "mode": "subscription", "origin_context": null,
        "payment_intent": null, "payment_link": null,
        "payment_method_collection": if found.always_card { "always" } else { "if_required" },
        "payment_method_configuration_details": null, "payment_method_options": {},
        "payment_method_types": ["card"],
        "payment_status": match (complete, total) {
            (false, _) => "unpaid", (true, 0) => "no_payment_required", (true, _) => "paid",
        },
        "permissions": null, "phone_number_collection": { "enabled": false }, "recovered_from": null,
        "saved_payment_method_options": null, "setup_intent": null, "shipping_address_collection": null,
        "shipping_cost": null, "shipping_options": [], "status": found.status.as_str(),
        "submit_type": null, "subscription": found.subscription, "success_url": found.success_url,
        "tax_id_collection": { "enabled": found.tax_id_collection, "required": "never" },
        "total_details": { "amount_discount": discount, "amount_shipping": 0, "amount_tax": 0 },
        "ui_mode": "hosted_page",
        "url": (found.status == SessionStatus::Open).then(|| format!("{}/c/pay/{id}", book.base_url)),
        "wallet_options": null,
    })
}

/// What a visit to the checkout page is about, as the list that `line_items` is.
pub fn checkout_lines(book: &Book, found: &CheckoutSession) -> Value {
    let lines = found.lines.iter().map(|(id, price, quantity)| {
        let row = book.prices.get(price);
        let amount = row.map_or(0, |row| row.unit_amount * quantity);
        let amount = if trials(found) { 0 } else { amount };
        let name = row.and_then(|row| book.products.get(&row.product)).map(|product| product.name.clone());
        json!({
            "id": id, "object": "item", "adjustable_quantity": null, "amount_discount": 0, "amount_subtotal": amount, "amount_tax": 0,
            "amount_total": amount, "currency": found.currency, "description": name,
            "metadata": null, "price": catalogue::price(book, price), "quantity": quantity,
        })
    });
    list(&format!("/v1/checkout/sessions/{}/line_items", found.id), lines.collect(), false)
}

/// A visit to the portal.
pub fn portal(book: &Book, found: &PortalSession) -> Value {
    let after = json!({ "hosted_confirmation": null, "redirect": null, "type": "portal_homepage" });
    let flow = found.flow.as_ref().map(|flow| {
        let (kind, cancel, update, confirm) = match flow {
            Flow::Card => ("payment_method_update", None, None, None),
            Flow::Cancel(id) => {
                ("subscription_cancel", Some(json!({ "retention": null, "subscription": id })), None, None)
            }
            Flow::Change(id) => ("subscription_update", None, Some(json!({ "subscription": id })), None),
            Flow::Confirm(id, price) => {
                let item = json!({ "id": null, "price": price, "quantity": 1 });
                let wanted = json!({ "discounts": null, "items": [item], "subscription": id });
                ("subscription_update_confirm", None, None, Some(wanted))
            }
        };
        json!({
            "after_completion": after, "subscription_cancel": cancel, "subscription_update": update,
            "subscription_update_confirm": confirm, "type": kind,
        })
    });
    json!({
        "id": found.id, "object": "billing_portal.session", "configuration": "bpc_sandbox",
        "created": found.created, "customer": found.customer, "customer_account": null, "flow": flow,
        "livemode": false, "locale": found.locale, "on_behalf_of": null, "return_url": found.return_url,
        "url": format!("{}/p/session/{}", book.base_url, found.secret),
    })
}
