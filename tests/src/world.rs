//! Worlds for tests: generated small, or written by hand, in the format of the sandbox.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use domain::{Slot, World};
use serde_json::Value;

use crate::programs;

/// Generates a small world below `folder`; the same every time.
pub fn generate(folder: &Path) -> PathBuf {
    let world = folder.join("world");
    let arguments =
        ["--seed", "11", "--days", "3", "--assets", "8", "--posts-per-slot", "60", "--start", "2026-03-02"];
    let output = programs::command("sandbox")
        .arg("generate")
        .args(arguments)
        .arg("--out")
        .arg(&world)
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    world
}

/// Lets a world end with `slot`: nothing in it is of a later time, and no slot comes after.
pub fn end_with(world: &Path, slot: Slot) {
    let file = world.join("world.json");
    let mut description: Value = serde_json::from_slice(&fs::read(&file).unwrap()).unwrap();
    description["end"] = Value::from(slot.close_at().to_rfc3339());
    fs::write(file, description.to_string()).unwrap();
}

/// Takes edits and deletions from a world, and lets nobody win or lose followers, so that it shows the same of a slot whenever
/// it is asked after the slot's close.
pub fn hold_still(world: &Path) {
    let file = "posts.ndjson.zst";
    let mut posts = records(world, file);
    let mut followers: BTreeMap<(String, String), Value> = BTreeMap::new();
    for post in &mut posts {
        let author = (post["source"].to_string(), post["author"].to_string());
        post["followers"] = followers.entry(author).or_insert(post["followers"].clone()).clone();
        let changes = ["edited_at", "deleted_at", "text_before"];
        post.as_object_mut().unwrap().retain(|name, _| !changes.contains(&name.as_str()));
    }
    let text: String = posts.iter().map(|post| format!("{post}\n")).collect();
    fs::write(world.join(file), zstd::encode_all(text.as_bytes(), 3).unwrap()).unwrap();
}

/// The `n`-th whole slot of a world, from 0.
pub fn slot(world: &Path, n: usize) -> Slot {
    let description: World = serde_json::from_slice(&fs::read(world.join("world.json")).unwrap()).unwrap();
    let mut slot = Slot::containing(description.start);
    for _ in 0..n {
        slot = slot.next();
    }
    slot
}

/// The records of one file of a world, one a line.
pub fn records(world: &Path, file: &str) -> Vec<Value> {
    let bytes = zstd::decode_all(&fs::read(world.join(file)).unwrap()[..]).unwrap();
    String::from_utf8(bytes).unwrap().lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// (source, id) of every post of the world that was written in the slot.
pub fn posts_of(world: &Path, slot: Slot) -> BTreeSet<(String, String)> {
    let inside = |post: &Value| slot.contains(post["created_at"].as_str().unwrap().parse().unwrap());
    let text = |post: &Value, name: &str| post[name].as_str().unwrap().to_owned();
    let posts = records(world, "posts.ndjson.zst");
    posts.iter().filter(|p| inside(p)).map(|p| (text(p, "source"), text(p, "id"))).collect()
}

/// (source, id) of every post of the world that its author deletes at some time: a slot that is late may not find it.
pub fn deleted_posts(world: &Path) -> BTreeSet<(String, String)> {
    let text = |post: &Value, name: &str| post[name].as_str().unwrap().to_owned();
    let posts = records(world, "posts.ndjson.zst");
    let deleted = posts.iter().filter(|post| post["deleted_at"].is_string());
    deleted.map(|post| (text(post, "source"), text(post, "id"))).collect()
}

/// Appends lines to a compressed file of a world.
pub fn append(world: &Path, file: &str, lines: &str) {
    let path = world.join(file);
    let mut text = zstd::decode_all(&fs::read(&path).unwrap()[..]).unwrap();
    text.extend_from_slice(lines.as_bytes());
    fs::write(path, zstd::encode_all(&text[..], 3).unwrap()).unwrap();
}
