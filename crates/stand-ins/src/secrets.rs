//! Secret Manager: the versions of each secret, and access to one of them.

use std::collections::BTreeMap;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde_json::json;

use crate::reply::Reply;
use crate::server::{Call, World, lock};

/// The versions of each secret by its name; the first version is number 1.
pub(crate) type Secrets = BTreeMap<String, Vec<Vec<u8>>>;

pub(crate) fn serve(world: &World, call: &Call) -> Reply {
    let path = call.path();
    let ["v1", "projects", project, "secrets", secret, "versions", access] = path.as_slice() else {
        return Reply::unsupported(&call.request.path);
    };
    let Some(version) = access.strip_suffix(":access").filter(|_| call.request.method == "GET") else {
        return Reply::unsupported(&call.request.path);
    };
    let secrets = lock(&world.secrets);
    let Some(versions) = secrets.get(*secret) else {
        let message = format!("Secret [projects/{project}/secrets/{secret}] not found or has no versions.");
        return Reply::fault(404, "NOT_FOUND", &message);
    };
    let number = if version == "latest" { versions.len() } else { version.parse().unwrap_or(0) };
    let Some(value) = number.checked_sub(1).and_then(|index| versions.get(index)) else {
        let message =
            format!("Secret Version [projects/{project}/secrets/{secret}/versions/{version}] not found.");
        return Reply::fault(404, "NOT_FOUND", &message);
    };
    Reply::json(&json!({
        "name": format!("projects/{project}/secrets/{secret}/versions/{number}"),
        "payload": { "data": BASE64_STANDARD.encode(value), "dataCrc32c": crc32c::crc32c(value).to_string() },
    }))
}
