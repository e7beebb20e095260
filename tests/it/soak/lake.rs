//! What the lake holds after a storm, beside what an undisturbed day leaves and what the world holds.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use domain::lake::{Area, MANIFEST, RecordKind, records_prefix};
use domain::manifest::Manifest;
use domain::{Article, Key, Post, Slot, SourceId};
use tests::installation::{Installation, objects_of, unfinished};
use tests::{programs, world};

use super::rig::Rig;

/// An undisturbed day.
pub(super) struct Calm {
    /// The world that was served.
    pub(super) world: PathBuf,
    still: bool,
    installation: Installation,
    _folder: tempfile::TempDir,
}

impl Calm {
    /// Five slots, one after the other: the one before the day, and the day, with which the world ends. So no slot after it,
    /// which a slow machine would begin and a fast one would not, takes what came late.
    pub(super) fn day(still: bool) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let world = world::generate(folder.path());
        world::end_with(&world, world::slot(&world, 4));
        if still {
            world::hold_still(&world);
        }
        let installation = Installation::new();
        let (first, last) = (world::slot(&world, 0).to_string(), world::slot(&world, 4).to_string());
        let mut command = programs::command("quarterday");
        command.args(["backfill", "--json", "--from", &first, "--to", &last, "--world"]).arg(&world);
        let output = command.arg("--home").arg(installation.home()).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        Self { world, still, installation, _folder: folder }
    }
}

/// Records by source and name, with the slots that hold them.
type Found = BTreeMap<(String, String), Vec<Slot>>;

/// Nothing is lost, doubled, damaged or left over. Where authors leave their posts alone and no slot had to be repeated after
/// later ones had been made, split and predict have made the very bytes of an undisturbed day.
pub(super) fn check(rig: &Rig, calm: &Calm, repeated: &[Slot]) {
    let root = rig.home.join("lake");
    nothing_is_doubled(rig);
    every_post_is_there(rig, calm, &root);
    every_article_is_there(rig, calm, &root);
    manifests_hold(&root, &rig.slots);
    if calm.still && repeated.is_empty() {
        let (found, wanted) =
            (made(&root, &rig.slots), made(&calm.installation.home().join("lake"), &rig.slots));
        let all: BTreeSet<&String> = found.keys().chain(wanted.keys()).collect();
        let differing: Vec<_> =
            all.iter().filter(|key| found.get(**key) != wanted.get(**key)).take(12).collect();
        assert!(differing.is_empty(), "not as after an undisturbed day: {differing:#?}\n{}", rig.said());
    }
}

/// What split and predict have made. Not their manifests, which name the exchanges that it was made of: these differ with the
/// moment at which sources were asked, since the world's clock goes on, and with what went wrong there.
fn made(lake: &Path, slots: &[Slot]) -> BTreeMap<String, String> {
    let mut objects = objects_of(lake);
    let of_the_day = |key: &str| slots.iter().any(|slot| key.contains(&format!("/slot={slot}/")));
    let is_made =
        |key: &str| ["assets/", "predictions/"].iter().any(|area| key.starts_with(area)) && of_the_day(key);
    objects.retain(|key, _| is_made(key) && !key.ends_with(MANIFEST));
    objects
}

/// Nothing is in two slots, not even while some are partial and wait for their repeat.
pub(super) fn nothing_is_doubled(rig: &Rig) {
    let root = rig.home.join("lake");
    for found in [posts(&root, &rig.slots), articles(&root, &rig.slots)] {
        let doubled: Vec<_> = found.iter().filter(|(_, slots)| slots.len() > 1).take(12).collect();
        assert!(doubled.is_empty(), "there more than once: {doubled:#?}\n{}", rig.said());
    }
}

/// The world's posts of the day are all there.
fn every_post_is_there(rig: &Rig, calm: &Calm, root: &Path) {
    let seen = posts(root, &rig.slots);
    let truth: BTreeSet<(String, String)> =
        rig.slots.iter().flat_map(|slot| world::posts_of(&calm.world, *slot)).collect();
    let found: BTreeSet<(String, String)> = seen.into_keys().collect();
    // The world's clock goes on while a slot is delayed: what its author has deleted meanwhile nobody can read any more.
    let deleted = world::deleted_posts(&calm.world);
    let lost: Vec<_> = truth.difference(&found).filter(|post| !deleted.contains(*post)).take(12).collect();
    let invented: Vec<_> = found.difference(&truth).take(12).collect();
    assert!(lost.is_empty() && invented.is_empty(), "lost {lost:#?}, invented {invented:#?}\n{}", rig.said());
}

/// The articles of an undisturbed day, by source and address, each as often as there. In which slot is left open: what a feed
/// could not be asked for in its own slot, the next one takes.
fn every_article_is_there(rig: &Rig, calm: &Calm, root: &Path) {
    let found = articles(root, &rig.slots);
    let wanted = articles(&calm.installation.home().join("lake"), &rig.slots);
    let of = |all: &Found, article: &(String, String)| all.get(article).cloned().unwrap_or_default();
    let all: BTreeSet<&(String, String)> = found.keys().chain(wanted.keys()).collect();
    let differing: Vec<String> = all
        .into_iter()
        .map(|article| (article, of(&found, article), of(&wanted, article)))
        .filter(|(_, found, wanted)| found.len() != wanted.len())
        .map(|(article, found, wanted)| format!("{article:?}: in {found:?}, after a calm day in {wanted:?}"))
        .collect();
    assert!(differing.is_empty(), "articles differ: {differing:#?}\n{}", rig.said());
}

/// Every article of the slots by source and address, with the slots that it is in.
fn articles(root: &Path, slots: &[Slot]) -> Found {
    let mut all = Found::new();
    for slot in slots {
        let rows = records::<Article>(root, *slot, RecordKind::Article);
        for (source, article) in rows.into_iter().filter(|(_, article)| !article.revision) {
            all.entry((source, article.canonical_url)).or_default().push(*slot);
        }
    }
    all
}

/// Every post of the slots by source and id, with the slots that it is in.
fn posts(root: &Path, slots: &[Slot]) -> Found {
    let mut all = Found::new();
    for slot in slots {
        let rows = records::<Post>(root, *slot, RecordKind::Post);
        for (source, post) in rows.into_iter().filter(|(_, post)| !post.revision) {
            all.entry((source, post.id)).or_default().push(*slot);
        }
    }
    all
}

/// The records of a slot that its manifest lists, each with its source; none where there is no manifest.
fn records<T: tables::Table>(root: &Path, slot: Slot, kind: RecordKind) -> Vec<(String, T)> {
    let key = Key::SlotManifest { area: Area::Records, slot }.to_string();
    let Ok(bytes) = fs::read(root.join(&key)) else { return Vec::new() };
    let manifest = Manifest::from_bytes(&key, &bytes).unwrap();
    let mut all = Vec::new();
    for source in manifest.sources.keys() {
        let prefix = records_prefix(kind, slot, &SourceId::new(source));
        for object in manifest.objects.iter().filter(|object| object.key.starts_with(&prefix)) {
            let rows: Vec<T> = tables::decode(&fs::read(root.join(&object.key)).unwrap()).unwrap();
            all.extend(rows.into_iter().map(|row| (source.clone(), row)));
        }
    }
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
