//! What people ask about dead letters, publications, assets and models.

use std::collections::BTreeMap;
use std::sync::Arc;

use chrono::Utc;
use cloud::Lake;
use domain::lake::sha256;
use domain::message::{Action, Control};
use domain::model::{Action as Step, Card, Gate, ModelName, ModelVersion};
use domain::{Key, Slot, Stage, StageState};
use ledger::store::{alerts, dead_letters, exclusions, overrides, publication_holds};
use serde_json::{Value, json};

use crate::kit::{App, slot, spawn, spawn_with};

async fn outcome(app: &App, id: &str) -> String {
    overrides::of(&app.database.pool, id).await.unwrap().map(|kept| kept.outcome).unwrap_or_default()
}

fn with(request: &str, mut order: Value) -> Value {
    order["owner"] = "ana".into();
    order["reason"] = "because".into();
    order["request"] = request.into();
    order
}

#[tokio::test]
async fn a_repeat_begins_a_run_and_counts_once_by_its_name() {
    let app = spawn().await;
    let repeat = Control {
        action: Action::Repeat,
        slot: slot(),
        stage: None,
        owner: "ana".into(),
        reason: "again".into(),
        request: "order-1".into(),
    };
    // Two messages of the bus, one order.
    assert_eq!(app.push("control", &repeat).await, 204);
    assert_eq!(app.push("control", &repeat).await, 204);
    assert_eq!(app.run().await.stage(Stage::Collect).state, StageState::Starting);
    assert_eq!(outcome(&app, "order-1").await, "collect starting");
    assert_eq!(overrides::recent(&app.database.pool, 10).await.unwrap().len(), 1);
    let other = Control { request: "order-2".into(), ..repeat };
    assert_eq!(app.push("control", &other).await, 204);
    assert!(outcome(&app, "order-2").await.contains("the run is on its way"));
    assert_eq!(app.world.starts().len(), 1);
}

#[tokio::test]
async fn a_dead_letter_is_published_again_once_or_put_away() {
    let app = spawn().await;
    let (pool, sub, now) = (&app.database.pool, "functions-slot-due", Utc::now());
    for (id, data) in [("7", &br#"{"slot":"2026-11-21T06Z"}"#[..]), ("8", b"nonsense")] {
        dead_letters::park(pool, id, sub, data, "functions were down", now).await.unwrap();
    }
    alerts::raise(pool, "dead-letter/functions-slot-due", "look", now).await.unwrap();
    let order = |action: &str, id: &str, request: &str| {
        with(request, json!({ "action": action, "message_id": id, "subscription": sub }))
    };
    for _ in 0..2 {
        assert_eq!(app.push("control", &order("replay", "7", "a")).await, 204);
    }
    assert_eq!(*app.world.published.lock().unwrap(), [br#"{"slot":"2026-11-21T06Z"}"#.to_vec()]);
    assert_eq!(app.world.asked(), ["publish slot-due"]);
    assert!(outcome(&app, "a").await.starts_with("published again on slot-due"));
    assert_eq!(alerts::open(pool).await.unwrap().len(), 1, "one is left");
    assert_eq!(app.push("control", &order("replay", "7", "b")).await, 204);
    assert!(outcome(&app, "b").await.contains("no such message is parked"));
    assert_eq!(app.push("control", &order("drop", "8", "c")).await, 204);
    assert_eq!(outcome(&app, "c").await, "dropped");
    assert!(dead_letters::parked(pool, 10).await.unwrap().is_empty());
    assert!(alerts::open(pool).await.unwrap().is_empty(), "none is left");
    // Only its beginning was kept, and of a subscription that nobody knows.
    dead_letters::park(pool, "9", sub, &vec![b'x'; 70_000], "long", now).await.unwrap();
    dead_letters::park(pool, "10", "nobody", b"{}", "lost", now).await.unwrap();
    assert_eq!(app.push("control", &order("replay", "9", "d")).await, 204);
    assert!(outcome(&app, "d").await.contains("too long"));
    let mut lost = order("replay", "10", "e");
    lost["subscription"] = "nobody".into();
    assert_eq!(app.push("control", &lost).await, 204);
    assert!(outcome(&app, "e").await.contains("no topic"));
    assert_eq!(app.world.asked().len(), 1);
}

#[tokio::test]
async fn a_publication_is_held_back_and_released() {
    let app = spawn().await;
    let pool = &app.database.pool;
    let order =
        |action: &str, request: &str| with(request, json!({ "action": action, "slot": "2026-11-21T06Z" }));
    for request in ["a", "a", "b"] {
        assert_eq!(app.push("control", &order("hold-publication", request)).await, 204);
    }
    let open = publication_holds::open(pool).await.unwrap();
    assert_eq!((open.len(), open[0].slot.as_str(), open[0].version), (1, "2026-11-21T06Z", None));
    assert_eq!(outcome(&app, "a").await, "held back");
    assert_eq!(outcome(&app, "b").await, "was held back already");
    assert_eq!(app.push("control", &order("release-publication", "c")).await, 204);
    assert!(publication_holds::open(pool).await.unwrap().is_empty());
    let nobody =
        json!({ "action": "hold-publication", "slot": "2026-11-21T06Z", "owner": "", "reason": "x" });
    assert_eq!(app.push("control", &nobody).await, 400);
}

#[tokio::test]
async fn an_asset_is_left_out_from_a_slot_to_another() {
    let app = spawn().await;
    let pool = &app.database.pool;
    let at = |slot: &str| {
        let slot: Slot = slot.parse().unwrap();
        async move { exclusions::at(pool, slot).await.unwrap().len() }
    };
    let exclude =
        json!({ "action": "exclude", "symbol": "SYM1", "from": "2026-11-21T06Z", "until": "2026-11-22T06Z" });
    assert_eq!(app.push("control", &with("a", exclude.clone())).await, 204);
    assert_eq!(
        (
            at("2026-11-21T00Z").await,
            at("2026-11-21T06Z").await,
            at("2026-11-22T00Z").await,
            at("2026-11-22T06Z").await
        ),
        (0, 1, 1, 0)
    );
    let include = json!({ "action": "include", "symbol": "SYM1", "from": "2026-11-21T18Z" });
    assert_eq!(app.push("control", &with("b", include)).await, 204);
    assert_eq!((at("2026-11-21T12Z").await, at("2026-11-21T18Z").await), (1, 0));
    let mut wrong = exclude;
    wrong["until"] = "2026-11-20T06Z".into();
    assert_eq!(app.push("control", &with("c", wrong)).await, 204);
    assert!(outcome(&app, "c").await.contains("before it begins"));
}

async fn register(lake: &dyn Lake, seed: u64, passed: bool) -> ModelVersion {
    let bytes = format!("model {seed}").into_bytes();
    let card = Card {
        schema_version: domain::model::SCHEMA_VERSION,
        name: ModelName::Forecast,
        slot: slot(),
        created_at: slot().close_at(),
        sha256: sha256(&bytes),
        bytes: bytes.len() as u64,
        trained_on: Vec::new(),
        judged_on: Vec::new(),
        window: None,
        block: None,
        cases: 100,
        metrics: BTreeMap::new(),
        gate: Gate { passed, reason: "measured".to_owned(), against: None },
        licences: Vec::new(),
        code_version: "1".to_owned(),
        parent: None,
        seed,
        references: BTreeMap::new(),
    };
    let (name, version) = (ModelName::Forecast, card.version());
    lake.put(&Key::ModelBytes { name, version: version.clone() }.to_string(), bytes.into()).await.unwrap();
    let key = Key::ModelCard { name, version: version.clone() }.to_string();
    lake.put(&key, card.to_bytes().into()).await.unwrap();
    version
}

#[tokio::test]
async fn models_are_promoted_pinned_and_rolled_back_and_refusals_say_why() {
    let folder = tempfile::tempdir().unwrap();
    let lake: Arc<dyn Lake> = cloud::open_lake(folder.path().to_str().unwrap()).await.unwrap();
    let app = spawn_with(Some(lake.clone())).await;
    let (first, second) = (register(lake.as_ref(), 1, true).await, register(lake.as_ref(), 2, false).await);
    let order = |action: &str, version: Option<&ModelVersion>, request: &str| {
        with(request, json!({ "action": action, "model": "forecast", "version": version }))
    };
    let standing = || async { cloud::models::standing(lake.as_ref(), ModelName::Forecast).await.unwrap() };
    for _ in 0..2 {
        assert_eq!(app.push("control", &order("promote", Some(&first), "a")).await, 204);
    }
    let now = standing().await;
    assert_eq!((now.champion, now.history.len()), (Some(first.clone()), 1));
    assert_eq!((now.history[0].action, now.history[0].by.as_str()), (Step::Promote, "ana"));
    assert!(outcome(&app, "a").await.starts_with("champion from "));
    assert_eq!(app.push("control", &order("promote", Some(&second), "b")).await, 204);
    assert!(outcome(&app, "b").await.contains("did not pass the gate"), "{}", outcome(&app, "b").await);
    let mut forced = order("promote", Some(&second), "c");
    forced["force"] = true.into();
    assert_eq!(app.push("control", &forced).await, 204);
    assert_eq!(standing().await.champion, Some(second.clone()));
    assert_eq!(app.push("control", &order("pin", None, "d")).await, 204);
    assert_eq!(app.push("control", &order("rollback", None, "e")).await, 204);
    assert!(outcome(&app, "e").await.contains("pinned"));
    assert_eq!(app.push("control", &order("unpin", None, "f")).await, 204);
    assert_eq!(app.push("control", &order("rollback", None, "g")).await, 204);
    assert_eq!(standing().await.champion, Some(first.clone()));
    // What is not what its card says never becomes champion.
    let key = Key::ModelBytes { name: ModelName::Forecast, version: second.clone() }.to_string();
    lake.put(&key, b"other".to_vec().into()).await.unwrap();
    let mut damaged = order("promote", Some(&second), "h");
    damaged["force"] = true.into();
    assert_eq!(app.push("control", &damaged).await, 204);
    assert!(outcome(&app, "h").await.starts_with("refused"));
    assert_eq!(standing().await.champion, Some(first));
}

#[tokio::test]
async fn without_a_lake_an_order_about_models_is_refused_and_kept() {
    let app = spawn().await;
    let order = with("a", json!({ "action": "rollback", "model": "sentiment" }));
    assert_eq!(app.push("control", &order).await, 204);
    assert!(outcome(&app, "a").await.contains("QUARTERDAY_LAKE"));
}
