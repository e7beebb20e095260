//! Sources that misbehave.

use std::fs;

use tests::installation::Installation;
use tests::world;

/// Everything that a source may do and a collector must survive.
const ALL_FAULTS: &str = r#"{"seed": 5, "rules": [
    {"source": "x", "kind": "rate_limit", "retry_after_s": 1, "every": 5},
    {"source": "x", "kind": "malformed_json", "every": 7, "times": 3},
    {"source": "stocktwits", "kind": "server_error", "status": 503, "every": 4},
    {"source": "stocktwits", "kind": "duplicates", "every": 3},
    {"source": "alpaca", "kind": "cut_connection", "every": 3},
    {"source": "feeds", "kind": "server_error", "status": 500, "every": 3}
]}"#;

#[test]
fn the_same_keys_arrive_under_faults() {
    let folder = tempfile::tempdir().unwrap();
    let world = world::generate(folder.path());
    let slot = world::slot(&world, 4);
    let plan = folder.path().join("faults.json");
    fs::write(&plan, ALL_FAULTS).unwrap();
    let (calm, stormy) = (Installation::new(), Installation::new());
    calm.run_well(&world, slot);
    let output = stormy.run_command(&world, slot).arg("--faults").arg(&plan).output().unwrap();
    assert!(output.status.success(), "{}\n{}", String::from_utf8_lossy(&output.stdout), stormy.logs());
    assert_eq!(stormy.posts(slot), calm.posts(slot));
    let records = |of: &Installation| -> Vec<String> {
        of.objects()
            .into_iter()
            .filter(|(key, _)| key.starts_with("assets/") && key.ends_with(".csv"))
            .map(|o| o.0)
            .collect()
    };
    assert_eq!(records(&stormy), records(&calm));
}

#[test]
fn a_dead_source_makes_the_run_partial_and_a_repeat_fetches_only_that() {
    let folder = tempfile::tempdir().unwrap();
    let world = world::generate(folder.path());
    let slot = world::slot(&world, 4);
    let plan = folder.path().join("faults.json");
    fs::write(&plan, r#"{"seed": 1, "rules": [{"source": "stocktwits", "kind": "unavailable"}]}"#).unwrap();
    let (calm, stormy) = (Installation::new(), Installation::new());
    let output = stormy.run_command(&world, slot).arg("--faults").arg(&plan).output().unwrap();
    assert_eq!(output.status.code(), Some(3), "{}", String::from_utf8_lossy(&output.stdout));
    let report: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let message = report["runs"][0]["stages"][0]["message"].as_str().unwrap();
    assert!(message.contains("stocktwits"), "{message}");
    stormy.run_well(&world, slot);
    calm.run_well(&world, slot);
    assert_eq!(stormy.objects(), calm.objects(), "the repeat made good what was missing");
}
