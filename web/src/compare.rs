//! Several assets beside each other: rebased to 100, correlated, measured against a benchmark.
//!
//! - [`question`]: the address, understood. [`board`]: the figures, by `analytics`.
//! - [`pages`], [`api`]: the same as HTML and as JSON.
//!
//! Boundaries: only assets whose prices the reader may see are computed with; each other one becomes a locked card.

pub mod api;
pub mod board;
pub mod pages;
pub mod question;

use domain::Feature::Price;

use crate::app::Guard::Shows;
use crate::app::{Route, get};

/// The area's routes.
pub static ROUTES: &[Route] = &[
    get("/compare", Shows(&[Price]), |r| r.to(pages::compare)),
    get("/api/compare", Shows(&[Price]), |r| r.to(api::compare)),
];
