//! How jobs and batches are accepted.

use std::sync::Arc;

use serde_json::json;
use uuid::Uuid;

use super::work::{self, Work};
use super::{Operation, misnamed, not_found, now, precondition};
use crate::reply::Reply;
use crate::server::{Call, World, lock};

pub(super) fn job(world: &Arc<World>, call: &Call, project: &str) -> Reply {
    let mut dataproc = lock(&world.dataproc);
    match dataproc.repeats(call) {
        Some(Err(reply)) => return reply,
        Some(Ok(id)) => {
            return dataproc
                .work
                .get(id)
                .map_or_else(|| work::missing(id), |work| Reply::json(&work.describe()));
        }
        None => {}
    }
    let mut job = call.body["job"].clone();
    let id = job["reference"]["jobId"]
        .as_str()
        .filter(|id| !id.is_empty())
        .map_or_else(|| Uuid::new_v4().to_string(), str::to_owned);
    if let Some(reply) = misnamed("Job id", &id, "^[a-zA-Z0-9_-]{1,100}$") {
        return reply;
    }
    let cluster = job["placement"]["clusterName"].as_str().unwrap_or_default().to_owned();
    if cluster.is_empty() {
        return Reply::fault(400, "INVALID_ARGUMENT", "job.placement.clusterName is required");
    }
    match dataproc.clusters.get(&cluster).map(|cluster| cluster.state.as_str()) {
        None => return not_found(&format!("Cluster {cluster}")),
        Some("RUNNING") => {}
        Some(state) => {
            return precondition(&format!(
                "Cluster {cluster} is in state {state}, which does not accept jobs"
            ));
        }
    }
    if dataproc.work.contains_key(&id) {
        return Reply::fault(
            409,
            "ALREADY_EXISTS",
            &format!("Already exists: Failed to submit job: Job {id}"),
        );
    }
    job["reference"] = json!({ "projectId": project, "jobId": id });
    job["jobUuid"] = Uuid::new_v4().to_string().into();
    job["driverOutputResourceUri"] = format!("gs://dataproc-staging/{id}/driveroutput").into();
    let work = Work::new(job, Some(cluster), call.fate.as_ref());
    let reply = Reply::json(&work.describe());
    dataproc.remember(call, &id);
    dataproc.work.insert(id.clone(), work);
    work::run(world, &mut dataproc, id, call.fate.clone());
    reply
}

pub(super) fn batch(world: &Arc<World>, call: &Call, parent: &str) -> Reply {
    let mut dataproc = lock(&world.dataproc);
    match dataproc.repeats(call) {
        Some(Err(reply)) => return reply,
        Some(Ok(name)) => {
            return dataproc
                .operations
                .get(name)
                .map_or_else(|| not_found(name), |operation| Reply::json(&operation.describe()));
        }
        None => {}
    }
    let id = call.request.parameter("batchId").map_or_else(|| Uuid::new_v4().to_string(), str::to_owned);
    if let Some(reply) = misnamed("Batch id", &id, "^[a-z0-9][a-z0-9-]{2,61}[a-z0-9]$") {
        return reply;
    }
    if dataproc.work.contains_key(&id) {
        return Reply::fault(
            409,
            "ALREADY_EXISTS",
            &format!("Already exists: Failed to create batch: Batch {parent}/batches/{id}"),
        );
    }
    let mut batch = call.body.clone();
    batch["name"] = format!("{parent}/batches/{id}").into();
    batch["uuid"] = Uuid::new_v4().to_string().into();
    batch["createTime"] = now().into();
    let operation = Operation::of_batch(parent, &id);
    let reply = Reply::json(&operation.describe());
    let mut work = Work::new(batch, None, call.fate.as_ref());
    work.operation = Some(operation.name.clone());
    dataproc.remember(call, &operation.name);
    dataproc.operations.insert(operation.name.clone(), operation);
    dataproc.work.insert(id.clone(), work);
    work::run(world, &mut dataproc, id, call.fate.clone());
    reply
}
