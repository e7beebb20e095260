//! A clock moves on: trials end, periods are renewed, drafts become final, payments are tried again.

use super::super::book::Book;
use super::super::calendar;
use super::super::refusal::Refusal;
use super::super::render;
use super::super::row::{Invoice, InvoiceStatus, Status, Subscription};
use super::invoice::DRAFT_SECONDS;
use super::{change, closing, items, payment};

/// A first payment is waited for so long (23 hours), then the subscription expires.
const INCOMPLETE_SECONDS: i64 = 23 * 3600;
/// The end of a trial is announced so long before (3 days).
const TRIAL_NOTICE_SECONDS: i64 = 3 * 86_400;

/// What is due; at the same instant in this order.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Due {
    /// A subscription's trial ends soon.
    TrialNotice(String),
    /// A pause of payments is over.
    Resume(String),
    /// A subscription's first payment never came.
    Expire(String),
    /// A draft becomes final.
    Finalize(String),
    /// A payment is tried again.
    Retry(String),
    /// An end that was asked for has come.
    End(String),
    /// A trial is over.
    TrialEnd(String),
    /// A period is over.
    PeriodEnd(String),
}

/// Lets everything happen that is due until an instant for the customers of a clock, in its order; `None`: for those who follow
/// the sandbox's.
///
/// # Errors
/// The book refers to something that is not there.
pub fn advance(book: &mut Book, clock: Option<&str>, to: i64) -> Result<(), Refusal> {
    while let Some((at, due)) = next(book, clock, to) {
        book.now = at;
        happen(book, &due)?;
    }
    book.now = to;
    Ok(())
}

/// Whether something is due by an instant.
pub fn is_due(book: &Book, clock: Option<&str>, by: i64) -> bool {
    next(book, clock, by).is_some()
}

/// The earliest of what is due by `to`.
fn next(book: &Book, clock: Option<&str>, to: i64) -> Option<(i64, Due)> {
    let follows = |customer: &str| {
        book.customers
            .get(customer)
            .is_some_and(|found| !found.deleted && found.test_clock.as_deref() == clock)
    };
    let of_subscriptions =
        book.subscriptions.values().filter(|found| !found.status.is_over()).flat_map(|found| {
            let due = due_of(found);
            due.into_iter().flatten().map(|(at, due)| (at, found.customer.as_str(), due))
        });
    let of_invoices = book.invoices.values().filter_map(|one| {
        let (at, due) = due_of_invoice(one)?;
        Some((at, one.customer.as_str(), due))
    });
    let all = of_subscriptions.chain(of_invoices).filter(|(at, ..)| *at <= to);
    all.filter(|(_, customer, _)| follows(customer)).map(|(at, _, due)| (at, due)).min()
}

fn due_of(found: &Subscription) -> [Option<(i64, Due)>; 4] {
    let id = || found.id.clone();
    let trialing = found.status == Status::Trialing;
    let trial_end = found.trial_end.filter(|_| trialing);
    let notice = trial_end
        .filter(|_| !found.trial_notice)
        .map(|end| ((end - TRIAL_NOTICE_SECONDS).max(found.created), Due::TrialNotice(id())));
    let main = match found.status {
        Status::Trialing => trial_end.map(|end| (end, Due::TrialEnd(id()))),
        Status::Active | Status::PastDue | Status::Unpaid => Some((found.period_end, Due::PeriodEnd(id()))),
        Status::Incomplete => Some((found.created + INCOMPLETE_SECONDS, Due::Expire(id()))),
        Status::IncompleteExpired | Status::Canceled | Status::Paused => None,
    };
    let resume = found.pause.and_then(|pause| pause.resumes_at).map(|at| (at, Due::Resume(id())));
    let end = found.cancel_at.map(|at| (at, Due::End(id())));
    [notice, resume, end, main]
}

fn due_of_invoice(one: &Invoice) -> Option<(i64, Due)> {
    match one.status {
        InvoiceStatus::Draft => Some((one.finalizes_at?, Due::Finalize(one.id.clone()))),
        InvoiceStatus::Open => Some((one.next_attempt?, Due::Retry(one.id.clone()))),
        InvoiceStatus::Paid | InvoiceStatus::Uncollectible | InvoiceStatus::Void => None,
    }
}

fn happen(book: &mut Book, due: &Due) -> Result<(), Refusal> {
    match due {
        Due::TrialNotice(id) => {
            book.subscription_mut(id)?.trial_notice = true;
            let object = render::subscription(book, id);
            book.tell("customer.subscription.trial_will_end", object, None);
            Ok(())
        }
        Due::Resume(id) => change::pause(book, id, None),
        Due::Expire(id) => expire(book, id),
        Due::Finalize(id) => closing::advance(book, id),
        Due::Retry(id) => {
            book.invoice_mut(id)?.next_attempt = None;
            payment::collect(book, id).map(|_| ())
        }
        Due::End(id) => finish(book, id),
        Due::TrialEnd(id) => trial_end(book, id),
        Due::PeriodEnd(id) => renew(book, id),
    }
}

fn expire(book: &mut Book, id: &str) -> Result<(), Refusal> {
    let now = book.now;
    change::with(book, id, |found| {
        found.status = Status::IncompleteExpired;
        found.ended_at = Some(now);
    })?;
    let open: Vec<String> = book
        .invoices
        .values()
        .filter(|one| one.subscription.as_deref() == Some(id) && one.status == InvoiceStatus::Open)
        .map(|one| one.id.clone())
        .collect();
    for one in open {
        closing::void(book, &one)?;
    }
    Ok(())
}

/// Ends it, and invoices what still waited.
fn finish(book: &mut Book, id: &str) -> Result<(), Refusal> {
    change::end(book, id, None)?;
    if !items::waits(book, id) {
        return Ok(());
    }
    let draft = change::invoice_now(book, id, Vec::new(), "subscription_cycle")?;
    let at = book.now + DRAFT_SECONDS;
    let invoice = book.invoice_mut(&draft)?;
    (invoice.auto_advance, invoice.finalizes_at) = (true, Some(at));
    Ok(())
}

/// Begins the first paid period; without a card what the subscription says happens.
fn trial_end(book: &mut Book, id: &str) -> Result<(), Refusal> {
    let found = book.subscription(id)?.clone();
    let customer = book.customer(&found.customer)?;
    let has_card = found.default_payment_method.is_some() || customer.default_payment_method.is_some();
    match found.missing_card.as_str() {
        "pause" if !has_card => {
            change::with(book, id, |found| found.status = Status::Paused)?;
            let object = render::subscription(book, id);
            book.tell("customer.subscription.paused", object, None);
            return Ok(());
        }
        "cancel" if !has_card => return change::end(book, id, None),
        _ => {}
    }
    let now = book.now;
    change::begin_period(book, id, now)?;
    bill(book, id)
}

fn renew(book: &mut Book, id: &str) -> Result<(), Refusal> {
    let found = book.subscription(id)?.clone();
    let period = items::period_of(book, &found.items)?;
    let (start, end) = calendar::around(found.anchor, period, found.period_end);
    change::with(book, id, |found| {
        found.period_start = start;
        found.period_end = end;
    })?;
    bill(book, id)
}

/// Makes the draft of the period that has begun; where all tries were used up before, it stays a draft.
fn bill(book: &mut Book, id: &str) -> Result<(), Refusal> {
    let unpaid = book.subscription(id)?.status == Status::Unpaid;
    let finalizes_at = (!unpaid).then_some(book.now + DRAFT_SECONDS);
    change::period_draft(book, id, "subscription_cycle", finalizes_at).map(|_| ())
}
