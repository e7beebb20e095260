//! Revenue: what subscriptions bring in, how that moves, who stays.
//!
//! In reading order: [`month`] (UTC calendar months), [`recurring`] (from lines of invoices to what a subscription brings
//! in a month, at any instant), [`movements`] (start + new + expansion − contraction − churn = end), [`figures`] (ARR,
//! churn, lifetime value), [`cohorts`], [`trials`], [`payments`] (what was invoiced, collected, refunded, failed).
//! [`pages`] shows it, [`behind`] who and which invoices are behind a figure; [`asked`] reads their addresses.
//!
//! All but the pages are pure functions over rows: no I/O, no clock. Money is whole cents of one currency; currencies are
//! never added to each other. A customer is known by the number of the account.
//!
//! What counts: the lines of invoices that are paid or open. An invoice that is void or was given up was never revenue,
//! so the months that it would have covered change when it is. A trial brings nothing until it has been paid for.

pub mod asked;
pub mod behind;
pub mod cohorts;
pub mod figures;
pub mod month;
pub mod movements;
pub mod pages;
pub mod payments;
pub mod recurring;
pub mod store;
pub mod trials;
pub mod view;

#[cfg(test)]
mod tests;
