//! What people ask for, and what nobody takes.

use cloud::push::PushMessage;
use domain::message::{Action, Control, HoldOrder, SlotDue};
use domain::run::{RunStatus, Stage, StageState};
use domain::{Outcome, Slot};
use ledger::store::{alerts, dead_letters, overrides};
use serde_json::json;

use crate::kit::{App, message, slot, spawn};

fn control(action: Action, stage: Option<Stage>) -> Control {
    Control {
        action,
        slot: slot(),
        stage,
        owner: "ana".into(),
        reason: "because".into(),
        request: String::new(),
    }
}

async fn reasons(app: &App) -> Vec<String> {
    let query = "select reason from dead_letters order by message_id";
    sqlx::query_scalar(query).fetch_all(&app.database.pool).await.unwrap()
}

#[tokio::test]
async fn an_operator_skips_cancels_and_runs_again_and_it_is_kept() {
    let app = spawn().await;
    app.push("slot-due", &SlotDue { slot: Some(slot()), repeat: false }).await;
    assert_eq!(app.push("control", &control(Action::Skip, Some(Stage::Collect))).await, 204);
    assert_eq!(app.world.asked(), ["start collector collect 1", "stop collector", "start cluster split 1"]);
    assert_eq!(app.push("control", &control(Action::Cancel, None)).await, 204);
    assert!(app.world.on.lock().unwrap().is_empty(), "nothing runs on");
    assert_eq!(app.run().await.status(), RunStatus::Failed);
    assert_eq!(app.push("control", &control(Action::Run, Some(Stage::Split))).await, 204);
    assert_eq!(app.run().await.stage(Stage::Split).attempt, 2);
    let wrong = [control(Action::Run, None), control(Action::Cancel, Some(Stage::Split))];
    for wrong in wrong {
        assert_eq!(app.push("control", &wrong).await, 400);
    }
    assert_eq!(
        app.push("control", &Control { reason: " ".into(), ..control(Action::Cancel, None) }).await,
        400
    );
    let kept = overrides::recent(&app.database.pool, 9).await.unwrap();
    let actions: Vec<&str> = kept.iter().rev().map(|o| o.action.as_str()).collect();
    assert_eq!(actions, ["skip", "cancel", "run"]);
    assert!(kept.iter().all(|o| o.owner == "ana" && o.reason == "because"));
}

#[tokio::test]
async fn a_second_delivery_of_a_cancel_does_not_end_the_run_that_came_after() {
    let app = spawn().await;
    app.push("slot-due", &SlotDue { slot: Some(slot()), repeat: false }).await;
    let cancel = message("c-1", "", &serde_json::to_value(control(Action::Cancel, None)).unwrap());
    assert_eq!(app.push_message("control", &cancel).await, 204);
    app.push("slot-due", &SlotDue { slot: Some(slot()), repeat: true }).await;
    assert_eq!(app.push_message("control", &cancel).await, 204);
    assert_eq!(app.run().await.stage(Stage::Collect).state, StageState::Starting);
}

#[tokio::test]
async fn a_scheduler_names_no_slot() {
    let app = spawn().await;
    let at = "2026-11-21T12:00:02.5Z";
    assert_eq!(app.push_message("slot-due", &message("1", at, &json!({}))).await, 204);
    let slot: Slot = "2026-11-21T12Z".parse().unwrap();
    assert!(ledger::store::run(&app.database.pool, slot).await.unwrap().is_some());
}

#[tokio::test]
async fn holds_need_an_owner_a_reason_and_an_end_that_is_near() {
    let app = spawn().await;
    let until = chrono::Utc::now() + chrono::Duration::days(1);
    let hold = |machine: &str, owner: &str, reason: &str, until| HoldOrder {
        machine: machine.into(),
        owner: owner.into(),
        reason: reason.into(),
        until: Some(until),
        request: String::new(),
    };
    for wrong in [
        hold("collector", "ana", "why", until),
        hold("ml", "", "why", until),
        hold("ml", "ana", "", until),
        hold("ml", "ana", "why", until + chrono::Duration::days(30)),
    ] {
        assert_eq!(app.push("hold", &wrong).await, 400, "{wrong:?}");
    }
    assert_eq!(app.push("hold", &hold("ml", "ana", "why", until)).await, 204);
}

#[tokio::test]
async fn what_cannot_be_understood_is_refused_with_a_reason_that_lasts() {
    let app = spawn().await;
    for body in
        ["", "not JSON", "[]", "{}", r#"{"message":{"data":"e30="}}"#, r#"{"subscription":"s","message":7}"#]
    {
        assert_eq!(app.push_raw("slot-due", body).await, 400, "{body}");
    }
    let finished =
        |stage: &str| json!({ "slot": slot(), "stage": stage, "attempt": 1, "outcome": "succeeded" });
    for (topic, content) in [
        ("slot-due", json!({ "slot": "2026-11-21T05Z" })),
        ("slot-due", json!([])),
        ("collect-finished", finished("cook")),
        ("collect-finished", finished("split")),
        (
            "collect-finished",
            json!({ "slot": slot(), "stage": "collect", "attempt": -1, "outcome": "succeeded" }),
        ),
        ("control", json!({ "action": "explode", "slot": slot(), "owner": "a", "reason": "b" })),
        ("publish-due", json!({ "slot": slot(), "attempt": 1 })),
    ] {
        assert_eq!(app.push(topic, &content).await, 400, "{topic} {content}");
    }
    assert!(app.world.asked().is_empty());
    assert_eq!(reasons(&app).await.len(), 7, "each is kept with its reason");

    let huge = message("huge", "", &json!({ "slot": slot(), "pad": "x".repeat(10_000_000) }));
    assert_eq!(app.push_message("slot-due", &huge).await, 400, "ten megabytes are refused, not choked on");
    let told = reasons(&app).await;
    assert!(told.iter().any(|reason| reason.contains("more than any message has")), "{told:?}");
}

#[tokio::test]
async fn a_dead_letter_is_parked_with_the_reason_and_raises_one_alert() {
    let app = spawn().await;
    let wrong = message("m-1", "", &json!({ "slot": "yesterday" }));
    for _ in 0..5 {
        assert_eq!(app.push_message("slot-due", &wrong).await, 400);
    }
    let mut dead = PushMessage { message_id: "m-77".into(), ..wrong };
    for (name, value) in [("Subscription", "functions-slot-due"), ("DeliveryCount", "5")] {
        dead.attributes.insert(format!("CloudPubSubDeadLetterSource{name}"), value.into());
    }
    for _ in 0..3 {
        assert_eq!(app.push_message("dead-letter", &dead).await, 204);
    }
    let parked = dead_letters::parked(&app.database.pool, 9).await.unwrap();
    assert_eq!(parked.len(), 1);
    assert!(
        parked[0].reason.contains("yesterday") || parked[0].reason.contains("slot"),
        "{}",
        parked[0].reason
    );
    assert_eq!(parked[0].subscription, "functions-slot-due");
    let open = alerts::open(&app.database.pool).await.unwrap();
    assert_eq!(open.iter().map(|a| a.key.as_str()).collect::<Vec<_>>(), ["dead-letter/functions-slot-due"]);
}

#[tokio::test]
async fn a_warning_of_a_source_is_an_alert_until_a_slot_has_none() {
    let app = spawn().await;
    let said = |words: &str| json!({ "slot": slot(), "stage": "collect", "attempt": 1, "outcome": "succeeded", "message": words });
    let keys = async || -> Vec<String> {
        alerts::open(&app.database.pool).await.unwrap().into_iter().map(|alert| alert.key).collect()
    };
    app.push("slot-due", &SlotDue { slot: Some(slot()), repeat: false }).await;
    for (words, expected) in [
        ("warning: x: 30 of 40 rows could not be taken", &["sources"][..]),
        ("x partial: a list (limit): …; warning: feeds: it gave no document", &["sources"]),
        ("x partial: a list (limit): …", &[]),
    ] {
        assert_eq!(app.push("collect-finished", &said(words)).await, 204);
        assert_eq!(keys().await, expected, "{words}");
    }
}

#[tokio::test]
async fn a_model_that_drifts_is_an_alert_until_a_slot_has_none() {
    let app = spawn().await;
    let said = |words: &str| json!({ "slot": slot(), "stage": "predict", "attempt": 1, "outcome": "succeeded", "message": words });
    app.push("slot-due", &SlotDue { slot: Some(slot()), repeat: false }).await;
    for (words, expected) in [
        ("AAPL: no bars; warning: forecast drifts: psi returns 0.412", 1),
        ("warning: the champion of sentiment cannot be used", 1),
        ("", 0),
    ] {
        assert_eq!(app.push("predict-finished", &said(words)).await, 204);
        let open = alerts::open(&app.database.pool).await.unwrap();
        assert_eq!(open.len(), expected, "{words}");
        assert!(open.iter().all(|alert| alert.key == "models"));
    }
}

#[tokio::test]
async fn an_old_attempt_and_a_run_that_never_was_change_nothing() {
    let app = spawn().await;
    assert_eq!(app.finished(Stage::Split, 1, Outcome::Succeeded).await, 204);
    app.push("slot-due", &SlotDue { slot: Some(slot()), repeat: false }).await;
    for stage in [Stage::Split, Stage::Publish] {
        assert_eq!(app.finished(stage, 1, Outcome::Succeeded).await, 204);
    }
    assert_eq!(app.finished(Stage::Collect, 7, Outcome::Succeeded).await, 204);
    assert_eq!(app.run().await.stage(Stage::Collect).state, StageState::Starting);
    assert_eq!(app.world.starts().len(), 1);
}
