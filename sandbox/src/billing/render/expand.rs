//! `expand[]`: an id in an answer becomes the object that it names.

use serde_json::Value;

use super::super::book::Book;
use super::super::refusal::Refusal;
use super::{checkout_lines, invoice_payment, list, object, subscription, tax_id};

/// How deep a path may go.
const DEPTH: usize = 4;

/// Expands the paths in an answer. In a list paths begin with `data`.
///
/// # Errors
/// A path is too deep, or leads nowhere.
pub fn expand(book: &Book, answer: &mut Value, paths: &[String]) -> Result<(), Refusal> {
    for path in paths {
        let parts: Vec<&str> = path.split('.').collect();
        let is_list = answer["object"] == "list" && parts.first() == Some(&"data");
        if parts.len() > DEPTH + usize::from(is_list) {
            let message =
                format!("You cannot expand more than {DEPTH} levels of a property. Property: {path}");
            return Err(Refusal::parameter("expand", message));
        }
        follow(book, answer, &parts).map_err(|part| {
            Refusal::parameter("expand", format!("This property cannot be expanded ({part})."))
        })?;
    }
    Ok(())
}

fn follow(book: &Book, value: &mut Value, parts: &[&str]) -> Result<(), String> {
    let Some((part, rest)) = parts.split_first() else { return Ok(()) };
    if let Value::Array(all) = value {
        return all.iter_mut().try_for_each(|one| follow(book, one, parts));
    }
    let Value::Object(fields) = value else { return Ok(()) };
    // Of what was deleted nothing is left to expand.
    if fields.get("deleted") == Some(&Value::Bool(true)) {
        return Ok(());
    }
    let hidden = if fields.contains_key(*part) { None } else { included(book, fields, part) };
    if let Some(found) = hidden {
        fields.insert((*part).to_owned(), found);
    }
    let Some(next) = fields.get_mut(*part) else { return Err((*part).to_owned()) };
    become_object(book, next);
    follow(book, next, rest)
}

fn become_object(book: &Book, value: &mut Value) {
    match value {
        Value::String(id) => {
            if let Some(found) = object(book, id) {
                *value = found;
            }
        }
        Value::Array(all) => all.iter_mut().for_each(|one| become_object(book, one)),
        _ => {}
    }
}

/// Fields that an object has only when they are asked for.
fn included(book: &Book, of: &serde_json::Map<String, Value>, part: &str) -> Option<Value> {
    let id = of.get("id")?.as_str()?;
    match (of.get("object")?.as_str()?, part) {
        ("invoice", "payments") => {
            let payments = book.intents.values().filter(|one| one.invoice == id);
            let all = payments.map(|one| invoice_payment(book, &one.invoice_payment)).collect();
            Some(list(&format!("/v1/invoice_payments?invoice={id}"), all, false))
        }
        ("checkout.session", "line_items") => Some(checkout_lines(book, book.checkouts.get(id)?)),
        ("customer", "subscriptions") => {
            let running =
                book.subscriptions.values().rev().filter(|one| one.customer == id && !one.status.is_over());
            let all = running.map(|one| subscription(book, &one.id)).collect();
            Some(list(&format!("/v1/customers/{id}/subscriptions"), all, false))
        }
        ("customer", "tax_ids") => {
            let kept = book.tax_ids.values().rev().filter(|one| one.customer == id && !one.deleted);
            let all = kept.map(|one| tax_id(book, &one.id)).collect();
            Some(list(&format!("/v1/customers/{id}/tax_ids"), all, false))
        }
        _ => None,
    }
}
