//! The site against a real Postgres and a real lake folder, over HTTP.
#![allow(clippy::unwrap_used)]

mod accounts;
mod browser;
mod headers;
mod kit;
mod pages;
mod publishing;
mod slots;
mod walk;
