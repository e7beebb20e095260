//! What the Graph API answers about the posts of a page.

use chrono::{DateTime, Utc};
use domain::{Post, PostKind};
use serde::Deserialize;
use serde_json::Value;

use crate::exchange::Exchange;
use crate::normalise::Collected;
use crate::trouble::Trouble;
use crate::{instant, json};

/// Fields that come along unasked, or inside of what is asked for, and are of no use to us.
const SILENT: &[&str] = &["can_comment", "cursors", "data", "order", "previous", "viewer_reaction"];

/// At most about 600 posts of a year are listed: where nearly so many are, an older one may be missing and not be gone.
const LISTED_FULL: usize = 500;

/// What paging needs of a reply.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Page {
    /// The link to the next page; `None` on the last.
    pub(super) next: Option<String>,
    /// Ids of its posts.
    pub(super) ids: Vec<String>,
    /// The newest instant on it.
    pub(super) newest: Option<DateTime<Utc>>,
}

/// Reads what paging needs; says what is wrong with a 200 that is no page of posts.
pub(super) fn page(body: &[u8]) -> Result<Page, Trouble> {
    let reply: Reply<Value> = json::parse(body)
        .map_err(|e| Trouble::transient(format!("its reply is not the JSON of posts ({e})")))?;
    let Some(rows) = reply.data else {
        return Err(Trouble::transient("it answered 200 without posts"));
    };
    let mut page = Page { next: reply.paging.and_then(|paging| paging.next), ..Page::default() };
    for row in rows {
        page.ids.extend(row.get("id").and_then(Value::as_str).map(str::to_owned));
        let at = row.get("created_time").and_then(Value::as_str).and_then(|at| instant::parse(at, None));
        page.newest = page.newest.max(at);
    }
    Ok(page)
}

#[derive(Deserialize)]
struct Reply<T> {
    data: Option<Vec<T>>,
    paging: Option<Paging>,
}

#[derive(Deserialize)]
struct Paging {
    #[serde(default, deserialize_with = "json::text")]
    next: Option<String>,
}

/// One post:
///
/// ```json
/// {"id":"19292868552_10158349356748553","message":"Read how $SNAP…","created_time":"2021-07-09T19:09:52+0000",
///  "permalink_url":"https://www.facebook.com/19292868552/posts/10158349356748553","from":{"id":"19292868552","name":"Meta"},
///  "shares":{"count":2},"reactions":{"data":[],"summary":{"total_count":30,"viewer_reaction":"NONE"}},
///  "comments":{"data":[],"summary":{"order":"chronological","total_count":4,"can_comment":false}}}
/// ```
#[derive(Deserialize)]
struct WirePost {
    #[serde(default, deserialize_with = "json::text")]
    id: Option<String>,
    #[serde(default, deserialize_with = "json::text")]
    message: Option<String>,
    #[serde(default, deserialize_with = "json::text")]
    story: Option<String>,
    #[serde(default, deserialize_with = "json::text")]
    created_time: Option<String>,
    #[serde(default, deserialize_with = "json::text")]
    permalink_url: Option<String>,
    from: Option<From>,
    shares: Option<Shares>,
    reactions: Option<Edge>,
    comments: Option<Edge>,
}

#[derive(Deserialize)]
struct From {
    #[serde(default, deserialize_with = "json::text")]
    id: Option<String>,
    #[serde(default, deserialize_with = "json::text")]
    name: Option<String>,
}

#[derive(Deserialize)]
struct Shares {
    #[serde(default, deserialize_with = "json::count")]
    count: Option<i64>,
}

#[derive(Deserialize)]
struct Edge {
    summary: Option<Summary>,
}

#[derive(Deserialize)]
struct Summary {
    #[serde(default, deserialize_with = "json::count")]
    total_count: Option<i64>,
}

impl Edge {
    fn total(self) -> Option<i64> {
        self.summary?.total_count
    }
}

/// The id, where there is one, and what is wrong.
type Defect = (Option<String>, String);

/// Reads the posts of one exchange.
pub(super) fn read(raw_ref: &str, exchange: &Exchange, collected: &mut Collected<'_>) {
    let (rows, has_next) = match rows(&exchange.body, collected) {
        Ok(read) => read,
        Err(error) => {
            let reason = format!("the page is not the JSON of posts ({error})");
            return collected.reject(raw_ref, None, reason);
        }
    };
    let hint = |name: &str| exchange.hints.get(name).map(String::as_str);
    let (mut ids, mut oldest) = (Vec::new(), None::<DateTime<Utc>>);
    for row in rows {
        match row.and_then(|wire| post(raw_ref, wire, hint("page"), collected)) {
            Ok(post) => {
                ids.push(post.id.clone());
                oldest = Some(oldest.map_or(post.created_at, |oldest| oldest.min(post.created_at)));
                // A picture without words says nothing to us; one whose words were taken away does.
                if !post.text.is_empty() || collected.window.prior.contains_key(&post.id) {
                    collected.post(post, true);
                }
            }
            Err((id, reason)) => {
                // What cannot be read is there all the same.
                ids.extend(id.clone());
                collected.reject(raw_ref, id, reason);
            }
        }
    }
    let Some(channel) = hint("page") else { return };
    let listed = hint("listed").and_then(|listed| listed.parse::<usize>().ok()).unwrap_or_default();
    // The last page reaches down to where was asked, unless older posts are left out of a full list.
    let since = hint("since").and_then(|since| DateTime::from_timestamp(since.parse().ok()?, 0));
    let down_to = if has_next || listed + ids.len() >= LISTED_FULL { oldest } else { since.or(oldest) };
    if let Some(down_to) = down_to {
        collected.page(raw_ref, &exchange.stream, channel, down_to, ids);
    }
}

/// The posts of a page, and whether another page follows. Nearly always the whole page fits; where one post does not, each
/// is read for itself.
#[allow(clippy::type_complexity)]
fn rows(
    body: &[u8],
    collected: &mut Collected<'_>,
) -> Result<(Vec<Result<WirePost, Defect>>, bool), serde_json::Error> {
    let has_next = |paging: Option<Paging>| paging.is_some_and(|paging| paging.next.is_some());
    if let Ok(reply) = json::parse_noting::<Reply<WirePost>>(body, SILENT, collected) {
        // A post that was asked for by its id comes alone.
        let rows = reply.data.unwrap_or_else(|| json::parse(body).into_iter().filter(is_post).collect());
        return Ok((rows.into_iter().map(Ok).collect(), has_next(reply.paging)));
    }
    let reply: Reply<Value> = json::parse(body)?;
    let form = |value: Value| {
        let id = value.get("id").and_then(Value::as_str).map(str::to_owned);
        serde_json::from_value(value).map_err(|e| (id, format!("it has not the form of a post ({e})")))
    };
    Ok((reply.data.unwrap_or_default().into_iter().map(form).collect(), has_next(reply.paging)))
}

fn is_post(wire: &WirePost) -> bool {
    wire.id.is_some() && wire.created_time.is_some()
}

fn post(
    raw_ref: &str,
    wire: WirePost,
    page: Option<&str>,
    collected: &Collected<'_>,
) -> Result<Post, Defect> {
    let Some(id) = wire.id.filter(|id| !id.is_empty()) else { return Err((None, "it has no id".to_owned())) };
    let stated = wire.created_time.unwrap_or_default();
    let Some(created_at) = instant::parse(&stated, None) else {
        return Err((Some(id), format!("its instant {stated:?} cannot be read")));
    };
    let from = wire.from.unwrap_or(From { id: None, name: None });
    let said = |text: Option<String>| text.filter(|text| !text.trim().is_empty());
    Ok(Post {
        kind: PostKind::Post,
        channel: page.or_else(|| Some(id.split_once('_')?.0)).map(str::to_owned),
        author_id: from.id,
        author_name: from.name,
        text: said(wire.message).or(said(wire.story)).unwrap_or_default(),
        created_at,
        url: wire.permalink_url,
        likes: wire.reactions.and_then(Edge::total),
        replies: wire.comments.and_then(Edge::total),
        reposts: wire.shares.and_then(|shares| shares.count),
        collected_at: collected.collected_at(),
        raw_ref: raw_ref.to_owned(),
        id,
        ..Post::default()
    })
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
#[path = "wire_tests.rs"]
mod tests;
