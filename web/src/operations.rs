//! The operator's pages: runs as they stand, what is asked about them, machines and their cost, alerts with what to do.
//!
//! - [`timeline`]: runs at a glance. [`run`]: one of them. [`attempts`]: what is told of both, from the ledger's changes.
//! - [`asked`] and [`preview`]: what a form asks for, and what would follow. [`orders`]: what was asked; it goes to the
//!   orchestrator over the bus, at least once, and is carried out once. [`permission`]: who may ask for what.
//! - [`letters`], [`machines`], [`alerts`] with [`runbook`]: the other pages. [`live`]: tells open pages of changes.
//! - [`money`]: prices. [`store`]: all SQL of it.
//!
//! Boundaries: the ledger is only read here. What follows from an order is for `functions`; pages about models are in
//! [`crate::ml`].

use crate::access::Role;
use crate::app::{Guard, Route, get, post};

pub mod alerts;
pub mod asked;
pub mod attempts;
pub mod letters;
pub mod live;
pub mod machines;
pub mod money;
pub mod orders;
pub mod permission;
pub mod preview;
pub mod run;
pub mod runbook;
pub mod store;
pub mod timeline;
mod words;

/// Who runs the six-hour runs.
const OPERATORS: Guard = Guard::Staff(&[Role::Operator, Role::Admin]);
/// Who asks for something of runs or models.
const CREW: Guard = Guard::Staff(&[Role::Operator, Role::Admin, Role::Ml]);

/// The routes.
pub static ROUTES: &[Route] = &[
    get("/operations", OPERATORS, |r| r.to(timeline::page)),
    get("/operations/runs/{slot}", CREW, |r| r.to(run::page)),
    get("/operations/letters", OPERATORS, |r| r.to(letters::page)),
    get("/operations/machines", OPERATORS, |r| r.to(machines::page)),
    get("/operations/alerts", CREW, |r| r.to(alerts::page)),
    get("/operations/alerts/{kind}", CREW, |r| r.to(alerts::runbook)),
    get("/operations/confirm", CREW, |r| r.to(orders::confirm)),
    get("/operations/orders", CREW, |r| r.to(orders::shown::list)),
    post("/operations/orders", CREW, |r| r.to(orders::ask)),
    get("/operations/orders/{id}", CREW, |r| r.to(orders::shown::one)),
    post("/operations/orders/{id}/withdraw", CREW, |r| r.to(orders::withdraw)),
    get("/operations/changes", CREW, |r| r.to(live::changes)),
];
