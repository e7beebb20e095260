//! Writing: parts, then the manifest of each source, then those of the slot. Until the last one is written, readers see
//! what they saw before; what it does not list is deleted after it.

use std::collections::{BTreeMap, BTreeSet};

use cloud::Lake;
use cloud::commit::commit;
use domain::lake::{Area, RecordKind, raw_prefix, records_prefix};
use domain::manifest::{ObjectEntry, SourceOutcome, Unread};
use domain::{Key, Manifest, Outcome, Slot, SourceId};

use super::{Harvest, Order, Outcomes, put_table};
use crate::normalise::Table;

const STAGE: &str = "collect";
const VERSION: &str = env!("CARGO_PKG_VERSION");

/// What a slot's manifests will list.
#[derive(Debug, Default)]
pub struct Written {
    /// Raw parts.
    pub raw: Vec<ObjectEntry>,
    /// Records parts.
    pub records: Vec<ObjectEntry>,
    /// How each source fared.
    pub outcomes: Outcomes,
    /// The sources that were not asked.
    pub unread: BTreeMap<String, Unread>,
}

/// Writes one source's parts and manifests.
///
/// # Errors
/// The lake fails.
pub(super) async fn write_source(
    lake: &dyn Lake,
    order: &Order,
    harvest: &Harvest,
    written: &mut Written,
) -> anyhow::Result<()> {
    let (slot, source) = (order.slot, &harvest.source);
    let mut manifest = Manifest {
        as_of: order.as_of,
        outcome: harvest.outcome.outcome,
        ..Manifest::new(STAGE, slot, VERSION)
    };
    manifest.sources.insert(source.to_string(), harvest.outcome.clone());
    manifest.objects.clone_from(&harvest.raw);
    written.raw.extend(manifest.objects.iter().cloned());
    let key = Key::RawManifest { source: source.clone(), slot }.to_string();
    let raw = commit(lake, &key, &manifest, &[]).await?;
    for (kind, entry) in &harvest.records {
        manifest.objects = vec![entry.clone()];
        manifest.inputs = vec![raw.clone()];
        let key = Key::RecordsManifest { kind: *kind, slot, source: source.clone() }.to_string();
        commit(lake, &key, &manifest, &[]).await?;
        written.records.push(entry.clone());
    }
    written.outcomes.insert(source.clone(), harvest.outcome.clone());
    Ok(())
}

/// Writes the records of one source again, made from the raw exchanges that `raw` commits.
///
/// # Errors
/// The lake fails.
pub async fn commit_records(
    lake: &dyn Lake,
    raw: &(Manifest, ObjectEntry),
    source: &SourceId,
    tables: &[Table],
    outcome: SourceOutcome,
    written: &mut Written,
) -> anyhow::Result<()> {
    let mut manifest = Manifest {
        outcome: outcome.outcome,
        inputs: vec![raw.1.clone()],
        objects: Vec::new(),
        ..raw.0.clone()
    };
    manifest.code_version = VERSION.to_owned();
    manifest.sources = [(source.to_string(), outcome.clone())].into();
    for table in tables {
        let entry = put_table(lake, raw.0.slot, source, table).await?;
        manifest.objects = vec![entry.clone()];
        let key =
            Key::RecordsManifest { kind: table.kind, slot: raw.0.slot, source: source.clone() }.to_string();
        commit(lake, &key, &manifest, &[]).await?;
        written.records.push(entry);
    }
    written.outcomes.insert(source.clone(), outcome);
    Ok(())
}

/// Commits the slot: its raw manifest, then its records manifest.
///
/// # Errors
/// The lake fails, or another attempt commits at the same time.
pub(super) async fn commit_slot(
    lake: &dyn Lake,
    order: &Order,
    written: &Written,
) -> anyhow::Result<(Outcome, String)> {
    let mut manifest = slot_manifest(order, written);
    manifest.objects = written.raw.clone();
    let prefixes: Vec<String> =
        written.outcomes.keys().map(|source| raw_prefix(source, order.slot)).collect();
    let key = Key::SlotManifest { area: Area::Raw, slot: order.slot }.to_string();
    let raw = commit(lake, &key, &manifest, &prefixes).await?;
    commit_slot_records(lake, order, written, raw).await
}

/// Commits the slot's records, made from what the manifest `raw` lists.
///
/// # Errors
/// The lake fails, or another attempt commits at the same time.
pub(crate) async fn commit_slot_records(
    lake: &dyn Lake,
    order: &Order,
    written: &Written,
    raw: ObjectEntry,
) -> anyhow::Result<(Outcome, String)> {
    let mut manifest = slot_manifest(order, written);
    manifest.objects = written.records.clone();
    manifest.inputs = vec![raw];
    let key = Key::SlotManifest { area: Area::Records, slot: order.slot }.to_string();
    let mut prefixes = Vec::new();
    for source in written.outcomes.keys() {
        prefixes.extend(RecordKind::ALL.map(|kind| records_prefix(kind, order.slot, source)));
    }
    commit(lake, &key, &manifest, &prefixes).await?;
    forget_empty(lake, order.slot, written).await?;
    Ok(verdict(&written.outcomes))
}

/// Deletes the manifests of kinds that an earlier attempt had rows of and this one has not.
async fn forget_empty(lake: &dyn Lake, slot: Slot, written: &Written) -> anyhow::Result<()> {
    let listed: BTreeSet<&str> =
        written.records.iter().filter_map(|o| Some(o.key.rsplit_once('/')?.0)).collect();
    for source in written.outcomes.keys() {
        for kind in RecordKind::ALL {
            let prefix = records_prefix(kind, slot, source);
            if !listed.contains(prefix.trim_end_matches('/')) {
                lake.delete(&Key::RecordsManifest { kind, slot, source: source.clone() }.to_string()).await?;
            }
        }
    }
    Ok(())
}

fn slot_manifest(order: &Order, written: &Written) -> Manifest {
    let mut manifest = Manifest { as_of: order.as_of, ..Manifest::new(STAGE, order.slot, VERSION) };
    manifest.outcome = verdict(&written.outcomes).0;
    manifest.unread.clone_from(&written.unread);
    manifest.sources =
        written.outcomes.iter().map(|(id, outcome)| (id.to_string(), outcome.clone())).collect();
    manifest
}

/// How the stage fared by its sources, what went wrong with which, and what looks wrong although nothing did.
pub(crate) fn verdict<'a>(
    outcomes: impl IntoIterator<Item = (&'a SourceId, &'a SourceOutcome)>,
) -> (Outcome, String) {
    let (mut all, mut failed, mut messages, mut warnings) = (0, 0, Vec::new(), Vec::new());
    for (id, outcome) in outcomes {
        all += 1;
        failed += usize::from(outcome.outcome == Outcome::Failed);
        if outcome.outcome != Outcome::Succeeded {
            messages.push(format!("{id} {}: {}", outcome.outcome.as_str(), outcome.message));
        }
        warnings.extend(outcome.warnings.iter().map(|warning| format!("warning: {id}: {warning}")));
    }
    let outcome = match messages.len() {
        0 => Outcome::Succeeded,
        _ if failed == all => Outcome::Failed,
        _ => Outcome::Partial,
    };
    messages.append(&mut warnings);
    (outcome, messages.join("; "))
}
