//! Reads what the records manifest lists, and nothing else.

use std::collections::BTreeMap;

use anyhow::Context;
use bytes::Bytes;
use cloud::{Lake, LakeError, commit};
use domain::lake::{Area, RecordKind};
use domain::manifest::ObjectEntry;
use domain::{Article, AssetList, Bar, Key, Manifest, Post, Slot};
use futures::StreamExt;
use percent_encoding::percent_decode_str;
use rayon::prelude::*;
use tables::Table;

use crate::noise::seen::{self, Seen};

/// Objects read at the same time.
const AT_ONCE: usize = 16;

/// A row and the name of its source.
pub(crate) type Sourced<T> = (String, T);

/// All records of a slot, in the order of the manifest.
#[derive(Default)]
pub(crate) struct Records {
    /// Posts.
    pub(crate) posts: Vec<Sourced<Post>>,
    /// Articles.
    pub(crate) articles: Vec<Sourced<Article>>,
    /// Bars.
    pub(crate) bars: Vec<Sourced<Bar>>,
    /// What could not be read, by source.
    pub(crate) problems: BTreeMap<String, Vec<String>>,
}

/// The records manifest of a slot and its own entry.
pub(crate) async fn manifest(lake: &dyn Lake, slot: Slot) -> anyhow::Result<(Manifest, ObjectEntry)> {
    let key = Key::SlotManifest { area: Area::Records, slot }.to_string();
    let found = commit::read_manifest(lake, &key).await.with_context(|| format!("reading {key}"))?;
    found.with_context(|| format!("{key} is missing: run `collector collect --slot {slot}` first"))
}

/// The deployment's assets and the entry of their list.
pub(crate) async fn assets(lake: &dyn Lake) -> anyhow::Result<(AssetList, ObjectEntry)> {
    let key = Key::AssetList.to_string();
    let object = lake.get(&key).await.with_context(|| format!("reading {key}"))?;
    let object = object.with_context(|| {
        format!("{key} is missing: put a list there with the columns symbol,name,class,exchange,aliases")
    })?;
    let list = AssetList::from_csv(&object.bytes).with_context(|| format!("{key} cannot be used"))?;
    anyhow::ensure!(!list.is_empty(), "{key} has no assets: add at least one line below the header");
    let entry = ObjectEntry::of(&key, &object.bytes, list.len() as u64);
    Ok((list, entry))
}

/// What the split of the slot before left for this one, by asset, and its entry; nothing where there was none. An object
/// that is damaged is left out and logged: it belongs to another slot, whose repeat heals it.
pub(crate) async fn seen(
    lake: &dyn Lake,
    slot: Slot,
) -> anyhow::Result<(BTreeMap<String, Vec<Seen>>, Option<ObjectEntry>)> {
    let before = slot.previous();
    let key = Key::SlotManifest { area: Area::Assets, slot: before }.to_string();
    let found = async {
        let Some((manifest, _)) = commit::read_manifest(lake, &key).await? else { return Ok(None) };
        let wanted = Key::Seen { slot: before }.to_string();
        let Some(entry) = manifest.objects.into_iter().find(|o| o.key == wanted) else { return Ok(None) };
        Ok(Some((commit::read_listed(lake, &entry).await?, entry)))
    };
    let rows = match found.await {
        Ok(None) => return Ok((BTreeMap::new(), None)),
        Err(error @ LakeError::Io { .. }) => {
            return Err(error).context("reading what the slot before has seen");
        }
        Err(error) => Err(error.to_string()),
        Ok(Some((bytes, entry))) => {
            tables::decode(&bytes).map(|rows| (seen::by_symbol(rows), Some(entry))).map_err(|e| e.to_string())
        }
    };
    Ok(rows.unwrap_or_else(|error| {
        tracing::warn!(slot = %before, error, "what an earlier slot has seen is left out: repeats of it carry no mark");
        (BTreeMap::new(), None)
    }))
}

/// All records that `manifest` lists. An object that is missing or damaged is a problem of its source; the rest is read.
pub(crate) async fn records(lake: &dyn Lake, manifest: &Manifest) -> Records {
    let wanted: Vec<(&ObjectEntry, &str, String)> = manifest
        .objects
        .iter()
        .filter_map(|entry| kind_and_source(&entry.key).map(|(k, s)| (entry, k, s)))
        .collect();
    let objects: Vec<Result<Bytes, String>> = futures::stream::iter(&wanted)
        .map(|(entry, _, _)| async { commit::read_listed(lake, entry).await.map_err(|e| e.to_string()) })
        .buffered(AT_ONCE)
        .collect()
        .await;
    let decoded: Vec<Result<Rows, String>> = wanted
        .par_iter()
        .zip(objects)
        .map(|((entry, kind, _), bytes)| decode(kind, &bytes?).map_err(|e| format!("{}: {e}", entry.key)))
        .collect();
    let mut out = Records::default();
    for ((_, _, source), rows) in wanted.into_iter().zip(decoded) {
        let named = |row| (source.clone(), row);
        match rows {
            Ok(Rows::Posts(rows)) => out.posts.extend(rows.into_iter().map(|row| (source.clone(), row))),
            Ok(Rows::Articles(rows)) => {
                out.articles.extend(rows.into_iter().map(|row| (source.clone(), row)))
            }
            Ok(Rows::Bars(rows)) => out.bars.extend(rows.into_iter().map(named)),
            Err(problem) => out.problems.entry(source).or_default().push(problem),
        }
    }
    out
}

enum Rows {
    Posts(Vec<Post>),
    Articles(Vec<Article>),
    Bars(Vec<Bar>),
}

fn decode(kind: &str, bytes: &[u8]) -> Result<Rows, String> {
    fn rows<T: Table>(bytes: &[u8]) -> Result<Vec<T>, String> {
        tables::decode(bytes).map_err(|e| format!("{e}: run the collector again for this slot"))
    }
    match kind {
        k if k == RecordKind::Post.as_str() => rows(bytes).map(Rows::Posts),
        k if k == RecordKind::Article.as_str() => rows(bytes).map(Rows::Articles),
        _ => rows(bytes).map(Rows::Bars),
    }
}

/// Kind and source of a records object; `None` for rejects and manifests, which the split does not read.
fn kind_and_source(key: &str) -> Option<(&str, String)> {
    let part = |name: &str| key.split('/').find_map(|part| part.strip_prefix(name));
    let kind = part("kind=")?;
    let wanted = [RecordKind::Post, RecordKind::Article, RecordKind::Bar].iter().any(|k| k.as_str() == kind);
    let source = percent_decode_str(part("source=")?).decode_utf8_lossy().into_owned();
    (wanted && key.ends_with(".parquet")).then_some((kind, source))
}
