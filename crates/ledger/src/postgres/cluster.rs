//! A private cluster: made once, started as a child, ended with this process.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixStream;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use super::{PostgresError, archive, binaries, owner};

/// How long a start may take; after a crash Postgres replays its log first.
const START: Duration = Duration::from_secs(60);
const STOP: Duration = Duration::from_secs(15);

/// Runs its arguments as a child, and ends it by SIGINT (a fast shutdown) when standard input closes: then whoever started
/// us has gone, in whatever way. A child that was killed, or shut down by somebody else, is started again; what it leaves
/// behind may refuse the first tries. One that has served (`ready` beside its sockets says so) is started again for as long
/// as it takes: a full disk may be freed hours later. The signal is sent until we have ended, for some seconds: it may meet
/// one that has just died, or one that was started that very moment and does not listen yet.
/// `$1` is the folder of its sockets, removed at the end; `$2` is removed too, unless it is empty.
const UNTIL_PARENT_ENDS: &str = r#"
sockets=$1 home=$2; shift 2
exec 3<&0
(
    cat <&3 >/dev/null
    touch "$sockets/stop"
    left=60
    while [ -e "$sockets/stop" ] && [ $left -gt 0 ]; do
        pid=$(cat "$sockets/pid" 2>/dev/null) && kill -INT "$pid" 2>/dev/null
        left=$((left - 1))
        sleep 0.25
    done
) &
exec 3<&-
tries=0 code=0
while [ ! -e "$sockets/stop" ]; do
    "$@" </dev/null & child=$!
    echo $child >"$sockets/pid"
    wait $child; code=$?
    [ -e "$sockets/stop" ] && break
    if [ $code -ge 128 ] || [ $code -eq 0 ]; then tries=40; sleep 0.1
    elif [ -e "$sockets/ready" ]; then sleep 0.5
    elif [ $tries -gt 0 ]; then tries=$((tries - 1)); sleep 0.25
    else break; fi
done
rm -rf "$sockets" ${home:+"$home"}
exit $code
"#;

/// A running cluster that only this machine's sockets reach.
#[derive(Debug)]
pub struct Cluster {
    url: String,
    child: Child,
    log: PathBuf,
    sockets: PathBuf,
}

impl Cluster {
    /// Starts the cluster of `home`, made at the first start. With `throw_away` it trades safety for speed and removes
    /// `home` when it ends.
    ///
    /// # Errors
    /// Postgres is not to be had or does not start; the message ends with Postgres's own last words.
    pub fn start(home: &Path, throw_away: bool) -> Result<Self, PostgresError> {
        let mut settings = Vec::new();
        if throw_away {
            settings
                .extend(["fsync=off", "synchronous_commit=off", "full_page_writes=off"].map(str::to_owned));
        } else {
            settings.extend(archive::settings(home)?);
        }
        Self::start_with(home, throw_away, &settings)
    }

    /// The same with further settings, each `name=value`.
    pub(super) fn start_with(
        home: &Path,
        throw_away: bool,
        settings: &[String],
    ) -> Result<Self, PostgresError> {
        fs::create_dir_all(home).map_err(|source| PostgresError::Io { path: home.to_owned(), source })?;
        let bin = binaries::find(home)?;
        let ids = owner::ids();
        let clusters = owner::cluster_home(home)?;
        // Another major version cannot open these files.
        let data = clusters.join(binaries::version(&bin)?);
        // Owned by its user, so that a throw-away cluster can remove itself.
        owner::make_private(&clusters, ids)?;
        if !data.join("PG_VERSION").is_file() {
            make(&bin, &data, ids)?;
        }
        let log = clusters.join("postgres.log");
        let remove = if throw_away { home.display().to_string() } else { String::new() };
        let deadline = Instant::now() + START;
        if throw_away {
            owner::make_private(home, ids)?;
        }
        loop {
            // New at every try: what looks after the last one may still take its folder away.
            let sockets = socket_folder();
            owner::make_private(&sockets, ids)?;
            let child = spawn(&bin, &data, &sockets, &log, &remove, settings, ids)?;
            let url = format!("postgres://postgres@localhost/postgres?host={}", sockets.display());
            let mut cluster = Self { url, child, log: log.clone(), sockets };
            match cluster.wait_until_ready(deadline) {
                Ok(()) => {
                    let ready = cluster.sockets.join("ready");
                    fs::write(&ready, "").map_err(|source| PostgresError::Io { path: ready, source })?;
                    return Ok(cluster);
                }
                // The cluster of a process that has just died may still be shutting down.
                Err(_) if Instant::now() + Duration::from_secs(1) < deadline && held_by_another(&log) => {
                    std::thread::sleep(Duration::from_millis(300));
                }
                Err(reason) => {
                    let words = last_lines(&log);
                    return Err(PostgresError::Program {
                        program: "postgres".into(),
                        reason: format!("{reason}: {words}"),
                    });
                }
            }
        }
    }

    /// What to connect to.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The end of its log, for an error message.
    pub fn last_words(&self) -> String {
        last_lines(&self.log)
    }

    /// Whether it has not ended by itself.
    pub(super) fn is_alive(&mut self) -> bool {
        matches!(self.child.try_wait(), Ok(None))
    }

    fn wait_until_ready(&mut self, deadline: Instant) -> Result<(), String> {
        let socket = self.sockets.join(".s.PGSQL.5432");
        loop {
            if let Ok(Some(status)) = self.child.try_wait() {
                return Err(format!("ended with {status}"));
            }
            // A postmaster that is still recovering takes connections only to refuse them; `connect` retries that.
            if UnixStream::connect(&socket).is_ok() {
                return Ok(());
            }
            if Instant::now() > deadline {
                return Err(format!("did not answer within {} s", START.as_secs()));
            }
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    fn stop(&mut self) {
        drop(self.child.stdin.take());
        let deadline = Instant::now() + STOP;
        while matches!(self.child.try_wait(), Ok(None)) {
            if Instant::now() > deadline {
                tracing::error!("Postgres does not end; it is left to end by itself");
                return;
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        // Where the temporary folder is closed to the cluster's user, the empty folder was left to us.
        let _ = fs::remove_dir_all(&self.sockets);
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        self.stop();
    }
}

/// A socket's path may be no longer than 107 bytes, so it lies in the temporary folder under a short name. The name is new
/// at every start: a cluster that is still shutting down takes its own sockets away, not ours.
fn socket_folder() -> PathBuf {
    let name = uuid::Uuid::new_v4().simple().to_string();
    Path::new("/tmp").join(format!("quarterday-{}", &name[..12]))
}

fn as_user(command: &mut Command, ids: Option<(u32, u32)>) -> &mut Command {
    if let Some((user, group)) = ids {
        command.uid(user).gid(group);
    }
    // The folder we are in may be closed to that user.
    command.current_dir("/")
}

fn make(bin: &Path, data: &Path, ids: Option<(u32, u32)>) -> Result<(), PostgresError> {
    // Made aside and renamed, so that an interrupted first start leaves nothing half-made.
    let aside = data.with_extension("new");
    let _ = fs::remove_dir_all(&aside);
    owner::make_private(&aside, ids)?;
    let mut command = Command::new(bin.join("initdb"));
    command.arg("-D").arg(&aside).args([
        "-U",
        "postgres",
        "-A",
        "trust",
        "-E",
        "UTF8",
        "--no-locale",
        "--no-sync",
    ]);
    let error = |reason: String| PostgresError::Program { program: "initdb".into(), reason };
    let output = as_user(&mut command, ids).output().map_err(|e| error(e.to_string()))?;
    if !output.status.success() {
        return Err(error(String::from_utf8_lossy(&output.stderr).trim().to_owned()));
    }
    fs::rename(&aside, data).map_err(|source| PostgresError::Io { path: data.to_owned(), source })
}

fn spawn(
    bin: &Path,
    data: &Path,
    sockets: &Path,
    log: &Path,
    remove: &str,
    settings: &[String],
    ids: Option<(u32, u32)>,
) -> Result<Child, PostgresError> {
    let io = |source| PostgresError::Io { path: log.to_owned(), source };
    let log_file = fs::File::create(log).map_err(io)?;
    fs::set_permissions(log, fs::Permissions::from_mode(0o600)).map_err(io)?;
    let mut command = Command::new("/bin/sh");
    command
        .args(["-c", UNTIL_PARENT_ENDS, "quarterday-postgres"])
        .arg(sockets)
        .arg(remove)
        .arg(bin.join("postgres"));
    command
        .arg("-D")
        .arg(data)
        .args(["-c", "listen_addresses=", "-c", "max_connections=200", "-k"])
        .arg(sockets);
    for setting in settings {
        command.args(["-c", setting]);
    }
    command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(log_file).process_group(0);
    let child = as_user(&mut command, ids).spawn();
    child.map_err(|e| PostgresError::Program { program: "postgres".into(), reason: e.to_string() })
}

fn held_by_another(log: &Path) -> bool {
    fs::read_to_string(log)
        .is_ok_and(|text| text.contains("lock file") || text.contains("shared memory block"))
}

/// What Postgres said last: its reasons where it gave any, and what to do about a full disk.
fn last_lines(log: &Path) -> String {
    let text = fs::read_to_string(log).unwrap_or_default();
    let all: Vec<&str> = text.lines().collect();
    let grave: Vec<&str> =
        all.iter().copied().filter(|l| l.contains("FATAL") || l.contains("PANIC")).collect();
    let lines = if grave.is_empty() { all } else { grave };
    let advice = if text.contains("No space left") {
        " (free space on the disk, then repeat the command)"
    } else {
        ""
    };
    format!("{}{advice}", lines[lines.len().saturating_sub(3)..].join(" / "))
}
