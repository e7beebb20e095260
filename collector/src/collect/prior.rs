//! What earlier slots hold, as far as a slot needs it: the posts that are looked at again, and how much there used to be.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;

use anyhow::Context;
use chrono::{DateTime, Utc};
use cloud::commit::read_manifest;
use cloud::{Lake, LakeError};
use domain::lake::{Area, RecordKind, records_prefix};
use domain::manifest::ObjectEntry;
use domain::{Article, Key, Manifest, Outcome, Post, Slot, SourceId};
use futures::StreamExt;
use tempfile::NamedTempFile;

use crate::settings::Limits;
use crate::window::{Prior, Window};

/// So many slots are compared with: two days.
const SLOTS: usize = 8;

/// Fewer documents than this in the middle slot are too few to miss them (sources.md, section 6).
const MISSED_FROM: u64 = 50;

/// The records manifests of the slots before one, newest first; `None` where a slot was not collected.
#[derive(Debug)]
pub(super) struct Earlier(Vec<(Slot, Option<Manifest>)>);

impl Earlier {
    /// Reads the manifests of the two days before `slot`.
    ///
    /// # Errors
    /// The lake fails or a manifest is damaged.
    pub(super) async fn read(lake: &dyn Lake, slot: Slot) -> anyhow::Result<Self> {
        let mut slots = Vec::with_capacity(SLOTS);
        let mut at = slot;
        for _ in 0..SLOTS {
            at = at.previous();
            let key = Key::SlotManifest { area: Area::Records, slot: at }.to_string();
            slots.push((at, read_manifest(lake, &key).await?.map(|(manifest, _)| manifest)));
        }
        Ok(Self(slots))
    }

    /// Each slot with its manifest, newest first.
    pub(super) fn slots(&self) -> impl Iterator<Item = (Slot, &Manifest)> {
        self.0.iter().filter_map(|(slot, manifest)| Some((*slot, manifest.as_ref()?)))
    }

    /// Fills in which posts of `source` are looked at again: the newest that the slots right before this one hold, as long
    /// as those slots were collected whole.
    ///
    /// # Errors
    /// The lake fails, or an object is missing or damaged.
    pub(super) async fn fill(
        &self,
        lake: &dyn Lake,
        slot: Slot,
        source: &SourceId,
        limits: &Limits,
        window: &mut Window,
    ) -> anyhow::Result<()> {
        let from = slot.open_at() - limits.revision;
        let (mut dead, mut found) = (BTreeSet::new(), BTreeMap::<String, Prior>::new());
        let mut complete_from = None;
        for (slot, manifest) in self.0.iter().take_while(|(slot, _)| slot.close_at() > from) {
            let is_whole = |m: &&Manifest| {
                m.sources.get(source.as_str()).is_some_and(|s| s.outcome == Outcome::Succeeded)
            };
            let Some(manifest) = manifest.as_ref().filter(is_whole) else { break };
            let mut cut_at = None;
            for entry in posts_of(manifest, *slot, source) {
                let left = limits.revision_posts.saturating_sub(found.len());
                // Rows are in order of time, so the newest are at the end.
                let skip = (entry.rows as usize).saturating_sub(left);
                let file = download(lake, entry).await?;
                for batch in tables::batches::<Post>(file.reopen()?, skip)? {
                    for post in batch? {
                        if skip > 0 {
                            cut_at.get_or_insert(post.created_at);
                        }
                        // The newest slot that holds a post holds its newest version.
                        if post.deleted {
                            dead.insert(post.id);
                        } else if !dead.contains(&post.id) && !found.contains_key(&post.id) {
                            found.insert(post.id.clone(), Prior::of(&post));
                        }
                    }
                }
                if left == 0 {
                    cut_at.get_or_insert(slot.close_at());
                }
            }
            complete_from = Some(cut_at.unwrap_or_else(|| slot.open_at()));
            if cut_at.is_some() {
                break;
            }
        }
        found.retain(|_, prior| prior.created_at >= from);
        window.prior_from = complete_from.map(|at| at.max(from));
        window.prior = found;
        Ok(())
    }

    /// Tells the window which articles the slots took that were collected in part since `watermark`, the last one that was
    /// collected whole: a feed still holds them, and they are not late but taken.
    ///
    /// # Errors
    /// The lake fails, or an object is missing or damaged.
    pub(super) async fn add_taken(
        &self,
        lake: &dyn Lake,
        source: &SourceId,
        watermark: DateTime<Utc>,
        window: &mut Window,
    ) -> anyhow::Result<()> {
        for (slot, manifest) in self.slots().filter(|(slot, _)| slot.close_at() > watermark) {
            let prefix = records_prefix(RecordKind::Article, slot, source);
            for entry in manifest.objects.iter().filter(|object| object.key.starts_with(&prefix)) {
                let file = download(lake, entry).await?;
                for batch in tables::batches::<Article>(file.reopen()?, 0)? {
                    window.known.extend(batch?.into_iter().map(|article| article.id));
                }
            }
        }
        Ok(())
    }

    /// A warning where `source`, which was collected whole, has no document although it used to have many.
    pub(super) fn missed(&self, source: &str, counts: &BTreeMap<String, u64>) -> Option<String> {
        let documents = |counts: &BTreeMap<String, u64>| {
            ["post", "article"].iter().filter_map(|kind| counts.get(*kind)).sum::<u64>()
        };
        if documents(counts) > 0 {
            return None;
        }
        let sources = self.slots().filter_map(|(_, manifest)| manifest.sources.get(source));
        let mut before: Vec<u64> =
            sources.filter(|s| s.outcome == Outcome::Succeeded).map(|s| documents(&s.counts)).collect();
        before.sort_unstable();
        let middle = before.get(before.len() / 2).copied().unwrap_or_default();
        (before.len() * 2 >= SLOTS && middle > MISSED_FROM).then(|| {
            format!("it gave no document, although the slots before had {middle} in the middle: see whether its form or its access has changed")
        })
    }
}

/// The parts that hold the posts of a source.
pub(super) fn posts_of<'m>(
    manifest: &'m Manifest,
    slot: Slot,
    source: &SourceId,
) -> impl Iterator<Item = &'m ObjectEntry> {
    let prefix = records_prefix(RecordKind::Post, slot, source);
    manifest.objects.iter().filter(move |object| object.key.starts_with(&prefix))
}

/// Copies an object to this machine's disk.
///
/// # Errors
/// The lake or the disk fails, or the object is missing.
pub(super) async fn download(lake: &dyn Lake, entry: &ObjectEntry) -> anyhow::Result<NamedTempFile> {
    let mut file = NamedTempFile::new().context("the folder for temporary files cannot be written")?;
    let mut pieces = lake.read(&entry.key).await?.ok_or_else(|| LakeError::Missing(entry.key.clone()))?;
    let mut bytes = 0;
    while let Some(piece) = pieces.next().await {
        let piece = piece?;
        bytes += piece.len() as u64;
        file.write_all(&piece)?;
    }
    file.flush()?;
    if bytes != entry.bytes {
        return Err(LakeError::Damaged(entry.key.clone()).into());
    }
    Ok(file)
}
