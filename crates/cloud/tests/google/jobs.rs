//! Jobs on Dataproc.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use cloud::gcp::{DataprocJobs, Engine, JobMode, JobSettings, Staging};
use cloud::jobs::{JobStatus, Jobs};
use cloud::machines::{MachineError, Start, Work};
use domain::Stage;
use serde_json::{Value, json};
use stand_ins::{Fault, Google, What};

use super::{request, settings, until, work};

const CLUSTER: &str = "quarterday-split";

fn job_settings(mode: JobMode, staging: Staging) -> JobSettings {
    JobSettings {
        region: "us-x1".into(),
        mode,
        cluster: CLUSTER.into(),
        programs: "gs://lake/programs/1".into(),
        lake: "gs://lake".into(),
        account: Some("split@quarterday-test.iam.gserviceaccount.com".into()),
        subnet: Some("projects/p/regions/us-x1/subnetworks/quarterday".into()),
        machine_type: "n2-standard-4".into(),
        workers: 0,
        engine: Engine::Single,
        staging,
        limit: Duration::from_secs(3600),
        environment: vec![("QUARTERDAY_CLOUD".into(), "gcp".into())],
    }
}

/// Dataproc that keeps the jobs it was given and runs each until it is told.
async fn dataproc(mode: JobMode, staging: Staging) -> (Google, DataprocJobs, Arc<Mutex<Vec<Value>>>) {
    dataproc_with(job_settings(mode, staging)).await
}

async fn dataproc_with(job_settings: JobSettings) -> (Google, DataprocJobs, Arc<Mutex<Vec<Value>>>) {
    let google = Google::start().await;
    let seen = Arc::new(Mutex::new(Vec::new()));
    let kept = seen.clone();
    google.on_job(move |job| {
        kept.lock().unwrap().push(job);
        async {
            tokio::time::sleep(Duration::from_secs(60)).await;
            Ok(())
        }
    });
    let jobs = DataprocJobs::open(&settings(&google), job_settings).await.unwrap();
    (google, jobs, seen)
}

async fn until_submitted(jobs: &DataprocJobs, work: Work) {
    until("submitted", async || {
        let request = request(100 + u128::from(work.attempt), 0);
        matches!(jobs.submit(work, &request).await.unwrap(), Start::Started(None))
    })
    .await;
}

#[tokio::test]
async fn a_stopped_cluster_is_started_does_the_job_once_and_is_stopped_again() {
    let (google, jobs, seen) = dataproc(JobMode::Cluster, Staging::None).await;
    google.add_cluster(CLUSTER, "STOPPED");
    let split = work(Stage::Split, 1);
    assert_eq!(jobs.status(split).await.unwrap(), JobStatus::Unknown);
    until_submitted(&jobs, split).await;
    jobs.submit(split, &request(101, 0)).await.unwrap();
    jobs.submit(split, &request(9, 0)).await.unwrap();
    until("running", async || jobs.status(split).await.unwrap() == JobStatus::Running).await;
    until("at work", async || !seen.lock().unwrap().is_empty()).await;
    assert_eq!(seen.lock().unwrap().len(), 1, "the job's id is the work's");
    let queries = seen.lock().unwrap()[0]["pigJob"]["queryList"]["queries"].to_string();
    for part in
        ["fs -cp -f gs://lake/programs/1/dataproc-job", "QUARTERDAY_CLOUD=gcp", "split --slot 2026-11-21T06Z"]
    {
        assert!(queries.contains(part), "{queries}");
    }
    jobs.release(split, &request(2, 0)).await.unwrap();
    jobs.release(split, &request(2, 0)).await.unwrap();
    until("stopped", async || google.cluster_state(CLUSTER).as_deref() == Some("STOPPED")).await;
    assert!(matches!(jobs.status(split).await.unwrap(), JobStatus::Failed(_) | JobStatus::Ended));
    assert_eq!(google.violations(), [""; 0]);
}

#[tokio::test]
async fn a_cluster_with_other_work_goes_on() {
    let (google, jobs, _) = dataproc(JobMode::Cluster, Staging::Hdfs).await;
    google.add_cluster(CLUSTER, "RUNNING");
    let (one, two) = (work(Stage::Split, 1), work(Stage::Split, 2));
    for job in [one, two] {
        until_submitted(&jobs, job).await;
        until("running", async || jobs.status(job).await.unwrap() == JobStatus::Running).await;
    }
    jobs.release(one, &request(2, 0)).await.unwrap();
    jobs.release_all_but(&[], &request(3, 0)).await.unwrap();
    assert_eq!(google.cluster_state(CLUSTER).as_deref(), Some("RUNNING"));
    jobs.release(two, &request(4, 0)).await.unwrap();
    until("stopped", async || google.cluster_state(CLUSTER).as_deref() == Some("STOPPED")).await;
    assert_eq!(google.violations(), [""; 0]);
}

#[tokio::test]
async fn a_cluster_in_state_error_is_ended_and_named() {
    let (google, jobs, _) = dataproc(JobMode::Cluster, Staging::None).await;
    google.add_cluster(CLUSTER, "ERROR");
    let error = jobs.submit(work(Stage::Split, 1), &request(1, 0)).await.unwrap_err();
    assert!(
        matches!(&error, MachineError::Failed { reason, .. } if reason.contains("state ERROR")),
        "{error}"
    );
    until("stopped", async || google.cluster_state(CLUSTER).as_deref() == Some("STOPPED")).await;
}

#[tokio::test]
async fn a_cluster_is_made_for_one_job_and_deleted_with_it() {
    let (google, jobs, _) = dataproc(JobMode::Ephemeral, Staging::None).await;
    let (one, two) = (work(Stage::Split, 1), work(Stage::Split, 2));
    until_submitted(&jobs, one).await;
    until_submitted(&jobs, two).await;
    assert_eq!(google.clusters().len(), 2);
    jobs.release_all_but(&[one], &request(5, 0)).await.unwrap();
    until("one is left", async || google.clusters() == ["quarterday-split-20261121t06z-1"]).await;
    jobs.release(one, &request(2, 0)).await.unwrap();
    until("none is left", async || google.clusters().is_empty()).await;
    jobs.release(one, &request(2, 0)).await.unwrap();
    assert_eq!(google.violations(), [""; 0]);
}

#[tokio::test]
async fn a_batch_runs_the_program_by_the_script_and_is_ended() {
    let (google, jobs, seen) = dataproc(JobMode::Serverless, Staging::None).await;
    let split = work(Stage::Split, 1);
    jobs.submit(split, &request(1, 0)).await.unwrap();
    jobs.submit(split, &request(2, 0)).await.unwrap();
    until("running", async || seen.lock().unwrap().len() == 1).await;
    assert_eq!(jobs.status(split).await.unwrap(), JobStatus::Running);
    let batch = seen.lock().unwrap()[0]["pysparkBatch"].clone();
    assert_eq!(batch["mainPythonFileUri"], json!("gs://lake/programs/1/run_binary.py"));
    jobs.release(split, &request(3, 0)).await.unwrap();
    until("ended", async || jobs.status(split).await.unwrap() != JobStatus::Running).await;
    assert_eq!(google.violations(), [""; 0]);
}

#[tokio::test]
async fn a_slot_that_outgrows_one_node_goes_to_spark_with_the_same_program_and_arguments() {
    let spark = |mode| JobSettings { engine: Engine::Spark, workers: 4, ..job_settings(mode, Staging::None) };
    let words = json!([
        "QUARTERDAY_CLOUD=gcp",
        "dataproc-job",
        "split",
        "--slot",
        "2026-11-21T06Z",
        "--lake",
        "gs://lake",
        "--attempt",
        "1"
    ]);
    for (mode, kind) in [(JobMode::Ephemeral, "pysparkJob"), (JobMode::Serverless, "pysparkBatch")] {
        let (google, jobs, seen) = dataproc_with(spark(mode)).await;
        until_submitted(&jobs, work(Stage::Split, 1)).await;
        until("at work", async || !seen.lock().unwrap().is_empty()).await;
        let job = seen.lock().unwrap()[0][kind].clone();
        assert_eq!(job["mainPythonFileUri"], json!("gs://lake/programs/1/split_spark.py"));
        assert_eq!((&job["fileUris"], &job["args"]), (&json!(["gs://lake/programs/1/dataproc-job"]), &words));
        assert_eq!(google.violations(), [""; 0]);
    }
}

#[tokio::test]
async fn a_job_that_vanishes_and_a_cluster_that_is_missing_are_said() {
    let (google, jobs, _) = dataproc(JobMode::Cluster, Staging::None).await;
    let error = jobs.submit(work(Stage::Split, 1), &request(1, 0)).await.unwrap_err();
    assert!(error.to_string().contains("terraform apply"), "{error}");
    google.add_cluster(CLUSTER, "RUNNING");
    google.fault(Fault::new("POST", "jobs:submit$", 1, What::JobVanishes));
    jobs.submit(work(Stage::Split, 1), &request(1, 0)).await.unwrap();
    assert_eq!(jobs.status(work(Stage::Split, 1)).await.unwrap(), JobStatus::Unknown);
    let body = json!({ "error": { "code": 429, "message": "slow down", "status": "RESOURCE_EXHAUSTED" } });
    google.fault(Fault::new("POST", "jobs:submit$", 9, What::Status(429, body)));
    let error = jobs.submit(work(Stage::Split, 2), &request(2, 0)).await.unwrap_err();
    assert!(matches!(error, MachineError::Passing { .. }), "{error:?}");
}
