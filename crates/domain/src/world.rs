//! The description of a world: what the sandbox serves. The records of a world are read by the sandbox alone.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// `world.json`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct World {
    /// Its name.
    pub name: String,
    /// Under which terms its records may be used.
    #[serde(default)]
    pub licence: String,
    /// First instant of its window.
    pub start: DateTime<Utc>,
    /// First instant after its window.
    pub end: DateTime<Utc>,
    /// What it is.
    #[serde(default)]
    pub note: String,
    /// For a generated world, what is really so: hidden sentiment, its lead on price, bots.
    #[serde(default)]
    pub truth: Option<serde_json::Value>,
}
