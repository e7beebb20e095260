//! The ledger of forecasts: sealed in a chain before their outcome, scored after it.
//!
//! [`fn@seal`] puts a slot's forecasts under `ledger/` and links them to all that were sealed before ([`domain::seal`]). The same
//! forecasts of the same slot are sealed once, however often the stage is repeated; others are sealed beside the first,
//! which count. [`verify`] looks whether the chain is whole, [`score`] how forecasts fared.
//!
//! Killed between its three writes (forecasts, seal, head), the next attempt takes up where this one was: a seal without its
//! head is found under the next number and taken on.

pub mod score;
pub mod verify;

use anyhow::{Context, bail};
use cloud::{Lake, LakeError, Version};
use domain::manifest::ObjectEntry;
use domain::prediction::SealedForecast;
use domain::seal::{self, Head, Seal};
use domain::{Key, Slot};
use futures::{StreamExt, TryStreamExt, stream};

/// How often it is tried again where somebody else seals at the same time.
const TRIES: u32 = 8;
/// Seals that are read at the same time.
const AT_ONCE: usize = 16;

/// The newest link of the chain; `None` where nothing was sealed yet.
///
/// # Errors
/// The lake fails, or the head is damaged.
pub async fn head(lake: &dyn Lake) -> anyhow::Result<Option<Head>> {
    Ok(read_head(lake).await?.map(|(head, _)| head))
}

async fn read_head(lake: &dyn Lake) -> anyhow::Result<Option<(Head, Version)>> {
    let key = Key::SealHead.to_string();
    let Some(object) = lake.get(&key).await? else { return Ok(None) };
    let head = serde_json::from_slice(&object.bytes).with_context(|| {
        format!("{key} is damaged: `ml-vm ledger verify` shows what is left of the chain")
    })?;
    Ok(Some((head, object.version)))
}

async fn read_seal(lake: &dyn Lake, number: u64) -> anyhow::Result<Seal> {
    let key = Key::Seal { number }.to_string();
    let object = lake.get(&key).await?;
    let object = object.with_context(|| format!("{key} is missing: run `ml-vm ledger verify`"))?;
    serde_json::from_slice(&object.bytes)
        .with_context(|| format!("{key} is damaged: run `ml-vm ledger verify`"))
}

/// Seals the forecasts of a slot, and returns the object that holds them.
///
/// # Errors
/// The lake fails, or the chain is broken at its end.
pub async fn seal(lake: &dyn Lake, slot: Slot, forecasts: &[SealedForecast]) -> anyhow::Result<ObjectEntry> {
    let bytes = tables::encode(forecasts).context("the forecasts of the slot")?;
    let key = Key::SealedForecasts { slot, digest: domain::lake::digest(&bytes) };
    let entry = ObjectEntry::of(&key, &bytes, forecasts.len() as u64);
    crate::registry::put_once(lake, key, bytes).await?;
    for attempt in 1.. {
        let found = read_head(lake).await?;
        let head = found.as_ref().map(|(head, _)| head);
        if is_sealed(lake, head, slot, &entry).await? {
            return Ok(entry);
        }
        let ours = seal::next(head, slot, entry.clone());
        let key = Key::Seal { number: ours.number }.to_string();
        let put = match lake.put_if_absent(&key, ours.to_bytes().into()).await {
            Ok(_) => ours.clone(),
            Err(LakeError::Exists(_)) => read_seal(lake, ours.number).await?,
            Err(error) => return Err(error.into()),
        };
        if put.number != ours.number || put.previous != ours.previous {
            bail!("{key} does not follow the seal before it: run `ml-vm ledger verify`");
        }
        let next = Head::after(head, &put);
        let version = found.as_ref().map(|(_, version)| version);
        match lake.compare_and_swap(&Key::SealHead.to_string(), version, next.to_bytes().into()).await {
            Ok(_) if put == ours => return Ok(entry),
            Ok(_) => {}
            Err(LakeError::Conflict(_)) if attempt < TRIES => {}
            Err(error) => return Err(error.into()),
        }
    }
    unreachable!("the last attempt returns")
}

/// Whether these forecasts are sealed already. A slot later than all sealed ones is not; for others the chain is searched
/// from its end.
async fn is_sealed(
    lake: &dyn Lake,
    head: Option<&Head>,
    slot: Slot,
    entry: &ObjectEntry,
) -> anyhow::Result<bool> {
    let Some(head) = head.filter(|head| slot <= head.newest) else { return Ok(false) };
    let numbers = (1..=head.number).rev();
    let mut seals = stream::iter(numbers.map(|number| read_seal(lake, number))).buffered(AT_ONCE);
    while let Some(seal) = seals.try_next().await? {
        if seal.slot == slot && seal.forecasts == *entry {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Seals of slots before `slot`, newest first: the first of each day, of at most `days` days, none that came late.
///
/// # Errors
/// The lake fails, or a seal is damaged.
pub async fn earlier(lake: &dyn Lake, slot: Slot, days: usize) -> anyhow::Result<Vec<Seal>> {
    let Some(head) = head(lake).await? else { return Ok(Vec::new()) };
    let oldest = slot.close_at() - chrono::Duration::days(days as i64);
    let mut by_day: std::collections::BTreeMap<chrono::NaiveDate, Seal> = Default::default();
    let numbers = (1..=head.number).rev();
    let mut seals = stream::iter(numbers.map(|number| read_seal(lake, number))).buffered(AT_ONCE);
    while let Some(seal) = seals.try_next().await? {
        if seal.late || seal.slot >= slot {
            continue;
        }
        if seal.slot.close_at() < oldest {
            break;
        }
        // From the end on, so the first of a day is the last that is met; a slot's first seal counts.
        by_day.insert(seal.slot.close_at().date_naive(), seal);
    }
    Ok(by_day.into_values().rev().collect())
}

/// The forecasts that a seal seals.
///
/// # Errors
/// They are missing, or not what was sealed.
pub async fn forecasts(lake: &dyn Lake, seal: &Seal) -> anyhow::Result<Vec<SealedForecast>> {
    let key = &seal.forecasts.key;
    let object = lake.get(key).await?;
    let object = object.with_context(|| format!("{key}, sealed as number {}, is missing", seal.number))?;
    if !seal.forecasts.matches(&object.bytes) {
        bail!("{key} is not what was sealed as number {} for {}", seal.number, seal.slot);
    }
    tables::decode(&object.bytes).with_context(|| key.clone())
}
