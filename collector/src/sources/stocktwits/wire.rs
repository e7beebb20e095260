//! What a symbol stream answers.

use chrono::{DateTime, FixedOffset, Utc};
use domain::document::AssetHint;
use domain::{Post, PostKind};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::exchange::Exchange;
use crate::normalise::Collected;
use crate::{instant, json};

/// What paging needs of a reply.
#[derive(Debug, Default)]
pub(super) struct Page {
    /// Where the next older page begins; `None` on the last.
    pub(super) next: Option<String>,
    instants: Vec<DateTime<Utc>>,
}

impl Page {
    /// Whether it holds no message at all.
    pub(super) fn is_empty(&self) -> bool {
        self.instants.is_empty()
    }

    /// Whether everything on older pages was written before `from`.
    pub(super) fn is_past(&self, from: DateTime<Utc>) -> bool {
        let newest_first = self.instants.is_sorted_by(|newer, older| newer >= older);
        if newest_first {
            self.instants.last().is_some_and(|oldest| *oldest < from)
        } else {
            // Ids and times disagree: only a page that is older as a whole is taken as the end.
            !self.instants.is_empty() && self.instants.iter().all(|at| *at < from)
        }
    }
}

/// Reads what paging needs; says what is wrong with a 200 that is none.
pub(super) fn page(body: &[u8]) -> Result<Page, String> {
    #[derive(Deserialize)]
    struct Reply {
        cursor: Option<Cursor>,
        messages: Option<Vec<Message>>,
        response: Option<Status>,
    }
    #[derive(Deserialize)]
    struct Status {
        status: Option<i64>,
    }
    #[derive(Deserialize)]
    struct Cursor {
        #[serde(default)]
        more: bool,
        #[serde(default, deserialize_with = "json::text")]
        max: Option<String>,
    }
    #[derive(Deserialize)]
    struct Message {
        #[serde(default, deserialize_with = "json::text")]
        id: Option<String>,
        #[serde(default, deserialize_with = "json::text")]
        created_at: Option<String>,
    }
    let reply: Reply =
        json::parse(body).map_err(|e| format!("its reply is not the JSON of a stream ({e})"))?;
    if let Some(status) = reply.response.and_then(|r| r.status).filter(|status| *status != 200) {
        return Err(format!("it answered 200 and means {status}"));
    }
    let Some(messages) = reply.messages else { return Err("it answered 200 without messages".to_owned()) };
    let instants = messages.iter().filter_map(|m| instant::parse(m.created_at.as_deref()?, utc())).collect();
    let last = messages.into_iter().filter_map(|m| m.id).next_back();
    let next = reply.cursor.filter(|cursor| cursor.more).and_then(|cursor| cursor.max.or(last.clone()));
    Ok(Page { next, instants })
}

/// Fields that StockTwits sends and that we do not use.
const SILENT: [&str; 32] = [
    "response",
    "cursor",
    "status",
    "id",
    "title",
    "aliases",
    "is_following",
    "watchlist_count",
    "name",
    "avatar_url",
    "avatar_url_ssl",
    "identity",
    "classification",
    "following",
    "ideas",
    "watchlist_stocks_count",
    "like_count",
    "plus_tier",
    "premium_room",
    "trade_app",
    "trade_status",
    "source",
    "links",
    "chart",
    "mentioned_users",
    "parent",
    "parent_message_id",
    "user_ids",
    "reshared_deleted_count",
    "reshared_user_deleted_count",
    "owned_symbols",
    "filters",
];

#[derive(Deserialize)]
struct Reply<T> {
    symbol: Option<Symbol>,
    messages: Option<Vec<T>>,
}

#[derive(Deserialize)]
struct Symbol {
    #[serde(default)]
    symbol: String,
}

/// One message of a stream:
///
/// ```json
/// {"id":100001,"body":"$AMZN futures up again","created_at":"2020-01-01T14:25:19Z",
///  "user":{"id":7,"username":"ann","followers":12,"join_date":"2014-02-01","official":false},
///  "symbols":[{"symbol":"AMZN"}],"entities":{"sentiment":{"basic":"Bullish"}},"likes":{"total":3},
///  "conversation":{"parent":false,"in_reply_to_message_id":99990,"replies":2},"reshares":{"reshared_count":1}}
/// ```
#[derive(Deserialize)]
struct WireMessage {
    #[serde(default, deserialize_with = "json::text")]
    id: Option<String>,
    body: Option<String>,
    #[serde(default, deserialize_with = "json::text")]
    created_at: Option<String>,
    user: Option<User>,
    symbols: Option<Vec<Symbol>>,
    entities: Option<Entities>,
    likes: Option<Likes>,
    conversation: Option<Conversation>,
    reshares: Option<Reshares>,
    #[serde(default, deserialize_with = "json::text")]
    language: Option<String>,
}

#[derive(Deserialize)]
struct User {
    #[serde(default, deserialize_with = "json::text")]
    id: Option<String>,
    username: Option<String>,
    #[serde(default, deserialize_with = "json::count")]
    followers: Option<i64>,
    join_date: Option<String>,
    official: Option<Value>,
}

#[derive(Deserialize)]
struct Entities {
    sentiment: Option<Sentiment>,
}

#[derive(Deserialize)]
struct Sentiment {
    basic: Option<String>,
}

#[derive(Deserialize)]
struct Likes {
    #[serde(default, deserialize_with = "json::count")]
    total: Option<i64>,
}

#[derive(Deserialize)]
struct Conversation {
    #[serde(default, deserialize_with = "json::text")]
    in_reply_to_message_id: Option<String>,
    #[serde(default, deserialize_with = "json::count")]
    replies: Option<i64>,
}

#[derive(Deserialize)]
struct Reshares {
    #[serde(default, deserialize_with = "json::count")]
    reshared_count: Option<i64>,
}

/// Reads the messages of one exchange.
pub(super) fn read(raw_ref: &str, exchange: &Exchange, collected: &mut Collected<'_>) {
    // Nearly always the whole page fits; where one message does not, each is read for itself.
    if let Ok(reply) = json::parse_noting::<Reply<WireMessage>>(&exchange.body, &SILENT, collected) {
        return take(raw_ref, exchange, reply, collected, Ok);
    }
    match json::parse::<Reply<Value>>(&exchange.body) {
        Ok(reply) => take(raw_ref, exchange, reply, collected, |value| {
            let id = value.get("id").map(|id| id.as_str().map_or_else(|| id.to_string(), str::to_owned));
            serde_json::from_value(value).map_err(|e| (id, format!("it has not the form of a message ({e})")))
        }),
        Err(error) => {
            collected.reject(raw_ref, None, format!("the page is not the JSON of a stream ({error})"))
        }
    }
}

fn take<T: DeserializeOwned>(
    raw_ref: &str,
    exchange: &Exchange,
    reply: Reply<T>,
    collected: &mut Collected<'_>,
    form: impl Fn(T) -> Result<WireMessage, (Option<String>, String)>,
) {
    let channel =
        reply.symbol.map(|s| s.symbol).filter(|s| !s.is_empty()).unwrap_or_else(|| exchange.stream.clone());
    for row in reply.messages.unwrap_or_default() {
        match form(row).and_then(|wire| message(raw_ref, &channel, wire, collected)) {
            Ok(post) => collected.post(post, false),
            Err((id, reason)) => collected.reject(raw_ref, id, reason),
        }
    }
}

fn message(
    raw_ref: &str,
    channel: &str,
    wire: WireMessage,
    collected: &Collected<'_>,
) -> Result<Post, (Option<String>, String)> {
    let Some(id) = wire.id.filter(|id| !id.is_empty()) else { return Err((None, "it has no id".to_owned())) };
    let stated = wire.created_at.unwrap_or_default();
    let Some(created_at) = instant::parse(&stated, utc()) else {
        return Err((Some(id), format!("its instant {stated:?} cannot be read")));
    };
    let parent_id = wire.conversation.as_ref().and_then(|c| c.in_reply_to_message_id.clone());
    let symbols = wire.symbols.unwrap_or_default().into_iter().map(|s| s.symbol).filter(|s| !s.is_empty());
    let mut hints: Vec<AssetHint> =
        symbols.map(|symbol| AssetHint { symbol, method: "vendor".to_owned() }).collect();
    hints.sort();
    hints.dedup();
    let user = wire.user;
    let name = user.as_ref().and_then(|user| user.username.clone());
    let url = match &name {
        Some(name) => format!("https://stocktwits.com/{name}/message/{id}"),
        None => format!("https://stocktwits.com/message/{id}"),
    };
    Ok(Post {
        kind: if parent_id.is_some() { PostKind::Comment } else { PostKind::Post },
        channel: Some(channel.to_owned()),
        parent_id,
        author_id: user.as_ref().and_then(|user| user.id.clone()),
        author_name: name,
        author_followers: user.as_ref().and_then(|user| user.followers),
        author_verified: user.as_ref().and_then(|user| user.official.as_ref()?.as_bool()),
        author_created_at: user.as_ref().and_then(|user| instant::parse(user.join_date.as_deref()?, utc())),
        text: wire.body.unwrap_or_default(),
        lang: wire.language.as_deref().and_then(crate::text::language),
        asset_hints: hints,
        vendor_sentiment: wire.entities.and_then(|entities| entities.sentiment?.basic),
        created_at,
        edited_at: None,
        url: Some(url),
        likes: wire.likes.and_then(|likes| likes.total),
        replies: wire.conversation.and_then(|conversation| conversation.replies),
        reposts: wire.reshares.and_then(|reshares| reshares.reshared_count),
        deleted: false,
        collected_at: collected.collected_at(),
        raw_ref: raw_ref.to_owned(),
        id,
        ..Post::default()
    })
}

/// Instants without a zone are UTC here.
fn utc() -> Option<FixedOffset> {
    FixedOffset::east_opt(0)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use bytes::Bytes;

    use super::*;
    use crate::window::Window;

    #[test]
    fn reads_messages_and_refuses_single_ones() {
        let (from, to) = ("2026-11-21T00:00:00Z".parse().unwrap(), "2026-11-21T06:00:00Z".parse().unwrap());
        let window = Window::plain(from, to);
        let mut collected = Collected::new(&window, chrono::Duration::minutes(30));
        let body = r#"{"response":{"status":200},"symbol":{"id":1,"symbol":"AMZN"},"cursor":{"more":true,"since":3,"max":1},"messages":[
            {"id":3,"body":"newer than the slot","created_at":"2026-11-21T07:00:00Z"},
            {"id":2,"body":"$AMZN up","created_at":"2026-11-21T05:00:00Z","user":{"id":7,"username":"ann","followers":"12",
             "join_date":"2014-02-01","official":true},"symbols":[{"symbol":"AMZN"}],"entities":{"sentiment":{"basic":"Bullish"}},
             "likes":{"total":3},"conversation":{"in_reply_to_message_id":1,"replies":2}},
            {"id":5,"body":"odd user","created_at":"2026-11-21T05:00:00Z","user":"ann"},
            {"id":1,"body":"no mood","created_at":"2026-11-21 04:00:00","entities":{"sentiment":null},"symbols":null}]}"#;
        let exchange = Exchange {
            stream: "AMZN".to_owned(),
            url: "http://h/".to_owned(),
            status: Some(200),
            headers: Default::default(),
            body: Bytes::from(body),
            hints: Default::default(),
            remainder: None,
        };
        read("raw/p#1", &exchange, &mut collected);
        let records = collected.finish().unwrap().into_memory().unwrap();
        let (first, second) = (&records.posts[0], &records.posts[1]);
        assert_eq!((first.id.as_str(), second.id.as_str(), records.posts.len()), ("1", "2", 2));
        assert_eq!(
            (second.vendor_sentiment.as_deref(), second.likes, second.kind),
            (Some("Bullish"), Some(3), PostKind::Comment)
        );
        assert_eq!((second.author_followers, second.channel.as_deref()), (Some(12), Some("AMZN")));
        assert_eq!(second.author_verified, Some(true));
        assert_eq!(second.author_created_at.unwrap().to_rfc3339(), "2014-02-01T00:00:00+00:00");
        assert_eq!((records.rejects.len(), records.rejects[0].id.as_deref()), (1, Some("5")));
        let page = page(body.as_bytes()).unwrap();
        assert_eq!((page.next.as_deref(), page.is_past(from), page.is_past(to)), (Some("1"), false, true));
    }

    #[test]
    fn an_unordered_page_ends_only_when_all_of_it_is_old() {
        let at = |hour: u32| format!("2026-11-21T{hour:02}:00:00Z").parse().unwrap();
        let mixed = Page { next: None, instants: vec![at(2), at(5), at(1)] };
        assert!(!mixed.is_past(at(3)) && mixed.is_past(at(6)));
    }

    #[test]
    fn tells_a_page_from_what_is_none() {
        for body in [
            "{}",
            r#"{"response":{"status":429},"errors":[{"message":"Rate limit exceeded"}]}"#,
            "<html>",
            r#"{"messages":["#,
        ] {
            assert!(page(body.as_bytes()).is_err(), "{body}");
        }
        let empty =
            page(br#"{"response":{"status":200},"cursor":{"more":true,"max":null},"messages":[]}"#).unwrap();
        assert!(empty.next.is_none());
    }

    proptest::proptest! {
        #[test]
        fn no_bytes_spoil_a_reading(
            bytes in proptest::collection::vec(proptest::prelude::any::<u8>(), 0..200),
            odd in proptest::prelude::any::<u8>(), at in 0usize..900, cut in 0usize..900,
        ) {
            let mut whole = br#"{"response":{"status":200},"symbol":{"symbol":"AMZN"},"cursor":{"more":true,"max":1},"messages":[
                {"id":2,"body":"$AMZN up","created_at":"2026-11-21T05:00:00Z","user":{"id":7,"join_date":"2014-02-01","official":false},
                 "symbols":[{"symbol":"AMZN"}],"entities":{"sentiment":{"basic":"Bullish"}},"likes":{"total":3}},{"id":1}]}"#.to_vec();
            let at = at % whole.len();
            whole[at] = odd;
            let cut = whole[..cut.min(whole.len())].to_vec();
            let window = Window::plain("2026-11-21T00:00:00Z".parse().unwrap(), "2026-11-21T06:00:00Z".parse().unwrap());
            for body in [bytes, whole, cut] {
                let _ = page(&body);
                let mut collected = Collected::new(&window, chrono::Duration::minutes(30));
                read("raw/p#1", &Exchange::answered("AMZN", "http://h/", body), &mut collected);
                for post in collected.finish().unwrap().into_memory().unwrap().posts {
                    proptest::prop_assert!(!post.id.is_empty() && post.created_at.timestamp() > 0);
                }
            }
        }
    }
}
