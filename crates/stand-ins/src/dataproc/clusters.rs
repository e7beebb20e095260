//! Clusters: how they are made, started, stopped and deleted.

use std::sync::Arc;

use serde_json::{Value, json};
use uuid::Uuid;

use super::filter::Filter;
use super::{Dataproc, Operation, misnamed, not_found, now, precondition, work};
use crate::faults::What;
use crate::reply::Reply;
use crate::server::{Call, World, lock};

/// One cluster.
#[derive(Debug, Clone)]
pub(crate) struct Cluster {
    pub(crate) state: String,
    /// As its maker described it.
    resource: Value,
    uuid: String,
    since: String,
}

impl Cluster {
    pub(super) fn new(resource: Value, state: &str) -> Self {
        Self { state: state.to_owned(), resource, uuid: Uuid::new_v4().to_string(), since: now() }
    }

    fn turn(&mut self, state: &str) {
        self.state = state.to_owned();
        self.since = now();
    }

    fn describe(&self, project: &str) -> Value {
        let mut answer = self.resource.clone();
        answer["projectId"] = project.into();
        answer["clusterUuid"] = self.uuid.as_str().into();
        answer["status"] = json!({ "state": self.state, "stateStartTime": self.since });
        answer
    }
}

fn missing(name: &str) -> Reply {
    not_found(&format!("Cluster {name}"))
}

pub(super) fn list(dataproc: &Dataproc, call: &Call, project: &str) -> Reply {
    let filter = match Filter::of(&call.request, &["status.state", "clusterName"]) {
        Ok(filter) => filter,
        Err(reply) => return reply,
    };
    let groups = |word: &str| match word {
        "ACTIVE" => Some(["CREATING", "UPDATING", "RUNNING"].as_slice()),
        "INACTIVE" => Some(["DELETING", "ERROR", "STOPPING", "STOPPED"].as_slice()),
        _ => None,
    };
    let all = dataproc.clusters.values().map(|cluster| cluster.describe(project));
    let clusters: Vec<_> = all.filter(|cluster| filter.fits(cluster, groups)).collect();
    Reply::json(&if clusters.is_empty() { json!({}) } else { json!({ "clusters": clusters }) })
}

pub(super) fn get(dataproc: &Dataproc, project: &str, name: &str) -> Reply {
    dataproc
        .clusters
        .get(name)
        .map_or_else(|| missing(name), |cluster| Reply::json(&cluster.describe(project)))
}

pub(super) fn create(world: &Arc<World>, call: &Call, parent: &str) -> Reply {
    let mut dataproc = lock(&world.dataproc);
    if let Some(earlier) = repeated(&dataproc, call) {
        return earlier;
    }
    let name = call.body["clusterName"].as_str().unwrap_or_default();
    if let Some(reply) = misnamed("Cluster name", name, "^[a-z]([-a-z0-9]{0,49}[a-z0-9])?$") {
        return reply;
    }
    if dataproc.clusters.contains_key(name) {
        return Reply::fault(
            409,
            "ALREADY_EXISTS",
            &format!("Already exists: Failed to create cluster: Cluster {name}"),
        );
    }
    dataproc.clusters.insert(name.to_owned(), Cluster::new(call.body.clone(), "CREATING"));
    begin(world, dataproc, call, parent, name, "CREATE")
}

/// START, STOP or DELETE.
pub(super) fn turn(world: &Arc<World>, call: &Call, parent: &str, name: &str, kind: &'static str) -> Reply {
    let mut dataproc = lock(&world.dataproc);
    if let Some(earlier) = repeated(&dataproc, call) {
        return earlier;
    }
    let Some(cluster) = dataproc.clusters.get_mut(name) else { return missing(name) };
    // Google's documentation does not say which states allow what; these are those in which it makes sense.
    let state = match (kind, cluster.state.as_str()) {
        ("START", "STOPPED") => "STARTING",
        ("STOP", "RUNNING" | "ERROR") => "STOPPING",
        ("DELETE", state) if state != "DELETING" => "DELETING",
        (_, state) => {
            return precondition(&format!("Cluster {name} is in state {state}, which does not allow {kind}"));
        }
    };
    cluster.turn(state);
    let ended = if kind == "START" { Vec::new() } else { dataproc.running_on(name) };
    for id in ended {
        work::end(&mut dataproc, &id, "ERROR", "Cluster was stopped or deleted while the job was running");
    }
    begin(world, dataproc, call, parent, name, kind)
}

fn repeated(dataproc: &Dataproc, call: &Call) -> Option<Reply> {
    match dataproc.repeats(call)? {
        Err(reply) => Some(reply),
        Ok(name) => dataproc.operations.get(name).map(|operation| Reply::json(&operation.describe())),
    }
}

fn begin(
    world: &Arc<World>,
    mut dataproc: std::sync::MutexGuard<'_, Dataproc>,
    call: &Call,
    parent: &str,
    name: &str,
    kind: &'static str,
) -> Reply {
    let uuid = dataproc.clusters.get(name).map(|cluster| cluster.uuid.clone()).unwrap_or_default();
    let operation = Operation::of_cluster(parent, name, &uuid, kind);
    let reply = Reply::json(&operation.describe());
    let key = operation.name.clone();
    dataproc.remember(call, &key);
    dataproc.operations.insert(key.clone(), operation);
    drop(dataproc);
    if call.fate != Some(What::OperationNeverEnds) {
        let time = *lock(&world.operation_time);
        let (world, name, fate) = (Arc::clone(world), name.to_owned(), call.fate.clone());
        let project = parent.split('/').nth(1).unwrap_or_default().to_owned();
        world.background.clone().spawn(async move {
            tokio::time::sleep(time).await;
            end(&mut lock(&world.dataproc), &key, &project, &name, kind, fate);
            world.tell();
        });
    }
    reply
}

fn end(dataproc: &mut Dataproc, key: &str, project: &str, name: &str, kind: &str, fate: Option<What>) {
    let result = if let Some(What::OperationError(code)) = fate {
        if let Some(cluster) = dataproc.clusters.get_mut(name) {
            cluster.turn("ERROR");
        }
        Err(format!("{code}: {kind} of cluster {name} failed"))
    } else if kind == "DELETE" {
        dataproc.clusters.remove(name);
        Ok(json!({ "@type": "type.googleapis.com/google.protobuf.Empty" }))
    } else if let Some(cluster) = dataproc.clusters.get_mut(name) {
        // What has meanwhile been deleted stays in deletion.
        if matches!(
            (kind, cluster.state.as_str()),
            ("CREATE", "CREATING") | ("START", "STARTING") | ("STOP", "STOPPING")
        ) {
            cluster.turn(if kind == "STOP" { "STOPPED" } else { "RUNNING" });
        }
        let mut response = cluster.describe(project);
        response["@type"] = "type.googleapis.com/google.cloud.dataproc.v1.Cluster".into();
        Ok(response)
    } else {
        Err(format!("cluster {name} has gone"))
    };
    if let Some(operation) = dataproc.operations.get_mut(key) {
        operation.result = Some(result);
    }
}
