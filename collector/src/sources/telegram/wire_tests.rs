use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;
use crate::normalise::Normalised;
use crate::trouble::Class;
use crate::window::{Prior, Window};

fn at(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

fn window() -> Window {
    Window::plain(at("2026-09-12T12:00:00Z"), at("2026-09-13T12:00:00Z"))
}

fn read_in(body: &[u8], window: &Window) -> Normalised {
    let mut collected = Collected::new(window, chrono::Duration::minutes(30));
    let mut exchange = Exchange::answered("markets", "http://h/s/markets", body.to_vec());
    exchange.hints.insert("channel".to_owned(), "markets".to_owned());
    read("raw/p#1", &exchange, &mut collected);
    collected.finish().unwrap().into_memory().unwrap()
}

fn section(inside: &str) -> String {
    format!(
        "<html><body><main><section class=\"tgme_channel_history js-message_history\">{inside}</section></main></body></html>"
    )
}

/// A post of number `n`, written at `time` on 2026-09-13.
fn post_html(n: u64, time: &str, text: &str) -> String {
    format!(
        "<div class=\"tgme_widget_message_wrap\"><div class=\"tgme_widget_message js-widget_message\" data-post=\"markets/{n}\">{text}
        <span class=\"tgme_widget_message_meta\"><a class=\"tgme_widget_message_date\" href=\"https://t.me/markets/{n}\"><time datetime=\"2026-09-13T{time}+00:00\" class=\"time\"></time></a></span></div></div>"
    )
}

fn text_html(text: &str) -> String {
    format!("<div class=\"tgme_widget_message_text js-message_text\" dir=\"auto\">{text}</div>")
}

#[test]
fn reads_what_a_post_shows() {
    let whole = r#"<header><div class="tgme_channel_info_header_labels"><i class="verified-icon"></i></div>
<div class="tgme_channel_info_counter"><span class="counter_value">39.7K</span> <span class="counter_type">subscribers</span></div>
<div class="tgme_channel_info_counter"><span class="counter_value">7</span> <span class="counter_type">photos</span></div></header>"#;
    let answer = format!(
        "<a class=\"tgme_widget_message_reply\" href=\"https://t.me/markets/3\"><div class=\"tgme_widget_message_text js-message_reply_text\">what was said</div></a>
<a class=\"tgme_widget_message_video_player\"><time class=\"message_video_duration\">0:58</time></a>{}
<div class=\"tgme_widget_message_reactions\"><span class=\"tgme_reaction\"><i class=\"emoji\"><b>👍</b></i>1.2K</span><span class=\"tgme_reaction\"><i class=\"emoji\"><b>🔥</b></i>3</span></div>
<span class=\"tgme_widget_message_views\">1.84K</span>
<span class=\"tgme_widget_message_meta\"><span class=\"tgme_widget_message_from_author\">Ann</span>, <time datetime=\"2026-09-13T09:30:00+00:00\" class=\"edit_time\"></time>edited &nbsp;</span>",
        text_html("<a href=\"?q=%24BTC\">&#036;BTC</a> up<br/><tg-emoji><i class=\"emoji\"><b>🚀</b></i></tg-emoji> to <b>70k</b>")
    );
    let forward = format!(
        "<div class=\"tgme_widget_message_forwarded_from\">Forwarded from&nbsp;<a class=\"tgme_widget_message_forwarded_from_name\" href=\"https://t.me/other/77\"><span>Other</span></a></div>{}",
        text_html("repeated")
    );
    let notice = post_html(2, "07:00:00", &text_html("Channel created"))
        .replace("js-widget_message\"", "service_message js-widget_message\"");
    let album =
        post_html(6, "09:10:00", "<div class=\"tgme_widget_message_grouped_wrap\"><a></a><a></a></div>");
    let body = format!(
        "{whole}{}",
        section(&format!(
            "{notice}{}{}{album}",
            post_html(4, "09:00:00", &answer),
            post_html(5, "09:05:00", &forward)
        ))
    );
    let records = read_in(body.as_bytes(), &window());
    assert_eq!((records.posts.len(), records.rejects.len()), (2, 0), "neither the notice nor the pictures");
    let post = &records.posts[0];
    assert_eq!((post.id.as_str(), post.channel.as_deref()), ("markets/4", Some("markets")));
    assert_eq!(post.text, "$BTC up\n🚀 to 70k");
    assert_eq!((post.kind, post.parent_id.as_deref()), (PostKind::Comment, Some("markets/3")));
    assert_eq!((post.views, post.likes, post.replies), (Some(1_840), Some(1_203), None));
    assert_eq!((post.author_followers, post.author_verified), (Some(39_700), Some(true)));
    assert_eq!(post.author_name.as_deref(), Some("Ann"));
    assert_eq!(
        (post.created_at, post.edited_at),
        (at("2026-09-13T09:00:00Z"), Some(at("2026-09-13T09:30:00Z")))
    );
    assert_eq!(post.asset_hints, [AssetHint { symbol: "BTC".to_owned(), method: "cashtag".to_owned() }]);
    assert_eq!(post.url.as_deref(), Some("https://t.me/markets/4"));
    let repost = &records.posts[1];
    assert_eq!((repost.kind, repost.parent_id.as_deref()), (PostKind::Repost, Some("other/77")));
}

#[test]
fn what_a_page_no_longer_shows_is_gone_down_to_its_oldest_second() {
    let prior = |channel: &str, created_at: &str| Prior {
        created_at: at(created_at),
        channel: Some(channel.to_owned()),
        mark: String::new(),
    };
    let mut window = window();
    window.prior_from = Some(at("2026-09-11T12:00:00Z"));
    window.prior = BTreeMap::from([
        ("markets/3".to_owned(), prior("markets", "2026-09-13T08:00:00Z")),
        ("markets/4".to_owned(), prior("markets", "2026-09-13T08:00:00Z")),
        ("markets/5".to_owned(), prior("markets", "2026-09-13T09:00:00Z")),
        ("coins/5".to_owned(), prior("coins", "2026-09-13T09:00:00Z")),
    ]);
    let page =
        section(&(post_html(4, "08:00:00", &text_html("a")) + &post_html(6, "10:00:00", &text_html("b"))));
    let gone = |body: &str| -> Vec<String> {
        let records = read_in(body.as_bytes(), &window);
        records.posts.into_iter().filter(|post| post.deleted).map(|post| post.id).collect()
    };
    assert_eq!(gone(&page), ["markets/5"], "3 is as old as the page's oldest: it may be on the next page");
    assert!(
        gone(page.split("</section>").next().unwrap()).is_empty(),
        "a page that was cut off proves nothing"
    );
    let none = section("<div class=\"tme_no_messages_found\">No posts found</div>");
    assert_eq!(gone(&none), ["markets/3", "markets/4", "markets/5"]);
}

#[test]
fn tells_a_page_from_what_is_none() {
    let posts: String = (10..14).map(|n| post_html(n, "09:00:00", &text_html("a"))).collect();
    let good = section(&format!("<a class=\"tme_messages_more\" data-before=\"9\"></a>{posts}"));
    let expected = Page { older: Some(9), oldest: Some(at("2026-09-13T09:00:00Z")) };
    assert_eq!(page(good.as_bytes(), true).unwrap(), expected);
    let no_link = page(section(&posts).as_bytes(), true).unwrap();
    assert_eq!(no_link.older, Some(10), "the lowest number leads back as well");
    let none = section("<div class=\"tme_no_messages_found\"></div>");
    assert_eq!(page(none.as_bytes(), true).unwrap(), Page::default());
    assert_eq!(page(section("").as_bytes(), false).unwrap(), Page::default());
    for (body, class, part) in [
        (good.replace("tgme_channel_history", "renamed"), Class::System, "layout_changed"),
        (good.replace("tgme_widget_message_date", "renamed"), Class::System, "layout_changed"),
        (good.replace("data-post", "data-renamed"), Class::System, "layout_changed"),
        (good.replace("tgme_widget_message ", "renamed "), Class::System, "layout_changed"),
        (good.replace("js-message_text", "renamed"), Class::System, "layout_changed"),
        (section(""), Class::System, "layout_changed"),
        ("<html>Are you human?</html>".to_owned(), Class::System, "layout_changed"),
        (String::new(), Class::System, "layout_changed"),
        (good[..good.len() * 2 / 3].to_owned(), Class::Transient, "cut off"),
        ("<div class=\"tgme_page\">contact</div>".to_owned(), Class::Configuration, "no preview"),
    ] {
        let trouble = page(body.as_bytes(), true).unwrap_err();
        assert!(trouble.class == class && trouble.message.contains(part), "{body}: {trouble:?}");
    }
}

#[test]
fn reads_recorded_pages_where_they_are_present() {
    let shared = std::env::var("QUARTERDAY_SHARED").unwrap_or_else(|_| "../../shared".to_owned());
    let folder = std::path::Path::new(&shared).join("data/eval/recordings/telegram");
    let Ok(news) = std::fs::read(folder.join("wublockchainenglish.html")) else { return };
    let records = read_in(&news, &window());
    let ids: Vec<(&str, Option<i64>)> =
        records.posts.iter().map(|post| (post.id.as_str(), post.views)).collect();
    assert_eq!(
        ids,
        [
            ("wublockchainenglish/26000", Some(1_840)),
            ("wublockchainenglish/26001", Some(1_360)),
            ("wublockchainenglish/26002", Some(522)),
            ("wublockchainenglish/26003", Some(5)),
        ]
    );
    let (first, third) = (&records.posts[0], &records.posts[2]);
    assert_eq!(first.created_at, at("2026-09-12T14:09:47Z"));
    assert!(first.text.starts_with("Clandestine Crypto Mine Uncovered in Mexican Mountains"));
    assert!(
        first.text.contains("Laundering\n\nAccording to Reuters")
            && first.text.ends_with("oversight. — link")
    );
    assert!(
        third.text.contains("Surpasses $70B,") && third.author_name.as_deref() == Some("Wu Blockchain News")
    );
    assert!(records.rejects.is_empty() && records.posts.iter().all(|post| !post.deleted));
    // Only the tail of the page was recorded, without the mark by which a channel's page is known.
    assert!(page(&news, true).unwrap_err().message.contains("layout_changed"));

    let video = std::fs::read(folder.join("adervis_digital_video_reactions_edited.html")).unwrap();
    let records = read_in(&video, &Window::plain(at("2025-02-01T00:00:00Z"), at("2025-03-01T00:00:00Z")));
    let posts = &records.posts;
    assert_eq!(
        (posts.len(), posts[0].id.as_str(), posts[1].id.as_str()),
        (2, "Adervis_digital/45", "Adervis_digital/46")
    );
    assert_eq!(posts[0].created_at, at("2025-02-07T16:15:31Z"), "not the video's length");
    assert_eq!((posts[0].likes, posts[0].views, posts[0].edited_at), (Some(3), Some(92), None));
    assert!(posts[1].text.ends_with("#мероприятие@Adervis_digital"));
    assert_eq!(page(&video, true).unwrap().older, Some(45));
}

/// Pieces of pages, in any order and number.
fn pieces() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        Just(post_html(7, "09:00:00", &text_html("a"))),
        Just(post_html(8, "25:00:00", "")),
        Just("<section class=\"tgme_channel_history\">".to_owned()),
        Just("</section></div></a>".to_owned()),
        Just("<a class=\"tme_messages_more\" data-before=\"-1\">".to_owned()),
        Just("<div class=\"tgme_widget_message\" data-post=\"/\">".to_owned()),
        Just("<blockquote><pre><br/>".to_owned()),
        ".{0,20}",
    ];
    prop::collection::vec(piece, 0..12).prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn no_bytes_spoil_a_reading(bytes in prop::collection::vec(any::<u8>(), 0..400), text in pieces(), cut in 0usize..2000) {
        let cut = text.as_bytes()[..cut.min(text.len())].to_vec();
        for body in [bytes, text.into_bytes(), cut] {
            let _ = page(&body, true);
            let records = read_in(&body, &window());
            prop_assert!(records.posts.iter().all(|post| !post.id.is_empty() && post.created_at.timestamp() > 0));
        }
    }
}
