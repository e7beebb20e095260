//! `/v1/customers` and what belongs to them: tax numbers, changes of balances, cards.

use super::super::engine::{change, invoice};
use super::super::refusal::Refusal;
use super::super::render;
use super::super::row::{Customer, Metadata, TaxId};
use super::lists::{Created, page};
use super::{Answer, Call, currency, deleted, payments, retrieve};

pub(super) fn route(call: &mut Call<'_>, method: &str, segments: &[&str], path: &str) -> Answer {
    if let Some(id) = segments.get(1) {
        call.book.enter(Some(id), call.real);
    }
    match (method, &segments[1..]) {
        ("POST", []) => create(call),
        ("GET", []) => list(call),
        ("GET", [id]) => retrieve(call, "customers", id),
        ("POST", [id]) => update(call, id),
        ("DELETE", [id]) => delete(call, id),
        ("POST", [id, "balance_transactions"]) => change_balance(call, id),
        ("GET", [id, "balance_transactions"]) => list_balance(call, id),
        ("GET", [_, "balance_transactions", entry]) => retrieve(call, "balance_transactions", entry),
        ("POST", [id, "tax_ids"]) => create_tax_id(call, id),
        ("GET", [id, "tax_ids"]) => list_tax_ids(call, id),
        ("GET", [_, "tax_ids", tax_id]) => retrieve(call, "tax_ids", tax_id),
        ("DELETE", [id, "tax_ids", tax_id]) => delete_tax_id(call, id, tax_id),
        ("GET", [id, "payment_methods"]) => payments::list_methods(call, id),
        ("GET", [_, "payment_methods", card]) => retrieve(call, "payment_methods", card),
        ("DELETE", [id, "discount"]) => {
            call.book.customer(id)?;
            Err(Refusal::missing("discount", id))
        }
        _ => Err(Refusal::unknown_address(method, path)),
    }
}

fn create(call: &mut Call<'_>) -> Answer {
    let test_clock = call.params.text("test_clock")?;
    if let Some(clock) = &test_clock {
        let found = call.book.clocks.get(clock).filter(|found| !found.deleted);
        call.book.now =
            found.ok_or_else(|| Refusal::missing_at("test_clock", "test clock", clock))?.frozen_time;
    }
    let id = new(call.book, test_clock);
    write(call, &id)?;
    let object = render::customer(call.book, &id);
    call.book.tell("customer.created", object.clone(), None);
    Ok(object)
}

/// A customer of whom nothing is known yet.
pub(in super::super) fn new(book: &mut super::super::book::Book, test_clock: Option<String>) -> String {
    let id = book.id("cus");
    let customer = Customer {
        id: id.clone(),
        email: None,
        name: None,
        description: None,
        phone: None,
        address: Metadata::new(),
        preferred_locales: Vec::new(),
        tax_exempt: "none".to_owned(),
        created: book.now,
        balance: 0,
        currency: None,
        default_payment_method: None,
        invoice_prefix: book.secret("prefix")[..8].to_uppercase(),
        next_invoice: 1,
        test_clock,
        deleted: false,
        metadata: Metadata::new(),
    };
    book.customers.put(&id, customer);
    id
}

/// Takes what is the same for new customers and for those that are changed.
fn write(call: &mut Call<'_>, id: &str) -> Result<(), Refusal> {
    let params = &mut call.params;
    let found = call.book.customer_mut(id)?;
    for (key, field) in [
        ("email", &mut found.email),
        ("name", &mut found.name),
        ("description", &mut found.description),
        ("phone", &mut found.phone),
    ] {
        if let Some(value) = params.clearable(key)? {
            *field = value;
        }
    }
    if let Some(mut address) = params.child("address") {
        for part in ["city", "country", "line1", "line2", "postal_code", "state"] {
            if let Some(value) = address.text(part)? {
                found.address.insert(part.to_owned(), value);
            }
        }
        address.finish()?;
    }
    let locales = params.texts("preferred_locales");
    if !locales.is_empty() {
        found.preferred_locales = locales;
    }
    let exempt = |name: &str| matches!(name, "none" | "exempt" | "reverse").then(|| name.to_owned());
    if let Some(exempt) = params.one_of("tax_exempt", exempt)? {
        found.tax_exempt = exempt;
    }
    params.metadata("metadata", &mut found.metadata)?;
    let balance = params.int("balance")?;
    let card = params.text("payment_method")?;
    let mut settings = params.child("invoice_settings");
    let default = match &mut settings {
        Some(settings) => {
            let default = settings.text("default_payment_method")?;
            settings.finish()?;
            default
        }
        None => None,
    };
    if let Some(balance) = balance {
        let change = balance - call.book.customer(id)?.balance;
        invoice::enter_balance(call.book, id, change, ("adjustment", None, None))?;
    }
    if let Some(card) = card {
        payments::attach(call, &card, id)?;
    }
    if let Some(default) = default {
        let belongs =
            call.book.payment_methods.get(&default).is_some_and(|one| one.customer.as_deref() == Some(id));
        let default = if belongs { default } else { payments::attach(call, &default, id)? };
        call.book.customer_mut(id)?.default_payment_method = Some(default);
    }
    Ok(())
}

fn update(call: &mut Call<'_>, id: &str) -> Answer {
    let before = render::customer(call.book, id);
    write(call, id)?;
    let object = render::customer(call.book, id);
    if let Some(previous) = change::difference(&before, &object) {
        call.book.tell("customer.updated", object.clone(), Some(previous));
    }
    Ok(object)
}

fn delete(call: &mut Call<'_>, id: &str) -> Answer {
    let object = render::customer(call.book, id);
    call.book.customer(id)?;
    remove(call.book, id)?;
    call.book.tell("customer.deleted", object, None);
    Ok(deleted("customer", id))
}

/// Ends a customer's subscriptions and forgets who they were.
pub(super) fn remove(book: &mut super::super::book::Book, id: &str) -> Result<(), Refusal> {
    let running: Vec<String> = book
        .subscriptions
        .values()
        .filter(|one| one.customer == id && !one.status.is_over())
        .map(|one| one.id.clone())
        .collect();
    for subscription in running {
        change::end(book, &subscription, None)?;
    }
    let found = book.customer_mut(id)?;
    found.deleted = true;
    (found.email, found.name, found.phone, found.description) = (None, None, None, None);
    found.address.clear();
    found.metadata.clear();
    Ok(())
}

fn list(call: &mut Call<'_>) -> Answer {
    let (email, clock) = (call.params.text("email")?, call.params.text("test_clock")?);
    let created = Created::take(&mut call.params)?;
    // Customers of a test clock are listed only with it.
    let all = call
        .book
        .customers
        .values()
        .filter(|one| !one.deleted && created.holds(one.created) && one.test_clock == clock)
        .filter(|one| email.is_none() || one.email == email)
        .map(|one| (one.created, one.id.clone()))
        .collect();
    page(call, "/v1/customers", all, render::customer)
}

fn change_balance(call: &mut Call<'_>, id: &str) -> Answer {
    let amount = call.params.int("amount")?.ok_or_else(|| Refusal::required("amount"))?;
    let currency = currency(&mut call.params, "currency")?.ok_or_else(|| Refusal::required("currency"))?;
    let description = call.params.text("description")?;
    let mut metadata = Metadata::new();
    call.params.metadata("metadata", &mut metadata)?;
    let found = call.book.customer_mut(id)?;
    let own = found.currency.get_or_insert_with(|| currency.clone());
    if *own != currency {
        let message = format!("The currency of the customer's balance is {own}, not {currency}.");
        return Err(Refusal::parameter("currency", message));
    }
    let entry = invoice::enter_balance(call.book, id, amount, ("adjustment", None, None))?;
    let entry = entry.ok_or_else(|| Refusal::parameter("amount", "The amount must not be 0."))?;
    if let Some(found) = call.book.balance_entries.get_mut(&entry) {
        (found.description, found.metadata) = (description, metadata);
    }
    let object = render::customer(call.book, id);
    call.book.tell("customer.updated", object, None);
    Ok(render::balance_entry(call.book, &entry))
}

fn list_balance(call: &mut Call<'_>, id: &str) -> Answer {
    call.book.customer(id)?;
    let invoice = call.params.text("invoice")?;
    let all = call.book.balance_entries.values().filter(|one| one.customer == id);
    let all = all.filter(|one| invoice.is_none() || one.invoice == invoice);
    let all = all.map(|one| (one.created, one.id.clone())).collect();
    page(call, &format!("/v1/customers/{id}/balance_transactions"), all, render::balance_entry)
}

fn create_tax_id(call: &mut Call<'_>, id: &str) -> Answer {
    let (kind, value) = (call.params.required("type")?, call.params.required("value")?);
    let made = add_tax_id(call.book, id, &kind, &value)?;
    Ok(render::tax_id(call.book, &made))
}

/// Gives a customer a tax number.
pub(in super::super) fn add_tax_id(
    book: &mut super::super::book::Book,
    customer: &str,
    kind: &str,
    value: &str,
) -> Result<String, Refusal> {
    book.customer(customer)?;
    let digits =
        value.get(2..).is_some_and(|rest| rest.len() >= 7 && rest.chars().all(|c| c.is_ascii_alphanumeric()));
    let starts = value.get(..2).is_some_and(|country| country.chars().all(|c| c.is_ascii_uppercase()));
    if kind == "eu_vat" && !(digits && starts) {
        return Err(Refusal {
            code: Some("tax_id_invalid"),
            ..Refusal::parameter("value", "Invalid value for eu_vat.")
        });
    }
    let id = book.id("txi");
    let row = TaxId {
        id: id.clone(),
        customer: customer.to_owned(),
        kind: kind.to_owned(),
        value: value.to_owned(),
        created: book.now,
        deleted: false,
    };
    book.tax_ids.put(&id, row);
    let object = render::tax_id(book, &id);
    book.tell("customer.tax_id.created", object, None);
    Ok(id)
}

fn list_tax_ids(call: &mut Call<'_>, id: &str) -> Answer {
    call.book.customer(id)?;
    let all = call.book.tax_ids.values().filter(|one| one.customer == id && !one.deleted);
    let all = all.map(|one| (one.created, one.id.clone())).collect();
    page(call, &format!("/v1/customers/{id}/tax_ids"), all, render::tax_id)
}

fn delete_tax_id(call: &mut Call<'_>, customer: &str, id: &str) -> Answer {
    let object = render::tax_id(call.book, id);
    let found = call.book.tax_ids.get_mut(id).filter(|found| found.customer == customer && !found.deleted);
    found.ok_or_else(|| Refusal::missing("tax_id", id))?.deleted = true;
    call.book.tell("customer.tax_id.deleted", object, None);
    Ok(deleted("tax_id", id))
}
