//! How monthly recurring revenue moved in a month: start + new + expansion − contraction − churn = end, to the cent, in
//! each currency.
//!
//! A customer is compared at the two ends of the month: what came and went within it did not move anything.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};

use super::month::Month;
use super::recurring::{self, Span, Sums};

/// What a customer's change counts as.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// Paid nothing at the start; `returning` where there had been a time of paying before.
    New {
        /// Paid in an earlier month.
        returning: bool,
    },
    /// Pays more than at the start.
    Expansion,
    /// Pays less than at the start.
    Contraction,
    /// Pays nothing any more.
    Churn,
}

impl Kind {
    /// Its name in addresses and exports.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::New { .. } => "new",
            Self::Expansion => "expansion",
            Self::Contraction => "contraction",
            Self::Churn => "churn",
        }
    }
}

/// One customer's change in one month.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// The customer, by the payment provider's id, which outlives the account.
    pub customer: String,
    /// What it counts as.
    pub kind: Kind,
    /// What the customer brought a month at the start.
    pub before_cents: i64,
    /// The same at the end.
    pub after_cents: i64,
}

impl Change {
    /// What it moved, always positive.
    pub fn moved_cents(&self) -> i64 {
        (self.after_cents - self.before_cents).abs()
    }
}

/// A month's movements in one currency. All amounts are positive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Movements {
    /// The month.
    pub month: Month,
    /// Recurring revenue a month at its start.
    pub start_cents: i64,
    /// From customers who paid nothing at the start.
    pub new_cents: i64,
    /// The part of `new_cents` that comes from customers who had paid before.
    pub returning_cents: i64,
    /// From customers who pay more.
    pub expansion_cents: i64,
    /// From customers who pay less.
    pub contraction_cents: i64,
    /// From customers who pay nothing any more.
    pub churn_cents: i64,
    /// Recurring revenue a month at its end.
    pub end_cents: i64,
    /// Customers who paid at the start.
    pub customers_start: i64,
    /// Customers who are new.
    pub customers_new: i64,
    /// Customers who left.
    pub customers_lost: i64,
    /// Customers who pay at the end.
    pub customers_end: i64,
}

/// Who changed what in this month and currency, in the order of their ids. A month that has not ended is taken up to `now`.
pub fn changes(spans: &[Span], currency: &str, month: Month, now: DateTime<Utc>) -> Vec<Change> {
    let (start, end) = (month.starts_at(), month.ends_at().min(now));
    let before = of_currency(recurring::before(spans, start), currency);
    let after = of_currency(recurring::before(spans, end), currency);
    let customers: BTreeSet<&str> = before.keys().chain(after.keys()).copied().collect();
    let mut changes = Vec::new();
    for customer in customers {
        let [was, is] = [&before, &after].map(|sums| sums.get(customer).copied().unwrap_or_default());
        let kind = match (was, is) {
            (0, _) => {
                let earlier = |span: &Span| {
                    span.starts_at < start && span.monthly_cents > 0 && span.currency == currency
                };
                Kind::New { returning: spans.iter().any(|span| span.customer == customer && earlier(span)) }
            }
            (_, 0) => Kind::Churn,
            _ if is > was => Kind::Expansion,
            _ if is < was => Kind::Contraction,
            _ => continue,
        };
        changes.push(Change { customer: customer.to_owned(), kind, before_cents: was, after_cents: is });
    }
    changes
}

/// The movements of each of these months in one currency; one that has not ended is taken up to `now`.
pub fn movements(
    spans: &[Span],
    currency: &str,
    months: impl IntoIterator<Item = Month>,
    now: DateTime<Utc>,
) -> Vec<Movements> {
    months.into_iter().map(|month| of_month(spans, currency, month, now)).collect()
}

fn of_month(spans: &[Span], currency: &str, month: Month, now: DateTime<Utc>) -> Movements {
    let before = of_currency(recurring::before(spans, month.starts_at()), currency);
    let after = of_currency(recurring::before(spans, month.ends_at().min(now)), currency);
    let mut row = Movements {
        month,
        start_cents: before.values().sum(),
        new_cents: 0,
        returning_cents: 0,
        expansion_cents: 0,
        contraction_cents: 0,
        churn_cents: 0,
        end_cents: after.values().sum(),
        customers_start: count(&before),
        customers_new: 0,
        customers_lost: 0,
        customers_end: count(&after),
    };
    for change in changes(spans, currency, month, now) {
        let moved = change.moved_cents();
        match change.kind {
            Kind::New { returning } => {
                row.new_cents += moved;
                row.returning_cents += if returning { moved } else { 0 };
                row.customers_new += 1;
            }
            Kind::Expansion => row.expansion_cents += moved,
            Kind::Contraction => row.contraction_cents += moved,
            Kind::Churn => {
                row.churn_cents += moved;
                row.customers_lost += 1;
            }
        }
    }
    row
}

fn of_currency<'a>(sums: Sums<'a>, currency: &str) -> BTreeMap<&'a str, i64> {
    sums.into_iter()
        .filter(|((of, _), _)| *of == currency)
        .map(|((_, customer), cents)| (customer, cents))
        .collect()
}

fn count(sums: &BTreeMap<&str, i64>) -> i64 {
    i64::try_from(sums.len()).unwrap_or(i64::MAX)
}
