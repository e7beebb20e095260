//! Copying a running cluster's files so that, with its log, they make a cluster again (Postgres's low-level interface, since
//! `pg_basebackup` is not everywhere).

use std::time::Duration;

use sqlx::postgres::PgPoolOptions;
use sqlx::{Connection as _, PgConnection};

use crate::LedgerError;

/// How long a server may take to start: after a crash it reads its log first.
const PATIENCE: Duration = Duration::from_secs(60);

/// A copy under way. The connection must stay: without it Postgres takes the copy for given up.
pub struct Copying(PgConnection);

/// A copy that is whole once the log from `first_segment` to `last_segment` is beside it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Copied {
    /// What belongs into the copy as `backup_label`.
    pub label: String,
    /// The first segment of the log that the copy needs.
    pub first_segment: String,
    /// The last one.
    pub last_segment: String,
}

/// Begins a copy: from now until [`Copying::finish`] the files may be copied as they lie there.
///
/// # Errors
/// Postgres does not answer or is older than version 15.
pub async fn begin(url: &str) -> Result<Copying, LedgerError> {
    // A pool, since that waits for a server that is still starting.
    let pool = PgPoolOptions::new().max_connections(1).acquire_timeout(PATIENCE).connect(url).await?;
    let mut connection = pool.acquire().await?.detach();
    let start = "select pg_backup_start('quarterday', fast => true)::text";
    sqlx::query(start).execute(&mut connection).await?;
    Ok(Copying(connection))
}

impl Copying {
    /// Ends the copy, and the segment of the log that it needs last.
    ///
    /// # Errors
    /// Postgres fails; the copy is worth nothing then.
    pub async fn finish(mut self) -> Result<Copied, LedgerError> {
        let stop = "select labelfile, pg_walfile_name(lsn) from pg_backup_stop(wait_for_archive => false)";
        let (label, last_segment): (String, String) = sqlx::query_as(stop).fetch_one(&mut self.0).await?;
        sqlx::query("select pg_switch_wal()").execute(&mut self.0).await?;
        self.0.close().await?;
        let first =
            first_segment(&label).ok_or_else(|| LedgerError::Unknown(format!("the label {label:?}")))?;
        Ok(Copied { first_segment: first.to_owned(), label, last_segment })
    }
}

/// `START WAL LOCATION: 0/2000028 (file 000000010000000000000002)`.
fn first_segment(label: &str) -> Option<&str> {
    let line = label.lines().find(|line| line.starts_with("START WAL LOCATION"))?;
    Some(line.split_once("(file ")?.1.split_once(')')?.0)
}
