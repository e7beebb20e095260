//! What runs cost, beside what subscribers pay. Prices and arithmetic are `domain::cost`'s; [`store`] reads how long the
//! machines of each stage were on from the ledger's transitions; [`pages`] shows it.

pub mod pages;
pub mod store;
