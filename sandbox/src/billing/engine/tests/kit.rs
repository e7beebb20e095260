//! A book with four prices and a customer with a card.

use chrono::DateTime;

use crate::billing::book::Book;
use crate::billing::engine::start::{FirstPayment, Order};
use crate::billing::row::{
    Card, Coupon, Customer, Duration, Interval, Invoice, Metadata, PaymentMethod, Period, Price, Product,
};

/// An instant.
pub(super) fn at(text: &str) -> i64 {
    text.parse::<DateTime<chrono::Utc>>().unwrap().timestamp()
}

/// Days in seconds.
pub(super) const DAY: i64 = 86_400;

/// A book at noon of 2026-01-31 with three prices a month and one a year, and a customer with a good card.
pub(super) fn book() -> (Book, String) {
    let mut book = Book::new(at("2026-01-31T12:00:00Z"), "test");
    for (id, amount, interval) in [
        ("basic", 900, Interval::Month),
        ("plus", 1900, Interval::Month),
        ("pro", 4900, Interval::Month),
        ("pro-year", 49_000, Interval::Year),
    ] {
        let product = Product {
            id: format!("prod_{id}"),
            name: id.to_owned(),
            description: None,
            active: true,
            default_price: None,
            created: book.now,
            updated: book.now,
            deleted: false,
            metadata: Metadata::new(),
        };
        let price = Price {
            id: id.to_owned(),
            product: product.id.clone(),
            unit_amount: amount,
            currency: "eur".to_owned(),
            period: Period { interval, count: 1 },
            nickname: None,
            lookup_key: None,
            tax_behavior: "unspecified".to_owned(),
            active: true,
            created: book.now,
            metadata: Metadata::new(),
        };
        book.products.put(&product.id.clone(), product);
        book.prices.put(id, price);
    }
    let customer = customer(&mut book);
    (book, customer)
}

/// A customer with a good card.
pub(super) fn customer(book: &mut Book) -> String {
    let id = book.id("cus");
    let row = Customer {
        id: id.clone(),
        email: Some("ada@example.org".to_owned()),
        name: None,
        description: None,
        phone: None,
        address: Metadata::new(),
        preferred_locales: Vec::new(),
        tax_exempt: "none".to_owned(),
        created: book.now,
        balance: 0,
        currency: None,
        default_payment_method: None,
        invoice_prefix: "ADA".to_owned(),
        next_invoice: 1,
        test_clock: None,
        deleted: false,
        metadata: Metadata::new(),
    };
    book.customers.put(&id, row);
    card(book, &id, Some(Card::Good));
    id
}

/// Gives a customer another card, or takes theirs away.
pub(super) fn card(book: &mut Book, customer: &str, card: Option<Card>) {
    let id = card.map(|card| {
        let id = book.id("pm");
        let row = PaymentMethod {
            id: id.clone(),
            customer: Some(customer.to_owned()),
            card,
            brand: "visa".to_owned(),
            last4: "0000".to_owned(),
            exp_month: 12,
            exp_year: 2099,
            created: book.now,
        };
        book.payment_methods.put(&id, row);
        id
    });
    book.customers.get_mut(customer).unwrap().default_payment_method = id;
}

/// An order for one price.
pub(super) fn order(book: &Book, customer: &str, price: &str, trial_days: Option<i64>) -> Order {
    Order {
        customer: customer.to_owned(),
        items: vec![(price.to_owned(), 1)],
        trial_end: trial_days.map(|days| book.now + days * DAY),
        missing_card: "pause".to_owned(),
        first_payment: FirstPayment::Try,
        ..Order::default()
    }
}

/// A coupon of half the price.
pub(super) fn half(book: &mut Book, duration: Duration) -> String {
    let id = format!("HALF{}", book.coupons.len());
    let coupon = Coupon {
        id: id.clone(),
        name: None,
        percent_off: Some(50.0),
        amount_off: None,
        currency: None,
        duration,
        redeem_by: None,
        max_redemptions: Some(1),
        times_redeemed: 0,
        created: book.now,
        deleted: false,
        metadata: Metadata::new(),
    };
    book.coupons.put(&id, coupon);
    id
}

/// What happened, in order.
pub(super) fn kinds(book: &Book) -> Vec<&str> {
    book.events.values().map(|event| event.kind.as_str()).collect()
}

/// What was charged.
pub(super) fn charged(book: &Book) -> i64 {
    book.charges.values().filter(|charge| charge.declined.is_none()).map(|charge| charge.amount).sum()
}

/// A subscription's newest invoice.
pub(super) fn newest<'a>(book: &'a Book, subscription: &str) -> &'a Invoice {
    let id = book.subscription(subscription).unwrap().latest_invoice.as_ref().unwrap();
    book.invoice(id).unwrap()
}
