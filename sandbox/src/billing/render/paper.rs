//! Invoices and credit notes; each is null where there is none.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::super::book::Book;
use super::super::row::{Invoice, Line};
use super::list;

fn pricing(book: &Book, line: &Line) -> Value {
    let Some(price) = line.price.as_deref().and_then(|id| book.prices.get(id)) else { return Value::Null };
    json!({
        "type": "price_details", "price_details": { "price": price.id, "product": price.product },
        "unit_amount_decimal": price.unit_amount.to_string(),
    })
}

fn line(book: &Book, found: &Line, of: &Invoice) -> Value {
    let discounts: Vec<Value> =
        found.discounts.iter().map(|(id, amount)| json!({ "amount": amount, "discount": id })).collect();
    let parent = if found.item.is_some() {
        json!({
            "type": "subscription_item_details", "invoice_item_details": null,
            "subscription_item_details": {
                "invoice_item": found.invoice_item, "proration": found.proration,
                "proration_details": { "credited_items": null }, "subscription": of.subscription,
                "subscription_item": found.item,
            },
        })
    } else {
        json!({
            "type": "invoice_item_details", "subscription_item_details": null,
            "invoice_item_details": {
                "invoice_item": found.invoice_item, "proration": found.proration,
                "proration_details": { "credited_items": null }, "subscription": of.subscription,
            },
        })
    };
    json!({
        "id": found.id, "object": "line_item", "amount": found.amount, "currency": of.currency,
        "description": found.description, "discount_amounts": discounts, "discountable": true,
        "discounts": found.discounts.iter().map(|(id, _)| id).collect::<Vec<_>>(),
        "invoice": of.id, "livemode": false, "metadata": {},
        "period": { "start": found.start, "end": found.end }, "parent": parent,
        "pretax_credit_amounts": [], "pricing": pricing(book, found), "quantity": found.quantity,
        "quantity_decimal": found.quantity.to_string(),
        "subscription": of.subscription, "subtotal": found.amount, "taxes": [],
    })
}

/// What each discount took off a whole invoice.
fn total_discounts(of: &Invoice) -> Vec<Value> {
    let mut sums: BTreeMap<&str, i64> = BTreeMap::new();
    for (id, amount) in of.lines.iter().flat_map(|line| &line.discounts) {
        *sums.entry(id).or_default() += amount;
    }
    sums.into_iter().map(|(id, amount)| json!({ "amount": amount, "discount": id })).collect()
}

/// An invoice.
pub fn invoice(book: &Book, id: &str) -> Value {
    let Some(found) = book.invoices.get(id) else { return Value::Null };
    let customer = book.customers.get(&found.customer).filter(|customer| !customer.deleted);
    let subscription = found.subscription.as_deref().and_then(|id| book.subscriptions.get(id));
    let lines = found.lines.iter().map(|one| line(book, one, found)).collect();
    let page = found.finalized_at.map(|_| format!("{}/i/{}", book.base_url, found.secret));
    let tax_ids: Vec<Value> = book
        .tax_ids
        .values()
        .filter(|one| one.customer == found.customer && !one.deleted)
        .map(|one| json!({ "type": one.kind, "value": one.value }))
        .collect();
    let parent = found.subscription.as_ref().map(|id| {
        json!({
            "type": "subscription_details", "quote_details": null,
            "subscription_details": {
                "metadata": subscription.map(|found| found.metadata.clone()), "subscription": id,
            },
        })
    });
    json!({
        "id": found.id, "object": "invoice", "account_country": "IE", "account_name": "Quarterday",
        "account_tax_ids": null, "amount_due": found.amount_due, "amount_overpaid": 0,
        "amount_paid": found.amount_paid, "amount_remaining": found.remaining(),
        "amount_shipping": 0, "application": null, "attempt_count": found.attempt_count,
        "attempted": found.attempt_count > 0, "auto_advance": found.auto_advance,
        "automatic_tax": {
            "enabled": false, "liability": null, "status": null, "disabled_reason": null, "provider": null,
        },
        "automatically_finalizes_at": found.finalizes_at, "billing_reason": found.billing_reason,
        "collection_method": "charge_automatically", "created": found.created,
        "currency": found.currency, "custom_fields": null, "customer": found.customer,
        "customer_account": null, "customer_address": null,
        "customer_email": customer.and_then(|one| one.email.clone()),
        "customer_name": customer.and_then(|one| one.name.clone()), "customer_phone": null,
        "customer_shipping": null, "customer_tax_exempt": "none", "customer_tax_ids": tax_ids,
        "default_payment_method": null, "default_source": null, "default_tax_rates": [],
        "description": found.description,
        "discounts": found.discounts.iter().map(|one| &one.id).collect::<Vec<_>>(),
        "due_date": null, "effective_at": found.finalized_at,
        "ending_balance": found.finalized_at.map(|_| found.ending_balance), "footer": null,
        "from_invoice": null, "hosted_invoice_url": page,
        "invoice_pdf": page.as_ref().map(|page| format!("{page}/pdf")), "issuer": { "type": "self" },
        "last_finalization_error": null, "latest_revision": null,
        "lines": list(&format!("/v1/invoices/{id}/lines"), lines, false),
        "livemode": false, "metadata": found.metadata, "next_payment_attempt": found.next_attempt.or(found.finalizes_at),
        "number": found.number, "on_behalf_of": null, "parent": parent,
        "payment_settings": {
            "default_mandate": null, "payment_method_options": null, "payment_method_types": null,
        },
        "period_start": found.period_start, "period_end": found.period_end,
        "post_payment_credit_notes_amount": found.credited_after,
        "pre_payment_credit_notes_amount": found.credited_before, "receipt_number": null,
        "rendering": null, "shipping_cost": null, "shipping_details": null,
        "starting_balance": found.starting_balance, "statement_descriptor": null,
        "status": found.status.as_str(),
        "status_transitions": {
            "finalized_at": found.finalized_at, "paid_at": found.paid_at,
            "marked_uncollectible_at": found.uncollectible_at, "voided_at": found.voided_at,
        },
        "subtotal": found.subtotal, "subtotal_excluding_tax": found.subtotal,
        "test_clock": customer.and_then(|one| one.test_clock.clone()), "total": found.total,
        "total_discount_amounts": total_discounts(found), "total_excluding_tax": found.total,
        "total_pretax_credit_amounts": [], "total_taxes": [], "webhooks_delivered_at": found.created,
    })
}

/// What waits for an invoice.
pub fn invoice_item(book: &Book, id: &str) -> Value {
    let Some(found) = book.invoice_items.get(id) else { return Value::Null };
    if found.deleted {
        return json!({ "id": found.id, "object": "invoiceitem", "deleted": true });
    }
    let line = &found.line;
    let parent = found.subscription.as_ref().map(|id| {
        json!({
            "type": "subscription_details",
            "subscription_details": { "subscription": id, "subscription_item": line.item },
        })
    });
    let customer = book.customers.get(&found.customer);
    json!({
        "id": found.id, "object": "invoiceitem", "amount": line.amount, "currency": found.currency,
        "customer": found.customer, "customer_account": null, "date": found.created,
        "description": line.description, "discountable": true, "discounts": [],
        "invoice": found.invoice, "livemode": false, "metadata": found.metadata, "net_amount": line.amount,
        "parent": parent, "period": { "start": line.start, "end": line.end },
        "pricing": pricing(book, line), "proration": line.proration,
        "proration_details": { "credited_items": null, "discount_amounts": [] },
        "quantity": line.quantity, "quantity_decimal": line.quantity.to_string(), "tax_rates": [],
        "test_clock": customer.and_then(|one| one.test_clock.clone()),
    })
}

/// A credit note.
pub fn credit_note(book: &Book, id: &str) -> Value {
    let Some(found) = book.credit_notes.get(id) else { return Value::Null };
    let refunds: Vec<Value> = found
        .refund
        .as_ref()
        .map(|id| {
            let amount = book.refunds.get(id).map_or(0, |refund| refund.amount);
            json!({ "amount_refunded": amount, "payment_record_refund": null, "refund": id, "type": "refund" })
        })
        .into_iter()
        .collect();
    let line = json!({
        "id": format!("cnli_{}", found.id), "object": "credit_note_line_item", "amount": found.amount,
        "description": found.memo.as_deref().unwrap_or("Credit"), "discount_amount": 0,
        "discount_amounts": [], "livemode": false, "metadata": {}, "pretax_credit_amounts": [], "quantity": 1,
        "tax_rates": [], "taxes": [], "type": "custom_line_item", "unit_amount": found.amount,
        "unit_amount_decimal": found.amount.to_string(),
    });
    let secret = book.invoices.get(&found.invoice).map_or("", |one| one.secret.as_str());
    json!({
        "id": found.id, "object": "credit_note", "amount": found.amount, "amount_shipping": 0,
        "created": found.created, "currency": found.currency, "customer": found.customer,
        "customer_account": null, "customer_balance_transaction": found.balance_entry,
        "discount_amount": 0, "discount_amounts": [], "effective_at": found.created,
        "invoice": found.invoice,
        "lines": list(&format!("/v1/credit_notes/{id}/lines"), vec![line], false), "livemode": false,
        "memo": found.memo, "metadata": found.metadata, "number": found.number,
        "out_of_band_amount": (found.out_of_band > 0).then_some(found.out_of_band),
        "pdf": format!("{}/i/{secret}/credit-notes/{}/pdf", book.base_url, found.number),
        "post_payment_amount": found.amount - found.before_payment,
        "pre_payment_amount": found.before_payment, "pretax_credit_amounts": [],
        "reason": found.reason, "refunds": refunds, "shipping_cost": null, "status": "issued",
        "subtotal": found.amount, "subtotal_excluding_tax": found.amount, "total": found.amount,
        "total_excluding_tax": found.amount, "total_taxes": [],
        "type": if found.before_payment > 0 { "pre_payment" } else { "post_payment" },
        "voided_at": null,
    })
}
