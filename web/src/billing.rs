//! Billing: what is sold, who has bought it, and what follows from it. The only part that names the payment provider.
//!
//! - [`keys`]: which account there. [`gateway`]: the way to it. [`facts`]: what it says, in our words.
//! - [`entitlement`]: which tier a subscription gives, when and why: pure functions.
//! - [`signature`]: whether a webhook is genuine.
pub mod entitlement;
pub mod facts;
pub mod gateway;
pub mod keys;
pub mod signature;
