//! Reading objects: `alt=media` of the JSON interface, and signed addresses.

use chrono::{DateTime, NaiveDateTime, TimeDelta, Utc};
use serde_json::Value;

use super::{Object, unmet};
use crate::reply::Reply;
use crate::server::{Call, Request, World, lock};

/// The object's bytes, or the range of them that the request asks for.
pub(super) fn media(object: &Object, request: &Request) -> Reply {
    if request.parameter("generation").is_some_and(|wanted| wanted != object.generation.to_string()) {
        return Reply::reason(404, "notFound", "No such object at this generation");
    }
    if let Some(reply) = unmet(Some(object), request) {
        return reply;
    }
    let length = object.bytes.len();
    let reply = match request.header("range").and_then(|range| parse_range(range, length)) {
        None => Reply::new(200, object.bytes.clone()),
        Some(None) => {
            let reply = Reply::reason(
                416,
                "requestedRangeNotSatisfiable",
                "The requested range cannot be satisfied.",
            );
            return reply.header("content-range", format!("bytes */{length}"));
        }
        Some(Some((first, last))) => Reply::new(206, object.bytes.slice(first..=last))
            .header("content-range", format!("bytes {first}-{last}/{length}")),
    };
    let mut reply = reply
        .header("content-type", object.content_type())
        .header("accept-ranges", "bytes")
        .header("etag", object.etag())
        .header("x-goog-generation", object.generation.to_string())
        .header("x-goog-metageneration", "1")
        .header("x-goog-storage-class", "STANDARD")
        .header("x-goog-stored-content-encoding", "identity")
        .header("x-goog-stored-content-length", length.to_string())
        .header("x-goog-hash", format!("crc32c={},md5={}", object.crc32c, object.md5));
    for (field, header) in [("cacheControl", "cache-control"), ("contentDisposition", "content-disposition")]
    {
        if let Some(value) = object.fields.get(field).and_then(Value::as_str) {
            reply = reply.header(header, value);
        }
    }
    for (key, value) in object.fields.get("metadata").and_then(Value::as_object).into_iter().flatten() {
        if let Some(value) = value.as_str() {
            reply = reply.header(&format!("x-goog-meta-{key}"), value);
        }
    }
    reply
}

/// First and last byte of `bytes=a-b`, `bytes=a-` or `bytes=-n`. None is a header to ignore, `Some(None)` a range outside the object.
fn parse_range(range: &str, length: usize) -> Option<Option<(usize, usize)>> {
    let (first, last) = range.strip_prefix("bytes=")?.split_once('-')?;
    let end = length.checked_sub(1);
    if first.is_empty() {
        let count: usize = last.parse().ok()?;
        return Some(end.filter(|_| count > 0).map(|end| (length.saturating_sub(count), end)));
    }
    let first: usize = first.parse().ok()?;
    let last: usize = if last.is_empty() { usize::MAX } else { last.parse().ok()? };
    Some(end.filter(|end| first <= *end && first <= last).map(|end| (first, last.min(end))))
}

/// `/{bucket}/{object}?X-Goog-…`: an address signed for reading. That it is well-formed and not expired is checked, the signature
/// itself is not, because its key is the test's own.
pub(crate) fn serve_signed(world: &World, call: &Call) -> Reply {
    let request = &call.request;
    let signed = [
        "X-Goog-Algorithm",
        "X-Goog-Credential",
        "X-Goog-Date",
        "X-Goog-Expires",
        "X-Goog-SignedHeaders",
        "X-Goog-Signature",
    ];
    let Some((bucket, name)) = call.segments.split_first().filter(|(_, name)| !name.is_empty()) else {
        return Reply::unsupported(&request.path);
    };
    if request.method != "GET" || !request.query.iter().any(|(key, _)| key.starts_with("X-Goog-")) {
        return Reply::unsupported(&format!("{} {}", request.method, request.path));
    }
    if let Some(missing) = signed.iter().find(|name| request.parameter(name).is_none()) {
        return xml(400, "AuthenticationRequired", &format!("{missing} is missing"));
    }
    let Some(expires_at) = expiry(request) else {
        return xml(400, "InvalidArgument", "X-Goog-Date or X-Goog-Expires is malformed");
    };
    if Utc::now() >= expires_at {
        return xml(400, "ExpiredToken", "The provided token has expired.");
    }
    let storage = lock(&world.storage);
    let Some(objects) = storage.buckets.get(bucket) else {
        return xml(404, "NoSuchBucket", "The specified bucket does not exist.");
    };
    let Some(object) = objects.get(&name.join("/")) else {
        return xml(404, "NoSuchKey", "The specified key does not exist.");
    };
    let mut reply = media(object, request);
    for (parameter, header) in
        [("response-content-disposition", "content-disposition"), ("response-content-type", "content-type")]
    {
        if let Some(value) = request.parameter(parameter) {
            reply.headers.retain(|(name, _)| name != header);
            reply = reply.header(header, value);
        }
    }
    reply
}

/// At most the seven days that Google allows.
fn expiry(request: &Request) -> Option<DateTime<Utc>> {
    let signed_at =
        NaiveDateTime::parse_from_str(request.parameter("X-Goog-Date")?, "%Y%m%dT%H%M%SZ").ok()?.and_utc();
    let seconds: i64 = request.parameter("X-Goog-Expires")?.parse().ok()?;
    (1..=604_800).contains(&seconds).then(|| signed_at + TimeDelta::seconds(seconds))
}

fn xml(status: u16, code: &str, message: &str) -> Reply {
    let body = format!(
        "<?xml version='1.0' encoding='UTF-8'?><Error><Code>{code}</Code><Message>{message}</Message></Error>"
    );
    Reply::new(status, body).header("content-type", "application/xml; charset=UTF-8")
}
