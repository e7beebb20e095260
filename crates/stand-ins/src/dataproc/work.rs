//! What runs: jobs on a cluster and batches without one.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use futures::FutureExt;
use serde_json::{Value, json};
use tokio::task::AbortHandle;

use super::filter::Filter;
use super::{Dataproc, not_found, now, precondition};
use crate::faults::What;
use crate::reply::Reply;
use crate::server::{Call, World, lock};

/// One job or batch. Its state is in the words of jobs; [`Work::state_name`] turns it into those of batches.
#[derive(Debug)]
pub(crate) struct Work {
    state: &'static str,
    details: String,
    resource: Value,
    /// The cluster of a job; none for a batch.
    cluster: Option<String>,
    history: Vec<Value>,
    since: String,
    /// For a batch the operation that carries it out.
    pub(super) operation: Option<String>,
    task: Option<AbortHandle>,
    vanished: bool,
}

impl Work {
    pub(super) fn new(resource: Value, cluster: Option<String>, fate: Option<&What>) -> Self {
        let vanished = fate == Some(&What::JobVanishes);
        Self {
            state: "PENDING",
            details: String::new(),
            resource,
            cluster,
            history: Vec::new(),
            since: now(),
            operation: None,
            task: None,
            vanished,
        }
    }

    fn is_active(&self) -> bool {
        matches!(self.state, "PENDING" | "RUNNING")
    }

    pub(crate) fn state_name(&self) -> &'static str {
        match (self.state, &self.cluster) {
            ("DONE", None) => "SUCCEEDED",
            ("ERROR", None) => "FAILED",
            (state, _) => state,
        }
    }

    fn status(&self) -> Value {
        let mut status = json!({ "state": self.state_name(), "stateStartTime": self.since });
        if !self.details.is_empty() {
            status["details"] = self.details.as_str().into();
        }
        status
    }

    fn turn(&mut self, state: &'static str, details: &str) {
        self.history.push(self.status());
        self.state = state;
        self.details = details.to_owned();
        self.since = now();
    }

    pub(super) fn describe(&self) -> Value {
        let mut answer = self.resource.clone();
        if self.cluster.is_some() {
            answer["status"] = self.status();
            answer["statusHistory"] = self.history.clone().into();
            answer["done"] = (!self.is_active()).into();
        } else {
            answer["state"] = self.state_name().into();
            answer["stateTime"] = self.since.as_str().into();
            answer["stateMessage"] = self.details.as_str().into();
            answer["operation"] = self.operation.as_deref().unwrap_or_default().into();
        }
        answer
    }
}

impl Dataproc {
    /// The active jobs on a cluster.
    pub(super) fn running_on(&self, cluster: &str) -> Vec<String> {
        let on = |work: &Work| work.is_active() && work.cluster.as_deref() == Some(cluster);
        self.work.iter().filter(|(_, work)| on(work)).map(|(id, _)| id.clone()).collect()
    }
}

/// Lets the work wait, run and end.
pub(super) fn run(world: &Arc<World>, dataproc: &mut Dataproc, id: String, fate: Option<What>) {
    let time = *lock(&world.operation_time);
    let (shared, key) = (Arc::clone(world), id.clone());
    let task = world.background.spawn(async move {
        tokio::time::sleep(time).await;
        let resource = match lock(&shared.dataproc).work.get_mut(&key) {
            Some(work) if work.is_active() => {
                work.turn("RUNNING", "");
                work.describe()
            }
            _ => return,
        };
        let callback = lock(&shared.callbacks).job.clone();
        let outcome = match (fate, callback) {
            (Some(What::OperationNeverEnds), _) => return,
            (Some(What::OperationError(code)), _) => Err(code),
            (_, Some(callback)) => {
                let run = AssertUnwindSafe(async move { callback(resource).await });
                run.catch_unwind().await.unwrap_or_else(|_| Err("the test's job panicked".to_owned()))
            }
            (_, None) => {
                tokio::time::sleep(time).await;
                Ok(())
            }
        };
        let mut dataproc = lock(&shared.dataproc);
        match outcome {
            Ok(()) => end(&mut dataproc, &key, "DONE", ""),
            Err(details) => end(&mut dataproc, &key, "ERROR", &details),
        }
        drop(dataproc);
        shared.tell();
    });
    if let Some(work) = dataproc.work.get_mut(&id) {
        work.task = Some(task.abort_handle());
    }
}

/// Brings active work to its end, whoever ends it; nothing happens to work that has ended before.
pub(super) fn end(dataproc: &mut Dataproc, id: &str, state: &'static str, details: &str) {
    let Some(work) = dataproc.work.get_mut(id).filter(|work| work.is_active()) else { return };
    work.turn(state, details);
    if let Some(task) = work.task.take() {
        task.abort();
    }
    let mut response = work.describe();
    response["@type"] = "type.googleapis.com/google.cloud.dataproc.v1.Batch".into();
    let operation = work.operation.as_ref().and_then(|name| dataproc.operations.get_mut(name));
    if let Some(operation) = operation {
        operation.result = Some(match state {
            "DONE" => Ok(response),
            "CANCELLED" => Err("CANCELLED".to_owned()),
            _ => Err(format!("Batch {id} failed: {details}")),
        });
    }
}

pub(super) fn missing(id: &str) -> Reply {
    not_found(&format!("Job or batch {id}"))
}

/// Whether this id names what the path says: a job or a batch.
fn find<'a>(dataproc: &'a Dataproc, id: &str, batch: bool) -> Option<&'a Work> {
    dataproc.work.get(id).filter(|work| work.cluster.is_none() == batch && !work.vanished)
}

pub(super) fn get(world: &World, id: &str, batch: bool) -> Reply {
    find(&lock(&world.dataproc), id, batch).map_or_else(|| missing(id), |work| Reply::json(&work.describe()))
}

/// The jobs of a cluster, or of all, in the states that the request asks for.
pub(super) fn list_jobs(dataproc: &Dataproc, call: &Call) -> Reply {
    let filter = match Filter::of(&call.request, &["status.state"]) {
        Ok(filter) => filter,
        Err(reply) => return reply,
    };
    let groups = |word: &str| match word {
        "ACTIVE" => Some(["PENDING", "RUNNING", "CANCEL_PENDING"].as_slice()),
        "NON_ACTIVE" => Some(["CANCELLED", "DONE", "ERROR"].as_slice()),
        _ => None,
    };
    let of_cluster = call.request.parameter("clusterName");
    // The matcher counts only where there is no filter; Google's clients write it as a number.
    let matcher =
        call.request.parameter("jobStateMatcher").filter(|_| call.request.parameter("filter").is_none());
    let fits = |work: &&Work| {
        let by_state = match matcher {
            Some("ACTIVE" | "1") => work.is_active(),
            Some("NON_ACTIVE" | "2") => !work.is_active(),
            _ => true,
        };
        by_state && of_cluster.is_none_or(|cluster| work.cluster.as_deref() == Some(cluster))
    };
    let found =
        dataproc.work.keys().filter_map(|id| find(dataproc, id, false)).filter(fits).map(Work::describe);
    let jobs: Vec<_> = found.filter(|job| filter.fits(job, groups)).collect();
    Reply::json(&if jobs.is_empty() { json!({}) } else { json!({ "jobs": jobs }) })
}

pub(super) fn list_batches(dataproc: &Dataproc, call: &Call) -> Reply {
    if call.request.parameter("filter").is_some() {
        return Reply::unsupported("the filter of a listing of batches");
    }
    let found = dataproc.work.keys().filter_map(|id| find(dataproc, id, true));
    let batches: Vec<_> = found.map(Work::describe).collect();
    Reply::json(&if batches.is_empty() { json!({}) } else { json!({ "batches": batches }) })
}

pub(super) fn cancel(world: &World, id: &str) {
    end(&mut lock(&world.dataproc), id, "CANCELLED", "");
    world.tell();
}

/// Cancelling a job that has ended changes nothing and answers the job, as with Google.
pub(super) fn cancel_job(world: &World, id: &str) -> Reply {
    if find(&lock(&world.dataproc), id, false).is_none() {
        return missing(id);
    }
    cancel(world, id);
    get(world, id, false)
}

pub(super) fn delete(world: &World, id: &str, batch: bool) -> Reply {
    let mut dataproc = lock(&world.dataproc);
    match find(&dataproc, id, batch) {
        None => missing(id),
        Some(work) if work.is_active() => precondition(&format!("{id} is active; cancel it first")),
        Some(_) => {
            dataproc.work.remove(id);
            Reply::json(&json!({}))
        }
    }
}
