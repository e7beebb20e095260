//! The operations of Compute Engine: how they run, end and are asked for.

use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, SecondsFormat, Utc};
use serde_json::{Value, json};
use uuid::Uuid;

use super::{Act, no_resource};
use crate::faults::What;
use crate::reply::Reply;
use crate::server::{World, lock};

/// Google's own limit is two minutes; after it `wait` answers that the operation still runs.
const LONGEST_WAIT: Duration = Duration::from_secs(10);

/// One zonal operation.
#[derive(Debug, Clone)]
pub(crate) struct Operation {
    pub(crate) name: String,
    project: String,
    zone: String,
    instance: String,
    target: u64,
    verb: String,
    request_id: Option<String>,
    began_at: DateTime<Utc>,
    ended_at: Option<DateTime<Utc>>,
    error: Option<String>,
}

impl Operation {
    pub(super) fn new(
        (project, zone, instance): (&str, &str, &str),
        target: u64,
        verb: &str,
        request_id: Option<&str>,
    ) -> Self {
        Self {
            name: format!("operation-{}", Uuid::new_v4()),
            project: project.to_owned(),
            zone: zone.to_owned(),
            instance: instance.to_owned(),
            target,
            verb: verb.to_owned(),
            request_id: request_id.map(str::to_owned),
            began_at: Utc::now(),
            ended_at: None,
            error: None,
        }
    }

    pub(super) fn describe(&self) -> Value {
        let zone =
            format!("https://www.googleapis.com/compute/v1/projects/{}/zones/{}", self.project, self.zone);
        let stamp = |at: DateTime<Utc>| at.to_rfc3339_opts(SecondsFormat::Millis, true);
        let mut answer = json!({
            "kind": "compute#operation", "id": self.target.to_string(), "name": self.name, "zone": zone,
            "operationType": self.verb, "targetLink": format!("{zone}/instances/{}", self.instance), "targetId": self.target.to_string(),
            "status": if self.ended_at.is_some() { "DONE" } else { "RUNNING" }, "progress": if self.ended_at.is_some() { 100 } else { 0 },
            "insertTime": stamp(self.began_at), "startTime": stamp(self.began_at), "user": "stand-in@example.com",
            "selfLink": format!("{zone}/operations/{}", self.name),
        });
        if let Some(id) = &self.request_id {
            answer["clientOperationId"] = id.as_str().into();
        }
        if let Some(at) = self.ended_at {
            answer["endTime"] = stamp(at).into();
        }
        if let Some(code) = &self.error {
            let message =
                format!("The operation on '{}' in zone '{}' failed: {code}.", self.instance, self.zone);
            answer["error"] = json!({ "errors": [{ "code": code, "message": message }] });
            answer["httpErrorStatusCode"] = 503.into();
            answer["httpErrorMessage"] = "SERVICE UNAVAILABLE".into();
        }
        answer
    }
}

/// Lets the operation take its time and then have its effect.
pub(super) fn run(world: &Arc<World>, operation: String, act: Act, fate: Option<What>) {
    if fate == Some(What::OperationNeverEnds) {
        return;
    }
    let time = *lock(&world.operation_time);
    let world = Arc::clone(world);
    world.background.clone().spawn(async move {
        tokio::time::sleep(time).await;
        end(&world, &operation, act, fate);
        world.tell();
    });
}

fn end(world: &World, name: &str, act: Act, fate: Option<What>) {
    let mut compute = lock(&world.compute);
    let Some(operation) = compute.operations.get_mut(name) else { return };
    operation.ended_at = Some(Utc::now());
    if let Some(What::OperationError(code)) = &fate {
        operation.error = Some(code.clone());
    }
    let failed = operation.error.is_some();
    let (zone, name) = (operation.zone.clone(), operation.instance.clone());
    let Some(instance) = compute.instance(&zone, &name) else { return };
    match (act, instance.status) {
        (Act::Start, "STAGING") if failed => instance.status = "TERMINATED",
        (Act::Start, "STAGING") => {
            instance.status = "RUNNING";
            instance.starts += 1;
            instance.last_started_at = Some(Utc::now());
            let metadata = instance.metadata.clone();
            drop(compute);
            let callback = lock(&world.callbacks).start.clone();
            if let Some(callback) = callback {
                world.background.spawn_blocking(move || callback(zone, name, metadata));
            }
        }
        (Act::Stop, "STOPPING") if failed => instance.status = "RUNNING",
        (Act::Stop, "STOPPING") => {
            instance.status = "TERMINATED";
            instance.stops += 1;
        }
        (Act::SetMetadata(metadata), _) => {
            instance.changing = false;
            if !failed {
                instance.set_metadata(metadata);
            }
        }
        _ => {}
    }
}

pub(super) fn get(world: &World, project: &str, zone: &str, name: &str) -> Reply {
    match lock(&world.compute).operations.get(name) {
        Some(operation) if operation.zone == zone => Reply::json(&operation.describe()),
        _ => no_resource(project, zone, "operations", name),
    }
}

/// Answers when the operation has ended, or that it still runs when that takes too long.
pub(super) async fn wait(world: &World, project: &str, zone: &str, name: &str) -> Reply {
    let mut changed = world.changed.subscribe();
    let ended = async {
        loop {
            let running = lock(&world.compute)
                .operations
                .get(name)
                .is_some_and(|operation| operation.ended_at.is_none());
            if !running || changed.changed().await.is_err() {
                return;
            }
        }
    };
    // Running out of time is an answer too.
    let _ = tokio::time::timeout(LONGEST_WAIT, ended).await;
    get(world, project, zone, name)
}
