//! How an invoice goes on when its hour is over, and how it is taken back or given up.

use super::super::book::Book;
use super::super::refusal::Refusal;
use super::super::render;
use super::super::row::{IntentStatus, InvoiceStatus, PauseBehavior, Subscription};
use super::invoice::{enter_balance, finalize, tell};
use super::{change, payment};

/// Takes back an invoice that is final and not paid. What it settled with the balance is undone.
///
/// # Errors
/// It is not there, or it is a draft, paid or void.
pub fn void(book: &mut Book, id: &str) -> Result<(), Refusal> {
    let invoice = book.invoice(id)?.clone();
    if !matches!(invoice.status, InvoiceStatus::Open | InvoiceStatus::Uncollectible) {
        let message = format!(
            "You can only void an open or uncollectible invoice; this one is {}.",
            invoice.status.as_str()
        );
        return Err(Refusal::state("invoice_not_editable", message));
    }
    let back = invoice.starting_balance - invoice.ending_balance;
    enter_balance(book, &invoice.customer, back, ("unapplied_from_invoice", Some(id), None))?;
    close(book, id, InvoiceStatus::Void, "invoice.voided")
}

/// Gives up an invoice that is open.
///
/// # Errors
/// It is not there, or not open.
pub fn mark_uncollectible(book: &mut Book, id: &str) -> Result<(), Refusal> {
    let status = book.invoice(id)?.status;
    if status != InvoiceStatus::Open {
        let message =
            format!("You can only mark an open invoice as uncollectible; this one is {}.", status.as_str());
        return Err(Refusal::state("invoice_not_editable", message));
    }
    close(book, id, InvoiceStatus::Uncollectible, "invoice.marked_uncollectible")
}

fn close(book: &mut Book, id: &str, status: InvoiceStatus, kind: &str) -> Result<(), Refusal> {
    let now = book.now;
    let invoice = book.invoice_mut(id)?;
    invoice.status = status;
    invoice.next_attempt = None;
    invoice.auto_advance = false;
    match status {
        InvoiceStatus::Void => invoice.voided_at = Some(now),
        _ => invoice.uncollectible_at = Some(now),
    }
    let (intent, subscription) = (invoice.intent.clone(), invoice.subscription.clone());
    if let Some(intent) = intent.filter(|_| status == InvoiceStatus::Void) {
        let found = book.intent_mut(&intent)?;
        found.status = IntentStatus::Canceled;
        found.canceled_at = Some(now);
        let object = render::intent(book, &intent);
        book.tell("payment_intent.canceled", object, None);
    }
    tell(book, kind, id);
    subscription.map_or(Ok(()), |subscription| change::restand(book, &subscription))
}

/// A draft whose hour is over becomes final and is paid, unless payments are paused.
///
/// # Errors
/// It or its subscription is not there.
pub fn advance(book: &mut Book, id: &str) -> Result<(), Refusal> {
    let subscription = book.invoice(id)?.subscription.clone();
    let pause = subscription.as_deref().and_then(|id| book.subscriptions.get(id)).and_then(pause_of);
    if pause == Some(PauseBehavior::KeepAsDraft) {
        let invoice = book.invoice_mut(id)?;
        invoice.auto_advance = false;
        invoice.finalizes_at = None;
        tell(book, "invoice.updated", id);
        return Ok(());
    }
    finalize(book, id)?;
    if book.invoice(id)?.status != InvoiceStatus::Open {
        return Ok(());
    }
    match pause {
        Some(PauseBehavior::Void) => void(book, id),
        Some(_) => mark_uncollectible(book, id),
        None => payment::collect(book, id).map(|_| ()),
    }
}

fn pause_of(subscription: &Subscription) -> Option<PauseBehavior> {
    subscription.pause.map(|pause| pause.behavior)
}
