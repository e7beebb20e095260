//! The chain of sealed forecasts: the same bytes when a slot is repeated or an attempt was killed, and what tampering leads to.

use bytes::Bytes;
use cloud::Lake;
use domain::prediction::SealedForecast;
use domain::seal::Seal;
use domain::{Key, Outcome, Slot};
use ml_vm::seal::verify::verify;
use ml_vm::seal::{self, score};

use crate::world::World;

fn slot(text: &str) -> Slot {
    text.parse().unwrap()
}

fn forecast(slot: Slot, q50: f64) -> SealedForecast {
    let last_on = slot.open_at().date_naive();
    SealedForecast {
        symbol: "AAA".into(),
        role: "champion".into(),
        model: "random-walk/1".into(),
        version: None,
        horizon: 1,
        last_on,
        target_on: last_on.succ_opt().unwrap(),
        last_close: 100.0,
        q025: 95.0,
        q10: 97.0,
        q50,
        q90: 103.0,
        q975: 105.0,
    }
}

async fn everything(lake: &dyn Lake) -> Vec<(String, Bytes)> {
    let mut all = Vec::new();
    for key in lake.list("ledger/").await.unwrap() {
        let bytes = lake.get(&key).await.unwrap().unwrap().bytes;
        all.push((key, bytes));
    }
    all
}

async fn three(world: &World) -> [Slot; 3] {
    let first = slot("2026-03-02T06Z");
    let slots = [first, first.next(), first.next().next()];
    for slot in slots {
        seal::seal(&world.lake, slot, &[forecast(slot, 100.0)]).await.unwrap();
    }
    slots
}

#[tokio::test]
async fn a_repeat_seals_nothing_new() {
    let world = World::new();
    let slots = three(&world).await;
    let was = everything(&world.lake).await;
    assert_eq!(was.len(), 7, "three objects of forecasts, three seals, a head");
    for slot in slots {
        seal::seal(&world.lake, slot, &[forecast(slot, 100.0)]).await.unwrap();
    }
    assert_eq!(everything(&world.lake).await, was);
    let other = World::new();
    three(&other).await;
    assert_eq!(everything(&other.lake).await, was, "nothing depends on when it was done");
    let mut out = Vec::new();
    assert_eq!(seal::verify::run(&world.lake, &mut out).await.unwrap(), Outcome::Succeeded);
    assert!(
        String::from_utf8(out).unwrap().starts_with("3 seals hold, 3 forecasts, newest slot 2026-03-02T18Z")
    );
}

#[tokio::test]
async fn what_is_said_later_is_sealed_beside_and_does_not_count() {
    let world = World::new();
    let slots = three(&world).await;
    seal::seal(&world.lake, slots[0], &[forecast(slots[0], 101.0)]).await.unwrap();
    seal::seal(&world.lake, slots[2], &[forecast(slots[2], 102.0)]).await.unwrap();
    assert_eq!(verify(&world.lake).await.unwrap().seals, 5);
    let earlier = seal::earlier(&world.lake, slots[2].next(), 30).await.unwrap();
    assert!(earlier.iter().all(|seal| !seal.late));
    let mut words = Vec::new();
    for seal in earlier.iter().rev() {
        words.extend(seal::forecasts(&world.lake, seal).await.unwrap());
    }
    assert!(score::first_words(words.iter()).iter().all(|f| f.q50 == 100.0), "{words:?}");
}

#[tokio::test]
async fn an_attempt_that_was_killed_before_its_head_is_taken_up() {
    let world = World::new();
    let slots = three(&world).await;
    let whole = everything(&world.lake).await;
    let other = World::new();
    for slot in &slots[..2] {
        seal::seal(&other.lake, *slot, &[forecast(*slot, 100.0)]).await.unwrap();
    }
    // Killed after the seal, before the head.
    let (key, bytes) = whole.iter().find(|(key, _)| key.ends_with("00000003.json")).unwrap();
    other.lake.put(key, bytes.clone()).await.unwrap();
    assert_eq!(verify(&other.lake).await.unwrap().broken, Vec::<String>::new());
    seal::seal(&other.lake, slots[2], &[forecast(slots[2], 100.0)]).await.unwrap();
    assert_eq!(everything(&other.lake).await, whole);
}

#[tokio::test]
async fn tampering_is_told_with_slot_and_object() {
    let names = |number: u64| Key::Seal { number }.to_string();
    // A forecast is mended afterwards.
    let world = World::new();
    let slots = three(&world).await;
    let entry = seal::seal(&world.lake, slots[1], &[forecast(slots[1], 100.0)]).await.unwrap();
    let mended = tables::encode(&[forecast(slots[1], 104.0)]).unwrap();
    world.lake.put(&entry.key, mended.clone().into()).await.unwrap();
    let broken = verify(&world.lake).await.unwrap().broken;
    assert_eq!(
        broken,
        [format!("slot {}: {}: it is not what was sealed: its sha256 differs", slots[1], entry.key)]
    );

    // And its seal with it.
    let object = world.lake.get(&names(2)).await.unwrap().unwrap().bytes;
    let mut seal: Seal = serde_json::from_slice(&object).unwrap();
    seal.forecasts = domain::manifest::ObjectEntry::of(&entry.key, &mended, 1);
    world.lake.put(&names(2), seal.to_bytes().into()).await.unwrap();
    let broken = verify(&world.lake).await.unwrap().broken.join("\n");
    let next = format!("slot {}: {}: it does not hold the sha256 of the seal before it", slots[2], names(3));
    assert!(broken.contains(&next), "{broken}");

    // One is taken out, one is taken off the end.
    let world = World::new();
    three(&world).await;
    world.lake.delete(&names(2)).await.unwrap();
    assert!(verify(&world.lake).await.unwrap().broken[0].contains("00000002.json is missing"));
    let world = World::new();
    three(&world).await;
    world.lake.delete(&names(3)).await.unwrap();
    assert!(verify(&world.lake).await.unwrap().broken[0].contains("00000003.json is missing"));

    // The head is put back so that the last ones can be made anew.
    let world = World::new();
    three(&world).await;
    let one = World::new();
    seal::seal(&one.lake, slots[0], &[forecast(slots[0], 100.0)]).await.unwrap();
    let head = one.lake.get("ledger/head.json").await.unwrap().unwrap().bytes;
    world.lake.put("ledger/head.json", head).await.unwrap();
    assert!(verify(&world.lake).await.unwrap().broken[0].contains("the head was put back"));
    let mut out = Vec::new();
    assert_eq!(seal::verify::run(&world.lake, &mut out).await.unwrap(), Outcome::Failed);
}
