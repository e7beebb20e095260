//! Stage 4 and the site.
//!
//! In reading order:
//! - [`config`], [`app`]: settings, and the one table of routes. [`state`]: what every request may use.
//! - [`access`]: who may see what, as one pure function.
//! - [`publish`]: a slot goes from the lake to Postgres. [`market`]: what the site shows of it.
//! - [`watch`], [`alerts`], [`report`], [`mail`]: what belongs to one customer, and how they are told. [`worker`] does it.
//! - [`auth`]: accounts. [`site`]: what every page has in common. [`error`]: what can go wrong.
//! - [`templates`], [`text`], [`format`](mod@format), [`svg`]: pages, words, numbers, small pictures.
//!
//! Boundaries: nothing is computed from prices or texts here; that is done before a slot is published.

pub mod access;
pub mod alerts;
pub mod app;
pub mod auth;
pub mod cli;
pub mod config;
pub mod error;
pub mod format;
pub mod mail;
pub mod market;
pub mod publish;
pub mod report;
pub mod site;
pub mod state;
pub mod svg;
pub mod templates;
pub mod text;
pub mod watch;
pub mod worker;
