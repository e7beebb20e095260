//! The ML team's pages: the machine they hold, what readers see, assets that are left out, models, drift.
//!
//! - [`pages`]: the desk. [`models`]: versions, their cards, champion beside challenger. [`drift`]: whether what comes in is
//!   still like what models were fitted on.
//!
//! Boundaries: what is asked for goes through [`crate::operations::orders`], as everything that staff ask for.

use crate::access::Role;
use crate::app::{Guard, Route, get};

pub mod drift;
pub mod models;
pub mod pages;

/// Who looks after models.
const TEAM: Guard = Guard::Staff(&[Role::Ml, Role::Admin]);

/// The routes.
pub static ROUTES: &[Route] = &[
    get("/ml", TEAM, |r| r.to(pages::desk)),
    get("/ml/models", TEAM, |r| r.to(models::list)),
    get("/ml/models/{name}/{version}", TEAM, |r| r.to(models::card)),
    get("/ml/drift", TEAM, |r| r.to(drift::page)),
];
