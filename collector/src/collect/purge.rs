//! Purging: what a source says is gone loses its text, its author and its link everywhere below raw/ and records/.
//!
//! A raw line that held such a post keeps the records that were made of it instead of its body, the gone one as a stub; so
//! records can still be made again from raw, byte for byte. Doing it twice changes nothing, and an attempt that was killed is
//! finished by the next one.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use chrono::{DateTime, Utc};
use cloud::Lake;
use cloud::commit::{commit, put_object, read_manifest};
use domain::lake::{Area, raw_prefix};
use domain::manifest::ObjectEntry;
use domain::{Key, Manifest, Post, Slot, SourceId};

use super::lease::Lease;
use super::prior::{Earlier, download, posts_of};
use super::{PATIENCE, RawExchanges, below};
use crate::exchange::{Exchange, Packer};
use crate::normalise::{Collected, Entry};
use crate::rebuild::rebuild_source;
use crate::window::Window;

/// Purges what the records of `slot` say is gone from the two days before it. Returns the slots that were changed.
///
/// # Errors
/// The lake fails, or an object is missing or damaged.
pub(super) async fn purge(
    lake: &Arc<dyn Lake>,
    slot: Slot,
    earlier: &Earlier,
) -> anyhow::Result<BTreeSet<Slot>> {
    let mut changed = BTreeSet::new();
    let key = Key::SlotManifest { area: Area::Records, slot }.to_string();
    let Some((manifest, _)) = read_manifest(lake.as_ref(), &key).await? else { return Ok(changed) };
    for (name, outcome) in &manifest.sources {
        if outcome.counts.get("revision").is_none_or(|revisions| *revisions == 0) {
            continue;
        }
        let source = SourceId::new(name);
        let gone = gone(lake.as_ref(), &manifest, slot, &source).await?;
        let Some(first) = gone.values().min() else { continue };
        let ids: BTreeSet<String> = gone.keys().cloned().collect();
        // A slot after the one in which it was said may hold it, too: it was looked at again there.
        for (earlier, _) in earlier.slots().filter(|(earlier, _)| earlier.close_at() > *first) {
            let lease = Lease::take(lake, earlier, PATIENCE).await?;
            let purged = purge_source(lake, earlier, &source, &ids).await;
            lease.release().await?;
            if purged? {
                changed.insert(earlier);
                tracing::info!(%source, slot = %earlier, posts = ids.len(), "purged what is gone at the source");
            }
        }
    }
    Ok(changed)
}

/// The posts that the slot's records say are gone, with when they were written.
async fn gone(
    lake: &dyn Lake,
    manifest: &Manifest,
    slot: Slot,
    source: &SourceId,
) -> anyhow::Result<BTreeMap<String, DateTime<Utc>>> {
    let mut gone = BTreeMap::new();
    for entry in posts_of(manifest, slot, source) {
        for batch in tables::batches::<Post>(download(lake, entry).await?.reopen()?, 0)? {
            let dead = batch?.into_iter().filter(|post| post.deleted && post.revision);
            gone.extend(dead.map(|post| (post.id, post.created_at)));
        }
    }
    Ok(gone)
}

/// Whether a raw exchange of the slot, or its records, still hold one of these posts.
async fn holds(
    lake: &Arc<dyn Lake>,
    slot: Slot,
    source: &SourceId,
    parts: &[ObjectEntry],
    gone: &BTreeSet<String>,
) -> anyhow::Result<bool> {
    let mut exchanges = RawExchanges::open(lake, parts.to_vec()).await?;
    let window = exchanges.window().clone().unwrap_or_else(|| Window::plain(slot.open_at(), slot.close_at()));
    while let Some((raw_ref, exchange)) = exchanges.next().await? {
        if without(source, &raw_ref, exchange, &window, gone).1 {
            return Ok(true);
        }
    }
    let key = Key::SlotManifest { area: Area::Records, slot }.to_string();
    let Some((manifest, _)) = read_manifest(lake.as_ref(), &key).await? else { return Ok(false) };
    for entry in posts_of(&manifest, slot, source) {
        for batch in tables::batches::<Post>(download(lake.as_ref(), entry).await?.reopen()?, 0)? {
            if batch?.iter().any(|post| !post.deleted && gone.contains(&post.id)) {
                return Ok(true);
            }
        }
    }
    Ok(false)
}

/// Purges one source of one slot; says whether there was anything to purge.
async fn purge_source(
    lake: &Arc<dyn Lake>,
    slot: Slot,
    source: &SourceId,
    gone: &BTreeSet<String>,
) -> anyhow::Result<bool> {
    let key = Key::SlotManifest { area: Area::Raw, slot }.to_string();
    let Some((mut manifest, _)) = read_manifest(lake.as_ref(), &key).await? else { return Ok(false) };
    let prefix = raw_prefix(source, slot);
    let parts: Vec<ObjectEntry> = below(&manifest.objects, &prefix).into_iter().cloned().collect();
    if !holds(lake, slot, source, &parts, gone).await? {
        return Ok(false);
    }
    let mut exchanges = RawExchanges::open(lake, parts).await?;
    let window = exchanges.window().clone().unwrap_or_else(|| Window::plain(slot.open_at(), slot.close_at()));
    let mut packer = Packer::new(source, slot, &window);
    let mut entries = Vec::new();
    while let Some((raw_ref, exchange)) = exchanges.next().await? {
        if let Some(part) = packer.push(&without(source, &raw_ref, exchange, &window, gone).0)? {
            entries.push(put_object(lake.as_ref(), &part.key, part.bytes, part.rows).await?);
        }
    }
    if let Some(part) = packer.finish()? {
        entries.push(put_object(lake.as_ref(), &part.key, part.bytes, part.rows).await?);
    }
    manifest.objects.retain(|object| !object.key.starts_with(&prefix));
    manifest.objects.extend(entries.iter().cloned());
    if let Some(outcome) = manifest.sources.get(source.as_str()) {
        let own = Manifest {
            outcome: outcome.outcome,
            objects: entries,
            sources: [(source.to_string(), outcome.clone())].into(),
            ..Manifest::new("collect", slot, &manifest.code_version)
        };
        let own = Manifest { as_of: manifest.as_of, ..own };
        let key = Key::RawManifest { source: source.clone(), slot }.to_string();
        commit(lake.as_ref(), &key, &own, &[]).await?;
    }
    // The old parts go with the commit of the new ones. Records name them until they are made again, next: whoever is killed
    // in between leaves records that still hold the text, and so is found again.
    commit(lake.as_ref(), &key, &manifest, &[prefix]).await?;
    rebuild_source(lake, slot, source).await?;
    Ok(true)
}

/// The exchange without the content of these posts, and whether it had any.
fn without(
    source: &SourceId,
    raw_ref: &str,
    exchange: Exchange,
    window: &Window,
    gone: &BTreeSet<String>,
) -> (Exchange, bool) {
    let mut copy = Collected::copying(window);
    crate::normalise::read(source, raw_ref, exchange.clone(), &mut copy);
    let mut entries = copy.into_copy();
    let mut is_hit = false;
    for entry in &mut entries {
        if let Entry::Post(post, _) = entry
            && gone.contains(&post.id)
            && !post.deleted
        {
            is_hit = true;
            **post = Post {
                id: post.id.clone(),
                channel: post.channel.clone(),
                created_at: post.created_at,
                collected_at: post.collected_at,
                deleted: true,
                ..Post::default()
            };
        }
    }
    if !is_hit {
        return (exchange, false);
    }
    (Exchange { body: Default::default(), remainder: Some(entries), ..exchange }, true)
}
