//! Who runs the cluster, and where it can lie so that this user reaches it. Postgres refuses to run as root.

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
use std::path::{Path, PathBuf};

use super::PostgresError;

/// The user and group to run Postgres as; `None`: as ourselves.
pub(super) fn ids() -> Option<(u32, u32)> {
    // Whoever owns our own process entry is who we are; there is no safe call for it in the standard library.
    let me = fs::metadata("/proc/self").map(|m| m.uid()).or_else(|_| probe_uid()).unwrap_or(1000);
    if me != 0 {
        return None;
    }
    let passwd = fs::read_to_string("/etc/passwd").unwrap_or_default();
    ["postgres", "nobody"].into_iter().find_map(|user| {
        let line = passwd.lines().find(|line| line.split(':').next() == Some(user))?;
        let mut fields = line.split(':').skip(2);
        Some((fields.next()?.parse().ok()?, fields.next()?.parse().ok()?))
    })
}

/// The owner of a file that we have just made, where there is no `/proc`.
fn probe_uid() -> std::io::Result<u32> {
    let path = std::env::temp_dir().join(format!("quarterday-owner-{}", std::process::id()));
    fs::write(&path, "")?;
    let uid = fs::metadata(&path)?.uid();
    fs::remove_file(&path)?;
    Ok(uid)
}

/// The folder for the clusters of `home`: inside it, or, where the other user cannot reach it, below `/var/lib`.
pub(super) fn cluster_home(home: &Path) -> Result<PathBuf, PostgresError> {
    let io = |source| PostgresError::Io { path: home.to_owned(), source };
    fs::create_dir_all(home).map_err(io)?;
    let home = home.canonicalize().map_err(io)?;
    let reachable = ids().is_none() || home.ancestors().all(others_may_enter);
    if reachable {
        return Ok(home.join("pg"));
    }
    let name = uuid::Uuid::new_v5(&uuid::Uuid::NAMESPACE_URL, home.to_string_lossy().as_bytes());
    Ok(Path::new("/var/lib/quarterday").join(name.simple().to_string()))
}

/// Whether the cluster's user reaches what lies in `folder`.
pub(super) fn may_enter(folder: &Path) -> bool {
    ids().is_none() || folder.ancestors().all(others_may_enter)
}

fn others_may_enter(folder: &Path) -> bool {
    fs::metadata(folder).is_ok_and(|m| m.permissions().mode() & 0o001 != 0)
}

/// Makes a folder that only the cluster's user may enter.
pub(super) fn make_private(folder: &Path, ids: Option<(u32, u32)>) -> Result<(), PostgresError> {
    let io = |source| PostgresError::Io { path: folder.to_owned(), source };
    fs::create_dir_all(folder).map_err(io)?;
    if let Some((user, group)) = ids {
        chown(folder, Some(user), Some(group)).map_err(io)?;
    }
    fs::set_permissions(folder, fs::Permissions::from_mode(0o700)).map_err(io)
}
