//! What the Graph API answers about hashtags, accounts and their media.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use domain::document::AssetHint;
use domain::{Post, PostKind};
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::Value;

use crate::exchange::Exchange;
use crate::normalise::Collected;
use crate::trouble::Trouble;
use crate::{instant, json};

/// Fields that come along and are of no use to us.
const SILENT: &[&str] =
    &["before", "cursors", "media_count", "media_product_type", "media_type", "media_url", "previous"];

/// What paging needs of a reply.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Page {
    /// The link to the next page of a hashtag, or the cursor to that of an account; `None` on the last.
    pub(super) next: Option<String>,
    /// Ids of its media.
    pub(super) ids: Vec<String>,
    /// The newest instant on it.
    pub(super) newest: Option<DateTime<Utc>>,
}

/// Reads what paging a hashtag needs; says what is wrong with a 200 that is no page of media.
pub(super) fn hashtag_page(body: &[u8]) -> Result<Page, Trouble> {
    let media: Media<Value> = json::parse(body).map_err(not_media)?;
    if media.data.is_none() {
        return Err(Trouble::transient("it answered 200 without media"));
    }
    let next = media.paging.as_ref().and_then(|paging| paging.next.clone());
    Ok(page(next, media.data))
}

/// The same for an account.
pub(super) fn account_page(body: &[u8]) -> Result<Page, Trouble> {
    let reply: Discovery<Value> = json::parse(body).map_err(not_media)?;
    let Some(account) = reply.business_discovery else {
        return Err(Trouble::transient("it answered 200 without an account"));
    };
    // An account that never posted has no media at all.
    let media = account.media.unwrap_or(Media { data: None, paging: None });
    let next = media.after().map(str::to_owned);
    Ok(page(next, media.data))
}

fn page(next: Option<String>, rows: Option<Vec<Value>>) -> Page {
    let mut page = Page { next: next.filter(|next| !next.is_empty()), ..Page::default() };
    for row in rows.unwrap_or_default() {
        page.ids.extend(row.get("id").and_then(Value::as_str).map(str::to_owned));
        let at = row.get("timestamp").and_then(Value::as_str).and_then(|at| instant::parse(at, None));
        page.newest = page.newest.max(at);
    }
    page
}

fn not_media(error: serde_json::Error) -> Trouble {
    Trouble::transient(format!("its reply is not the JSON of media ({error})"))
}

/// Reads `{"data":[{"id":"17841562426109234"}]}`.
pub(super) fn hashtag_id(body: &[u8]) -> Result<String, Trouble> {
    let found = hashtags(body)?.into_iter().find_map(|hashtag| hashtag.id);
    // The id becomes part of a path.
    found.filter(|id| id.bytes().all(|b| b.is_ascii_digit()) && !id.is_empty()).ok_or_else(|| {
        Trouble::configuration("there is no such hashtag: correct or remove it in instagram.hashtags")
    })
}

/// Reads `{"data":[{"id":"17841562426109234","name":"developers"}]}`: names in lower case.
pub(super) fn hashtag_names(body: &[u8]) -> Result<BTreeSet<String>, Trouble> {
    Ok(hashtags(body)?.into_iter().filter_map(|hashtag| Some(hashtag.name?.to_lowercase())).collect())
}

#[derive(Deserialize)]
struct Hashtag {
    #[serde(default, deserialize_with = "json::text")]
    id: Option<String>,
    #[serde(default, deserialize_with = "json::text")]
    name: Option<String>,
}

fn hashtags(body: &[u8]) -> Result<Vec<Hashtag>, Trouble> {
    #[derive(Deserialize)]
    struct Reply {
        data: Vec<Hashtag>,
    }
    let reply: Result<Reply, _> = json::parse(body);
    reply
        .map(|reply| reply.data)
        .map_err(|e| Trouble::transient(format!("its reply is not the JSON of hashtags ({e})")))
}

/// Reads a node of which only the id is asked for.
pub(super) fn node(body: &[u8]) -> Result<(), Trouble> {
    #[derive(Deserialize)]
    struct Node {
        #[allow(dead_code, reason = "it has to be there")]
        id: IgnoredAny,
    }
    let node: Result<Node, _> = json::parse(body);
    node.map(|_| ()).map_err(|e| Trouble::transient(format!("its reply is not the JSON of an account ({e})")))
}

/// `{"business_discovery":{"followers_count":64976,"media_count":436,"media":{"data":[…],"paging":{"cursors":{"after":"…"}}},
/// "id":"17841407673135339"},"id":"17841406338772941"}`
#[derive(Deserialize)]
struct Discovery<T> {
    business_discovery: Option<Account<T>>,
    #[allow(dead_code, reason = "named so that it is not counted as unknown")]
    id: Option<IgnoredAny>,
}

#[derive(Deserialize)]
struct Account<T> {
    #[serde(default, deserialize_with = "json::text")]
    id: Option<String>,
    #[serde(default, deserialize_with = "json::count")]
    followers_count: Option<i64>,
    media: Option<Media<T>>,
}

#[derive(Deserialize)]
struct Media<T> {
    data: Option<Vec<T>>,
    paging: Option<Paging>,
}

impl<T> Media<T> {
    fn after(&self) -> Option<&str> {
        let after = self.paging.as_ref()?.cursors.as_ref()?.after.as_deref();
        after.filter(|after| !after.is_empty())
    }
}

#[derive(Deserialize)]
struct Paging {
    #[serde(default, deserialize_with = "json::text")]
    next: Option<String>,
    cursors: Option<Cursors>,
}

#[derive(Deserialize)]
struct Cursors {
    #[serde(default, deserialize_with = "json::text")]
    after: Option<String>,
}

/// One medium; `like_count` is absent where its author hides it, and so is everything that would say who that is under a
/// hashtag:
///
/// ```json
/// {"id":"17885103395504675","caption":"To attract new players…","comments_count":11,"like_count":87,"media_type":"IMAGE",
///  "permalink":"https://www.instagram.com/p/CSr71Gzlqo4/","timestamp":"2021-08-17T19:00:42+0000"}
/// ```
#[derive(Deserialize)]
struct Medium {
    #[serde(default, deserialize_with = "json::text")]
    id: Option<String>,
    #[serde(default, deserialize_with = "json::text")]
    caption: Option<String>,
    #[serde(default, deserialize_with = "json::count")]
    comments_count: Option<i64>,
    #[serde(default, deserialize_with = "json::count")]
    like_count: Option<i64>,
    #[serde(default, deserialize_with = "json::text")]
    permalink: Option<String>,
    #[serde(default, deserialize_with = "json::text")]
    timestamp: Option<String>,
}

/// Where media come from.
#[derive(Debug, Default)]
struct Origin {
    hashtag: Option<String>,
    account: Option<String>,
    account_id: Option<String>,
    followers: Option<i64>,
}

/// The id, where there is one, and what is wrong.
type Defect = (Option<String>, String);

/// Reads the media of one exchange.
pub(super) fn read(raw_ref: &str, exchange: &Exchange, collected: &mut Collected<'_>) {
    let result = match exchange.hints.get("account") {
        Some(name) => account(raw_ref, exchange, name, collected),
        None => hashtag(raw_ref, exchange, collected),
    };
    if let Err(error) = result {
        collected.reject(raw_ref, None, format!("the page is not the JSON of media ({error})"));
    }
}

fn hashtag(
    raw_ref: &str,
    exchange: &Exchange,
    collected: &mut Collected<'_>,
) -> Result<(), serde_json::Error> {
    let origin = Origin { hashtag: exchange.hints.get("hashtag").cloned(), ..Origin::default() };
    // Nearly always the whole page fits; where one medium does not, each is read for itself.
    let rows = match json::parse_noting::<Media<Medium>>(&exchange.body, SILENT, collected) {
        Ok(media) => media.data.unwrap_or_default().into_iter().map(Ok).collect(),
        Err(_) => forms(json::parse::<Media<Value>>(&exchange.body)?.data),
    };
    take(raw_ref, rows, &origin, collected);
    Ok(())
}

fn account(
    raw_ref: &str,
    exchange: &Exchange,
    name: &str,
    collected: &mut Collected<'_>,
) -> Result<(), serde_json::Error> {
    let origin = Origin { account: Some(name.to_owned()), ..Origin::default() };
    let (origin, has_next, rows) =
        match json::parse_noting::<Discovery<Medium>>(&exchange.body, SILENT, collected) {
            Ok(reply) => opened(reply, origin, |rows| rows.unwrap_or_default().into_iter().map(Ok).collect()),
            Err(_) => opened(json::parse::<Discovery<Value>>(&exchange.body)?, origin, forms),
        };
    let (ids, oldest) = take(raw_ref, rows, &origin, collected);
    // The last page reaches down to the account's first post, and so to where was asked.
    let since =
        exchange.hints.get("since").and_then(|since| DateTime::from_timestamp(since.parse().ok()?, 0));
    let down_to = if has_next { oldest } else { since.or(oldest) };
    if let Some(down_to) = down_to {
        collected.page(raw_ref, &exchange.stream, name, down_to, ids);
    }
    Ok(())
}

/// Media as they are read one by one.
type Rows = Vec<Result<Medium, Defect>>;

/// Whose media a reply holds, whether more follow, and the media.
fn opened<T>(
    reply: Discovery<T>,
    origin: Origin,
    rows: impl Fn(Option<Vec<T>>) -> Rows,
) -> (Origin, bool, Rows) {
    let Some(account) = reply.business_discovery else { return (origin, true, Vec::new()) };
    let has_next = account.media.as_ref().is_some_and(|media| media.after().is_some());
    let origin = Origin { account_id: account.id, followers: account.followers_count, ..origin };
    (origin, has_next, rows(account.media.and_then(|media| media.data)))
}

fn forms(rows: Option<Vec<Value>>) -> Rows {
    let form = |value: Value| {
        let id = value.get("id").and_then(Value::as_str).map(str::to_owned);
        serde_json::from_value(value).map_err(|e| (id, format!("it has not the form of a medium ({e})")))
    };
    rows.unwrap_or_default().into_iter().map(form).collect()
}

/// Takes media in; returns the ids of all that are there, and the oldest instant.
fn take(
    raw_ref: &str,
    rows: Rows,
    origin: &Origin,
    collected: &mut Collected<'_>,
) -> (Vec<String>, Option<DateTime<Utc>>) {
    let (mut ids, mut oldest) = (Vec::new(), None::<DateTime<Utc>>);
    for row in rows {
        match row.and_then(|medium| post(raw_ref, medium, origin, collected)) {
            Ok(post) => {
                ids.push(post.id.clone());
                oldest = Some(oldest.map_or(post.created_at, |oldest| oldest.min(post.created_at)));
                // A picture without words says nothing to us; one whose words were taken away does.
                if !post.text.is_empty() || collected.window.prior.contains_key(&post.id) {
                    collected.post(post, false);
                }
            }
            Err((id, reason)) => {
                // What cannot be read is there all the same.
                ids.extend(id.clone());
                collected.reject(raw_ref, id, reason);
            }
        }
    }
    (ids, oldest)
}

fn post(raw_ref: &str, medium: Medium, origin: &Origin, collected: &Collected<'_>) -> Result<Post, Defect> {
    let Some(id) = medium.id.filter(|id| !id.is_empty()) else {
        return Err((None, "it has no id".to_owned()));
    };
    let stated = medium.timestamp.unwrap_or_default();
    let Some(created_at) = instant::parse(&stated, None) else {
        return Err((Some(id), format!("its instant {stated:?} cannot be read")));
    };
    let hint = origin.hashtag.as_ref();
    let hint = hint.map(|tag| AssetHint { symbol: format!("#{tag}"), method: "query".to_owned() });
    Ok(Post {
        kind: PostKind::Post,
        channel: origin.account.clone(),
        author_id: origin.account_id.clone(),
        author_name: origin.account.clone(),
        author_followers: origin.followers,
        text: medium.caption.filter(|text| !text.trim().is_empty()).unwrap_or_default(),
        asset_hints: hint.into_iter().collect(),
        created_at,
        url: medium.permalink,
        likes: medium.like_count,
        replies: medium.comments_count,
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
