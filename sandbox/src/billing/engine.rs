//! What happens to a subscription, as functions over the book: they read no clock and do no I/O, and the same calls give the same
//! book.
//!
//! In reading order: [`start`] begins one, [`change`] and [`items`] change it, [`cycle`] lets time pass; [`invoice`] makes up what is owed,
//! [`closing`] takes it back,
//! [`payment`] takes it, [`credit`] corrects it.

pub mod change;
pub mod closing;
pub mod credit;
pub mod cycle;
pub mod discount;
pub mod invoice;
pub mod items;
pub mod payment;
pub mod start;

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests;
