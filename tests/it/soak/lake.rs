//! What the lake holds after a storm, beside what an undisturbed day leaves and what the world holds.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use domain::lake::{Area, MANIFEST, RecordKind, records_prefix};
use domain::manifest::Manifest;
use domain::{Article, Key, Slot, SourceId};
use tests::installation::{Installation, objects_of, posts_of, unfinished};
use tests::{programs, world};

use super::rig::Rig;

/// An undisturbed day.
pub(super) struct Calm {
    /// The world that was served.
    pub(super) world: PathBuf,
    installation: Installation,
    _folder: tempfile::TempDir,
}

impl Calm {
    /// Five slots, one after the other: the one before the day, and the day.
    pub(super) fn day() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let world = world::generate(folder.path());
        let installation = Installation::new();
        let (first, last) = (world::slot(&world, 0).to_string(), world::slot(&world, 4).to_string());
        let mut command = programs::command("quarterday");
        command.args(["backfill", "--json", "--from", &first, "--to", &last, "--world"]).arg(&world);
        let output = command.arg("--home").arg(installation.home()).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        Self { world, installation, _folder: folder }
    }
}

/// Nothing is lost, doubled, damaged or left over. Where no slot had to be repeated after later ones had been made, split
/// and predict have made the very bytes of an undisturbed day.
pub(super) fn check(rig: &Rig, calm: &Calm, repeated: &[Slot]) {
    let root = rig.home.join("lake");
    every_post_is_there_once(rig, calm, &root);
    assert_eq!(
        articles(&root, &rig.slots),
        articles(&calm.installation.home().join("lake"), &rig.slots),
        "articles"
    );
    manifests_hold(&root, &rig.slots);
    if repeated.is_empty() {
        let (found, wanted) = (made(&root), made(&calm.installation.home().join("lake")));
        let all: BTreeSet<&String> = found.keys().chain(wanted.keys()).collect();
        let differing: Vec<_> =
            all.iter().filter(|key| found.get(**key) != wanted.get(**key)).take(12).collect();
        assert!(differing.is_empty(), "not as after an undisturbed day: {differing:#?}\n{}", rig.said());
    }
}

/// What split and predict have made. Not their manifests, which name the exchanges that it was made of: these differ with the
/// moment at which sources were asked, since the world's clock goes on, and with what went wrong there.
fn made(lake: &Path) -> BTreeMap<String, String> {
    let mut objects = objects_of(lake);
    let is_made = |key: &str| ["assets/", "predictions/"].iter().any(|area| key.starts_with(area));
    objects.retain(|key, _| is_made(key) && !key.ends_with(MANIFEST));
    objects
}

/// The world's posts of the day, each in one slot.
fn every_post_is_there_once(rig: &Rig, calm: &Calm, root: &Path) {
    let mut seen: BTreeMap<(String, String), Vec<Slot>> = BTreeMap::new();
    for slot in &rig.slots {
        for post in posts_of(root, *slot) {
            seen.entry(post).or_default().push(*slot);
        }
    }
    let doubled: Vec<_> = seen.iter().filter(|(_, slots)| slots.len() > 1).take(12).collect();
    assert!(doubled.is_empty(), "posts are there more than once: {doubled:#?}\n{}", rig.said());
    let truth: BTreeSet<(String, String)> =
        rig.slots.iter().flat_map(|slot| world::posts_of(&calm.world, *slot)).collect();
    let found: BTreeSet<(String, String)> = seen.into_keys().collect();
    // The world's clock goes on while a slot is delayed: what its author has deleted meanwhile nobody can read any more.
    let deleted = world::deleted_posts(&calm.world);
    let lost: Vec<_> = truth.difference(&found).filter(|post| !deleted.contains(*post)).take(12).collect();
    let invented: Vec<_> = found.difference(&truth).take(12).collect();
    assert!(lost.is_empty() && invented.is_empty(), "lost {lost:#?}, invented {invented:#?}\n{}", rig.said());
}

/// Every article of the slots, as often as it is there, by outlet and address.
fn articles(root: &Path, slots: &[Slot]) -> Vec<(String, String)> {
    let mut all = Vec::new();
    for slot in slots {
        for source in ["alpaca", "alpha_vantage", "feeds", "yahoo"] {
            let folder = root.join(records_prefix(RecordKind::Article, *slot, &SourceId::new(source)));
            for file in fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path()) {
                if file.extension().is_some_and(|e| e == "parquet") {
                    let rows: Vec<Article> = tables::decode(&fs::read(file).unwrap()).unwrap();
                    let new = rows.into_iter().filter(|article| !article.revision);
                    all.extend(new.map(|article| (source.to_owned(), article.canonical_url)));
                }
            }
        }
    }
    all.sort();
    all
}

/// What manifests list is there and whole, and nothing is there beside it.
fn manifests_hold(root: &Path, slots: &[Slot]) {
    let found = objects_of(root);
    let mut listed = BTreeSet::new();
    for (key, _) in found.iter().filter(|(key, _)| key.ends_with(MANIFEST)) {
        let manifest = Manifest::from_bytes(key, &fs::read(root.join(key)).unwrap()).unwrap();
        for object in manifest.objects {
            let there = found.get(&object.key);
            assert!(
                there == Some(&object.sha256) || object.key.starts_with("state/"),
                "{key} lists {}",
                object.key
            );
            listed.insert(object.key);
        }
    }
    for slot in slots {
        for area in [Area::Records, Area::Assets, Area::Predictions] {
            let key = Key::SlotManifest { area, slot: *slot }.to_string();
            assert!(found.contains_key(&key), "{key} is missing");
        }
    }
    let areas = ["raw/", "records/", "assets/", "predictions/"];
    let in_areas = |key: &&String| areas.iter().any(|area| key.starts_with(area)) && !key.ends_with(MANIFEST);
    let stray: Vec<&String> =
        found.keys().filter(in_areas).filter(|key| !listed.contains(*key)).take(12).collect();
    assert!(stray.is_empty(), "no manifest lists {stray:#?}");
    let scratch = unfinished(root);
    assert!(scratch.is_empty(), "unfinished files are left: {scratch:#?}");
}
