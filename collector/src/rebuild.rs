//! Records made again from raw exchanges, without asking any source.

use anyhow::Context;
use cloud::Lake;
use cloud::commit::read_manifest;
use domain::lake::{Area, raw_prefix};
use domain::manifest::{ObjectEntry, SourceOutcome};
use domain::{Key, Outcome, Slot, SourceId};

use crate::collect::{Order, Written, commit_records, commit_slot_records, part_index, read_raw, tables};
use crate::normalise::normalise;

/// Makes the records of `slot` from what its raw manifest lists. The same raw bytes make the same record bytes.
///
/// # Errors
/// The slot was never collected, an object is missing or damaged, or the lake fails.
pub async fn rebuild(lake: &dyn Lake, slot: Slot) -> anyhow::Result<(Outcome, String)> {
    let key = Key::SlotManifest { area: Area::Raw, slot }.to_string();
    let (manifest, slot_entry) = read_manifest(lake, &key)
        .await?
        .with_context(|| format!("{key} is missing: collect the slot first"))?;
    let mut written = Written::default();
    for (name, outcome) in &manifest.sources {
        let source = SourceId::new(name);
        let prefix = raw_prefix(&source, slot);
        let mut parts: Vec<&ObjectEntry> =
            manifest.objects.iter().filter(|o| o.key.starts_with(&prefix)).collect();
        parts.sort_by_key(|entry| part_index(&entry.key));
        let (window, exchanges) = read_raw(lake, &parts).await?;
        let records = window.map(|window| normalise(&source, &exchanges, &window)).unwrap_or_default();
        let outcome =
            SourceOutcome { counts: records.counts(), newest_at: records.newest_at(), ..outcome.clone() };
        let key = Key::RawManifest { source: source.clone(), slot }.to_string();
        match read_manifest(lake, &key).await? {
            Some(raw) => {
                commit_records(lake, &raw, &source, &tables(&records)?, outcome, &mut written).await?
            }
            None => {
                written.outcomes.insert(source, outcome);
            }
        }
    }
    let order = Order { slot, as_of: manifest.as_of, only: None };
    commit_slot_records(lake, &order, &written, slot_entry).await
}
