//! The stage: from what the split left for a slot to the predictions of every asset, committed by a manifest.
//!
//! [`input`] reads, [`asset`] computes one asset, [`across`] judges what can only be judged among all of them, [`watch`] seals
//! forecasts and looks after the models, [`output`] writes.
//! What an asset's figures may rest on at an instant is decided in one place, [`known`]; of that, [`mood`] judges the
//! documents ([`words`] keeps why), which [`volumes`] counts and [`moods`] carries on from slot to slot, [`daily`] and [`price`] the bars;
//! [`strategies`] and [`leads`] look at the past. An asset
//! that fails leaves its reason in the manifest and the others go on. An asset about which little is known is no failure:
//! its tables are short or empty, and its message says why.

pub mod across;
pub mod asset;
pub mod daily;
pub mod history;
pub mod input;
pub mod known;
pub mod leads;
pub mod mood;
pub mod moods;
pub mod output;
pub mod price;
pub mod strategies;
pub mod volumes;
pub mod watch;
pub mod words;

use anyhow::Context;
use chrono::{DateTime, Utc};
use cloud::{Lake, commit};
use domain::lake::Area;
use domain::manifest::Manifest;
use domain::prediction::Monitor;
use domain::{Key, Outcome, Slot};
use rayon::prelude::*;

use crate::registry::in_use::Models;

/// The seed of a slot's randomness; each asset and purpose derives its own from it by name.
pub fn seed(slot: Slot) -> u64 {
    analytics::random::seed_of(&slot.to_string())
}

/// Computes and commits the predictions of `slot` as of `now`, and says how it ended.
///
/// # Errors
/// The split of the slot is not committed, or the lake fails.
pub async fn predict(lake: &dyn Lake, slot: Slot, now: DateTime<Utc>) -> anyhow::Result<Predicted> {
    let key = Key::SlotManifest { area: Area::Assets, slot }.to_string();
    let (split, split_entry) = commit::read_manifest(lake, &key)
        .await?
        .with_context(|| format!("{key} is missing: run `dataproc-job split --slot {slot}` first"))?;
    if split.outcome == Outcome::Failed {
        anyhow::bail!("{key} says that the split failed: repeat it");
    }
    let history = history::load(lake, slot).await?;
    let models = Models::load(lake, slot).await?;
    let past = watch::Past::load(lake, slot).await?;
    let assets = input::load(lake, &split).await?;
    let context = asset::Setting { history: &history, models: &models, past: &past, slot, now };
    let mut computed: Vec<asset::Computed> = tokio::task::block_in_place(|| {
        // An asset's rows are gone as soon as it is computed.
        assets.into_par_iter().map(|asset| asset::compute(&asset, &context)).collect()
    });
    across::judge(slot, &mut computed);
    let moods = moods::carry_on(&history.moods, &mut computed, slot);
    let (monitor, objects) = watch::write(lake, slot, &models, &mut computed).await?;

    let mut manifest = Manifest::new("predict", slot, env!("CARGO_PKG_VERSION"));
    manifest.as_of = now;
    let candidates = analytics::forecast::Candidate::ALL.map(|c| c.model());
    manifest.models = candidates
        .into_iter()
        .chain([analytics::forecast::RANDOM_WALK, price::RISK_MODEL])
        .map(str::to_owned)
        .chain(models.names())
        .collect();
    manifest.seed = Some(seed(slot));
    manifest.sources = split.sources.clone();
    manifest.unread = split.unread.clone();
    manifest.inputs =
        std::iter::once(split_entry).chain(history.inputs).chain(models.inputs).chain(past.inputs).collect();
    manifest.warnings = models.warnings;
    manifest.warnings.extend(past.warnings);
    manifest.warnings.extend(crate::drift::warnings(&monitor));
    let (outcome, failed) = output::write(lake, &mut manifest, computed, &moods, objects).await?;
    Ok(Predicted { outcome, failed, warnings: manifest.warnings, monitor })
}

/// How the stage ended.
#[derive(Debug, Clone)]
pub struct Predicted {
    /// The outcome, as the manifest has it.
    pub outcome: Outcome,
    /// The assets that failed, with the reasons.
    pub failed: String,
    /// What looks wrong although it was done, as the manifest has it.
    pub warnings: Vec<String>,
    /// How the models in use fare.
    pub monitor: Monitor,
}

impl Predicted {
    /// What the stage says at its end: failures, and warnings by which the orchestrator raises an alert.
    pub fn message(&self, more: &[String]) -> String {
        let failed = std::iter::once(self.failed.clone()).filter(|text| !text.is_empty());
        // Parts are told apart by "; ", so a warning must not hold one.
        let told = self.warnings.iter().chain(more).map(|w| format!("warning: {}", w.replace("; ", ", ")));
        failed.chain(told).collect::<Vec<_>>().join("; ")
    }
}
