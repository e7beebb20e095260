//! Rows in the provider's JSON: the fields that the published description of its interface demands.

mod catalogue;
mod contract;
mod expand;
mod money;
mod page;
mod paper;
mod people;
mod record;

use serde_json::{Value, json};

pub use catalogue::{coupon, price, product, promotion_code};
pub use contract::{discount, subscription, subscription_item};
pub use expand::expand;
pub use money::{charge, intent, invoice_payment, refund};
pub use page::{checkout, checkout_lines, portal};
pub use paper::{credit_note, invoice, invoice_item};
pub use people::{balance_entry, customer, payment_method, tax_id};
pub use record::{clock, event};

use super::book::Book;

/// The version of the interface that the JSON is written in.
pub const API_VERSION: &str = "2026-09-30.endive";

/// A list as the provider wraps it.
pub fn list(url: &str, data: Vec<Value>, has_more: bool) -> Value {
    json!({ "object": "list", "url": url, "has_more": has_more, "data": data })
}

/// An amount for people, for example `€9.00`.
pub fn money(amount: i64, currency: &str) -> String {
    let sign = if amount < 0 { "-" } else { "" };
    let (whole, rest) = (amount.unsigned_abs() / 100, amount.unsigned_abs() % 100);
    match currency {
        "eur" => format!("{sign}€{whole}.{rest:02}"),
        "usd" => format!("{sign}${whole}.{rest:02}"),
        "gbp" => format!("{sign}£{whole}.{rest:02}"),
        other => format!("{sign}{whole}.{rest:02} {}", other.to_uppercase()),
    }
}

/// A day for people, for example `14 Feb 2026` (UTC).
pub fn day(at: i64) -> String {
    chrono::DateTime::from_timestamp(at, 0).map_or_else(String::new, |at| at.format("%-d %b %Y").to_string())
}

/// The object with this id, whatever it is; `None`: there is none.
pub fn object(book: &Book, id: &str) -> Option<Value> {
    let kind = id.split_once('_').map_or("", |(kind, _)| kind);
    let found = match kind {
        "cus" => customer(book, id),
        "sub" => subscription(book, id),
        "in" => invoice(book, id),
        "ii" => invoice_item(book, id),
        "pi" => intent(book, id),
        "ch" => charge(book, id),
        "re" => refund(book, id),
        "cn" => credit_note(book, id),
        "cs" => checkout(book, id),
        "price" => price(book, id),
        "promo" => promotion_code(book, id),
        "pm" => payment_method(book, id),
        "txi" => tax_id(book, id),
        "cbtxn" => balance_entry(book, id),
        "di" => discount(book, id),
        "inpay" => invoice_payment(book, id),
        "clock" => clock(book, id, None),
        _ => Value::Null,
    };
    if found.is_null() {
        let product = product(book, id);
        return if product.is_null() {
            Some(coupon(book, id)).filter(|one| !one.is_null())
        } else {
            Some(product)
        };
    }
    Some(found)
}
