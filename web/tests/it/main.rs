//! The site against a real Postgres and a real lake folder, over HTTP.
#![allow(clippy::unwrap_used)]

mod accounts;
mod alert_pages;
mod alerts;
mod headers;
mod kit;
mod mails;
mod pages;
mod past;
mod publishing;
mod reports;
mod servers;
mod slots;
mod walk;
mod watch;
