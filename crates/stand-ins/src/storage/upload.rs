//! Writing objects: in one request (`media`, `multipart`) and in several (`resumable`).

use bytes::{Bytes, BytesMut};
use serde_json::{Map, Value};
use uuid::Uuid;

use super::{Storage, no_bucket, related, unmet};
use crate::reply::Reply;
use crate::server::{Call, Request, World, lock};

/// A chunk that is not the last must be a multiple of this.
const GRANULE: usize = 256 * 1024;

/// A resumable upload: the request that began it, whose preconditions also hold at its end, and what has arrived.
#[derive(Debug)]
pub(super) struct Session {
    begun: Request,
    bucket: String,
    name: String,
    fields: Map<String, Value>,
    received: BytesMut,
    /// The answer to the last chunk, repeated to whoever asks for the state of a finished upload.
    finished: Option<Bytes>,
}

/// `/upload/storage/v1/b/{bucket}/o`.
pub(crate) fn serve(world: &World, call: &Call) -> Reply {
    let mut storage = lock(&world.storage);
    let request = &call.request;
    let path = call.path();
    let ["upload", "storage", "v1", "b", bucket, "o"] = path.as_slice() else {
        return Reply::unsupported(&request.path);
    };
    if let Some(id) = request.parameter("upload_id") {
        return resume(&mut storage, request, id);
    }
    if request.method != "POST" {
        return Reply::unsupported(&format!("{} {}", request.method, request.path));
    }
    match request.parameter("uploadType") {
        Some("media") => {
            let content_type = request.header("content-type").unwrap_or("application/octet-stream");
            let fields = Map::from_iter([("contentType".to_owned(), Value::from(content_type))]);
            finish(&mut storage, request, bucket, request.body.clone(), fields)
        }
        Some("multipart") => match related::parse(request) {
            Ok((fields, bytes)) => finish(&mut storage, request, bucket, bytes, fields),
            Err(message) => Reply::reason(400, "badRequest", &message),
        },
        Some("resumable") => begin(&mut storage, world, request, bucket),
        _ => Reply::reason(400, "badRequest", "uploadType must be media, multipart or resumable"),
    }
}

/// The name that the query gives overrides the one among the fields.
fn object_name(request: &Request, fields: &mut Map<String, Value>) -> Option<String> {
    fields.remove("bucket");
    let field = fields.remove("name").and_then(|name| name.as_str().map(str::to_owned));
    request
        .parameter("name")
        .map(str::to_owned)
        .or(field)
        .filter(|name| !name.is_empty() && name.len() <= 1024)
}

fn finish(
    storage: &mut Storage,
    request: &Request,
    bucket: &str,
    bytes: Bytes,
    mut fields: Map<String, Value>,
) -> Reply {
    let Some(name) = object_name(request, &mut fields) else {
        return Reply::reason(400, "required", "Required parameter: name");
    };
    take_hash_header(request, &mut fields);
    storage.write(request, bucket, &name, bytes, fields)
}

/// Checksums may also be stated in the header `x-goog-hash: crc32c=…,md5=…`.
fn take_hash_header(request: &Request, fields: &mut Map<String, Value>) {
    for part in request.header("x-goog-hash").unwrap_or_default().split(',') {
        match part.trim().split_once('=') {
            Some(("crc32c", value)) => drop(fields.insert("crc32c".to_owned(), value.into())),
            Some(("md5", value)) => drop(fields.insert("md5Hash".to_owned(), value.into())),
            _ => {}
        }
    }
}

fn begin(storage: &mut Storage, world: &World, request: &Request, bucket: &str) -> Reply {
    let Some(objects) = storage.buckets.get(bucket) else { return no_bucket() };
    let mut fields = request.json().as_object().cloned().unwrap_or_default();
    if let Some(content_type) = request.header("x-upload-content-type") {
        fields.entry("contentType").or_insert_with(|| content_type.into());
    }
    let Some(name) = object_name(request, &mut fields) else {
        return Reply::reason(400, "required", "Required parameter: name");
    };
    if let Some(reply) = unmet(objects.get(&name), request) {
        return reply;
    }
    let id = Uuid::new_v4().simple().to_string();
    // The server's own address: Google's client sends a `Host` without its port.
    let location =
        format!("{}/upload/storage/v1/b/{bucket}/o?uploadType=resumable&upload_id={id}", world.url);
    let mut begun = request.clone();
    begun.body = Bytes::new();
    let session =
        Session { begun, bucket: bucket.to_owned(), name, fields, received: BytesMut::new(), finished: None };
    storage.sessions.insert(id.clone(), session);
    Reply::new(200, "").header("location", location).header("x-guploader-uploadid", id)
}

/// A chunk, or the question how much has arrived.
fn resume(storage: &mut Storage, request: &Request, id: &str) -> Reply {
    let Some(session) = storage.sessions.get_mut(id) else {
        return Reply::reason(404, "notFound", "No such upload session");
    };
    if request.method == "DELETE" {
        storage.sessions.remove(id);
        return Reply::new(499, "");
    }
    if let Some(answer) = &session.finished {
        return Reply::new(200, answer.clone()).header("content-type", "application/json; charset=UTF-8");
    }
    let range = request
        .header("content-range")
        .map_or(Some(Chunk { first: 0, total: None, last: true }), parse_content_range);
    let Some(chunk) = range else {
        return Reply::reason(400, "badRequest", "Failed to parse Content-Range header.");
    };
    let have = session.received.len();
    if request.body.is_empty() && chunk.total != Some(have) && request.header("content-range").is_some() {
        return incomplete(have);
    }
    let first = if request.body.is_empty() { have } else { chunk.first };
    let Some(known) = have.checked_sub(first) else {
        return Reply::reason(
            400,
            "badRequest",
            &format!("the chunk begins at {first}, but only {have} bytes have arrived"),
        );
    };
    let fresh = request.body.get(known..).unwrap_or_default();
    let have = have + fresh.len();
    let complete = chunk.total.map_or(chunk.last, |total| have >= total);
    if !complete && !have.is_multiple_of(GRANULE) {
        let message = "a chunk that is not the last must be a multiple of 256 KiB";
        return Reply::reason(400, "badRequest", message);
    }
    if chunk.total.is_some_and(|total| have > total) {
        return Reply::reason(400, "badRequest", "more bytes arrived than Content-Range announced");
    }
    session.received.extend_from_slice(fresh);
    if !complete {
        return incomplete(have);
    }
    let mut fields = session.fields.clone();
    take_hash_header(request, &mut fields);
    let (begun, bucket, name) = (session.begun.clone(), session.bucket.clone(), session.name.clone());
    let bytes = std::mem::take(&mut session.received).freeze();
    let reply = storage.write(&begun, &bucket, &name, bytes, fields);
    match storage.sessions.get_mut(id) {
        Some(session) if reply.status == 200 => session.finished = Some(reply.body.clone()),
        _ => drop(storage.sessions.remove(id)),
    }
    reply
}

/// A connection that breaks half-way through a chunk: what has arrived is kept, in whole granules.
pub(crate) fn interrupt(world: &World, request: &Request) {
    let mut storage = lock(&world.storage);
    let session = request.parameter("upload_id").and_then(|id| storage.sessions.get_mut(id));
    let first = request.header("content-range").and_then(parse_content_range).map_or(0, |chunk| chunk.first);
    let arrived = request.body.len() / 2 / GRANULE * GRANULE;
    if let Some(session) =
        session.filter(|session| session.finished.is_none() && session.received.len() == first)
    {
        session.received.extend_from_slice(&request.body[..arrived]);
    }
}

fn incomplete(have: usize) -> Reply {
    let reply = Reply::new(308, "");
    if have == 0 { reply } else { reply.header("range", format!("bytes=0-{}", have - 1)) }
}

struct Chunk {
    first: usize,
    total: Option<usize>,
    /// Whether the object ends with this chunk although no total is stated.
    last: bool,
}

/// `bytes a-b/N`, `bytes a-b/*`, `bytes a-*/*` (all the rest), `bytes */N` and `bytes */*`.
fn parse_content_range(header: &str) -> Option<Chunk> {
    let (range, total) = header.strip_prefix("bytes ")?.split_once('/')?;
    let total = if total == "*" { None } else { Some(total.parse().ok()?) };
    if range == "*" {
        return Some(Chunk { first: 0, total, last: false });
    }
    let (first, end) = range.split_once('-')?;
    Some(Chunk { first: first.parse().ok()?, total, last: end == "*" && total.is_none() })
}
