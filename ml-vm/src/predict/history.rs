//! The sentiment of earlier slots: one small object a slot.

use std::collections::BTreeMap;

use anyhow::Context;
use chrono::{DateTime, Utc};
use cloud::{Lake, commit};
use domain::lake::Area;
use domain::manifest::ObjectEntry;
use domain::prediction::SummaryRow;
use domain::{Key, Slot};
use futures::{StreamExt, TryStreamExt, stream};

/// How many slots are looked back on: thirty days.
pub const SLOTS: usize = 120;

/// What was felt about an asset in one slot.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Felt {
    /// When the slot closed, from which on it was known.
    pub known_at: DateTime<Utc>,
    /// Mean score over organic documents.
    pub score: f64,
    /// How many there were.
    pub documents: i64,
    /// Articles among them, where they were counted.
    pub articles: Option<i64>,
}

/// The sentiment of earlier slots, by symbol, oldest first.
#[derive(Debug, Clone, Default)]
pub struct History {
    /// By symbol; slots with too few documents are absent.
    pub felt: BTreeMap<String, Vec<Felt>>,
    /// The summaries that were read.
    pub inputs: Vec<ObjectEntry>,
}

/// Reads the committed summaries of the [`SLOTS`] slots before `slot`. A slot that was never predicted is absent. A summary
/// that is damaged is left out and logged: it belongs to another slot, whose repeat heals it.
///
/// # Errors
/// The lake fails.
pub async fn load(lake: &dyn Lake, slot: Slot) -> anyhow::Result<History> {
    let slots: Vec<Slot> =
        std::iter::successors(Some(slot.previous()), |s| Some(s.previous())).take(SLOTS).collect();
    let read: Vec<Option<(Slot, ObjectEntry, Vec<SummaryRow>)>> = stream::iter(slots.into_iter().rev())
        .map(|earlier| read_summary(lake, earlier))
        .buffered(16)
        .try_collect()
        .await?;
    let mut history = History::default();
    for (earlier, entry, rows) in read.into_iter().flatten() {
        history.inputs.push(entry);
        for row in rows {
            if let Some(score) = row.score {
                let (documents, articles) = (row.documents, row.articles);
                let felt = Felt { known_at: earlier.close_at(), score, documents, articles };
                history.felt.entry(row.symbol).or_default().push(felt);
            }
        }
    }
    Ok(history)
}

async fn read_summary(
    lake: &dyn Lake,
    slot: Slot,
) -> anyhow::Result<Option<(Slot, ObjectEntry, Vec<SummaryRow>)>> {
    let manifest_key = Key::SlotManifest { area: Area::Predictions, slot }.to_string();
    let summary_key = Key::Summary { slot }.to_string();
    let manifest = match commit::read_manifest(lake, &manifest_key).await {
        Ok(Some((manifest, _))) => manifest,
        Ok(None) => return Ok(None),
        Err(error @ cloud::LakeError::Io { .. }) => return Err(error.into()),
        Err(error) => return Ok(left_out(slot, &error.into())),
    };
    let Some(entry) = manifest.objects.into_iter().find(|o| o.key == summary_key) else { return Ok(None) };
    let rows = match commit::read_listed(lake, &entry).await {
        Ok(bytes) => tables::decode::<SummaryRow>(&bytes).with_context(|| summary_key.clone()),
        Err(error @ cloud::LakeError::Io { .. }) => return Err(error.into()),
        Err(error) => Err(error.into()),
    };
    Ok(match rows {
        Ok(rows) => Some((slot, entry, rows)),
        Err(error) => left_out(slot, &error),
    })
}

fn left_out<T>(slot: Slot, error: &anyhow::Error) -> Option<T> {
    tracing::warn!(%slot, "the sentiment of an earlier slot is left out: {error:#}");
    None
}
