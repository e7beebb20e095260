//! From lines of invoices to what each subscription brings in a month, at any instant.
//!
//! A line says: from here to there, this price, so many times, less this discount. Of the lines that cover an instant the
//! one that begins last is in force: after a change of plan the line for the rest of the period begins later than the one
//! that had been paid before.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};

/// One line of an invoice, as far as it says what a subscription costs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// The customer, by the payment provider's id, which outlives the account.
    pub customer: String,
    /// The subscription, by the payment provider's id.
    pub subscription: String,
    /// The invoice, by the payment provider's id; empty where the subscription itself says it.
    pub invoice: String,
    /// ISO 4217 code in capitals.
    pub currency: String,
    /// First instant that it pays for.
    pub starts_at: DateTime<Utc>,
    /// First instant that it no longer pays for.
    pub ends_at: DateTime<Utc>,
    /// Price of one unit and one interval.
    pub unit_cents: i64,
    /// Units.
    pub quantity: i64,
    /// Months of one interval of the price: 1 or 12.
    pub months: i64,
    /// What the line charges before discounts; less than the price where it covers a part of an interval.
    pub amount_cents: i64,
    /// What discounts take off it.
    pub discount_cents: i64,
    /// Whether it covers a part of an interval, after a change of plan.
    pub proration: bool,
    /// When its invoice was made.
    pub invoiced_at: DateTime<Utc>,
}

/// A discount, as a share of the price.
#[derive(Debug, Clone, Copy)]
enum Discount {
    Percent(i64),
    /// So many cents of so many.
    Of(i64, i64),
}

impl Line {
    /// The discount; a share that is a whole per cent but for the rounding of cents is taken to be that. Parts of an
    /// interval are too small to tell, so they keep the discount `before` them where that fits.
    fn discount(&self, before: Option<i64>) -> Discount {
        let (amount, off) = (self.amount_cents, self.discount_cents.clamp(0, self.amount_cents.max(0)));
        if amount <= 0 {
            // Nothing is charged for a trial; a part of an interval may round to nothing.
            return Discount::Percent(if self.proration { before.unwrap_or(0) } else { 100 });
        }
        let fits = |percent: &i64| (100 * off - percent * amount).abs() <= 100;
        let nearest = (200 * off + amount) / (2 * amount);
        let whole = before.filter(|_| self.proration).filter(fits).or(Some(nearest).filter(fits));
        whole.map_or(Discount::Of(off, amount), Discount::Percent)
    }

    /// What it comes to a month after this discount, rounded to the nearest cent.
    fn monthly_cents(&self, discount: Discount) -> i64 {
        if self.unit_cents <= 0 || self.quantity <= 0 || self.months <= 0 {
            return 0;
        }
        let (left, whole) = match discount {
            Discount::Percent(percent) => (100 - percent, 100),
            Discount::Of(off, amount) => (amount - off, amount),
        };
        let [unit, quantity, left, whole, months] =
            [self.unit_cents, self.quantity, left, whole, self.months].map(i128::from);
        let (value, by) = (unit * quantity * left, whole * months);
        i64::try_from((2 * value + by) / (2 * by)).unwrap_or(i64::MAX)
    }
}

/// A stretch of time in which a subscription brings in the same. Those of one subscription do not overlap.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Span {
    /// The customer.
    pub customer: String,
    /// The subscription.
    pub subscription: String,
    /// The invoice that says so; empty where the subscription itself does.
    pub invoice: String,
    /// Currency.
    pub currency: String,
    /// First instant.
    pub starts_at: DateTime<Utc>,
    /// First instant after it.
    pub ends_at: DateTime<Utc>,
    /// What it brings in a month.
    pub monthly_cents: i64,
}

/// What subscriptions bring in over time. `ended` names those that have ended, with the instant: nothing counts after it.
pub fn spans(lines: &[Line], ended: &BTreeMap<String, DateTime<Utc>>) -> Vec<Span> {
    let mut by_subscription: BTreeMap<&str, Vec<&Line>> = BTreeMap::new();
    for line in lines.iter().filter(|line| line.amount_cents >= 0 && line.starts_at < line.ends_at) {
        by_subscription.entry(&line.subscription).or_default().push(line);
    }
    let mut all = Vec::new();
    for (subscription, mut lines) in by_subscription {
        // What an invoice says comes after what the subscription says of the same time.
        lines.sort_by(|a, b| {
            (a.starts_at, !a.invoice.is_empty(), a.invoiced_at, &a.invoice).cmp(&(
                b.starts_at,
                !b.invoice.is_empty(),
                b.invoiced_at,
                &b.invoice,
            ))
        });
        all.extend(of_one(&lines, ended.get(subscription).copied()));
    }
    all
}

/// The spans of one subscription, whose lines come in the order in which they take over.
fn of_one(lines: &[&Line], ended: Option<DateTime<Utc>>) -> Vec<Span> {
    let mut before = None;
    let mut priced: Vec<(&Line, i64)> = Vec::new();
    for line in lines {
        let discount = line.discount(before);
        if let (Discount::Percent(percent), true) = (discount, line.amount_cents > 0) {
            before = Some(percent);
        }
        priced.push((line, line.monthly_cents(discount)));
    }
    let mut edges: BTreeSet<DateTime<Utc>> =
        lines.iter().flat_map(|line| [line.starts_at, line.ends_at]).collect();
    edges.extend(ended);
    let edges: Vec<DateTime<Utc>> = edges.into_iter().collect();
    let mut spans: Vec<Span> = Vec::new();
    for pair in edges.windows(2) {
        let &[from, to] = pair else { continue };
        if ended.is_some_and(|end| from >= end) {
            break;
        }
        let covering = |(line, _): &&(&Line, i64)| line.starts_at <= from && to <= line.ends_at;
        let Some((line, monthly_cents)) = priced.iter().rev().find(covering).copied() else { continue };
        match spans.last_mut() {
            Some(last)
                if last.ends_at == from
                    && last.invoice == line.invoice
                    && last.monthly_cents == monthly_cents =>
            {
                last.ends_at = to;
            }
            _ => spans.push(Span {
                customer: line.customer.clone(),
                subscription: line.subscription.clone(),
                invoice: line.invoice.clone(),
                currency: line.currency.clone(),
                starts_at: from,
                ends_at: to,
                monthly_cents,
            }),
        }
    }
    spans
}

/// What customers bring in a month, by currency and customer.
pub type Sums<'a> = BTreeMap<(&'a str, &'a str), i64>;

/// What each customer brings in a month at `at`; who brings nothing is left out.
pub fn at(spans: &[Span], at: DateTime<Utc>) -> Sums<'_> {
    sum(spans.iter().filter(|span| span.starts_at <= at && at < span.ends_at))
}

/// The same just before `at`: the last that a month saw is not what begins with the next.
pub fn before(spans: &[Span], at: DateTime<Utc>) -> Sums<'_> {
    sum(spans.iter().filter(|span| span.starts_at < at && at <= span.ends_at))
}

fn sum<'a>(running: impl Iterator<Item = &'a Span>) -> Sums<'a> {
    let mut sums = Sums::new();
    for span in running.filter(|span| span.monthly_cents > 0) {
        *sums.entry((span.currency.as_str(), span.customer.as_str())).or_insert(0) += span.monthly_cents;
    }
    sums
}

/// The currencies that occur, in alphabetical order.
pub fn currencies(spans: &[Span]) -> Vec<String> {
    let set: BTreeSet<&str> = spans.iter().map(|span| span.currency.as_str()).collect();
    set.into_iter().map(str::to_owned).collect()
}
