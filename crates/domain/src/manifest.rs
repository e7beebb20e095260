//! Manifests: what counts. A stage writes its objects first and its manifest last; readers trust only what a manifest lists.
//!
//! A manifest holds nothing that differs between two attempts with the same input: no instant of the wall clock, no
//! attempt number, no duration. Those are in the ledger.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::lake::sha256;
use crate::slot::Slot;
use crate::source::Terms;
use crate::trace::TraceId;

/// Version of the manifest's own shape.
pub const SCHEMA_VERSION: u32 = 1;

/// How a stage, or one source or asset of it, ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Outcome {
    /// Everything was done.
    Succeeded,
    /// Something is missing; the manifest says what.
    Partial,
    /// Nothing usable came out.
    Failed,
}

impl Outcome {
    /// The name used in files and tables.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Succeeded => "succeeded",
            Self::Partial => "partial",
            Self::Failed => "failed",
        }
    }

    /// The process exit code that says the same: 0, 3, 1.
    pub fn exit_code(self) -> u8 {
        match self {
            Self::Succeeded => 0,
            Self::Partial => 3,
            Self::Failed => 1,
        }
    }
}

/// One object of the lake, with what proves that it is whole.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct ObjectEntry {
    /// Its key.
    pub key: String,
    /// Its size.
    pub bytes: u64,
    /// Sha256 of its content in lower-case hex.
    pub sha256: String,
    /// Rows or lines in it.
    pub rows: u64,
}

impl ObjectEntry {
    /// The entry for `content` under `key`.
    pub fn of(key: impl ToString, content: &[u8], rows: u64) -> Self {
        Self { key: key.to_string(), bytes: content.len() as u64, sha256: sha256(content), rows }
    }

    /// Whether `content` is what this entry describes.
    pub fn matches(&self, content: &[u8]) -> bool {
        self.bytes == content.len() as u64 && self.sha256 == sha256(content)
    }
}

/// What kind of trouble a source is in, by who can do something about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum TroubleClass {
    /// The operator: a key, a permission, a name or an address is wrong.
    Configuration,
    /// Nobody: the source is down or slow and the next slot may fare better.
    Transient,
    /// A limit, a quota or a spend cap is reached: wait, or pay for more.
    Limit,
    /// Us: this machine or this program.
    System,
}

impl TroubleClass {
    /// The name used in files and tables.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Configuration => "configuration",
            Self::Transient => "transient",
            Self::Limit => "limit",
            Self::System => "system",
        }
    }
}

/// Why one stream of a source is not whole.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StreamTrouble {
    /// Which stream: a search, a channel, a feed, a series.
    pub stream: String,
    /// Who can do something about it.
    pub class: TroubleClass,
    /// What happened and what to do.
    pub message: String,
}

/// How one source fared in one slot.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SourceOutcome {
    /// How it ended.
    pub outcome: Outcome,
    /// What went wrong and what to do; empty when nothing did.
    #[serde(default)]
    pub message: String,
    /// Rows of each kind: `post`, `article`, `bar`, `reject`; of posts also `revision` (older ones that were edited or
    /// deleted meanwhile).
    pub counts: BTreeMap<String, u64>,
    /// The newest record's event time.
    pub newest_at: Option<DateTime<Utc>>,
    /// What the source's terms allow.
    pub terms: Terms,
    /// The streams that are not whole; at most [`SourceOutcome::TROUBLES`] of them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub troubles: Vec<StreamTrouble>,
    /// Fields that this version does not know, with how often they came: a sign that the source is changing its form.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub unknown_fields: BTreeMap<String, u64>,
    /// What looks wrong although every stream was read: many rejects, or nothing where there used to be much.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<String>,
    /// Calls left of the day's quota, where the source has one that is counted by the day.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quota_left: Option<u64>,
    /// What this slot cost, in thousandths of a US cent, where the source bills by use.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub spent_millicents: Option<u64>,
}

impl SourceOutcome {
    /// Most troubles that are listed.
    pub const TROUBLES: usize = 20;

    /// An outcome without rows.
    pub fn empty(outcome: Outcome, terms: Terms, message: String) -> Self {
        Self {
            outcome,
            message,
            counts: BTreeMap::new(),
            newest_at: None,
            terms,
            troubles: Vec::new(),
            unknown_fields: BTreeMap::new(),
            warnings: Vec::new(),
            quota_left: None,
            spent_millicents: None,
        }
    }
}

/// Why a source that the product knows was not asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Unread {
    /// The settings have no section for it.
    NotConnected,
    /// Its terms, as the settings state them, do not allow it to be read.
    NotLicensed,
}

/// How far one source was covered in one slot.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Coverage {
    /// All that was asked for is there.
    Ok,
    /// Something is missing; the message says what.
    Partial,
    /// Nothing usable came.
    Failed,
    /// No credentials.
    NotConnected,
    /// Its terms do not allow it.
    NotLicensed,
}

impl Coverage {
    /// The words shown to people.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Partial => "partial",
            Self::Failed => "failed",
            Self::NotConnected => "not connected",
            Self::NotLicensed => "not licensed",
        }
    }
}

impl From<Outcome> for Coverage {
    fn from(outcome: Outcome) -> Self {
        match outcome {
            Outcome::Succeeded => Self::Ok,
            Outcome::Partial => Self::Partial,
            Outcome::Failed => Self::Failed,
        }
    }
}

/// How one asset fared in one slot.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AssetOutcome {
    /// How it ended.
    pub outcome: Outcome,
    /// What went wrong; empty when nothing did.
    #[serde(default)]
    pub message: String,
    /// Rows of each kind.
    pub counts: BTreeMap<String, u64>,
}

/// What one stage, or one source of it, left in the lake for one slot.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Manifest {
    /// [`SCHEMA_VERSION`].
    pub schema_version: u32,
    /// Stage that wrote it: `collect`, `split`, `predict`.
    pub stage: String,
    /// Its slot.
    pub slot: Slot,
    /// How it ended.
    pub outcome: Outcome,
    /// Nothing later than this was looked at.
    pub as_of: DateTime<Utc>,
    /// Version of the program.
    pub code_version: String,
    /// Name and version of each model used.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub models: Vec<String>,
    /// Seed of its randomness.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seed: Option<u64>,
    /// What it read, with the sha256 it had.
    pub inputs: Vec<ObjectEntry>,
    /// What it wrote, sorted by key.
    pub objects: Vec<ObjectEntry>,
    /// How each source fared.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub sources: BTreeMap<String, SourceOutcome>,
    /// The sources that were not asked, and why.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub unread: BTreeMap<String, Unread>,
    /// Posts of earlier slots that are gone at their source by now, by source: nobody may show them any more.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub gone: BTreeMap<String, BTreeSet<String>>,
    /// How each asset fared.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub assets: BTreeMap<String, AssetOutcome>,
    /// The trace of its slot: the same for every stage and attempt.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trace_id: Option<TraceId>,
    /// What looks wrong although the stage was done: models whose input has drifted, or that could not be read.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<String>,
}

/// A manifest that cannot be read.
#[derive(Debug, thiserror::Error)]
#[error("manifest {key}: {reason}")]
pub struct ManifestError {
    /// Its key.
    pub key: String,
    /// What is wrong.
    pub reason: String,
}

impl Manifest {
    /// An empty manifest of `stage` for `slot`, as of the slot's close.
    pub fn new(stage: &str, slot: Slot, code_version: &str) -> Self {
        Self {
            schema_version: SCHEMA_VERSION,
            stage: stage.to_owned(),
            slot,
            outcome: Outcome::Succeeded,
            as_of: slot.close_at(),
            code_version: code_version.to_owned(),
            models: Vec::new(),
            seed: None,
            inputs: Vec::new(),
            objects: Vec::new(),
            sources: BTreeMap::new(),
            unread: BTreeMap::new(),
            gone: BTreeMap::new(),
            assets: BTreeMap::new(),
            trace_id: Some(TraceId::of_slot(slot)),
            warnings: Vec::new(),
        }
    }

    /// How far each source was covered, by name.
    pub fn coverage(&self) -> BTreeMap<&str, Coverage> {
        let unread = self.unread.iter().map(|(name, why)| {
            let coverage = match why {
                Unread::NotConnected => Coverage::NotConnected,
                Unread::NotLicensed => Coverage::NotLicensed,
            };
            (name.as_str(), coverage)
        });
        unread.chain(self.sources.iter().map(|(name, s)| (name.as_str(), s.outcome.into()))).collect()
    }

    /// Its bytes, the same for the same content: objects and inputs sorted, keys in order, a line feed at the end.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut sorted = self.clone();
        sorted.objects.sort();
        sorted.inputs.sort();
        // A manifest has string keys and finite numbers only, so it can always be written.
        let mut bytes = serde_json::to_vec_pretty(&sorted).unwrap_or_default();
        bytes.push(b'\n');
        bytes
    }

    /// Reads a manifest; `key` is named in errors.
    ///
    /// # Errors
    /// Not JSON of this shape, or of another [`SCHEMA_VERSION`].
    pub fn from_bytes(key: &str, bytes: &[u8]) -> Result<Self, ManifestError> {
        let error = |reason: String| ManifestError { key: key.to_owned(), reason };
        let manifest: Self = serde_json::from_slice(bytes).map_err(|e| error(e.to_string()))?;
        if manifest.schema_version != SCHEMA_VERSION {
            return Err(error(format!(
                "schema version {} is not {SCHEMA_VERSION}: repeat the {} stage of {}",
                manifest.schema_version, manifest.stage, manifest.slot
            )));
        }
        Ok(manifest)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_it_writes_whatever_the_order() {
        let slot = "2026-11-21T06Z".parse().unwrap();
        let mut a = Manifest::new("split", slot, "0.1.0");
        a.objects = vec![ObjectEntry::of("b", b"2", 1), ObjectEntry::of("a", b"1", 1)];
        let mut b = a.clone();
        b.objects.reverse();
        assert_eq!(a.to_bytes(), b.to_bytes());
        assert_eq!(Manifest::from_bytes("k", &a.to_bytes()).unwrap().objects[0].key, "a");
        assert!(a.objects[0].matches(b"2") && !a.objects[0].matches(b"3"));
    }

    #[test]
    fn refuses_another_schema_version() {
        let mut manifest = Manifest::new("split", "2026-11-21T06Z".parse().unwrap(), "0.1.0");
        manifest.schema_version = 9;
        let error = Manifest::from_bytes("assets/slot=x/_MANIFEST.json", &manifest.to_bytes()).unwrap_err();
        assert!(error.to_string().contains("schema version 9 is not 1"), "{error}");
    }
}
