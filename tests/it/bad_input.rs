//! Bad input gets a message that names what is wrong and what to do.

use std::fs;

use tests::installation::Installation;
use tests::world;

fn fails(installation: &Installation, world: &std::path::Path, slot: domain::Slot, words: &[&str]) {
    let output = installation.run(world, slot);
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{said}");
    for word in words {
        assert!(said.contains(word), "{word:?} is not in: {said}");
    }
}

#[test]
fn a_broken_world_is_named_and_harms_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let good = world::generate(folder.path());
    let (installation, slot) = (Installation::new(), world::slot(&good, 4));
    fails(&installation, &folder.path().join("nowhere"), slot, &["nowhere"]);
    let later = "2031-01-01T06Z".parse().unwrap();
    fails(&installation, &good, later, &["outside the world", "2031-01-01T06Z"]);

    let broken = folder.path().join("broken");
    let copy = |name: &str| fs::copy(good.join(name), broken.join(name)).unwrap();
    fs::create_dir(&broken).unwrap();
    for name in ["world.json", "assets.csv", "posts.ndjson.zst", "articles.ndjson.zst"] {
        copy(name);
    }
    fails(&installation, &broken, slot, &["bars.csv.zst"]);
    copy("bars.csv.zst");
    let posts = fs::read(good.join("posts.ndjson.zst")).unwrap();
    fs::write(broken.join("posts.ndjson.zst"), &posts[..posts.len() / 2]).unwrap();
    fails(&installation, &broken, slot, &["posts.ndjson.zst"]);
    copy("posts.ndjson.zst");
    installation.run_well(&broken, slot);
}

#[test]
fn bad_records_are_left_out_and_the_rest_is_kept() {
    let folder = tempfile::tempdir().unwrap();
    let world = world::generate(folder.path());
    let slot = world::slot(&world, 4);
    let expected = world::posts_of(&world, slot);
    let at = (slot.open_at() + chrono::Duration::hours(1)).to_rfc3339();
    let posts = format!(
        "{{\"source\":\"x\",\"id\":\"900001\",\"created_at\":\"{at}\"}}\n{{\"source\":\"x\",\"id\":\"900002\",\"text\":\"\",\"created_at\":\"{at}\"}}\n\
         {{\"source\":\"x\",\"id\":\"900003\",\"text\":\"from the future\",\"created_at\":\"9999-01-01T00:00:00Z\"}}\n"
    );
    world::append(&world, "posts.ndjson.zst", &posts);
    let symbol = fs::read_to_string(world.join("assets.csv"))
        .unwrap()
        .lines()
        .nth(1)
        .unwrap()
        .split(',')
        .next()
        .unwrap()
        .to_owned();
    let bars = format!(
        "{symbol},1d,2026-03-01T00:00:00Z,NaN,1,1,1,1,5\n{symbol},1d,2025-01-02T00:00:00Z,1,2,0.5,1,1,5\n"
    );
    world::append(&world, "bars.csv.zst", &bars);
    let installation = Installation::new();
    installation.run_well(&world, slot);
    let collected: std::collections::BTreeSet<_> = installation.posts(slot).into_iter().collect();
    assert_eq!(collected, expected);
    let log = fs::read_to_string(installation.home().join("logs/sandbox.log")).unwrap();
    assert!(log.contains("posts.ndjson.zst") && log.contains("bars.csv.zst"), "{log}");
}
