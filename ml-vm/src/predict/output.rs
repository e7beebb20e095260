//! Writes what was computed, its summary, and the manifest that commits both.

use anyhow::Context;
use cloud::{Lake, commit};
use domain::lake::{Area, slot_prefix};
use domain::manifest::{Manifest, ObjectEntry};
use domain::prediction::{MoodSeries, SummaryRow};
use domain::{Key, Outcome};
use futures::{StreamExt, TryStreamExt, stream};

use super::asset::Computed;

/// Objects put at the same time: a bucket takes its time for each, and many at once.
const AT_ONCE: usize = 64;

/// Puts all tables, the summary and the moods, then the manifest, which lists `further` objects as well; says how the stage ended and which assets failed.
///
/// # Errors
/// The lake fails.
pub async fn write(
    lake: &dyn Lake,
    manifest: &mut Manifest,
    computed: Vec<Computed>,
    moods: &[MoodSeries],
    further: Vec<ObjectEntry>,
) -> anyhow::Result<(Outcome, String)> {
    let slot = manifest.slot;
    let failed: Vec<String> = computed
        .iter()
        .filter(|c| c.outcome.outcome == Outcome::Failed)
        .map(|c| format!("{}: {}", c.symbol, c.outcome.message))
        .collect();
    manifest.outcome = match failed.len() {
        0 => Outcome::Succeeded,
        n if n == computed.len() => Outcome::Failed,
        _ => Outcome::Partial,
    };
    let summary: Vec<SummaryRow> = computed.iter().filter_map(|c| c.summary.clone()).collect();
    let mut tables = Vec::new();
    for asset in computed {
        manifest.assets.insert(asset.symbol, asset.outcome);
        tables.extend(asset.tables);
    }
    let summary_key = Key::Summary { slot };
    let encoded = tables::encode(&summary).with_context(|| summary_key.to_string())?;
    let moods_key = Key::Moods { slot };
    let encoded_moods = tables::encode(moods).with_context(|| moods_key.to_string())?;
    manifest.objects = stream::iter(tables)
        .map(|table| commit::put_object(lake, table.key, table.bytes, table.rows))
        .buffered(AT_ONCE)
        .try_collect()
        .await?;
    manifest.objects.extend(further);
    manifest.objects.push(commit::put_object(lake, summary_key, encoded, summary.len() as u64).await?);
    manifest.objects.push(commit::put_object(lake, moods_key, encoded_moods, moods.len() as u64).await?);

    let key = Key::SlotManifest { area: Area::Predictions, slot }.to_string();
    commit::commit(lake, &key, manifest, &[slot_prefix(Area::Predictions, slot)]).await?;
    Ok((manifest.outcome, failed.join("; ")))
}
