//! Who stays: customers by the month in which they first paid.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};

use super::month::Month;
use super::recurring::{self, Span, Sums};

/// The customers who first paid in one month, and what became of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cohort {
    /// The month of the first payment.
    pub month: Month,
    /// How many they are.
    pub customers: i64,
    /// What they brought a month when they began.
    pub began_cents: i64,
    /// At the end of that month, of the next, and so on, as far as months have ended.
    pub stayed: Vec<Stayed>,
}

/// What is left of a cohort at the end of a month.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stayed {
    /// Customers who pay.
    pub customers: i64,
    /// What they bring a month.
    pub cents: i64,
}

/// The cohorts of one currency, oldest first; months that have not ended at `now` are left out.
pub fn cohorts(spans: &[Span], currency: &str, now: DateTime<Utc>) -> Vec<Cohort> {
    let paying = spans.iter().filter(|span| span.currency == currency && span.monthly_cents > 0);
    let mut first: BTreeMap<&str, DateTime<Utc>> = BTreeMap::new();
    for span in paying {
        let at = first.entry(&span.customer).or_insert(span.starts_at);
        *at = (*at).min(span.starts_at);
    }
    let mut members: BTreeMap<Month, Vec<&str>> = BTreeMap::new();
    for (customer, at) in &first {
        members.entry(Month::of(*at)).or_default().push(customer);
    }
    let began = |customer: &str| {
        let at = first.get(customer).copied()?;
        recurring::at(spans, at).get(&(currency, customer)).copied()
    };
    let ended = |month: &Month| month.ends_at() <= now;
    let last =
        members.keys().next().map(|oldest| oldest.until(Month::of(now)).filter(ended).collect::<Vec<_>>());
    // What everybody brings at the end of each month, computed once for all cohorts.
    let ends: BTreeMap<Month, Sums> = last
        .unwrap_or_default()
        .into_iter()
        .map(|month| (month, recurring::before(spans, month.ends_at())))
        .collect();
    let cohort = |(month, customers): (Month, Vec<&str>)| Cohort {
        month,
        customers: i64::try_from(customers.len()).unwrap_or(i64::MAX),
        began_cents: customers.iter().filter_map(|customer| began(customer)).sum(),
        stayed: ends.range(month..).map(|(_, sums)| stayed(&customers, sums, currency)).collect(),
    };
    members.into_iter().map(cohort).collect()
}

fn stayed(customers: &[&str], sums: &Sums, currency: &str) -> Stayed {
    let paying: Vec<i64> =
        customers.iter().filter_map(|customer| sums.get(&(currency, *customer)).copied()).collect();
    Stayed { customers: i64::try_from(paying.len()).unwrap_or(i64::MAX), cents: paying.iter().sum() }
}
