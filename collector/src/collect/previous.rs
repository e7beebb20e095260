//! What an earlier attempt committed for the same slot.

use std::collections::VecDeque;
use std::sync::Arc;

use cloud::Lake;
use cloud::commit::read_manifest;
use domain::lake::{Area, RecordKind, raw_prefix, records_prefix};
use domain::manifest::{ObjectEntry, SourceOutcome};
use domain::{Key, Manifest, Outcome, Slot, SourceId};

use super::{Written, below};
use crate::exchange::{Referenced, Unpacker};
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

    /// The source's raw exchanges.
    ///
    /// # Errors
    /// An object is missing or damaged.
    pub async fn exchanges(&self, lake: &Arc<dyn Lake>, source: &SourceId) -> anyhow::Result<RawExchanges> {
        let prefix = raw_prefix(source, self.slot);
        let objects = self.manifests.iter().flat_map(|(raw, _)| below(&raw.objects, &prefix)).cloned();
        RawExchanges::open(lake, objects.collect()).await
    }
}

/// The raw exchanges of one source and slot, read part by part.
pub struct RawExchanges {
    lake: Arc<dyn Lake>,
    parts: VecDeque<ObjectEntry>,
    part: Option<Unpacker>,
    /// The first exchange is read at once, since the window stands with it.
    first: Option<Referenced>,
    window: Option<Window>,
}

impl RawExchanges {
    /// Opens these parts, which are in their order.
    ///
    /// # Errors
    /// The first one is missing or damaged.
    pub async fn open(lake: &Arc<dyn Lake>, parts: Vec<ObjectEntry>) -> anyhow::Result<Self> {
        let mut exchanges =
            Self { lake: Arc::clone(lake), parts: parts.into(), part: None, first: None, window: None };
        exchanges.first = exchanges.next().await?;
        Ok(exchanges)
    }

    /// What belonged to the slot; `None` where there is no exchange.
    pub fn window(&self) -> &Option<Window> {
        &self.window
    }

    /// The next exchange with its reference.
    ///
    /// # Errors
    /// An object is missing or damaged.
    pub async fn next(&mut self) -> anyhow::Result<Option<Referenced>> {
        if let Some(first) = self.first.take() {
            return Ok(Some(first));
        }
        loop {
            if let Some(line) = self.part.as_mut().and_then(Iterator::next) {
                let (window, exchange) = line?;
                self.window = self.window.take().or(window);
                return Ok(Some(exchange));
            }
            let Some(entry) = self.parts.pop_front() else { return Ok(None) };
            let bytes = cloud::commit::read_listed(self.lake.as_ref(), &entry).await?;
            self.part = Some(Unpacker::new(&entry.key, bytes)?);
        }
    }
}
