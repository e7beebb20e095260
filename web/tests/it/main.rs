//! The site against a real Postgres and a real lake folder, over HTTP.
#![allow(clippy::unwrap_used)]

mod accounts;
mod api;
mod events;
mod fuzz;
mod headers;
mod kit;
mod pages;
mod publishing;
mod receipts;
mod slots;
mod walk;
