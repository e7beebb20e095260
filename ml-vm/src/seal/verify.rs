//! `ml-vm ledger verify`: whether the chain of seals is whole, and what it seals is still what was sealed.

use std::collections::BTreeSet;
use std::io::Write;

use anyhow::Context;
use cloud::{Lake, commit};
use domain::lake::Area;
use domain::seal::{Head, Seal};
use domain::{Key, Outcome, Slot};

/// What was found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Findings {
    /// Seals that hold.
    pub seals: u64,
    /// Forecasts that they seal.
    pub forecasts: u64,
    /// The newest slot that is sealed.
    pub newest: Option<Slot>,
    /// Sha256 of the newest seal: who notes it can check the chain against it later.
    pub head: Option<String>,
    /// What does not hold: slot and object, and why.
    pub broken: Vec<String>,
}

/// Looks at every link, from the first on.
///
/// # Errors
/// The lake fails.
pub async fn verify(lake: &dyn Lake) -> anyhow::Result<Findings> {
    let mut findings = Findings::default();
    let key = Key::SealHead.to_string();
    let head: Option<Head> = match lake.get(&key).await? {
        None => None,
        Some(object) => match serde_json::from_slice(&object.bytes) {
            Ok(head) => Some(head),
            Err(error) => {
                findings.broken.push(format!("{key} is damaged: {error}"));
                None
            }
        },
    };
    let mut before: Option<Head> = None;
    let mut sealed: Vec<Seal> = Vec::new();
    let last = head.as_ref().map_or(0, |head| head.number);
    for number in 1..=last {
        let key = Key::Seal { number }.to_string();
        let Some(object) = lake.get(&key).await? else {
            findings.broken.push(format!("{key} is missing: {last} seals were made"));
            continue;
        };
        let seal: Seal = match serde_json::from_slice(&object.bytes) {
            Ok(seal) => seal,
            Err(error) => {
                findings.broken.push(format!("{key} is damaged: {error}"));
                continue;
            }
        };
        let known = findings.broken.len();
        check(&seal, &object.bytes, number, before.as_ref(), &key, &mut findings.broken);
        if let Some(reason) = content(lake, &seal).await? {
            findings.broken.push(format!("slot {}: {}: {reason}", seal.slot, seal.forecasts.key));
        }
        if findings.broken.len() == known {
            findings.seals += 1;
            findings.forecasts += seal.forecasts.rows;
        }
        before = Some(Head::after(before.as_ref(), &seal));
        sealed.push(seal);
    }
    if let (Some(head), Some(last)) = (&head, &before)
        && head != last
    {
        findings.broken.push(format!("{} is not the seal of number {}", Key::SealHead, head.number));
    }
    beyond(lake, last, head.is_some(), &mut findings.broken).await?;
    shown(lake, &sealed, &mut findings.broken).await?;
    findings.newest = head.as_ref().map(|head| head.newest);
    findings.head = head.map(|head| head.sha256);
    Ok(findings)
}

/// Whether a seal is the one that follows.
fn check(seal: &Seal, bytes: &[u8], number: u64, before: Option<&Head>, key: &str, broken: &mut Vec<String>) {
    let mut wrong = |reason: &str| broken.push(format!("slot {}: {key}: {reason}", seal.slot));
    if seal.number != number || seal.to_bytes() != bytes {
        wrong("it was rewritten: it is not in the form in which seals are made");
    }
    if before.is_none_or(|head| head.number + 1 == number)
        && seal.previous.as_deref() != before.map(|head| head.sha256.as_str())
    {
        wrong("it does not hold the sha256 of the seal before it: that one, or this one, was changed");
    }
    if seal.late != before.is_some_and(|head| seal.slot < head.newest) {
        wrong("it says wrongly whether it came late");
    }
    let digest = seal.forecasts.sha256.get(..16).unwrap_or_default().to_owned();
    if seal.forecasts.key != (Key::SealedForecasts { slot: seal.slot, digest }).to_string() {
        wrong("it seals an object of another slot or name");
    }
}

/// Why what was sealed is no longer there.
async fn content(lake: &dyn Lake, seal: &Seal) -> anyhow::Result<Option<String>> {
    Ok(match lake.get(&seal.forecasts.key).await? {
        None => Some("it was sealed and is missing".to_owned()),
        Some(object) if !seal.forecasts.matches(&object.bytes) => {
            Some("it is not what was sealed: its sha256 differs".to_owned())
        }
        Some(_) => None,
    })
}

/// Seals behind the head. One may be there: its maker was killed before the head followed.
async fn beyond(lake: &dyn Lake, last: u64, has_head: bool, broken: &mut Vec<String>) -> anyhow::Result<()> {
    let allowed = last + 1;
    for key in lake.list("ledger/seals/").await? {
        let number: Option<u64> =
            key.strip_prefix("ledger/seals/").and_then(|k| k.strip_suffix(".json")?.parse().ok());
        match number {
            Some(number) if number < allowed || (number == allowed && (has_head || last == 0)) => {}
            Some(number) => broken.push(format!(
                "{key} is seal {number}, but the head knows {last} only: the head was put back"
            )),
            None => broken.push(format!("{key} is no seal")),
        }
    }
    Ok(())
}

/// Whether the forecasts that each slot's manifest lists are sealed.
async fn shown(lake: &dyn Lake, sealed: &[Seal], broken: &mut Vec<String>) -> anyhow::Result<()> {
    let slots: BTreeSet<Slot> = sealed.iter().map(|seal| seal.slot).collect();
    for slot in slots {
        let key = Key::SlotManifest { area: Area::Predictions, slot }.to_string();
        let manifest = match commit::read_manifest(lake, &key).await {
            Ok(Some((manifest, _))) => manifest,
            Ok(None) => continue,
            Err(cloud::LakeError::Manifest(error)) => {
                broken.push(format!("slot {slot}: {error}"));
                continue;
            }
            Err(error) => return Err(error.into()),
        };
        for entry in manifest.objects.iter().filter(|entry| entry.key.starts_with("ledger/")) {
            if !sealed.iter().any(|seal| seal.forecasts == *entry) {
                broken.push(format!("slot {slot}: {key} lists {}, which is not sealed", entry.key));
            }
        }
    }
    Ok(())
}

/// Verifies and prints what was found, one line for each thing that does not hold.
///
/// # Errors
/// The lake fails, or output does.
pub async fn run(lake: &dyn Lake, out: &mut impl Write) -> anyhow::Result<Outcome> {
    let findings = verify(lake).await?;
    for line in &findings.broken {
        writeln!(out, "BROKEN {line}").context("cannot write the result")?;
    }
    let newest = findings.newest.map_or_else(|| "none".to_owned(), |slot| slot.to_string());
    let head = findings.head.as_deref().unwrap_or("none");
    writeln!(
        out,
        "{} seals hold, {} forecasts, newest slot {newest}, head {head}; {} broken",
        findings.seals,
        findings.forecasts,
        findings.broken.len()
    )
    .context("cannot write the result")?;
    Ok(if findings.broken.is_empty() { Outcome::Succeeded } else { Outcome::Failed })
}
