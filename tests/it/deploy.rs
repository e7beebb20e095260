//! What `deploy/` says and what the programs are: the same names on both sides, and files that their own tools accept.
//! Nothing here speaks to Google.

mod names;
mod observability;
mod startup;
mod tools;

use std::path::{Path, PathBuf};

/// The workspace's folder.
fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

/// A file's text, by its path below the workspace.
fn read(path: &str) -> String {
    std::fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// All files below a folder, sorted; links are not followed, so that nothing is seen twice.
fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap().flatten() {
        let (path, kind) = (entry.path(), entry.file_type().unwrap());
        let name = entry.file_name();
        if kind.is_dir()
            && !["target", "node_modules", "var", ".git", ".terraform"].iter().any(|n| name == *n)
        {
            found.extend(files(&path));
        } else if kind.is_file() {
            found.push(path);
        }
    }
    found.sort();
    found
}

/// The text of all files below a folder whose names end so.
fn text_of(folder: &str, ends: &str) -> String {
    let files = files(&root().join(folder));
    let wanted = files.iter().filter(|path| path.to_string_lossy().ends_with(ends));
    wanted.map(|path| std::fs::read_to_string(path).unwrap()).collect()
}

/// Says loudly that something was not looked at.
fn skipped(what: &str) {
    stand_ins::skipped(what);
}
