//! Payments: how they are tried, tried again, and given back.

use super::super::book::Book;
use super::super::calendar;
use super::super::refusal::Refusal;
use super::super::render;
use super::super::row::{Charge, IntentStatus, InvoiceStatus, Metadata, PaymentMethod, Refund, Status};
use super::{change, invoice};

/// What became of a payment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Payment {
    /// It is paid.
    Paid,
    /// It was declined, with this code.
    Declined(&'static str),
}

/// The card that an invoice is paid with: the subscription's own, else the customer's.
fn card_for(book: &Book, id: &str) -> Result<Option<PaymentMethod>, Refusal> {
    let invoice = book.invoice(id)?;
    let subscription = invoice.subscription.as_deref().and_then(|id| book.subscriptions.get(id));
    let own = subscription.and_then(|found| found.default_payment_method.clone());
    let default = book.customer(&invoice.customer)?.default_payment_method.clone();
    let attached = |card: &PaymentMethod| card.customer.as_ref() == Some(&invoice.customer);
    Ok(own.or(default).and_then(|id| book.payment_methods.get(&id)).filter(|card| attached(card)).cloned())
}

/// Tries to take the money of an open invoice from a card; without one, from that which is due.
///
/// # Errors
/// There is no such invoice, or it is not open.
pub fn pay(book: &mut Book, id: &str, with: Option<&str>) -> Result<Payment, Refusal> {
    let found = book.invoice(id)?.clone();
    if !matches!(found.status, InvoiceStatus::Open | InvoiceStatus::Uncollectible) {
        let message = format!("Invoice is {}: only an open invoice can be paid.", found.status.as_str());
        let code =
            if found.status == InvoiceStatus::Paid { "invoice_already_paid" } else { "invoice_not_open" };
        return Err(Refusal::state(code, message));
    }
    let card = match with {
        Some(id) => Some(book.payment_method(id)?.clone()),
        None => card_for(book, id)?,
    };
    let invoice = book.invoice_mut(id)?;
    invoice.attempt_count += 1;
    let Some(intent) = invoice.intent.clone() else {
        settle(book, id, 0)?;
        return Ok(Payment::Paid);
    };
    let Some(card) = card else { return Ok(Payment::Declined("missing_payment_method")) };
    let declined = card.card.decline_code();
    let charge = Charge {
        id: book.id("ch"),
        intent: intent.clone(),
        customer: found.customer.clone(),
        invoice: id.to_owned(),
        amount: found.remaining(),
        refunded: 0,
        currency: found.currency.clone(),
        declined: declined.map(str::to_owned),
        payment_method: card.id.clone(),
        created: book.now,
        metadata: Metadata::new(),
    };
    let (charge_id, amount) = (charge.id.clone(), charge.amount);
    book.charges.put(&charge_id, charge);
    let now = book.now;
    let wanted = book.intent_mut(&intent)?;
    wanted.latest_charge = Some(charge_id.clone());
    wanted.payment_method = Some(card.id);
    wanted.declined = declined.map(str::to_owned);
    if declined.is_none() {
        wanted.status = IntentStatus::Succeeded;
        wanted.paid_at = Some(now);
    }
    let outcome = if declined.is_none() { "succeeded" } else { "failed" };
    let object = render::charge(book, &charge_id);
    book.tell(&format!("charge.{outcome}"), object, None);
    let object = render::intent(book, &intent);
    let kind = if declined.is_none() { "payment_intent.succeeded" } else { "payment_intent.payment_failed" };
    book.tell(kind, object, None);
    match declined {
        None => {
            settle(book, id, amount)?;
            Ok(Payment::Paid)
        }
        Some(code) => Ok(Payment::Declined(code)),
    }
}

/// Marks an invoice as paid with this amount, and the subscription as what it then is.
///
/// # Errors
/// The invoice or its subscription is not there.
pub fn settle(book: &mut Book, id: &str, amount: i64) -> Result<(), Refusal> {
    let now = book.now;
    let invoice = book.invoice_mut(id)?;
    invoice.status = InvoiceStatus::Paid;
    invoice.paid_at = Some(now);
    invoice.amount_paid += amount;
    invoice.next_attempt = None;
    invoice.auto_advance = false;
    let subscription = invoice.subscription.clone();
    invoice::tell(book, "invoice.paid", id);
    invoice::tell(book, "invoice.payment_succeeded", id);
    subscription.map_or(Ok(()), |subscription| change::restand(book, &subscription))
}

/// Marks an open invoice as paid in another way.
///
/// # Errors
/// It is not there, or not open.
pub fn paid_elsewhere(book: &mut Book, id: &str) -> Result<(), Refusal> {
    let invoice = book.invoice(id)?;
    if !matches!(invoice.status, InvoiceStatus::Open | InvoiceStatus::Uncollectible) {
        return Err(Refusal::state("invoice_not_open", "Only an open invoice can be paid."));
    }
    let (left, intent) = (invoice.remaining(), invoice.intent.clone());
    if let Some(intent) = intent {
        let now = book.now;
        let found = book.intent_mut(&intent)?;
        found.status = IntentStatus::Canceled;
        found.canceled_at = Some(now);
    }
    settle(book, id, left)
}

/// Pays an invoice of a running subscription; where that fails, says so, and plans the next try or, after the last one, does
/// what is done then.
///
/// # Errors
/// The invoice or its subscription is not there.
pub fn collect(book: &mut Book, id: &str) -> Result<Payment, Refusal> {
    if book.invoice(id)?.status != InvoiceStatus::Open {
        return Ok(Payment::Paid);
    }
    let payment = pay(book, id, None)?;
    if let Payment::Declined(_) = payment {
        plan_next(book, id)?;
    }
    Ok(payment)
}

/// What follows a try that failed.
///
/// # Errors
/// The invoice or its subscription is not there.
pub fn plan_next(book: &mut Book, id: &str) -> Result<(), Refusal> {
    let (now, dunning) = (book.now, book.dunning.clone());
    let invoice = book.invoice_mut(id)?;
    let subscription = invoice.subscription.clone();
    // The first invoice of a subscription is not tried again: it waits for its customer.
    if invoice.billing_reason == "subscription_create" {
        invoice::tell(book, "invoice.payment_failed", id);
        return Ok(());
    }
    let tries = usize::try_from(invoice.attempt_count).unwrap_or(usize::MAX);
    let next = dunning.retry_days.get(tries.saturating_sub(1)).map(|days| calendar::days_after(now, *days));
    invoice.next_attempt = next;
    invoice.auto_advance = next.is_some();
    invoice::tell(book, "invoice.payment_failed", id);
    let Some(subscription) = subscription else { return Ok(()) };
    if next.is_some() || dunning.then == Status::PastDue {
        return change::restand(book, &subscription);
    }
    if book.subscription(&subscription)?.status.is_over() {
        return Ok(());
    }
    match dunning.then {
        Status::Canceled => change::end(book, &subscription, Some("payment_failed")),
        other => change::with(book, &subscription, |found| found.status = other),
    }
}

/// Gives back an amount of a charge; without one, all that is left of it.
///
/// # Errors
/// There is no such charge, it was not paid, or more is asked for than is left.
pub fn refund(
    book: &mut Book,
    charge: &str,
    amount: Option<i64>,
    reason: Option<String>,
    metadata: Metadata,
) -> Result<String, Refusal> {
    let found = book.charge(charge)?;
    let left = found.amount - found.refunded;
    if found.declined.is_some() {
        return Err(Refusal::parameter("charge", format!("Charge {charge} has not succeeded.")));
    }
    if left == 0 {
        let message = format!("Charge {charge} has already been refunded.");
        return Err(Refusal::state("charge_already_refunded", message));
    }
    let amount = amount.unwrap_or(left);
    if amount <= 0 {
        let message = "This value must be greater than or equal to 1.";
        return Err(Refusal {
            code: Some("parameter_invalid_integer"),
            ..Refusal::parameter("amount", message)
        });
    }
    if amount > left {
        let shown = |amount| render::money(amount, &found.currency);
        let message = format!(
            "Refund amount ({}) is greater than unrefunded amount on charge ({})",
            shown(amount),
            shown(left)
        );
        return Err(Refusal::parameter("amount", message));
    }
    let id = book.id("re");
    let refund =
        Refund { id: id.clone(), charge: charge.to_owned(), amount, reason, created: book.now, metadata };
    book.refunds.put(&id, refund);
    book.charge_mut(charge)?.refunded += amount;
    let object = render::charge(book, charge);
    book.tell("charge.refunded", object, None);
    for kind in ["refund.created", "charge.refund.updated"] {
        let object = render::refund(book, &id);
        book.tell(kind, object, None);
    }
    Ok(id)
}
