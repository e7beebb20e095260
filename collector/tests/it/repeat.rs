//! Attempts that were killed, at any point, and then repeated.

use domain::lake::{Area, RecordKind, raw_prefix, records_prefix};
use domain::{Key, Outcome, SourceId};

use crate::fake::Fake;
use crate::kit::{TestLake, run, settings, slot};
use crate::whole::FIRST;

#[tokio::test(flavor = "multi_thread")]
async fn a_repeat_after_success_asks_nobody_and_changes_nothing() {
    let (fake, base) = Fake::start().await;
    let lake = TestLake::new().await;
    run(&lake, FIRST, &settings(&base)).await;
    let (before, asked) = (lake.objects().await, fake.log.lock().unwrap().len());
    assert_eq!(run(&lake, FIRST, &settings(&base)).await, (Outcome::Succeeded, String::new()));
    assert_eq!(lake.objects().await, before);
    assert_eq!(fake.log.lock().unwrap().len(), asked);
}

/// An attempt writes parts, source manifests, the raw manifest, the records manifest, the states, in this order. Whatever
/// of it was done when the attempt was killed, the next one ends with the same bytes.
#[tokio::test(flavor = "multi_thread")]
async fn killed_anywhere_ends_with_the_same_bytes() {
    let (_fake, base) = Fake::start().await;
    let undisturbed = TestLake::new().await;
    run(&undisturbed, FIRST, &settings(&base)).await;
    let whole = undisturbed.objects().await;
    let is_part = |key: &str| key.contains("/part-");
    let is_source_manifest = |key: &str| key.contains("source=") && key.ends_with("_MANIFEST.json");
    let raw_manifest = Key::SlotManifest { area: Area::Raw, slot: slot(FIRST) }.to_string();
    let records_manifest = Key::SlotManifest { area: Area::Records, slot: slot(FIRST) }.to_string();
    let stages: [&dyn Fn(&str) -> bool; 5] = [
        &|key| is_part(key) && key.starts_with("raw/"),
        &|key| is_part(key),
        &|key| is_part(key) || is_source_manifest(key),
        &|key| is_part(key) || is_source_manifest(key) || key == raw_manifest,
        &|key| is_part(key) || is_source_manifest(key) || key == raw_manifest || key == records_manifest,
    ];
    for (number, survives) in stages.iter().enumerate() {
        let lake = TestLake::new().await;
        for (key, bytes) in whole.iter().filter(|(key, _)| survives(key)) {
            lake.lake.put(key, bytes.clone().into()).await.unwrap();
        }
        // What a killed attempt against another state of the world may have left.
        let (x, slot) = (SourceId::new("x"), slot(FIRST));
        for prefix in [raw_prefix(&x, slot), records_prefix(RecordKind::Post, slot, &x)] {
            if number < 4 {
                lake.lake.put(&format!("{prefix}part-00000000deadbeef"), "left over".into()).await.unwrap();
            }
        }
        if number < 4 {
            let stale = Key::RecordsManifest { kind: RecordKind::Reject, slot, source: x }.to_string();
            lake.lake.put(&stale, "{}".into()).await.unwrap();
        }
        assert_eq!(run(&lake, FIRST, &settings(&base)).await.0, Outcome::Succeeded);
        let now = lake.objects().await;
        assert_eq!(
            now.keys().collect::<Vec<_>>(),
            whole.keys().collect::<Vec<_>>(),
            "killed after step {number}"
        );
        assert_eq!(now, whole, "killed after step {number}");
    }
}
