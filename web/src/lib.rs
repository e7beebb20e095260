//! Stage 4 and the site.
//!
//! In reading order:
//! - [`config`], [`app`]: settings, and the one table of routes. [`state`]: what every request may use.
//! - [`access`]: who may see what, as one pure function.
//! - [`publish`]: a slot goes from the lake to Postgres. [`market`]: what the site shows of it.
//! - [`price`]: the price analysis of an asset. [`compare`]: several assets beside each other.
//! - [`status`]: how the product is, and what its words mean.
//! - [`sentiment`], [`news`]: what people and outlets say, in depth.
//! - [`outlook`]: what may come, and the risk. [`lab`]: the VaR laboratory. [`record`]: how forecasts fared.
//! - [`live`]: prices as they come, shown and not kept.
//! - [`api`]: the same for programs. [`events`]: what happens, as it happens. [`export`]: tables to take away.
//!   [`receipt`]: everything behind a published value.
//! - [`watch`], [`alerts`], [`report`], [`mail`]: what belongs to one customer, and how they are told. [`worker`] does it.
//! - [`console`]: the company is run from here: customers, money, posts, switches, the audit log.
//! - [`operations`], [`ml`]: for staff who run it: runs, machines, alerts; models and what readers see of them.
//! - [`console`]: the company is run from here: customers, money, posts, switches, the audit log.
//! - [`auth`], [`account`]: accounts, from outside and from inside. [`billing`]: what is sold and who has bought it.
//!   [`site`]: what every page has in common. [`error`]: what can go wrong.
//! - [`templates`], [`text`], [`format`](mod@format), [`svg`], [`plot`]: pages, words, numbers, small pictures.
//! - [`telemetry`]: what is counted of it while it runs. [`mod@bench`]: measures all that.
//!
//! Boundaries: what is published was computed before; what a reader may choose, such as the windows of an average, is
//! computed by `analytics` from published bars. Nothing is computed here.

pub mod access;
pub mod account;
pub mod alerts;
pub mod api;
pub mod app;
pub mod audit;
pub mod auth;
pub mod bench;
pub mod billing;
pub mod cli;
pub mod compare;
pub mod config;
pub mod console;
pub mod error;
pub mod events;
pub mod export;
pub mod format;
pub mod lab;
pub mod live;
pub mod mail;
pub mod market;
pub mod ml;
pub mod news;
pub mod operations;
pub mod outlook;
pub mod plot;
pub mod price;
pub mod publish;
pub mod receipt;
pub mod record;
pub mod report;
pub mod sentiment;
pub mod site;
pub mod state;
pub mod status;
pub mod svg;
pub mod telemetry;
pub mod templates;
pub mod text;
pub mod watch;
pub mod worker;
