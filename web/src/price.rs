//! The price analysis of one asset: chart with indicators, table of bars, signals with their trades.
//!
//! - [`params`]: what an address may ask, and what is said when it asks for something else.
//! - [`span`], [`overlays`], [`question`]: the question. [`series`]: the bars that it is answered from.
//! - [`shelf`], [`store`]: bars in memory, and the SQL that reads them.
//! - [`actions`]: splits and dividends.
//! - [`table`], [`pivot`], [`trades`], [`slider`]: the parts of the page. [`controls`]: its form.
//! - [`pages`], [`api`], [`export`]: the answer as HTML, JSON and CSV.
//!
//! Boundaries: every figure comes from crate `analytics`; who may see what is decided in [`crate::access`].

pub mod actions;
pub mod api;
pub mod controls;
pub mod export;
pub mod overlays;
pub mod pages;
pub mod params;
pub mod pivot;
pub mod question;
pub mod series;
pub mod shelf;
pub mod slider;
pub mod span;
pub mod store;
pub mod table;
pub mod trades;

use domain::Feature::{Price, Sentiment};

use crate::app::Guard::{Needs, Shows};
use crate::app::{Route, get};

/// The area's routes. The sentence that answers holds the mood, too.
pub static ROUTES: &[Route] = &[
    get("/assets/{symbol}/price", Shows(&[Price, Sentiment]), |r| r.to(pages::price)),
    get("/api/assets/{symbol}/indicators", Needs(Price), |r| r.to(api::indicators)),
];
