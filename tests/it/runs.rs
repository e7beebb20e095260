//! Runs of one slot, and of many.

use std::collections::BTreeSet;

use ledger::postgres::Cluster;
use ledger::store::audit;
use tests::installation::Installation;
use tests::{programs, world};

#[test]
fn a_run_collects_every_post_once_and_is_the_same_every_time() {
    let folder = tempfile::tempdir().unwrap();
    let world = world::generate(folder.path());
    let slot = world::slot(&world, 4);
    let (one, two) = (Installation::new(), Installation::new());
    let report = one.run_well(&world, slot);
    assert_eq!(report["runs"][0]["status"], "succeeded");

    let expected = world::posts_of(&world, slot);
    let collected = one.posts(slot);
    assert!(expected.len() > 20, "the world has too few posts to prove anything");
    assert_eq!(collected.iter().cloned().collect::<BTreeSet<_>>(), expected);
    assert_eq!(collected.len(), expected.len(), "a post was collected twice");

    let objects = one.objects();
    for area in ["raw/", "records/", "assets/", "predictions/"] {
        assert!(objects.keys().any(|key| key.starts_with(area)), "nothing in {area}");
    }
    two.run_well(&world, slot);
    assert_eq!(two.objects(), objects, "the same slot elsewhere gives the same bytes");
    one.run_well(&world, slot);
    assert_eq!(one.objects(), objects, "the same slot again changes nothing");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backfill_runs_every_slot_and_loses_nothing_between_them() {
    let folder = tempfile::tempdir().unwrap();
    let world = world::generate(folder.path());
    let (first, last) = (world::slot(&world, 2), world::slot(&world, 5));
    let installation = Installation::new();
    let mut command = programs::command("quarterday");
    command
        .args(["backfill", "--from", &first.to_string(), "--to", &last.to_string(), "--json"])
        .args(["--reason", "the test wants it", "--world"])
        .arg(&world);
    let output = command.arg("--home").arg(installation.home()).output().unwrap();
    assert!(output.status.success(), "{}\n{}", String::from_utf8_lossy(&output.stderr), installation.logs());
    let report: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(report["runs"].as_array().unwrap().len(), 4);
    for slot in domain::Slot::range(first, last) {
        let collected: BTreeSet<_> = installation.posts(slot).into_iter().collect();
        assert_eq!(collected, world::posts_of(&world, slot), "{slot}");
    }
    // Who, what, why: in the audit log.
    let cluster = Cluster::start(&installation.home(), false).unwrap();
    let pool = ledger::connect(cluster.url()).await.unwrap();
    let rows: Vec<audit::Row> =
        sqlx::query_as("select * from audit_entries where action = 'operations.backfill'")
            .fetch_all(&pool)
            .await
            .unwrap();
    let [row] = rows.try_into().unwrap();
    assert!(row.actor.starts_with("operator ") && row.sha256 == row.digest(), "{row:?}");
    assert_eq!((row.subject, row.reason.as_str()), (format!("{first}/{last}"), "the test wants it"));
    assert!(
        row.detail.contains("\"slots\":4") && row.detail.contains("quarterday backfill"),
        "{}",
        row.detail
    );
    pool.close().await;
}
