//! An installation in a folder of its own.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};

use domain::lake::{RecordKind, records_prefix, sha256};
use domain::{Post, Slot, SourceId};
use serde_json::Value;
use tempfile::TempDir;

use crate::programs;

/// A home folder that goes with the test.
pub struct Installation {
    folder: TempDir,
}

impl Default for Installation {
    fn default() -> Self {
        Self::new()
    }
}

impl Installation {
    /// An empty one.
    pub fn new() -> Self {
        let folder = tempfile::Builder::new().prefix("quarterday-it-").tempdir_in("/tmp").unwrap();
        // The user that runs Postgres for root must reach it.
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).unwrap();
        Self { folder }
    }

    /// Its home folder.
    pub fn home(&self) -> PathBuf {
        self.folder.path().join("home")
    }

    /// `quarterday run` on the slot, ready to start.
    pub fn run_command(&self, world: &Path, slot: Slot) -> Command {
        let mut command = programs::command("quarterday");
        command.args(["run", "--slot", &slot.to_string(), "--json", "--world"]).arg(world);
        command.arg("--home").arg(self.home());
        command
    }

    /// `quarterday run`, to its end.
    pub fn run(&self, world: &Path, slot: Slot) -> Output {
        self.run_command(world, slot).output().unwrap()
    }

    /// `quarterday run`, which must succeed.
    pub fn run_well(&self, world: &Path, slot: Slot) -> Value {
        let output = self.run(world, slot);
        let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        assert!(output.status.success(), "{out}\n{err}\n{}", self.logs());
        serde_json::from_str(&out).unwrap()
    }

    /// `quarterday run`, started and left to itself.
    pub fn start(&self, world: &Path, slot: Slot) -> Child {
        self.run_command(world, slot).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
    }

    /// [`objects_of`] its lake.
    pub fn objects(&self) -> BTreeMap<String, String> {
        objects_of(&self.home().join("lake"))
    }

    /// [`posts_of`] its lake.
    pub fn posts(&self, slot: Slot) -> Vec<(String, String)> {
        posts_of(&self.home().join("lake"), slot)
    }

    /// What the programs have logged.
    pub fn logs(&self) -> String {
        let entries = fs::read_dir(self.home().join("logs")).into_iter().flatten().flatten();
        entries
            .map(|e| {
                format!("== {}\n{}", e.path().display(), fs::read_to_string(e.path()).unwrap_or_default())
            })
            .collect()
    }
}

/// Key and sha256 of every object in a lake but the days' quotas, which count every try.
pub fn objects_of(lake: &Path) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    collect(lake, lake, &mut found);
    found
}

/// (source, id) of every post record of a slot that was said in it, doubled ones included.
pub fn posts_of(lake: &Path, slot: Slot) -> Vec<(String, String)> {
    let mut posts = Vec::new();
    for source in ["facebook", "instagram", "reddit", "stocktwits", "telegram", "x"] {
        let folder = records_prefix(RecordKind::Post, slot, &SourceId::new(source));
        let Ok(entries) = fs::read_dir(lake.join(folder)) else { continue };
        for path in
            entries.flatten().map(|e| e.path()).filter(|p| p.extension().is_some_and(|e| e == "parquet"))
        {
            let rows: Vec<Post> = tables::decode(&fs::read(path).unwrap()).unwrap();
            let said = rows.into_iter().filter(|post| !post.revision);
            posts.extend(said.map(|post| (source.to_owned(), post.id)));
        }
    }
    posts.sort();
    posts
}

/// Files that writers began and did not finish: their names begin with a dot, which no key's part does. Locks are none.
pub fn unfinished(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let (path, hidden) = (entry.path(), entry.file_name().to_string_lossy().starts_with('.'));
        if path.is_dir() && !hidden {
            found.extend(unfinished(&path));
        } else if hidden && !path.is_dir() {
            found.push(path);
        }
    }
    found
}

fn collect(root: &Path, folder: &Path, found: &mut BTreeMap<String, String>) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let (path, name) = (entry.path(), entry.file_name().to_string_lossy().into_owned());
        if name.starts_with('.') {
            continue;
        }
        if path.is_dir() {
            collect(root, &path, found);
        } else {
            let key = path.strip_prefix(root).unwrap().to_string_lossy().into_owned();
            if !key.starts_with("state/quota/") {
                found.insert(key, sha256(&fs::read(&path).unwrap()));
            }
        }
    }
}
