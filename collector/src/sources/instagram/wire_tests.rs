use proptest::prelude::*;

use super::*;
use crate::normalise::Normalised;
use crate::window::{Prior, Window};

fn at(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

fn slot() -> Window {
    Window::plain(at("2026-11-21T00:00:00Z"), at("2026-11-21T06:00:00Z"))
}

fn read_in(window: &Window, hints: &[(&str, &str)], body: &[u8]) -> Normalised {
    let mut collected = Collected::new(window, chrono::Duration::minutes(30));
    let mut exchange = Exchange::answered("s", "http://h/", body.to_vec());
    exchange.hints = hints.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    read("raw/p#1", &exchange, &mut collected);
    collected.finish().unwrap().into_memory().unwrap()
}

const HASHTAG: &str = r#"{"data":[
    {"id":"17","caption":"Buy #acme","media_type":"IMAGE","comments_count":"3","permalink":"https://www.instagram.com/p/A/","timestamp":"2026-11-21T03:00:00+0000"},
    {"id":"18","media_type":"VIDEO","like_count":1,"timestamp":"2026-11-21T04:00:00+0000"}],
    "paging":{"cursors":{"after":"same"},"next":"https://graph.facebook.com/v26.0/1/recent_media?access_token=[redacted]&after=same"}}"#;

const ACCOUNT: &str = r#"{"business_discovery":{"followers_count":64976,"media_count":436,"media":{"data":[
    {"id":"17","caption":"Buy #acme","like_count":87,"comments_count":11,"media_type":"IMAGE","permalink":"https://www.instagram.com/p/A/","timestamp":"2026-11-21T03:00:00+0000"},
    {"id":"19","caption":"Old","like_count":7,"comments_count":1,"media_type":"IMAGE","timestamp":"2026-11-20T01:00:00+0000"}],
    "paging":{"cursors":{"after":"QVF"}}},"id":"555"},"id":"1784"}"#;

#[test]
fn reads_media_under_a_hashtag() {
    let records = read_in(&slot(), &[("hashtag", "acme")], HASHTAG.as_bytes());
    assert_eq!((records.posts.len(), records.rejects.len()), (1, 0));
    let post = &records.posts[0];
    assert_eq!((post.id.as_str(), post.text.as_str()), ("17", "Buy #acme"));
    assert_eq!(post.asset_hints, [AssetHint { symbol: "#acme".to_owned(), method: "query".to_owned() }]);
    assert_eq!((post.likes, post.replies), (None, Some(3)));
    assert_eq!((post.channel.as_deref(), post.author_name.as_deref()), (None, None));
    let page = hashtag_page(HASHTAG.as_bytes()).unwrap();
    assert_eq!(
        (page.ids, page.newest),
        (vec!["17".to_owned(), "18".to_owned()], Some(at("2026-11-21T04:00:00Z")))
    );
    assert!(page.next.is_some());
}

#[test]
fn reads_media_of_an_account() {
    let records = read_in(&slot(), &[("account", "acme.inc")], ACCOUNT.as_bytes());
    assert_eq!((records.posts.len(), records.rejects.len()), (1, 0));
    let post = &records.posts[0];
    assert_eq!((post.likes, post.replies, post.author_followers), (Some(87), Some(11), Some(64_976)));
    assert_eq!((post.author_id.as_deref(), post.author_name.as_deref()), (Some("555"), Some("acme.inc")));
    assert_eq!(post.channel.as_deref(), Some("acme.inc"));
    let page = account_page(ACCOUNT.as_bytes()).unwrap();
    assert_eq!((page.next.as_deref(), page.ids.len()), (Some("QVF"), 2));
}

#[test]
fn what_an_account_shows_no_more_is_gone() {
    let prior = |created_at: &str| Prior {
        created_at: at(created_at),
        channel: Some("acme.inc".to_owned()),
        mark: "0".to_owned(),
    };
    let window = Window {
        prior: [
            ("20".to_owned(), prior("2026-11-20T12:00:00Z")),
            ("21".to_owned(), prior("2026-11-20T00:00:00Z")),
        ]
        .into(),
        prior_from: Some(at("2026-11-19T00:00:00Z")),
        ..slot()
    };
    let since = at("2026-11-19T00:00:00Z").timestamp().to_string();
    let gone = |body: &str| {
        let records = read_in(&window, &[("account", "acme.inc"), ("since", &since)], body.as_bytes());
        records.posts.into_iter().filter(|post| post.deleted).map(|post| post.id).collect::<Vec<_>>()
    };
    assert_eq!(gone(ACCOUNT), ["20"]);
    assert_eq!(gone(&ACCOUNT.replace("\"after\"", "\"before\"")), ["21", "20"]);
    // Without the account, nothing is known.
    assert_eq!(gone("{}"), [""; 0]);
}

#[test]
fn a_bad_medium_does_not_spoil_its_page() {
    let body = r#"{"data":[7,{"caption":"nameless","timestamp":"2026-11-21T03:00:00+0000"},{"id":"1","caption":"when?"},
        {"id":"2","caption":"odd","timestamp":["x"]},{"id":3,"caption":"good","timestamp":"2026-11-21T03:00:00+0000"}]}"#;
    let records = read_in(&slot(), &[("hashtag", "a")], body.as_bytes());
    assert_eq!(records.posts.iter().map(|post| post.id.as_str()).collect::<Vec<_>>(), ["3"]);
    let rejected: Vec<Option<&str>> = records.rejects.iter().map(|reject| reject.id.as_deref()).collect();
    assert_eq!(rejected, [None, None, Some("1"), Some("2")], "{:?}", records.rejects);
}

#[test]
fn tells_pages_from_what_is_none() {
    for body in ["<html>", "{}", r#"{"data":[{"id":"1"#] {
        assert!(hashtag_page(body.as_bytes()).unwrap_err().again, "{body}");
        assert!(account_page(body.as_bytes()).unwrap_err().again, "{body}");
    }
    let empty = account_page(br#"{"business_discovery":{"id":"1","followers_count":0},"id":"2"}"#).unwrap();
    assert_eq!(empty, Page::default());
    assert!(hashtag_id(br#"{"data":[]}"#).unwrap_err().message.contains("no such hashtag"));
    assert!(hashtag_id(br#"{"data":[{"id":"../me"}]}"#).is_err());
}

fn recorded(name: &str) -> Option<Vec<u8>> {
    let shared = std::env::var("QUARTERDAY_SHARED").unwrap_or_else(|_| "../../shared".to_owned());
    std::fs::read(std::path::Path::new(&shared).join("data/open/recordings/instagram").join(name)).ok()
}

fn summer() -> Window {
    Window::plain(at("2021-08-01T00:00:00Z"), at("2021-09-01T00:00:00Z"))
}

#[test]
fn reads_recorded_accounts_where_they_are_present() {
    let Some(body) = recorded("discovery_medias_p1.json") else { return };
    let records = read_in(&summer(), &[("account", "facebookfordevelopers")], &body);
    assert_eq!((records.posts.len(), records.rejects.len()), (2, 0));
    let post = records.posts.last().unwrap();
    assert_eq!((post.id.as_str(), post.created_at), ("17885103395504675", at("2021-08-17T19:00:42Z")));
    assert!(post.text.starts_with("To attract new players, the team behind state_of_survival"));
    assert_eq!((post.likes, post.replies, post.author_followers), (Some(87), Some(11), None));
    assert_eq!(post.url.as_deref(), Some("https://www.instagram.com/p/CSr71Gzlqo4/"));
    assert_eq!(post.author_id.as_deref(), Some("17841407673135339"));
    let page = account_page(&body).unwrap();
    assert_eq!((page.next.as_deref(), page.newest), (Some("after"), Some(at("2021-08-17T19:00:42Z"))));
    let fields = recorded("discovery_user_fields.json").unwrap();
    assert_eq!(account_page(&fields).unwrap(), Page::default());
    assert_eq!(read_in(&summer(), &[("account", "facebookfordevelopers")], &fields).posts, []);
}

#[test]
fn reads_recorded_hashtags_where_they_are_present() {
    let Some(body) = recorded("users_hashtag_search.json") else { return };
    assert_eq!(hashtag_id(&body).unwrap(), "17841562426109234");
    let names = hashtag_names(&recorded("users_recently_searched_hashtags.json").unwrap()).unwrap();
    assert_eq!(names.into_iter().collect::<Vec<_>>(), ["developers", "facebook"]);
    assert!(node(&recorded("hashtags_hashtag_info.json").unwrap()).is_ok());
    for (name, has_next, count) in [
        ("hashtags_hashtag_recent_medias_p1.json", true, 5),
        ("hashtags_hashtag_recent_medias_p2.json", false, 5),
        ("hashtags_hashtag_top_medias_p1.json", true, 25),
    ] {
        let body = recorded(name).unwrap();
        let page = hashtag_page(&body).unwrap();
        assert_eq!((page.ids.len(), page.next.is_some()), (count, has_next), "{name}");
        // Recorded without timestamps: every medium is refused for that reason alone.
        let records = read_in(&summer(), &[("hashtag", "love")], &body);
        assert_eq!((records.posts.len(), records.rejects.len()), (0, count), "{name}");
        assert!(records.rejects.iter().all(|reject| reject.reason.contains("instant")));
    }
}

#[test]
fn recorded_replies_of_other_kinds_make_no_posts() {
    let Some(comments) = recorded("medias_comments_p1.json") else { return };
    // Comments have a text and no caption.
    assert_eq!(read_in(&summer(), &[("hashtag", "love")], &comments).posts, []);
    assert_eq!(
        read_in(&summer(), &[("hashtag", "love")], &recorded("medias_medias_fields.json").unwrap()).posts,
        []
    );
}

proptest! {
    #[test]
    fn any_bytes_are_read_or_refused(body in prop::collection::vec(any::<u8>(), 0..300)) {
        let _ = (hashtag_page(&body).is_ok(), account_page(&body).is_ok(), hashtag_id(&body).is_ok());
        let _ = (hashtag_names(&body).is_ok(), node(&body).is_ok());
        let _ = read_in(&slot(), &[("hashtag", "a")], &body);
        let _ = read_in(&slot(), &[("account", "a"), ("since", "1")], &body);
    }

    #[test]
    fn a_damaged_page_never_panics(at in 0usize..2000, byte in any::<u8>()) {
        for (text, hint) in [(HASHTAG, "hashtag"), (ACCOUNT, "account")] {
            let mut body = text.as_bytes().to_vec();
            let place = at % body.len();
            body[place] = byte;
            for post in read_in(&slot(), &[(hint, "acme")], &body).posts {
                prop_assert!(!post.id.is_empty() && post.created_at < slot().to);
            }
        }
    }
}
