//! A copy of the database's files, and of the log that makes it whole.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context as _, bail, ensure};
use chrono::{DateTime, Utc};
use domain::lake::sha256;
use ledger::postgres::archive;
use ledger::store::backups;
use serde::{Deserialize, Serialize};

use super::stamp;
use crate::home::Home;

/// Written last: a copy without it is none.
pub const DESCRIPTION: &str = "base.json";
/// Folders of which Postgres makes the content itself.
const EMPTY: [&str; 7] =
    ["pg_wal", "pg_replslot", "pg_dynshmem", "pg_notify", "pg_serial", "pg_snapshots", "pg_subtrans"];
/// Files that belong to the running server.
const LEFT_OUT: [&str; 3] = ["postmaster.pid", "postmaster.opts", "pg_internal.init"];

/// What a copy is.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Base {
    /// When it was begun.
    pub at: DateTime<Utc>,
    /// The major version of Postgres.
    pub version: String,
    /// The folder of the log below the backup, `wal/<cluster>`.
    pub log: String,
    /// The first segment of the log that it needs.
    pub first_segment: String,
    /// The last one without which it is nothing.
    pub last_segment: String,
    /// Bytes of its files.
    pub bytes: u64,
    /// Path below `data` and sha256 of each file.
    pub files: Vec<(String, String)>,
}

/// Copies the files of the database at `url`, which is that of `home` and goes on meanwhile.
///
/// # Errors
/// Something cannot be read or written, or the log that the copy needs is gone already; repeat it then.
pub async fn copy(home: &Home, to: &Path, url: &str, now: DateTime<Utc>) -> anyhow::Result<Base> {
    let data = archive::data_folder(home.root())?;
    let log = archive::folder_of(home.root(), &to.join("wal"))?;
    let folder = to.join("base").join(stamp(now));
    let copying = backups::begin(url).await.context("beginning to copy the database")?;
    let (from, into) = (data.clone(), folder.join("data"));
    let copied = tokio::task::spawn_blocking(move || {
        let mut files = Vec::new();
        copy_folder(&from, &from, &into, &mut files).map(|bytes| (files, bytes))
    });
    let (mut files, bytes) = copied.await.context("copying")??;
    let copied = copying.finish().await.context("ending the copy of the database")?;
    fs::write(folder.join("data/backup_label"), &copied.label)?;
    files.push(("backup_label".to_owned(), sha256(copied.label.as_bytes())));
    files.sort();
    copy_log(&data.join("pg_wal"), &log, &copied)?;
    let name = log.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let version = data.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let base = Base {
        at: now,
        version,
        log: format!("wal/{name}"),
        first_segment: copied.first_segment,
        last_segment: copied.last_segment,
        bytes,
        files,
    };
    write_whole(&folder.join(DESCRIPTION), &serde_json::to_vec_pretty(&base)?)?;
    Ok(base)
}

fn copy_folder(
    root: &Path,
    from: &Path,
    into: &Path,
    files: &mut Vec<(String, String)>,
) -> anyhow::Result<u64> {
    fs::create_dir_all(into).with_context(|| into.display().to_string())?;
    let mut bytes = 0;
    for entry in fs::read_dir(from).with_context(|| from.display().to_string())? {
        let entry = entry?;
        let (path, name) = (entry.path(), entry.file_name().to_string_lossy().into_owned());
        if LEFT_OUT.contains(&name.as_str()) || name.starts_with("pgsql_tmp") {
            continue;
        }
        if entry.file_type()?.is_dir() {
            if from == root && EMPTY.contains(&name.as_str()) {
                fs::create_dir_all(into.join(&name))?;
            } else {
                bytes += copy_folder(root, &path, &into.join(&name), files)?;
            }
            continue;
        }
        let content = match fs::read(&path) {
            Ok(content) => content,
            // A table that has been dropped meanwhile; the log knows.
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => continue,
            Err(e) => return Err(e).with_context(|| path.display().to_string()),
        };
        let target = into.join(&name);
        fs::write(&target, &content).with_context(|| target.display().to_string())?;
        bytes += content.len() as u64;
        let below = path.strip_prefix(root).context("a path below the data")?;
        files.push((below.to_string_lossy().into_owned(), sha256(&content)));
    }
    Ok(bytes)
}

/// The log from the first segment to the last one that the copy needs, in the form in which the archive keeps it.
fn copy_log(from: &Path, log: &Path, copied: &backups::Copied) -> anyhow::Result<()> {
    let (first, last) = (copied.first_segment.as_str(), copied.last_segment.as_str());
    let is_segment = |name: &str| name.len() == 24 && name.bytes().all(|b| b.is_ascii_hexdigit());
    let mut names: Vec<String> = fs::read_dir(from)?
        .flatten()
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .filter(|name| is_segment(name) && name.as_str() >= first && name.as_str() <= last)
        .collect();
    names.sort();
    let has = |name: &str| names.iter().any(|known| known == name) || log.join(format!("{name}.gz")).exists();
    ensure!(has(first) && has(last), "the log of the copy is gone already: repeat the backup");
    for name in names {
        let target = log.join(format!("{name}.gz"));
        if !target.exists() {
            compress(&from.join(&name), &target)?;
        }
    }
    Ok(())
}

/// With the program that the archive uses, too.
fn compress(from: &Path, to: &Path) -> anyhow::Result<()> {
    let aside = PathBuf::from(format!("{}.copy", to.display()));
    let file = fs::File::create(&aside).with_context(|| aside.display().to_string())?;
    let status = Command::new("gzip").args(["-1", "-c"]).arg(from).stdout(Stdio::from(file)).status();
    if !status.context("starting gzip: is it installed?")?.success() {
        bail!("gzip could not copy {}", from.display());
    }
    fs::File::open(&aside)?.sync_all()?;
    Ok(fs::rename(aside, to)?)
}

/// The copies in a backup, oldest first.
///
/// # Errors
/// The folder cannot be read.
pub fn all(from: &Path) -> anyhow::Result<Vec<(PathBuf, Base)>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(from.join("base")).into_iter().flatten() {
        let folder = entry?.path();
        // One without a description was interrupted.
        let Ok(bytes) = fs::read(folder.join(DESCRIPTION)) else { continue };
        let base =
            serde_json::from_slice(&bytes).with_context(|| folder.join(DESCRIPTION).display().to_string());
        found.push((folder, base?));
    }
    found.sort_by_key(|(_, base): &(PathBuf, Base)| base.at);
    Ok(found)
}

/// Writes a file so that it is there whole or not at all.
pub(super) fn write_whole(path: &Path, bytes: &[u8]) -> anyhow::Result<()> {
    let aside = path.with_extension("new");
    let mut file = fs::File::create(&aside).with_context(|| aside.display().to_string())?;
    file.write_all(bytes).with_context(|| aside.display().to_string())?;
    file.sync_all()?;
    Ok(fs::rename(aside, path)?)
}
