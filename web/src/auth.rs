//! Accounts: register, sign in, sign out, and who is asking.
//!
//! - [`password`]: rules and hashes. [`session`]: keys and cookies. [`limit`]: how often somebody may try.
//! - [`store`]: all SQL of it. [`handlers`]: the pages.
//!
//! Boundaries: what a reader may see is decided in [`crate::access`].

pub mod handlers;
pub mod limit;
pub mod password;
pub mod session;
pub mod store;
