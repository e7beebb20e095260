use bytes::Bytes;

use super::*;
use crate::normalise::Normalised;
use crate::window::Window;

fn read_all(body: &str) -> Normalised {
    let (from, to) = ("2026-11-21T00:00:00Z".parse().unwrap(), "2026-11-21T06:00:00Z".parse().unwrap());
    let window = Window::plain(from, to);
    let mut collected = Collected::new(&window, chrono::Duration::minutes(30));
    let exchange = Exchange {
        stream: "cashtags-000".to_owned(),
        url: "http://h/".to_owned(),
        status: Some(200),
        headers: Default::default(),
        body: Bytes::from(body.to_owned()),
        hints: Default::default(),
        remainder: None,
    };
    read("raw/p#1", &exchange, &mut collected);
    collected.finish().unwrap().into_memory().unwrap()
}

#[test]
fn both_generations_of_names_say_the_same() {
    let old = r#"{"data":[{"id":"7","text":"$GS short","author_id":"3","created_at":"2026-11-21T01:00:00.000Z","lang":"en",
        "public_metrics":{"retweet_count":5,"reply_count":1,"like_count":2,"quote_count":0},"edit_history_tweet_ids":["7"],
        "referenced_tweets":[{"type":"quoted","id":"6"}],"note_tweet":{"text":"$GS the long form"},
        "entities":{"cashtags":[{"start":0,"end":3,"tag":"gs"},{"start":0,"end":3,"tag":"GS"}]},"unknown":{"a":[1]}}],
        "includes":{"users":[{"id":"3","username":"ann","created_at":"2010-01-01T00:00:00.000Z",
        "public_metrics":{"followers_count":9,"tweet_count":1}}]},"meta":{"result_count":1}}"#;
    let new = old.replace("tweet", "post").replace("retweet", "repost");
    assert!(new.contains("repost_count") && new.contains("note_post") && new.contains("referenced_posts"));
    let records = read_all(old);
    assert_eq!(records, read_all(&new));
    let post = &records.posts[0];
    assert_eq!(
        (post.kind, post.parent_id.as_deref(), post.text.as_str()),
        (PostKind::Quote, Some("6"), "$GS the long form")
    );
    assert_eq!(
        (post.author_followers, post.reposts, post.likes, post.replies),
        (Some(9), Some(5), Some(2), Some(1))
    );
    assert_eq!(post.url.as_deref(), Some("https://x.com/ann/status/7"));
    assert_eq!(post.asset_hints, [AssetHint { symbol: "GS".to_owned(), method: "cashtag".to_owned() }]);
    assert_eq!(post.author_created_at.unwrap().to_rfc3339(), "2010-01-01T00:00:00+00:00");
}

#[test]
fn a_bad_post_does_not_spoil_its_page() {
    let records = read_all(
        r#"{"data":[
        {"id":"1","text":"good","created_at":"2026-11-21T01:00:00Z"},
        {"id":"1","text":"good","created_at":"2026-11-21T01:00:00Z"},
        {"id":"2","text":" ","created_at":"2026-11-21T01:00:00Z"},
        {"id":"3","text":"when?","created_at":"soon"},
        {"id":"4","text":"tomorrow","created_at":"2026-11-22T01:00:00Z"},
        {"id":"5","text":"before","created_at":"2026-11-20T23:59:59Z"},
        {"id":"6","text":"at the close","created_at":"2026-11-21T06:00:00Z"},
        {"id":"7","text":{"odd":1},"created_at":"2026-11-21T01:00:00Z"},
        {"text":"nameless","created_at":"2026-11-21T01:00:00Z"},
        17,
        {"id":605161873479233538,"text":"null arrays","created_at":"2026-11-21T02:00:00Z","entities":null,
         "referenced_tweets":null,"public_metrics":{"like_count":"12","retweet_count":null}}],"meta":{}}"#,
    );
    let ids: Vec<&str> = records.posts.iter().map(|post| post.id.as_str()).collect();
    assert_eq!(ids, ["1", "605161873479233538"]);
    assert_eq!((records.posts[1].likes, records.posts[1].reposts), (Some(12), None));
    let rejected: Vec<Option<&str>> = records.rejects.iter().map(|reject| reject.id.as_deref()).collect();
    assert_eq!(rejected, [None, None, None, Some("2"), Some("3"), Some("4"), Some("7")].map(|id| id)[1..]);
    assert!(records.rejects.iter().all(|reject| reject.raw_ref == "raw/p#1"));
}

#[test]
fn tells_a_page_from_what_is_none() {
    let read = |body: &str| page(body.as_bytes());
    let page = read(r#"{"data":[{"id":"1"}],"meta":{"next_token":"b2","result_count":1}}"#).unwrap();
    assert_eq!(page, Page { next_token: Some("b2".to_owned()), posts: 1 });
    assert_eq!(read(r#"{"meta":{"result_count":0}}"#).unwrap(), Page::default());
    for (body, part) in [
        (r#"{"errors":[{"detail":"try later"}]}"#, "try later"),
        (r#"{"data":[{"id":"1"#, "not the JSON of a search"),
        ("<html></html>", "not the JSON of a search"),
        ("{}", "without a result"),
    ] {
        assert!(read(body).unwrap_err().contains(part), "{body}");
    }
}

#[test]
fn reads_recorded_replies_where_they_are_present() {
    let shared = std::env::var("QUARTERDAY_SHARED").unwrap_or_else(|_| "../../shared".to_owned());
    let path = std::path::Path::new(&shared).join("data/open/recordings/twitter/search_recent_plain.json");
    let Ok(text) = std::fs::read(&path) else { return };
    let recorded: Vec<Value> = serde_json::from_slice(&text).unwrap();
    let bodies = recorded
        .iter()
        .filter(|r| r["request"]["url"].as_str().unwrap_or_default().contains("search/recent"));
    let mut seen = 0;
    for body in bodies.filter_map(|r| r["response"]["body"].as_str()) {
        if page(body.as_bytes()).is_ok_and(|page| page.posts > 0) {
            // Recorded without dates: every post is refused for that reason alone, none for its form.
            let records = read_all(body);
            assert!(
                records.rejects.iter().all(|r| r.id.is_some() && r.reason.contains("instant")),
                "{:?}",
                records.rejects
            );
            seen += records.rejects.len();
        }
    }
    assert!(seen > 0);
}
