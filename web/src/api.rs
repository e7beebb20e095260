//! The programming interface, `/api/v1`: the published values for programs, by key.
//!
//! In reading order:
//! - [`key`]: what a key looks like and what it allows. [`caller`]: who calls, checked and counted; every call goes
//!   through it. [`problem`]: what is answered instead.
//! - [`operation`]: what each endpoint takes and gives, as data. [`parameters`], [`cursor`], [`answers`]: in and out.
//! - [`rows`]: the shapes that are promised. [`assets`], [`outlook`], [`history`]: the endpoints.
//! - [`openapi`]: the document, made from the operations and the shapes. [`mod@reference`]: the same as a page;
//!   [`spanish`]: what it says in Spanish.
//! - [`pages`]: keys and usage, as their owner sees them. [`store`]: all SQL.
//!
//! The document is made from the table of operations and from the types that are serialised (crate `schemars`, whose
//! schemas are those of OpenAPI 3.1). Macros on handlers were not taken: the site's routes live in one table, which says
//! who gets what, and a second list of paths beside it could drift.
//!
//! Boundaries: who may see what is decided by [`crate::access`], as for pages.

pub mod answers;
pub mod assets;
pub mod caller;
pub mod cursor;
pub mod history;
pub mod key;
pub mod openapi;
pub mod operation;
pub mod outlook;
pub mod pages;
pub mod parameters;
pub mod problem;
pub mod reference;
pub mod rows;
pub mod spanish;
pub mod store;

use crate::app::Guard::{Key, Open, SignedIn};
use crate::app::{Route, get, post};

/// The routes.
pub static ROUTES: &[Route] = &[
    get("/api", Open, |r| r.to(reference::page)),
    get("/api/v1/openapi.json", Open, |r| r.to(openapi::document)),
    get("/api/v1/assets", Key, |r| r.to(assets::list)),
    get("/api/v1/assets/{symbol}", Key, |r| r.to(assets::one)),
    get("/api/v1/assets/{symbol}/bars", Key, |r| r.to(history::bars)),
    get("/api/v1/assets/{symbol}/indicators", Key, |r| r.to(history::indicators)),
    get("/api/v1/assets/{symbol}/sentiment", Key, |r| r.to(history::sentiment)),
    get("/api/v1/assets/{symbol}/documents", Key, |r| r.to(history::documents)),
    get("/api/v1/assets/{symbol}/forecast", Key, |r| r.to(outlook::forecast)),
    get("/api/v1/assets/{symbol}/signals", Key, |r| r.to(outlook::signals)),
    get("/api/v1/assets/{symbol}/risk", Key, |r| r.to(outlook::risk)),
    get("/api/v1/outcomes", Key, |r| r.to(history::outcomes)),
    get("/api/v1/publications", Key, |r| r.to(history::publications)),
    get("/api/v1/receipts/{symbol}/{slot}", Key, |r| r.to(outlook::receipt)),
    get("/api/v1/usage", Key, |r| r.to(history::usage)),
    get("/api/v1/events", Key, |r| r.to(crate::events::for_programs)),
    get("/api/v1/live", Key, |r| r.to(crate::live::streams::for_programs)),
    get("/account/keys", SignedIn, |r| r.to(pages::list)),
    post("/account/keys", SignedIn, |r| r.to(pages::create)),
    post("/account/keys/revoke", SignedIn, |r| r.to(pages::revoke)),
];
