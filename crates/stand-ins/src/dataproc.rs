//! Dataproc: clusters, the jobs that run on them, batches that need none, and the operations that begin and end them.

mod clusters;
mod filter;
mod operations;
mod submit;
mod work;

use std::collections::BTreeMap;
use std::sync::Arc;

use chrono::{SecondsFormat, Utc};
use regex::Regex;
use serde_json::json;

use crate::reply::Reply;
use crate::server::{Call, World, lock};
use clusters::Cluster;
use operations::Operation;
use work::Work;

/// Everything of Dataproc; regions are not told apart.
#[derive(Debug, Default)]
pub(crate) struct Dataproc {
    pub(crate) clusters: BTreeMap<String, Cluster>,
    /// Jobs and batches by their id.
    pub(crate) work: BTreeMap<String, Work>,
    /// By the whole name.
    operations: BTreeMap<String, Operation>,
    /// The path of the request that first came with each request id, and what it began.
    repeated: BTreeMap<String, (String, String)>,
}

impl Dataproc {
    pub(crate) fn add_cluster(&mut self, name: &str, state: &str) {
        self.clusters
            .insert(name.to_owned(), Cluster::new(json!({ "clusterName": name, "config": {} }), state));
    }

    /// What an earlier request with the same id began, or that the id belongs to a different request.
    fn repeats(&self, call: &Call) -> Option<Result<&str, Reply>> {
        let (path, began) = self.repeated.get(&call.request_id()?)?;
        if *path == call.request.path {
            return Some(Ok(began));
        }
        Some(Err(Reply::fault(400, "INVALID_ARGUMENT", "The request_id has been used for another request.")))
    }

    fn remember(&mut self, call: &Call, began: &str) {
        if let Some(id) = call.request_id() {
            self.repeated.insert(id, (call.request.path.clone(), began.to_owned()));
        }
    }
}

fn now() -> String {
    Utc::now().to_rfc3339_opts(SecondsFormat::Micros, true)
}

fn precondition(message: &str) -> Reply {
    Reply::fault(400, "FAILED_PRECONDITION", message)
}

fn not_found(what: &str) -> Reply {
    Reply::fault(404, "NOT_FOUND", &format!("Not found: {what}"))
}

/// The answer to a name that Google would not accept.
fn misnamed(what: &str, name: &str, pattern: &str) -> Option<Reply> {
    let fits = Regex::new(pattern).is_ok_and(|pattern| pattern.is_match(name));
    (!fits)
        .then(|| Reply::fault(400, "INVALID_ARGUMENT", &format!("{what} {name:?} does not match {pattern}")))
}

/// `/v1/projects/{project}/regions|locations/{region}/…`; in a verb, as `jobs:submit`, the colon is part of the segment.
pub(crate) fn serve(world: &Arc<World>, call: &Call) -> Reply {
    let path = call.path();
    let ["v1", "projects", project, kind @ ("regions" | "locations"), region, rest @ ..] = path.as_slice()
    else {
        return Reply::unsupported(&call.request.path);
    };
    if let Some(reply) = call.request_id().and_then(|id| misnamed("Request id", &id, "^[a-zA-Z0-9_-]{1,40}$"))
    {
        return reply;
    }
    let mut verb = None;
    let mut rest = rest.to_vec();
    if let Some((before, after)) = rest.last().and_then(|last| last.split_once(':')) {
        verb = Some(after);
        rest.pop();
        rest.push(before);
    }
    let parent = format!("projects/{project}/{kind}/{region}");
    match (call.request.method.as_str(), *kind, rest.as_slice(), verb) {
        ("POST", "regions", ["clusters"], None) => clusters::create(world, call, &parent),
        ("GET", "regions", ["clusters"], None) => clusters::list(&lock(&world.dataproc), call, project),
        ("GET", "regions", ["clusters", name], None) => clusters::get(&lock(&world.dataproc), project, name),
        ("DELETE", "regions", ["clusters", name], None) => {
            clusters::turn(world, call, &parent, name, "DELETE")
        }
        ("POST", "regions", ["clusters", name], Some("start")) => {
            clusters::turn(world, call, &parent, name, "START")
        }
        ("POST", "regions", ["clusters", name], Some("stop")) => {
            clusters::turn(world, call, &parent, name, "STOP")
        }
        ("POST", "regions", ["jobs"], Some("submit")) => submit::job(world, call, project),
        ("GET", "regions", ["jobs"], None) => work::list_jobs(&lock(&world.dataproc), call),
        ("GET", "regions", ["jobs", id], None) => work::get(world, id, false),
        ("POST", "regions", ["jobs", id], Some("cancel")) => work::cancel_job(world, id),
        ("DELETE", "regions", ["jobs", id], None) => work::delete(world, id, false),
        ("POST", "locations", ["batches"], None) => submit::batch(world, call, &parent),
        ("GET", "locations", ["batches"], None) => work::list_batches(&lock(&world.dataproc), call),
        ("GET", "locations", ["batches", id], None) => work::get(world, id, true),
        ("DELETE", "locations", ["batches", id], None) => work::delete(world, id, true),
        ("GET", _, ["operations", id], None) => operations::get(&lock(&world.dataproc), &parent, id),
        ("POST", _, ["operations", id], Some("cancel")) => operations::cancel(world, &parent, id),
        _ => Reply::unsupported(&format!("{} {}", call.request.method, call.request.path)),
    }
}
