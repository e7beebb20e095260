//! Posts as the Graph API writes them: only what is asked for.

use serde_json::{Map, Value, json};

use super::pages::Page;
use crate::graph::fields::Field;
use crate::graph::time;
use crate::moment::Micros;
use crate::world::post::{Post, UNKNOWN};

/// The fields of a post.
pub(super) const FIELDS: [&str; 28] = [
    "actions",
    "admin_creator",
    "attachments",
    "child_attachments",
    "comments",
    "created_time",
    "from",
    "full_picture",
    "icon",
    "id",
    "is_expired",
    "is_hidden",
    "is_popular",
    "is_published",
    "likes",
    "message",
    "message_tags",
    "permalink_url",
    "picture",
    "place",
    "privacy",
    "properties",
    "reactions",
    "shares",
    "status_type",
    "story",
    "to",
    "updated_time",
];
/// Those that come without a wish.
pub(super) const DEFAULT: [&str; 2] = ["created_time", "message"];

/// Writes a post; a count that the world does not know is left out.
pub(super) fn render(post: &Post, id: &str, page: &Page, now: Micros, fields: &[Field]) -> Value {
    let mut value = Map::new();
    for field in fields {
        if let Some(known) = of_field(post, id, page, now, field) {
            let name = field.modifier("as").unwrap_or(&field.name);
            value.insert(name.to_owned(), known);
        }
    }
    value.insert("id".into(), id.into());
    Value::Object(value)
}

fn of_field(post: &Post, id: &str, page: &Page, now: Micros, field: &Field) -> Option<Value> {
    match field.name.as_str() {
        "message" => Some(post.text_at(now).into()),
        "created_time" => Some(time(post.at).into()),
        "updated_time" => Some(time(if post.edited_at <= now { post.edited_at } else { post.at }).into()),
        "permalink_url" => {
            let own = id.split_once('_').map_or(id, |(_, own)| own);
            Some(format!("https://www.facebook.com/{}/posts/{own}", page.id).into())
        }
        "from" => Some(json!({"name": page.name, "id": page.id})),
        "status_type" => Some("mobile_status_update".into()),
        "is_published" => Some(true.into()),
        "is_hidden" | "is_expired" => Some(false.into()),
        // A post that nobody shared has no such field.
        "shares" => (post.shares > 0).then(|| json!({"count": post.shares})),
        "reactions" => counted(field, post.likes, json!({"viewer_reaction": "NONE"})),
        "likes" => counted(field, post.likes, json!({"can_like": true, "has_liked": false})),
        "comments" => counted(field, post.replies, json!({"order": "ranked", "can_comment": true})),
        _ => None,
    }
}

/// An edge without its things: the count is in the summary, which comes only when it is asked for.
fn counted(field: &Field, count: i64, mut summary: Value) -> Option<Value> {
    if count == UNKNOWN {
        return None;
    }
    summary["total_count"] = count.into();
    match field.modifier("summary") {
        Some("true" | "1" | "total_count") => Some(json!({"data": [], "summary": summary})),
        _ => Some(json!({"data": []})),
    }
}
