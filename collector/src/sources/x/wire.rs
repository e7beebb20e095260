//! What recent search, counts and look-ups answer, in both generations of names.

use std::collections::{HashMap, HashSet};

use chrono::{DateTime, Duration, Utc};
use domain::document::AssetHint;
use domain::{Post, PostKind};
use serde::Deserialize;
use serde::de::{DeserializeOwned, IgnoredAny};
use serde_json::Value;

use super::revise::VERSIONS;
use crate::exchange::Exchange;
use crate::normalise::Collected;
use crate::{instant, json};

/// What paging needs of a reply.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Page {
    /// Leads to the next page; `None` on the last.
    pub(super) next_token: Option<String>,
    /// Posts on this page.
    pub(super) posts: u64,
}

/// Reads what paging needs; says what is wrong with a 200 that is none.
pub(super) fn page(body: &[u8]) -> Result<Page, String> {
    #[derive(Deserialize)]
    struct Reply {
        data: Option<Vec<IgnoredAny>>,
        meta: Option<Meta>,
        #[serde(default)]
        errors: Option<Vec<Value>>,
    }
    #[derive(Deserialize)]
    struct Meta {
        next_token: Option<String>,
    }
    let reply: Reply =
        json::parse(body).map_err(|e| format!("its reply is not the JSON of a search ({e})"))?;
    if reply.meta.is_none() && reply.data.is_none() {
        let words = reply.errors.as_ref().and_then(|errors| errors.first()?.get("detail")?.as_str());
        return Err(format!("it answered 200 without a result ({})", words.unwrap_or("no reason given")));
    }
    let posts = reply.data.map_or(0, |posts| posts.len() as u64);
    Ok(Page { next_token: reply.meta.and_then(|meta| meta.next_token), posts })
}

/// What is in a reply to a call for counts: `{"data":[{"tweet_count":4}],"meta":{"total_tweet_count":4}}`.
pub(super) fn total(body: &[u8]) -> Result<u64, String> {
    #[derive(Deserialize)]
    struct Reply {
        meta: Option<Meta>,
    }
    #[derive(Deserialize)]
    struct Meta {
        #[serde(default, alias = "total_post_count", deserialize_with = "json::count")]
        total_tweet_count: Option<i64>,
    }
    let reply: Reply = json::parse(body).map_err(|e| format!("its reply is not the JSON of counts ({e})"))?;
    let total = reply.meta.and_then(|meta| meta.total_tweet_count);
    total.and_then(|total| total.try_into().ok()).ok_or_else(|| "it answered 200 without a count".to_owned())
}

/// What asking for posts by id came to.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Lookup {
    /// Posts that came.
    pub(super) posts: u64,
    /// Versions that are newer than what came: their ids, each with that of the first version.
    pub(super) newer: Vec<(String, String)>,
}

/// Reads what came of asking by id; a reply of nothing but missing ids is good.
pub(super) fn lookup(body: &[u8]) -> Result<Lookup, String> {
    #[derive(Deserialize)]
    struct Reply {
        data: Option<Vec<Value>>,
        errors: Option<Vec<IgnoredAny>>,
    }
    let reply: Reply = json::parse(body).map_err(|e| format!("its reply is not the JSON of posts ({e})"))?;
    if reply.data.is_none() && reply.errors.is_none() {
        return Err("it answered 200 without posts".to_owned());
    }
    let rows = reply.data.unwrap_or_default();
    let posts = rows.len() as u64;
    let newer = rows.into_iter().filter_map(|row| {
        let post: WirePost = serde_json::from_value(row).ok()?;
        let (id, first, newest) = post.versions()?;
        (newest != id).then_some((newest, first))
    });
    Ok(Lookup { posts, newer: newer.collect() })
}

/// Fields that X documents and that we do not use.
const SILENT: [&str; 46] = [
    "newest_id",
    "oldest_id",
    "result_count",
    "next_token",
    "previous_token",
    "meta",
    "title",
    "detail",
    "parameter",
    "resource_id",
    "name",
    "username",
    "verified_type",
    "following_count",
    "tweet_count",
    "post_count",
    "listed_count",
    "like_count",
    "media_count",
    "bookmark_count",
    "possibly_sensitive",
    "source",
    "in_reply_to_user_id",
    "reply_settings",
    "context_annotations",
    "attachments",
    "geo",
    "edit_controls",
    "hashtags",
    "mentions",
    "urls",
    "annotations",
    "start",
    "end",
    "tweets",
    "posts",
    "places",
    "description",
    "location",
    "url",
    "profile_image_url",
    "pinned_tweet_id",
    "protected",
    "withheld",
    "display_text_range",
    "status",
];

#[derive(Deserialize)]
struct Search<T> {
    data: Option<Vec<T>>,
    includes: Option<Includes>,
    errors: Option<Vec<Missing>>,
}

/// What was asked for and is not there, or something else that went wrong with one part of a reply.
#[derive(Deserialize, Default)]
struct Missing {
    #[serde(rename = "type", default)]
    kind: Option<Value>,
    #[serde(default, deserialize_with = "json::text")]
    resource_type: Option<String>,
    #[serde(default, deserialize_with = "json::text")]
    value: Option<String>,
}

impl Missing {
    /// The id of a post that is not there any more.
    fn post(&self) -> Option<&str> {
        let is_gone = self.kind.as_ref()?.as_str()?.ends_with("/resource-not-found");
        let is_post = matches!(self.resource_type.as_deref(), Some("tweet" | "post"));
        self.value.as_deref().filter(|_| is_gone && is_post)
    }
}

#[derive(Deserialize, Default)]
struct Includes {
    #[serde(default)]
    users: Option<Vec<User>>,
}

#[derive(Deserialize, Default)]
struct User {
    #[serde(default, deserialize_with = "json::text")]
    id: Option<String>,
    username: Option<String>,
    created_at: Option<String>,
    verified: Option<Value>,
    public_metrics: Option<UserMetrics>,
}

#[derive(Deserialize)]
struct UserMetrics {
    #[serde(default, deserialize_with = "json::count")]
    followers_count: Option<i64>,
}

/// One post of a search:
///
/// ```json
/// {"id":"605165136672878592","text":"$GS wins again","author_id":"246134345","created_at":"2015-06-01T00:13:06.000Z",
///  "lang":"en","conversation_id":"605165136672878592","edit_history_tweet_ids":["605165136672878592"],
///  "public_metrics":{"retweet_count":1,"reply_count":0,"like_count":2,"quote_count":0},
///  "referenced_tweets":[{"type":"retweeted","id":"605161873479233538"}],
///  "entities":{"cashtags":[{"start":0,"end":3,"tag":"GS"}]},"note_tweet":{"text":"the long form"}}
/// ```
#[derive(Deserialize, Default)]
struct WirePost {
    #[serde(default, deserialize_with = "json::text")]
    id: Option<String>,
    text: Option<String>,
    #[serde(default, deserialize_with = "json::text")]
    author_id: Option<String>,
    created_at: Option<String>,
    lang: Option<String>,
    public_metrics: Option<Metrics>,
    #[serde(alias = "referenced_posts")]
    referenced_tweets: Option<Vec<Reference>>,
    #[serde(alias = "note_post")]
    note_tweet: Option<Note>,
    entities: Option<Entities>,
    #[serde(default, deserialize_with = "json::text")]
    conversation_id: Option<String>,
    /// Ids of all versions, the first one first.
    #[serde(alias = "edit_history_post_ids")]
    edit_history_tweet_ids: Option<Vec<Value>>,
}

impl WirePost {
    /// The ids of this version, of the first one and of the newest one.
    fn versions(&self) -> Option<(String, String, String)> {
        let id = self.id.clone().filter(|id| !id.is_empty())?;
        let history = self.edit_history_tweet_ids.as_deref().unwrap_or_default();
        let text = |value: &Value| match value {
            Value::String(text) if !text.is_empty() => Some(text.clone()),
            Value::Number(number) => Some(number.to_string()),
            _ => None,
        };
        let first = history.first().and_then(text).unwrap_or_else(|| id.clone());
        let newest = history.last().and_then(text).unwrap_or_else(|| id.clone());
        Some((id, first, newest))
    }
}

#[derive(Deserialize)]
struct Metrics {
    #[serde(default, deserialize_with = "json::count")]
    like_count: Option<i64>,
    #[serde(default, deserialize_with = "json::count")]
    reply_count: Option<i64>,
    #[serde(default, alias = "repost_count", deserialize_with = "json::count")]
    retweet_count: Option<i64>,
    #[serde(default, deserialize_with = "json::count")]
    quote_count: Option<i64>,
    #[serde(default, deserialize_with = "json::count")]
    impression_count: Option<i64>,
}

#[derive(Deserialize)]
struct Reference {
    #[serde(rename = "type", default)]
    kind: String,
    #[serde(default, deserialize_with = "json::text")]
    id: Option<String>,
}

#[derive(Deserialize)]
struct Note {
    text: Option<String>,
}

#[derive(Deserialize)]
struct Entities {
    cashtags: Option<Vec<Cashtag>>,
}

#[derive(Deserialize)]
struct Cashtag {
    #[serde(default)]
    tag: String,
}

/// Reads the posts of one exchange.
pub(super) fn read(raw_ref: &str, exchange: &Exchange, collected: &mut Collected<'_>) {
    let versions = exchange.hints.get(VERSIONS).map(String::as_str).unwrap_or_default();
    let firsts: HashMap<&str, &str> = versions.split(',').filter_map(|pair| pair.split_once('=')).collect();
    // Nearly always the whole page fits; where one post does not, each is read for itself.
    if let Ok(search) = json::parse_noting::<Search<WirePost>>(&exchange.body, &SILENT, collected) {
        return take(raw_ref, search, &firsts, collected, Ok);
    }
    match json::parse::<Search<Value>>(&exchange.body) {
        Ok(search) => take(raw_ref, search, &firsts, collected, |value| {
            let id = value.get("id").and_then(Value::as_str).map(str::to_owned);
            serde_json::from_value(value).map_err(|e| (id, format!("it has not the form of a post ({e})")))
        }),
        Err(error) => {
            collected.reject(raw_ref, None, format!("the page is not the JSON of a search ({error})"))
        }
    }
}

fn take<T: DeserializeOwned>(
    raw_ref: &str,
    search: Search<T>,
    firsts: &HashMap<&str, &str>,
    collected: &mut Collected<'_>,
    form: impl Fn(T) -> Result<WirePost, (Option<String>, String)>,
) {
    for id in search.errors.iter().flatten().filter_map(Missing::post) {
        collected.gone(raw_ref, firsts.get(id).copied().unwrap_or(id));
    }
    let users = search.includes.unwrap_or_default().users.unwrap_or_default();
    let users: HashMap<String, User> =
        users.into_iter().filter_map(|mut user| Some((user.id.take()?, user))).collect();
    let rows: Vec<_> = search.data.unwrap_or_default().into_iter().map(form).collect();
    let here: HashSet<String> = rows.iter().flatten().filter_map(|wire| wire.id.clone()).collect();
    for row in rows {
        match row.and_then(|wire| post(raw_ref, wire, &users, &here, collected)) {
            Ok(Some(post)) => collected.post(post, true),
            Ok(None) => {}
            Err((id, reason)) => collected.reject(raw_ref, id, reason),
        }
    }
}

/// When a post of this id was written, by the id itself: all but the last 22 bits are milliseconds since 2010-11-04.
fn instant_of(id: &str) -> Option<DateTime<Utc>> {
    DateTime::from_timestamp_millis((id.parse::<i64>().ok()? >> 22).checked_add(1_288_834_974_657)?)
}

/// When the first version was written and when this one was. A post can be edited for an hour, so an id that says anything
/// else is none that tells the time.
fn instants(
    (id, first): (&str, &str),
    stated: DateTime<Utc>,
    collected: &Collected<'_>,
) -> (DateTime<Utc>, Option<DateTime<Utc>>) {
    if id == first {
        return (stated, None);
    }
    let within_hours = |at: &DateTime<Utc>| (*at - stated).abs() <= Duration::hours(24);
    let known = collected.window.prior.get(first).map(|prior| prior.created_at);
    let created = known.or_else(|| instant_of(first).filter(within_hours)).unwrap_or(stated);
    let edited = Some(stated).filter(|at| *at > created);
    (created, edited.or_else(|| instant_of(id).filter(within_hours)))
}

/// `None` for a version whose newer one is asked for or is here as well.
fn post(
    raw_ref: &str,
    wire: WirePost,
    users: &HashMap<String, User>,
    here: &HashSet<String>,
    collected: &Collected<'_>,
) -> Result<Option<Post>, (Option<String>, String)> {
    let Some((version, id, newest)) = wire.versions() else { return Err((None, "it has no id".to_owned())) };
    let stated = wire.created_at.unwrap_or_default();
    let Some(stated_at) = instant::parse(&stated, None) else {
        return Err((Some(id), format!("its instant {stated:?} cannot be read")));
    };
    if newest != version && (here.contains(&newest) || collected.window.prior.contains_key(&id)) {
        return Ok(None);
    }
    let (created_at, edited_at) = instants((&version, &id), stated_at, collected);
    let user = wire.author_id.as_ref().and_then(|author| users.get(author));
    let name = user.and_then(|user| user.username.clone());
    let references = wire.referenced_tweets.unwrap_or_default();
    let find = |kinds: &[&str]| references.iter().find(|reference| kinds.contains(&reference.kind.as_str()));
    let (kind, parent) = if let Some(reference) = find(&["retweeted", "reposted"]) {
        (PostKind::Repost, Some(reference))
    } else if let Some(reference) = find(&["quoted"]) {
        (PostKind::Quote, Some(reference))
    } else if let Some(reference) = find(&["replied_to"]) {
        (PostKind::Comment, Some(reference))
    } else {
        (PostKind::Post, None)
    };
    let tags = wire.entities.and_then(|entities| entities.cashtags).unwrap_or_default();
    let mut hints: Vec<AssetHint> = tags
        .into_iter()
        .map(|tag| AssetHint { symbol: tag.tag.to_uppercase(), method: "cashtag".to_owned() })
        .collect();
    hints.sort();
    hints.dedup();
    let metrics = wire.public_metrics;
    Ok(Some(Post {
        kind,
        channel: None,
        parent_id: parent.and_then(|reference| reference.id.clone()),
        url: Some(format!("https://x.com/{}/status/{version}", name.as_deref().unwrap_or("i"))),
        author_id: wire.author_id,
        author_followers: user.and_then(|user| user.public_metrics.as_ref()?.followers_count),
        author_created_at: user.and_then(|user| instant::parse(user.created_at.as_deref()?, None)),
        author_name: name,
        text: wire.note_tweet.and_then(|note| note.text).or(wire.text).unwrap_or_default(),
        lang: wire.lang.as_deref().and_then(crate::text::language),
        asset_hints: hints,
        vendor_sentiment: None,
        created_at,
        edited_at,
        conversation_id: wire.conversation_id,
        author_verified: user.and_then(|user| user.verified.as_ref()?.as_bool()),
        quotes: metrics.as_ref().and_then(|m| m.quote_count),
        views: metrics.as_ref().and_then(|m| m.impression_count),
        likes: metrics.as_ref().and_then(|m| m.like_count),
        replies: metrics.as_ref().and_then(|m| m.reply_count),
        reposts: metrics.as_ref().and_then(|m| m.retweet_count),
        deleted: false,
        collected_at: collected.collected_at(),
        raw_ref: raw_ref.to_owned(),
        id,
        ..Post::default()
    }))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
#[path = "wire_tests.rs"]
mod tests;
