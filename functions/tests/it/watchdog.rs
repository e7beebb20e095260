//! What the watchdog finds.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use chrono::Utc;
use cloud::machines::Work;
use domain::Outcome;
use domain::message::{Heartbeat, SlotDue};
use domain::run::{Event, RunStatus, Stage};
use functions::watchdog;
use ledger::store::{self, Hold};
use ledger::testing::database;
use serde_json::json;

use crate::kit::{App, World, orchestrator, slot, spawn};

async fn started() -> App {
    let app = spawn().await;
    app.push("slot-due", &SlotDue { slot: Some(slot()), repeat: false }).await;
    app
}

async fn look_round(app: &App) {
    assert_eq!(app.push("watchdog", &json!({})).await, 204);
}

#[tokio::test]
async fn a_machine_that_died_is_started_again_then_given_up() {
    let app = started().await;
    app.push("heartbeat", &Heartbeat { slot: slot(), stage: Stage::Collect, attempt: 1 }).await;
    app.world.dies("collector");
    look_round(&app).await;
    assert_eq!(app.run().await.stage(Stage::Collect).attempt, 1, "its last word may still be on its way");
    for attempt in [2, 3] {
        app.pass(10);
        look_round(&app).await;
        app.world.dies("collector");
        assert_eq!(app.run().await.stage(Stage::Collect).attempt, attempt.min(2));
    }
    let run = app.run().await;
    assert_eq!(run.status(), RunStatus::Failed);
    assert!(
        run.stage(Stage::Collect).message.contains("its machine is off"),
        "{}",
        run.stage(Stage::Collect).message
    );
}

#[tokio::test]
async fn a_machine_at_work_is_left_alone() {
    let app = started().await;
    app.pass(10);
    look_round(&app).await;
    assert_eq!(app.world.asked(), ["start collector collect 1"]);
}

#[tokio::test]
async fn a_machine_left_on_is_stopped_unless_it_is_held() {
    let app = started().await;
    app.finished(Stage::Collect, 1, Outcome::Succeeded).await;
    let stale = Work { slot: slot().previous(), stage: Stage::Predict, attempt: 1 };
    app.world.on.lock().unwrap().insert("ml".into(), Some(stale));
    let now = Utc::now();
    let (owner, reason) = ("ana".into(), "tuning".into());
    let hold = Hold {
        machine: "ml".into(),
        owner,
        reason,
        held_at: now,
        expires_at: now + chrono::Duration::hours(1),
    };
    store::hold(&app.database.pool, &hold, "h1").await.unwrap();
    look_round(&app).await;
    assert!(!app.world.asked().contains(&"stop ml".to_owned()));
    store::release(&app.database.pool, &hold, "h2").await.unwrap();
    look_round(&app).await;
    assert!(app.world.asked().contains(&"stop ml".to_owned()));
}

#[tokio::test]
async fn a_clock_that_jumps_while_an_attempt_pauses_costs_no_attempt() {
    let (world, database, ahead_s) = (Arc::new(World::default()), database().await, Arc::default());
    let mut orchestrator = orchestrator(&world, &database.pool, &ahead_s);
    orchestrator.patience.limits.pause = chrono::Duration::seconds(20);
    orchestrator.take(slot(), Event::SlotDue { repeat: false }, "1").await.unwrap();
    let first = Work { slot: slot(), stage: Stage::Collect, attempt: 1 };
    orchestrator.lost(first, "gone".to_owned()).await.unwrap();
    watchdog::look_round(&orchestrator, "2").await.unwrap();
    assert_eq!(world.starts(), ["start collector collect 1"], "the second one pauses");
    // Longer than a machine may take to be started.
    ahead_s.store(2 * 3600, Ordering::SeqCst);
    watchdog::look_round(&orchestrator, "3").await.unwrap();
    assert_eq!(world.starts(), ["start collector collect 1", "start collector collect 2"]);
}
