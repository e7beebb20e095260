//! What the collector reads, from where and how hard.
//!
//! `QUARTERDAY_SOURCES` names a TOML or JSON file, or an `http://` address that serves such JSON. A source that is absent
//! there is not connected. Each source's section is described in `docs/sources.md`; beside them:
//!
//! | field | meaning, default |
//! | --- | --- |
//! | `user_agent` | sent with every request; name a contact. `quarterday/<version>` |
//! | `terms.<source>.enabled`, `.may_display`, `.may_infer`, `.may_train` | what the source's terms allow |
//! | `limits.tries` | tries of one request; 5 |
//! | `limits.source_seconds` | time for one source; 900 |
//! | `limits.rounds` | how often a source is asked that is out of reach, the first time included; 3 |
//! | `limits.again_seconds` | longest pause before the second time, doubled before the third; 20 |
//! | `limits.connect_seconds`, `.idle_seconds`, `.request_seconds` | deadlines of one request; 10, 20, 90 |
//! | `limits.pages` | most pages of one stream; 20,000 |
//! | `limits.lag_minutes` | how far back late arrivals are looked for; 30 |
//! | `limits.revision_hours` | how far back documents are looked at again for edits and deletions; 48, 0 for never |
//! | `limits.revision_posts` | most posts of a source that are asked for again one by one; 10,000 |
//!
//! A secret is written as `<field>_env`, the name of the variable that holds it; `<field>` itself is for the sandbox.
//! Fields that are not known are refused, since a misspelt bound would be no bound.

mod read;
mod section;

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use domain::SourceId;
use domain::manifest::Unread;
use domain::source::Terms;
use secrecy::SecretString;
use serde::Deserialize;

pub use read::from_env;
pub use section::{Section, SettingsError};

use crate::source::Source;

/// The checked settings.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Sent with every request.
    pub user_agent: String,
    /// The sources to read, by name.
    pub sources: BTreeMap<SourceId, Connected>,
    /// The sources that are not read, and why.
    pub unread: BTreeMap<SourceId, Unread>,
    /// Bounds of the work.
    pub limits: Limits,
    /// Every secret that the settings hold, so that none gets into what is stored.
    pub secrets: Vec<SecretString>,
}

/// A source with credentials that may be read.
#[derive(Clone)]
pub struct Connected {
    /// How to read it.
    pub source: Arc<dyn Source>,
    /// What its terms allow.
    pub terms: Terms,
}

impl fmt::Debug for Connected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} under {:?}", self.source, self.terms)
    }
}

impl Settings {
    /// Whether any source is read over TLS.
    pub fn needs_tls(&self) -> bool {
        self.sources.values().any(|connected| connected.source.needs_tls())
    }
}

/// What was said about a source's terms; the rest is the source's default.
#[derive(Debug, Clone, Copy, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct PartialTerms {
    /// Whether the source is read at all.
    pub enabled: Option<bool>,
    /// Whether its texts may be shown to readers.
    pub may_display: Option<bool>,
    /// Whether models may be applied to its texts.
    pub may_infer: Option<bool>,
    /// Whether models may be trained on its texts.
    pub may_train: Option<bool>,
}

impl PartialTerms {
    /// The terms, with what was not said taken from `default`.
    pub fn or(self, default: Terms) -> Terms {
        Terms {
            enabled: self.enabled.unwrap_or(default.enabled),
            may_display: self.may_display.unwrap_or(default.may_display),
            may_infer: self.may_infer.unwrap_or(default.may_infer),
            may_train: self.may_train.unwrap_or(default.may_train),
        }
    }
}

/// Bounds of the work.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Tries of one request, the first included.
    pub tries: u32,
    /// Time for one source.
    pub source: Duration,
    /// How often a source that is out of reach is asked, the first time included.
    pub rounds: u32,
    /// The longest pause before the second time.
    pub again: Duration,
    /// Time to connect.
    pub connect: Duration,
    /// Time without a byte.
    pub idle: Duration,
    /// Time for one request.
    pub request: Duration,
    /// Most pages of one stream.
    pub pages: u32,
    /// How far back late arrivals are looked for.
    pub lag: chrono::Duration,
    /// How far back documents are looked at again.
    pub revision: chrono::Duration,
    /// Most posts of a source that are asked for again one by one.
    pub revision_posts: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            tries: 5,
            source: Duration::from_secs(900),
            rounds: 3,
            again: Duration::from_secs(20),
            connect: Duration::from_secs(10),
            idle: Duration::from_secs(20),
            request: Duration::from_secs(90),
            pages: 20_000,
            lag: chrono::Duration::minutes(30),
            revision: chrono::Duration::hours(48),
            revision_posts: 10_000,
        }
    }
}
