//! Payment intents, charges, refunds; each is null where there is none.

use serde_json::{Value, json};

use super::super::book::Book;
use super::super::refusal::Refusal;
use super::super::row::IntentStatus;
use super::{list, people};

/// A charge.
pub fn charge(book: &Book, id: &str) -> Value {
    let Some(found) = book.charges.get(id) else { return Value::Null };
    let paid = found.declined.is_none();
    let refused = found.declined.as_deref().map(|code| Refusal::declined(code, true));
    let card = book.payment_methods.get(&found.payment_method);
    let refunds = book.refunds.values().rev().filter(|one| one.charge == id);
    let refunds: Vec<Value> = refunds.map(|one| refund(book, &one.id)).collect();
    json!({
        "id": found.id, "object": "charge", "amount": found.amount,
        "amount_captured": if paid { found.amount } else { 0 }, "amount_refunded": found.refunded,
        "application": null, "application_fee": null, "application_fee_amount": null,
        "balance_transaction": null, "billing_details": people::billing_details(),
        "calculated_statement_descriptor": "QUARTERDAY", "captured": paid, "created": found.created,
        "currency": found.currency, "customer": found.customer, "description": null,
        "disputed": false, "failure_balance_transaction": null,
        "failure_code": refused.as_ref().and_then(|one| one.code),
        "failure_message": refused.as_ref().map(|one| one.message.clone()),
        "fraud_details": {}, "livemode": false, "metadata": found.metadata, "on_behalf_of": null,
        "outcome": {
            "advice_code": null, "network_advice_code": null, "network_decline_code": null,
            "network_status": if paid { "approved_by_network" } else { "declined_by_network" },
            "reason": found.declined, "seller_message": if paid { "Payment complete." } else { "The bank declined." },
            "type": if paid { "authorized" } else { "issuer_declined" },
        },
        "paid": paid, "payment_intent": found.intent, "payment_method": found.payment_method,
        "payment_method_details": card.map(|card| json!({
            "type": "card",
            "card": {
                "amount_authorized": if paid { Some(found.amount) } else { None }, "authorization_code": null,
                "brand": card.brand, "checks": null, "country": "IE",
                "electronic_commerce_indicator": null, "exp_month": card.exp_month,
                "exp_year": card.exp_year, "fingerprint": null, "funding": "credit", "installments": null,
                "last4": card.last4, "mandate": null, "network": card.brand, "network_token": null,
                "network_transaction_id": null, "regulated_status": "unregulated",
                "three_d_secure": null, "transaction_link_id": null, "wallet": null,
            },
        })),
        "receipt_email": null, "receipt_number": null, "receipt_url": null,
        "refunded": paid && found.refunded == found.amount,
        "refunds": list(&format!("/v1/charges/{id}/refunds"), refunds, false), "review": null,
        "shipping": null, "source": null, "source_transfer": null, "statement_descriptor": null,
        "statement_descriptor_suffix": null, "status": if paid { "succeeded" } else { "failed" },
        "transfer_data": null, "transfer_group": null,
    })
}

/// A payment intent.
pub fn intent(book: &Book, id: &str) -> Value {
    let Some(found) = book.intents.get(id) else { return Value::Null };
    let paid = found.status == IntentStatus::Succeeded;
    let error = found.declined.as_deref().map(|code| {
        let mut error = Refusal::declined(code, true).body()["error"].take();
        error["charge"] = json!(found.latest_charge);
        error
    });
    json!({
        "id": found.id, "object": "payment_intent", "allowed_payment_method_types": null, "amount": found.amount, "amount_capturable": 0,
        "amount_received": if paid { found.amount } else { 0 }, "application": null,
        "application_fee_amount": null, "automatic_payment_methods": null,
        "canceled_at": found.canceled_at, "cancellation_reason": null, "capture_method": "automatic",
        "client_secret": null, "confirmation_method": "automatic", "created": found.created,
        "currency": found.currency, "customer": found.customer, "customer_account": null,
        "description": null, "excluded_payment_method_types": null, "last_payment_error": error,
        "latest_charge": found.latest_charge, "livemode": false, "managed_payments": null, "metadata": {}, "next_action": null,
        "on_behalf_of": null, "payment_method": found.payment_method.as_ref().filter(|_| paid),
        "payment_method_configuration_details": null, "payment_method_options": {},
        "payment_method_types": ["card"], "payment_record": null, "processing": null, "receipt_email": null, "review": null,
        "setup_future_usage": "off_session", "shipping": null, "source": null,
        "statement_descriptor": null, "statement_descriptor_suffix": null,
        "status": found.status.as_str(), "transfer_data": null, "transfer_group": null,
    })
}

/// The tie between an invoice and its payment intent.
pub fn invoice_payment(book: &Book, id: &str) -> Value {
    let Some(found) = book.intents.values().find(|one| one.invoice_payment == id) else { return Value::Null };
    let (paid, canceled) = (found.paid_at, found.canceled_at);
    json!({
        "id": found.invoice_payment, "object": "invoice_payment",
        "amount_paid": paid.map(|_| found.amount), "amount_requested": found.amount,
        "created": found.created, "currency": found.currency, "invoice": found.invoice,
        "is_default": true, "livemode": false,
        "payment": { "type": "payment_intent", "payment_intent": found.id },
        "status": match (paid, canceled) { (Some(_), _) => "paid", (_, Some(_)) => "canceled", _ => "open" },
        "status_transitions": { "canceled_at": canceled, "paid_at": paid },
    })
}

/// A refund.
pub fn refund(book: &Book, id: &str) -> Value {
    let Some(found) = book.refunds.get(id) else { return Value::Null };
    let charge = book.charges.get(&found.charge);
    json!({
        "id": found.id, "object": "refund", "amount": found.amount, "balance_transaction": null,
        "charge": found.charge, "created": found.created,
        "currency": charge.map_or("", |charge| charge.currency.as_str()),
        "customer": charge.map(|charge| charge.customer.clone()), "customer_account": null,
        "destination_details": { "type": "card", "card": { "type": "refund" } },
        "metadata": found.metadata, "payment_intent": charge.map(|charge| charge.intent.clone()),
        "payment_method": charge.map(|charge| charge.payment_method.clone()),
        "reason": found.reason, "receipt_number": null, "source_transfer_reversal": null,
        "status": "succeeded", "transfer_reversal": null,
    })
}
