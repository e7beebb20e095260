//! What the sentiment model learns from: posts of the lake that their authors labelled themselves (bullish, bearish), where
//! the source's terms let models be trained on them; or labelled texts that the team supplies.
//!
//! Of the lake's posts the last `BLOCK_DAYS` days are the block. Of supplied texts it is a fifth, chosen by their content, so that
//! it is the same fifth every time. Texts that are nearly the same stay on one side.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::path::Path;

use analytics::ngram::Class;
use analytics::ngram::fit::Example;
use analytics::random;
use anyhow::Context;
use chrono::Timelike;
use cloud::{Lake, commit};
use domain::lake::{Area, AssetFile, Format};
use domain::manifest::{Manifest, ObjectEntry};
use domain::mention::AssetPost;
use domain::{Key, ModelName, Slot, Symbol};
use futures::{StreamExt, TryStreamExt, stream};

use super::{Gathered, TooLittle, span};
use crate::evaluate_sentiment::near;
use crate::labelled;
use crate::registry::artefact::{Cases, Labelled, Place, Scorer, answers, day, hour, target};
use crate::registry::in_use::Models;

/// Slots that are looked back on: two weeks.
const SLOTS: usize = 56;
/// Days of the block.
const BLOCK_DAYS: i64 = 3;
/// One of so many supplied texts is in the block.
const PARTS: u64 = 5;
/// Objects that are read at the same time.
const AT_ONCE: usize = 32;

/// Gathers the labelled posts of the two weeks up to `slot`.
///
/// # Errors
/// The lake fails, or there is too little.
pub async fn gather(lake: &dyn Lake, slot: Slot) -> anyhow::Result<Gathered> {
    let slots = std::iter::successors(Some(slot), |s| Some(s.previous())).take(SLOTS);
    let mut slots: Vec<Slot> = slots.collect();
    slots.reverse();
    let mut seen_ids = HashSet::new();
    let mut texts: Vec<(Labelled, String)> = Vec::new();
    let (mut objects, mut sources) = (BTreeMap::new(), BTreeSet::new());
    for earlier in slots {
        let key = Key::SlotManifest { area: Area::Assets, slot: earlier }.to_string();
        let Some((split, _)) = commit::read_manifest(lake, &key).await? else { continue };
        let allowed: BTreeSet<&str> = split
            .sources
            .iter()
            .filter(|(_, s)| s.terms.may_infer && s.terms.may_train)
            .map(|(name, _)| name.as_str())
            .collect();
        if allowed.is_empty() {
            continue;
        }
        let files: Vec<ObjectEntry> = posts_of(&split);
        let read: Vec<(ObjectEntry, Vec<AssetPost>)> =
            stream::iter(files.into_iter().map(|entry| read(lake, entry)))
                .buffered(AT_ONCE)
                .try_collect()
                .await?;
        for (entry, posts) in read {
            let before = texts.len();
            for post in posts.into_iter().filter(|p| p.created_at < slot.close_at()) {
                let Some(labelled) = labelled_post(&post, &allowed) else { continue };
                if seen_ids.insert((post.source.clone(), post.id.clone(), labelled.example.target.clone())) {
                    sources.insert(post.source.clone());
                    texts.push((labelled, entry.key.clone()));
                }
            }
            if texts.len() > before {
                objects.insert(entry.key.clone(), entry);
            }
        }
    }
    let first = hour(slot.open_at().date_naive()) - (BLOCK_DAYS - 1) * 24;
    let (block, seen): (Vec<_>, Vec<_>) = texts.into_iter().partition(|(text, _)| text.group >= first);
    let licences: Vec<String> =
        sources.iter().map(|name| format!("{name}: its terms allow training (may_train)")).collect();
    split_up(seen, block, &objects, licences)
}

/// Labelled texts of a folder, as [`crate::labelled`] reads them.
///
/// # Errors
/// The folder cannot be read, or holds too little.
pub fn supplied(folder: &Path, licence: &str) -> anyhow::Result<Gathered> {
    let (mut objects, mut all) = (BTreeMap::new(), Vec::new());
    for set in labelled::read(folder)? {
        for file in &set.files {
            let bytes = std::fs::read(file).with_context(|| file.display().to_string())?;
            // The digest names the file: where it lay says nothing to others.
            let name = file.file_name().unwrap_or_default().to_string_lossy().into_owned();
            objects.insert(name.clone(), ObjectEntry::of(name, &bytes, 1));
        }
        let name =
            set.files.first().and_then(|f| f.file_name()).unwrap_or_default().to_string_lossy().into_owned();
        all.extend(set.examples.into_iter().map(|example| (example, name.clone())));
    }
    let texts: Vec<&str> = all.iter().map(|(example, _)| example.text.as_str()).collect();
    let groups = near::groups(&texts);
    // A set of near duplicates is named by its least text, whatever the order of the files.
    let mut least: BTreeMap<usize, &str> = BTreeMap::new();
    for (group, text) in groups.iter().zip(&texts) {
        let entry = least.entry(*group).or_insert(text);
        *entry = (*entry).min(text);
    }
    let names: Vec<u64> = groups.iter().map(|group| random::seed_of(least[group])).collect();
    let (mut seen, mut block) = (Vec::new(), Vec::new());
    for ((example, file), name) in all.into_iter().zip(names) {
        // Below 0: no hour.
        let group = -1 - i64::from((name >> 32) as u32);
        let text = (Labelled { example, lang: None, group }, file);
        if name % PARTS == 0 { block.push(text) } else { seen.push(text) }
    }
    let mut gathered = split_up(seen, block, &objects, vec![licence.to_owned()])?;
    (gathered.window, gathered.span) = (None, None);
    // Supplied texts were chosen by somebody: what the slots bring need not be like them.
    gathered.references.clear();
    let all: Vec<ObjectEntry> = objects.into_values().collect();
    (gathered.trained_on, gathered.judged_on) = (all.clone(), all);
    Ok(gathered)
}

/// Puts together what was gathered; what is in the block and nearly the same as something before it is left out.
fn split_up(
    seen: Vec<(Labelled, String)>,
    mut block: Vec<(Labelled, String)>,
    objects: &BTreeMap<String, ObjectEntry>,
    licences: Vec<String>,
) -> anyhow::Result<Gathered> {
    if seen.is_empty() {
        let reason = "no text that its author labelled, of a source whose terms allow training (may_train), is older than the \
            last days; supply labelled texts with --data"
            .to_owned();
        return Err(TooLittle { name: ModelName::Sentiment, reason }.into());
    }
    let texts: Vec<&str> = seen.iter().chain(&block).map(|(t, _)| t.example.text.as_str()).collect();
    let groups = near::groups(&texts);
    let known: HashSet<usize> = groups[..seen.len()].iter().copied().collect();
    let mut at = seen.len();
    block.retain(|_| {
        at += 1;
        !known.contains(&groups[at - 1])
    });
    let behind = |texts: &[(Labelled, String)]| -> Vec<ObjectEntry> {
        let keys: BTreeSet<&String> = texts.iter().map(|(_, key)| key).collect();
        keys.into_iter().filter_map(|key| objects.get(key).cloned()).collect()
    };
    let days = |texts: &[(Labelled, String)]| span(texts.iter().filter_map(|(text, _)| day(text.group)));
    let mut scorer = Scorer::new(None);
    let scores = seen
        .iter()
        .map(|(t, _)| scorer.score(&t.example.text, t.lang.as_deref(), &Place::default()).score)
        .collect();
    Ok(Gathered {
        trained_on: behind(&seen),
        judged_on: behind(&block),
        window: days(&seen),
        span: days(&block),
        seen: Cases::Texts(seen.into_iter().map(|(text, _)| text).collect()),
        block: Cases::Texts(block.into_iter().map(|(text, _)| text).collect()),
        licences,
        references: vec![("scores", scores)],
    })
}

/// The posts of all assets that a split lists.
fn posts_of(split: &Manifest) -> Vec<ObjectEntry> {
    let keys: BTreeSet<String> = split
        .assets
        .keys()
        .filter_map(|symbol| {
            let symbol: Symbol = symbol.parse().ok()?;
            let (slot, file) = (split.slot, AssetFile::Posts);
            Some(Key::AssetRows { slot, symbol, file, format: Format::Parquet }.to_string())
        })
        .collect();
    split.objects.iter().filter(|o| o.rows > 0 && keys.contains(&o.key)).cloned().collect()
}

async fn read(lake: &dyn Lake, entry: ObjectEntry) -> anyhow::Result<(ObjectEntry, Vec<AssetPost>)> {
    let bytes = commit::read_listed(lake, &entry).await?;
    let posts = tables::decode(&bytes).with_context(|| entry.key.clone())?;
    Ok((entry, posts))
}

/// A post of an allowed source, as [`of_post`] has it.
fn labelled_post(post: &AssetPost, allowed: &BTreeSet<&str>) -> Option<Labelled> {
    of_post(post).filter(|_| allowed.contains(post.source.as_str()))
}

/// A post that its author labelled and that models may read; noise says nothing.
pub fn of_post(post: &AssetPost) -> Option<Labelled> {
    if post.noise.is_some() || !post.may_infer {
        return None;
    }
    let class = match post.vendor_sentiment.as_deref()?.to_ascii_lowercase().as_str() {
        "bullish" | "positive" => Class::Positive,
        "bearish" | "negative" => Class::Negative,
        "neutral" => Class::Neutral,
        _ => return None,
    };
    let target = target(&post.text, post.span_start, post.span_end);
    Some(Labelled {
        example: Example { text: post.text.clone(), class, target },
        lang: post.lang.clone(),
        group: hour(post.created_at.date_naive()) + i64::from(post.created_at.hour()),
    })
}

/// The champion's answers to labelled texts: 1 for a wrong one.
pub fn wrong(models: &Models, labelled: &[Labelled]) -> Vec<f64> {
    let champion = models.sentiment.as_ref().map(|chosen| &*chosen.model);
    answers(champion, labelled).into_iter().map(|loss| loss.loss).collect()
}
