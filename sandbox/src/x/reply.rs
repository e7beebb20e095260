//! Posts as X writes them. The rename of tweet to post is under way: who asks with `post.fields` gets the new names.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

use super::Invalid;
use super::edits::Version;
use super::search::Page;
use crate::moment::{HOUR, millis};
use crate::wire::Request;
use crate::world::cashtag::cashtags;
use crate::world::post::{Kind, Post, Posts, UNKNOWN, compare_ids};

const POST_FIELDS: [&str; 24] = [
    "article",
    "attachments",
    "author_id",
    "card_uri",
    "community_id",
    "context_annotations",
    "conversation_id",
    "created_at",
    "edit_controls",
    "edit_history_tweet_ids",
    "edit_history_post_ids",
    "entities",
    "geo",
    "id",
    "in_reply_to_user_id",
    "lang",
    "possibly_sensitive",
    "public_metrics",
    "note_tweet",
    "note_post",
    "referenced_tweets",
    "referenced_posts",
    "source",
    "text",
];
const USER_FIELDS: [&str; 12] = [
    "created_at",
    "description",
    "entities",
    "id",
    "location",
    "name",
    "profile_image_url",
    "protected",
    "public_metrics",
    "url",
    "username",
    "verified",
];
/// Fields that are known to X and that the sandbox never has.
const SILENT_FIELDS: [&str; 6] =
    ["reply_settings", "scopes", "withheld", "display_text_range", "verified_type", "pinned_tweet_id"];

/// The names that differ before and after the rename.
struct Names {
    reposts: &'static str,
    history: &'static str,
    referenced: &'static str,
    note: &'static str,
}

const OLD: Names = Names {
    reposts: "retweet_count",
    history: "edit_history_tweet_ids",
    referenced: "referenced_tweets",
    note: "note_tweet",
};
const NEW: Names = Names {
    reposts: "repost_count",
    history: "edit_history_post_ids",
    referenced: "referenced_posts",
    note: "note_post",
};

/// So many characters of a long text are in `text`; the whole is in the note.
const SHORT: usize = 280;

/// Writes a page.
///
/// # Errors
/// When a field is not known.
pub(super) fn page(posts: &Posts, request: &Request, page: &Page<'_>) -> Result<Value, Invalid> {
    let mut body = found(posts, request, &page.posts)?;
    body.insert("meta".into(), meta(page));
    Ok(Value::Object(body))
}

/// Writes posts and, where it is asked for, their authors; nothing when there are none.
///
/// # Errors
/// When a field is not known.
pub(super) fn found(
    posts: &Posts,
    request: &Request,
    versions: &[Version<'_>],
) -> Result<Map<String, Value>, Invalid> {
    let (names, post_fields) = match request.param("post.fields") {
        Some(list) => (&NEW, fields("post.fields", list, &POST_FIELDS)?),
        None => (&OLD, fields("tweet.fields", request.param("tweet.fields").unwrap_or(""), &POST_FIELDS)?),
    };
    let user_fields = fields("user.fields", request.param("user.fields").unwrap_or(""), &USER_FIELDS)?;
    let expand = request
        .param("expansions")
        .is_some_and(|list| list.split(',').any(|name| name.trim() == "author_id"));
    let mut body = Map::new();
    if !versions.is_empty() {
        let rows = versions.iter().map(|version| post_value(posts, version, names, &post_fields)).collect();
        body.insert("data".into(), Value::Array(rows));
        if expand {
            body.insert("includes".into(), json!({"users": users(posts, versions, &user_fields)}));
        }
    }
    Ok(body)
}

/// The fields of a comma-separated list.
fn fields<'a>(parameter: &'static str, list: &'a str, known: &[&str]) -> Result<BTreeSet<&'a str>, Invalid> {
    let asked: BTreeSet<&str> = list.split(',').map(str::trim).filter(|name| !name.is_empty()).collect();
    match asked.iter().find(|name| !known.contains(name) && !SILENT_FIELDS.contains(name)) {
        Some(name) => Err(Invalid::new(
            parameter,
            list,
            format!("The `{parameter}` query parameter value [{name}] is not one of [{}]", known.join(",")),
        )),
        None => Ok(asked),
    }
}

fn meta(page: &Page<'_>) -> Value {
    let mut meta = Map::new();
    let ids = || page.posts.iter().map(|version| version.id);
    if let (Some(newest), Some(oldest)) =
        (ids().max_by(|a, b| compare_ids(a, b)), ids().min_by(|a, b| compare_ids(a, b)))
    {
        meta.insert("newest_id".into(), newest.into());
        meta.insert("oldest_id".into(), oldest.into());
    }
    meta.insert("result_count".into(), page.posts.len().into());
    if let Some(token) = &page.next_token {
        meta.insert("next_token".into(), token.as_str().into());
    }
    Value::Object(meta)
}

fn post_value(posts: &Posts, version: &Version<'_>, names: &Names, fields: &BTreeSet<&str>) -> Value {
    let post = version.post;
    let mut value = Map::new();
    value.insert("id".into(), version.id.into());
    value.insert(names.history.into(), json!(version.history));
    let has = |name: &str| fields.contains(name);
    let is_long = version.text.chars().count() > SHORT;
    if is_long {
        let short: String = version.text.chars().take(SHORT - 1).chain(['…']).collect();
        value.insert("text".into(), short.into());
    } else {
        value.insert("text".into(), version.text.into());
    }
    if is_long && (has("note_tweet") || has("note_post")) {
        value.insert(names.note.into(), json!({"text": version.text}));
    }
    if has("author_id")
        && let Some(author) = posts.author(post)
    {
        value.insert("author_id".into(), (*author.id).into());
    }
    if has("created_at") {
        value.insert("created_at".into(), millis(post.at).into());
    }
    if has("edit_controls") {
        let left = 5 - (version.history.len() - 1);
        let controls = json!({"edits_remaining": left, "is_edit_eligible": post.kind == Kind::Post, "editable_until": millis(post.at + HOUR)});
        value.insert("edit_controls".into(), controls);
    }
    if has("lang") {
        value.insert("lang".into(), posts.lang(post).unwrap_or("und").into());
    }
    if has("conversation_id") {
        value.insert("conversation_id".into(), (*post.id).into());
    }
    if has("possibly_sensitive") {
        value.insert("possibly_sensitive".into(), false.into());
    }
    if has("public_metrics") {
        let metrics = metrics(&[
            ("like_count", post.likes),
            (names.reposts, post.shares),
            ("reply_count", post.replies),
        ]);
        value.insert("public_metrics".into(), metrics);
    }
    if has("entities") {
        let tags: Vec<Value> = cashtags(version.text).map(|tag| json!({"tag": tag})).collect();
        value.insert("entities".into(), json!({"cashtags": tags}));
    }
    if (has("referenced_tweets") || has("referenced_posts"))
        && let Some(manner) = manner(post.kind)
    {
        value.insert(names.referenced.into(), json!([{"type": manner, "id": parent_id(post)}]));
    }
    Value::Object(value)
}

/// Only what the world says: an unknown count is left out, not zero.
fn metrics(counts: &[(&str, i64)]) -> Value {
    let known = counts.iter().filter(|(_, count)| *count != UNKNOWN);
    Value::Object(known.map(|(name, count)| ((*name).to_owned(), (*count).into())).collect())
}

fn manner(kind: Kind) -> Option<&'static str> {
    match kind {
        Kind::Post => None,
        Kind::Repost => Some("retweeted"),
        Kind::Quote => Some("quoted"),
        Kind::Reply => Some("replied_to"),
    }
}

/// The parent's id; where the world does not say it, one that no post has but that is the same every time.
fn parent_id(post: &Post) -> String {
    match (&post.parent_id, post.id.parse::<u64>()) {
        (Some(id), _) => id.to_string(),
        (None, Ok(id)) => id.saturating_sub(1 + id % 9973).to_string(),
        (None, Err(_)) => format!("{}-parent", post.id),
    }
}

/// The authors of a page, each once, as its newest post of theirs shows them.
fn users(posts: &Posts, versions: &[Version<'_>], fields: &BTreeSet<&str>) -> Vec<Value> {
    let mut seen = BTreeMap::new();
    let mut users = Vec::new();
    for Version { post, .. } in versions {
        let Some(author) = posts.author(post) else { continue };
        if seen.insert(post.author, ()).is_some() {
            continue;
        }
        let mut user = Map::new();
        user.insert("id".into(), (*author.id).into());
        user.insert("name".into(), (*author.name).into());
        user.insert("username".into(), (*author.name).into());
        if fields.contains("verified") {
            user.insert("verified".into(), false.into());
        }
        if fields.contains("protected") {
            user.insert("protected".into(), false.into());
        }
        if fields.contains("public_metrics") {
            user.insert("public_metrics".into(), metrics(&[("followers_count", post.followers)]));
        }
        if fields.contains("created_at")
            && let Some(at) = author.created_at
        {
            user.insert("created_at".into(), millis(at).into());
        }
        users.push(Value::Object(user));
    }
    users
}
