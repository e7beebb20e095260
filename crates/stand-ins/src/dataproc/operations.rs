//! Dataproc's long-running operations.

use std::sync::Arc;

use serde_json::{Value, json};
use uuid::Uuid;

use super::{Dataproc, not_found, precondition, work};
use crate::reply::Reply;
use crate::server::{World, lock};

/// One operation; it is done when it has a result.
#[derive(Debug, Clone)]
pub(super) struct Operation {
    pub(super) name: String,
    metadata: Value,
    pub(super) result: Option<Result<Value, String>>,
    /// The batch that it carries out, if it does.
    pub(super) batch: Option<String>,
}

impl Operation {
    pub(super) fn of_cluster(parent: &str, cluster: &str, uuid: &str, kind: &str) -> Self {
        let metadata = json!({
            "@type": "type.googleapis.com/google.cloud.dataproc.v1.ClusterOperationMetadata", "clusterName": cluster, "clusterUuid": uuid,
            "operationType": kind, "description": format!("{kind} cluster {cluster}"),
            "status": { "state": "RUNNING", "innerState": "", "stateStartTime": super::now() },
        });
        Self { name: format!("{parent}/operations/{}", Uuid::new_v4()), metadata, result: None, batch: None }
    }

    pub(super) fn of_batch(parent: &str, id: &str) -> Self {
        let metadata = json!({
            "@type": "type.googleapis.com/google.cloud.dataproc.v1.BatchOperationMetadata", "batch": format!("{parent}/batches/{id}"),
            "createTime": super::now(), "operationType": "BATCH", "description": "Batch",
        });
        Self {
            name: format!("{parent}/operations/{}", Uuid::new_v4()),
            metadata,
            result: None,
            batch: Some(id.to_owned()),
        }
    }

    pub(super) fn describe(&self) -> Value {
        let mut answer = json!({ "name": self.name, "metadata": self.metadata });
        if let Some(result) = &self.result {
            answer["done"] = true.into();
            if answer["metadata"]["status"].is_object() {
                answer["metadata"]["status"]["state"] = "DONE".into();
            }
            match result {
                Ok(response) => answer["response"] = response.clone(),
                Err(message) => answer["error"] = json!({ "code": code(message), "message": message }),
            }
        }
        answer
    }
}

/// Google's number for the error: exhausted, cancelled or internal.
fn code(message: &str) -> u32 {
    match message {
        message if message.contains("EXHAUSTED") || message.contains("QUOTA") => 8,
        "CANCELLED" => 1,
        _ => 13,
    }
}

pub(super) fn get(dataproc: &Dataproc, parent: &str, id: &str) -> Reply {
    let name = format!("{parent}/operations/{id}");
    dataproc.operations.get(&name).map_or_else(
        || not_found(&format!("Operation {name}")),
        |operation| Reply::json(&operation.describe()),
    )
}

/// Only that of a batch can be cancelled, as with Google.
pub(super) fn cancel(world: &Arc<World>, parent: &str, id: &str) -> Reply {
    let name = format!("{parent}/operations/{id}");
    let batch = match lock(&world.dataproc).operations.get(&name) {
        None => return not_found(&format!("Operation {name}")),
        Some(operation) if operation.result.is_some() => return Reply::json(&json!({})),
        Some(operation) => operation.batch.clone(),
    };
    let Some(batch) = batch else { return precondition("an operation on a cluster cannot be cancelled") };
    work::cancel(world, &batch);
    Reply::json(&json!({}))
}
