//! Invoices: how they are made up, become final, and are taken back.

use super::super::book::Book;
use super::super::refusal::Refusal;
use super::super::render;
use super::super::row::{
    BalanceEntry, Discount, Duration, Intent, IntentStatus, Invoice, InvoiceStatus, Item, Line,
};
use super::{discount, payment};

/// Less than this is not charged: it is carried over in the customer's balance (minor units).
pub const MINIMUM_CHARGE: i64 = 50;
/// A draft that was made by the clock becomes final so much later (one hour).
pub const DRAFT_SECONDS: i64 = 3600;

/// An invoice that is to be made.
#[derive(Debug, Clone)]
pub struct Plan {
    /// Who owes.
    pub customer: String,
    /// For which subscription.
    pub subscription: Option<String>,
    /// Why.
    pub reason: &'static str,
    /// ISO 4217, in lower case.
    pub currency: String,
    /// Its lines, beside those that wait for it.
    pub lines: Vec<Line>,
    /// Discounts in place of the subscription's.
    pub discounts: Option<Vec<Discount>>,
    /// When it becomes final by itself.
    pub finalizes_at: Option<i64>,
    /// Whether what waits for it is taken.
    pub takes_pending: bool,
}

/// A line for an item of a subscription and a whole period.
///
/// # Errors
/// The price is not there.
pub fn period_line(book: &mut Book, item: &Item, start: i64, end: i64) -> Result<Line, Refusal> {
    let price = book.price(&item.price)?.clone();
    let name = product_name(book, &price.product);
    let every = match price.period.count {
        1 => price.period.interval.as_str().to_owned(),
        count => format!("{count} {}s", price.period.interval.as_str()),
    };
    let money = render::money(price.unit_amount, &price.currency);
    Ok(Line {
        id: book.id("il"),
        description: format!("{} × {name} (at {money} / {every})", item.quantity),
        amount: price.unit_amount * item.quantity,
        discounts: Vec::new(),
        start,
        end,
        proration: false,
        price: Some(price.id),
        quantity: item.quantity,
        item: Some(item.id.clone()),
        invoice_item: None,
    })
}

/// A product's name.
pub fn product_name(book: &Book, id: &str) -> String {
    book.products.get(id).map_or("", |product| product.name.as_str()).to_owned()
}

/// Makes a draft, and takes into it what waited for it.
///
/// # Errors
/// The customer or the subscription is not there, or the currency is not the customer's.
pub fn draft(book: &mut Book, plan: Plan) -> Result<String, Refusal> {
    let now = book.now;
    let customer = book.customer(&plan.customer)?;
    if let Some(currency) = customer.currency.as_ref().filter(|own| **own != plan.currency) {
        let message = format!(
            "You cannot combine currencies on a single customer. This customer has had a subscription, coupon, or invoice item with currency {currency}."
        );
        return Err(Refusal::parameter("currency", message));
    }
    let of = plan.subscription.as_deref().map(|id| book.subscription(id).cloned()).transpose()?;
    let id = book.id("in");
    let mut lines = if plan.takes_pending { take_pending(book, &plan, &id)? } else { Vec::new() };
    lines.extend(plan.lines);
    let discounts = plan.discounts.unwrap_or_else(|| {
        of.as_ref().map_or_else(Vec::new, |found| discount::current(&found.discounts, now))
    });
    discount::apply(book, &mut lines, &discounts);
    let (period_start, period_end) =
        of.as_ref().map_or((now, now), |found| (found.period_start, found.period_end));
    let invoice = Invoice {
        id: id.clone(),
        number: None,
        customer: plan.customer.clone(),
        subscription: plan.subscription.clone(),
        billing_reason: plan.reason.to_owned(),
        status: InvoiceStatus::Draft,
        currency: plan.currency.clone(),
        subtotal: lines.iter().map(|line| line.amount).sum(),
        total: lines.iter().map(Line::net).sum(),
        lines,
        discounts,
        starting_balance: 0,
        ending_balance: 0,
        amount_due: 0,
        amount_paid: 0,
        credited_before: 0,
        credited_after: 0,
        attempt_count: 0,
        next_attempt: None,
        auto_advance: plan.finalizes_at.is_some(),
        finalizes_at: plan.finalizes_at,
        created: now,
        finalized_at: None,
        paid_at: None,
        voided_at: None,
        uncollectible_at: None,
        period_start,
        period_end,
        intent: None,
        secret: book.secret("invoice"),
        description: None,
        metadata: Default::default(),
    };
    let invoice = reckoned(book, invoice)?;
    use_up(book, &invoice)?;
    book.invoices.put(&id, invoice);
    book.customer_mut(&plan.customer)?.currency.get_or_insert(plan.currency);
    if let Some(subscription) = &plan.subscription {
        book.subscription_mut(subscription)?.latest_invoice = Some(id.clone());
    }
    tell(book, "invoice.created", &id);
    Ok(id)
}

fn take_pending(book: &mut Book, plan: &Plan, invoice: &str) -> Result<Vec<Line>, Refusal> {
    let waits = |item: &&super::super::row::InvoiceItem| {
        let same = item.subscription.is_none() || item.subscription == plan.subscription;
        item.customer == plan.customer && item.invoice.is_none() && !item.deleted && same
    };
    let ids: Vec<String> = book
        .invoice_items
        .values()
        .filter(|item| item.currency == plan.currency)
        .filter(waits)
        .map(|item| item.id.clone())
        .collect();
    let mut lines = Vec::new();
    for id in ids {
        let item = book.invoice_item_mut(&id)?;
        item.invoice = Some(invoice.to_owned());
        lines.push(item.line.clone());
    }
    Ok(lines)
}

/// A coupon that counts once is used up by the first invoice that it takes something off.
fn use_up(book: &mut Book, invoice: &Invoice) -> Result<(), Refusal> {
    let Some(subscription) = &invoice.subscription else { return Ok(()) };
    let used = |one: &Discount| {
        let once = book.coupons.get(&one.coupon).is_some_and(|coupon| coupon.duration == Duration::Once);
        once && invoice.lines.iter().any(|line| line.discounts.iter().any(|(id, _)| *id == one.id))
    };
    let gone: Vec<String> =
        invoice.discounts.iter().filter(|one| used(one)).map(|one| one.id.clone()).collect();
    let ended = |one: &Discount| one.end.is_some_and(|end| book.now >= end);
    let found = book.subscription(subscription)?;
    let left: Vec<Discount> =
        found.discounts.iter().filter(|one| !gone.contains(&one.id) && !ended(one)).cloned().collect();
    if left.len() != found.discounts.len() {
        book.subscription_mut(subscription)?.discounts = left;
    }
    Ok(())
}

/// Works out what is to be paid of an invoice with the customer's balance as it is.
fn reckoned(book: &Book, mut invoice: Invoice) -> Result<Invoice, Refusal> {
    let starting = book.customer(&invoice.customer)?.balance;
    let owed = invoice.total + starting;
    // A negative total becomes credit at once; credit and debts are otherwise settled with what is to be paid.
    let due = if invoice.total <= 0 { 0 } else { owed.max(0) };
    let due = if due < MINIMUM_CHARGE { 0 } else { due };
    invoice.starting_balance = starting;
    invoice.amount_due = due;
    invoice.ending_balance = owed - due;
    Ok(invoice)
}

/// Makes a draft final: it gets its number, the balance is settled, and where nothing is to be paid it is paid.
///
/// # Errors
/// It is not there, or no draft.
pub fn finalize(book: &mut Book, id: &str) -> Result<(), Refusal> {
    let invoice = book.invoice(id)?.clone();
    if invoice.status != InvoiceStatus::Draft {
        let message = "This invoice is already finalized, you can't re-finalize a non-draft invoice.";
        return Err(Refusal::state("invoice_not_editable", message));
    }
    let mut invoice = reckoned(book, invoice)?;
    let now = book.now;
    let customer = book.customer_mut(&invoice.customer)?;
    invoice.number = Some(format!("{}-{:04}", customer.invoice_prefix, customer.next_invoice));
    customer.next_invoice += 1;
    invoice.status = InvoiceStatus::Open;
    invoice.finalized_at = Some(now);
    invoice.finalizes_at = None;
    let change = invoice.ending_balance - invoice.starting_balance;
    enter_balance(book, &invoice.customer, change, ("applied_to_invoice", Some(id), None))?;
    if invoice.amount_due > 0 {
        invoice.intent = Some(intend(book, &invoice));
    }
    let due = invoice.amount_due;
    book.invoices.put(id, invoice);
    tell(book, "invoice.finalized", id);
    if due == 0 {
        payment::settle(book, id, 0)?;
    }
    Ok(())
}

fn intend(book: &mut Book, invoice: &Invoice) -> String {
    let intent = Intent {
        id: book.id("pi"),
        invoice_payment: book.id("inpay"),
        customer: invoice.customer.clone(),
        invoice: invoice.id.clone(),
        amount: invoice.amount_due,
        currency: invoice.currency.clone(),
        status: IntentStatus::RequiresPaymentMethod,
        latest_charge: None,
        declined: None,
        payment_method: None,
        created: book.now,
        paid_at: None,
        canceled_at: None,
    };
    let id = intent.id.clone();
    book.intents.put(&id, intent);
    let object = render::intent(book, &id);
    book.tell("payment_intent.created", object, None);
    id
}

/// Changes a customer's balance and writes it down; a change of nothing leaves no trace.
///
/// # Errors
/// The customer is not there.
pub fn enter_balance(
    book: &mut Book,
    customer: &str,
    amount: i64,
    (kind, invoice, credit_note): (&str, Option<&str>, Option<&str>),
) -> Result<Option<String>, Refusal> {
    if amount == 0 {
        return Ok(None);
    }
    let (id, created) = (book.id("cbtxn"), book.now);
    let found = book.customer_mut(customer)?;
    found.balance += amount;
    let entry = BalanceEntry {
        id: id.clone(),
        customer: customer.to_owned(),
        amount,
        ending_balance: found.balance,
        currency: found.currency.clone().unwrap_or_else(|| "eur".to_owned()),
        kind: kind.to_owned(),
        invoice: invoice.map(str::to_owned),
        credit_note: credit_note.map(str::to_owned),
        description: None,
        created,
        metadata: Default::default(),
    };
    book.balance_entries.put(&id, entry);
    Ok(Some(id))
}

/// Tells of an invoice as it is now.
pub fn tell(book: &mut Book, kind: &str, id: &str) {
    let object = render::invoice(book, id);
    book.tell(kind, object, None);
}
