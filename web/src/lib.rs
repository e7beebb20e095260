//! Stage 4 and the site.
//!
//! In reading order:
//! - [`config`], [`app`]: settings, and the one table of routes. [`state`]: what every request may use.
//! - [`access`]: who may see what, as one pure function.
//! - [`publish`]: a slot goes from the lake to Postgres. [`market`]: what the site shows of it.
//! - [`price`]: the price analysis of an asset. [`compare`]: several assets beside each other.
//! - [`auth`]: accounts. [`site`]: what every page has in common. [`error`]: what can go wrong.
//! - [`templates`], [`text`], [`format`](mod@format), [`svg`]: pages, words, numbers, small pictures.
//!
//! Boundaries: published values are shown as they are. Indicators, correlations and simulations of published bars are computed
//! by crate `analytics`; the site only arranges.

pub mod access;
pub mod app;
pub mod auth;
pub mod cli;
pub mod compare;
pub mod config;
pub mod error;
pub mod format;
pub mod market;
pub mod price;
pub mod publish;
pub mod site;
pub mod state;
pub mod svg;
pub mod templates;
pub mod text;
