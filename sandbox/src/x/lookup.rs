//! `GET /2/tweets?ids=`: posts by their ids; what is not there is told of in `errors`.

use serde_json::{Value, json};

use super::Invalid;
use super::edits::{Edits, Version};
use super::search::check_id;
use crate::moment::Micros;
use crate::wire::Request;
use crate::world::post::Posts;

/// So many ids at most.
const MOST: usize = 100;

/// The posts that are there, in the order asked for, and the errors about the others.
///
/// # Errors
/// When the list of ids is invalid.
pub(super) fn find<'a>(
    posts: &'a Posts,
    edits: &'a Edits,
    now: Micros,
    request: &Request,
) -> Result<(Vec<Version<'a>>, Vec<Value>), Invalid> {
    let list = request
        .param("ids")
        .ok_or_else(|| Invalid::new("ids", "", "The `ids` query parameter can not be empty"))?;
    let ids: Vec<&str> = list.split(',').map(str::trim).collect();
    if ids.len() > MOST {
        let message = format!(
            "The number of values in the `ids` query parameter list [{}] is not between 1 and {MOST}",
            ids.len()
        );
        return Err(Invalid::new("ids", list, message));
    }
    let (mut found, mut errors) = (Vec::new(), Vec::new());
    for id in ids {
        check_id("ids", id)?;
        match edits.with_id(posts, id, now) {
            Some(version) => found.push(version),
            None => errors.push(missing("tweet", "ids", id)),
        }
    }
    Ok((found, errors))
}

/// The error about a thing that is not there.
pub(super) fn missing(thing: &str, parameter: &str, id: &str) -> Value {
    json!({
        "value": id,
        "detail": format!("Could not find {thing} with {parameter}: [{id}]."),
        "title": "Not Found Error",
        "resource_type": thing,
        "parameter": parameter,
        "resource_id": id,
        "type": "https://api.twitter.com/2/problems/resource-not-found",
    })
}
