//! Alerts: a threshold on a published value, and a message when it is crossed.
//!
//! - [`rule`]: measures, operators, and the pure functions that decide when an alert fires. [`reading`]: what a rule
//!   reads from published values. Both serve new slots and the past alike.
//! - [`evaluate`]: holds alerts against a new slot, once. [`deliver`]: tells customers, with retries.
//! - [`address`], [`webhook`], [`telegram`]: where messages go. [`words`]: what they say.
//! - [`pages`], [`form`]: the pages and their input. [`channels`]: webhook and chat of a customer. [`hook`]: the webhook's secret.
//! - [`store`]: all SQL of it.
//!
//! Boundaries: mails leave through [`crate::mail`]; who may see what is decided in [`crate::access`].

use crate::app::{Guard, Route, get, post};

pub mod address;
pub mod channels;
pub mod deliver;
pub mod evaluate;
pub mod form;
pub mod hook;
pub mod pages;
pub mod reading;
pub mod rule;
mod shown;
pub mod store;
pub mod telegram;
pub mod webhook;
pub mod words;

/// The routes of alerts and their channels.
pub static ROUTES: &[Route] = &[
    get("/alerts", Guard::SignedIn, |r| r.to(pages::list)),
    post("/alerts", Guard::SignedIn, |r| r.to(pages::save)),
    get("/alerts/new", Guard::SignedIn, |r| r.to(pages::new)),
    post("/alerts/{id}", Guard::SignedIn, |r| r.to(pages::change)),
    post("/account/webhook", Guard::SignedIn, |r| r.to(channels::set_webhook)),
    post("/account/webhook/delete", Guard::SignedIn, |r| r.to(channels::delete_webhook)),
    post("/account/telegram", Guard::SignedIn, |r| r.to(channels::telegram_code)),
    post("/account/telegram/delete", Guard::SignedIn, |r| r.to(channels::unlink_telegram)),
];
