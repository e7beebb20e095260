//! What is asked of Dataproc: jobs, batches, clusters.

use google_cloud_dataproc_v1::model::{
    Batch, Cluster, ClusterConfig, DiskConfig, EnvironmentConfig, ExecutionConfig, GceClusterConfig,
    InstanceGroupConfig, Job, JobPlacement, JobReference, LifecycleConfig, PigJob, PySparkBatch, PySparkJob,
    QueryList, SoftwareConfig,
};
use google_cloud_wkt::Duration as Seconds;

use super::{Engine, JobSettings, Staging};
use crate::machines::Work;

/// Marks what was made for one job.
pub(super) const LABEL: (&str, &str) = ("quarterday", "split");
/// A cluster's image: Debian, Spark 3.5.
const IMAGE: &str = "2.2-debian12";
/// The node's disk; Dataproc's own default is many times as large.
const DISK_GB: i32 = 60;
/// How long a cluster that was made for one job may be idle before it deletes itself.
const IDLE_S: i64 = 600;

/// What Spark is told on a cluster (a batch has its own rules): a task that hangs is begun a second time elsewhere, and a lost node does not end the job.
const SPARK: [(&str, &str); 2] = [("spark.speculation", "true"), ("spark.task.maxFailures", "8")];

/// The id of a job or batch: lower case letters, digits and hyphens, the same for the same work.
pub(super) fn job_id(work: Work) -> String {
    let slot: String =
        work.slot.to_string().to_lowercase().chars().filter(char::is_ascii_alphanumeric).collect();
    format!("quarterday-{}-{slot}-{}", work.stage, work.attempt)
}

/// The cluster that is made for one job.
pub(super) fn slot_cluster(work: Work) -> String {
    job_id(work)
}

/// The program's arguments after its name.
fn arguments(settings: &JobSettings, work: Work) -> Vec<String> {
    let mut all: Vec<String> = ["split", "--slot"].map(str::to_owned).into();
    all.push(work.slot.to_string());
    all.extend(["--lake".to_owned(), settings.lake.clone()]);
    all.extend(["--attempt".to_owned(), work.attempt.to_string()]);
    if settings.staging == Staging::Hdfs {
        all.extend(["--staging".to_owned(), format!("hdfs:///quarterday/{}", job_id(work))]);
    }
    all
}

/// The work as a job of a cluster.
pub(super) fn job_of(project: &str, settings: &JobSettings, cluster: &str, work: Work) -> Job {
    let job = Job::new()
        .set_reference(JobReference::new().set_project_id(project).set_job_id(job_id(work)))
        .set_placement(JobPlacement::new().set_cluster_name(cluster))
        .set_labels([LABEL]);
    match settings.engine {
        Engine::Single => job.set_pig_job(pig_job(settings, work)),
        Engine::Spark => job.set_pyspark_job(
            PySparkJob::new()
                .set_main_python_file_uri(format!("{}/split_spark.py", settings.programs))
                .set_file_uris([format!("{}/dataproc-job", settings.programs)])
                .set_args(words(settings, work))
                .set_properties(SPARK),
        ),
    }
}

/// A job that fetches the program and runs it on the cluster's first node. Pig's shell is how Google's own documentation
/// runs a script there: `fs` copies, `sh` starts.
fn pig_job(settings: &JobSettings, work: Work) -> PigJob {
    let folder = format!("/tmp/{}", job_id(work));
    let program = format!("{folder}/dataproc-job");
    let environment: Vec<String> =
        settings.environment.iter().map(|(name, value)| format!("{name}={value}")).collect();
    let queries = [
        format!("sh mkdir -p {folder};"),
        format!("fs -cp -f {}/dataproc-job file://{program};", settings.programs),
        format!("sh chmod 755 {program};"),
        format!("sh env {} {program} {};", environment.join(" "), arguments(settings, work).join(" ")),
        format!("sh rm -rf {folder};"),
    ];
    PigJob::new().set_query_list(QueryList::new().set_queries(queries))
}

/// What the scripts of `deploy/dataproc` are given: environment, program, arguments.
fn words(settings: &JobSettings, work: Work) -> Vec<String> {
    let environment = settings.environment.iter().map(|(name, value)| format!("{name}={value}"));
    environment.chain(["dataproc-job".to_owned()]).chain(arguments(settings, work)).collect()
}

/// A serverless batch: Spark only, so even on one node a small script of `deploy/` starts the program.
pub(super) fn batch_of(settings: &JobSettings, work: Work) -> Batch {
    let script = match settings.engine {
        Engine::Single => "run_binary.py",
        Engine::Spark => "split_spark.py",
    };
    let batch = PySparkBatch::new()
        .set_main_python_file_uri(format!("{}/{script}", settings.programs))
        .set_file_uris([format!("{}/dataproc-job", settings.programs)])
        .set_args(words(settings, work));
    let limit = Seconds::clamp(i64::try_from(settings.limit.as_secs()).unwrap_or(i64::MAX), 0);
    let mut execution = ExecutionConfig::new().set_ttl(limit);
    if let Some(account) = &settings.account {
        execution = execution.set_service_account(account);
    }
    if let Some(subnet) = &settings.subnet {
        execution = execution.set_subnetwork_uri(subnet);
    }
    Batch::new()
        .set_pyspark_batch(batch)
        .set_labels([LABEL])
        .set_environment_config(EnvironmentConfig::new().set_execution_config(execution))
}

/// A cluster of one node, and workers where they are asked for, without a public address. It deletes itself when it is idle
/// or old.
pub(super) fn cluster_of(settings: &JobSettings, project: &str, name: &str, work: Work) -> Cluster {
    let mut place = GceClusterConfig::new().set_internal_ip_only(true);
    if let Some(subnet) = &settings.subnet {
        place = place.set_subnetwork_uri(subnet);
    }
    if let Some(account) = &settings.account {
        place = place
            .set_service_account(account)
            .set_service_account_scopes(["https://www.googleapis.com/auth/cloud-platform"]);
    }
    let age =
        Seconds::clamp(i64::try_from(settings.limit.as_secs()).unwrap_or(i64::MAX).saturating_add(IDLE_S), 0);
    let lifecycle =
        LifecycleConfig::new().set_idle_delete_ttl(Seconds::clamp(IDLE_S, 0)).set_auto_delete_ttl(age);
    let nodes = |count: i32| {
        InstanceGroupConfig::new()
            .set_num_instances(count)
            .set_disk_config(DiskConfig::new().set_boot_disk_size_gb(DISK_GB))
            .set_machine_type_uri(&settings.machine_type)
    };
    let mut software = SoftwareConfig::new().set_image_version(IMAGE);
    if settings.workers == 0 {
        software = software.set_properties([("dataproc:dataproc.allow.zero.workers", "true")]);
    }
    let mut config = ClusterConfig::new()
        .set_gce_cluster_config(place)
        .set_master_config(nodes(1))
        .set_software_config(software)
        .set_lifecycle_config(lifecycle);
    if settings.workers > 0 {
        config = config.set_worker_config(nodes(i32::try_from(settings.workers).unwrap_or(i32::MAX)));
    }
    Cluster::new()
        .set_project_id(project)
        .set_cluster_name(name)
        .set_labels([(LABEL.0.to_owned(), LABEL.1.to_owned()), ("slot".to_owned(), job_id(work))])
        .set_config(config)
}
