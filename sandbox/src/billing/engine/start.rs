//! How a subscription begins.

use super::super::book::Book;
use super::super::calendar;
use super::super::refusal::Refusal;
use super::super::render;
use super::super::row::{Item, Line, Metadata, Status, Subscription};
use super::invoice::{self, Plan};
use super::payment::{self, Payment};
use super::{change, discount, items};

/// What is done about the first payment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum FirstPayment {
    /// It is tried; where it fails, the subscription stays incomplete.
    #[default]
    Try,
    /// It is left to the customer.
    Wait,
    /// It must succeed.
    Must,
}

/// A subscription that is asked for.
#[derive(Debug, Clone, Default)]
pub struct Order {
    /// Who pays.
    pub customer: String,
    /// Prices and quantities.
    pub items: Vec<(String, i64)>,
    /// Until when nothing is paid.
    pub trial_end: Option<i64>,
    /// What happens at the end of a trial without a card.
    pub missing_card: String,
    /// Coupons, and the promotion codes that were typed for them.
    pub coupons: Vec<(String, Option<String>)>,
    /// A card of its own.
    pub payment_method: Option<String>,
    /// Whether it ends with its first period.
    pub cancel_at_period_end: bool,
    /// What is done about the first payment.
    pub first_payment: FirstPayment,
    /// What the caller says of it.
    pub description: Option<String>,
    /// The caller's.
    pub metadata: Metadata,
}

/// Starts a subscription: with its trial, or with its first invoice, which is paid at once or leaves it incomplete.
///
/// # Errors
/// The customer or a price is not there, prices do not go together, the currency is not the customer's, a coupon is used up, or
/// the first payment must succeed and does not.
pub fn start(book: &mut Book, order: &Order) -> Result<String, Refusal> {
    let id = begin(book, order)?;
    let first = first_draft(book, &id)?;
    invoice::finalize(book, &first)?;
    let open = book.invoice(&first)?.status == super::super::row::InvoiceStatus::Open;
    if open && order.first_payment != FirstPayment::Wait {
        let payment = payment::collect(book, &first)?;
        if let (Payment::Declined(code), FirstPayment::Must) = (payment, order.first_payment) {
            return Err(Refusal::declined(code, false));
        }
    }
    Ok(id)
}

/// Writes the subscription down, without its first invoice.
///
/// # Errors
/// As [`start`], payment apart.
pub fn begin(book: &mut Book, order: &Order) -> Result<String, Refusal> {
    let customer = book.customer(&order.customer)?;
    let first = order.items.first().ok_or_else(|| Refusal::required("items"))?;
    let price = book.prices.get(&first.0);
    let price = price.ok_or_else(|| Refusal::missing_at("items[0][price]", "price", &first.0))?;
    let currency = customer.currency.clone().unwrap_or_else(|| price.currency.clone());
    for (place, (price, quantity)) in order.items.iter().enumerate() {
        items::check_price(book, price, &currency, &format!("items[{place}][price]"))?;
        if !(1..=1_000_000).contains(quantity) {
            let param = format!("items[{place}][quantity]");
            return Err(Refusal::parameter(&param, "The quantity must be between 1 and 1000000."));
        }
    }
    let now = book.now;
    let id = book.id("sub");
    let items: Vec<Item> = order
        .items
        .iter()
        .map(|(price, quantity)| Item {
            id: book.id("si"),
            price: price.clone(),
            quantity: *quantity,
            created: now,
            metadata: Metadata::new(),
        })
        .collect();
    let period = items::period_of(book, &items)?;
    let mut discounts = Vec::new();
    for (coupon, code) in &order.coupons {
        let given = discount::give(book, coupon, code.clone(), &order.customer, &currency)?;
        discounts.push(super::super::row::Discount { subscription: Some(id.clone()), ..given });
    }
    let trial_end = order.trial_end.filter(|end| *end > now);
    let anchor = trial_end.unwrap_or(now);
    let period_end = trial_end.unwrap_or_else(|| calendar::boundary(anchor, period, 1));
    let mut subscription = Subscription {
        id: id.clone(),
        customer: order.customer.clone(),
        items,
        currency,
        status: if trial_end.is_some() { Status::Trialing } else { Status::Incomplete },
        created: now,
        anchor,
        period_start: now,
        period_end,
        trial_start: trial_end.map(|_| now),
        trial_end,
        trial_notice: false,
        missing_card: order.missing_card.clone(),
        cancel_at_period_end: order.cancel_at_period_end,
        cancel_at: None,
        canceled_at: None,
        ended_at: None,
        cancellation: Metadata::new(),
        pause: None,
        latest_invoice: None,
        discounts,
        default_payment_method: order.payment_method.clone(),
        description: order.description.clone(),
        metadata: order.metadata.clone(),
    };
    if order.cancel_at_period_end {
        (subscription.cancel_at, subscription.canceled_at) = (Some(period_end), Some(now));
    }
    book.subscriptions.put(&id, subscription);
    let object = render::subscription(book, &id);
    book.tell("customer.subscription.created", object, None);
    Ok(id)
}

/// Makes the draft of the first invoice: of the first period, or of a trial that costs nothing.
///
/// # Errors
/// The subscription or a price is not there.
pub fn first_draft(book: &mut Book, id: &str) -> Result<String, Refusal> {
    let found = book.subscription(id)?.clone();
    if found.status != Status::Trialing {
        return change::period_draft(book, id, "subscription_create", None);
    }
    let mut lines: Vec<Line> = Vec::new();
    for item in &found.items {
        let mut line = invoice::period_line(book, item, found.period_start, found.period_end)?;
        let product = book.price(&item.price)?.product.clone();
        line.description = format!("Trial period for {}", invoice::product_name(book, &product));
        line.amount = 0;
        lines.push(line);
    }
    let plan = Plan {
        customer: found.customer,
        subscription: Some(id.to_owned()),
        reason: "subscription_create",
        currency: found.currency,
        lines,
        discounts: None,
        finalizes_at: None,
        takes_pending: true,
    };
    invoice::draft(book, plan)
}
