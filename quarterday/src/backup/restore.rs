//! An installation from its backup.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Instant;

use anyhow::{Context as _, bail, ensure};
use chrono::{DateTime, Utc};
use clap::Args;
use domain::lake::sha256;
use ledger::postgres::archive;

use super::{base, files, refuse_foreign};
use crate::command::HomeArgs;
use crate::home::Home;

/// What `restore` takes.
#[derive(Debug, Clone, Args)]
pub struct RestoreArgs {
    /// The folder of the backup.
    #[arg(long)]
    from: PathBuf,
    /// As of this instant (RFC 3339); default: the newest that the backup has.
    #[arg(long)]
    until: Option<DateTime<Utc>>,
    #[command(flatten)]
    home: HomeArgs,
}

/// `quarterday restore`: into a home folder that holds no installation.
///
/// # Errors
/// The home folder is not empty, or the backup is missing something or damaged; what is named.
pub async fn restore(args: RestoreArgs) -> anyhow::Result<ExitCode> {
    let begun_at = Instant::now();
    refuse_foreign()?;
    let home = Home::open(&args.home.home)?;
    let _lock = home.lock()?;
    let (from, until) = (args.from, args.until);
    let done = tokio::task::spawn_blocking(move || put_back(&home, &from, until).map(|said| (home, said)));
    let (home, (database, listing)) = done.await.context("restoring")??;
    println!(
        "restored to {}: database copied {} and read on from its log, files as of {}, in {:.1} s",
        home.root().display(),
        database.at.format("%Y-%m-%d %H:%M:%S UTC"),
        listing.at.format("%Y-%m-%d %H:%M:%S UTC"),
        begun_at.elapsed().as_secs_f64()
    );
    println!("`quarterday up` goes on from here; slots that are missing are run then.");
    Ok(ExitCode::SUCCESS)
}

fn put_back(
    home: &Home,
    from: &Path,
    until: Option<DateTime<Utc>>,
) -> anyhow::Result<(base::Base, files::Listing)> {
    let data = archive::data_folder(home.root())?;
    if data.exists() || home.lake().exists() {
        bail!("{} holds an installation: name an empty --home, or move that one away", home.root().display());
    }
    let mut bases = base::all(from)?;
    bases.retain(|(_, base)| until.is_none_or(|until| base.at <= until));
    let (folder, base) = bases
        .pop()
        .with_context(|| format!("{} has no copy of the database to begin with", from.display()))?;
    let version = data.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    ensure!(
        version == base.version,
        "the copy is of Postgres {}, installed is {version}: install that one",
        base.version
    );
    let listing = files::newest(from, until)?.context("the backup has no listing of files")?;
    files::put_back(from, &listing, home)?;
    let log = from.join(&base.log);
    // Not further than the files: the database must not speak of objects that are not there.
    let instant = until.or_else(|| goes_on(&log, &base.last_segment).then_some(listing.at));
    copy_data(&folder.join("data"), &data, &base)?;
    let recovered = recover(home, &log, instant);
    match recovered {
        // The log ends before that instant: then nothing in it is too new.
        Err(error) if until.is_none() && instant.is_some() => {
            tracing::info!(error = format!("{error:#}"), "the log is read to its end instead");
            fs::remove_dir_all(&data)?;
            copy_data(&folder.join("data"), &data, &base)?;
            recover(home, &log, None)?;
        }
        recovered => recovered?,
    }
    Ok((base, listing))
}

fn recover(home: &Home, log: &Path, until: Option<DateTime<Utc>>) -> anyhow::Result<()> {
    let instant = until.map(|until| until.format("%Y-%m-%d %H:%M:%S%.6f+00").to_string());
    archive::recover(home.root(), log, instant.as_deref()).context("bringing the database up to date")
}

/// Whether the archive has more of the log than the copy itself needs.
fn goes_on(log: &Path, last_segment: &str) -> bool {
    let files = fs::read_dir(log).into_iter().flatten().flatten();
    let mut names = files.map(|file| file.file_name().to_string_lossy().into_owned());
    names.any(|name| name.len() == 27 && name.as_str() > format!("{last_segment}.gz").as_str())
}

/// Copies the database's files, each verified; aside, so that what is interrupted leaves no half of a database.
fn copy_data(from: &Path, to: &Path, base: &base::Base) -> anyhow::Result<()> {
    let aside = to.with_extension("new");
    if aside.exists() {
        fs::remove_dir_all(&aside)?;
    }
    make_folders(from, &aside)?;
    for (below, digest) in &base.files {
        let content =
            fs::read(from.join(below)).with_context(|| format!("{below} is missing in the backup"))?;
        ensure!(sha256(&content) == *digest, "{below} is damaged in the backup");
        fs::write(aside.join(below), content).with_context(|| aside.join(below).display().to_string())?;
    }
    Ok(fs::rename(aside, to)?)
}

/// Postgres insists on folders that it has left empty, and that nobody else enters them.
fn make_folders(from: &Path, to: &Path) -> anyhow::Result<()> {
    use std::os::unix::fs::DirBuilderExt as _;
    fs::DirBuilder::new().recursive(true).mode(0o700).create(to).with_context(|| to.display().to_string())?;
    for entry in fs::read_dir(from).with_context(|| from.display().to_string())? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            make_folders(&entry.path(), &to.join(entry.file_name()))?;
        }
    }
    Ok(())
}
