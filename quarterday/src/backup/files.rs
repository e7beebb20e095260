//! The lake and the installation's other files: each content once, by its digest, and lists of which belonged together.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, ensure};
use chrono::{DateTime, Utc};
use domain::lake::sha256;
use serde::{Deserialize, Serialize};

use super::base::{self, write_whole};
use super::stamp;
use crate::home::Home;

/// What is not copied: the database has a backup of its own, logs and addresses belong to the running installation.
const LEFT_OUT: [&str; 7] = ["pg", "postgres", "logs", "lock", "database-url", "bus-url", "world.new"];

/// One file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// Sha256 of its content.
    pub sha256: String,
    /// Its size.
    pub bytes: u64,
    /// Who may read it, as in the file system.
    pub mode: u32,
    /// When it was written last, as the file system says it; the content is read again when this or the size differs.
    pub changed_at: DateTime<Utc>,
}

/// The files that belonged together.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Listing {
    /// When they were looked at.
    pub at: DateTime<Utc>,
    /// By path below the home folder.
    pub files: BTreeMap<String, Entry>,
}

/// What a copy did.
#[derive(Debug, Clone, Copy, Default)]
pub struct Copied {
    /// Files that there are.
    pub files: usize,
    /// Contents that were not in the backup yet.
    pub new_files: usize,
    /// Their size.
    pub new_bytes: u64,
}

/// Makes the folder of a backup. Others may pass through to what the user of Postgres writes; nobody else reads the rest.
///
/// # Errors
/// It cannot be made.
pub fn make_folder(to: &Path) -> anyhow::Result<()> {
    for (folder, mode) in [
        (to.to_owned(), 0o711),
        (to.join("wal"), 0o711),
        (to.join("base"), 0o700),
        (to.join("objects"), 0o700),
        (to.join("listings"), 0o700),
    ] {
        fs::create_dir_all(&folder).with_context(|| folder.display().to_string())?;
        fs::set_permissions(&folder, fs::Permissions::from_mode(mode))?;
    }
    Ok(())
}

/// Copies what has changed since the newest listing, and writes a listing where anything has.
///
/// # Errors
/// Something cannot be read or written.
pub fn copy(home: &Home, to: &Path, now: DateTime<Utc>) -> anyhow::Result<Copied> {
    let before = newest(to, None)?.unwrap_or_default();
    let mut listing = Listing { at: now, files: BTreeMap::new() };
    let mut copied = Copied::default();
    walk(home.root(), home.root(), &mut |path, below| {
        let Some(entry) = take(path, below, to, &before, &mut copied)? else { return Ok(()) };
        listing.files.insert(below.to_owned(), entry);
        Ok(())
    })?;
    copied.files = listing.files.len();
    if listing.files != before.files {
        write_whole(
            &to.join("listings").join(format!("{}.json", stamp(now))),
            &serde_json::to_vec(&listing)?,
        )?;
    }
    Ok(copied)
}

fn walk(
    root: &Path,
    folder: &Path,
    each: &mut impl FnMut(&Path, &str) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    let entries = match fs::read_dir(folder) {
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(()),
        entries => entries.with_context(|| folder.display().to_string())?,
    };
    for entry in entries {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        // Names with a dot are of files that are not finished.
        if name.starts_with('.')
            || name.ends_with(".half")
            || (folder == root && LEFT_OUT.contains(&name.as_str()))
        {
            continue;
        }
        let path = entry.path();
        if entry.file_type()?.is_dir() {
            walk(root, &path, each)?;
        } else if entry.file_type()?.is_file() {
            let below = path.strip_prefix(root)?.to_string_lossy().into_owned();
            each(&path, &below)?;
        }
    }
    Ok(())
}

/// `None`: it has gone meanwhile.
fn take(
    path: &Path,
    below: &str,
    to: &Path,
    before: &Listing,
    copied: &mut Copied,
) -> anyhow::Result<Option<Entry>> {
    let metadata = match fs::metadata(path) {
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        metadata => metadata.with_context(|| path.display().to_string())?,
    };
    let (changed_at, bytes) = (DateTime::<Utc>::from(metadata.modified()?), metadata.len());
    let mode = metadata.permissions().mode() & 0o777;
    if let Some(known) = before.files.get(below).filter(|k| k.changed_at == changed_at && k.bytes == bytes) {
        return Ok(Some(Entry { mode, ..known.clone() }));
    }
    let content = match fs::read(path) {
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        content => content.with_context(|| path.display().to_string())?,
    };
    let entry = Entry { sha256: sha256(&content), bytes: content.len() as u64, mode, changed_at };
    let object = object(to, &entry.sha256);
    if !object.exists() {
        fs::create_dir_all(object.parent().unwrap_or(to))?;
        write_whole(&object, &content)?;
        copied.new_files += 1;
        copied.new_bytes += entry.bytes;
    }
    Ok(Some(entry))
}

fn object(backup: &Path, sha256: &str) -> PathBuf {
    backup.join("objects").join(sha256.get(..2).unwrap_or("xx")).join(sha256)
}

/// The newest listing of a backup, or the newest one that is not later than an instant.
///
/// # Errors
/// A listing cannot be read.
pub fn newest(backup: &Path, until: Option<DateTime<Utc>>) -> anyhow::Result<Option<Listing>> {
    let mut names = listings(backup);
    let limit = until.map(|until| format!("{}.json", stamp(until)));
    names.retain(|name| limit.as_ref().is_none_or(|limit| name <= limit));
    let Some(name) = names.last() else { return Ok(None) };
    let path = backup.join("listings").join(name);
    let bytes = fs::read(&path).with_context(|| path.display().to_string())?;
    Ok(Some(serde_json::from_slice(&bytes).with_context(|| path.display().to_string())?))
}

fn listings(backup: &Path) -> Vec<String> {
    let entries = fs::read_dir(backup.join("listings")).into_iter().flatten().flatten();
    let mut names: Vec<String> =
        entries.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
    names.retain(|name| name.ends_with(".json"));
    names.sort();
    names
}

/// Puts the files of a listing into an empty home folder, each verified.
///
/// # Errors
/// A content is missing or damaged; it is named.
pub fn put_back(backup: &Path, listing: &Listing, home: &Home) -> anyhow::Result<u64> {
    let mut bytes = 0;
    for (below, entry) in &listing.files {
        let content = fs::read(object(backup, &entry.sha256))
            .with_context(|| format!("{below}: its content {} is not in the backup", entry.sha256))?;
        ensure!(sha256(&content) == entry.sha256, "{below}: its content in the backup is damaged");
        let path = home.join(below);
        fs::create_dir_all(path.parent().unwrap_or(home.root()))?;
        let mut options = fs::OpenOptions::new();
        let file = options.write(true).create(true).truncate(true).mode(entry.mode).open(&path);
        std::io::Write::write_all(&mut file.with_context(|| path.display().to_string())?, &content)
            .with_context(|| path.display().to_string())?;
        bytes += entry.bytes;
    }
    Ok(bytes)
}

/// Deletes what is not needed to go back to `since` or later: of older listings and copies of the database all but the
/// newest, and contents and log that nothing needs then.
///
/// # Errors
/// Something cannot be read or deleted.
pub fn forget(backup: &Path, since: DateTime<Utc>) -> anyhow::Result<()> {
    let limit = format!("{}.json", stamp(since));
    let names = listings(backup);
    let older = names.iter().filter(|name| **name < limit).count();
    for name in names.iter().take(older.saturating_sub(1)) {
        fs::remove_file(backup.join("listings").join(name))?;
    }
    let mut needed = BTreeSet::new();
    for name in listings(backup) {
        let listing: Listing = serde_json::from_slice(&fs::read(backup.join("listings").join(name))?)?;
        needed.extend(listing.files.into_values().map(|entry| entry.sha256));
    }
    walk(backup, &backup.join("objects"), &mut |path, _| {
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        if needed.contains(&name) { Ok(()) } else { Ok(fs::remove_file(path)?) }
    })?;
    let bases = base::all(backup)?;
    let older = bases.iter().filter(|(_, base)| base.at < since).count().saturating_sub(1);
    for (folder, _) in &bases[..older] {
        fs::remove_dir_all(folder)?;
    }
    forget_log(backup, &bases[older..])
}

fn forget_log(backup: &Path, kept: &[(PathBuf, base::Base)]) -> anyhow::Result<()> {
    for folder in fs::read_dir(backup.join("wal"))?.flatten().map(|entry| entry.path()) {
        let name =
            folder.file_name().map(|name| format!("wal/{}", name.to_string_lossy())).unwrap_or_default();
        let first =
            kept.iter().filter(|(_, base)| base.log == name).map(|(_, base)| &base.first_segment).min();
        for file in fs::read_dir(&folder)?.flatten() {
            // Without their timeline, which is the first eight digits; histories of timelines stay.
            let of = file.file_name().to_string_lossy().get(8..24).map(str::to_owned);
            let (Some(of), Some(first)) = (of, first.and_then(|first| first.get(8..24))) else { continue };
            if of.bytes().all(|b| b.is_ascii_hexdigit()) && of.as_str() < first {
                fs::remove_file(file.path())?;
            }
        }
    }
    Ok(())
}
