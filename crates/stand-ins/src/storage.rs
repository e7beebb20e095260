//! Cloud Storage: buckets, the metadata of objects, listing and deletion. Reads are in `download`, writes in `upload`.

pub(crate) mod download;
pub(crate) mod related;
pub(crate) mod upload;

use std::collections::BTreeMap;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use bytes::Bytes;
use chrono::{DateTime, SecondsFormat, Utc};
use md5::{Digest, Md5};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Map, Value, json};

use crate::reply::Reply;
use crate::server::{Call, Request, World, lock};

/// Real generations are microseconds since 1970; these begin at one of them and rise by one.
const FIRST_GENERATION: i64 = 1_700_000_000_000_000;
const LARGEST_PAGE: usize = 1000;

/// One live object.
#[derive(Debug, Clone)]
pub(crate) struct Object {
    pub(crate) bytes: Bytes,
    generation: i64,
    created_at: DateTime<Utc>,
    crc32c: String,
    md5: String,
    /// What its writer said of it: `contentType`, `metadata` and the like.
    fields: Map<String, Value>,
}

/// All buckets, and the resumable uploads under way.
#[derive(Debug, Default)]
pub(crate) struct Storage {
    pub(crate) buckets: BTreeMap<String, BTreeMap<String, Object>>,
    sessions: BTreeMap<String, upload::Session>,
    written: i64,
}

impl Storage {
    pub(crate) fn next_generation(&mut self) -> i64 {
        self.written += 1;
        FIRST_GENERATION + self.written
    }

    /// Writes an object as one step: the preconditions of the request first, then the checksums that the writer stated.
    fn write(
        &mut self,
        request: &Request,
        bucket: &str,
        name: &str,
        bytes: Bytes,
        fields: Map<String, Value>,
    ) -> Reply {
        let Some(objects) = self.buckets.get(bucket) else { return no_bucket() };
        if let Some(reply) = unmet(objects.get(name), request) {
            return reply;
        }
        let generation = self.next_generation();
        let object = Object::new(bytes, generation, fields);
        for (field, actual) in [("crc32c", &object.crc32c), ("md5Hash", &object.md5)] {
            if let Some(stated) =
                object.fields.get(field).and_then(Value::as_str).filter(|stated| stated != actual)
            {
                let message =
                    format!("Provided {field} {stated:?} doesn't match calculated {field} {actual:?}.");
                return Reply::reason(400, "invalid", &message);
            }
        }
        let reply = Reply::json(&object.metadata(bucket, name));
        self.buckets.entry(bucket.to_owned()).or_default().insert(name.to_owned(), object);
        reply
    }
}

impl Object {
    pub(crate) fn new(bytes: Bytes, generation: i64, fields: Map<String, Value>) -> Self {
        let crc32c = BASE64_STANDARD.encode(crc32c::crc32c(&bytes).to_be_bytes());
        let md5 = BASE64_STANDARD.encode(Md5::digest(&bytes));
        Self { bytes, generation, created_at: Utc::now(), crc32c, md5, fields }
    }

    fn content_type(&self) -> &str {
        self.fields.get("contentType").and_then(Value::as_str).unwrap_or("application/octet-stream")
    }

    fn etag(&self) -> String {
        BASE64_STANDARD.encode(self.generation.to_be_bytes())
    }

    fn metadata(&self, bucket: &str, name: &str) -> Value {
        let at = self.created_at.to_rfc3339_opts(SecondsFormat::Micros, true);
        let mut fields = self.fields.clone();
        fields.extend(
            [
                ("kind", "storage#object".to_owned()),
                ("id", format!("{bucket}/{name}/{}", self.generation)),
                ("name", name.to_owned()),
                ("bucket", bucket.to_owned()),
                ("generation", self.generation.to_string()),
                ("metageneration", "1".to_owned()),
                ("contentType", self.content_type().to_owned()),
                ("storageClass", "STANDARD".to_owned()),
                ("size", self.bytes.len().to_string()),
                ("crc32c", self.crc32c.clone()),
                ("md5Hash", self.md5.clone()),
                ("etag", self.etag()),
                ("timeCreated", at.clone()),
                ("timeFinalized", at.clone()),
                ("timeStorageClassUpdated", at.clone()),
                ("updated", at),
                (
                    "selfLink",
                    format!(
                        "https://www.googleapis.com/storage/v1/b/{bucket}/o/{}",
                        utf8_percent_encode(name, NON_ALPHANUMERIC)
                    ),
                ),
            ]
            .map(|(key, value)| (key.to_owned(), Value::from(value))),
        );
        Value::Object(fields)
    }
}

fn no_bucket() -> Reply {
    Reply::reason(404, "notFound", "The specified bucket does not exist.")
}

fn no_object(bucket: &str, name: &str) -> Reply {
    Reply::reason(404, "notFound", &format!("No such object: {bucket}/{name}"))
}

/// The answer to a request whose preconditions on generations do not hold.
fn unmet(object: Option<&Object>, request: &Request) -> Option<Reply> {
    let generation = object.map_or(0, |object| object.generation);
    let metageneration = i64::from(object.is_some());
    for (parameter, actual, equal) in [
        ("ifGenerationMatch", generation, true),
        ("ifGenerationNotMatch", generation, false),
        ("ifMetagenerationMatch", metageneration, true),
        ("ifMetagenerationNotMatch", metageneration, false),
    ] {
        let Some(wanted) = request.parameter(parameter) else { continue };
        let Ok(wanted) = wanted.parse::<i64>() else {
            return Some(Reply::reason(
                400,
                "invalidParameter",
                &format!("Invalid value for {parameter}: {wanted}"),
            ));
        };
        if (wanted == actual) == equal {
            continue;
        }
        if request.method == "GET" && !equal {
            return Some(Reply::new(304, ""));
        }
        let message = "At least one of the pre-conditions you specified did not hold.";
        return Some(Reply::reason(412, "conditionNotMet", message));
    }
    None
}

/// `/storage/v1/b/…`.
pub(crate) fn serve(world: &World, call: &Call) -> Reply {
    let mut storage = lock(&world.storage);
    let request = &call.request;
    let path = call.path();
    let ["storage", "v1", "b", bucket, rest @ ..] = path.as_slice() else {
        return Reply::unsupported(&request.path);
    };
    let Some(objects) = storage.buckets.get_mut(*bucket) else { return no_bucket() };
    match (request.method.as_str(), rest) {
        ("GET", []) => Reply::json(&json!({
            "kind": "storage#bucket", "id": bucket, "name": bucket, "location": "US", "storageClass": "STANDARD", "metageneration": "1",
        })),
        ("GET", ["o"]) => list(objects, bucket, request),
        ("GET", ["o", name]) => match objects.get(*name) {
            Some(object) if request.parameter("alt") == Some("media") => download::media(object, request),
            found => match (found, unmet(found, request)) {
                (None, _) => no_object(bucket, name),
                (_, Some(reply)) => reply,
                (Some(object), _) => Reply::json(&object.metadata(bucket, name)),
            },
        },
        ("DELETE", ["o", name]) => {
            if !objects.contains_key(*name) {
                return no_object(bucket, name);
            }
            if let Some(reply) = unmet(objects.get(*name), request) {
                return reply;
            }
            objects.remove(*name);
            Reply::new(204, "")
        }
        _ => Reply::unsupported(&format!("{} {}", request.method, request.path)),
    }
}

/// One page in the order of names; its token is the last name of the page.
fn list(objects: &BTreeMap<String, Object>, bucket: &str, request: &Request) -> Reply {
    if request.parameter("delimiter").is_some() {
        return Reply::unsupported("the parameter delimiter of a listing");
    }
    let prefix = request.parameter("prefix").unwrap_or_default();
    let begin = request.parameter("startOffset").unwrap_or_default();
    let end = request.parameter("endOffset");
    let token = request
        .parameter("pageToken")
        .map(|token| BASE64_STANDARD.decode(token).ok().and_then(|name| String::from_utf8(name).ok()));
    if token == Some(None) {
        return Reply::reason(400, "invalid", "Invalid value for pageToken");
    }
    let after = token.flatten();
    let most = request
        .parameter("maxResults")
        .and_then(|most| most.parse().ok())
        .unwrap_or(LARGEST_PAGE)
        .clamp(1, LARGEST_PAGE);
    let fits = |name: &str| {
        name.starts_with(prefix)
            && name >= begin
            && end.is_none_or(|end| name < end)
            && after.as_deref().is_none_or(|after| name > after)
    };
    let mut fitting = objects.iter().filter(|(name, _)| fits(name));
    let page: Vec<_> = fitting.by_ref().take(most).collect();
    let mut answer = json!({ "kind": "storage#objects" });
    if !page.is_empty() {
        answer["items"] = page.iter().map(|(name, object)| object.metadata(bucket, name)).collect();
    }
    if let (Some((last, _)), Some(_)) = (page.last(), fitting.next()) {
        answer["nextPageToken"] = BASE64_STANDARD.encode(last).into();
    }
    Reply::json(&answer)
}
