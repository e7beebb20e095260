//! Customers: how they are found, what happened to them, and why they had access.
//!
//! [`store`] has the SQL, [`timeline`] tells events in the reader's language, [`access`] answers "why do they have access at
//! this instant" as a pure function, [`pages`] shows it.

pub mod access;
pub mod pages;
pub mod store;
pub mod timeline;
