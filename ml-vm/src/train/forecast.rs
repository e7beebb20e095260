//! What the forecast model learns from: what the method would have said at past days of the bars that the lake holds.
//!
//! At each of the last `ORIGINS` origins, `STEP` bars apart, an asset is forecast from what was known then, and compared
//! with what came. The last third of the days is the block. An origin whose outcome lies in the block is in neither part.

use analytics::forecast::HORIZONS;
use analytics::tuning::Trial;
use anyhow::Context;
use chrono::{DateTime, Duration, Utc};
use cloud::{Lake, commit};
use domain::lake::{Area, AssetFile, Format};
use domain::manifest::ObjectEntry;
use domain::{Key, ModelName, Slot};
use rayon::prelude::*;

use super::{Gathered, TooLittle, span};
use crate::predict::daily::Daily;
use crate::predict::history::{self, Felt};
use crate::predict::input::{self, AssetInput, Rows};
use crate::predict::known::Known;
use crate::predict::price;
use crate::registry::artefact::{Cases, Past, day, hour};

/// Past days at which an asset is forecast.
const ORIGINS: usize = 40;
/// Bars between two of them.
const STEP: usize = 3;
/// Bars that the earliest origin must have behind it.
const FEWEST_BARS: usize = 60;
/// Forecasts that are made at most: of more assets, evenly chosen ones are looked at.
const MOST_FORECASTS: usize = 2_000;
/// Calendar days by which the window ends before the block begins: five trading days, over a long weekend.
const EMBARGO: i64 = 10;
/// Returns of an asset that its reference holds: a year.
const REFERENCE: usize = 250;

/// Gathers what is known at the close of `slot`.
///
/// # Errors
/// The split of the slot is missing, the lake fails, or there is too little.
pub async fn gather(lake: &dyn Lake, slot: Slot) -> anyhow::Result<Gathered> {
    let key = Key::SlotManifest { area: Area::Assets, slot }.to_string();
    let (split, _) = commit::read_manifest(lake, &key)
        .await?
        .with_context(|| format!("{key} is missing: run `dataproc-job split --slot {slot}` first"))?;
    let history = history::load(lake, slot).await?;
    let assets = input::load(lake, &split).await?;
    let now = slot.close_at();
    let usable: Vec<(&AssetInput, Daily)> = assets
        .iter()
        .filter_map(|asset| {
            let daily = Daily::of(&asset.rows.as_ref().ok()?.bars, now);
            (daily.closes.len() >= FEWEST_BARS + HORIZONS).then_some((asset, daily))
        })
        .collect();
    let chosen = evenly(&usable, MOST_FORECASTS / ORIGINS);
    let silent: &[Felt] = &[];
    let pasts: Vec<Past> = tokio::task::block_in_place(|| {
        let each = chosen.par_iter().map(|(asset, daily)| {
            let felt = history.felt.get(&asset.symbol).map_or(silent, Vec::as_slice);
            of_asset(asset, daily, felt, slot)
        });
        each.collect::<Vec<_>>().into_iter().flatten().collect()
    });
    let mut days: Vec<i64> = pasts.iter().map(|past| past.group).collect();
    days.sort_unstable();
    days.dedup();
    let Some(first) = days.get(days.len() * 2 / 3).copied().filter(|_| days.len() >= 3) else {
        let reason = format!(
            "{} of {} assets have {} bars or more",
            usable.len(),
            assets.len(),
            FEWEST_BARS + HORIZONS
        );
        return Err(TooLittle { name: ModelName::Forecast, reason }.into());
    };
    let all = Cases::Forecasts(pasts);
    let (seen, block) = (all.of_groups(|at| at < first - EMBARGO * 24), all.of_groups(|at| at >= first));
    let bars: Vec<ObjectEntry> = chosen
        .iter()
        .filter_map(|(asset, _)| {
            let symbol = asset.symbol.parse().ok()?;
            let key =
                Key::AssetRows { slot, symbol, file: AssetFile::Bars, format: Format::Parquet }.to_string();
            split.objects.iter().find(|object| object.key == key).cloned()
        })
        .collect();
    let mut licences: Vec<String> = split
        .sources
        .iter()
        .filter(|(_, s)| s.counts.contains_key("bar"))
        .map(|(name, _)| format!("{name}: bars under its terms of use"))
        .collect();
    licences.sort();
    let returns = chosen.iter().flat_map(|(_, daily)| recent_returns(daily, REFERENCE)).collect();
    Ok(Gathered {
        window: days_of(&seen),
        span: days_of(&block),
        seen,
        block,
        trained_on: bars.clone(),
        judged_on: bars,
        licences,
        references: vec![("returns", returns)],
    })
}

/// The last log returns of an asset.
pub fn recent_returns(daily: &Daily, count: usize) -> Vec<f64> {
    let from = daily.closes.len().saturating_sub(count + 1);
    analytics::statistics::log_returns(&daily.closes[from..])
}

fn days_of(cases: &Cases) -> Option<domain::model::Span> {
    let Cases::Forecasts(pasts) = cases else { return None };
    span(pasts.iter().filter_map(|past| day(past.group)))
}

/// At most `most` of the items, evenly chosen.
fn evenly<T>(items: &[T], most: usize) -> Vec<&T> {
    let n = items.len().min(most);
    (0..n).map(|i| &items[i * items.len() / n]).collect()
}

fn of_asset(asset: &AssetInput, daily: &Daily, felt: &[Felt], slot: Slot) -> Vec<Past> {
    let Ok(rows) = &asset.rows else { return Vec::new() };
    // Documents are those of the present slot, which no origin has seen.
    let rows = Rows { bars: rows.bars.clone(), ..Rows::default() };
    let last = daily.closes.len() - 1;
    let origins = (0..ORIGINS).filter_map(|i| (last - HORIZONS).checked_sub(STEP * i));
    let pasts = origins.take_while(|at| at + 1 >= FEWEST_BARS).filter_map(|at| {
        // A bar of a day is final when the day has passed.
        let now: DateTime<Utc> = daily.opens_at[at] + Duration::days(1);
        let seed = analytics::random::seed_of(&format!("{}/{now}", asset.symbol));
        let outlook = price::outlook(&Known::at(&rows, felt, slot, now, seed), seed).ok()?.0;
        let actual = std::array::from_fn(|days| (daily.closes[at + days + 1] / daily.closes[at]).ln());
        let group = hour(daily.opens_at[at].date_naive());
        Some(Past { trial: Trial { symbol: asset.symbol.clone(), outlook, actual }, group })
    });
    pasts.collect()
}
