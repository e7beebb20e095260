//! What the ledger holds after a storm: runs that have ended, nothing left on, every failure reported once.

use std::collections::BTreeMap;
use std::fs;

use chrono::{DateTime, Utc};
use cloud::local::BusServer;
use ledger::store;
use sqlx::PgPool;

use super::rig::Rig;

/// Everything that is checked here.
pub(super) async fn check(rig: &Rig) {
    let cluster = rig.database();
    let pool = ledger::connect(cluster.url()).await.unwrap();
    runs_have_ended(rig, &pool).await;
    nothing_is_left_on(rig, &pool).await;
    failures_are_reported_once(rig, &pool).await;
    dead_letters_are_reported(rig, &pool).await;
    pool.close().await;
}

async fn runs_have_ended(rig: &Rig, pool: &PgPool) {
    for slot in &rig.slots {
        let run = store::run(pool, *slot).await.unwrap().unwrap();
        assert_eq!(run.illegality(), None, "{slot}");
        for stage in &run.stages {
            assert!(stage.state.is_terminal(), "{slot} {}", stage.stage);
            // Counted on from attempt to attempt: none was skipped, none is told of twice.
            let starts: Vec<i32> = store::transitions(pool, *slot)
                .await
                .unwrap()
                .into_iter()
                .filter(|t| t.stage == stage.stage.as_str() && t.to_state == "starting")
                .map(|t| t.attempt)
                .collect();
            assert_eq!(
                starts,
                (1..=stage.attempt.cast_signed()).collect::<Vec<_>>(),
                "{slot} {}",
                stage.stage
            );
        }
    }
}

async fn nothing_is_left_on(rig: &Rig, pool: &PgPool) {
    let on: Vec<(DateTime<Utc>, String, i32, String)> =
        sqlx::query_as("select slot, stage, attempt, state from operations where state <> 'stopped'")
            .fetch_all(pool)
            .await
            .unwrap();
    assert!(on.is_empty(), "{on:#?}\n{}", rig.said());
    let left = tests::processes::find(&["--lake", &rig.home.display().to_string()]);
    assert!(left.is_empty(), "{left:?}");
}

/// A run that failed has one alert for each time that it did, which has ended since it was repaired; and the log says so as
/// often, but where the disk was full or the program was killed between the two.
async fn failures_are_reported_once(rig: &Rig, pool: &PgPool) {
    let alerts: Vec<(String, bool)> =
        sqlx::query_as("select key, ended_at is not null from alerts order by id")
            .fetch_all(pool)
            .await
            .unwrap();
    let mut raised: BTreeMap<&str, usize> = BTreeMap::new();
    for (key, _) in &alerts {
        *raised.entry(key).or_default() += 1;
    }
    for slot in &rig.slots {
        let transitions = store::transitions(pool, *slot).await.unwrap();
        let failures = transitions.iter().filter(|t| t.to_state == "failed").count();
        let key = format!("run-failed/{slot}");
        let found = raised.get(key.as_str()).copied().unwrap_or_default();
        // A repetition that fails again does so while the alert of the first time is still open.
        assert!(
            found <= failures && (found > 0) == (failures > 0),
            "{key}: {failures} failures, {found} alerts"
        );
        let open = alerts.iter().any(|(known, ended)| *known == key && !ended);
        assert!(!open, "{key} is still open although the run was repaired");
    }
    let log = fs::read_to_string(rig.home.join("logs/functions.log")).unwrap();
    for (key, count) in raised {
        let lines = log.lines().filter(|line| line.contains(&format!("alert=\"{key}\""))).count();
        assert!(lines <= count + rig.ended_functions, "{key}: {count} alerts, {lines} lines in the log");
        assert!(lines >= count || rig.was_full, "{key}: {count} alerts, {lines} lines in the log");
    }
}

/// What nobody took lies in the ledger with its reason, and an alert tells of it.
async fn dead_letters_are_reported(rig: &Rig, pool: &PgPool) {
    for letter in BusServer::dead_letters(&rig.home.join("bus")).unwrap() {
        let source = letter.subscription.name;
        if letter.subscription.topic == "dead-letter" {
            // The functions were gone for longer than the bus tries: it is in its file, and `quarterday status` shows it.
            continue;
        }
        let parked: i64 = sqlx::query_scalar(
            "select count(*) from dead_letters where subscription = $1 and parked_at is not null",
        )
        .bind(&source)
        .fetch_one(pool)
        .await
        .unwrap();
        let told: i64 = sqlx::query_scalar("select count(*) from alerts where key = $1")
            .bind(format!("dead-letter/{source}"))
            .fetch_one(pool)
            .await
            .unwrap();
        assert!(parked > 0 && told == 1, "{source}: {parked} parked, {told} alerts");
    }
}
