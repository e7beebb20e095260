//! Dataproc.

use std::time::Duration;

use google_cloud_dataproc_v1::client::{BatchController, ClusterController, JobController};
use google_cloud_dataproc_v1::model::list_jobs_request::JobStateMatcher;
use google_cloud_dataproc_v1::model::{
    Batch, Cluster, ClusterConfig, GceClusterConfig, InstanceGroupConfig, Job, JobPlacement, JobReference,
    LifecycleConfig, PigJob, PySparkBatch, QueryList, SoftwareConfig,
};
use google_cloud_lro::Poller;
use google_cloud_wkt::Duration as WireDuration;
use serde_json::Value;
use stand_ins::{Fault, Google, What};

use crate::{PROJECT, REGION, anonymous, backoff, fits, until};

async fn jobs(google: &Google) -> JobController {
    JobController::builder().with_endpoint(&google.url).with_credentials(anonymous()).build().await.unwrap()
}

async fn clusters(google: &Google) -> ClusterController {
    let builder = ClusterController::builder().with_endpoint(&google.url).with_credentials(anonymous());
    builder.with_polling_backoff_policy(backoff()).build().await.unwrap()
}

async fn batches(google: &Google) -> BatchController {
    let builder = BatchController::builder().with_endpoint(&google.url).with_credentials(anonymous());
    builder.with_polling_backoff_policy(backoff()).build().await.unwrap()
}

fn job(id: &str) -> Job {
    Job::new()
        .set_placement(JobPlacement::new().set_cluster_name("split"))
        .set_reference(JobReference::new().set_project_id(PROJECT).set_job_id(id))
        .set_pig_job(PigJob::new().set_query_list(QueryList::new().set_queries(["sh ./dataproc-job split"])))
}

async fn submit(client: &JobController, id: &str) -> Result<Job, google_cloud_gax::error::Error> {
    client.submit_job().set_project_id(PROJECT).set_region(REGION).set_job(job(id)).send().await
}

async fn state(client: &JobController, id: &str) -> String {
    let job =
        client.get_job().set_project_id(PROJECT).set_region(REGION).set_job_id(id).send().await.unwrap();
    job.status.unwrap().state.name().unwrap().to_owned()
}

#[tokio::test]
async fn jobs_run_fail_and_are_cancelled() {
    let google = Google::start().await;
    google.add_cluster("split", "RUNNING");
    google.on_job(async |job: Value| match job["reference"]["jobId"].as_str() {
        Some("good") if job["pigJob"]["queryList"]["queries"][0] == "sh ./dataproc-job split" => Ok(()),
        Some("panics") => panic!("as planned"),
        Some("slow") => std::future::pending().await,
        _ => Err("exit code 1".to_owned()),
    });
    let client = jobs(&google).await;
    for id in ["good", "bad", "panics", "slow"] {
        assert_eq!(submit(&client, id).await.unwrap().status.unwrap().state.name(), Some("PENDING"));
    }
    until(|| {
        ["good", "bad", "panics"]
            .iter()
            .all(|id| matches!(google.job_states()[*id].as_str(), "DONE" | "ERROR"))
    })
    .await;
    assert_eq!(
        (state(&client, "good").await.as_str(), state(&client, "bad").await.as_str()),
        ("DONE", "ERROR")
    );
    let bad =
        client.get_job().set_project_id(PROJECT).set_region(REGION).set_job_id("bad").send().await.unwrap();
    assert_eq!((bad.status.unwrap().details.as_str(), bad.status_history.len()), ("exit code 1", 2));
    assert_eq!(state(&client, "slow").await, "RUNNING");
    let cancelled = client
        .cancel_job()
        .set_project_id(PROJECT)
        .set_region(REGION)
        .set_job_id("slow")
        .send()
        .await
        .unwrap();
    assert_eq!(cancelled.status.unwrap().state.name(), Some("CANCELLED"));
    assert_eq!(submit(&client, "good").await.unwrap_err().http_status_code(), Some(409));
    fits(&google);
}

#[tokio::test]
async fn a_job_may_vanish_or_run_for_ever_and_a_repeated_request_is_done_once() {
    let google = Google::start().await;
    google.add_cluster("split", "RUNNING");
    google.fault(Fault::new("POST", "jobs:submit$", 1, What::JobVanishes));
    google.fault(Fault::new("POST", "jobs:submit$", 1, What::OperationNeverEnds));
    let client = jobs(&google).await;
    submit(&client, "vanishes").await.unwrap();
    let get = client.get_job().set_project_id(PROJECT).set_region(REGION).set_job_id("vanishes").send().await;
    assert_eq!(get.unwrap_err().http_status_code(), Some(404));
    submit(&client, "endless").await.unwrap();
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert_eq!(state(&client, "endless").await, "RUNNING");
    let twice = || {
        client
            .submit_job()
            .set_project_id(PROJECT)
            .set_region(REGION)
            .set_job(job("twice"))
            .set_request_id("r-1")
            .send()
    };
    assert_eq!(twice().await.unwrap().job_uuid, twice().await.unwrap().job_uuid);
    fits(&google);
}

#[tokio::test]
async fn clusters_start_stop_and_fail() {
    let google = Google::start().await;
    google.add_cluster("split", "STOPPED");
    let (client, jobs) = (clusters(&google).await, jobs(&google).await);
    assert_eq!(submit(&jobs, "early").await.unwrap_err().http_status_code(), Some(400));
    let start =
        || client.start_cluster().set_project_id(PROJECT).set_region(REGION).set_cluster_name("split");
    let stop = || client.stop_cluster().set_project_id(PROJECT).set_region(REGION).set_cluster_name("split");
    start().set_request_id("r-1").poller().until_done().await.unwrap();
    assert_eq!(google.cluster_state("split").as_deref(), Some("RUNNING"));
    assert_eq!(start().send().await.unwrap_err().http_status_code(), Some(400));
    google.on_job(async |_| std::future::pending().await);
    submit(&jobs, "running").await.unwrap();
    stop().poller().until_done().await.unwrap();
    assert_eq!(google.cluster_state("split").as_deref(), Some("STOPPED"));
    assert_eq!(state(&jobs, "running").await, "ERROR");
    google.fault(Fault::new(
        "POST",
        ":start$",
        1,
        What::OperationError("ZONE_RESOURCE_POOL_EXHAUSTED".to_owned()),
    ));
    assert!(
        start().poller().until_done().await.unwrap_err().to_string().contains("ZONE_RESOURCE_POOL_EXHAUSTED")
    );
    let found = client
        .get_cluster()
        .set_project_id(PROJECT)
        .set_region(REGION)
        .set_cluster_name("split")
        .send()
        .await
        .unwrap();
    assert_eq!(found.status.unwrap().state.name(), Some("ERROR"));
    stop().poller().until_done().await.unwrap();
    assert_eq!(google.cluster_state("split").as_deref(), Some("STOPPED"));
    fits(&google);
}

#[tokio::test]
async fn listings_are_filtered() {
    let google = Google::start().await;
    for name in ["split", "other"] {
        google.add_cluster(name, "RUNNING");
    }
    google.on_job(async |job: Value| match job["reference"]["jobId"].as_str() {
        Some("ends") => Ok(()),
        _ => std::future::pending().await,
    });
    let (client, jobs) = (clusters(&google).await, jobs(&google).await);
    let labelled = Cluster::new().set_cluster_name("made").set_labels([("made-by", "quarterday")]);
    let create = client.create_cluster().set_project_id(PROJECT).set_region(REGION).set_cluster(labelled);
    create.poller().until_done().await.unwrap();
    for (filter, expected) in [
        ("", vec!["made", "other", "split"]),
        ("labels.made-by=quarterday", vec!["made"]),
        ("status.state = ACTIVE AND clusterName = split", vec!["split"]),
        ("labels.made-by = * status.state = ERROR", vec![]),
    ] {
        let list = client.list_clusters().set_project_id(PROJECT).set_region(REGION).set_filter(filter);
        let found = list.send().await.unwrap().clusters;
        let names: Vec<_> = found.iter().map(|cluster| cluster.cluster_name.as_str()).collect();
        assert_eq!(names, expected, "{filter}");
    }
    let wrong = client.list_clusters().set_project_id(PROJECT).set_region(REGION).set_filter("name:x");
    assert_eq!(wrong.send().await.unwrap_err().http_status_code(), Some(400));

    submit(&jobs, "ends").await.unwrap();
    submit(&jobs, "lasts").await.unwrap();
    until(|| google.job_states()["ends"] == "DONE").await;
    for (cluster, matcher, expected) in [
        ("split", JobStateMatcher::Active, vec!["lasts"]),
        ("split", JobStateMatcher::NonActive, vec!["ends"]),
        ("split", JobStateMatcher::All, vec!["ends", "lasts"]),
        ("other", JobStateMatcher::All, vec![]),
    ] {
        let list = jobs.list_jobs().set_project_id(PROJECT).set_region(REGION).set_cluster_name(cluster);
        let found = list.set_job_state_matcher(matcher).send().await.unwrap().jobs;
        let ids: Vec<_> = found.into_iter().map(|job| job.reference.unwrap().job_id).collect();
        assert_eq!(ids, expected);
    }
    fits(&google);
}

#[tokio::test]
async fn an_ephemeral_cluster_comes_and_goes() {
    let google = Google::start().await;
    let client = clusters(&google).await;
    let config = ClusterConfig::new()
        .set_gce_cluster_config(
            GceClusterConfig::new().set_service_account("split@example.com").set_internal_ip_only(true),
        )
        .set_master_config(
            InstanceGroupConfig::new().set_num_instances(1).set_machine_type_uri("n2-standard-4"),
        )
        .set_software_config(
            SoftwareConfig::new().set_properties([("dataproc:dataproc.allow.zero.workers", "true")]),
        )
        .set_lifecycle_config(LifecycleConfig::new().set_idle_delete_ttl(WireDuration::clamp(1800, 0)));
    let cluster = Cluster::new().set_cluster_name("split-1").set_project_id(PROJECT).set_config(config);
    let create =
        || client.create_cluster().set_project_id(PROJECT).set_region(REGION).set_cluster(cluster.clone());
    let made = create().poller().until_done().await.unwrap();
    assert_eq!((made.cluster_name.as_str(), made.status.unwrap().state.name()), ("split-1", Some("RUNNING")));
    assert_eq!(create().send().await.unwrap_err().http_status_code(), Some(409));
    let delete =
        client.delete_cluster().set_project_id(PROJECT).set_region(REGION).set_cluster_name("split-1");
    delete.poller().until_done().await.unwrap();
    assert!(google.clusters().is_empty());
    fits(&google);
}

#[tokio::test]
async fn batches_succeed_fail_and_are_cancelled() {
    let google = Google::start().await;
    google.on_job(async |batch: Value| match batch["pysparkBatch"]["args"][0].as_str() {
        Some("good") => Ok(()),
        Some("slow") => std::future::pending().await,
        _ => Err("exit code 1".to_owned()),
    });
    let client = batches(&google).await;
    let parent = format!("projects/{PROJECT}/locations/{REGION}");
    let batch =
        |arg: &str| PySparkBatch::new().set_main_python_file_uri("gs://lake/run_binary.py").set_args([arg]);
    let create = |arg: &str| {
        let batch = Batch::new().set_pyspark_batch(batch(arg));
        client
            .create_batch()
            .set_parent(&parent)
            .set_batch_id(format!("split-{arg}"))
            .set_batch(batch)
            .set_request_id(format!("r-{arg}"))
    };
    let done = create("good").poller().until_done().await.unwrap();
    assert_eq!(done.state.name(), Some("SUCCEEDED"));
    assert!(create("bad").poller().until_done().await.unwrap_err().to_string().contains("exit code 1"));
    let operation = create("slow").send().await.unwrap();
    assert_eq!(create("slow").send().await.unwrap().name, operation.name);
    until(|| google.job_states()["split-slow"] == "RUNNING").await;
    client.cancel_operation().set_name(&operation.name).send().await.unwrap();
    let found = client.get_batch().set_name(format!("{parent}/batches/split-slow")).send().await.unwrap();
    assert_eq!(found.state.name(), Some("CANCELLED"));
    client.delete_batch().set_name(format!("{parent}/batches/split-slow")).send().await.unwrap();
    assert!(!google.job_states().contains_key("split-slow"));
    fits(&google);
}
