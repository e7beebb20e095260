//! What Reddit answers: listings of posts (`t3`) and comments (`t1`).

use chrono::{DateTime, Utc};
use domain::{Post, PostKind};
use serde::Deserialize;
use serde_json::Value;

use super::silent::SILENT;
use crate::exchange::Exchange;
use crate::json;
use crate::normalise::Collected;
use crate::trouble::Trouble;

/// What stands where a text was that its author or a moderator took away.
const TAKEN_AWAY: [&str; 3] = ["[deleted]", "[removed]", "[ Removed by Reddit ]"];

/// What paging needs of a listing.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Page {
    /// The thing after which the next page begins; `None` on the last.
    pub(super) after: Option<String>,
    /// Full names, in the listing's order.
    pub(super) names: Vec<String>,
    /// The newest instant on it.
    pub(super) newest: Option<DateTime<Utc>>,
    /// The oldest one.
    pub(super) oldest: Option<DateTime<Utc>>,
}

/// Reads what paging needs; says what is wrong with a 200 that is no listing.
pub(super) fn page(body: &[u8]) -> Result<Page, Trouble> {
    #[derive(Deserialize)]
    struct Slim {
        data: Option<SlimThing>,
    }
    #[derive(Deserialize)]
    struct SlimThing {
        #[serde(default, deserialize_with = "json::text")]
        name: Option<String>,
        #[serde(default, deserialize_with = "json::number")]
        created_utc: Option<f64>,
    }
    let listing: Listing<Value> = json::parse(body)
        .map_err(|e| Trouble::transient(format!("its reply is not the JSON of a listing ({e})")))?;
    let Some(Children { after, children: Some(children) }) = listing.data else {
        let said = listing.error.map(|error| format!(" (error {error})")).unwrap_or_default();
        return Err(Trouble::transient(format!("it answered 200 without a listing{said}")));
    };
    let mut page = Page { after: after.filter(|after| !after.is_empty()), ..Page::default() };
    for slim in children.into_iter().filter_map(|child| serde_json::from_value::<Slim>(child).ok()) {
        let Some(thing) = slim.data else { continue };
        page.names.extend(thing.name);
        let Some(at) = thing.created_utc.and_then(instant) else { continue };
        page.newest = Some(page.newest.map_or(at, |newest| newest.max(at)));
        page.oldest = Some(page.oldest.map_or(at, |oldest| oldest.min(at)));
    }
    Ok(page)
}

#[derive(Deserialize)]
struct Listing<T> {
    #[allow(dead_code, reason = "named so that it is not counted as unknown")]
    #[serde(default, deserialize_with = "json::text")]
    kind: Option<String>,
    data: Option<Children<T>>,
    #[serde(default, deserialize_with = "json::text")]
    error: Option<String>,
}

#[derive(Deserialize)]
struct Children<T> {
    #[serde(default, deserialize_with = "json::text")]
    after: Option<String>,
    children: Option<Vec<T>>,
}

/// One thing of a listing:
///
/// ```json
/// {"kind":"t3","data":{"name":"t3_48fbm9","author":"ann","author_fullname":"t2_1","title":"$GME","selftext":"to the moon",
///  "permalink":"/r/stocks/comments/48fbm9/gme/","subreddit":"stocks","created_utc":1456821458.0,"edited":false,"score":1,
///  "upvote_ratio":0.9,"num_comments":1,"removed_by_category":null}}
/// {"kind":"t1","data":{"name":"t1_d0j","author":"bob","body":"no","link_id":"t3_48fbm9","parent_id":"t3_48fbm9",
///  "permalink":"/r/stocks/comments/48fbm9/gme/d0j/","subreddit":"stocks","created_utc":1456821500.0,"edited":1456821600.0}}
/// ```
#[derive(Deserialize)]
struct Child {
    #[serde(default, deserialize_with = "json::text")]
    kind: Option<String>,
    data: Option<Thing>,
}

#[derive(Deserialize)]
struct Thing {
    #[serde(default, deserialize_with = "json::text")]
    name: Option<String>,
    #[serde(default, deserialize_with = "json::text")]
    author: Option<String>,
    #[serde(default, deserialize_with = "json::text")]
    author_fullname: Option<String>,
    #[serde(default, deserialize_with = "json::text")]
    title: Option<String>,
    #[serde(default, deserialize_with = "json::text")]
    selftext: Option<String>,
    #[serde(default, deserialize_with = "json::text")]
    body: Option<String>,
    #[serde(default, deserialize_with = "json::text")]
    permalink: Option<String>,
    #[serde(default, deserialize_with = "json::text")]
    subreddit: Option<String>,
    #[serde(default, deserialize_with = "json::text")]
    link_id: Option<String>,
    #[serde(default, deserialize_with = "json::text")]
    parent_id: Option<String>,
    #[serde(default, deserialize_with = "json::number")]
    created_utc: Option<f64>,
    /// False, an instant, or true for edits of Reddit's first years.
    #[serde(default, deserialize_with = "json::number")]
    edited: Option<f64>,
    #[serde(default, deserialize_with = "json::count")]
    score: Option<i64>,
    #[serde(default, deserialize_with = "json::number")]
    upvote_ratio: Option<f64>,
    #[serde(default, deserialize_with = "json::count")]
    num_comments: Option<i64>,
    #[serde(default, deserialize_with = "json::text")]
    removed_by_category: Option<String>,
}

/// Reads the things of one exchange.
pub(super) fn read(raw_ref: &str, exchange: &Exchange, collected: &mut Collected<'_>) {
    // Nearly always the whole page fits; where one thing does not, each is read for itself.
    let children = json::parse_noting::<Listing<Child>>(&exchange.body, SILENT, collected);
    let children: Vec<Result<Child, Defect>> = match children {
        Ok(listing) => things(listing).into_iter().map(Ok).collect(),
        Err(_) => match json::parse::<Listing<Value>>(&exchange.body) {
            Ok(listing) => things(listing).into_iter().map(form).collect(),
            Err(error) => {
                let reason = format!("the page is not the JSON of a listing ({error})");
                return collected.reject(raw_ref, None, reason);
            }
        },
    };
    for child in children {
        match child.and_then(|child| thing(raw_ref, child, collected)) {
            Ok(Found::There(post)) => collected.post(*post, false),
            Ok(Found::Gone(id)) => collected.gone(raw_ref, &id),
            Ok(Found::Other) => {}
            Err((id, reason)) => collected.reject(raw_ref, id, reason),
        }
    }
}

/// The id, where there is one, and what is wrong.
type Defect = (Option<String>, String);

/// What a thing turns out to be.
enum Found {
    There(Box<Post>),
    Gone(String),
    /// Neither a post nor a comment.
    Other,
}

fn things<T>(listing: Listing<T>) -> Vec<T> {
    listing.data.and_then(|data| data.children).unwrap_or_default()
}

fn form(value: Value) -> Result<Child, Defect> {
    let id = value.pointer("/data/name").and_then(Value::as_str).map(str::to_owned);
    serde_json::from_value(value)
        .map_err(|e| (id, format!("it has not the form of a post or a comment ({e})")))
}

fn thing(raw_ref: &str, child: Child, collected: &Collected<'_>) -> Result<Found, Defect> {
    let Some(data) = child.data else { return Err((None, "it has nothing in it".to_owned())) };
    let Some(id) = data.name.clone().filter(|name| !name.is_empty()) else {
        return Err((None, "it has no name".to_owned()));
    };
    let is_comment = match child.kind.as_deref().or(id.get(..2)) {
        Some("t1") => true,
        Some("t3") => false,
        _ => return Ok(Found::Other),
    };
    let text = if is_comment { data.body.as_deref() } else { data.selftext.as_deref() }.unwrap_or_default();
    let has_no_author = data.author.as_deref() == Some("[deleted]");
    // An account that is gone leaves its texts behind; a post that had none but its title is taken to be gone with it.
    let is_gone = TAKEN_AWAY.contains(&text)
        || data.removed_by_category.is_some()
        || (has_no_author && text.is_empty());
    if is_gone {
        return Ok(Found::Gone(id));
    }
    let Some(created_at) = data.created_utc.and_then(instant) else {
        let stated = data.created_utc.map_or_else(|| "none".to_owned(), |at| at.to_string());
        return Err((Some(id), format!("its instant ({stated}) cannot be read")));
    };
    let title = data.title.unwrap_or_default();
    let text = match (is_comment, text) {
        (true, text) => text.to_owned(),
        (false, "") => title,
        (false, text) => format!("{title}\n\n{text}"),
    };
    let url = data.permalink.filter(|link| link.starts_with('/'));
    Ok(Found::There(Box::new(Post {
        kind: if is_comment { PostKind::Comment } else { PostKind::Post },
        channel: data.subreddit,
        // A post is the conversation that its comments name.
        conversation_id: if is_comment { data.link_id } else { Some(id.clone()) },
        parent_id: data.parent_id.filter(|_| is_comment),
        author_id: data.author_fullname.filter(|_| !has_no_author),
        author_name: data.author.filter(|_| !has_no_author),
        text,
        created_at,
        edited_at: data.edited.and_then(instant),
        url: url.map(|link| format!("https://www.reddit.com{link}")),
        replies: data.num_comments,
        score: data.score,
        upvote_ratio: data.upvote_ratio.filter(|ratio| (0.0..=1.0).contains(ratio)),
        collected_at: collected.collected_at(),
        raw_ref: raw_ref.to_owned(),
        id,
        ..Post::default()
    })))
}

/// An instant in seconds since 1970, with a fraction.
fn instant(seconds: f64) -> Option<DateTime<Utc>> {
    // Reddit began in 2005; a zero is no instant.
    let is_plausible = seconds > 0.0 && seconds < 1e11;
    is_plausible.then(|| DateTime::from_timestamp_micros((seconds * 1e6).round() as i64))?
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
#[path = "wire_tests.rs"]
mod tests;
