use proptest::prelude::*;

use super::*;
use crate::normalise::Normalised;
use crate::window::{Prior, Window};

fn at(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

fn window(from: &str, to: &str) -> Window {
    Window::plain(at(from), at(to))
}

fn slot() -> Window {
    window("2026-11-21T00:00:00Z", "2026-11-21T06:00:00Z")
}

fn read_in(window: &Window, hints: &[(&str, &str)], body: &[u8]) -> Normalised {
    let mut collected = Collected::new(window, chrono::Duration::minutes(30));
    let mut exchange = Exchange::answered("acme", "http://h/", body.to_vec());
    exchange.hints = hints.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    read("raw/p#1", &exchange, &mut collected);
    collected.finish().unwrap().into_memory().unwrap()
}

const PAGE: &str = r#"{"data":[
    {"id":"9_1","message":"We buy $ACME","created_time":"2026-11-21T03:00:00+0000","permalink_url":"https://www.facebook.com/9/posts/1",
     "from":{"id":"9","name":"Acme"},"shares":{"count":2},"reactions":{"data":[],"summary":{"total_count":30,"viewer_reaction":"NONE"}},
     "comments":{"data":[],"summary":{"order":"ranked","total_count":"4","can_comment":true}}},
    {"id":"9_2","created_time":"2026-11-21T02:00:00+0000","reactions":null},
    {"id":"9_3","story":"Acme changed its picture","created_time":"2026-11-20T21:30:00-0430"}],
    "paging":{"cursors":{"before":"a","after":"b"},"next":"https://graph.facebook.com/v26.0/9/posts?access_token=[redacted]&after=b"}}"#;

#[test]
fn reads_posts() {
    let records = read_in(&slot(), &[("page", "acme")], PAGE.as_bytes());
    assert_eq!((records.posts.len(), records.rejects.len()), (2, 0));
    let (story, post) = (&records.posts[0], &records.posts[1]);
    assert_eq!(
        (post.id.as_str(), post.text.as_str(), post.channel.as_deref()),
        ("9_1", "We buy $ACME", Some("acme"))
    );
    assert_eq!((post.likes, post.replies, post.reposts), (Some(30), Some(4), Some(2)));
    assert_eq!((post.author_id.as_deref(), post.author_name.as_deref()), (Some("9"), Some("Acme")));
    assert_eq!(post.created_at, at("2026-11-21T03:00:00Z"));
    assert_eq!(
        (story.text.as_str(), story.created_at),
        ("Acme changed its picture", at("2026-11-21T02:00:00Z"))
    );
    assert_eq!((story.likes, story.replies, story.reposts), (None, None, None));
}

#[test]
fn what_is_listed_no_more_is_gone() {
    let prior = |created_at: &str| Prior {
        created_at: at(created_at),
        channel: Some("acme".to_owned()),
        mark: "0".to_owned(),
    };
    let known = [
        ("9_1", prior("2026-11-21T03:00:00Z")),
        ("9_8", prior("2026-11-21T02:30:00Z")),
        ("9_9", prior("2026-11-20T23:00:00Z")),
    ];
    let window = Window {
        prior: known.map(|(id, prior)| (id.to_owned(), prior)).into(),
        prior_from: Some(at("2026-11-19T06:00:00Z")),
        ..window("2026-11-21T06:00:00Z", "2026-11-21T12:00:00Z")
    };
    let since = at("2026-11-19T06:00:00Z").timestamp().to_string();
    let gone = |listed: &str, body: &str| {
        let hints = [("page", "acme"), ("since", since.as_str()), ("listed", listed)];
        let records = read_in(&window, &hints, body.as_bytes());
        records.posts.into_iter().filter(|post| post.deleted).map(|post| post.id).collect::<Vec<_>>()
    };
    // With another page to come, nothing is known of what is older than this one.
    assert_eq!(gone("0", PAGE), ["9_8"]);
    let last = PAGE.replace("\"next\"", "\"unknown\"");
    assert_eq!(gone("0", &last), ["9_9", "9_8"]);
    // A list that is full leaves older posts out.
    assert_eq!(gone("499", &last), ["9_8"]);
    // Of the text of a post that was there and has none any more, nothing is kept.
    let bare = PAGE.replace("\"message\":\"We buy $ACME\",", "");
    let hints = [("page", "acme")];
    let records = read_in(&window, &hints, bare.as_bytes());
    let post = records.posts.iter().find(|post| post.id == "9_1").unwrap();
    assert_eq!((post.text.as_str(), post.revision), ("", true));
}

#[test]
fn a_bad_post_does_not_spoil_its_page() {
    let body = r#"{"data":[17,{"message":"nameless","created_time":"2026-11-21T03:00:00+0000"},
        {"id":"9_4","message":"when?","created_time":"soon"},{"id":"9_5","message":"odd","reactions":[1],"created_time":"2026-11-21T03:00:00+0000"},
        {"id":"9_6","message":"good","created_time":"2026-11-21T03:00:00+0000","shares":{"count":null}}]}"#;
    let records = read_in(&slot(), &[], body.as_bytes());
    assert_eq!(records.posts.iter().map(|post| post.id.as_str()).collect::<Vec<_>>(), ["9_6"]);
    assert_eq!(records.posts[0].channel.as_deref(), Some("9"));
    let rejected: Vec<Option<&str>> = records.rejects.iter().map(|reject| reject.id.as_deref()).collect();
    assert_eq!(rejected, [None, None, Some("9_4"), Some("9_5")], "{:?}", records.rejects);
}

#[test]
fn tells_a_page_from_what_is_none() {
    let good = page(PAGE.as_bytes()).unwrap();
    assert_eq!((good.ids.len(), good.newest), (3, Some(at("2026-11-21T03:00:00Z"))));
    assert!(good.next.unwrap().ends_with("after=b"));
    assert_eq!(page(br#"{"data":[]}"#).unwrap(), Page::default());
    for body in ["<html>", "{}", r#"{"data":[{"id":"1"#, r#"{"data":7}"#] {
        assert!(page(body.as_bytes()).unwrap_err().again, "{body}");
    }
}

fn recorded(name: &str) -> Option<Vec<u8>> {
    let shared = std::env::var("QUARTERDAY_SHARED").unwrap_or_else(|_| "../../shared".to_owned());
    std::fs::read(std::path::Path::new(&shared).join("data/open/recordings/facebook").join(name)).ok()
}

fn summer() -> Window {
    window("2021-06-01T00:00:00Z", "2021-09-01T00:00:00Z")
}

#[test]
fn reads_recorded_posts_where_they_are_present() {
    for (name, has_next) in [("posts_feed_fields_p1.json", true), ("posts_feed_fields_p2.json", false)] {
        let Some(body) = recorded(name) else { return };
        let records = read_in(&summer(), &[], &body);
        assert_eq!((records.posts.len(), records.rejects.len()), (5, 0), "{name}");
        let post = records.posts.last().unwrap();
        assert_eq!((post.id.as_str(), post.channel.as_deref()), ("4_10113477241177441", Some("4")));
        assert_eq!(
            (post.text.as_str(), post.created_at),
            ("Happy July 4th! \u{1F1FA}\u{1F1F8}", at("2021-07-04T19:50:58Z"))
        );
        assert_eq!((post.likes, post.url.as_deref()), (None, None));
        assert_eq!(page(&body).unwrap().next.is_some(), has_next);
    }
    let records = read_in(&summer(), &[], &recorded("posts_feeds_default_fields_p1.json").unwrap());
    assert_eq!((records.posts.len(), records.rejects.len()), (5, 0));
    let post = records.posts.last().unwrap();
    assert_eq!(
        (post.id.as_str(), post.created_at),
        ("19292868552_10158349356748553", at("2021-07-09T19:09:52Z"))
    );
    assert_eq!((post.likes, post.replies, post.reposts), (Some(125), Some(13), Some(10)));
    assert_eq!(post.url.as_deref(), Some("https://www.facebook.com/19292868552/posts/10158349356748553/"));
    // It was edited by nobody: `updated_time` moves with every comment.
    assert_eq!(post.edited_at, None);
}

#[test]
fn reads_a_recorded_single_post_where_it_is_present() {
    let Some(body) = recorded("posts_single_post_data.json") else { return };
    let records = read_in(&window("2019-08-01T00:00:00Z", "2019-09-01T00:00:00Z"), &[], &body);
    assert_eq!((records.posts.len(), records.rejects.len()), (1, 0));
    let post = &records.posts[0];
    assert_eq!(
        (post.id.as_str(), post.text.as_str()),
        ("175154750010052_424924701699721", "我测试一下 MyLife")
    );
    assert_eq!((post.likes, post.replies, post.reposts), (Some(1), Some(0), None));
    assert_eq!(post.created_at, at("2019-08-12T03:45:11Z"));
}

#[test]
fn recorded_replies_of_other_kinds_make_no_posts() {
    for (name, rejects) in [
        ("comments_comments_p1.json", 10),
        ("pages_multi_default_fields.json", 0),
        ("pages_single_default_page.json", 0),
        ("debug_token.json", 0),
        ("error_100_missing_permission.json", 0),
        ("error_100_page_public_content.json", 0),
    ] {
        let Some(body) = recorded(name) else { return };
        let records = read_in(&summer(), &[], &body);
        let page_rejects = records.rejects.iter().filter(|reject| reject.reason.contains("no id")).count();
        assert_eq!((records.posts.len(), page_rejects), (0, if rejects > 0 { 1 } else { 0 }), "{name}");
    }
}

proptest! {
    #[test]
    fn any_bytes_are_read_or_refused(body in prop::collection::vec(any::<u8>(), 0..300)) {
        let _ = page(&body);
        let _ = read_in(&slot(), &[("page", "acme"), ("since", "1")], &body);
    }

    #[test]
    fn a_damaged_page_never_panics(at in 0usize..2000, byte in any::<u8>()) {
        let mut body = PAGE.as_bytes().to_vec();
        let place = at % body.len();
        body[place] = byte;
        let _ = page(&body);
        for post in read_in(&slot(), &[("page", "acme")], &body).posts {
            prop_assert!(!post.id.is_empty() && post.created_at < slot().to);
        }
    }
}
