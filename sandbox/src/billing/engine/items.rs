//! What a subscription holds: prices and quantities, how they are changed, and what is done about the rest of a period.

use super::super::book::Book;
use super::super::calendar;
use super::super::refusal::Refusal;
use super::super::render;
use super::super::row::{InvoiceItem, Item, Line, Metadata, Period, Status, Subscription};
use super::change::{self, running, with};
use super::invoice;

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

/// Changes items. While the interval stays the same the period stays, too; with another interval a new period begins now and is
/// invoiced now. Gives the draft that is to be paid now, if there is one.
///
/// # Errors
/// The subscription is over, an item or a price is not there, prices are of other currencies or intervals than each other, or the
/// instant lies outside the period.
pub fn change_items(book: &mut Book, id: &str, change: &Change) -> Result<Option<String>, Refusal> {
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
            rest(book, &found, item, at, -1)?;
        }
        for item in items.iter().filter(|item| !restarts && !found.items.contains(item)) {
            rest(book, &found, item, at, 1)?;
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
    if !restarts && (change.proration != Proration::Now || !waits(book, id) || trial) {
        return Ok(None);
    }
    change::invoice_now(book, id, lines, "subscription_update").map(Some)
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
pub fn period_of(book: &Book, items: &[Item]) -> Result<Period, Refusal> {
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
///
/// # Errors
/// The price is not there.
pub fn rest(book: &mut Book, of: &Subscription, item: &Item, at: i64, sign: i64) -> Result<(), Refusal> {
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

/// Whether something of a subscription waits for its next invoice.
pub fn waits(book: &Book, id: &str) -> bool {
    let of_it = |item: &InvoiceItem| item.subscription.as_deref() == Some(id);
    book.invoice_items.values().any(|item| of_it(item) && item.invoice.is_none() && !item.deleted)
}
