//! When machines cannot be had, stopped or seen.

use std::sync::atomic::Ordering;

use cloud::machines::Work;
use domain::Outcome;
use domain::message::{HoldOrder, SlotDue};
use domain::run::{RunStatus, Stage, StageState};
use ledger::store::alerts;
use serde_json::json;

use crate::kit::{App, slot, spawn};

async fn due(app: &App) {
    assert_eq!(app.push("slot-due", &SlotDue { slot: Some(slot()), repeat: false }).await, 204);
}

async fn look_round(app: &App) {
    assert_eq!(app.push("watchdog", &json!({})).await, 204);
}

async fn alert_keys(app: &App) -> Vec<String> {
    alerts::open(&app.database.pool).await.unwrap().into_iter().map(|alert| alert.key).collect()
}

#[tokio::test]
async fn a_stock_out_in_every_zone_raises_one_alert_and_is_tried_on_until_it_is_over() {
    let app = spawn().await;
    app.world.places.store(2, Ordering::SeqCst);
    for _ in 0..6 {
        app.world.fails("us-x1-a: ZONE_RESOURCE_POOL_EXHAUSTED", true);
    }
    due(&app).await;
    for _ in 0..3 {
        assert!(alert_keys(&app).await.is_empty(), "two tries in each of two zones come first");
        app.pass(60);
        look_round(&app).await;
    }
    assert_eq!(alert_keys(&app).await, ["stock-out/collect"]);
    assert_eq!(app.run().await.stage(Stage::Collect).attempt, 1, "waiting uses up no attempt");
    for _ in 0..3 {
        app.pass(200);
        look_round(&app).await;
    }
    assert_eq!(app.world.starts(), ["start collector collect 1"]);
    assert!(alert_keys(&app).await.is_empty(), "it has ended");
}

#[tokio::test]
async fn a_machine_that_never_comes_is_given_up_and_says_why() {
    let app = spawn().await;
    for _ in 0..999 {
        app.world.fails("us-x1-a: ZONE_RESOURCE_POOL_EXHAUSTED", true);
    }
    due(&app).await;
    for _ in 0..40 {
        app.pass(170);
        look_round(&app).await;
    }
    let run = app.run().await;
    assert_eq!(run.status(), RunStatus::Failed);
    let message = &run.stage(Stage::Collect).message;
    assert!(message.contains("not started within 1800 s") && message.contains("EXHAUSTED"), "{message}");
    assert!(alert_keys(&app).await.contains(&"run-failed/2026-11-21T06Z".to_owned()));
    assert!(app.world.starts().is_empty());
}

#[tokio::test]
async fn a_machine_that_cannot_be_stopped_is_tried_again_and_raises_one_alert() {
    let app = spawn().await;
    due(&app).await;
    app.world.stop_fails.store(true, Ordering::SeqCst);
    assert_eq!(app.finished(Stage::Collect, 1, Outcome::Succeeded).await, 204);
    assert_eq!(app.run().await.stage(Stage::Split).state, StageState::Starting, "the run goes on");
    for _ in 0..5 {
        app.pass(61);
        look_round(&app).await;
    }
    let keys = alert_keys(&app).await;
    assert_eq!(keys, ["cannot-stop/2026-11-21T06Z collect attempt 1"]);
    app.world.stop_fails.store(false, Ordering::SeqCst);
    app.pass(301);
    look_round(&app).await;
    assert!(!app.world.on.lock().unwrap().contains_key("collector"), "nothing runs on");
    assert!(!alert_keys(&app).await.iter().any(|key| key.starts_with("cannot-stop")));
}

#[tokio::test]
async fn what_somebody_else_started_is_stopped_and_what_is_held_takes_the_next_work() {
    let app = spawn().await;
    app.world.on.lock().unwrap().insert("collector".into(), None);
    look_round(&app).await;
    assert_eq!(app.world.asked(), ["stop collector"]);

    let until = chrono::Utc::now() + chrono::Duration::hours(2);
    let (machine, owner, reason) = ("ml".to_owned(), "ana".to_owned(), "tuning".to_owned());
    let order = HoldOrder { machine, owner, reason, until: Some(until), request: String::new() };
    assert_eq!(app.push("hold", &order).await, 204);
    let old = Work { slot: slot().previous(), stage: Stage::Predict, attempt: 1 };
    app.world.on.lock().unwrap().insert("ml".into(), Some(old));
    due(&app).await;
    app.finished(Stage::Collect, 1, Outcome::Succeeded).await;
    app.finished(Stage::Split, 1, Outcome::Succeeded).await;
    assert_eq!(
        app.world.starts().last().unwrap(),
        "start ml predict 1",
        "it is not busy with what has ended"
    );
    app.finished(Stage::Predict, 1, Outcome::Succeeded).await;
    look_round(&app).await;
    assert!(app.world.on.lock().unwrap().contains_key("ml"), "it is held");
    assert_eq!(app.push("hold", &HoldOrder { until: None, ..order }).await, 204);
    assert!(!app.world.on.lock().unwrap().contains_key("ml"), "a released machine goes off at once");
    assert!(app.world.asked().contains(&"hold ml true".to_owned()));
    assert!(app.world.asked().contains(&"hold ml false".to_owned()));
}

#[tokio::test]
async fn a_run_that_failed_raises_one_alert_which_ends_with_the_run_that_succeeds() {
    let app = spawn().await;
    due(&app).await;
    for attempt in [1, 2] {
        app.finished(Stage::Collect, attempt, Outcome::Failed).await;
    }
    look_round(&app).await;
    assert_eq!(alert_keys(&app).await, ["run-failed/2026-11-21T06Z"]);
    app.push("slot-due", &SlotDue { slot: Some(slot()), repeat: true }).await;
    app.finished(Stage::Collect, 3, Outcome::Succeeded).await;
    for stage in [Stage::Split, Stage::Predict, Stage::Publish] {
        app.finished(stage, 1, Outcome::Succeeded).await;
    }
    assert_eq!(app.run().await.status(), RunStatus::Succeeded);
    assert!(alert_keys(&app).await.is_empty());
}
