//! What an earlier attempt committed for the same slot.

use cloud::Lake;
use cloud::commit::read_manifest;
use domain::lake::{Area, RecordKind, raw_prefix, records_prefix};
use domain::manifest::{ObjectEntry, SourceOutcome};
use domain::{Key, Manifest, Outcome, Slot, SourceId};

use super::Written;
use crate::exchange::Referenced;
use crate::window::Window;

/// Both manifests of a slot; empty where it was not committed.
#[derive(Debug)]
pub struct Previous {
    slot: Slot,
    manifests: Option<(Manifest, Manifest)>,
}

impl Previous {
    /// Reads what was committed for `slot`.
    ///
    /// # Errors
    /// The lake fails or a manifest is damaged.
    pub async fn read(lake: &dyn Lake, slot: Slot) -> anyhow::Result<Self> {
        let raw = read_manifest(lake, &Key::SlotManifest { area: Area::Raw, slot }.to_string()).await?;
        let records =
            read_manifest(lake, &Key::SlotManifest { area: Area::Records, slot }.to_string()).await?;
        let manifests = raw.zip(records).map(|((raw, _), (records, _))| (raw, records));
        Ok(Self { slot, manifests })
    }

    /// How each source fared.
    pub fn outcomes(&self) -> impl Iterator<Item = (SourceId, SourceOutcome)> {
        let sources = self.manifests.iter().flat_map(|(_, records)| records.sources.iter());
        sources.map(|(name, outcome)| (SourceId::new(name), outcome.clone()))
    }

    /// How `source` fared.
    pub fn outcome(&self, source: &SourceId) -> Option<(SourceId, SourceOutcome)> {
        self.outcomes().find(|(id, _)| id == source)
    }

    /// Whether `source` was collected whole.
    pub fn has_whole(&self, source: &SourceId) -> bool {
        self.outcome(source).is_some_and(|(_, outcome)| outcome.outcome == Outcome::Succeeded)
    }

    /// Lists the source's objects in `written` as they are.
    pub fn take_over(&self, source: &SourceId, outcome: SourceOutcome, written: &mut Written) {
        let Some((raw, records)) = &self.manifests else { return };
        let kinds = RecordKind::ALL.map(|kind| records_prefix(kind, self.slot, source));
        let prefix = raw_prefix(source, self.slot);
        written.raw.extend(raw.objects.iter().filter(|object| object.key.starts_with(&prefix)).cloned());
        let of_source = |object: &&ObjectEntry| kinds.iter().any(|kind| object.key.starts_with(kind));
        written.records.extend(records.objects.iter().filter(of_source).cloned());
        written.outcomes.insert(source.clone(), outcome);
    }

    /// The source's raw exchanges and their window.
    ///
    /// # Errors
    /// An object is missing or damaged.
    pub async fn exchanges(
        &self,
        lake: &dyn Lake,
        source: &SourceId,
    ) -> anyhow::Result<(Option<Window>, Vec<Referenced>)> {
        let Some((raw, _)) = &self.manifests else { return Ok((None, Vec::new())) };
        let prefix = raw_prefix(source, self.slot);
        let mut parts: Vec<&ObjectEntry> =
            raw.objects.iter().filter(|o| o.key.starts_with(&prefix)).collect();
        parts.sort_by_key(|entry| part_index(&entry.key));
        super::read_raw(lake, &parts).await
    }
}

/// A raw part's number, from its name `part-<digest>-<number>.ndjson.zst`.
pub fn part_index(key: &str) -> u32 {
    let stem = key.strip_suffix(".ndjson.zst").unwrap_or(key);
    stem.rsplit('-').next().and_then(|number| number.parse().ok()).unwrap_or_default()
}
