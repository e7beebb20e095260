//! The sources: where documents and bars come from, and what their terms allow.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A source's name, as in lake keys: `x`, `stocktwits`, `feeds`, `alpaca`, …
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SourceId(String);

impl SourceId {
    /// The source with this name.
    pub fn new(name: impl Into<String>) -> Self {
        Self(name.into())
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for SourceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What a source's terms allow. Carried in manifests and obeyed downstream.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Terms {
    /// Whether the source is read at all.
    pub enabled: bool,
    /// Whether its texts may be shown to readers.
    pub may_display: bool,
    /// Whether models may be applied to its texts.
    pub may_infer: bool,
    /// Whether models may be trained on its texts.
    pub may_train: bool,
}

impl Default for Terms {
    fn default() -> Self {
        Self { enabled: true, may_display: true, may_infer: true, may_train: false }
    }
}
