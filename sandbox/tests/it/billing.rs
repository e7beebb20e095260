//! The billing sandbox, over HTTP and with the client that the site uses.

mod client;
mod kit;
mod pages;
mod surface;
mod survival;
mod webhooks;
