//! What happens to a subscription, as functions over the book: they read no clock and do no I/O, and the same calls give the same
//! book.
//!
//! In reading order: [`start`] begins one, [`change`] changes it, [`cycle`] lets time pass; [`invoice`] makes up what is owed,
//! [`payment`] takes it, [`credit`] corrects it.

pub mod change;
pub mod credit;
pub mod cycle;
pub mod discount;
pub mod invoice;
pub mod payment;
pub mod start;
