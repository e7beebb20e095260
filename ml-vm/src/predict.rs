//! The stage: from what the split left for a slot to the predictions of every asset, committed by a manifest.
//!
//! [`input`] reads, [`asset`] computes one asset, [`output`] writes. What an asset's figures may rest on at an instant is
//! decided in one place, [`known`]; of that, [`mood`] judges the documents, [`daily`] and [`price`] the bars. An asset
//! that fails leaves its reason in the manifest and the others go on. An asset about which little is known is no failure:
//! its tables are short or empty, and its message says why.

pub mod asset;
pub mod daily;
pub mod history;
pub mod input;
pub mod known;
pub mod mood;
pub mod output;
pub mod price;

use anyhow::Context;
use chrono::{DateTime, Utc};
use cloud::{Lake, commit};
use domain::lake::Area;
use domain::manifest::Manifest;
use domain::{Key, Outcome, Slot};
use rayon::prelude::*;

/// The seed of a slot's randomness; each asset and purpose derives its own from it by name.
pub fn seed(slot: Slot) -> u64 {
    analytics::random::seed_of(&slot.to_string())
}

/// Computes and commits the predictions of `slot` as of `now`, and says how it ended.
///
/// # Errors
/// The split of the slot is not committed, or the lake fails.
pub async fn predict(lake: &dyn Lake, slot: Slot, now: DateTime<Utc>) -> anyhow::Result<(Outcome, String)> {
    let key = Key::SlotManifest { area: Area::Assets, slot }.to_string();
    let (split, split_entry) = commit::read_manifest(lake, &key)
        .await?
        .with_context(|| format!("{key} is missing: run `dataproc-job split --slot {slot}` first"))?;
    if split.outcome == Outcome::Failed {
        anyhow::bail!("{key} says that the split failed: repeat it");
    }
    let history = history::load(lake, slot).await?;
    let assets = input::load(lake, &split).await?;
    let computed: Vec<asset::Computed> = tokio::task::block_in_place(|| {
        assets.par_iter().map(|a| asset::compute(a, &history, slot, now)).collect()
    });

    let mut manifest = Manifest::new("predict", slot, env!("CARGO_PKG_VERSION"));
    manifest.as_of = now;
    let candidates = analytics::forecast::Candidate::ALL.map(|c| c.model());
    manifest.models = [analytics::sentiment::MODEL]
        .into_iter()
        .chain(candidates)
        .chain([analytics::forecast::RANDOM_WALK, price::RISK_MODEL])
        .map(str::to_owned)
        .collect();
    manifest.seed = Some(seed(slot));
    manifest.sources = split.sources.clone();
    manifest.unread = split.unread.clone();
    manifest.inputs = std::iter::once(split_entry).chain(history.inputs).collect();
    output::write(lake, &mut manifest, computed).await
}
