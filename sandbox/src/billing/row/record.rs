//! Clocks, what happened, who was told, and what was answered.

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// A clock that only its owner moves.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct TestClock {
    /// `clock_…`.
    pub id: String,
    /// The caller's name for it.
    pub name: Option<String>,
    /// What it shows.
    pub frozen_time: i64,
    /// When it was made, by the sandbox's clock.
    pub created: i64,
    /// Whether it has been deleted, and its customers with it.
    pub deleted: bool,
}

/// Something that happened, as it is told to the caller.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Event {
    /// `evt_…`.
    pub id: String,
    /// For example `invoice.paid`.
    pub kind: String,
    /// When.
    pub created: i64,
    /// The object as it was then.
    pub object: Value,
    /// What it was before, of what changed.
    pub previous: Option<Value>,
    /// The key that the caller gave the request which led to it.
    pub idempotency_key: Option<String>,
}

/// How far telling the caller of an event has come. Instants are those of the real clock, in milliseconds.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Delivery {
    /// The event.
    pub event: String,
    /// How often it was tried.
    pub attempts: u32,
    /// When it is tried next; `None`: it has been taken, or is given up.
    pub next_at: Option<i64>,
    /// When it was taken.
    pub delivered_at: Option<i64>,
    /// How often it is still to be sent although it has been taken.
    pub repeats: u32,
}

/// What was answered to a request with a key.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Replay {
    /// SHA-256 of method, path and parameters, in hex.
    pub request: String,
    /// HTTP status.
    pub status: u16,
    /// The body.
    pub body: Value,
    /// When, by the real clock, in seconds.
    pub created: i64,
}
