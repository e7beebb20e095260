//! `/v1/subscriptions` and `/v1/subscription_items`.

use super::super::engine::change;
use super::super::engine::items::{self, Proration};
use super::super::engine::{discount, invoice, start};
use super::super::form::Params;
use super::super::refusal::Refusal;
use super::super::render;
use super::super::row::{Pause, PauseBehavior, Status};
use super::lists::{Created, page};
use super::wanted::{change_of, check_card, coupons, item_changes, order, usual};
use super::{Answer, Call, required_customer, retrieve};

pub(super) fn route(call: &mut Call<'_>, method: &str, segments: &[&str], path: &str) -> Answer {
    if let ("subscriptions", Some(id)) = (segments[0], segments.get(1)) {
        let customer = call.book.subscriptions.get(id).map(|found| found.customer.clone());
        call.book.enter(customer.as_deref(), call.real);
    }
    match (method, segments) {
        ("POST", ["subscriptions"]) => create(call),
        ("GET", ["subscriptions"]) => list(call),
        ("GET", ["subscriptions", id]) => retrieve(call, "subscriptions", id),
        ("POST", ["subscriptions", id]) => update(call, id),
        ("DELETE", ["subscriptions", id]) => cancel(call, id),
        ("POST", ["subscriptions", id, "resume"]) => resume(call, id),
        ("DELETE", ["subscriptions", id, "discount"]) => {
            change::discounts(call.book, id, Vec::new())?;
            Ok(serde_json::json!({ "id": id, "object": "discount", "deleted": true }))
        }
        ("GET", ["subscription_items"]) => list_items(call),
        _ => Err(Refusal::unknown_address(method, path)),
    }
}

fn create(call: &mut Call<'_>) -> Answer {
    let customer = required_customer(call, "customer")?;
    let order = order(call, customer)?;
    super::currency(&mut call.params, "currency")?;
    usual(&mut call.params)?;
    let id = start::start(call.book, &order)?;
    Ok(render::subscription(call.book, &id))
}

/// How a payment that a change leads to may end.
fn strictly(params: &mut Params) -> Result<bool, Refusal> {
    let known = |name: &str| match name {
        "allow_incomplete" | "default_incomplete" => Some(false),
        "error_if_incomplete" => Some(true),
        _ => None,
    };
    Ok(params.one_of("payment_behavior", known)?.unwrap_or(false))
}

fn update(call: &mut Call<'_>, id: &str) -> Answer {
    let found = call.book.subscription(id)?.clone();
    let customer = found.customer.clone();
    let clears = call.params.take("discounts").is_some_and(|all| all.is_empty());
    let coupons = coupons(call, "discounts", Some(&customer))?;
    if clears || !coupons.is_empty() {
        let mut given = Vec::new();
        for (coupon, code) in coupons {
            given.push(discount::give(call.book, &coupon, code, &customer, &found.currency)?);
        }
        change::discounts(call.book, id, given)?;
    }
    usual(&mut call.params)?;
    texts(call, id)?;
    ends(call, id)?;
    let now = call.book.now;
    if let Some(pause) = pause(&mut call.params, now)? {
        change::pause(call.book, id, pause)?;
    }
    let strictly = strictly(&mut call.params)?;
    let trial_end = call.params.instant("trial_end", now)?;
    let items = item_changes(&mut call.params)?;
    let change = change_of(&mut call.params, now, items)?;
    let mut drafts = Vec::new();
    if let Some(end) = trial_end {
        drafts.extend(change::trial_end(call.book, id, end)?);
    }
    if !change.items.is_empty() || change.restart {
        drafts.extend(items::change_items(call.book, id, &change)?);
    }
    for draft in drafts {
        change::charge_now(call.book, &draft, strictly)?;
    }
    Ok(render::subscription(call.book, id))
}

fn texts(call: &mut Call<'_>, id: &str) -> Result<(), Refusal> {
    let found = call.book.subscription(id)?;
    let (mut metadata, mut cancellation) = (found.metadata.clone(), found.cancellation.clone());
    let (mut description, mut card) = (found.description.clone(), found.default_payment_method.clone());
    let customer = found.customer.clone();
    let params = &mut call.params;
    params.metadata("metadata", &mut metadata)?;
    if let Some(mut details) = params.child("cancellation_details") {
        for key in ["comment", "feedback"] {
            if let Some(text) = details.text(key)? {
                cancellation.insert(key.to_owned(), text);
            }
        }
        details.finish()?;
    }
    if let Some(text) = params.clearable("description")? {
        description = text;
    }
    if let Some(wanted) = params.clearable("default_payment_method")? {
        card = wanted;
        check_card(call, card.as_deref(), &customer)?;
    }
    change::with(call.book, id, |found| {
        (found.metadata, found.cancellation) = (metadata, cancellation);
        (found.description, found.default_payment_method) = (description, card);
    })
}

fn ends(call: &mut Call<'_>, id: &str) -> Result<(), Refusal> {
    if let Some(cancel) = call.params.flag("cancel_at_period_end")?
        && call.book.subscription(id)?.cancel_at_period_end != cancel
    {
        change::cancel_at_period_end(call.book, id, cancel)?;
    }
    let now = call.book.now;
    match call.params.take("cancel_at").as_deref() {
        None => Ok(()),
        Some("") => change::cancel_at(call.book, id, None),
        Some(text) => {
            let at = text.parse().map_err(|_| Refusal::parameter("cancel_at", "Invalid timestamp."))?;
            change::cancel_at(call.book, id, Some(at).filter(|at: &i64| *at > now).or(Some(at)))
        }
    }
}

fn pause(params: &mut Params, now: i64) -> Result<Option<Option<Pause>>, Refusal> {
    if params.take("pause_collection").is_some_and(|all| all.is_empty()) {
        return Ok(Some(None));
    }
    let Some(mut wanted) = params.child("pause_collection") else { return Ok(None) };
    let behavior = wanted.one_of("behavior", PauseBehavior::parse)?;
    let behavior = behavior.ok_or_else(|| Refusal::required("pause_collection[behavior]"))?;
    let resumes_at = wanted.instant("resumes_at", now)?;
    wanted.finish()?;
    Ok(Some(Some(Pause { behavior, resumes_at })))
}

fn cancel(call: &mut Call<'_>, id: &str) -> Answer {
    let prorate = call.params.flag("prorate")?.unwrap_or(false);
    let invoice = call.params.flag("invoice_now")?.unwrap_or(false);
    if let Some(mut details) = call.params.child("cancellation_details") {
        for key in ["comment", "feedback"] {
            if let Some(text) = details.text(key)? {
                call.book.subscription_mut(id)?.cancellation.insert(key.to_owned(), text);
            }
        }
        details.finish()?;
    }
    change::cancel(call.book, id, prorate, invoice)?;
    Ok(render::subscription(call.book, id))
}

fn resume(call: &mut Call<'_>, id: &str) -> Answer {
    call.params.one_of("billing_cycle_anchor", |name| (name == "now").then_some(()))?;
    call.params.one_of("proration_behavior", Proration::parse)?;
    change::resume(call.book, id)?;
    Ok(render::subscription(call.book, id))
}

fn list(call: &mut Call<'_>) -> Answer {
    let params = &mut call.params;
    let (customer, price) = (params.text("customer")?, params.text("price")?);
    let (status, clock) = (params.text("status")?, params.text("test_clock")?);
    let created = Created::take(params)?;
    let fits = |of: Status| match status.as_deref() {
        None => of != Status::Canceled,
        Some("all") => true,
        Some("ended") => of.is_over(),
        Some(name) => of.as_str() == name,
    };
    if let Some(name) = status.as_deref().filter(|name| !matches!(*name, "all" | "ended"))
        && Status::parse(name).is_none()
    {
        return Err(Refusal::parameter("status", format!("Invalid status: {name}")));
    }
    let follows = |id: &str| call.book.customers.get(id).is_some_and(|found| found.test_clock == clock);
    let all = call
        .book
        .subscriptions
        .values()
        .filter(|one| fits(one.status) && created.holds(one.created))
        .filter(|one| match &customer {
            Some(wanted) => one.customer == *wanted,
            // Without a customer, those of test clocks are listed only with their clock.
            None => follows(&one.customer),
        })
        .filter(|one| price.as_ref().is_none_or(|wanted| one.items.iter().any(|item| item.price == *wanted)))
        .map(|one| (one.created, one.id.clone()))
        .collect();
    page(call, "/v1/subscriptions", all, render::subscription)
}

fn list_items(call: &mut Call<'_>) -> Answer {
    let id = call.params.required("subscription")?;
    let found = call.book.subscription(&id)?.clone();
    let all = found.items.iter().map(|item| (item.created, item.id.clone())).collect();
    page(call, "/v1/subscription_items", all, |book, id| {
        let item = found.items.iter().find(|item| item.id == id);
        item.map_or(serde_json::Value::Null, |item| render::subscription_item(book, &found, item))
    })
}

/// The draft of the next renewal, of a copy of the book whose clock has been moved on.
pub(super) fn next_draft(call: &mut Call<'_>, id: &str) -> Result<String, Refusal> {
    let found = change::running(call.book, id)?;
    if found.cancel_at_period_end || found.status == Status::Paused {
        let message = "No upcoming invoices for this subscription.";
        return Err(Refusal::state("invoice_upcoming_none", message));
    }
    call.book.now = found.period_end;
    let period = items::period_of(call.book, &found.items)?;
    let (start, end) = super::super::calendar::around(found.anchor, period, found.period_end);
    let row = call.book.subscription_mut(id)?;
    (row.period_start, row.period_end) = (start, end);
    let draft = change::period_draft(call.book, id, "subscription_cycle", None)?;
    invoice::tell(call.book, "invoice.upcoming", &draft);
    Ok(draft)
}
