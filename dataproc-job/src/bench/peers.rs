//! The same work by pandas, polars and DuckDB, as people would write it: the scripts of `bench/split`.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, ensure};
use serde::Deserialize;

use super::Line;
use super::measure::{Cost, measure};

/// A library.
#[derive(Debug, Clone, Copy)]
pub(super) enum Peer {
    Pandas,
    Polars,
    DuckDb,
}

/// What a script says at its end.
#[derive(Deserialize)]
struct Said {
    posts: u64,
    rows: u64,
}

/// The Python with the libraries, which `environment` installs where they are not there yet. Where they cannot be had,
/// standard error says so and the path is empty: the split is measured all the same.
///
/// # Errors
/// `scripts` is not the folder of the scripts.
pub(super) fn python(scripts: &Path) -> anyhow::Result<PathBuf> {
    let environment = scripts.join("environment");
    let made = Command::new(&environment).output();
    let made = made.with_context(|| {
        format!(
            "{} cannot be started: run this in the project's folder, or say --scripts",
            environment.display()
        )
    })?;
    let said = String::from_utf8_lossy(&made.stderr);
    if !made.status.success() {
        eprintln!("bench: NO PEERS ARE MEASURED, their libraries are not there: {}", said.trim());
        return Ok(PathBuf::new());
    }
    Ok(PathBuf::from(String::from_utf8_lossy(&made.stdout).trim()))
}

impl Peer {
    /// All of them.
    pub(super) const ALL: [Self; 3] = [Self::Pandas, Self::Polars, Self::DuckDb];

    /// Its name, and the first word of its script's.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Pandas => "pandas",
            Self::Polars => "polars",
            Self::DuckDb => "duckdb",
        }
    }

    /// Splits the records in `folder` below a folder of its own, which is deleted afterwards.
    ///
    /// # Errors
    /// There is no Python for it, or the script fails: often because memory gives out.
    pub(super) fn run(self, python: &Path, scripts: &Path, folder: &Path) -> anyhow::Result<Line> {
        ensure!(!python.as_os_str().is_empty(), "there is no Python with its library");
        let out = folder.join(format!("peer-{}", self.name()));
        clear(&out)?;
        let script = scripts.join(format!("{}_split.py", self.name()));
        let Cost { wall_s, cpu_s, peak_bytes, said, code } = measure(
            Command::new(python).env("PYTHONDONTWRITEBYTECODE", "1").arg(script).arg(folder).arg(&out),
        )?;
        let written_bytes = size(&out)?;
        clear(&out)?;
        ensure!(code == Some(0), "it ended with {code:?}");
        let said: Said = serde_json::from_str(said.trim()).context("what the script said")?;
        Ok(Line {
            name: self.name().to_owned(),
            posts: said.posts,
            rows: said.rows,
            cashtag_rows: said.rows,
            wall_s,
            cpu_s,
            peak_bytes,
            spilled_bytes: None,
            map_reduce_s: None,
            written_bytes,
        })
    }
}

fn clear(folder: &Path) -> anyhow::Result<()> {
    match std::fs::remove_dir_all(folder) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(error).with_context(|| format!("emptying {}", folder.display()))
        }
        _ => Ok(()),
    }
}

fn size(folder: &Path) -> anyhow::Result<u64> {
    let mut sum = 0;
    let Ok(entries) = std::fs::read_dir(folder) else { return Ok(0) };
    for entry in entries {
        let entry = entry?;
        let about = entry.metadata()?;
        sum += if about.is_dir() { size(&entry.path())? } else { about.len() };
    }
    Ok(sum)
}
