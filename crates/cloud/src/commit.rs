//! Writing so that a manifest commits, and reading only what a manifest lists.

use std::collections::HashSet;
use std::io::Read;
use std::path::Path;

use bytes::Bytes;
use domain::lake::MANIFEST;
use domain::manifest::{Manifest, ObjectEntry};
use sha2::{Digest, Sha256};

use crate::lake::{Lake, LakeError};

/// Bytes whose digest takes so long that other work had better go on meanwhile.
const LARGE: usize = 1 << 20;

/// The manifest under `key` with its own entry, or `None` where the stage has not been committed.
///
/// # Errors
/// The lake fails, or the manifest is damaged.
pub async fn read_manifest(lake: &dyn Lake, key: &str) -> Result<Option<(Manifest, ObjectEntry)>, LakeError> {
    let Some(object) = lake.get(key).await? else {
        return Ok(None);
    };
    let manifest = Manifest::from_bytes(key, &object.bytes)?;
    let rows = manifest.objects.len() as u64;
    Ok(Some((manifest, ObjectEntry::of(key, &object.bytes, rows))))
}

/// The content of an object that a manifest lists.
///
/// # Errors
/// The object is missing or its size or sha256 differs from the entry.
pub async fn read_listed(lake: &dyn Lake, entry: &ObjectEntry) -> Result<Bytes, LakeError> {
    let bytes = lake.content(&entry.key).await?.ok_or_else(|| LakeError::Missing(entry.key.clone()))?;
    if bytes.len() < LARGE {
        return if entry.matches(&bytes) { Ok(bytes) } else { Err(LakeError::Damaged(entry.key.clone())) };
    }
    let wanted = entry.clone();
    let compared = tokio::task::spawn_blocking(move || wanted.matches(&bytes).then_some(bytes)).await;
    let failed = |e| LakeError::Io { key: entry.key.clone(), source: std::io::Error::other(e) };
    compared.map_err(failed)?.ok_or_else(|| LakeError::Damaged(entry.key.clone()))
}

/// Puts an object that a manifest will list; the write is spared where the same bytes lie there already.
///
/// # Errors
/// The lake fails.
pub async fn put_object(
    lake: &dyn Lake,
    key: impl ToString,
    bytes: Vec<u8>,
    rows: u64,
) -> Result<ObjectEntry, LakeError> {
    let (key, bytes) = (key.to_string(), Bytes::from(bytes));
    if bytes.len() < LARGE {
        let entry = ObjectEntry::of(key, &bytes, rows);
        lake.put_unless_same(&entry.key, bytes).await?;
        return Ok(entry);
    }
    let (name, content) = (key.clone(), bytes.clone());
    let digesting = tokio::task::spawn_blocking(move || ObjectEntry::of(name, &content, rows));
    let (entry, put) = tokio::join!(digesting, lake.put_unless_same(&key, bytes));
    put?;
    entry.map_err(|e| LakeError::Io { key, source: std::io::Error::other(e) })
}

/// [`put_object`] on the calling thread, where [`Lake::put_here`] can.
///
/// # Errors
/// The lake fails.
pub fn put_object_here(
    lake: &dyn Lake,
    key: impl ToString,
    bytes: &[u8],
    rows: u64,
) -> Option<Result<ObjectEntry, LakeError>> {
    let key = key.to_string();
    let put = lake.put_here(&key, bytes)?;
    Some(put.map(|()| ObjectEntry::of(key, bytes, rows)))
}

/// Puts a file, however large, that a manifest will list; `key` makes its name from the digest of its content.
///
/// # Errors
/// The lake or the file fails.
pub async fn put_file(
    lake: &dyn Lake,
    file: &Path,
    rows: u64,
    key: impl FnOnce(&str) -> String,
) -> Result<ObjectEntry, LakeError> {
    let failed = |source| LakeError::Io { key: file.display().to_string(), source };
    let mut reader = std::fs::File::open(file).map_err(failed)?;
    let (mut hash, mut bytes, mut piece) = (Sha256::new(), 0u64, vec![0; 1 << 18]);
    loop {
        let read = reader.read(&mut piece).map_err(failed)?;
        if read == 0 {
            break;
        }
        hash.update(&piece[..read]);
        bytes += read as u64;
    }
    let sha256 = hex::encode(hash.finalize());
    let key = key(&sha256[..16]);
    lake.put_file(&key, file).await?;
    Ok(ObjectEntry { key, bytes, sha256, rows })
}

/// Commits: puts the manifest by compare-and-swap, then deletes the objects under `prefixes` that it does not list
/// (left by attempts that were killed), and what these left of objects that they had begun. Manifests under the prefixes stay.
///
/// # Errors
/// The lake fails, or another attempt commits at the same time.
pub async fn commit(
    lake: &dyn Lake,
    key: &str,
    manifest: &Manifest,
    prefixes: &[String],
) -> Result<ObjectEntry, LakeError> {
    let (entry, there) = tokio::join!(put_manifest(lake, key, manifest), there(lake, prefixes));
    let entry = entry?;
    delete_others(lake, manifest, &there?).await?;
    Ok(entry)
}

/// The first part of [`commit`]: puts the manifest.
///
/// # Errors
/// The lake fails, or another attempt commits at the same time.
pub async fn put_manifest(lake: &dyn Lake, key: &str, manifest: &Manifest) -> Result<ObjectEntry, LakeError> {
    metrics::gauge!("quarterday_stage_warnings", "stage" => manifest.stage.clone())
        .set(manifest.warnings.len() as f64);
    let bytes = manifest.to_bytes();
    let entry = ObjectEntry::of(key, &bytes, manifest.objects.len() as u64);
    let current = lake.get(key).await?;
    if current.as_ref().is_none_or(|object| object.bytes != bytes) {
        let version = current.map(|object| object.version);
        lake.compare_and_swap(key, version.as_ref(), bytes.into()).await?;
    }
    Ok(entry)
}

/// What lies under `prefixes`, once what dead attempts had begun there is swept away. It takes a while where there are many
/// objects; nothing is lost by looking before the manifest is put, as long as nothing is deleted before it.
///
/// # Errors
/// The lake fails.
pub async fn there(lake: &dyn Lake, prefixes: &[String]) -> Result<Vec<String>, LakeError> {
    let mut keys = Vec::new();
    for prefix in prefixes {
        let (there, swept) = tokio::join!(lake.list(prefix), lake.sweep(prefix));
        swept?;
        keys.extend(there?);
    }
    Ok(keys)
}

/// The last part of [`commit`]: deletes those of the objects that the manifest, which has been put, does not list.
///
/// # Errors
/// The lake fails.
pub async fn delete_others(lake: &dyn Lake, manifest: &Manifest, there: &[String]) -> Result<(), LakeError> {
    let listed: HashSet<&str> = manifest.objects.iter().map(|object| object.key.as_str()).collect();
    for orphan in there {
        if !listed.contains(orphan.as_str()) && !orphan.ends_with(MANIFEST) {
            lake.delete(orphan).await?;
        }
    }
    Ok(())
}
