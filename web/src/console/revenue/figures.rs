//! What follows from movements: yearly revenue, churn, what a customer is worth.

use super::movements::Movements;

/// How many complete months churn is taken over for the lifetime value.
pub const LOOK_BACK: usize = 12;

/// Figures of one currency as of the end of the last of some months. A share is `None` where nothing could be lost.
#[derive(Debug, Clone, PartialEq)]
pub struct Figures {
    /// Recurring revenue a month.
    pub mrr_cents: i64,
    /// Twelve times that.
    pub arr_cents: i64,
    /// Customers who pay.
    pub customers: i64,
    /// Recurring revenue a month by paying customer, rounded to the nearest cent.
    pub per_customer_cents: Option<i64>,
    /// Share of the customers at the start of the last month who left in it.
    pub customer_churn: Option<f64>,
    /// Share of the revenue at the start of the last month that left with customers or got less.
    pub revenue_churn: Option<f64>,
    /// What became, in the last month, of the revenue at its start: with expansion, without new customers.
    pub net_retention: Option<f64>,
    /// Revenue by customer, divided by the churn of the months looked at; `None` until somebody has left.
    pub lifetime_cents: Option<i64>,
    /// Customers lost in the months that the lifetime value looks at: few of them make it a guess.
    pub lost: i64,
}

/// The figures at the end of the last of these months, which must be complete and in order; `None` without any.
pub fn figures(months: &[Movements]) -> Option<Figures> {
    let last = months.last()?;
    let share = |part: i64, whole: i64| (whole > 0).then(|| part as f64 / whole as f64);
    let per_customer_cents = divide(last.end_cents, last.customers_end);
    let looked_at = months.get(months.len().saturating_sub(LOOK_BACK)..).unwrap_or_default();
    let lost: i64 = looked_at.iter().map(|month| month.customers_lost).sum();
    let there: i64 = looked_at.iter().map(|month| month.customers_start).sum();
    let worth = |cents: i64| divide(cents.checked_mul(there)?, lost);
    Some(Figures {
        mrr_cents: last.end_cents,
        arr_cents: last.end_cents * 12,
        customers: last.customers_end,
        per_customer_cents,
        customer_churn: share(last.customers_lost, last.customers_start),
        revenue_churn: share(last.contraction_cents + last.churn_cents, last.start_cents),
        net_retention: share(
            last.start_cents + last.expansion_cents - last.contraction_cents - last.churn_cents,
            last.start_cents,
        ),
        lifetime_cents: per_customer_cents.and_then(worth),
        lost,
    })
}

/// Rounded to the nearest; `None` where there is nothing to divide by.
fn divide(cents: i64, by: i64) -> Option<i64> {
    (by > 0).then(|| (2 * cents + by) / (2 * by))
}
