//! A payment provider for one machine: it speaks the part of Stripe's wire format that the site uses, keeps its books in a folder,
//! takes test cards on pages of its own, and has clocks that can be moved on. No money moves.
//!
//! In reading order:
//! - [`row`]: what is kept. [`table`], [`book`]: rows by id, and all of them. [`calendar`]: periods and shares of them.
//! - [`engine`]: what happens to a subscription, as functions over the book. [`refusal`]: why something does not happen.
//! - [`render`]: rows as the provider's JSON. [`form`], [`api`]: requests, and which of them does what.
//! - [`visit`], [`page`]: the checkout page, the portal, the page of an invoice.
//! - [`journal`], [`keeper`]: how the book survives, and who may change it. [`webhook`]: telling the caller. [`server`]: all of it
//!   over HTTP.
//!
//! Behaviour follows the provider's public documentation: statuses, the order of events, proration by the second, drafts that
//! become final after an hour, retries of a payment that failed, credit that is kept for the next invoice.

pub mod api;
pub mod book;
pub mod calendar;
pub mod engine;
pub mod form;
pub mod journal;
pub mod keeper;
pub mod page;
pub mod refusal;
pub mod render;
pub mod row;
pub mod server;
pub mod table;
pub mod visit;
pub mod webhook;
