use bytes::Bytes;

use super::*;
use crate::normalise::Normalised;
use crate::window::Window;

fn read_all(body: &str) -> Normalised {
    let (from, to) = ("2026-11-21T00:00:00Z".parse().unwrap(), "2026-11-21T06:00:00Z".parse().unwrap());
    read_in(body, &Window::plain(from, to))
}

fn read_in(body: &str, window: &Window) -> Normalised {
    let mut collected = Collected::new(window, chrono::Duration::minutes(30));
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
        "public_metrics":{"retweet_count":5,"reply_count":1,"like_count":2,"quote_count":4,"impression_count":70},
        "conversation_id":"5","edit_history_tweet_ids":["7"],
        "referenced_tweets":[{"type":"quoted","id":"6"}],"note_tweet":{"text":"$GS the long form"},
        "entities":{"cashtags":[{"start":0,"end":3,"tag":"gs"},{"start":0,"end":3,"tag":"GS"}]},"unknown":{"a":[1]}}],
        "includes":{"users":[{"id":"3","username":"ann","created_at":"2010-01-01T00:00:00.000Z","verified":true,
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
    assert_eq!((post.quotes, post.views, post.author_verified), (Some(4), Some(70), Some(true)));
    assert_eq!((post.conversation_id.as_deref(), post.edited_at), (Some("5"), None));
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
fn an_edited_post_keeps_its_first_id_and_its_newest_text() {
    // Ids whose bits say 2026-11-21T01:00:00Z and 01:30:00Z.
    let id = |at: &str| {
        ((at.parse::<DateTime<Utc>>().unwrap().timestamp_millis() - 1_288_834_974_657) << 22).to_string()
    };
    let (first, second) = (id("2026-11-21T01:00:00Z"), id("2026-11-21T01:30:00Z"));
    let post = |id: &str, text: &str, at: &str| {
        format!(
            r#"{{"id":"{id}","text":"{text}","created_at":"{at}","edit_history_tweet_ids":["{first}","{second}"]}}"#
        )
    };
    let page = |posts: &[String]| format!(r#"{{"data":[{}],"meta":{{}}}}"#, posts.join(","));
    let new = post(&second, "new", "2026-11-21T01:30:00Z");
    let old = post(&first, "old", "2026-11-21T01:00:00Z");
    for posts in [vec![new.clone()], vec![new.clone(), old.clone()], vec![old.clone(), new]] {
        let records = read_all(&page(&posts));
        assert_eq!(records.posts.len(), 1);
        let post = &records.posts[0];
        assert_eq!((&post.id, post.text.as_str()), (&first, "new"));
        assert_eq!(post.created_at.to_rfc3339(), "2026-11-21T01:00:00+00:00");
        assert_eq!(post.edited_at.unwrap().to_rfc3339(), "2026-11-21T01:30:00+00:00");
        assert_eq!(post.url, Some(format!("https://x.com/i/status/{second}")));
    }
    // Where only the old version is to be had, it is taken as it is.
    assert_eq!(read_all(&page(&[old])).posts[0].text, "old");
    // Where ids tell no time and the newest version states that of the first, nothing is made up.
    let plain = r#"{"data":[{"id":"9","text":"new","created_at":"2026-11-21T01:00:00Z","edit_history_post_ids":["8","9"]}],"meta":{}}"#;
    let post = &read_all(plain).posts[0];
    assert_eq!((post.id.as_str(), post.edited_at), ("8", None));
}

#[test]
fn a_look_up_says_what_came_what_is_newer_and_what_is_gone() {
    let body = r#"{"data":[{"id":"1","text":"a","edit_history_tweet_ids":["1","3"]},{"id":"2","text":"b"}],
        "errors":[{"value":"4","resource_type":"tweet","type":"https://api.x.com/2/problems/resource-not-found"}]}"#;
    let newer = vec![("3".to_owned(), "1".to_owned())];
    assert_eq!(lookup(body.as_bytes()).unwrap(), Lookup { posts: 2, newer });
    assert_eq!(lookup(br#"{"errors":[]}"#).unwrap(), Lookup::default());
    assert!(lookup(b"{}").is_err() && lookup(b"<html>").is_err());
    assert_eq!(total(br#"{"meta":{"total_post_count":7}}"#), Ok(7));
    assert!(total(br#"{"meta":{}}"#).is_err() && total(br#"{"meta":{"total_tweet_count":-1}}"#).is_err());
}

/// Recorded answers: their addresses and bodies.
fn recorded(file: &str) -> Option<Vec<(String, String)>> {
    let shared = std::env::var("QUARTERDAY_SHARED").unwrap_or_else(|_| "../../shared".to_owned());
    let path = std::path::Path::new(&shared).join("data/open/recordings/twitter").join(file);
    let packed = std::fs::read(&path).ok()?;
    let mut text = String::new();
    match file.ends_with(".gz") {
        true => {
            std::io::Read::read_to_string(&mut flate2::read::GzDecoder::new(packed.as_slice()), &mut text)
        }
        false => std::io::Read::read_to_string(&mut packed.as_slice(), &mut text),
    }
    .unwrap();
    let exchanges: Vec<Value> = serde_json::from_str(&text).unwrap();
    let part = |r: &Value, path: &str| r.pointer(path).and_then(Value::as_str).unwrap().to_owned();
    Some(exchanges.iter().map(|r| (part(r, "/request/url"), part(r, "/response/body"))).collect())
}

#[test]
fn reads_recorded_searches_where_they_are_present() {
    let Some(plain) = recorded("search_recent_plain.json") else { return };
    let next = Some("b26v89c19zqg8o3fpzbn1e0ffhxjiofzw6po136rvbnul".to_owned());
    assert_eq!(page(plain[0].1.as_bytes()), Ok(Page { next_token: next, posts: 10 }));
    // Recorded without dates: every post is refused for that reason alone, none for its form.
    let records = read_all(&plain[0].1);
    assert_eq!(records.rejects.len(), 10);
    assert!(records.rejects.iter().all(|r| r.id.is_some() && r.reason.contains("instant")));
    assert_eq!(total(plain[2].1.as_bytes()), Ok(411));

    let expanded = recorded("search_all_expansions.json.gz").unwrap();
    let window =
        Window::plain("2020-12-01T00:00:00Z".parse().unwrap(), "2021-07-01T00:00:00Z".parse().unwrap());
    let all: Vec<Normalised> = expanded.iter().map(|(_, body)| read_in(body, &window)).collect();
    assert_eq!(
        all.iter().map(|r| (r.posts.len(), r.rejects.len())).collect::<Vec<_>>(),
        [(4, 0), (5, 0), (58, 0), (394, 0), (0, 0)]
    );
    let sandwich = all[0].posts.iter().find(|post| post.id == "1400942130898554891").unwrap();
    assert!(sandwich.text.starts_with("Don’t be fooled, the new Kentucky Fried Chicken Sandwich"));
    assert_eq!(
        (sandwich.author_name.as_deref(), sandwich.author_followers, sandwich.author_verified),
        (Some("kfc"), Some(1_516_646), Some(true))
    );
    assert_eq!(
        (sandwich.likes, sandwich.replies, sandwich.reposts, sandwich.quotes, sandwich.views),
        (Some(993), Some(33), Some(117), Some(11), None)
    );
    let kinds: Vec<(&str, PostKind)> =
        all[1].posts.iter().map(|post| (post.id.as_str(), post.kind)).collect();
    assert_eq!(
        kinds[..2],
        [("1399765322509557763", PostKind::Post), ("1399780280710221834", PostKind::Post)]
    );
    assert_eq!(all[1].posts[4].parent_id.as_deref(), Some("1391807748346683397"));
    let token = "b26v89c19zqg8o3fpdg86rmb92nr5hjc8m6lnyhfcre65".to_owned();
    assert_eq!(page(expanded[3].1.as_bytes()), Ok(Page { next_token: Some(token), posts: 394 }));
    assert_eq!(page(expanded[4].1.as_bytes()), Ok(Page::default()));
}

#[test]
fn reads_recorded_counts_and_look_ups_where_they_are_present() {
    let Some(counts) = recorded("counts_paged.json") else { return };
    let totals: Vec<u64> = counts.iter().map(|(_, body)| total(body.as_bytes()).unwrap()).collect();
    assert_eq!(totals, [149, 131, 116, 48]);
    let errors = recorded("errors.json").unwrap();
    let (_, found) = errors.iter().find(|(url, _)| url.contains("&ids=1%2C2%2C3")).unwrap();
    assert_eq!(lookup(found.as_bytes()), Ok(Lookup { posts: 1, newer: Vec::new() }));
    // Of twenty ids one is there; of those that are not, the one that we had is gone.
    let prior = |id: &str| {
        let prior =
            crate::window::Prior { created_at: DateTime::UNIX_EPOCH, channel: None, mark: String::new() };
        (id.to_owned(), prior)
    };
    let from = "2026-11-21T00:00:00Z".parse().unwrap();
    let window =
        Window { prior: [prior("7"), prior("20")].into(), ..Window::plain(from, from + Duration::hours(6)) };
    let records = read_in(found, &window);
    let posts: Vec<(&str, bool)> =
        records.posts.iter().map(|post| (post.id.as_str(), post.deleted)).collect();
    assert_eq!(posts, [("7", true), ("20", false)]);
    assert_eq!(records.posts[1].text, "just setting up my twttr");
    for (_, body) in errors.iter().filter(|(url, _)| !url.contains("&ids=1%2C2%2C3")) {
        assert!(page(body.as_bytes()).is_err() && total(body.as_bytes()).is_err(), "{body}");
    }
}

proptest::proptest! {
    #[test]
    fn no_bytes_spoil_a_reading(
        bytes in proptest::collection::vec(proptest::prelude::any::<u8>(), 0..200),
        odd in proptest::prelude::any::<u8>(), at in 0usize..900, cut in 0usize..900,
    ) {
        let mut whole = br#"{"data":[{"id":"8","text":"$GS \ud83d\ude00","author_id":"3","created_at":"2026-11-21T01:00:00.000Z","edit_history_tweet_ids":["7","8"],
            "public_metrics":{"retweet_count":5},"entities":{"cashtags":[{"tag":"gs"}]}},{"id":9}],"includes":{"users":[{"id":"3"}]},
            "errors":[{"value":"4","resource_type":"tweet","type":"/resource-not-found"}],"meta":{"next_token":"b"}}"#.to_vec();
        let at = at % whole.len();
        whole[at] = odd;
        let cut = whole[..cut.min(whole.len())].to_vec();
        for body in [bytes, whole, cut] {
            let (_, _, _) = (page(&body), lookup(&body), total(&body));
            for post in read_all(&String::from_utf8_lossy(&body)).posts {
                proptest::prop_assert!(!post.id.is_empty() && post.created_at.timestamp() > 0);
            }
        }
    }
}
