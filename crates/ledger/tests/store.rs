//! The ledger on a real Postgres.
#![allow(clippy::unwrap_used)]

use chrono::{DateTime, Duration, Utc};
use domain::Outcome;
use domain::run::{Effect, Event, Limits, RunStatus, Stage, StageState};
use domain::{Run, Slot};
use ledger::store::{self, Hold};
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
    assert!(store::apply(pool, slot(), &Event::Tick, at(0), &limits).await.unwrap().effects.is_empty());
    assert_eq!(store::run(pool, slot()).await.unwrap(), None);

    let due = Event::SlotDue { repeat: false };
    let applied = store::apply(pool, slot(), &due, at(0), &limits).await.unwrap();
    assert_eq!(applied.effects, [Effect::Start { stage: Stage::Collect, attempt: 1 }]);
    for (n, stage) in Stage::ALL.into_iter().enumerate() {
        store::apply(pool, slot(), &Event::Heartbeat { stage, attempt: 1 }, at(n as i64 * 10 + 5), &limits)
            .await
            .unwrap();
        store::apply(pool, slot(), &finished(stage, 1), at(n as i64 * 10 + 10), &limits).await.unwrap();
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
            store::apply(&pool, slot(), &Event::SlotDue { repeat: false }, at(0), &Limits::default())
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
    store::hold(pool, &hold).await.unwrap();
    store::hold(pool, &Hold { expires_at: at(60), ..hold.clone() }).await.unwrap();
    assert_eq!(store::holds(pool, at(59)).await.unwrap().len(), 1);
    assert!(store::holds(pool, at(60)).await.unwrap().is_empty());
    assert!(store::release(pool, "ml", at(61)).await.unwrap());
    assert!(!store::release(pool, "ml", at(62)).await.unwrap());
    assert!(store::hold(pool, &Hold { reason: String::new(), ..hold }).await.is_err());
}
