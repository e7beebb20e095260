//! What people and outlets feel about an asset, and about all of them together: the score slot by slot, what it is made
//! of, what was left out, and whether it runs ahead of the price.
//!
//! - [`asked`]: what an address asks for. [`store`]: all SQL of it. [`cache`]: what was read, kept for a minute.
//! - [`xray`]: a score as the sum of its documents. [`removed`]: what was left out as noise. [`volume`]: how much was
//!   written where. [`leads`]: mood before price, or price before mood.
//! - [`asset`], [`market`]: the pages. [`api`]: the market's mood as JSON.
//!
//! Boundaries: scores, intervals and tests are published values; who may see them is decided in [`crate::access`].

pub mod api;
pub mod asked;
pub mod asset;
pub mod cache;
pub mod leads;
pub mod market;
pub mod removed;
pub mod store;
pub mod volume;
pub mod xray;

use domain::Feature::Sentiment;

use crate::app::Guard::Shows;
use crate::app::{Route, get};

/// The area's routes.
pub static ROUTES: &[Route] = &[
    get("/sentiment", Shows(&[Sentiment]), |r| r.to(market::page)),
    get("/assets/{symbol}/sentiment", Shows(&[Sentiment]), |r| r.to(asset::page)),
    get("/api/sentiment", Shows(&[Sentiment]), |r| r.to(api::market)),
];
