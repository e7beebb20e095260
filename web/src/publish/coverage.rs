//! What a slot covers, and what is missing: shown under every title.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use domain::manifest::Unread;
use domain::{Manifest, Outcome};
use serde::{Deserialize, Serialize};

/// What is said of an asset that somebody wants left out.
pub const LEFT_OUT: &str = "left out";

/// Sources and assets of one slot.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Coverage {
    /// How each source fared.
    #[serde(default)]
    pub sources: BTreeMap<String, SourceCoverage>,
    /// The sources that are not read: not connected or not licensed.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub unread: BTreeMap<String, Unread>,
    /// Assets that are missing or incomplete, with the reason.
    #[serde(default)]
    pub missing_assets: BTreeMap<String, String>,
}

/// How one source fared. Messages of failures stay in the manifest: they are for operators.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SourceCoverage {
    /// Whether everything was collected.
    pub complete: bool,
    /// The newest record's event time.
    pub newest_at: Option<DateTime<Utc>>,
}

impl Coverage {
    /// What the manifests of split and predictions say. Sources are taken from the first that names any.
    pub fn of(predictions: &Manifest, assets: Option<&Manifest>) -> Self {
        let named = [Some(predictions), assets].into_iter().flatten().find(|m| !m.sources.is_empty());
        let unread = named.map(|manifest| manifest.unread.clone()).unwrap_or_default();
        let sources = named.into_iter().flat_map(|m| &m.sources).filter(|(_, s)| s.terms.enabled);
        let sources = sources.map(|(name, source)| {
            let complete = source.outcome == Outcome::Succeeded;
            (name.clone(), SourceCoverage { complete, newest_at: source.newest_at })
        });
        let missing = predictions.assets.iter().filter(|(_, asset)| asset.outcome != Outcome::Succeeded);
        let missing_assets = missing.map(|(symbol, asset)| (symbol.clone(), asset.message.clone()));
        Self { sources: sources.collect(), unread, missing_assets: missing_assets.collect() }
    }

    /// The same without these assets, which somebody wants left out.
    #[must_use]
    pub fn without<'a>(mut self, symbols: impl Iterator<Item = &'a str>) -> Self {
        self.missing_assets.extend(symbols.map(|symbol| (symbol.to_owned(), LEFT_OUT.to_owned())));
        self
    }
}
