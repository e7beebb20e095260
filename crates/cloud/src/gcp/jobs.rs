//! Dataproc as the cluster that takes jobs: a cluster that is started and stopped, one that is made for each job, or
//! serverless batches. Whichever it is, the same program does the same work on the same lake.

mod cluster;
mod request;

use std::time::Duration;

use async_trait::async_trait;
use google_cloud_dataproc_v1::client::{BatchController, ClusterController, JobController};
use google_cloud_dataproc_v1::model::{Cluster, batch, cluster_status, job_status};
use google_cloud_gax::error::Error;
use google_cloud_gax::options::RequestOptionsBuilder as _;
use google_cloud_gax::paginator::ItemPaginator as _;

use self::request::{batch_of, job_id, job_of, slot_cluster};
use super::error::{GcpError, machine_error, retries, status};
use super::settings::{Settings, credentials};
use crate::jobs::{JobStatus, Jobs};
use crate::machines::{MachineError, Request, Start, Work};

/// How errors name the cluster.
const CLUSTER: &str = "the cluster";
/// How long to wait, in a request, for a cluster that is coming up.
const GLANCE: Duration = Duration::from_millis(1500);

/// What a job runs on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum JobMode {
    /// A cluster that stays, started for a job and stopped after it.
    Cluster,
    /// A cluster that is made for a job and deleted after it.
    Ephemeral,
    /// A serverless batch.
    Serverless,
}

/// Where a job's input is put before it is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Staging {
    /// It is read from the lake.
    None,
    /// It is copied to the cluster's HDFS first.
    Hdfs,
}

/// How a job's work is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Engine {
    /// By the program on one node.
    Single,
    /// By the program in the tasks of a Spark job, for slots that outgrow one node.
    Spark,
}

/// How jobs are submitted.
#[derive(Debug, Clone)]
pub struct JobSettings {
    /// The region.
    pub region: String,
    /// What they run on.
    pub mode: JobMode,
    /// Name of the cluster that stays.
    pub cluster: String,
    /// Folder of the programs, `gs://…`.
    pub programs: String,
    /// The lake.
    pub lake: String,
    /// The account that jobs run as, where the cluster or batch is made by us.
    pub account: Option<String>,
    /// The subnet that clusters and batches lie in, where they are made by us.
    pub subnet: Option<String>,
    /// Machine type of a cluster that is made by us.
    pub machine_type: String,
    /// Workers of a cluster that is made by us, beside its first node.
    pub workers: u32,
    /// How the work is done.
    pub engine: Engine,
    /// Where input is put before it is read.
    pub staging: Staging,
    /// How long a job may take before it is ended by Dataproc itself.
    pub limit: Duration,
    /// Variables that the program gets, endpoints of stand-ins among them.
    pub environment: Vec<(String, String)>,
}

/// Jobs of a project's Dataproc.
pub struct DataprocJobs {
    clusters: ClusterController,
    jobs: JobController,
    batches: BatchController,
    project: String,
    settings: JobSettings,
}

impl DataprocJobs {
    /// Dataproc in the region of `settings`.
    ///
    /// # Errors
    /// There are no credentials.
    pub async fn open(gcp: &Settings, settings: JobSettings) -> Result<Self, GcpError> {
        let own = gcp.endpoints.dataproc.as_ref();
        let endpoint =
            own.cloned().unwrap_or_else(|| format!("https://{}-dataproc.googleapis.com", settings.region));
        let made = GcpError::client("Dataproc");
        macro_rules! client {
            ($service:ident) => {
                $service::builder()
                    .with_endpoint(&endpoint)
                    .with_credentials(credentials(own)?)
                    .with_retry_policy(retries())
                    .build()
                    .await
                    .map_err(&made)?
            };
        }
        Ok(Self {
            clusters: client!(ClusterController),
            jobs: client!(JobController),
            batches: client!(BatchController),
            project: gcp.project.clone(),
            settings,
        })
    }

    async fn submit_to(&self, cluster: &str, work: Work, request: &Request) -> Result<Start, MachineError> {
        let job = job_of(&self.project, &self.settings, cluster, work);
        let submit = self.jobs.submit_job().set_project_id(&self.project).set_region(&self.settings.region);
        let submit =
            submit.set_job(job).set_request_id(request.step("submit").to_string()).with_idempotency(true);
        taken(submit.send().await.map(drop))
    }

    async fn submit_batch(&self, work: Work, request: &Request) -> Result<Start, MachineError> {
        let create = self.batches.create_batch().set_parent(self.location());
        let create = create.set_batch_id(job_id(work)).set_batch(batch_of(&self.settings, work));
        let create = create.set_request_id(request.step("batch").to_string()).with_idempotency(true);
        taken(create.send().await.map(drop))
    }

    fn location(&self) -> String {
        format!("projects/{}/locations/{}", self.project, self.settings.region)
    }

    async fn cancel_job(&self, work: Work) -> Result<(), MachineError> {
        let cancel = self.jobs.cancel_job().set_project_id(&self.project).set_region(&self.settings.region);
        match cancel.set_job_id(job_id(work)).send().await {
            Ok(_) => Ok(()),
            // It has never been there, or is at its end.
            Err(error) if matches!(status(&error), Some(400 | 404 | 409)) => Ok(()),
            Err(error) => Err(machine_error(CLUSTER, &error)),
        }
    }

    async fn end_batch(&self, work: Work) -> Result<(), MachineError> {
        let name = format!("{}/batches/{}", self.location(), job_id(work));
        match self.batches.delete_batch().set_name(name).send().await {
            Ok(()) => Ok(()),
            Err(error) if status(&error) == Some(404) => Ok(()),
            // Only a batch that has ended can be deleted, one at work is cancelled.
            Err(error) if matches!(status(&error), Some(400 | 409)) => self.cancel_batch(work).await,
            Err(error) => Err(machine_error(CLUSTER, &error)),
        }
    }

    async fn job_status(&self, work: Work) -> Result<JobStatus, MachineError> {
        let get = self.jobs.get_job().set_project_id(&self.project).set_region(&self.settings.region);
        let job = match get.set_job_id(job_id(work)).send().await {
            Ok(job) => job,
            Err(error) if status(&error) == Some(404) => return Ok(JobStatus::Unknown),
            Err(error) => return Err(machine_error(CLUSTER, &error)),
        };
        let said = job.status.unwrap_or_default();
        Ok(match said.state {
            job_status::State::Done => JobStatus::Ended,
            job_status::State::Error | job_status::State::Cancelled => JobStatus::Failed(said.details),
            _ => JobStatus::Running,
        })
    }

    async fn batch_status(&self, work: Work) -> Result<JobStatus, MachineError> {
        let name = format!("{}/batches/{}", self.location(), job_id(work));
        let batch = match self.batches.get_batch().set_name(name).send().await {
            Ok(batch) => batch,
            Err(error) if status(&error) == Some(404) => return Ok(JobStatus::Unknown),
            Err(error) => return Err(machine_error(CLUSTER, &error)),
        };
        Ok(match batch.state {
            batch::State::Succeeded => JobStatus::Ended,
            batch::State::Failed | batch::State::Cancelled => JobStatus::Failed(batch.state_message),
            _ => JobStatus::Running,
        })
    }
}

/// What a submission came to. One that was taken before is as good as one that is taken now.
fn taken(answer: Result<(), Error>) -> Result<Start, MachineError> {
    match answer {
        Ok(()) => Ok(Start::Started(None)),
        Err(error) if status(&error) == Some(409) => Ok(Start::Started(None)),
        Err(error) => Err(machine_error(CLUSTER, &error)),
    }
}

#[async_trait]
impl Jobs for DataprocJobs {
    async fn submit(&self, work: Work, request: &Request) -> Result<Start, MachineError> {
        let cluster = match self.settings.mode {
            JobMode::Serverless => return self.submit_batch(work, request).await,
            JobMode::Cluster => self.settings.cluster.clone(),
            JobMode::Ephemeral => slot_cluster(work),
        };
        match self.bring_up(&cluster, work, request).await? {
            None => self.submit_to(&cluster, work, request).await,
            Some(reason) => Ok(Start::Later(reason)),
        }
    }

    async fn release(&self, work: Work, request: &Request) -> Result<(), MachineError> {
        match self.settings.mode {
            JobMode::Serverless => self.end_batch(work).await,
            JobMode::Ephemeral => self.delete_cluster(&slot_cluster(work), request).await,
            JobMode::Cluster => {
                self.cancel_job(work).await?;
                self.stop_idle_cluster(Some(work), request).await
            }
        }
    }

    async fn status(&self, work: Work) -> Result<JobStatus, MachineError> {
        match self.settings.mode {
            JobMode::Serverless => self.batch_status(work).await,
            JobMode::Cluster | JobMode::Ephemeral => self.job_status(work).await,
        }
    }

    async fn release_all_but(&self, needed: &[Work], request: &Request) -> Result<(), MachineError> {
        match self.settings.mode {
            JobMode::Cluster if needed.is_empty() => self.stop_idle_cluster(None, request).await,
            // A batch ends with its program, and has a time to live.
            JobMode::Cluster | JobMode::Serverless => Ok(()),
            JobMode::Ephemeral => self.delete_clusters_but(needed, request).await,
        }
    }
}
