//! What visitors do on the checkout page, as functions over the book.

use super::api;
use super::book::Book;
use super::calendar;
use super::engine::start::{self, FirstPayment, Order};
use super::engine::{change, discount};
use super::refusal::Refusal;
use super::render;
use super::row::{Card, CheckoutSession, Invoice, SessionStatus};

/// What a visitor wrote into the form.
#[derive(Debug, Clone, Default)]
pub struct Form {
    /// Where invoices go.
    pub email: Option<String>,
    /// Name on the card.
    pub name: Option<String>,
    /// Number, month and year of expiry of the card, where one is asked for.
    pub card: Option<(String, u32, i32)>,
    /// Promotion code.
    pub code: Option<String>,
    /// Kind and value of a tax number.
    pub tax_id: Option<(String, String)>,
}

/// Whether a visit has become too late by an instant.
pub fn is_due(book: &Book, now: i64) -> bool {
    book.checkouts.values().any(|one| is_late(one, now))
}

fn is_late(one: &CheckoutSession, now: i64) -> bool {
    one.status == SessionStatus::Open && now >= one.expires_at
}

/// Ends all visits that have become too late. They follow the sandbox's clock.
pub fn expire(book: &mut Book, now: i64) {
    let late: Vec<String> =
        book.checkouts.values().filter(|one| is_late(one, now)).map(|one| one.id.clone()).collect();
    for id in late {
        // It was found just now.
        let _ = expire_one(book, &id);
    }
}

/// Ends a visit.
///
/// # Errors
/// It is not there.
pub fn expire_one(book: &mut Book, id: &str) -> Result<(), Refusal> {
    book.checkout_mut(id)?.status = SessionStatus::Expired;
    let object = render::checkout(book, id);
    book.tell("checkout.session.expired", object, None);
    Ok(())
}

/// What is to be paid now, found out on a copy of the book: the first invoice, as a draft.
///
/// # Errors
/// A code may not be used, or what is sold is no longer there.
pub fn quote(book: &Book, id: &str, code: Option<&str>) -> Result<Invoice, Refusal> {
    let mut copy = book.clone();
    let session = copy.checkout(id)?.clone();
    let customer = match &session.customer {
        Some(customer) => customer.clone(),
        None => api::new_customer(&mut copy),
    };
    let order = order(&copy, &session, customer, code)?;
    let subscription = start::begin(&mut copy, &order)?;
    let draft = start::first_draft(&mut copy, &subscription)?;
    Ok(copy.invoice(&draft)?.clone())
}

fn order(
    book: &Book,
    session: &CheckoutSession,
    customer: String,
    code: Option<&str>,
) -> Result<Order, Refusal> {
    let code = code.map(str::trim).filter(|code| !code.is_empty() && session.allow_promotion_codes);
    let coupons = match code {
        Some(code) => {
            let (coupon, code) = discount::by_code(book, code, Some(&customer))?;
            vec![(coupon, Some(code))]
        }
        None => session.coupon.clone().into_iter().collect(),
    };
    let days = session.trial_days.map(|days| calendar::days_after(book.now, days));
    Ok(Order {
        customer,
        items: session.lines.iter().map(|(_, price, quantity)| (price.clone(), *quantity)).collect(),
        trial_end: session.trial_end.or(days),
        missing_card: session.missing_card.clone(),
        coupons,
        payment_method: None,
        cancel_at_period_end: false,
        first_payment: FirstPayment::Must,
        description: session.subscription_description.clone(),
        metadata: session.subscription_metadata.clone(),
    })
}

/// Whether the form asks for a card.
pub fn needs_card(session: &CheckoutSession, quoted: &Invoice) -> bool {
    session.always_card || quoted.amount_due > 0
}

/// Buys what the visit is about. Doing it again changes nothing.
///
/// # Errors
/// The visit is too late, something in the form is wrong, or the card is declined: then nothing is changed.
pub fn complete(book: &mut Book, id: &str, form: &Form) -> Result<(), Refusal> {
    let session = book.checkout(id)?.clone();
    match session.status {
        SessionStatus::Complete => return Ok(()),
        SessionStatus::Expired => return Err(Refusal::state("session_expired", "This session has expired.")),
        SessionStatus::Open => {}
    }
    let quoted = quote(book, id, form.code.as_deref())?;
    let customer = match &session.customer {
        Some(customer) => book.customer(customer)?.id.clone(),
        None => new_customer(book, form, session.customer_email.as_deref())?,
    };
    if let Some((kind, value)) = form.tax_id.as_ref().filter(|_| session.tax_id_collection) {
        api::add_tax_id(book, &customer, kind, value)?;
    }
    let card = if needs_card(&session, &quoted) { Some(give_card(book, &customer, form)?) } else { None };
    let mut order = order(book, &session, customer.clone(), form.code.as_deref())?;
    order.payment_method = card;
    let subscription = start::start(book, &order)?;
    change::restand(book, &subscription)?;
    let invoice = book.subscription(&subscription)?.latest_invoice.clone();
    let first = invoice.as_deref().map(|id| book.invoice(id)).transpose()?;
    let amounts = first.map(|first| (first.subtotal, first.subtotal - first.total, first.total));
    let row = book.checkout_mut(id)?;
    row.status = SessionStatus::Complete;
    row.customer = Some(customer);
    (row.subscription, row.invoice, row.amounts) = (Some(subscription), invoice, amounts);
    row.coupon = order.coupons.into_iter().next();
    let object = render::checkout(book, id);
    book.tell("checkout.session.completed", object, None);
    Ok(())
}

fn new_customer(book: &mut Book, form: &Form, known: Option<&str>) -> Result<String, Refusal> {
    let email = known.map(str::to_owned).or_else(|| form.email.clone()).filter(|email| email.contains('@'));
    let email = email.ok_or_else(|| Refusal::parameter("email", "Please enter your email address."))?;
    let id = api::new_customer(book);
    let found = book.customer_mut(&id)?;
    (found.email, found.name) = (Some(email), form.name.clone());
    let object = render::customer(book, &id);
    book.tell("customer.created", object, None);
    Ok(id)
}

/// Gives a customer the card in a form.
///
/// # Errors
/// It is none of the test cards, has expired, or is declined.
pub fn give_card(book: &mut Book, customer: &str, form: &Form) -> Result<String, Refusal> {
    let wrong = |code: &'static str| Refusal {
        code: Some(code),
        ..Refusal::parameter("card", "Your card is not valid.")
    };
    let (number, month, year) = form.card.as_ref().ok_or_else(|| wrong("incomplete_number"))?;
    let card = Card::of_number(number).ok_or_else(|| wrong("not_a_test_card"))?;
    let year = if *year < 100 { year + 2000 } else { *year };
    if !(1..=12).contains(month) || year > 2199 {
        return Err(wrong("invalid_expiry"));
    }
    let start = chrono::NaiveDate::from_ymd_opt(year, *month, 1);
    let end = start.and_then(|start| start.checked_add_months(chrono::Months::new(1)));
    let end = end.and_then(|end| end.and_hms_opt(0, 0, 0)).ok_or_else(|| wrong("invalid_expiry"))?;
    if end.and_utc().timestamp() <= book.now {
        return Err(wrong("expired_card"));
    }
    let digits: Vec<char> = number.chars().filter(char::is_ascii_digit).collect();
    let last4: String = digits[digits.len().saturating_sub(4)..].iter().collect();
    api::give_card(book, customer, card, &last4, (*month, year))
}
