//! `POST /v1/invoices/create_preview`: what a change would cost, found out by making it on a copy of the book.

use serde_json::Value;

use super::super::engine::change;
use super::super::engine::discount;
use super::super::engine::items::{self, Proration};
use super::super::engine::start;
use super::super::refusal::Refusal;
use super::super::render;
use super::super::row::Status;
use super::subscriptions::next_draft;
use super::wanted::{change_of, coupons, item_changes, order, usual};
use super::{Answer, Call};

pub(super) fn create(call: &mut Call<'_>) -> Answer {
    let (named, subscription) = (super::customer(call, "customer")?, call.params.text("subscription")?);
    let customer = match &subscription {
        Some(id) => {
            let found = call.book.subscriptions.get(id);
            found.ok_or_else(|| Refusal::missing_at("subscription", "subscription", id))?.customer.clone()
        }
        None => named.clone().ok_or_else(|| Refusal::required("customer"))?,
    };
    if named.is_some_and(|named| named != customer) {
        return Err(Refusal::parameter("customer", "The customer is not the subscription's."));
    }
    call.book.enter(Some(&customer), call.real);
    let coupons = coupons(call, "discounts", Some(&customer))?;
    super::currency(&mut call.params, "currency")?;
    usual(&mut call.params)?;
    let details = call.params.child("subscription_details");
    let mut copy = call.book.clone();
    let mut inner = Call { book: &mut copy, params: details.unwrap_or_default(), real: call.real };
    let draft = match &subscription {
        Some(id) => of_change(&mut inner, id, &customer, coupons)?,
        None => {
            let mut order = order(&mut inner, customer)?;
            order.coupons.extend(coupons);
            let id = start::begin(inner.book, &order)?;
            start::first_draft(inner.book, &id)?
        }
    };
    inner.params.finish()?;
    let mut shown = render::invoice(&copy, &draft);
    let id = Value::from(format!("upcoming_{draft}"));
    for line in shown["lines"]["data"].as_array_mut().into_iter().flatten() {
        line["invoice"] = id.clone();
    }
    shown["id"] = id;
    Ok(shown)
}

fn of_change(
    call: &mut Call<'_>,
    id: &str,
    customer: &str,
    coupons: Vec<(String, Option<String>)>,
) -> Result<String, Refusal> {
    let found = change::running(call.book, id)?;
    if !coupons.is_empty() {
        let mut given = Vec::new();
        for (coupon, code) in coupons {
            given.push(discount::give(call.book, &coupon, code, customer, &found.currency)?);
        }
        change::discounts(call.book, id, given)?;
    }
    let now = call.book.now;
    if call.params.flag("cancel_now")?.unwrap_or(false) {
        call.params.flag("cancel_at_period_end")?;
        change::cancel(call.book, id, true, false)?;
        return change::invoice_now(call.book, id, Vec::new(), "subscription_update");
    }
    if let Some(cancel) = call.params.flag("cancel_at_period_end")? {
        change::cancel_at_period_end(call.book, id, cancel)?;
    }
    let items = item_changes(&mut call.params)?;
    let trial_end = call.params.instant("trial_end", now)?;
    let change = change_of(&mut call.params, now, items)?;
    let mut draft = None;
    if let Some(end) = trial_end {
        draft = change::trial_end(call.book, id, end)?;
    }
    if !change.items.is_empty() || change.restart {
        draft = items::change_items(call.book, id, &change)?.or(draft);
    }
    match draft {
        Some(draft) => Ok(draft),
        // Nothing would be paid now.
        None if change.proration == Proration::Now
            && found.status != Status::Trialing
            && !change.items.is_empty() =>
        {
            change::invoice_now(call.book, id, Vec::new(), "subscription_update")
        }
        None => next_draft(call, id),
    }
}
