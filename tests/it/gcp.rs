//! A run with `QUARTERDAY_CLOUD=gcp`: the same programs on stand-ins for Google's services. Pub/Sub is Google's emulator;
//! without it the test is skipped, loudly.

mod installation;

use std::collections::BTreeMap;
use std::time::Duration;

use chrono::{DateTime, Utc};
use domain::lake::sha256;
use domain::run::{RunStatus, Stage, StageState};
use domain::{Run, Slot};
use ledger::store;
use serde_json::json;
use tests::installation::Installation;
use tests::world;

use installation::GcpInstallation;

/// A recorded world where one lies beside the project, else a generated one.
fn a_world(folder: &std::path::Path) -> (std::path::PathBuf, Slot) {
    let shared =
        std::env::var_os("QUARTERDAY_SHARED").map_or_else(|| "../../shared".into(), std::path::PathBuf::from);
    let recorded = shared.join("data/worlds/us-2020");
    if recorded.is_dir() {
        return (recorded.canonicalize().unwrap(), "2020-08-04T18Z".parse().unwrap());
    }
    let generated = world::generate(folder);
    let slot = world::slot(&generated, 4);
    (generated, slot)
}

/// Key and sha256 of what lies below `prefix`.
fn below(prefix: &str, objects: impl IntoIterator<Item = (String, String)>) -> BTreeMap<String, String> {
    objects.into_iter().filter(|(key, _)| key.starts_with(prefix)).collect()
}

/// How long nobody was at work: from `slot-due` to the first sign of life, and between one stage's end and the next one's.
async fn orchestration(pool: &sqlx::PgPool, slot: Slot) -> Duration {
    let transitions = store::transitions(pool, slot).await.unwrap();
    let mut asked: Option<DateTime<Utc>> = None;
    let mut idle = chrono::Duration::zero();
    for change in &transitions {
        match change.to_state.as_str() {
            "starting" => asked = Some(change.at),
            _ => idle += asked.take().map_or_else(chrono::Duration::zero, |at| change.at - at),
        }
    }
    idle.to_std().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_on_google_cloud_publishes_what_a_run_on_one_machine_does() {
    let folder = tempfile::tempdir().unwrap();
    let (world, slot) = a_world(folder.path());
    let Some(gcp) = GcpInstallation::start(&world, slot, &[]).await else { return };
    gcp.pubsub.publish("slot-due", &json!({ "slot": slot })).await;
    let run = gcp.until_ended(slot, Duration::from_secs(120)).await;
    assert_eq!(run.status(), RunStatus::Succeeded, "{run:#?}\n{}", gcp.logs());

    let local = Installation::new();
    let (expected_world, expected_slot) = (world.clone(), slot);
    let (report, objects) = tokio::task::spawn_blocking(move || {
        let report = local.run_well(&expected_world, expected_slot);
        (report, local.objects())
    })
    .await
    .unwrap();
    assert_eq!(report["runs"][0]["status"], "succeeded");
    let remote = gcp.google.objects("lake").into_iter().map(|(key, bytes)| (key, sha256(&bytes)));
    let (local, remote) = (objects.into_iter().collect::<Vec<_>>(), remote.collect::<Vec<_>>());
    for area in ["assets/", "predictions/"] {
        let (here, there) = (below(area, local.clone()), below(area, remote.clone()));
        assert!(here.len() > 5, "nothing to compare in {area}");
        assert_eq!(there, here, "{area}: the same objects with the same bytes");
    }
    assert_eq!(gcp.published(slot).await, 1, "the site has one version of the slot");
    for (place, instance) in gcp.google.instances() {
        assert_eq!(instance.status, "TERMINATED", "{place:?} is left on");
        assert!(instance.starts <= 1, "{place:?} was started {} times", instance.starts);
    }
    gcp.until("the cluster is stopped", async || {
        gcp.google.cluster_state("quarterday-split").as_deref() == Some("STOPPED")
    })
    .await;
    let violations = gcp.google.violations();
    assert!(violations.is_empty(), "{violations:#?}");
    let idle = orchestration(&gcp.pool, slot).await;
    eprintln!(
        "orchestration of {slot}: {:.2} s from slot-due to published, the programs' own start included",
        idle.as_secs_f64()
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stage_that_dies_is_done_again_and_an_operator_can_skip_and_cancel() {
    let folder = tempfile::tempdir().unwrap();
    let generated = world::generate(folder.path());
    let slot = world::slot(&generated, 4);
    let settings = [("QUARTERDAY_DATAPROC", "ephemeral"), ("QUARTERDAY_LOST_S", "2")];
    let Some(gcp) = GcpInstallation::start(&generated, slot, &settings).await else { return };
    gcp.kill_next_job();
    gcp.pubsub.publish("slot-due", &json!({ "slot": slot })).await;
    let run = gcp.until_ended(slot, Duration::from_secs(120)).await;
    assert_eq!(run.status(), RunStatus::Succeeded, "{run:#?}\n{}", gcp.logs());
    assert_eq!(run.stage(Stage::Split).attempt, 2);
    gcp.until("no cluster is left", async || gcp.google.clusters() == ["quarterday-split"]).await;

    let next = slot.next();
    gcp.operate(&["skip", "--slot", &next.to_string(), "--reason", "holiday"]);
    let skipped = gcp.until_ended(next, Duration::from_secs(30)).await;
    assert!(skipped.stages.iter().all(|s| s.state == StageState::Skipped), "{skipped:?}");
    gcp.operate(&["hold", "ml", "--for", "2h", "--reason", "tuning", "--owner", "ana"]);
    gcp.until("the machine knows", async || {
        let all = gcp.google.instances();
        all.iter().any(|((_, name), i)| {
            name == "quarterday-ml" && i.metadata.get("quarterday-hold").is_some_and(|v| !v.is_empty())
        })
    })
    .await;
    gcp.operate(&["run", "--slot", &slot.to_string(), "--stage", "predict"]);
    gcp.until("predicted again", async || {
        gcp.run(slot).await.is_some_and(|r: Run| r.stage(Stage::Publish).attempt == 2)
    })
    .await;
    let again = gcp.until_ended(slot, Duration::from_secs(60)).await;
    assert_eq!(again.status(), RunStatus::Succeeded);
    let on = |gcp: &GcpInstallation| {
        let all = gcp.google.instances();
        all.iter().any(|((_, name), i)| name == "quarterday-ml" && i.status == "RUNNING")
    };
    assert!(on(&gcp), "a held machine stays on");
    gcp.operate(&["release", "ml"]);
    gcp.until("the machine is off", async || !on(&gcp)).await;
    let kept = store::overrides::recent(&gcp.pool, 9).await.unwrap();
    let actions: Vec<&str> = kept.iter().rev().map(|o| o.action.as_str()).collect();
    assert_eq!(actions, ["skip", "hold", "run", "release"]);
}
