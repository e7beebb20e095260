//! The metadata service of a virtual machine. One server stands in for that of every instance: `/vm/{zone}/{name}` goes before the
//! path that the machine itself would ask for. Without it the path means the only instance there is. It answers for a machine that is
//! off as well, because a process that stands in for the guest may outlive the stop a little.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use crate::reply::Reply;
use crate::server::{Call, World, lock};

const LONGEST_WAIT: Duration = Duration::from_secs(600);
const ACCOUNT: &str = "stand-in@quarterday-test.iam.gserviceaccount.com";

pub(crate) async fn serve(world: &Arc<World>, call: &Call) -> Reply {
    let request = &call.request;
    if request.header("metadata-flavor") != Some("Google") || request.headers.contains_key("x-forwarded-for")
    {
        return flavoured(Reply::new(403, "Missing Metadata-Flavor:Google header."));
    }
    if request.method != "GET" {
        return flavoured(Reply::new(405, "Method not allowed"));
    }
    let path = call.path();
    let (machine, path) = match path.as_slice() {
        ["vm", zone, name, "computeMetadata", "v1", rest @ ..] => {
            (Some(((*zone).to_owned(), (*name).to_owned())), rest)
        }
        ["computeMetadata", "v1", rest @ ..] => (only_instance(world), rest),
        _ => return not_found(),
    };
    let content = || content(world, machine.as_ref(), path, call);
    let mut changed = world.changed.subscribe();
    let mut now = content();
    // An attribute that does not exist is answered at once, not waited for.
    if request.parameter("wait_for_change") == Some("true") {
        let seconds = request
            .parameter("timeout_sec")
            .and_then(|seconds| seconds.parse().ok())
            .map(Duration::from_secs);
        let known = request.parameter("last_etag").map(str::to_owned).or_else(|| now.as_deref().map(etag));
        let differs = async {
            while now.as_deref().is_some_and(|text| Some(etag(text)) == known)
                && changed.changed().await.is_ok()
            {
                now = content();
            }
        };
        // Running out of time is answered with the content as it is.
        let _ = tokio::time::timeout(seconds.unwrap_or(LONGEST_WAIT).min(LONGEST_WAIT), differs).await;
    }
    match now {
        Some(text) => {
            let etag = etag(&text);
            flavoured(Reply::text(text).header("etag", etag))
        }
        None => not_found(),
    }
}

fn flavoured(reply: Reply) -> Reply {
    reply.header("metadata-flavor", "Google").header("server", "Metadata Server for VM")
}

fn not_found() -> Reply {
    flavoured(Reply::new(404, "Not Found"))
}

fn only_instance(world: &World) -> Option<(String, String)> {
    let compute = lock(&world.compute);
    let mut keys = compute.instances.keys();
    keys.next().filter(|_| keys.next().is_none()).cloned()
}

fn etag(text: &str) -> String {
    format!("{:08x}{:08x}", crc32c::crc32c(text.as_bytes()), text.len())
}

fn content(world: &World, machine: Option<&(String, String)>, path: &[&str], call: &Call) -> Option<String> {
    let project = lock(&world.project).clone();
    let attributes = || -> Option<BTreeMap<String, String>> {
        let (zone, name) = machine?;
        lock(&world.compute).instance(zone, name).map(|instance| instance.metadata.clone())
    };
    match path {
        ["project", "project-id"] => Some(project),
        ["project", "numeric-project-id"] => Some("123456789012".to_owned()),
        ["instance", "name"] => machine.filter(|_| attributes().is_some()).map(|(_, name)| name.clone()),
        ["instance", "zone"] => machine
            .filter(|_| attributes().is_some())
            .map(|(zone, _)| format!("projects/123456789012/zones/{zone}")),
        ["instance", "id"] => {
            let (zone, name) = machine?;
            lock(&world.compute).instance(zone, name).map(|instance| instance.id.to_string())
        }
        ["instance", "attributes", ""] if call.request.parameter("recursive") == Some("true") => {
            Some(json!(attributes()?).to_string())
        }
        ["instance", "attributes", ""] => Some(attributes()?.keys().map(|key| format!("{key}\n")).collect()),
        ["instance", "attributes", name] => attributes()?.remove(*name),
        ["instance", "service-accounts", "default" | ACCOUNT, what] => account(what, call),
        _ => None,
    }
}

fn account(what: &str, call: &Call) -> Option<String> {
    match what {
        "email" => Some(ACCOUNT.to_owned()),
        "scopes" => Some("https://www.googleapis.com/auth/cloud-platform\n".to_owned()),
        "token" => Some(
            json!({ "access_token": "stand-in-token", "expires_in": 3599, "token_type": "Bearer" })
                .to_string(),
        ),
        "identity" => {
            let audience = call.request.parameter("audience")?;
            let encode = |part: &Value| BASE64_URL_SAFE_NO_PAD.encode(part.to_string());
            let expires = chrono::Utc::now().timestamp() + 3600;
            let claims = json!({ "aud": audience, "email": ACCOUNT, "email_verified": true, "exp": expires, "iss": "https://accounts.google.com" });
            Some(format!("{}.{}.unsigned", encode(&json!({ "alg": "none", "typ": "JWT" })), encode(&claims)))
        }
        _ => None,
    }
}
