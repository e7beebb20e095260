//! Posts as Instagram writes them: only what is asked for.

use serde_json::{Map, Value, json};

use crate::fnv;
use crate::graph::fields::Field;
use crate::graph::time;
use crate::moment::Micros;
use crate::world::post::{Post, UNKNOWN};

/// The fields of a medium that a hashtag leads to: it does not say whose it is.
pub(super) const HASHTAG_FIELDS: [&str; 9] = [
    "caption",
    "children",
    "comments_count",
    "id",
    "like_count",
    "media_type",
    "media_url",
    "permalink",
    "timestamp",
];
/// The fields of a medium of a named account.
pub(super) const ACCOUNT_FIELDS: [&str; 13] = [
    "caption",
    "children",
    "comments_count",
    "id",
    "like_count",
    "media_product_type",
    "media_type",
    "media_url",
    "owner",
    "permalink",
    "thumbnail_url",
    "timestamp",
    "username",
];

/// Writes a post; a count that is hidden or that the world does not know is left out.
pub(super) fn render(post: &Post, account: Option<&str>, now: Micros, fields: &[Field]) -> Value {
    let mut value = Map::new();
    for field in fields {
        if let Some(known) = of_field(post, account, now, &field.name) {
            value.insert(field.name.clone(), known);
        }
    }
    value.insert("id".into(), (*post.id).into());
    Value::Object(value)
}

fn of_field(post: &Post, account: Option<&str>, now: Micros, field: &str) -> Option<Value> {
    let luck = fnv::hash(&post.id) >> 5;
    match field {
        "caption" => Some(post.text_at(now).into()),
        "timestamp" => Some(time(post.at).into()),
        "username" => account.map(Value::from),
        "owner" => account.map(|name| json!({"id": (fnv::hash(name) >> 12).to_string()})),
        "media_product_type" => Some("FEED".into()),
        "media_type" => Some(["IMAGE", "IMAGE", "VIDEO", "CAROUSEL_ALBUM"][(luck % 4) as usize].into()),
        "permalink" => Some(format!("https://www.instagram.com/p/C{luck:x}/").into()),
        "comments_count" => (post.replies != UNKNOWN).then(|| post.replies.into()),
        // Some authors hide how many likes there are.
        "like_count" => (post.likes != UNKNOWN && !luck.is_multiple_of(7)).then(|| post.likes.into()),
        _ => None,
    }
}
