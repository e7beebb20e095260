//! Messages, in order and out of it.

use cloud::machines::MachineError;
use domain::Outcome;
use domain::message::{Heartbeat, SlotDue};
use domain::run::{RunStatus, Stage, StageState};
use serde_json::json;

use crate::kit::{slot, spawn};

#[tokio::test]
async fn a_slot_goes_through_all_stages_and_every_machine_is_stopped() {
    let app = spawn().await;
    assert_eq!(app.push("slot-due", &SlotDue { slot: Some(slot()), repeat: false }).await, 204);
    assert_eq!(
        app.push("heartbeat", &Heartbeat { slot: slot(), stage: Stage::Collect, attempt: 1 }).await,
        204
    );
    assert_eq!(app.run().await.stage(Stage::Collect).state, StageState::Running);
    for stage in Stage::ALL {
        assert_eq!(app.finished(stage, 1, Outcome::Succeeded).await, 204);
    }
    assert_eq!(app.run().await.status(), RunStatus::Succeeded);
    let expected = [
        "start collector collect 1",
        "stop collector",
        "start cluster split 1",
        "start ml predict 1",
        "stop ml",
        "publish publish-due",
    ];
    assert_eq!(app.world.asked(), expected);
}

#[tokio::test]
async fn every_message_ten_times_does_one_thing() {
    let app = spawn().await;
    for _ in 0..10 {
        app.push("slot-due", &SlotDue { slot: Some(slot()), repeat: false }).await;
    }
    for stage in Stage::ALL {
        for _ in 0..10 {
            assert_eq!(app.finished(stage, 1, Outcome::Succeeded).await, 204);
        }
    }
    let starts = app.world.asked().iter().filter(|asked| asked.starts_with("start")).count();
    assert_eq!((starts, app.run().await.status()), (3, RunStatus::Succeeded));
}

#[tokio::test]
async fn predictions_are_made_in_the_order_of_slots() {
    let app = spawn().await;
    let later = slot().next();
    for slot in [slot(), later] {
        app.push("slot-due", &SlotDue { slot: Some(slot), repeat: false }).await;
    }
    for stage in [Stage::Collect, Stage::Split] {
        app.finished_in(later, stage, 1, Outcome::Succeeded).await;
    }
    assert!(
        !app.world.asked().iter().any(|asked| asked.starts_with("start ml")),
        "the earlier slot comes first"
    );
    for stage in [Stage::Collect, Stage::Split, Stage::Predict] {
        app.finished(stage, 1, Outcome::Succeeded).await;
    }
    let starts: Vec<String> =
        app.world.asked().into_iter().filter(|asked| asked.starts_with("start ml")).collect();
    assert_eq!(starts.len(), 2, "the later slot follows at once");
    assert_eq!(app.world.on.lock().unwrap()["ml"].unwrap().slot, later);
}

fn splits(asked: &[String]) -> usize {
    asked.iter().filter(|asked| asked.starts_with("start cluster split")).count()
}

#[tokio::test]
async fn a_split_waits_for_that_of_the_slot_just_before() {
    let app = spawn().await;
    let later = slot().next();
    for slot in [slot(), later] {
        app.push("slot-due", &SlotDue { slot: Some(slot), repeat: false }).await;
    }
    app.finished_in(later, Stage::Collect, 1, Outcome::Succeeded).await;
    assert_eq!(splits(&app.world.asked()), 0, "the earlier slot is still collecting");
    app.finished(Stage::Collect, 1, Outcome::Partial).await;
    assert_eq!(splits(&app.world.asked()), 1, "its own turn");
    app.finished(Stage::Split, 1, Outcome::Partial).await;
    assert_eq!(splits(&app.world.asked()), 2, "the later slot follows at once");
}

#[tokio::test]
async fn a_split_does_not_wait_for_a_slot_that_failed_or_was_never_due() {
    let app = spawn().await;
    let later = slot().next();
    for slot in [slot(), later, later.next().next()] {
        app.push("slot-due", &SlotDue { slot: Some(slot), repeat: false }).await;
    }
    app.finished_in(later.next().next(), Stage::Collect, 1, Outcome::Succeeded).await;
    assert_eq!(splits(&app.world.asked()), 1, "there is no run just before it");
    app.finished_in(later, Stage::Collect, 1, Outcome::Succeeded).await;
    assert_eq!(splits(&app.world.asked()), 1);
    app.finished(Stage::Collect, 1, Outcome::Failed).await;
    app.finished(Stage::Collect, 2, Outcome::Failed).await;
    assert_eq!(app.run().await.status(), RunStatus::Failed);
    app.pass(1);
    app.push("watchdog", &json!({})).await;
    assert_eq!(splits(&app.world.asked()), 2);
}

#[tokio::test]
async fn the_time_that_a_slot_waits_its_turn_is_not_held_against_it() {
    let app = spawn().await;
    let later = slot().next();
    for slot in [slot(), later] {
        app.push("slot-due", &SlotDue { slot: Some(slot), repeat: false }).await;
    }
    for stage in [Stage::Collect, Stage::Split] {
        app.finished_in(later, stage, 1, Outcome::Succeeded).await;
    }
    // The earlier slot takes fifty minutes, and says that it is alive.
    for _ in 0..25 {
        app.pass(120);
        app.push("heartbeat", &Heartbeat { slot: slot(), stage: Stage::Collect, attempt: 1 }).await;
        app.push("watchdog", &json!({})).await;
    }
    for stage in [Stage::Collect, Stage::Split, Stage::Predict] {
        app.finished(stage, 1, Outcome::Succeeded).await;
    }
    let run = ledger::store::run(&app.database.pool, later).await.unwrap().unwrap();
    assert_eq!(
        (run.stage(Stage::Predict).attempt, run.stage(Stage::Predict).state),
        (1, StageState::Starting)
    );
    assert_eq!(app.world.on.lock().unwrap()["ml"].unwrap().slot, later, "it is started at once");
}

#[tokio::test]
async fn a_failed_attempt_is_repeated_and_then_given_up() {
    let app = spawn().await;
    app.push("slot-due", &SlotDue { slot: Some(slot()), repeat: false }).await;
    app.finished(Stage::Collect, 1, Outcome::Failed).await;
    app.finished(Stage::Collect, 1, Outcome::Succeeded).await;
    assert_eq!(
        app.run().await.stage(Stage::Collect).attempt,
        2,
        "the late word of the first attempt changes nothing"
    );
    app.finished(Stage::Collect, 2, Outcome::Failed).await;
    assert_eq!(app.run().await.status(), RunStatus::Failed);
    app.push("slot-due", &SlotDue { slot: Some(slot()), repeat: true }).await;
    assert_eq!(app.run().await.stage(Stage::Collect).state, StageState::Starting);
}

#[tokio::test]
async fn a_machine_that_cannot_be_started_uses_up_attempts() {
    let app = spawn().await;
    for _ in 0..2 {
        let (machine, reason) = ("collector".to_owned(), "403 not allowed".to_owned());
        app.world.failures.lock().unwrap().push(MachineError::Failed { machine, reason });
    }
    assert_eq!(app.push("slot-due", &SlotDue { slot: Some(slot()), repeat: false }).await, 204);
    let run = app.run().await;
    assert_eq!(run.status(), RunStatus::Failed);
    assert!(
        run.stage(Stage::Collect).message.contains("403 not allowed"),
        "{}",
        run.stage(Stage::Collect).message
    );
}

#[tokio::test]
async fn refuses_strangers_and_nonsense() {
    let app = spawn().await;
    let due = SlotDue { slot: Some(slot()), repeat: false };
    assert_eq!(app.push_with("slot-due", &due, "wrong").await, 401);
    assert_eq!(app.push("slot-due", &json!({ "slot": "yesterday" })).await, 400);
    assert_eq!(
        app.push("collect-finished", &json!({ "slot": slot(), "stage": "cook", "attempt": 1 })).await,
        400
    );
    assert_eq!(app.push("nonesuch", &due).await, 404);
    assert!(app.world.asked().is_empty());
    let unknown_run = app.finished(Stage::Collect, 1, Outcome::Succeeded).await;
    assert_eq!(unknown_run, 204, "a message about a run that never was is done with");
    assert!(app.world.asked().is_empty());
}
