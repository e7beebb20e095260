//! What outlets write about an asset, and about all of them: headlines with their tone, the words in them, who wrote them.
//! Never more of an article than its headline, and of sources that forbid it not even that.
//!
//! - [`asked`]: what an address asks for. [`cursor`]: where a list goes on. [`store`]: all SQL of it. [`cache`]: what was
//!   read, kept for a minute.
//! - [`digest`]: what was counted in the headlines. [`words`]: their words. [`view`]: what a reader sees of them.
//! - [`pages`]: the pages. [`export`]: the list as a table for spreadsheets.
//!
//! Boundaries: a headline's tone is published; means of it come from [`analytics::aggregate`]. Who may see what is decided in
//! [`crate::access`].

pub mod asked;
pub mod cache;
pub mod cursor;
pub mod digest;
pub mod export;
pub mod pages;
pub mod store;
pub mod view;
pub mod words;

use domain::Feature::News;

use crate::app::Guard::Shows;
use crate::app::{Route, get};

/// The area's routes.
pub static ROUTES: &[Route] = &[
    get("/news", Shows(&[News]), |r| r.to(pages::all)),
    get("/assets/{symbol}/news", Shows(&[News]), |r| r.to(pages::asset)),
];
