//! The status page: how the product is, from what has been published.
//!
//! - [`health`]: what may be said, as pure functions. [`budget`]: how punctual it was, and its error budget.
//!   [`store`]: all SQL of it. [`page`](mod@page): the page.
//!
//! Boundaries: what a run does right now is for operators; here is what readers notice of it.

pub mod budget;
pub mod health;
pub mod page;
pub mod store;

use crate::app::{Guard, Route, get};

/// The area's routes.
pub static ROUTES: &[Route] = &[
    get("/status", Guard::Open, |r| r.to(page::status)),
    get("/status/budget", Guard::Open, |r| r.to(budget::page)),
    get("/glossary", Guard::Open, |r| r.to(page::glossary)),
];
