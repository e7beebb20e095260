//! The site against a real Postgres and a real lake folder, over HTTP.
#![allow(clippy::unwrap_used)]

mod accounts;
mod browser;
mod compare;
mod api;
mod events;
mod fuzz;
mod headers;
mod kit;
mod news;
mod lab;
mod outlook;
mod pages;
mod price;
mod papers;
mod publishing;
mod sentiment;

mod record;
mod receipts;
mod slots;
mod walk;
mod world;
mod alert_pages;
mod alerts;
mod mails;
mod past;
mod reports;
mod servers;
mod watch;
