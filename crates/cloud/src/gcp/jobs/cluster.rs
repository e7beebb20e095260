//! Bringing a cluster up for a job, and letting it go.

use google_cloud_dataproc_v1::model::list_jobs_request::JobStateMatcher;

use super::*;

use super::request::{LABEL, cluster_of};

impl DataprocJobs {
    /// Makes a cluster ready for a job; `Some` says what it is still busy with.
    pub(super) async fn bring_up(
        &self,
        name: &str,
        work: Work,
        request: &Request,
    ) -> Result<Option<String>, MachineError> {
        let end = tokio::time::Instant::now() + GLANCE;
        loop {
            let Some(cluster) = self.find_cluster(name).await? else {
                return self.make_cluster(name, work, request).await;
            };
            let said = cluster.status.unwrap_or_default();
            let waiting = match said.state {
                cluster_status::State::Running | cluster_status::State::Updating => return Ok(None),
                cluster_status::State::Stopped => {
                    self.start_cluster(name, request).await?;
                    "the cluster is starting"
                }
                cluster_status::State::Error | cluster_status::State::ErrorDueToUpdate => {
                    return Err(self.broken(name, &said.detail, request).await);
                }
                cluster_status::State::Stopping | cluster_status::State::Deleting => {
                    "the cluster is going off"
                }
                _ => "the cluster is coming up",
            };
            if tokio::time::Instant::now() > end {
                return Ok(Some(waiting.to_owned()));
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }

    async fn find_cluster(&self, name: &str) -> Result<Option<Cluster>, MachineError> {
        let get = self.clusters.get_cluster().set_project_id(&self.project).set_region(&self.settings.region);
        match get.set_cluster_name(name).send().await {
            Ok(cluster) => Ok(Some(cluster)),
            Err(error) if status(&error) == Some(404) => Ok(None),
            Err(error) => Err(machine_error(CLUSTER, &error)),
        }
    }

    async fn make_cluster(
        &self,
        name: &str,
        work: Work,
        request: &Request,
    ) -> Result<Option<String>, MachineError> {
        if self.settings.mode == JobMode::Cluster {
            let reason = format!(
                "there is no cluster {name} in {}: make it with `terraform apply`, or set QUARTERDAY_DATAPROC=ephemeral",
                self.settings.region
            );
            return Err(MachineError::Failed { machine: CLUSTER.to_owned(), reason });
        }
        let create =
            self.clusters.create_cluster().set_project_id(&self.project).set_region(&self.settings.region);
        let create = create.set_cluster(cluster_of(&self.settings, &self.project, name, work));
        let create = create.set_request_id(request.step("create").to_string()).with_idempotency(true);
        let asked = create.send().await.map_err(|e| machine_error(CLUSTER, &e))?;
        check(asked.error().map(|e| e.message.clone()))?;
        Ok(Some("the cluster is being made".to_owned()))
    }

    async fn start_cluster(&self, name: &str, request: &Request) -> Result<(), MachineError> {
        let start =
            self.clusters.start_cluster().set_project_id(&self.project).set_region(&self.settings.region);
        let start = start.set_cluster_name(name).set_request_id(request.step("start").to_string());
        match start.with_idempotency(true).send().await {
            Ok(asked) => check(asked.error().map(|e| e.message.clone())),
            // Somebody else has started it in between.
            Err(error) if matches!(status(&error), Some(400 | 409)) => Ok(()),
            Err(error) => Err(machine_error(CLUSTER, &error)),
        }
    }

    /// A cluster in state ERROR takes no jobs and goes on costing money: one of ours is deleted, one that stays is stopped.
    async fn broken(&self, name: &str, detail: &str, request: &Request) -> MachineError {
        let (ended, advice) = match self.settings.mode {
            JobMode::Ephemeral => (self.delete_cluster(name, request).await, "it is deleted"),
            JobMode::Cluster | JobMode::Serverless => (
                self.ask_to_stop(name, request).await.map_err(|e| machine_error(CLUSTER, &e)),
                "it is stopped; make it anew with `terraform apply -replace`",
            ),
        };
        let advice = ended.map_or_else(|e| format!("it could not be ended: {e}"), |()| advice.to_owned());
        let reason = format!("{name} is in state ERROR: {detail}; {advice}");
        MachineError::Failed { machine: CLUSTER.to_owned(), reason }
    }

    /// Stops the cluster that stays, unless a job other than `but` is at work on it.
    pub(super) async fn stop_idle_cluster(
        &self,
        but: Option<Work>,
        request: &Request,
    ) -> Result<(), MachineError> {
        let name = &self.settings.cluster;
        let Some(cluster) = self.find_cluster(name).await? else { return Ok(()) };
        if cluster.status.unwrap_or_default().state != cluster_status::State::Running {
            return Ok(());
        }
        let list = self.jobs.list_jobs().set_project_id(&self.project).set_region(&self.settings.region);
        let mut active = list.set_cluster_name(name).set_job_state_matcher(JobStateMatcher::Active).by_item();
        while let Some(job) = active.next().await {
            let job = job.map_err(|e| machine_error(CLUSTER, &e))?;
            let id = job.reference.unwrap_or_default().job_id;
            if but.is_none_or(|work| job_id(work) != id) {
                return Ok(());
            }
        }
        self.stop_cluster(name, request).await
    }

    async fn stop_cluster(&self, name: &str, request: &Request) -> Result<(), MachineError> {
        match self.ask_to_stop(name, request).await {
            // It is going off already.
            Err(error) if matches!(status(&error), Some(400 | 404 | 409)) => Ok(()),
            other => other.map_err(|e| machine_error(CLUSTER, &e)),
        }
    }

    async fn ask_to_stop(&self, name: &str, request: &Request) -> Result<(), Error> {
        let stop =
            self.clusters.stop_cluster().set_project_id(&self.project).set_region(&self.settings.region);
        let stop = stop.set_cluster_name(name).set_request_id(request.step("stop").to_string());
        stop.with_idempotency(true).send().await.map(drop)
    }

    pub(super) async fn delete_cluster(&self, name: &str, request: &Request) -> Result<(), MachineError> {
        let delete =
            self.clusters.delete_cluster().set_project_id(&self.project).set_region(&self.settings.region);
        let delete =
            delete.set_cluster_name(name).set_request_id(request.step(&format!("delete {name}")).to_string());
        match delete.with_idempotency(true).send().await {
            Ok(asked) => check(asked.error().map(|e| e.message.clone())),
            Err(error) if status(&error) == Some(404) => Ok(()),
            Err(error) => Err(machine_error(CLUSTER, &error)),
        }
    }

    /// Deletes the clusters that were made for jobs, but for those of `needed`.
    pub(super) async fn delete_clusters_but(
        &self,
        needed: &[Work],
        request: &Request,
    ) -> Result<(), MachineError> {
        let needed: Vec<String> = needed.iter().map(|work| slot_cluster(*work)).collect();
        let list =
            self.clusters.list_clusters().set_project_id(&self.project).set_region(&self.settings.region);
        let mut all = list.set_filter(format!("labels.{}={}", LABEL.0, LABEL.1)).by_item();
        while let Some(cluster) = all.next().await {
            let cluster = cluster.map_err(|e| machine_error(CLUSTER, &e))?;
            let ours = cluster.labels.get(LABEL.0).is_some_and(|value| value == LABEL.1);
            let going = cluster.status.unwrap_or_default().state == cluster_status::State::Deleting;
            if ours && !going && !needed.contains(&cluster.cluster_name) {
                self.delete_cluster(&cluster.cluster_name, request).await?;
            }
        }
        Ok(())
    }

    pub(super) async fn cancel_batch(&self, work: Work) -> Result<(), MachineError> {
        let name = format!("{}/batches/{}", self.location(), job_id(work));
        let batch = match self.batches.get_batch().set_name(name).send().await {
            Ok(batch) => batch,
            Err(error) if status(&error) == Some(404) => return Ok(()),
            Err(error) => return Err(machine_error(CLUSTER, &error)),
        };
        if batch.operation.is_empty() {
            return Ok(());
        }
        match self.batches.cancel_operation().set_name(batch.operation).send().await {
            Ok(()) => Ok(()),
            Err(error) if matches!(status(&error), Some(400 | 404 | 409)) => Ok(()),
            Err(error) => Err(machine_error(CLUSTER, &error)),
        }
    }
}

/// An operation that has failed at once.
fn check(error: Option<String>) -> Result<(), MachineError> {
    match error {
        None => Ok(()),
        Some(reason) => {
            let stock_out = reason.contains("ZONE_RESOURCE_POOL_EXHAUSTED")
                || reason.contains("does not have enough resources");
            Err(MachineError::Passing { machine: CLUSTER.to_owned(), reason, stock_out })
        }
    }
}
