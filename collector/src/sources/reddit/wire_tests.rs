use std::io::Read;

use proptest::prelude::*;

use super::*;
use crate::normalise::Normalised;
use crate::window::{Prior, Window};

fn window() -> Window {
    Window::plain("2026-11-21T00:00:00Z".parse().unwrap(), "2026-11-21T06:00:00Z".parse().unwrap())
}

fn read_in(window: &Window, body: &[u8]) -> Normalised {
    let mut collected = Collected::new(window, chrono::Duration::minutes(30));
    read("raw/p#1", &Exchange::answered("stocks-new", "http://h/", body.to_vec()), &mut collected);
    collected.finish().unwrap().into_memory().unwrap()
}

fn listing(children: &str) -> String {
    format!(
        r#"{{"kind":"Listing","data":{{"after":"t3_9","before":null,"dist":1,"children":[{children}]}}}}"#
    )
}

const POST: &str = r#"{"kind":"t3","data":{"name":"t3_1","author":"ann","author_fullname":"t2_7","title":"$GME","selftext":"to the moon",
    "permalink":"/r/stocks/comments/1/gme/","subreddit":"stocks","created_utc":1795226400.0,"edited":1795226460.0,"score":-3,
    "upvote_ratio":0.4,"num_comments":"2","removed_by_category":null,"link_flair_text":"DD","likes":null}}"#;
const COMMENT: &str = r#"{"kind":"t1","data":{"name":"t1_2","author":"[deleted]","body":"no & never","link_id":"t3_1","parent_id":"t1_1",
    "permalink":"/r/stocks/comments/1/gme/2/","subreddit":"stocks","created_utc":1795226400,"edited":false,"score":null,"replies":""}}"#;

#[test]
fn reads_posts_and_comments() {
    let records = read_in(&window(), listing(&format!("{POST},{COMMENT}")).as_bytes());
    assert_eq!((records.posts.len(), records.rejects.len()), (2, 0));
    let (comment, post) = (&records.posts[0], &records.posts[1]);
    assert_eq!(
        (post.id.as_str(), post.kind, post.text.as_str()),
        ("t3_1", PostKind::Post, "$GME\n\nto the moon")
    );
    assert_eq!(post.channel.as_deref(), Some("stocks"));
    assert_eq!((post.author_id.as_deref(), post.author_name.as_deref()), (Some("t2_7"), Some("ann")));
    assert_eq!(
        (post.score, post.upvote_ratio, post.replies, post.likes),
        (Some(-3), Some(0.4), Some(2), None)
    );
    assert_eq!(post.created_at.to_rfc3339(), "2026-11-21T02:00:00+00:00");
    assert_eq!(post.edited_at.unwrap().to_rfc3339(), "2026-11-21T02:01:00+00:00");
    assert_eq!(post.url.as_deref(), Some("https://www.reddit.com/r/stocks/comments/1/gme/"));
    assert_eq!((comment.kind, comment.text.as_str()), (PostKind::Comment, "no & never"));
    assert_eq!(
        (comment.parent_id.as_deref(), comment.conversation_id.as_deref()),
        (Some("t1_1"), Some("t3_1"))
    );
    assert_eq!((comment.author_name.as_deref(), comment.score, comment.edited_at), (None, None, None));
}

#[test]
fn what_was_taken_away_is_gone_and_never_a_new_post() {
    let gone = [
        POST.replace("to the moon", "[removed]"),
        POST.replace("\"removed_by_category\":null", "\"removed_by_category\":\"moderator\""),
        POST.replace("to the moon", "").replace("\"ann\"", "\"[deleted]\""),
    ];
    let prior = Prior {
        created_at: "2026-11-20T20:00:00Z".parse().unwrap(),
        channel: Some("stocks".to_owned()),
        mark: "0".to_owned(),
    };
    for body in gone {
        let body = listing(&body);
        assert_eq!(read_in(&window(), body.as_bytes()).posts, []);
        let later = Window { prior: [("t3_1".to_owned(), prior.clone())].into(), ..window() };
        let records = read_in(&later, body.as_bytes());
        let post = &records.posts[0];
        assert_eq!((post.deleted, post.revision, post.text.as_str()), (true, true, ""));
        assert_eq!(post.author_id, None);
    }
}

#[test]
fn a_bad_thing_does_not_spoil_its_page() {
    let body = listing(&format!(
        r#"17,{{"kind":"t3","data":[]}},{{"kind":"t3"}},{{"kind":"t3","data":{{"title":"nameless"}}}},
        {{"kind":"t3","data":{{"name":"t3_8","title":"when?","created_utc":"soon"}}}},{{"kind":"more","data":{{"name":"t1__"}}}},
        {{"kind":"t3","data":{{"name":"t3_9","title":"ahead","created_utc":1895226400}}}},{POST},{POST}"#
    ));
    let records = read_in(&window(), body.as_bytes());
    assert_eq!(records.posts.iter().map(|post| post.id.as_str()).collect::<Vec<_>>(), ["t3_1"]);
    let rejected: Vec<Option<&str>> = records.rejects.iter().map(|reject| reject.id.as_deref()).collect();
    assert_eq!(rejected, [None, None, None, Some("t3_8"), Some("t3_9")], "{:?}", records.rejects);
}

#[test]
fn tells_a_listing_from_what_is_none() {
    let good = page(listing(&format!("{POST},{COMMENT}")).as_bytes()).unwrap();
    assert_eq!((good.after.as_deref(), good.names.len()), (Some("t3_9"), 2));
    assert_eq!(good.newest.unwrap().to_rfc3339(), "2026-11-21T02:00:00+00:00");
    for (body, part) in [
        ("<!doctype html>", "not the JSON of a listing"),
        (r#"{"message":"Too Many Requests","error":429}"#, "error 429"),
        (r#"{"kind":"Listing","data":{"children":null}}"#, "without a listing"),
        (r#"{"kind":"Listing","data":{"modhash":null,"children":[],"after":null"#, "not the JSON"),
        ("[]", "not the JSON of a listing"),
    ] {
        let trouble = page(body.as_bytes()).unwrap_err();
        assert!(trouble.again && trouble.message.contains(part), "{body}: {}", trouble.message);
    }
}

#[test]
fn only_fields_that_nobody_knows_are_counted() {
    let window = window();
    let mut collected = Collected::new(&window, chrono::Duration::zero());
    let body = listing(&POST.replace("\"likes\":null", "\"likes\":null,\"karma_kind\":1"));
    read("raw/p#1", &Exchange::answered("s", "http://h/", body), &mut collected);
    let unknown = collected.finish().unwrap().unknown_fields;
    assert_eq!(unknown.into_iter().collect::<Vec<_>>(), [("karma_kind".to_owned(), 1)]);
    assert!(SILENT.is_sorted());
}

/// Recorded exchanges, where the folder of recordings is present.
fn recorded(name: &str) -> Vec<Value> {
    let shared = std::env::var("QUARTERDAY_SHARED").unwrap_or_else(|_| "../../shared".to_owned());
    let path = std::path::Path::new(&shared).join("data/open/recordings/reddit").join(name);
    let Ok(bytes) = std::fs::read(&path) else { return Vec::new() };
    let mut text = String::new();
    if name.ends_with(".gz") {
        flate2::read::GzDecoder::new(bytes.as_slice()).read_to_string(&mut text).unwrap();
    } else {
        text = String::from_utf8(bytes).unwrap();
    }
    serde_json::from_str(&text).unwrap()
}

fn bodies(name: &str, address: &str) -> Vec<String> {
    let exchanges = recorded(name);
    let wanted =
        exchanges.iter().filter(|e| e["request"]["url"].as_str().unwrap_or_default().contains(address));
    wanted.filter_map(|e| Some(e["response"]["body"].as_str()?.to_owned())).collect()
}

fn at(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

#[test]
fn reads_a_recorded_listing() {
    for body in bodies("subreddit_new.json.gz", "/r/askreddit/new") {
        let window = Window::plain(at("2016-03-01T00:00:00Z"), at("2016-03-01T12:00:00Z"));
        let records = read_in(&window, body.as_bytes());
        assert_eq!((records.posts.len(), records.rejects.len()), (100, 0));
        let post = records.posts.last().unwrap();
        assert_eq!(post.id, "t3_48fbm9");
        assert_eq!(post.created_at, at("2016-03-01T08:37:38Z"));
        assert_eq!(
            post.text,
            "[Serious] Parents of Reddit, what's the biggest lie about yourself you've told your kids?"
        );
        assert_eq!((post.author_name.as_deref(), post.author_id.as_deref()), (Some("RedHeadQc"), None));
        assert_eq!(
            (post.channel.as_deref(), post.score, post.replies),
            (Some("AskReddit"), Some(1), Some(1))
        );
        assert_eq!((post.upvote_ratio, post.edited_at), (None, None));
        let page = page(body.as_bytes()).unwrap();
        assert_eq!((page.after.as_deref(), page.names.len()), (Some("t3_48f6io"), 100));
        assert_eq!(page.newest, Some(at("2016-03-01T08:37:38Z")));
    }
}

#[test]
fn reads_recorded_polls_of_all_subreddits() {
    let window = Window::plain(at("2016-12-22T00:00:00Z"), at("2016-12-22T06:00:00Z"));
    let counts: Vec<(usize, usize)> = bodies("new_polling_with_before.json.gz", "/r/all/new")
        .iter()
        .map(|body| {
            let records = read_in(&window, body.as_bytes());
            (records.posts.len(), records.rejects.len())
        })
        .collect();
    assert!(counts.is_empty() || counts == [(100, 0), (4, 0)], "{counts:?}");
}

#[test]
fn reads_recorded_search_results_with_edits() {
    for body in bodies("search.json.gz", "/r/all/search") {
        let window = Window::plain(at("2005-01-01T00:00:00Z"), at("2016-12-01T00:00:00Z"));
        let records = read_in(&window, body.as_bytes());
        assert_eq!((records.posts.len(), records.rejects.len()), (6, 0));
        let post = records.posts.iter().find(|post| post.id == "t3_3gpbiu").unwrap();
        assert_eq!(post.edited_at, Some(at("2015-08-13T06:35:18Z")));
        assert!(post.text.contains("\n\n# solved") || post.text.contains("\n\n#solved"), "{}", post.text);
    }
}

#[test]
fn recorded_refusals_are_no_listings() {
    let exchanges = recorded("token_and_errors.json");
    for exchange in &exchanges {
        let body = exchange["response"]["body"].as_str().unwrap_or_default();
        if exchange["request"]["url"].as_str().unwrap_or_default().contains("oauth.reddit.com") {
            assert!(page(body.as_bytes()).is_err(), "{body}");
        }
        assert_eq!(read_in(&window(), body.as_bytes()).posts, []);
    }
}

proptest! {
    #[test]
    fn any_bytes_are_read_or_refused(body in prop::collection::vec(any::<u8>(), 0..300)) {
        let _ = page(&body);
        let _ = read_in(&window(), &body);
    }

    #[test]
    fn a_damaged_page_never_panics(at in 0usize..2000, byte in any::<u8>(), cut in 0usize..2000) {
        let mut body = listing(&format!("{POST},{COMMENT},{POST}")).into_bytes();
        let place = at % body.len();
        body[place] = byte;
        body.truncate(body.len() - cut.min(body.len()) * usize::from(cut % 3 == 0));
        let _ = page(&body);
        for post in read_in(&window(), &body).posts {
            prop_assert!(!post.id.is_empty() && post.created_at < window().to);
        }
    }

    #[test]
    fn any_number_is_an_instant_or_none(seconds in any::<f64>()) {
        let _ = instant(seconds);
    }
}
