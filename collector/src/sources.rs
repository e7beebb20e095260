//! The sources, one file each: how to fetch, and how to read what was fetched.

pub mod alpaca;
pub mod feeds;
pub mod stocktwits;
pub mod symbols;
pub mod x;
