//! The life of models in a small generated world: train, challenge, gate, promote, an alarm when the world shifts, train again,
//! roll back. Every step is looked for in the registry and, where MLflow is installed, in MLflow.
#![allow(clippy::unwrap_used)]

#[path = "life/mlflow_server.rs"]
mod mlflow_server;
#[path = "life/people.rs"]
mod people;
#[path = "life/stand_in.rs"]
mod stand_in;
#[path = "life/tamper.rs"]
mod tamper;
#[path = "life/world.rs"]
mod world;

use cloud::Lake;
use domain::lake::Area;
use domain::model::{Action, ModelName, Standing, Step};
use domain::prediction::Level;
use domain::{Key, Slot};
use ml_vm::mlflow::{CHAMPION, Tracker};
use ml_vm::predict::predict;
use ml_vm::registry;
use ml_vm::train::{self, Cause, Trained, routine};
use world::World;

const NAME: ModelName = ModelName::Forecast;

fn slot(text: &str) -> Slot {
    text.parse().unwrap()
}

async fn trained(world: &World, at: Slot) -> Trained {
    let champion = registry::standing(&world.lake, NAME).await.unwrap().at(at).champion;
    let cause = Cause { by: "ana".into(), at: at.close_at(), why: "by hand".into() };
    train::from_lake(&world.lake, NAME, at, champion, &cause).await.unwrap()
}

async fn step(world: &World, action: Action, trained: Option<&Trained>, from: Slot) -> Standing {
    let version = trained.map(|t| t.version.clone());
    let (by, why) = ("ana".to_owned(), "the figures are better".to_owned());
    registry::take(&world.lake, NAME, &Step { action, version, from, by, at: from.close_at(), why })
        .await
        .unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_model_lives() {
    let world = World::new();
    let server = mlflow_server::start().await;
    let tracker = server.as_ref().map(|server| Tracker::new(&server.uri, None).unwrap());
    let lake = &world.lake;

    // A calm world, in which the built-in intervals are known to be a little off.
    let first = slot("2026-03-02T06Z");
    world.split(first, None).await;
    let before = predict(lake, first, first.close_at()).await.unwrap();
    assert!(before.monitor.watched.is_empty(), "nothing is fitted yet");
    let one = trained(&world, first).await;
    assert_eq!(one.card.gate.against, None);
    assert!(one.card.gate.passed, "{}", one.card.gate.reason);
    assert_eq!(one.standing.challenger, Some(one.version.clone()));
    assert_eq!(one.standing.champion, None, "a challenger is not shown");
    assert!(!one.card.trained_on.is_empty() && one.card.window.unwrap().to < one.card.block.unwrap().from);
    if let Some(tracker) = &tracker {
        tracker.try_training(&one).await.unwrap();
        tracker.try_training(&one).await.unwrap();
    }

    // In the shadow: stored beside the champion's forecasts, and not shown.
    let second = first.next();
    world.split(second, None).await;
    let shadowed = predict(lake, second, second.close_at()).await.unwrap();
    assert_eq!(shadowed.message(&[]), "");
    let sealed = world.sealed(second).await;
    let of = |role: &str| sealed.iter().filter(|f| f.role == role).count();
    assert!(of("champion") > 0 && of("champion") == of("challenger"));
    assert_eq!(
        world.shown(second).await,
        world.shown(first).await,
        "the challenger changes nothing that is shown"
    );

    // Promoted: from the next slot on it is shown, and a repeat of an older slot still is as it was.
    let third = second.next();
    let promoted = step(&world, Action::Promote, Some(&one), third).await;
    assert_eq!((promoted.champion.as_ref(), promoted.challenger.as_ref()), (Some(&one.version), None));
    if let Some(tracker) = &tracker {
        tracker.try_alias(NAME, CHAMPION, Some(&one.version)).await.unwrap();
    }
    world.split(third, None).await;
    let fine = predict(lake, third, third.close_at()).await.unwrap();
    assert_ne!(world.shown(third).await, world.shown(second).await);
    let manifest = world.manifest(Area::Predictions, third).await;
    assert!(manifest.models.contains(&format!("forecast/{}", one.version)), "{:?}", manifest.models);
    assert!(fine.monitor.watched.iter().all(|w| w.level == Level::Fine), "{:?}", fine.monitor.watched);
    let key = Key::SlotManifest { area: Area::Predictions, slot: second }.to_string();
    let was = lake.get(&key).await.unwrap().unwrap().bytes;
    predict(lake, second, second.close_at()).await.unwrap();
    assert_eq!(lake.get(&key).await.unwrap().unwrap().bytes, was);

    // The world shifts: returns three times as wild for half a year.
    let shifted = slot("2026-09-01T06Z");
    world.split(shifted, Some(3.0)).await;
    let alarmed = predict(lake, shifted, shifted.close_at()).await.unwrap();
    let alarm = alarmed.monitor.watched.iter().find(|w| w.what == "psi returns").unwrap();
    assert_eq!(alarm.level, Level::Alarm, "{alarm:?}");
    let message = alarmed.message(&[]);
    assert!(message.starts_with("warning: forecast drifts: psi returns"), "{message}");
    assert!(world.manifest(Area::Predictions, shifted).await.warnings[0].contains("psi returns"));

    // The alarm is noted and trains a successor, once however often the slot is repeated.
    for _ in 0..2 {
        let warnings = routine::after_predict(lake, shifted, &alarmed.monitor, tracker.as_ref()).await;
        assert_eq!(warnings, Vec::<String>::new());
    }
    let standing = registry::standing(lake, NAME).await.unwrap();
    let actions: Vec<&str> = standing.history.iter().map(|s| s.action.as_str()).collect();
    assert_eq!(actions[..3], ["challenge", "promote", "drift"]);
    assert!(["challenge", "refuse"].contains(&actions[3]) && actions.len() == 4, "{actions:?}");
    let two = standing.history[3].version.clone().unwrap();
    let card = registry::card(lake, NAME, &two).await.unwrap();
    assert_eq!(card.parent, Some(one.version.clone()));
    assert_eq!(card.gate.against, Some(one.version.clone()));
    assert!(standing.history[3].why.starts_with("drift: psi returns"), "{}", standing.history[3].why);

    // Promoted by hand, and rolled back.
    let next = shifted.next();
    let (by, why) = ("ana".to_owned(), "the world has changed".to_owned());
    let promote = Step {
        action: Action::Promote,
        version: Some(two.clone()),
        from: next,
        by,
        at: next.close_at(),
        why,
    };
    assert_eq!(registry::take(lake, NAME, &promote).await.unwrap().champion, Some(two.clone()));
    if let Some(tracker) = &tracker {
        tracker.try_alias(NAME, CHAMPION, Some(&two)).await.unwrap();
    }
    let back = step(&world, Action::Rollback, None, next.next()).await;
    assert_eq!(back.champion, Some(one.version.clone()));
    assert_eq!(back.history.last().unwrap().action, Action::Rollback);
    assert_eq!(registry::versions(lake, NAME).await.unwrap(), [one.version.clone(), two.clone()]);
    if let (Some(tracker), Some(server)) = (&tracker, &server) {
        tracker.try_alias(NAME, CHAMPION, Some(&one.version)).await.unwrap();
        server.check_life(&one.version, &two).await;
    }
    let findings = ml_vm::seal::verify::verify(lake).await.unwrap();
    assert_eq!((findings.broken.len(), findings.seals), (0, 4), "{:?}", findings.broken);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_weekly_slot_trains_and_a_week_later_promotes() {
    let world = World::new();
    let monday = slot("2026-03-02T00Z");
    assert!(routine::is_weekly(monday));
    world.split(monday, None).await;
    let said = predict(&world.lake, monday, monday.close_at()).await.unwrap();
    for _ in 0..2 {
        let warnings = routine::after_predict(&world.lake, monday, &said.monitor, None).await;
        assert_eq!(
            warnings,
            Vec::<String>::new(),
            "no labelled posts: nothing to train sentiment on, and no fault"
        );
    }
    let standing = registry::standing(&world.lake, NAME).await.unwrap();
    assert_eq!(standing.history.len(), 1);
    let challenger = standing.challenger.clone().unwrap();

    let next = slot("2026-03-09T00Z");
    world.split(next, None).await;
    let said = predict(&world.lake, next, next.close_at()).await.unwrap();
    routine::after_predict(&world.lake, next, &said.monitor, None).await;
    let standing = registry::standing(&world.lake, NAME).await.unwrap();
    assert_eq!(standing.champion, Some(challenger));
    assert_eq!(standing.history[1].action, Action::Promote);
    assert!(standing.history[1].why.contains("a week in the shadow"), "{}", standing.history[1].why);
    assert_eq!(standing.history.len(), 3, "and the next one was trained");

    // Nothing happens at other slots, nor to a pinned champion.
    let quiet = next.next();
    world.split(quiet, None).await;
    let said = predict(&world.lake, quiet, quiet.close_at()).await.unwrap();
    routine::after_predict(&world.lake, quiet, &said.monitor, None).await;
    assert_eq!(registry::standing(&world.lake, NAME).await.unwrap().history.len(), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_damaged_champion_is_replaced_by_what_is_built_in_and_told() {
    let world = World::new();
    let first = slot("2026-03-02T06Z");
    world.split(first, None).await;
    predict(&world.lake, first, first.close_at()).await.unwrap();
    let one = trained(&world, first).await;
    step(&world, Action::Promote, Some(&one), first.next()).await;
    let key = Key::ModelBytes { name: NAME, version: one.version.clone() }.to_string();
    world.lake.put(&key, "damaged".into()).await.unwrap();
    world.split(first.next(), None).await;
    let said = predict(&world.lake, first.next(), first.next().close_at()).await.unwrap();
    let message = said.message(&[]);
    assert!(
        message.contains("warning: the champion of forecast cannot be used: models/forecast/"),
        "{message}"
    );
    assert!(message.contains("what is built in takes its place"), "{message}");
    assert_eq!(world.shown(first.next()).await, world.shown(first).await);
    // What lies under a version's name never changes, by training again neither.
    let cause = Cause { by: "ana".into(), at: first.close_at(), why: "again".into() };
    let again = train::from_lake(&world.lake, NAME, first, None, &cause).await.unwrap_err();
    assert!(format!("{again:#}").contains("never changes"), "{again:#}");
}
