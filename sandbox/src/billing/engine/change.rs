//! What callers and customers do with a subscription.

use serde_json::{Map, Value};

use super::super::book::Book;
use super::super::calendar;
use super::super::refusal::Refusal;
use super::super::render;
use super::super::row::{Discount, InvoiceStatus, Line, Pause, Status, Subscription};
use super::invoice::{self, Plan};
use super::items;
use super::payment::{self, Payment};

/// Changes a subscription and tells what it was before.
///
/// # Errors
/// There is no such subscription.
pub fn with(book: &mut Book, id: &str, change: impl FnOnce(&mut Subscription)) -> Result<(), Refusal> {
    let before = render::subscription(book, id);
    change(book.subscription_mut(id)?);
    let after = render::subscription(book, id);
    if let Some(previous) = difference(&before, &after) {
        book.tell("customer.subscription.updated", after, Some(previous));
    }
    Ok(())
}

/// What the fields that differ were before; `None`: nothing differs.
pub fn difference(before: &Value, after: &Value) -> Option<Value> {
    let (before, after) = (before.as_object()?, after.as_object()?);
    let changed = before.iter().filter(|(key, value)| after.get(*key) != Some(*value));
    let previous: Map<String, Value> = changed.map(|(key, value)| (key.clone(), value.clone())).collect();
    (!previous.is_empty()).then_some(Value::Object(previous))
}

/// The subscription, unless it is over.
///
/// # Errors
/// It is over, or not there.
pub fn running(book: &Book, id: &str) -> Result<Subscription, Refusal> {
    let found = book.subscription(id)?;
    if found.status.is_over() {
        let message = "A canceled subscription can only update its cancellation_details and metadata.";
        return Err(Refusal::parameter("id", message));
    }
    Ok(found.clone())
}

/// Brings a subscription's status in line with its newest invoice that is final.
///
/// # Errors
/// There is no such subscription.
pub fn restand(book: &mut Book, id: &str) -> Result<(), Refusal> {
    let found = book.subscription(id)?;
    let of_it = |invoice: &&super::super::row::Invoice| {
        let counts = !matches!(invoice.status, InvoiceStatus::Draft | InvoiceStatus::Void);
        invoice.subscription.as_deref() == Some(id) && counts
    };
    let newest = book.invoices.values().rev().find(of_it);
    let owes =
        newest.is_some_and(|invoice| invoice.status == InvoiceStatus::Open && invoice.attempt_count > 0);
    let paid = newest.is_some_and(|invoice| invoice.status == InvoiceStatus::Paid);
    let status = match found.status {
        Status::Incomplete if paid => Status::Active,
        Status::Active | Status::PastDue if owes => Status::PastDue,
        Status::PastDue | Status::Unpaid if !owes => Status::Active,
        same => same,
    };
    if status == found.status { Ok(()) } else { with(book, id, |found| found.status = status) }
}

/// Makes a draft of what waits for a subscription's next invoice, with these lines beside it.
///
/// # Errors
/// The subscription or its customer is not there.
pub fn invoice_now(
    book: &mut Book,
    id: &str,
    lines: Vec<Line>,
    reason: &'static str,
) -> Result<String, Refusal> {
    let found = book.subscription(id)?;
    let plan = Plan {
        customer: found.customer.clone(),
        subscription: Some(id.to_owned()),
        reason,
        currency: found.currency.clone(),
        lines,
        discounts: None,
        finalizes_at: None,
        takes_pending: true,
    };
    invoice::draft(book, plan)
}

/// Makes a draft final and pays it. With `strictly` a payment that is declined is an error.
///
/// # Errors
/// The draft is not there, or the payment was declined.
pub fn charge_now(book: &mut Book, draft: &str, strictly: bool) -> Result<(), Refusal> {
    invoice::finalize(book, draft)?;
    match payment::collect(book, draft)? {
        Payment::Declined(code) if strictly => Err(Refusal::declined(code, false)),
        _ => Ok(()),
    }
}

/// Lets a subscription end with its period, or takes that back.
///
/// # Errors
/// It is over, or not there.
pub fn cancel_at_period_end(book: &mut Book, id: &str, cancel: bool) -> Result<(), Refusal> {
    running(book, id)?;
    let now = book.now;
    with(book, id, |found| {
        found.cancel_at_period_end = cancel;
        found.cancel_at = cancel.then_some(found.period_end);
        found.canceled_at = cancel.then_some(now);
        found.cancellation.remove("reason");
        if cancel {
            found.cancellation.insert("reason".to_owned(), "cancellation_requested".to_owned());
        }
    })
}

/// Lets a subscription end at an instant, or takes that back.
///
/// # Errors
/// It is over, or not there, or the instant has passed.
pub fn cancel_at(book: &mut Book, id: &str, at: Option<i64>) -> Result<(), Refusal> {
    running(book, id)?;
    let now = book.now;
    if at.is_some_and(|at| at <= now) {
        return Err(Refusal::parameter("cancel_at", "cancel_at must be in the future."));
    }
    with(book, id, |found| {
        found.cancel_at_period_end = false;
        found.cancel_at = at;
        found.canceled_at = at.map(|_| now);
    })
}

/// Ends a subscription now. With `prorate` the rest of the period becomes credit on the next invoice; with `invoice` that invoice
/// is made now.
///
/// # Errors
/// It is over, or not there.
pub fn cancel(book: &mut Book, id: &str, prorate: bool, invoice: bool) -> Result<(), Refusal> {
    let found = running(book, id)?;
    let now = book.now;
    if prorate && matches!(found.status, Status::Active | Status::PastDue) {
        for item in &found.items {
            items::rest(book, &found, item, now, -1)?;
        }
    }
    end(book, id, Some("cancellation_requested"))?;
    if invoice && items::waits(book, id) {
        let draft = invoice_now(book, id, Vec::new(), "subscription_update")?;
        charge_now(book, &draft, false)?;
    }
    Ok(())
}

/// Ends it. Its invoices that are not paid stay as they are and are tried no more.
///
/// # Errors
/// It is not there.
pub fn end(book: &mut Book, id: &str, reason: Option<&str>) -> Result<(), Refusal> {
    let now = book.now;
    let found = book.subscription_mut(id)?;
    found.status = Status::Canceled;
    found.canceled_at.get_or_insert(now);
    found.ended_at = Some(now);
    if let Some(reason) = reason {
        found.cancellation.entry("reason".to_owned()).or_insert_with(|| reason.to_owned());
    }
    let left: Vec<String> = book
        .invoices
        .values()
        .filter(|one| one.subscription.as_deref() == Some(id) && one.auto_advance)
        .map(|one| one.id.clone())
        .collect();
    for one in left {
        let invoice = book.invoice_mut(&one)?;
        (invoice.next_attempt, invoice.finalizes_at, invoice.auto_advance) = (None, None, false);
        invoice::tell(book, "invoice.updated", &one);
    }
    let object = render::subscription(book, id);
    book.tell("customer.subscription.deleted", object, None);
    Ok(())
}

/// Pauses the collection of payments, or takes a pause back.
///
/// # Errors
/// It is over, or not there.
pub fn pause(book: &mut Book, id: &str, pause: Option<Pause>) -> Result<(), Refusal> {
    running(book, id)?;
    with(book, id, |found| found.pause = pause)
}

/// Puts these discounts in place of those that a subscription has.
///
/// # Errors
/// It is over, or not there.
pub fn discounts(book: &mut Book, id: &str, mut discounts: Vec<Discount>) -> Result<(), Refusal> {
    running(book, id)?;
    for discount in &mut discounts {
        discount.subscription = Some(id.to_owned());
    }
    with(book, id, |found| found.discounts = discounts)
}

/// Moves the end of a trial; in the past or now it ends the trial, and the first period is invoiced now.
///
/// # Errors
/// It is over, or not there.
pub fn trial_end(book: &mut Book, id: &str, end: i64) -> Result<Option<String>, Refusal> {
    let found = running(book, id)?;
    let now = book.now;
    if end <= now {
        if found.status != Status::Trialing {
            return Ok(None);
        }
        with(book, id, |found| found.trial_end = Some(now))?;
        begin_period(book, id, now)?;
        return period_draft(book, id, "subscription_update", None).map(Some);
    }
    with(book, id, |found| {
        found.trial_start.get_or_insert(now);
        found.trial_end = Some(end);
        found.trial_notice = false;
        found.status = Status::Trialing;
        found.anchor = end;
        found.period_end = end;
        if found.cancel_at_period_end {
            found.cancel_at = Some(end);
        }
    })?;
    Ok(None)
}

/// Begins a paid period at an instant that periods are counted from then on.
///
/// # Errors
/// The subscription or a price is not there.
pub fn begin_period(book: &mut Book, id: &str, at: i64) -> Result<(), Refusal> {
    let period = items::period_of(book, &book.subscription(id)?.items)?;
    with(book, id, |found| {
        found.status = Status::Active;
        found.anchor = at;
        found.period_start = at;
        found.period_end = calendar::boundary(at, period, 1);
    })
}

/// Makes the draft for the current period.
///
/// # Errors
/// The subscription or a price is not there.
pub fn period_draft(
    book: &mut Book,
    id: &str,
    reason: &'static str,
    finalizes_at: Option<i64>,
) -> Result<String, Refusal> {
    let found = book.subscription(id)?.clone();
    let mut lines = Vec::new();
    for item in &found.items {
        lines.push(invoice::period_line(book, item, found.period_start, found.period_end)?);
    }
    let plan = Plan {
        customer: found.customer,
        subscription: Some(id.to_owned()),
        reason,
        currency: found.currency,
        lines,
        discounts: None,
        finalizes_at,
        takes_pending: true,
    };
    invoice::draft(book, plan)
}

/// Lets a subscription go on that stopped since its trial ended without a card; its period begins now and is paid now.
///
/// # Errors
/// It is not there, or did not stop.
pub fn resume(book: &mut Book, id: &str) -> Result<(), Refusal> {
    let found = running(book, id)?;
    if found.status != Status::Paused {
        return Err(Refusal::parameter("id", "Only a paused subscription can be resumed."));
    }
    let now = book.now;
    begin_period(book, id, now)?;
    let object = render::subscription(book, id);
    book.tell("customer.subscription.resumed", object, None);
    let draft = period_draft(book, id, "subscription_update", None)?;
    charge_now(book, &draft, false)
}
