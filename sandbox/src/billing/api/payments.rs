//! `/v1/payment_methods`, `/v1/payment_intents`, `/v1/charges`, `/v1/refunds`.

use super::super::engine::payment;
use super::super::refusal::Refusal;
use super::super::render;
use super::super::row::{Card, Metadata, PaymentMethod};
use super::lists::{Created, page};
use super::{Answer, Call, retrieve};

pub(super) fn route_methods(call: &mut Call<'_>, method: &str, segments: &[&str], path: &str) -> Answer {
    match (method, &segments[1..]) {
        ("GET", []) => {
            let customer = call.params.required("customer")?;
            list_methods(call, &customer)
        }
        ("GET", [id]) => retrieve(call, "payment_methods", id),
        ("POST", [id, "attach"]) => {
            let customer = super::required_customer(call, "customer")?;
            let id = attach(call, id, &customer)?;
            Ok(render::payment_method(call.book, &id))
        }
        ("POST", [id, "detach"]) => detach(call, id),
        _ => Err(Refusal::unknown_address(method, path)),
    }
}

pub(super) fn list_methods(call: &mut Call<'_>, customer: &str) -> Answer {
    call.book.customer(customer)?;
    call.params.one_of("type", |name| (name == "card").then_some(()))?;
    let all = call.book.payment_methods.values().filter(|one| one.customer.as_deref() == Some(customer));
    let all = all.map(|one| (one.created, one.id.clone())).collect();
    page(call, &format!("/v1/customers/{customer}/payment_methods"), all, render::payment_method)
}

/// Gives a customer a card: one that was detached, or a test card by its published name.
pub(super) fn attach(call: &mut Call<'_>, id: &str, customer: &str) -> Result<String, Refusal> {
    if let Some(found) = call.book.payment_methods.get(id) {
        return match found.customer.as_deref() {
            Some(owner) if owner == customer => Ok(id.to_owned()),
            Some(_) => {
                let message = "The payment method you provided has already been attached to a customer.";
                Err(Refusal::state("payment_method_unexpected_state", message))
            }
            None => {
                let message = "The provided PaymentMethod was previously detached and may not be used again.";
                Err(Refusal::parameter("payment_method", message))
            }
        };
    }
    let card = Card::of_name(id).ok_or_else(|| Refusal::missing("PaymentMethod", id))?;
    let expiry = (12, 2099);
    give(call.book, customer, (card.0, card.1), card.2, expiry)
}

/// Gives a customer a new card.
///
/// # Errors
/// The card is declined, or the customer is not there.
pub(in super::super) fn give(
    book: &mut super::super::book::Book,
    customer: &str,
    (card, brand): (Card, &str),
    last4: &str,
    (exp_month, exp_year): (u32, i32),
) -> Result<String, Refusal> {
    book.customer(customer)?;
    if let Some(code) = card.attach_decline_code() {
        return Err(Refusal::declined(code, false));
    }
    let id = book.id("pm");
    let row = PaymentMethod {
        id: id.clone(),
        customer: Some(customer.to_owned()),
        card,
        brand: brand.to_owned(),
        last4: last4.to_owned(),
        exp_month,
        exp_year,
        created: book.now,
    };
    book.payment_methods.put(&id, row);
    let object = render::payment_method(book, &id);
    book.tell("payment_method.attached", object, None);
    Ok(id)
}

fn detach(call: &mut Call<'_>, id: &str) -> Answer {
    let customer = call.book.payment_method(id)?.customer.clone();
    let Some(customer) = customer else {
        return Err(Refusal::parameter("id", "The payment method is not attached to a customer."));
    };
    call.book.enter(Some(&customer), call.real);
    call.book.payment_method_mut(id)?.customer = None;
    let found = call.book.customer_mut(&customer)?;
    if found.default_payment_method.as_deref() == Some(id) {
        found.default_payment_method = None;
    }
    let object = render::payment_method(call.book, id);
    call.book.tell("payment_method.detached", object.clone(), None);
    Ok(object)
}

pub(super) fn route(call: &mut Call<'_>, method: &str, segments: &[&str], path: &str) -> Answer {
    match (method, segments) {
        ("POST", ["refunds"]) => create_refund(call),
        ("POST", ["refunds", id]) => {
            let found = call.book.refunds.get_mut(id).ok_or_else(|| Refusal::missing("refund", id))?;
            call.params.metadata("metadata", &mut found.metadata)?;
            Ok(render::refund(call.book, id))
        }
        ("GET", ["refunds"]) => list_refunds(call),
        ("GET", ["charges"]) => list_charges(call),
        ("GET", ["payment_intents"]) => list_intents(call),
        ("GET", [kind, id]) => retrieve(call, kind, id),
        _ => Err(Refusal::unknown_address(method, path)),
    }
}

fn create_refund(call: &mut Call<'_>) -> Answer {
    let (charge, intent) = (call.params.text("charge")?, call.params.text("payment_intent")?);
    let charge = match (charge, intent) {
        (Some(charge), None) => {
            let found = call.book.charges.get(&charge);
            found.ok_or_else(|| Refusal::missing_at("charge", "charge", &charge))?.id.clone()
        }
        (None, Some(intent)) => {
            let found = call.book.intents.get(&intent);
            let found =
                found.ok_or_else(|| Refusal::missing_at("payment_intent", "payment_intent", &intent))?;
            let message =
                format!("This PaymentIntent ({intent}) does not have a successful charge to refund.");
            found.latest_charge.clone().ok_or_else(|| Refusal::parameter("payment_intent", message))?
        }
        _ => {
            let message = "You must pass either charge or payment_intent, not both.";
            return Err(Refusal::parameter("charge", message));
        }
    };
    let customer = call.book.charge(&charge)?.customer.clone();
    call.book.enter(Some(&customer), call.real);
    let amount = call.params.int("amount")?;
    let reasons = |name: &str| {
        matches!(name, "duplicate" | "fraudulent" | "requested_by_customer").then(|| name.to_owned())
    };
    let reason = call.params.one_of("reason", reasons)?;
    let mut metadata = Metadata::new();
    call.params.metadata("metadata", &mut metadata)?;
    let id = payment::refund(call.book, &charge, amount, reason, metadata)?;
    Ok(render::refund(call.book, &id))
}

fn list_refunds(call: &mut Call<'_>) -> Answer {
    let (charge, intent) = (call.params.text("charge")?, call.params.text("payment_intent")?);
    let created = Created::take(&mut call.params)?;
    let intent_of = |charge: &str| call.book.charges.get(charge).map(|found| found.intent.clone());
    let all = call
        .book
        .refunds
        .values()
        .filter(|one| {
            charge.as_ref().is_none_or(|wanted| one.charge == *wanted) && created.holds(one.created)
        })
        .filter(|one| intent.is_none() || intent_of(&one.charge) == intent)
        .map(|one| (one.created, one.id.clone()))
        .collect();
    page(call, "/v1/refunds", all, render::refund)
}

fn list_charges(call: &mut Call<'_>) -> Answer {
    let (customer, intent) = (call.params.text("customer")?, call.params.text("payment_intent")?);
    let created = Created::take(&mut call.params)?;
    let all = call
        .book
        .charges
        .values()
        .filter(|one| customer.as_ref().is_none_or(|wanted| one.customer == *wanted))
        .filter(|one| {
            intent.as_ref().is_none_or(|wanted| one.intent == *wanted) && created.holds(one.created)
        })
        .map(|one| (one.created, one.id.clone()))
        .collect();
    page(call, "/v1/charges", all, render::charge)
}

fn list_intents(call: &mut Call<'_>) -> Answer {
    let customer = call.params.text("customer")?;
    let created = Created::take(&mut call.params)?;
    let all = call
        .book
        .intents
        .values()
        .filter(|one| {
            customer.as_ref().is_none_or(|wanted| one.customer == *wanted) && created.holds(one.created)
        })
        .map(|one| (one.created, one.id.clone()))
        .collect();
    page(call, "/v1/payment_intents", all, render::intent)
}
