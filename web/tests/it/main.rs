//! The site against a real Postgres and a real lake folder, over HTTP.
#![allow(clippy::unwrap_used)]

mod accounts;
mod headers;
mod kit;
mod lab;
mod outlook;
mod pages;
mod publishing;
mod record;
mod slots;
mod walk;
mod world;
