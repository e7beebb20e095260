//! All SQL of alerts.
//!
//! - [`alerts`]: what customers have set. [`evaluation`]: holding them against slots. [`delivery`]: telling customers.
//! - [`series`]: the published values that rules read. [`channel`]: webhooks and chats.

pub mod alerts;
pub mod channel;
pub mod delivery;
pub mod evaluation;
pub mod series;
