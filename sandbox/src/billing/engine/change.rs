//! What callers and customers do with a subscription.

use serde_json::{Map, Value};

use super::super::book::Book;
use super::super::calendar;
use super::super::refusal::Refusal;
use super::super::render;
use super::super::row::{
    Discount, InvoiceItem, InvoiceStatus, Item, Line, Metadata, Pause, Status, Subscription,
};
use super::invoice::{self, Plan};
use super::payment::{self, Payment};

/// What is done about the rest of a period when something changes within it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Proration {
    /// The difference is put on the next invoice.
    Next,
    /// It is invoiced and paid at once.
    Now,
    /// Nothing.
    None,
}

impl Proration {
    /// By the provider's name for it.
    pub fn parse(name: &str) -> Option<Self> {
        match name {
            "create_prorations" => Some(Self::Next),
            "always_invoice" => Some(Self::Now),
            "none" => Some(Self::None),
            _ => None,
        }
    }
}

/// What is wanted of an item; without an id a new one is added.
#[derive(Debug, Clone, Default)]
pub struct ItemChange {
    /// `si_…`.
    pub id: Option<String>,
    /// Another price.
    pub price: Option<String>,
    /// Another quantity.
    pub quantity: Option<i64>,
    /// It is taken out.
    pub deleted: bool,
    /// The caller's.
    pub metadata: Option<Metadata>,
}

/// What is wanted of a subscription's items.
#[derive(Debug, Clone)]
pub struct Change {
    /// What of which item.
    pub items: Vec<ItemChange>,
    /// What is done about the rest of the period.
    pub proration: Proration,
    /// The instant that the rest is counted from; without it now.
    pub at: Option<i64>,
    /// Whether a new period begins now even though the interval stays.
    pub restart: bool,
}

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

/// Changes items. While the interval stays the same the period stays, too; with another interval a new period begins now and is
/// invoiced now. Gives the draft that is to be paid now, if there is one.
///
/// # Errors
/// The subscription is over, an item or a price is not there, prices are of other currencies or intervals than each other, or the
/// instant lies outside the period.
pub fn items(book: &mut Book, id: &str, change: &Change) -> Result<Option<String>, Refusal> {
    let found = running(book, id)?;
    let items = wanted_items(book, &found, &change.items)?;
    if items == found.items && !change.restart {
        return Ok(None);
    }
    let (before, after) = (period_of(book, &found.items)?, period_of(book, &items)?);
    let now = book.now;
    let at = change.at.unwrap_or(now);
    if at < found.period_start || at > found.period_end {
        let message = "Cannot specify a proration_date outside of the current billing period.";
        return Err(Refusal::parameter("proration_date", message));
    }
    let trial = found.status == Status::Trialing;
    let restarts = (before != after || change.restart) && !trial;
    if change.proration != Proration::None && !trial {
        for item in found.items.iter().filter(|item| restarts || !items.contains(item)) {
            rest_item(book, &found, item, at, -1)?;
        }
        for item in items.iter().filter(|item| !restarts && !found.items.contains(item)) {
            rest_item(book, &found, item, at, 1)?;
        }
    }
    let mut lines = Vec::new();
    if restarts {
        let end = calendar::boundary(now, after, 1);
        for item in &items {
            lines.push(invoice::period_line(book, item, now, end)?);
        }
    }
    with(book, id, |found| {
        found.items = items;
        if restarts {
            found.anchor = now;
            found.period_start = now;
            found.period_end = calendar::boundary(now, after, 1);
            found.cancel_at = found.cancel_at.filter(|_| !found.cancel_at_period_end);
            if found.cancel_at_period_end {
                found.cancel_at = Some(found.period_end);
            }
        }
    })?;
    let waits = book
        .invoice_items
        .values()
        .any(|item| item.subscription.as_deref() == Some(id) && item.invoice.is_none() && !item.deleted);
    if !restarts && (change.proration != Proration::Now || !waits || trial) {
        return Ok(None);
    }
    invoice_now(book, id, lines, "subscription_update").map(Some)
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

fn wanted_items(book: &mut Book, found: &Subscription, changes: &[ItemChange]) -> Result<Vec<Item>, Refusal> {
    let mut items = found.items.clone();
    for (place, change) in changes.iter().enumerate() {
        if let Some(price) = &change.price {
            check_price(book, price, &found.currency, &format!("items[{place}][price]"))?;
        }
        let Some(id) = &change.id else {
            let price =
                change.price.clone().ok_or_else(|| Refusal::required(&format!("items[{place}][price]")))?;
            let (quantity, created) = (change.quantity.unwrap_or(1), book.now);
            let metadata = change.metadata.clone().unwrap_or_default();
            items.push(Item { id: book.id("si"), price, quantity, created, metadata });
            continue;
        };
        let Some(item) = items.iter_mut().find(|item| item.id == *id) else {
            return Err(Refusal::missing_at(&format!("items[{place}][id]"), "subscription item", id));
        };
        if let Some(price) = &change.price {
            item.price.clone_from(price);
        }
        item.quantity = change.quantity.unwrap_or(item.quantity);
        if let Some(metadata) = &change.metadata {
            item.metadata.clone_from(metadata);
        }
        if change.deleted {
            items.retain(|item| item.id != *id);
        }
    }
    if items.is_empty() {
        return Err(Refusal::parameter("items", "A subscription must have at least one active plan."));
    }
    Ok(items)
}

/// Checks that a price can be bought in a currency.
///
/// # Errors
/// It is not there, not active, or of another currency.
pub fn check_price(book: &Book, id: &str, currency: &str, param: &str) -> Result<(), Refusal> {
    let price = book.prices.get(id).ok_or_else(|| Refusal::missing_at(param, "price", id))?;
    if !price.active {
        let message =
            format!("The price specified is inactive. This field only accepts active prices: {id}.");
        return Err(Refusal::parameter(param, message));
    }
    if price.currency != currency {
        let message = format!(
            "The price specified only supports `{}`. This doesn't match the expected currency: `{currency}`.",
            price.currency
        );
        return Err(Refusal::parameter(param, message));
    }
    Ok(())
}

/// How often items are paid.
///
/// # Errors
/// There are none, a price is not there, or they are not paid equally often.
pub fn period_of(book: &Book, items: &[Item]) -> Result<super::super::row::Period, Refusal> {
    let mut found = None;
    for item in items {
        let period = book.price(&item.price)?.period;
        if found.is_some_and(|other| other != period) {
            let message = "All prices on a subscription must have the same `recurring.interval` and `recurring.interval_count`.";
            return Err(Refusal::parameter("items", message));
        }
        found = Some(period);
    }
    found.ok_or_else(|| Refusal::parameter("items", "A subscription must have at least one active plan."))
}

/// Puts what is left of a period on the next invoice: with sign -1 as credit, with 1 as a debt.
fn rest_item(book: &mut Book, of: &Subscription, item: &Item, at: i64, sign: i64) -> Result<(), Refusal> {
    let price = book.price(&item.price)?.clone();
    let whole = price.unit_amount * item.quantity * sign;
    let what = if sign < 0 { "Unused time on" } else { "Remaining time on" };
    let times = if item.quantity == 1 { String::new() } else { format!("{} × ", item.quantity) };
    let name = invoice::product_name(book, &price.product);
    let (id, line_id) = (book.id("ii"), book.id("il"));
    let line = Line {
        id: line_id,
        description: format!("{what} {times}{name} after {}", render::day(at)),
        amount: calendar::rest(whole, of.period_start, of.period_end, at),
        discounts: Vec::new(),
        start: at,
        end: of.period_end,
        proration: true,
        price: Some(price.id),
        quantity: item.quantity,
        item: Some(item.id.clone()),
        invoice_item: Some(id.clone()),
    };
    let row = InvoiceItem {
        id: id.clone(),
        customer: of.customer.clone(),
        subscription: Some(of.id.clone()),
        invoice: None,
        currency: of.currency.clone(),
        line,
        created: book.now,
        deleted: false,
        metadata: Metadata::new(),
    };
    book.invoice_items.put(&id, row);
    let object = render::invoice_item(book, &id);
    book.tell("invoiceitem.created", object, None);
    Ok(())
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
            rest_item(book, &found, item, now, -1)?;
        }
    }
    end(book, id, Some("cancellation_requested"))?;
    let waits = book
        .invoice_items
        .values()
        .any(|item| item.subscription.as_deref() == Some(id) && item.invoice.is_none() && !item.deleted);
    if invoice && waits {
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
    let period = period_of(book, &book.subscription(id)?.items)?;
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
