//! `quarterday backup` and `restore`, and what `up --backup-to` does all the time.
//!
//! A backup folder holds:
//!
//! | what | is |
//! | --- | --- |
//! | `base/<instant>/` | a copy of the database's files ([`base`]), with the log that it needs |
//! | `wal/<cluster>/` | the database's log since, a file each minute while `up --backup-to` runs |
//! | `objects/`, `listings/<instant>.json` | the lake and the installation's other files: contents by digest, and which belonged together ([`files`]) |
//!
//! [`restore`] makes an installation of it again. docs/backup.md has the figures and the steps.

pub mod base;
pub mod files;
pub mod restore;

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail};
use chrono::{DateTime, SecondsFormat, Utc};
use clap::Args;
use ledger::postgres::{Database, archive};

use crate::command::HomeArgs;
use crate::home::Home;

/// How often the lake and the other files are looked at while `up --backup-to` runs.
const LOOK: Duration = Duration::from_secs(60);
/// How often the database's files are copied anew then.
const ANEW: Duration = Duration::from_secs(24 * 3600);

/// What `backup` takes.
#[derive(Debug, Clone, Args)]
pub struct BackupArgs {
    /// The folder of the backup; made when missing. What lies there of earlier backups stays and is used.
    #[arg(long)]
    to: PathBuf,
    /// Afterwards, keep what is needed to go back so many days, and delete what is older.
    #[arg(long)]
    keep_days: Option<u32>,
    #[command(flatten)]
    home: HomeArgs,
}

/// A name that sorts by time.
pub(crate) fn stamp(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Millis, true).replace(':', "")
}

/// `quarterday backup`: a whole backup, while the installation runs or not.
///
/// # Errors
/// The database is not a private one, or something cannot be read or written; what the backup held before stays good.
pub async fn backup(args: BackupArgs) -> anyhow::Result<ExitCode> {
    let begun_at = Instant::now();
    let home = Home::open(&args.home.home)?;
    refuse_foreign()?;
    // Held to the end, so that nothing else starts the cluster meanwhile; not where a running command has it.
    let lock = if home.is_in_use() { None } else { Some(home.lock()?) };
    let database = home.database_to_look_at_with(lock.as_ref())?;
    files::make_folder(&args.to)?;
    let based = base::copy(&home, &args.to, database.url(), Utc::now()).await?;
    let listed = files::copy(&home, &args.to, Utc::now())?;
    drop(database);
    if let Some(days) = args.keep_days {
        files::forget(&args.to, Utc::now() - chrono::Duration::days(days.into()))?;
    }
    println!(
        "backed up to {}: database {} MB, {} files of which {} are new ({} MB), in {:.1} s",
        args.to.display(),
        based.bytes / 1_000_000,
        listed.files,
        listed.new_files,
        listed.new_bytes / 1_000_000,
        begun_at.elapsed().as_secs_f64()
    );
    Ok(ExitCode::SUCCESS)
}

fn refuse_foreign() -> anyhow::Result<()> {
    if std::env::var("DATABASE_URL").is_ok_and(|url| !url.is_empty()) {
        bail!(
            "DATABASE_URL names a database that is not this installation's own: use its own backups (docs/backup.md)"
        );
    }
    Ok(())
}

/// Says, before the database starts, where its log is kept from now on; `None`: nowhere.
///
/// # Errors
/// The folder cannot be used.
pub fn keep_log(home: &Home, to: Option<&Path>) -> anyhow::Result<()> {
    let Some(to) = to else { return Ok(archive::keep_in(home.root(), None)?) };
    refuse_foreign()?;
    files::make_folder(to)?;
    let folder = archive::folder_of(home.root(), &to.join("wal"))?;
    Ok(archive::keep_in(home.root(), Some(&folder))?)
}

/// Backs up for as long as it is let: the database's files now and every day, the other files every minute. What fails is
/// logged and tried again.
pub async fn keep_on(home: Home, to: PathBuf, database_url: String) {
    let mut based_at: Option<Instant> = None;
    loop {
        if based_at.is_none_or(|at| at.elapsed() > ANEW) {
            match base::copy(&home, &to, &database_url, Utc::now()).await {
                Ok(_) => based_at = Some(Instant::now()),
                Err(error) => tracing::error!(error = format!("{error:#}"), "the database is not backed up"),
            }
        }
        let (home, to) = (home.clone(), to.clone());
        let copied = tokio::task::spawn_blocking(move || files::copy(&home, &to, Utc::now())).await;
        match copied.context("copying").flatten() {
            Ok(listed) => tracing::debug!(files = listed.files, new = listed.new_files, "backed up"),
            Err(error) => tracing::error!(error = format!("{error:#}"), "the files are not backed up"),
        }
        tokio::time::sleep(LOOK).await;
    }
}

impl Home {
    /// As [`Home::database_to_look_at`], for a command that has the folder itself.
    fn database_to_look_at_with(&self, lock: Option<&crate::home::Lock>) -> anyhow::Result<Database> {
        match lock {
            Some(_) => Ok(Database::open(self.root())?),
            None => self.database_to_look_at(),
        }
    }
}
