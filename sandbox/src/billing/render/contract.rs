//! Subscriptions and what was given to them; each is null where there is none.

use serde_json::{Value, json};

use super::super::book::Book;
use super::super::row::{Item, Subscription};
use super::{catalogue, list};

/// A coupon that was given, by `di_…`.
pub fn discount(book: &Book, id: &str) -> Value {
    let of_subscriptions = book.subscriptions.values().flat_map(|found| &found.discounts);
    let of_invoices = book.invoices.values().flat_map(|found| &found.discounts);
    let found = of_subscriptions.chain(of_invoices).find(|one| one.id == id);
    found.map_or(Value::Null, |found| {
        json!({
            "id": found.id, "object": "discount", "checkout_session": null, "customer": found.customer,
            "customer_account": null, "start": found.start, "end": found.end, "invoice": null,
            "invoice_item": null, "promotion_code": found.promotion_code,
            "subscription": found.subscription, "subscription_item": null,
            "source": { "type": "coupon", "coupon": found.coupon },
        })
    })
}

/// An item of a subscription.
pub fn subscription_item(book: &Book, of: &Subscription, item: &Item) -> Value {
    json!({
        "id": item.id, "object": "subscription_item", "billing_thresholds": null,
        "created": item.created, "current_period_start": of.period_start, "current_trial": null,
        "current_period_end": of.period_end, "discounts": [], "metadata": item.metadata,
        "plan": book.prices.get(&item.price).map(catalogue::plan),
        "price": catalogue::price(book, &item.price), "quantity": item.quantity,
        "subscription": of.id, "tax_rates": [],
    })
}

/// A subscription.
pub fn subscription(book: &Book, id: &str) -> Value {
    let Some(found) = book.subscriptions.get(id) else { return Value::Null };
    let items = found.items.iter().map(|item| subscription_item(book, found, item)).collect();
    let discounts: Vec<&str> = found.discounts.iter().map(|one| one.id.as_str()).collect();
    let why = |name: &str| found.cancellation.get(name).cloned();
    let customer = book.customers.get(&found.customer);
    json!({
        "id": found.id, "object": "subscription", "application": null, "application_fee_percent": null,
        "automatic_tax": { "enabled": false, "liability": null, "disabled_reason": null },
        "billing_cycle_anchor": found.anchor, "billing_cycle_anchor_config": null,
        "billing_mode": { "type": "classic", "flexible": null }, "billing_schedules": [],
        "billing_thresholds": null,
        "cancel_at": found.cancel_at, "cancel_at_period_end": found.cancel_at_period_end,
        "canceled_at": found.canceled_at,
        "cancellation_details": {
            "comment": why("comment"), "feedback": why("feedback"), "feedback_option": null,
            "reason": why("reason"),
        },
        "collection_method": "charge_automatically", "created": found.created,
        "currency": found.currency, "customer": found.customer, "customer_account": null,
        "days_until_due": null, "default_payment_method": found.default_payment_method,
        "default_source": null, "default_tax_rates": [], "description": found.description,
        "discounts": discounts, "ended_at": found.ended_at,
        "invoice_settings": {
            "account_tax_ids": null, "custom_fields": null, "description": null, "footer": null,
            "issuer": { "type": "self" },
        },
        "items": list(&format!("/v1/subscription_items?subscription={id}"), items, false),
        "latest_invoice": found.latest_invoice, "livemode": false, "managed_payments": null,
        "metadata": found.metadata,
        "next_pending_invoice_item_invoice": null, "on_behalf_of": null,
        "pause_collection": found.pause.map(|pause| json!({
            "behavior": pause.behavior.as_str(), "resumes_at": pause.resumes_at,
        })),
        "payment_settings": {
            "payment_method_options": null, "payment_method_types": null,
            "save_default_payment_method": "off",
        },
        "pending_invoice_item_interval": null, "pending_setup_intent": null, "pending_update": null,
        "schedule": null, "start_date": found.created, "status": found.status.as_str(),
        "test_clock": customer.and_then(|customer| customer.test_clock.clone()),
        "transfer_data": null, "trial_end": found.trial_end, "trial_start": found.trial_start,
        "trial_settings": {
            "end_behavior": { "billing_cycle_anchor": null, "missing_payment_method": found.missing_card },
        },
    })
}
