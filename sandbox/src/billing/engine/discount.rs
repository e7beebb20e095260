//! Coupons: how they are given, and what they take off.

use super::super::book::Book;
use super::super::calendar;
use super::super::refusal::Refusal;
use super::super::row::{Coupon, Discount, Duration, Interval, InvoiceStatus, Line, Period};

/// Finds the promotion code that a customer typed; capitals and small letters are the same.
///
/// # Errors
/// There is no such code, or this customer may not use it now.
pub fn by_code(book: &Book, code: &str, customer: Option<&str>) -> Result<(String, String), Refusal> {
    let usable = |found: &&super::super::row::PromotionCode| {
        found.code.eq_ignore_ascii_case(code.trim()) && found.is_usable(book.now)
    };
    let found = book.promotion_codes.values().find(usable);
    let found = found.ok_or_else(|| Refusal::parameter("promotion_code", "This code is invalid."))?;
    check_code(book, &found.id, customer)?;
    Ok((found.coupon.clone(), found.id.clone()))
}

/// Checks that a customer may use a promotion code now.
///
/// # Errors
/// They may not.
pub fn check_code(book: &Book, id: &str, customer: Option<&str>) -> Result<(), Refusal> {
    let found = book
        .promotion_codes
        .get(id)
        .ok_or_else(|| Refusal::missing_at("promotion_code", "promotion code", id))?;
    let invalid = |message: &str| Err(Refusal::parameter("promotion_code", message));
    let coupon = book.coupons.get(&found.coupon);
    if !found.is_usable(book.now) || !coupon.is_some_and(|coupon| coupon.is_valid(book.now)) {
        return invalid("This promotion code is no longer valid.");
    }
    if found.customer.as_deref().is_some_and(|only| customer != Some(only)) {
        return invalid("This promotion code cannot be redeemed by this customer.");
    }
    let mut invoices = book.invoices.values();
    let has_paid = customer.is_some_and(|customer| {
        invoices.any(|i| i.customer == customer && i.status == InvoiceStatus::Paid && i.amount_paid > 0)
    });
    if found.first_time_transaction && has_paid {
        return invalid(
            "This promotion code cannot be redeemed because the associated customer has prior transactions.",
        );
    }
    Ok(())
}

/// Gives a coupon to a customer for a subscription that is made or runs.
///
/// # Errors
/// There is no such coupon, it or its promotion code is used up, or its amount is of another currency.
pub fn give(
    book: &mut Book,
    id: &str,
    code: Option<String>,
    customer: &str,
    currency: &str,
) -> Result<Discount, Refusal> {
    if let Some(code) = &code {
        check_code(book, code, Some(customer))?;
    }
    let now = book.now;
    let coupon = book.coupons.get(id).filter(|coupon| !coupon.deleted);
    let coupon = coupon.ok_or_else(|| Refusal::missing_at("coupon", "coupon", id))?;
    if !coupon.is_valid(now) {
        return Err(Refusal::parameter("coupon", format!("Coupon expired: {id}")));
    }
    if coupon.currency.as_deref().is_some_and(|of| of != currency) {
        let message = format!("The coupon {id} is not in {currency}.");
        return Err(Refusal::parameter("coupon", message));
    }
    let month = Period { interval: Interval::Month, count: 1 };
    let end = match coupon.duration {
        Duration::Repeating(months) => Some(calendar::boundary(now, month, months)),
        Duration::Once | Duration::Forever => None,
    };
    if let Some(coupon) = book.coupons.get_mut(id) {
        coupon.times_redeemed += 1;
    }
    if let Some(code) = code.as_deref().and_then(|code| book.promotion_codes.get_mut(code)) {
        code.times_redeemed += 1;
    }
    Ok(Discount {
        id: book.id("di"),
        coupon: id.to_owned(),
        promotion_code: code,
        customer: customer.to_owned(),
        subscription: None,
        start: now,
        end,
    })
}

/// The discounts that count at an instant.
pub fn current(all: &[Discount], now: i64) -> Vec<Discount> {
    all.iter().filter(|one| one.end.is_none_or(|end| now < end)).cloned().collect()
}

/// Puts discounts on lines, one after the other: a share of what is left of each line, an amount off the positive ones in
/// their order.
pub fn apply(book: &Book, lines: &mut [Line], discounts: &[Discount]) {
    for discount in discounts {
        let Some(coupon) = book.coupons.get(&discount.coupon) else { continue };
        apply_one(lines, discount, coupon);
    }
}

fn apply_one(lines: &mut [Line], discount: &Discount, coupon: &Coupon) {
    let mut left = coupon.amount_off.unwrap_or(0);
    for line in lines {
        let net = line.net();
        let off = match coupon.percent_off {
            Some(percent) => calendar::share(net, percent),
            None => left.clamp(0, net.max(0)),
        };
        left -= off;
        if off != 0 {
            line.discounts.push((discount.id.clone(), off));
        }
    }
}
