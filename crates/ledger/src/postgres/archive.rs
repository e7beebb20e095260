//! Keeping the private cluster's log elsewhere while it runs, and making a cluster from a copy of its files and that log.
//!
//! The archive is a folder of finished log segments, `<segment>.gz`. Each cluster has its own, named by an id that goes with
//! the cluster: two clusters name their segments alike.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use super::{Cluster, PostgresError, binaries, owner};

/// Where the name of the archive is kept, beside the cluster's data.
const ARCHIVE: &str = "archive-to";
const ID: &str = "archive-id";
/// A segment is finished after so many seconds, however little is in it: what can be lost.
pub const TIMEOUT_S: u32 = 60;
/// How long a cluster may take to read its log again.
const REPLAY: Duration = Duration::from_secs(3600);

fn io(path: &Path) -> impl Fn(std::io::Error) -> PostgresError {
    move |source| PostgresError::Io { path: path.to_owned(), source }
}

/// The data of the cluster of `home`, whether or not it runs or is there.
///
/// # Errors
/// Postgres is not to be had.
pub fn data_folder(home: &Path) -> Result<PathBuf, PostgresError> {
    let bin = binaries::find(home)?;
    Ok(owner::cluster_home(home)?.join(binaries::version(&bin)?))
}

/// The cluster's own folder below `folder`, made when missing, to keep its log in.
///
/// # Errors
/// It cannot be made, or the user that runs Postgres would not reach it.
pub fn folder_of(home: &Path, folder: &Path) -> Result<PathBuf, PostgresError> {
    let clusters = owner::cluster_home(home)?;
    owner::make_private(&clusters, owner::ids())?;
    let id = clusters.join(ID);
    let name = match fs::read_to_string(&id) {
        Ok(name) => name,
        Err(_) => {
            let name = uuid::Uuid::new_v4().simple().to_string();
            fs::write(&id, &name).map_err(io(&id))?;
            name
        }
    };
    fs::create_dir_all(folder).map_err(io(folder))?;
    let whole = folder.canonicalize().map_err(io(folder))?;
    if !owner::may_enter(&whole) {
        let reason = "the user that runs Postgres cannot enter it: choose a folder that others may enter";
        return Err(PostgresError::Io { path: whole, source: std::io::Error::other(reason) });
    }
    let archive = whole.join(name);
    owner::make_private(&archive, owner::ids())?;
    Ok(archive)
}

/// From its next start on the cluster of `home` keeps its log in this folder ([`folder_of`]); `None`: nowhere.
///
/// # Errors
/// That cannot be noted.
pub fn keep_in(home: &Path, archive: Option<&Path>) -> Result<(), PostgresError> {
    let note = owner::cluster_home(home)?.join(ARCHIVE);
    match archive {
        Some(archive) => fs::write(&note, archive.display().to_string()).map_err(io(&note)),
        None => match fs::remove_file(&note) {
            Err(e) if e.kind() != std::io::ErrorKind::NotFound => Err(io(&note)(e)),
            _ => Ok(()),
        },
    }
}

/// What a cluster is started with so that it keeps its log; nothing where it is not to.
pub(super) fn settings(home: &Path) -> Result<Vec<String>, PostgresError> {
    let note = owner::cluster_home(home)?.join(ARCHIVE);
    let Ok(archive) = fs::read_to_string(&note) else { return Ok(Vec::new()) };
    let file = format!("{}/%f.gz", quoted(&archive));
    // A segment that is there is the same one: an archiver that was interrupted offers it again.
    let command = format!("[ -e {file} ] || {{ gzip -1 -c %p >{file}.new && mv {file}.new {file}; }}");
    Ok(vec![
        "archive_mode=on".to_owned(),
        format!("archive_timeout={TIMEOUT_S}"),
        format!("archive_command={command}"),
    ])
}

/// A path for a shell, in a command in which Postgres replaces what follows a percent sign.
fn quoted(path: &str) -> String {
    format!("'{}'", path.replace('\'', r"'\''").replace('%', "%%"))
}

/// Makes the cluster of `home` ready to read from the archive what its files lack, up to the end or to an instant (as
/// Postgres writes it), and runs it until it has. Its files were put there by the caller; it stops afterwards.
///
/// # Errors
/// Postgres does not come up: the log does not fit the files, or does not reach the instant.
pub fn recover(home: &Path, archive: &Path, until: Option<&str>) -> Result<(), PostgresError> {
    let data = data_folder(home)?;
    let ids = owner::ids();
    give_to_owner(&data, ids)?;
    let signal = data.join("recovery.signal");
    fs::write(&signal, "").map_err(io(&signal))?;
    give_to_owner(&signal, ids)?;
    let whole = archive.canonicalize().map_err(io(archive))?;
    let mut settings =
        vec![format!("restore_command=gzip -dc {}/%f.gz >%p", quoted(&whole.display().to_string()))];
    if let Some(until) = until {
        settings.push(format!("recovery_target_time={until}"));
        settings.push("recovery_target_action=promote".to_owned());
    }
    let mut cluster = Cluster::start_with(home, false, &settings)?;
    let begun_at = Instant::now();
    // Postgres removes the signal once it has read everything and goes on by itself.
    while signal.exists() {
        if begun_at.elapsed() > REPLAY || !cluster.is_alive() {
            let reason = format!("it has not read its log again: {}", cluster.last_words());
            return Err(PostgresError::Program { program: "postgres".to_owned(), reason });
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    drop(cluster);
    Ok(())
}

/// Gives a file, or a folder with all that is in it, to the cluster's user.
fn give_to_owner(path: &Path, ids: Option<(u32, u32)>) -> Result<(), PostgresError> {
    let Some((user, group)) = ids else { return Ok(()) };
    std::os::unix::fs::chown(path, Some(user), Some(group)).map_err(io(path))?;
    if path.is_dir() {
        for entry in fs::read_dir(path).map_err(io(path))? {
            give_to_owner(&entry.map_err(io(path))?.path(), ids)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::quoted;

    #[test]
    fn a_path_is_safe_in_a_command() {
        assert_eq!(quoted("/a b/it's 5%"), r"'/a b/it'\''s 5%%'");
    }
}
