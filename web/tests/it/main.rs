//! The site against a real Postgres and a real lake folder, over HTTP.
#![allow(clippy::unwrap_used)]

mod account;
mod accounts;
mod api;
mod audit;
mod billing;
mod browser;
mod cashier;
mod compare;
mod console;
mod events;
mod fuzz;
mod headers;
mod kit;
mod lab;
mod live;
mod log;
mod news;
mod operations;
mod outlook;
mod pages;
mod papers;
mod price;
mod proofs;
mod publishing;
mod queries;
mod sentiment;

mod alert_pages;
mod alerts;
mod mails;
mod matrix;
mod ml_pages;
mod past;
mod people;
mod receipts;
mod record;
mod refused;
mod reports;
mod servers;
mod shared;
mod slots;
mod telemetry;
mod walk;
mod watch;
mod world;
