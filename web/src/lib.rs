//! Stage 4 and the site.
//!
//! In reading order:
//! - [`config`], [`app`]: settings, and the one table of routes. [`state`]: what every request may use.
//! - [`access`]: who may see what, as one pure function.
//! - [`publish`]: a slot goes from the lake to Postgres. [`market`]: what the site shows of it.
//! - [`api`]: the same for programs. [`events`]: what happens, as it happens. [`export`]: tables to take away.
//!   [`receipt`]: everything behind a published value.
//! - [`auth`]: accounts. [`site`]: what every page has in common. [`error`]: what can go wrong.
//! - [`templates`], [`text`], [`format`](mod@format), [`svg`]: pages, words, numbers, small pictures.
//!
//! Boundaries: nothing is computed from prices or texts here; that is done before a slot is published.

pub mod access;
pub mod api;
pub mod app;
pub mod auth;
pub mod cli;
pub mod config;
pub mod error;
pub mod events;
pub mod export;
pub mod format;
pub mod market;
pub mod publish;
pub mod receipt;
pub mod site;
pub mod state;
pub mod svg;
pub mod templates;
pub mod text;
