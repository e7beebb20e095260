//! The bodies of `multipart/related`: one request with an object's description, its bytes and perhaps their checksums.

use bytes::Bytes;
use regex::bytes::Regex;
use serde_json::{Map, Value};

use crate::server::Request;

/// The parts of `multipart/related`: the fields, the bytes and, from newer clients, the checksums that were computed while sending.
pub(super) fn parse(request: &Request) -> Result<(Map<String, Value>, Bytes), String> {
    let boundary = boundary(request).ok_or("the content type is not multipart/related")?;
    let parts = split_parts(&request.body, boundary)?;
    let [fields, media, rest @ ..] = parts.as_slice() else {
        return Err("multipart/related needs two parts".to_owned());
    };
    let object = |part: &Bytes| {
        serde_json::from_slice::<Map<String, Value>>(part)
            .map_err(|error| format!("a part is not a JSON object: {error}"))
    };
    let mut all = object(&fields.1)?;
    if let Some(content_type) = &media.0 {
        all.entry("contentType").or_insert_with(|| content_type.as_str().into());
    }
    match rest {
        [] => {}
        [checksums] => all.extend(object(&checksums.1)?),
        _ => return Err("multipart/related has more than three parts".to_owned()),
    }
    Ok((all, media.1.clone()))
}

/// The part that describes the object, as it was sent.
pub(crate) fn metadata_of(request: &Request) -> Option<Vec<u8>> {
    let parts = split_parts(&request.body, boundary(request)?).ok()?;
    parts.first().map(|(_, bytes)| bytes.to_vec())
}

fn boundary(request: &Request) -> Option<&str> {
    let parameters = request.header("content-type")?.strip_prefix("multipart/related")?;
    let boundary = parameters.split(';').find_map(|part| part.trim().strip_prefix("boundary="));
    boundary.map(|boundary| boundary.trim_matches('"'))
}

/// The content type and the content of each part.
fn split_parts(body: &Bytes, boundary: &str) -> Result<Vec<(Option<String>, Bytes)>, String> {
    let delimiter = Regex::new(&format!("(?-u)(?:^|\r\n)--{}(?:--)?(?:\r\n|$)", regex::escape(boundary)))
        .map_err(|error| error.to_string())?;
    let marks: Vec<_> = delimiter.find_iter(body).map(|found| found.range()).collect();
    let mut parts = Vec::new();
    for pair in marks.windows(2) {
        // A delimiter ends with the line break that the next one would begin with when the part is empty.
        let part = body.slice(pair[0].end..pair[1].start.max(pair[0].end));
        let blank = if part.starts_with(b"\r\n") {
            Some(0)
        } else {
            part.windows(4).position(|four| four == b"\r\n\r\n").map(|at| at + 2)
        };
        let head = blank.ok_or("a part has no blank line after its headers")?;
        let headers = String::from_utf8_lossy(&part[..head]).into_owned();
        let typed = headers
            .lines()
            .filter_map(|line| line.split_once(':'))
            .find(|(name, _)| name.eq_ignore_ascii_case("content-type"));
        parts.push((typed.map(|(_, value)| value.trim().to_owned()), part.slice(head + 2..)));
    }
    Ok(parts)
}
