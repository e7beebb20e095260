//! Reads what the records manifest lists, and nothing else.

use std::fs::File;
use std::io::{Seek, Write};
use std::path::Path;
use std::sync::Arc;

use anyhow::Context;
use bytes::Bytes;
use cloud::{Lake, LakeError, commit};
use domain::lake::{Area, RecordKind};
use domain::manifest::ObjectEntry;
use domain::{AssetList, Key, Manifest, Slot};
use futures::TryStreamExt;
use percent_encoding::percent_decode_str;
use sha2::{Digest, Sha256};
use tables::raw::Place;

use crate::engine::frame::Frame;
use crate::engine::seen::Store;

/// Larger objects are kept on this machine's disk while they are read.
const LARGE: u64 = 64 << 20;

/// The records manifest of a slot and its own entry.
pub(crate) async fn manifest(lake: &dyn Lake, slot: Slot) -> anyhow::Result<(Manifest, ObjectEntry)> {
    let key = Key::SlotManifest { area: Area::Records, slot }.to_string();
    let found = commit::read_manifest(lake, &key).await.with_context(|| format!("reading {key}"))?;
    found.with_context(|| format!("{key} is missing: run `collector collect --slot {slot}` first"))
}

/// The deployment's assets, the entry of their list, and its bytes.
pub(crate) async fn assets(lake: &dyn Lake) -> anyhow::Result<(AssetList, ObjectEntry, Bytes)> {
    let key = Key::AssetList.to_string();
    let object = lake.get(&key).await.with_context(|| format!("reading {key}"))?;
    let object = object.with_context(|| {
        format!("{key} is missing: put a list there with the columns symbol,name,class,exchange,aliases")
    })?;
    let list = AssetList::from_csv(&object.bytes).with_context(|| format!("{key} cannot be used"))?;
    anyhow::ensure!(!list.is_empty(), "{key} has no assets: add at least one line below the header");
    let entry = ObjectEntry::of(&key, &object.bytes, list.len() as u64);
    Ok((list, entry, object.bytes))
}

/// The content of an object that a manifest lists, small ones in memory, others in an unnamed file in `folder`.
///
/// # Errors
/// The object is missing or is not what the manifest says.
pub(crate) async fn object(lake: &dyn Lake, entry: &ObjectEntry, folder: &Path) -> Result<Place, LakeError> {
    if entry.bytes <= LARGE {
        return commit::read_listed(lake, entry).await.map(Place::Memory);
    }
    file(lake, entry, folder).await.map(Place::Disk)
}

/// The same, always in an unnamed file.
///
/// # Errors
/// The object is missing or is not what the manifest says.
pub(crate) async fn file(
    lake: &dyn Lake,
    entry: &ObjectEntry,
    folder: &Path,
) -> Result<Arc<File>, LakeError> {
    let failed = |source| LakeError::Io { key: folder.display().to_string(), source };
    let mut pieces = lake.read(&entry.key).await?.ok_or_else(|| LakeError::Missing(entry.key.clone()))?;
    let mut file = tempfile::tempfile_in(folder).map_err(failed)?;
    let (mut hash, mut bytes) = (Sha256::new(), 0u64);
    while let Some(piece) = pieces.try_next().await? {
        hash.update(&piece);
        bytes += piece.len() as u64;
        file.write_all(&piece).map_err(failed)?;
    }
    if bytes != entry.bytes || hex::encode(hash.finalize()) != entry.sha256 {
        return Err(LakeError::Damaged(entry.key.clone()));
    }
    file.rewind().map_err(failed)?;
    Ok(Arc::new(file))
}

/// What the split of the slot before left for this one, and its entry; nothing where there was none. An object that is
/// damaged is left out and logged: it belongs to another slot, whose repeat heals it.
pub(crate) async fn seen(
    lake: &dyn Lake,
    frame: &Frame,
    folder: &Path,
) -> anyhow::Result<(Store, Option<ObjectEntry>)> {
    let before = frame.slot.previous();
    let empty = || Store::new(folder, frame.symbols.len());
    let key = Key::SlotManifest { area: Area::Assets, slot: before }.to_string();
    let found = async {
        let Some((manifest, _)) = commit::read_manifest(lake, &key).await? else { return Ok(None) };
        let wanted = Key::Seen { slot: before }.to_string();
        let Some(entry) = manifest.objects.into_iter().find(|o| o.key == wanted) else { return Ok(None) };
        Ok(Some((object(lake, &entry, folder).await?, entry)))
    };
    let read = match found.await {
        Ok(None) => return Ok((empty(), None)),
        Err(error @ LakeError::Io { .. }) => {
            return Err(error).context("reading what the slot before has seen");
        }
        Err(error) => Err(error.to_string()),
        Ok(Some((place, entry))) => {
            let store = empty();
            store.read(place, frame).map(|()| (store, Some(entry))).map_err(|error| format!("{error:#}"))
        }
    };
    Ok(read.unwrap_or_else(|error| {
        tracing::warn!(slot = %before, error, "what an earlier slot has seen is left out: repeats of it carry no mark");
        (empty(), None)
    }))
}

/// Kind and source of a records object; `None` for rejects and manifests, which the split does not read.
pub(crate) fn kind_and_source(key: &str) -> Option<(RecordKind, String)> {
    let part = |name: &str| key.split('/').find_map(|part| part.strip_prefix(name));
    let kind = part("kind=")?;
    let kinds = [RecordKind::Post, RecordKind::Article, RecordKind::Bar];
    let kind = kinds.into_iter().find(|known| known.as_str() == kind)?;
    let source = percent_decode_str(part("source=")?).decode_utf8_lossy().into_owned();
    key.ends_with(".parquet").then_some((kind, source))
}
