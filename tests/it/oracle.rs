//! The oracle of the sources: what a source would show of a window is what the lake holds of it, each record once and in its
//! last version, whatever went wrong on the way, and no limit was exceeded.

mod dying;
mod kit;

mod brokers;
mod calm;
mod faults;
mod kills;
mod revisions;
