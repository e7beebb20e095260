//! What the site shows of the market.
//!
//! - [`store`]: all SQL of it. [`cache`]: the newest edition and the dossiers of its assets, kept in memory.
//! - [`view`]: what a reader sees of them, and nothing else. [`words`]: the sentences that answer.
//! - [`asset`]: what all pages of one asset have in common. [`files`]: its tables to take away. [`scope`]: what a reader
//!   sees over all assets. [`pages`], [`api`]: the same as HTML and as JSON. [`record`]: the public track record.
//!
//! Boundaries: who may see what is decided in [`crate::access`]; how rows get here is in [`crate::publish`].

pub mod api;
pub mod asset;
pub mod cache;
pub mod files;
pub mod pages;
pub mod record;
pub mod scope;
pub mod store;
pub mod view;
pub mod words;
