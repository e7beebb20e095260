//! The sentiment of earlier slots: one small object a slot, and what the newest of them carries on of the days before.

use std::collections::BTreeMap;

use anyhow::Context;
use chrono::{DateTime, Utc};
use cloud::{Lake, commit};
use domain::lake::Area;
use domain::manifest::ObjectEntry;
use domain::prediction::{MoodSeries, SummaryRow};
use domain::{Key, Slot};
use futures::{StreamExt, TryStreamExt, stream};

use super::moods::{self, Moods};

/// How many slots are looked back on, slot by slot: thirty days. Older ones are known day by day.
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
    /// The mood day by day, by symbol.
    pub moods: BTreeMap<String, Moods>,
    /// The objects that were read.
    pub inputs: Vec<ObjectEntry>,
}

/// What was read of one earlier slot.
struct Earlier {
    slot: Slot,
    summary: ObjectEntry,
    rows: Vec<SummaryRow>,
    moods: Option<ObjectEntry>,
}

/// Reads the committed summaries of the [`SLOTS`] slots before `slot`. A slot that was never predicted is absent. A summary
/// that is damaged is left out and logged: it belongs to another slot, whose repeat heals it.
///
/// # Errors
/// The lake fails.
pub async fn load(lake: &dyn Lake, slot: Slot) -> anyhow::Result<History> {
    let slots: Vec<Slot> =
        std::iter::successors(Some(slot.previous()), |s| Some(s.previous())).take(SLOTS).collect();
    let read: Vec<Option<Earlier>> = stream::iter(slots.into_iter().rev())
        .map(|earlier| read_earlier(lake, earlier))
        .buffered(16)
        .try_collect()
        .await?;
    let mut history = History::default();
    let carried_by = load_moods(lake, &read, &mut history).await?;
    let oldest = std::iter::successors(Some(slot), |s| Some(s.previous())).take(SLOTS + 1).last();
    let since = moods::day_of(oldest.unwrap_or(slot));
    for (symbol, moods) in &history.moods {
        let felt: Vec<Felt> = moods::felt_before(moods, since).collect();
        if !felt.is_empty() {
            history.felt.insert(symbol.clone(), felt);
        }
    }
    for Earlier { slot, summary, rows, .. } in read.into_iter().flatten() {
        history.inputs.push(summary);
        let is_carried = carried_by.is_some_and(|carrier| slot <= carrier);
        for row in rows {
            let Some(score) = row.score else { continue };
            let (documents, articles) = (row.documents, row.articles);
            let felt = Felt { known_at: slot.close_at(), score, documents, articles };
            if !is_carried {
                let moods = history.moods.entry(row.symbol.clone()).or_default();
                moods::add_summary(moods, moods::day_of(slot), &felt);
            }
            history.felt.entry(row.symbol).or_default().push(felt);
        }
    }
    Ok(history)
}

/// Takes the moods of the newest slot that has them and says which it is; one whose object is damaged is passed over.
async fn load_moods(
    lake: &dyn Lake,
    read: &[Option<Earlier>],
    history: &mut History,
) -> anyhow::Result<Option<Slot>> {
    for earlier in read.iter().rev().flatten() {
        let Some(entry) = &earlier.moods else { continue };
        let rows = match commit::read_listed(lake, entry).await {
            Ok(bytes) => tables::decode::<MoodSeries>(&bytes).with_context(|| entry.key.clone()),
            Err(error @ cloud::LakeError::Io { .. }) => return Err(error.into()),
            Err(error) => Err(error.into()),
        };
        match rows {
            Ok(rows) => {
                history.moods = moods::read(rows);
                history.inputs.push(entry.clone());
                return Ok(Some(earlier.slot));
            }
            Err(error) => say_left_out(earlier.slot, &error),
        }
    }
    Ok(None)
}

async fn read_earlier(lake: &dyn Lake, slot: Slot) -> anyhow::Result<Option<Earlier>> {
    let moods_key = Key::Moods { slot }.to_string();
    let manifest_key = Key::SlotManifest { area: Area::Predictions, slot }.to_string();
    let summary_key = Key::Summary { slot }.to_string();
    let manifest = match commit::read_manifest(lake, &manifest_key).await {
        Ok(Some((manifest, _))) => manifest,
        Ok(None) => return Ok(None),
        Err(error @ cloud::LakeError::Io { .. }) => return Err(error.into()),
        Err(error) => return Ok(left_out(slot, &error.into())),
    };
    let (mut summary, mut moods) = (None, None);
    for entry in manifest.objects {
        if entry.key == summary_key {
            summary = Some(entry);
        } else if entry.key == moods_key {
            moods = Some(entry);
        }
    }
    let Some(summary) = summary else { return Ok(None) };
    let rows = match commit::read_listed(lake, &summary).await {
        Ok(bytes) => tables::decode::<SummaryRow>(&bytes).with_context(|| summary_key.clone()),
        Err(error @ cloud::LakeError::Io { .. }) => return Err(error.into()),
        Err(error) => Err(error.into()),
    };
    Ok(match rows {
        Ok(rows) => Some(Earlier { slot, summary, rows, moods }),
        Err(error) => left_out(slot, &error),
    })
}

fn left_out<T>(slot: Slot, error: &anyhow::Error) -> Option<T> {
    say_left_out(slot, error);
    None
}

fn say_left_out(slot: Slot, error: &anyhow::Error) {
    tracing::warn!(%slot, "the sentiment of an earlier slot is left out: {error:#}");
}
