//! The ledger on a real Postgres.
#![allow(clippy::unwrap_used)]

use chrono::{DateTime, Duration, Utc};
use domain::Outcome;
use domain::message::{Action, Control};
use domain::run::{Effect, Event, Limits, RunStatus, Stage, StageState, Work};
use domain::{Run, Slot};
use ledger::store::operations::{self, OperationState};
use ledger::store::overrides::Override;
use ledger::store::{self, Hold, alerts, dead_letters, readings};
use ledger::testing::database;

fn slot() -> Slot {
    "2026-11-21T06Z".parse().unwrap()
}

fn at(seconds: i64) -> DateTime<Utc> {
    slot().close_at() + Duration::seconds(seconds)
}

fn finished(stage: Stage, attempt: u32) -> Event {
    Event::Finished { stage, attempt, outcome: Outcome::Succeeded, message: String::new() }
}

#[tokio::test]
async fn keeps_a_run_and_how_it_came_there() {
    let database = database().await;
    let (pool, limits) = (&database.pool, Limits::default());
    assert!(store::apply(pool, slot(), &Event::Tick, "1", at(0), &limits).await.unwrap().effects.is_empty());
    assert_eq!(store::run(pool, slot()).await.unwrap(), None);

    let due = Event::SlotDue { repeat: false };
    let applied = store::apply(pool, slot(), &due, "2", at(0), &limits).await.unwrap();
    assert_eq!(applied.effects, [Effect::Start { stage: Stage::Collect, attempt: 1 }]);
    for (n, stage) in Stage::ALL.into_iter().enumerate() {
        store::apply(
            pool,
            slot(),
            &Event::Heartbeat { stage, attempt: 1 },
            "3",
            at(n as i64 * 10 + 5),
            &limits,
        )
        .await
        .unwrap();
        store::apply(pool, slot(), &finished(stage, 1), "4", at(n as i64 * 10 + 10), &limits).await.unwrap();
    }
    let run = store::run(pool, slot()).await.unwrap().unwrap();
    assert_eq!(run.status(), RunStatus::Succeeded);
    assert_eq!(run.stage(Stage::Split).started_at, Some(at(10)));
    assert!(store::unfinished_runs(pool).await.unwrap().is_empty());
    assert_eq!(store::recent_runs(pool, 5).await.unwrap(), [run]);
    assert_eq!(store::statuses(pool, slot(), slot()).await.unwrap(), [(slot(), RunStatus::Succeeded)]);

    let transitions = store::transitions(pool, slot()).await.unwrap();
    assert_eq!(transitions.len(), 12, "three changes a stage");
    assert_eq!((transitions[0].to_state.as_str(), transitions[0].cause.as_str()), ("starting", "slot due"));
}

#[tokio::test]
async fn the_same_message_ten_times_at_once_does_one_thing() {
    let database = database().await;
    let all = (0..10).map(|_| {
        let pool = database.pool.clone();
        tokio::spawn(async move {
            store::apply(&pool, slot(), &Event::SlotDue { repeat: false }, "1", at(0), &Limits::default())
                .await
                .unwrap()
                .effects
                .len()
        })
    });
    let mut effects = 0;
    for one in all.collect::<Vec<_>>() {
        effects += one.await.unwrap();
    }
    assert_eq!(effects, 1);
    let run: Run = store::run(&database.pool, slot()).await.unwrap().unwrap();
    assert_eq!(run.stage(Stage::Collect).state, StageState::Starting);
}

#[tokio::test]
async fn a_hold_lasts_until_it_is_released_or_expires() {
    let database = database().await;
    let pool = &database.pool;
    let (machine, owner, reason) = ("ml".to_owned(), "ana".to_owned(), "debugging".to_owned());
    let hold = Hold { machine, owner, reason, held_at: at(0), expires_at: at(7200) };
    assert!(store::hold(pool, &hold, "1").await.unwrap());
    assert!(store::hold(pool, &Hold { expires_at: at(60), ..hold.clone() }, "2").await.unwrap());
    assert!(!store::hold(pool, &hold, "1").await.unwrap(), "the first message comes again, late");
    assert_eq!(store::holds(pool, at(59)).await.unwrap().len(), 1);
    assert!(store::holds(pool, at(60)).await.unwrap().is_empty());
    let release = Hold { held_at: at(61), ..hold.clone() };
    assert!(store::release(pool, &release, "3").await.unwrap());
    assert!(!store::release(pool, &Hold { held_at: at(62), ..hold.clone() }, "4").await.unwrap());
    assert!(store::hold(pool, &Hold { reason: String::new(), ..hold }, "5").await.is_err());
    let kept = store::overrides::recent(pool, 10).await.unwrap();
    let outcomes: Vec<&str> = kept.iter().map(|o| o.outcome.as_str()).collect();
    assert_eq!(outcomes[..2], ["was not held", "released"]);
    assert_eq!((kept.len(), kept[3].owner.as_str(), kept[3].action.as_str()), (4, "ana", "hold"));
}

#[tokio::test]
async fn what_is_to_be_done_is_claimed_by_one_and_left_for_the_next_when_it_dies() {
    let database = database().await;
    let (pool, limits) = (&database.pool, Limits::default());
    store::apply(pool, slot(), &Event::SlotDue { repeat: false }, "7", at(0), &limits).await.unwrap();
    let claims = (0..10).map(|_| {
        let pool = pool.clone();
        tokio::spawn(async move { operations::claim(&pool, Some(slot()), at(0)).await.unwrap() })
    });
    let mut claimed = Vec::new();
    for claim in claims.collect::<Vec<_>>() {
        claimed.extend(claim.await.unwrap());
    }
    assert_eq!(claimed.len(), 1);
    let work = claimed[0].work;
    assert_eq!(operations::claim(pool, None, at(29)).await.unwrap(), []);
    let again = operations::claim(pool, None, at(31)).await.unwrap();
    assert_eq!(again[0].request_id, claimed[0].request_id, "the same request, so that it is done once");

    operations::try_again(pool, work, "stock-out", true, at(40)).await.unwrap();
    assert_eq!(operations::claim(pool, None, at(41)).await.unwrap()[0].tries, 1);
    operations::started(pool, work, "", "").await.unwrap();
    assert_eq!(operations::claim(pool, None, at(9999)).await.unwrap(), []);
    store::apply(pool, slot(), &finished(Stage::Collect, 1), "8", at(50), &limits).await.unwrap();
    let due: Vec<_> = operations::claim(pool, None, at(50))
        .await
        .unwrap()
        .iter()
        .map(|o| (o.work.stage, o.state))
        .collect();
    assert_eq!(due, [(Stage::Collect, OperationState::Stopping), (Stage::Split, OperationState::Asked)]);
    operations::stopped(pool, work).await.unwrap();
    assert_eq!(operations::open(pool, slot()).await.unwrap().len(), 1);
}

#[tokio::test]
async fn what_failed_is_stopped_at_once_and_started_again_after_a_pause() {
    let database = database().await;
    let pool = &database.pool;
    let limits = Limits { pause: chrono::Duration::seconds(20), ..Limits::default() };
    store::apply(pool, slot(), &Event::SlotDue { repeat: false }, "7", at(0), &limits).await.unwrap();
    assert_eq!(
        operations::claim(pool, None, at(0)).await.unwrap().len(),
        1,
        "the first attempt waits for nothing"
    );
    let lost = Event::Lost { stage: Stage::Collect, attempt: 1, message: "gone".to_owned() };
    store::apply(pool, slot(), &lost, "8", at(10), &limits).await.unwrap();
    let due = async |seconds: i64| {
        let due = operations::claim(pool, Some(slot()), at(seconds)).await.unwrap();
        due.iter().map(|o| (o.work.attempt, o.state)).collect::<Vec<_>>()
    };
    assert_eq!(due(10).await, [(1, OperationState::Stopping)]);
    let first = Work { slot: slot(), stage: Stage::Collect, attempt: 1 };
    operations::stopped(pool, first).await.unwrap();
    assert_eq!(due(29).await, []);
    assert_eq!(due(36).await, [(2, OperationState::Asked)]);
    // A clock that was ahead for a moment lends no pause of its own.
    let lost = Event::Lost { stage: Stage::Collect, attempt: 2, message: "gone".to_owned() };
    store::apply(pool, slot(), &lost, "9", at(500), &limits).await.unwrap();
    assert_eq!(due(500).await, [(2, OperationState::Stopping)]);
    assert_eq!(due(40).await, [(3, OperationState::Asked)]);
    assert_eq!(due(41).await, [], "left to who claimed it, as ever");
}

#[tokio::test]
async fn an_operators_word_counts_once_and_is_kept() {
    let database = database().await;
    let (pool, limits) = (&database.pool, Limits::default());
    store::apply(pool, slot(), &Event::SlotDue { repeat: false }, "1", at(0), &limits).await.unwrap();
    let control = Control {
        action: Action::Skip,
        slot: slot(),
        stage: Some(Stage::Collect),
        owner: "ana".into(),
        reason: "all sources are down".into(),
        request: String::new(),
    };
    let event = control.event().unwrap();
    let first = store::apply_control(pool, &control, &event, "9", at(1), &limits).await.unwrap().unwrap();
    assert_eq!(first.effects.len(), 2);
    assert_eq!(store::apply_control(pool, &control, &event, "9", at(2), &limits).await.unwrap(), None);
    let again = store::apply_control(pool, &control, &event, "10", at(3), &limits).await.unwrap().unwrap();
    assert!(again.effects.is_empty());
    let kept = store::overrides::recent(pool, 10).await.unwrap();
    let outcomes: Vec<&str> = kept.iter().map(|o| o.outcome.as_str()).collect();
    assert_eq!(outcomes, ["nothing changed: collect has ended", "collect skipped, split starting"]);
}

#[tokio::test]
async fn an_alert_is_raised_once_and_a_dead_letter_keeps_its_reason() {
    let database = database().await;
    let pool = &database.pool;
    assert!(alerts::raise(pool, "stock-out/collect", "no zone has room", at(0)).await.unwrap());
    assert!(!alerts::raise(pool, "stock-out/collect", "no zone has room", at(1)).await.unwrap());
    assert!(alerts::end(pool, "stock-out/collect", at(2)).await.unwrap());
    assert!(alerts::open(pool).await.unwrap().is_empty());
    assert!(alerts::raise(pool, "stock-out/collect", "again", at(3)).await.unwrap());

    let sub = "functions-slot-due";
    dead_letters::note(pool, "1", sub, b"x", "refused: content", at(0)).await.unwrap();
    assert!(dead_letters::parked(pool, 10).await.unwrap().is_empty(), "it may still be taken");
    assert!(dead_letters::park(pool, "77", sub, b"x", "unknown", at(9)).await.unwrap());
    assert!(!dead_letters::park(pool, "77", sub, b"x", "unknown", at(10)).await.unwrap());
    let parked = dead_letters::parked(pool, 10).await.unwrap();
    assert_eq!((parked.len(), parked[0].reason.as_str()), (1, "refused: content"));
}

#[tokio::test]
async fn what_is_counted_ends_when_the_trouble_does() {
    let database = database().await;
    let (pool, limits) = (&database.pool, Limits::default());
    store::apply(pool, slot(), &Event::SlotDue { repeat: false }, "1", at(0), &limits).await.unwrap();
    for stage in Stage::ALL {
        let beat = Event::Heartbeat { stage, attempt: 1 };
        store::apply(pool, slot(), &beat, "2", at(5), &limits).await.unwrap();
        store::apply(pool, slot(), &finished(stage, 1), "3", at(10), &limits).await.unwrap();
    }
    let stages = readings::stages(pool).await.unwrap();
    let attempts: Vec<i32> = stages.iter().map(|stage| stage.attempts).collect();
    assert_eq!(attempts, [1, 1, 1, 1], "those that were needed, not those that there might have been");

    let sub = "functions-slot-due";
    alerts::raise(pool, "dead-letter/functions-slot-due", "one", at(0)).await.unwrap();
    dead_letters::park(pool, "77", sub, b"x", "unknown", at(9)).await.unwrap();
    assert_eq!(readings::counts(pool).await.unwrap().dead_letters, 1);
    assert_eq!(readings::alerts(pool).await.unwrap(), [("dead-letter".to_owned(), 1)]);
    assert!(dead_letters::is_known(pool, sub, b"x").await.unwrap());
    assert!(!dead_letters::is_known(pool, sub, b"y").await.unwrap());

    let letter = dead_letters::find(pool, "77", sub).await.unwrap().unwrap();
    let order = Override {
        message_id: "9".to_owned(),
        action: "drop".to_owned(),
        subject: "77".to_owned(),
        stage: None,
        owner: "ann".to_owned(),
        reason: "a test".to_owned(),
        at: at(20),
        outcome: "done".to_owned(),
    };
    assert_eq!(dead_letters::settle(pool, &letter, "dropped", &order).await.unwrap(), (true, 0));
    alerts::end(pool, "dead-letter/functions-slot-due", at(20)).await.unwrap();
    assert_eq!(readings::counts(pool).await.unwrap().dead_letters, 0);
    assert_eq!(readings::alerts(pool).await.unwrap(), [("dead-letter".to_owned(), 0)]);
    assert!(dead_letters::is_known(pool, sub, b"x").await.unwrap(), "settled, and not unheard of");
}
