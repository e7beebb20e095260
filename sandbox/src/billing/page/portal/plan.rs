//! Another plan: which there are, what it costs, and the change.

use actix_web::{HttpRequest, HttpResponse, web};
use serde::Deserialize;
use serde_json::{Value, json};

use super::super::super::book::Book;
use super::super::super::engine::change;
use super::super::super::engine::items::{self, Change, ItemChange, Proration};
use super::super::super::refusal::Refusal;
use super::super::super::row::{Invoice, Subscription};
use super::super::super::server::State;
use super::super::written;
use super::{PORTAL_SECONDS, Visit, either};

/// The price that a visitor chose, and the instant of the page that said what it costs.
#[derive(Debug, Deserialize)]
pub(super) struct Chosen {
    price: Option<String>,
    at: Option<i64>,
}

/// The change that a visitor wants.
fn wanted(one: &Subscription, price: &str, at: i64) -> Change {
    let item = one.items.first().map(|item| item.id.clone());
    let items = vec![ItemChange { id: item, price: Some(price.to_owned()), ..ItemChange::default() }];
    Change { items, proration: Proration::Now, at: Some(at), restart: false }
}

/// What a change would make to be paid now; `None`: nothing.
fn preview(book: &Book, id: &str, change: &Change) -> Result<Option<Invoice>, Refusal> {
    let mut copy = book.clone();
    let draft = items::change_items(&mut copy, id, change)?;
    draft.map(|draft| copy.invoice(&draft).cloned()).transpose()
}

pub(super) async fn choose(
    request: HttpRequest,
    path: web::Path<(String, String)>,
    query: web::Query<Chosen>,
    state: web::Data<State>,
) -> HttpResponse {
    let (secret, id) = path.into_inner();
    either(
        &state,
        Visit::find(&request, &secret, &state).and_then(|visit| {
            let one = visit.subscription(&id)?;
            Ok(match &query.price {
                Some(price) => shown_change(&visit, &state, one, price, None),
                None => visit.show(&state, "change.html", plans(&visit, &state, one), None),
            })
        }),
    )
}

/// The plans to choose among: active prices in the same currency of products that are sold.
fn plans(visit: &Visit, state: &State, one: &Subscription) -> Value {
    let book = &visit.book;
    let mut prices: Vec<_> = book
        .prices
        .values()
        .filter(|price| price.active && price.currency == one.currency)
        .filter(|price| {
            book.products.get(&price.product).is_some_and(|product| product.active && !product.deleted)
        })
        .collect();
    prices.sort_by_key(|price| (price.period.interval as u8, price.unit_amount));
    let all: Vec<Value> = prices
        .into_iter()
        .map(|price| {
            json!({
                "id": price.id,
                "name": book.products.get(&price.product).map(|product| product.name.clone()),
                "price": written::price(&state.pages.texts, visit.lang, price, 1),
                "current": one.items.iter().any(|item| item.price == price.id),
            })
        })
        .collect();
    json!({ "id": one.id, "prices": all, "preview": null })
}

/// The page that says what a change costs.
fn shown_change(
    visit: &Visit,
    state: &State,
    one: &Subscription,
    price: &str,
    wrong: Option<&Refusal>,
) -> HttpResponse {
    let at = visit.book.now.clamp(one.period_start, one.period_end);
    let found = preview(&visit.book, &one.id, &wanted(one, price, at));
    let invoice = match found {
        Ok(invoice) => invoice,
        Err(refusal) => return visit.show(state, "change.html", plans(visit, state, one), Some(&refusal)),
    };
    let money = |amount: i64| written::money(visit.lang, amount, &one.currency);
    let lines = invoice.as_ref().map_or(&[][..], |invoice| &invoice.lines);
    let mut shown: Vec<Value> =
        lines.iter().map(|line| json!({ "text": line.description, "amount": money(line.amount) })).collect();
    if shown.is_empty() {
        shown.push(json!({ "text": "–", "amount": money(0) }));
    }
    let discount = invoice.as_ref().map_or(0, |one| one.subtotal - one.total);
    let credit = invoice.as_ref().map_or(0, |one| one.amount_due - one.total);
    let chosen = visit.book.prices.get(price).map(|price| {
        let name = visit.book.products.get(&price.product).map_or("", |product| product.name.as_str());
        format!("{name} · {}", written::price(&state.pages.texts, visit.lang, price, 1))
    });
    let values = json!({
        "id": one.id, "price": price, "at": at, "preview": shown, "chosen": chosen,
        "discount": (discount != 0).then(|| money(-discount)), "credit": (credit != 0).then(|| money(credit)),
        "due": money(invoice.map_or(0, |one| one.amount_due)),
    });
    visit.show(state, "change.html", values, wrong)
}

pub(super) async fn confirm(
    request: HttpRequest,
    path: web::Path<(String, String)>,
    sent: web::Form<Chosen>,
    state: web::Data<State>,
) -> HttpResponse {
    let (secret, id) = path.into_inner();
    either(
        &state,
        Visit::find(&request, &secret, &state).and_then(|visit| {
            let one = visit.subscription(&id)?;
            let Some(price) = &sent.price else { return Ok(visit.home()) };
            // What was shown is what is charged, as long as the page is not old.
            let now = visit.book.now;
            let at = sent.at.filter(|at| (now - PORTAL_SECONDS..=now).contains(at)).unwrap_or(now);
            let change = wanted(one, price, at.clamp(one.period_start, one.period_end));
            let done = visit.act(&state, |book| match items::change_items(book, &id, &change)? {
                Some(draft) => change::charge_now(book, &draft, true),
                None => Ok(()),
            });
            Ok(match done {
                Ok(()) => visit.home(),
                Err(refusal) => shown_change(&visit, &state, one, price, Some(&refusal)),
            })
        }),
    )
}
