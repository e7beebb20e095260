//! The provider's interface: which request does what. Each area is a module with a function for each request; all of them take what
//! they need from the [`Params`] and give the answer as JSON.

mod catalogue;
mod clocks;
mod credit_notes;
mod customers;
mod discounts;
mod invoices;
mod lists;
mod payments;
mod preview;
mod sessions;
mod subscriptions;
mod wanted;

use serde_json::{Value, json};

use super::book::Book;
use super::form::Params;
use super::refusal::Refusal;
use super::render;

/// A request that is being answered.
pub(super) struct Call<'a> {
    /// The book.
    pub(super) book: &'a mut Book,
    /// What was sent.
    pub(super) params: Params,
    /// The real clock, in seconds.
    pub(super) real: i64,
}

type Answer = Result<Value, Refusal>;

/// Answers a request below `/v1/`; the path comes without it.
///
/// # Errors
/// There is no such address, or the request makes no sense.
pub fn answer(book: &mut Book, real: i64, method: &str, path: &str, params: Params) -> Answer {
    let mut call = Call { book, params, real };
    let paths = call.params.texts("expand");
    let segments: Vec<&str> = path.split('/').filter(|part| !part.is_empty()).collect();
    let mut answer = route(&mut call, method, &segments, path)?;
    call.params.finish()?;
    render::expand(call.book, &mut answer, &paths)?;
    Ok(answer)
}

fn route(call: &mut Call<'_>, method: &str, segments: &[&str], path: &str) -> Answer {
    match (method, segments) {
        ("POST", ["products"]) => catalogue::create_product(call),
        ("POST", ["products", id]) => catalogue::update_product(call, id),
        ("DELETE", ["products", id]) => catalogue::delete_product(call, id),
        ("GET", ["products"]) => catalogue::list_products(call),
        ("POST", ["prices"]) => catalogue::create_price(call),
        ("POST", ["prices", id]) => catalogue::update_price(call, id),
        ("GET", ["prices"]) => catalogue::list_prices(call),
        ("POST", ["coupons"]) => discounts::create_coupon(call),
        ("POST", ["coupons", id]) => discounts::update_coupon(call, id),
        ("DELETE", ["coupons", id]) => discounts::delete_coupon(call, id),
        ("GET", ["coupons"]) => discounts::list_coupons(call),
        ("POST", ["promotion_codes"]) => discounts::create_promotion_code(call),
        ("POST", ["promotion_codes", id]) => discounts::update_promotion_code(call, id),
        ("GET", ["promotion_codes"]) => discounts::list_promotion_codes(call),
        (_, ["customers", ..]) => customers::route(call, method, segments, path),
        (_, ["payment_methods", ..]) => payments::route_methods(call, method, segments, path),
        (_, ["subscriptions" | "subscription_items", ..]) => {
            subscriptions::route(call, method, segments, path)
        }
        ("POST", ["invoices", "create_preview"]) => preview::create(call),
        (_, ["invoices" | "invoiceitems" | "invoice_payments", ..]) => {
            invoices::route(call, method, segments, path)
        }
        (_, ["credit_notes", ..]) => credit_notes::route(call, method, segments, path),
        (_, ["payment_intents" | "charges" | "refunds", ..]) => payments::route(call, method, segments, path),
        (_, ["checkout", "sessions", ..] | ["billing_portal", "sessions"]) => {
            sessions::route(call, method, segments, path)
        }
        (_, ["test_helpers", "test_clocks", ..]) => clocks::route(call, method, segments, path),
        ("GET", ["events"]) => lists::events(call),
        ("GET", ["events", id]) => {
            let found = call.book.events.get(id).ok_or_else(|| Refusal::missing("event", id))?;
            Ok(render::event(call.book, found))
        }
        ("GET", ["products" | "prices" | "coupons" | "promotion_codes", id]) => {
            retrieve(call, segments[0], id)
        }
        _ => Err(Refusal::unknown_address(method, path)),
    }
}

/// The object of this kind with this id.
fn retrieve(call: &Call<'_>, kind: &str, id: &str) -> Answer {
    let book = &*call.book;
    let (what, found) = match kind {
        "products" => ("product", render::product(book, id)),
        "prices" => ("price", render::price(book, id)),
        "coupons" => ("coupon", render::coupon(book, id)),
        "promotion_codes" => ("promotion code", render::promotion_code(book, id)),
        "payment_methods" => ("PaymentMethod", render::payment_method(book, id)),
        "customers" => ("customer", render::customer(book, id)),
        "subscriptions" => ("subscription", render::subscription(book, id)),
        "invoices" => ("invoice", render::invoice(book, id)),
        "invoiceitems" => ("invoiceitem", render::invoice_item(book, id)),
        "invoice_payments" => ("invoice_payment", render::invoice_payment(book, id)),
        "credit_notes" => ("credit note", render::credit_note(book, id)),
        "payment_intents" => ("payment_intent", render::intent(book, id)),
        "charges" => ("charge", render::charge(book, id)),
        "refunds" => ("refund", render::refund(book, id)),
        "checkout" => ("checkout.session", render::checkout(book, id)),
        "tax_ids" => ("tax_id", render::tax_id(book, id)),
        "balance_transactions" => ("customer balance transaction", render::balance_entry(book, id)),
        _ => ("object", Value::Null),
    };
    let gone = matches!(kind, "products" | "tax_ids" | "invoiceitems") && found["deleted"] == true;
    let deleted_coupon = kind == "coupons" && book.coupons.get(id).is_some_and(|coupon| coupon.deleted);
    if found.is_null() || gone || deleted_coupon {
        return Err(Refusal::missing(what, id));
    }
    Ok(found)
}

/// What is answered when something was deleted.
fn deleted(object: &str, id: &str) -> Value {
    json!({ "id": id, "object": object, "deleted": true })
}

/// A currency as it is kept.
fn currency(params: &mut Params, key: &str) -> Result<Option<String>, Refusal> {
    params.one_of(key, |name| {
        let lower = name.to_ascii_lowercase();
        matches!(lower.as_str(), "eur" | "usd" | "gbp").then_some(lower)
    })
}

/// A customer that a parameter names; the book's instant becomes that of their clock.
fn customer(call: &mut Call<'_>, key: &str) -> Result<Option<String>, Refusal> {
    let Some(id) = call.params.text(key)? else { return Ok(None) };
    if call.book.customer(&id).is_err() {
        return Err(Refusal::missing_at(&call.params.name(key), "customer", &id));
    }
    call.book.enter(Some(&id), call.real);
    Ok(Some(id))
}

/// As [`customer`], for one that must be named.
fn required_customer(call: &mut Call<'_>, key: &str) -> Result<String, Refusal> {
    customer(call, key)?.ok_or_else(|| Refusal::required(key))
}

/// A customer of whom nothing is known yet.
pub(super) fn new_customer(book: &mut Book) -> String {
    customers::new(book, None)
}

/// Gives a customer a tax number.
///
/// # Errors
/// It is none, or the customer is not there.
pub(super) fn add_tax_id(
    book: &mut Book,
    customer: &str,
    kind: &str,
    value: &str,
) -> Result<String, Refusal> {
    customers::add_tax_id(book, customer, kind, value)
}

/// Gives a customer a new card: how it answers and its brand, its last four digits, month and year of expiry.
///
/// # Errors
/// It is declined, or the customer is not there.
pub(super) fn give_card(
    book: &mut Book,
    customer: &str,
    card: (super::row::Card, &str),
    last4: &str,
    expiry: (u32, i32),
) -> Result<String, Refusal> {
    payments::give(book, customer, card, last4, expiry)
}
