//! What recent search answers, in both generations of names.

use std::collections::HashMap;

use domain::document::AssetHint;
use domain::{Post, PostKind};
use serde::Deserialize;
use serde::de::{DeserializeOwned, IgnoredAny};
use serde_json::Value;

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

#[derive(Deserialize)]
struct Search<T> {
    data: Option<Vec<T>>,
    includes: Option<Includes>,
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
}

#[derive(Deserialize)]
struct Metrics {
    #[serde(default, deserialize_with = "json::count")]
    like_count: Option<i64>,
    #[serde(default, deserialize_with = "json::count")]
    reply_count: Option<i64>,
    #[serde(default, alias = "repost_count", deserialize_with = "json::count")]
    retweet_count: Option<i64>,
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
    // Nearly always the whole page fits; where one post does not, each is read for itself.
    if let Ok(search) = json::parse::<Search<WirePost>>(&exchange.body) {
        return take(raw_ref, search, collected, Ok);
    }
    match json::parse::<Search<Value>>(&exchange.body) {
        Ok(search) => take(raw_ref, search, collected, |value| {
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
    collected: &mut Collected<'_>,
    form: impl Fn(T) -> Result<WirePost, (Option<String>, String)>,
) {
    let users = search.includes.unwrap_or_default().users.unwrap_or_default();
    let users: HashMap<String, User> =
        users.into_iter().filter_map(|mut user| Some((user.id.take()?, user))).collect();
    for row in search.data.unwrap_or_default() {
        match form(row).and_then(|wire| post(raw_ref, wire, &users, collected)) {
            Ok(post) => collected.post(post, true),
            Err((id, reason)) => collected.reject(raw_ref, id, reason),
        }
    }
}

fn post(
    raw_ref: &str,
    wire: WirePost,
    users: &HashMap<String, User>,
    collected: &Collected<'_>,
) -> Result<Post, (Option<String>, String)> {
    let Some(id) = wire.id.filter(|id| !id.is_empty()) else { return Err((None, "it has no id".to_owned())) };
    let stated = wire.created_at.unwrap_or_default();
    let Some(created_at) = instant::parse(&stated, None) else {
        return Err((Some(id), format!("its instant {stated:?} cannot be read")));
    };
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
    Ok(Post {
        kind,
        channel: None,
        parent_id: parent.and_then(|reference| reference.id.clone()),
        url: Some(format!("https://x.com/{}/status/{id}", name.as_deref().unwrap_or("i"))),
        author_id: wire.author_id,
        author_followers: user.and_then(|user| user.public_metrics.as_ref()?.followers_count),
        author_created_at: user.and_then(|user| instant::parse(user.created_at.as_deref()?, None)),
        author_name: name,
        text: wire.note_tweet.and_then(|note| note.text).or(wire.text).unwrap_or_default(),
        lang: wire.lang.as_deref().and_then(crate::text::language),
        asset_hints: hints,
        vendor_sentiment: None,
        created_at,
        edited_at: None,
        likes: metrics.as_ref().and_then(|m| m.like_count),
        replies: metrics.as_ref().and_then(|m| m.reply_count),
        reposts: metrics.as_ref().and_then(|m| m.retweet_count),
        deleted: false,
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
