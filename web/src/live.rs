//! Live prices: the newest quote of each asset, in memory, and who watches them.
//!
//! In reading order:
//! - [`board`]: the newest quote of each symbol, and the news of it; nothing of it is stored.
//! - [`relay`]: what one instance has been pushed, the others hear through Postgres.
//! - [`push`]: what the bus pushes. [`streams`]: server-sent events for pages and programs. [`view`]: how a page shows it.
//! - [`store`]: all SQL.
//!
//! Boundaries: a quote is shown and nothing else; every analysis rests on the bars of a slot. Who may see the price of an
//! asset may see it live.

pub mod board;
pub mod push;
pub mod relay;
pub mod store;
pub mod streams;
pub mod view;

use domain::Feature;

use crate::app::Guard::{Internal, StreamOf};
use crate::app::{Route, get, post};

pub use board::Live;

/// The routes.
pub static ROUTES: &[Route] = &[
    post("/internal/quotes", Internal, |r| r.to(push::quotes)),
    get("/api/assets/{symbol}/live", StreamOf(Feature::Price), |r| r.to(streams::for_pages)),
];
