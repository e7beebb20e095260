//! Builds the site's scripts, styles and fonts with npm and esbuild into `OUT_DIR/web`, and embeds them by a table of files;
//! so are the templates and the texts.
//!
//! `SKIP_WEB=1` leaves them out (an empty manifest), so that the crate can be checked without Node.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

/// What a change of makes the bundles be built again.
const INPUTS: [&str; 5] = ["assets", "build.mjs", "package.json", "package-lock.json", ".npmrc"];

fn main() {
    println!("cargo::rerun-if-env-changed=SKIP_WEB");
    for input in INPUTS.into_iter().chain(["templates", "text"]) {
        println!("cargo::rerun-if-changed={input}");
    }
    if let Err(message) = build() {
        println!("cargo::error={message}");
        std::process::exit(1);
    }
}

fn build() -> Result<(), String> {
    let web = PathBuf::from(variable("CARGO_MANIFEST_DIR")?);
    let dist = PathBuf::from(variable("OUT_DIR")?).join("web");
    // An earlier build's bundles must not be embedded beside the new ones.
    let _ = fs::remove_dir_all(&dist);
    fs::create_dir_all(&dist).map_err(|e| format!("cannot create {}: {e}", dist.display()))?;
    if env::var("SKIP_WEB").is_ok_and(|v| v == "1") {
        fs::write(dist.join("manifest.json"), "{}\n")
            .map_err(|e| format!("cannot write the manifest: {e}"))?;
    } else {
        install(&web)?;
        run(Command::new("node").arg("build.mjs").arg(&dist).current_dir(&web))?;
    }
    embed(&dist)?;
    embed_templates(&web.join("templates"))?;
    embed_texts(&web.join("text"))
}

/// Writes `templates.rs`: name and content of every template; those in a folder are named `folder/file.html`.
fn embed_templates(folder: &Path) -> Result<(), String> {
    let mut rows = Vec::new();
    for path in listing(folder)? {
        let inside = if path.is_dir() { listing(&path)? } else { vec![path] };
        for path in inside.into_iter().filter(|path| path.extension().is_some_and(|e| e == "html")) {
            let name = path.strip_prefix(folder).map_err(|e| e.to_string())?.to_string_lossy().into_owned();
            rows.push(format!("({name:?}, include_str!({path:?}))"));
        }
    }
    write_table("templates.rs", "TEMPLATES", "(&str, &str)", &rows)
}

/// Writes `texts.rs`: language, name and content of every file of texts.
fn embed_texts(folder: &Path) -> Result<(), String> {
    let mut rows = Vec::new();
    for language in listing(folder)?.into_iter().filter(|path| path.is_dir()) {
        let code = language.file_name().unwrap_or_default().to_owned();
        for path in listing(&language)? {
            let name = path.file_stem().unwrap_or_default();
            rows.push(format!("({code:?}, {name:?}, include_str!({path:?}))"));
        }
    }
    write_table("texts.rs", "TEXTS", "(&str, &str, &str)", &rows)
}

/// What is in a folder, sorted.
fn listing(folder: &Path) -> Result<Vec<PathBuf>, String> {
    let listed = fs::read_dir(folder).map_err(|e| format!("cannot list {}: {e}", folder.display()))?;
    let mut paths: Vec<PathBuf> = listed.flatten().map(|entry| entry.path()).collect();
    paths.sort();
    Ok(paths)
}

/// Writes a file that defines one table.
fn write_table(file: &str, name: &str, row: &str, rows: &[String]) -> Result<(), String> {
    let target = PathBuf::from(variable("OUT_DIR")?).join(file);
    let table = format!("static {name}: [{row}; {}] = [\n    {},\n];\n", rows.len(), rows.join(",\n    "));
    fs::write(&target, table).map_err(|e| format!("cannot write {}: {e}", target.display()))
}

/// Writes `files.rs`: a table of all files with their content, sorted by name.
fn embed(dist: &Path) -> Result<(), String> {
    let files = listing(dist)?.into_iter().filter(|path| path.is_file());
    let rows: Vec<String> = files
        .map(|path| format!("({:?}, include_bytes!({path:?}))", path.file_name().unwrap_or_default()))
        .collect();
    write_table("files.rs", "FILES", "(&str, &[u8])", &rows)
}

/// Installs what the lock file names, unless that has been done.
fn install(web: &Path) -> Result<(), String> {
    let lock = fs::read(web.join("package-lock.json"))
        .map_err(|e| format!("cannot read web/package-lock.json: {e}"))?;
    let stamp = web.join("node_modules/.stamp");
    if fs::read(&stamp).is_ok_and(|installed| installed == lock) {
        return Ok(());
    }
    run(Command::new("npm").args(["ci", "--ignore-scripts", "--no-audit", "--no-fund"]).current_dir(web))?;
    fs::write(&stamp, lock).map_err(|e| format!("cannot write {}: {e}", stamp.display()))
}

fn run(command: &mut Command) -> Result<(), String> {
    let name = format!("{command:?}");
    let output = command.output().map_err(|e| {
        format!("cannot start {name}: {e}. Install Node 20 or newer with npm, or set SKIP_WEB=1 to leave scripts and styles out")
    })?;
    if output.status.success() {
        return Ok(());
    }
    let stderr = String::from_utf8_lossy(&output.stderr);
    // Cargo shows an error of one line only.
    Err(format!("{name} failed with {}: {}", output.status, stderr.trim().replace('\n', " | ")))
}

fn variable(name: &str) -> Result<String, String> {
    env::var(name).map_err(|e| format!("{name}: {e}"))
}
