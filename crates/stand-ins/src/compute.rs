//! Compute Engine: instances that a test made, and the requests to start and stop them and to set their metadata.

pub(crate) mod operations;

use std::collections::BTreeMap;
use std::sync::Arc;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use chrono::{DateTime, SecondsFormat, Utc};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::reply::Reply;
use crate::server::{Call, World, lock};
use operations::Operation;

/// A virtual machine as it is at the moment.
#[derive(Debug, Clone, PartialEq)]
pub struct Instance {
    /// `TERMINATED`, `STAGING`, `RUNNING` or `STOPPING`.
    pub status: &'static str,
    /// The instance's attributes.
    pub metadata: BTreeMap<String, String>,
    /// How often a start has turned it on.
    pub starts: u32,
    /// How often a stop has turned it off.
    pub stops: u32,
    /// How often it has turned itself off.
    pub power_offs: u32,
    /// When it last began to run.
    pub last_started_at: Option<DateTime<Utc>>,
    pub(crate) id: u64,
    /// Rises with each change of the metadata.
    metadata_version: u64,
    /// Whether a change of the metadata is under way.
    changing: bool,
}

impl Instance {
    fn fingerprint(&self) -> String {
        BASE64_STANDARD.encode(self.metadata_version.to_be_bytes())
    }

    pub(crate) fn set_metadata(&mut self, metadata: BTreeMap<String, String>) {
        self.metadata = metadata;
        self.metadata_version += 1;
    }
}

/// All instances by zone and name, and all operations by name.
#[derive(Debug, Default)]
pub(crate) struct Compute {
    pub(crate) instances: BTreeMap<(String, String), Instance>,
    operations: BTreeMap<String, Operation>,
    /// The path of the request that first came with each request id, and the operation it began.
    repeated: BTreeMap<String, (String, String)>,
    made: u64,
}

impl Compute {
    pub(crate) fn add(&mut self, zone: &str, name: &str) {
        self.made += 1;
        let instance = Instance {
            status: "TERMINATED",
            metadata: BTreeMap::new(),
            starts: 0,
            stops: 0,
            power_offs: 0,
            last_started_at: None,
            id: 1_000_000_000_000 + self.made,
            metadata_version: 1,
            changing: false,
        };
        self.instances.insert((zone.to_owned(), name.to_owned()), instance);
    }

    pub(crate) fn instance(&mut self, zone: &str, name: &str) -> Option<&mut Instance> {
        self.instances.get_mut(&(zone.to_owned(), name.to_owned()))
    }
}

/// What is asked of an instance.
#[derive(Debug, Clone, PartialEq)]
enum Act {
    Start,
    Stop,
    SetMetadata(BTreeMap<String, String>),
    /// It already is as asked; the operation only takes its time.
    Nothing,
}

/// `/compute/v1/projects/{project}/zones/{zone}/…`.
pub(crate) async fn serve(world: &Arc<World>, call: &Call) -> Reply {
    let path = call.path();
    let ["compute", "v1", "projects", project, "zones", zone, rest @ ..] = path.as_slice() else {
        return Reply::unsupported(&call.request.path);
    };
    match (call.request.method.as_str(), rest) {
        ("GET", ["instances", name]) => match lock(&world.compute).instance(zone, name) {
            Some(instance) => Reply::json(&describe(instance, project, zone, name)),
            None => no_resource(project, zone, "instances", name),
        },
        ("GET", ["operations", name]) => operations::get(world, project, zone, name),
        ("POST", ["operations", name, "wait"]) => operations::wait(world, project, zone, name).await,
        ("POST", ["instances", name, verb @ ("start" | "stop" | "setMetadata")]) => {
            begin(world, call, (project, zone, name), verb)
        }
        _ => Reply::unsupported(&format!("{} {}", call.request.method, call.request.path)),
    }
}

fn describe(instance: &Instance, project: &str, zone: &str, name: &str) -> Value {
    let items: Vec<_> =
        instance.metadata.iter().map(|(key, value)| json!({ "key": key, "value": value })).collect();
    let base = format!("https://www.googleapis.com/compute/v1/projects/{project}/zones/{zone}");
    let mut answer = json!({
        "kind": "compute#instance", "id": instance.id.to_string(), "name": name, "zone": base, "selfLink": format!("{base}/instances/{name}"),
        "machineType": format!("{base}/machineTypes/e2-standard-4"), "status": instance.status,
        "metadata": { "kind": "compute#metadata", "fingerprint": instance.fingerprint(), "items": items },
    });
    if let Some(at) = instance.last_started_at {
        answer["lastStartTimestamp"] = at.to_rfc3339_opts(SecondsFormat::Millis, true).into();
    }
    answer
}

fn no_resource(project: &str, zone: &str, kind: &str, name: &str) -> Reply {
    Reply::reason(
        404,
        "notFound",
        &format!("The resource 'projects/{project}/zones/{zone}/{kind}/{name}' was not found"),
    )
}

fn begin(world: &Arc<World>, call: &Call, (project, zone, name): (&str, &str, &str), verb: &str) -> Reply {
    let mut compute = lock(&world.compute);
    let id = call.request_id();
    if id.as_ref().is_some_and(|id| Uuid::parse_str(id).map_or(true, |id| id.is_nil())) {
        return Reply::reason(400, "invalid", "Invalid value for field 'requestId': it must be a UUID.");
    }
    if let Some((path, operation)) = id.as_ref().and_then(|id| compute.repeated.get(id)) {
        return match compute.operations.get(operation) {
            Some(operation) if *path == call.request.path => Reply::json(&operation.describe()),
            _ => Reply::reason(
                400,
                "invalid",
                "Invalid value for field 'requestId': it has been used for another request.",
            ),
        };
    }
    let Some(instance) = compute.instance(zone, name) else {
        return no_resource(project, zone, "instances", name);
    };
    let act = match (verb, instance.status) {
        ("start", "STOPPING") => {
            let message =
                format!("The resource 'projects/{project}/zones/{zone}/instances/{name}' is not ready");
            return Reply::reason(400, "resourceNotReady", &message);
        }
        ("start", "TERMINATED") => {
            instance.status = "STAGING";
            Act::Start
        }
        ("stop", "RUNNING" | "STAGING") => {
            instance.status = "STOPPING";
            Act::Stop
        }
        ("setMetadata", _) => {
            if instance.changing || call.body["fingerprint"].as_str() != Some(instance.fingerprint().as_str())
            {
                return Reply::reason(
                    412,
                    "conditionNotMet",
                    "Supplied fingerprint does not match current metadata fingerprint.",
                );
            }
            instance.changing = true;
            let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
            Act::SetMetadata(
                call.body["items"]
                    .as_array()
                    .into_iter()
                    .flatten()
                    .map(|item| (text(&item["key"]), text(&item["value"])))
                    .collect(),
            )
        }
        _ => Act::Nothing,
    };
    let target = instance.id;
    let metadata = instance.metadata.clone();
    let operation = Operation::new((project, zone, name), target, verb, id.as_deref());
    let reply = Reply::json(&operation.describe());
    let key = operation.name.clone();
    if let Some(id) = id {
        compute.repeated.insert(id, (call.request.path.clone(), key.clone()));
    }
    compute.operations.insert(key.clone(), operation);
    drop(compute);
    if act == Act::Stop && !matches!(call.fate, Some(crate::What::OperationError(_))) {
        // The guest hears of the stop when it begins, not when it has ended.
        let callback = lock(&world.callbacks).stop.clone();
        if let Some(callback) = callback {
            let (zone, name) = (zone.to_owned(), name.to_owned());
            world.background.spawn_blocking(move || callback(zone, name, metadata));
        }
    }
    world.tell();
    operations::run(world, key, act, call.fate.clone());
    reply
}
