//! Customers, cards, tax numbers, changes of balances; each is null where there is none.

use serde_json::{Value, json};

use super::super::book::Book;
use super::super::row::{InvoiceStatus, Metadata};

fn address(of: &Metadata) -> Value {
    if of.is_empty() {
        return Value::Null;
    }
    let part = |name: &str| of.get(name).cloned();
    json!({
        "city": part("city"), "country": part("country"), "line1": part("line1"),
        "line2": part("line2"), "postal_code": part("postal_code"), "state": part("state"),
    })
}

/// A customer; one who was deleted leaves their id.
pub fn customer(book: &Book, id: &str) -> Value {
    let Some(found) = book.customers.get(id) else { return Value::Null };
    if found.deleted {
        return json!({ "id": found.id, "object": "customer", "deleted": true });
    }
    let owes = |one: &super::super::row::Invoice| {
        one.customer == id && one.status == InvoiceStatus::Open && one.attempt_count > 0
    };
    json!({
        "id": found.id, "object": "customer", "address": address(&found.address),
        "balance": found.balance, "created": found.created, "currency": found.currency,
        "customer_account": null, "default_source": null,
        "delinquent": book.invoices.values().any(owes), "description": found.description,
        "discount": null, "email": found.email, "invoice_prefix": found.invoice_prefix,
        "livemode": false, "metadata": found.metadata, "name": found.name,
        "next_invoice_sequence": found.next_invoice, "phone": found.phone,
        "preferred_locales": found.preferred_locales, "shipping": null,
        "tax_exempt": found.tax_exempt, "test_clock": found.test_clock,
        "invoice_settings": {
            "custom_fields": null, "footer": null, "rendering_options": null,
            "default_payment_method": found.default_payment_method,
        },
    })
}

/// A card.
pub fn payment_method(book: &Book, id: &str) -> Value {
    let Some(found) = book.payment_methods.get(id) else { return Value::Null };
    json!({
        "id": found.id, "object": "payment_method", "allow_redisplay": "unspecified",
        "billing_details": billing_details(), "created": found.created, "customer": found.customer,
        "customer_account": null, "livemode": false, "metadata": {}, "type": "card",
        "card": {
            "brand": found.brand, "checks": null, "country": "IE", "display_brand": found.brand,
            "exp_month": found.exp_month, "exp_year": found.exp_year, "fingerprint": null,
            "funding": "credit", "generated_from": null, "last4": found.last4, "networks": null,
            "regulated_status": "unregulated", "three_d_secure_usage": { "supported": false },
            "wallet": null,
        },
    })
}

pub(super) fn billing_details() -> Value {
    json!({ "address": null, "email": null, "name": null, "phone": null, "tax_id": null })
}

/// A tax number.
pub fn tax_id(book: &Book, id: &str) -> Value {
    let Some(found) = book.tax_ids.get(id) else { return Value::Null };
    if found.deleted {
        return json!({ "id": found.id, "object": "tax_id", "deleted": true });
    }
    json!({
        "id": found.id, "object": "tax_id", "country": found.value.get(..2).unwrap_or_default(),
        "created": found.created, "customer": found.customer, "customer_account": null,
        "livemode": false, "owner": { "type": "customer", "customer": found.customer, "customer_account": null },
        "type": found.kind, "value": found.value,
        "verification": {
            "status": verification(&found.kind, &found.value), "verified_address": null, "verified_name": null,
        },
    })
}

/// What the check of a tax number says: the numbers that the provider publishes for tests are answered; no register is asked about
/// others.
fn verification(kind: &str, value: &str) -> &'static str {
    let digits: String = value.chars().filter(char::is_ascii_digit).collect();
    match digits.as_str() {
        _ if !matches!(kind, "eu_vat" | "gb_vat") => "unavailable",
        "000000000" => "verified",
        "111111111" => "unverified",
        "222222222" => "pending",
        _ => "unavailable",
    }
}

/// A change of a customer's balance.
pub fn balance_entry(book: &Book, id: &str) -> Value {
    let Some(found) = book.balance_entries.get(id) else { return Value::Null };
    json!({
        "id": found.id, "object": "customer_balance_transaction", "amount": found.amount,
        "checkout_session": null, "created": found.created, "credit_note": found.credit_note,
        "currency": found.currency, "customer": found.customer, "customer_account": null,
        "description": found.description, "ending_balance": found.ending_balance,
        "invoice": found.invoice, "livemode": false, "metadata": found.metadata, "type": found.kind,
    })
}
