use std::sync::{Arc, Mutex};

use serde_json::json;

use crate::alone::{Alone, window, window_after};
use crate::server::{Reply, Request, serve};

/// A channel of posts 1 to 30, four an hour from 2026-11-20T23:00 on; pages of five. Post 20 was deleted.
fn channel(request: &Request) -> Reply {
    if request.path != "/s/markets" {
        return Reply { status: 302, ..Reply::default() }.with("location", "/markets");
    }
    let before: u64 = request.query.get("before").map_or(31, |before| before.parse().unwrap());
    let mut numbers: Vec<u64> = (1..before.min(31)).filter(|n| *n != 20).collect();
    let numbers = numbers.split_off(numbers.len().saturating_sub(5));
    let posts: String = numbers
        .iter()
        .map(|n| {
            let at = crate::fake::at("2026-11-20T23:00:00Z") + chrono::Duration::minutes(15 * *n as i64);
            format!(
                "<div class=\"tgme_widget_message js-widget_message\" data-post=\"markets/{n}\"><div class=\"tgme_widget_message_text js-message_text\">number {n}</div>
                <a class=\"tgme_widget_message_date\"><time datetime=\"{}\"></time></a></div>",
                at.to_rfc3339()
            )
        })
        .collect();
    let posts =
        if posts.is_empty() { "<div class=\"tme_no_messages_found\"></div>".to_owned() } else { posts };
    let more = numbers
        .first()
        .filter(|n| **n > 1)
        .map(|n| format!("<a class=\"tme_messages_more\" data-before=\"{n}\"></a>"));
    let body = format!(
        "<html><body><section class=\"tgme_channel_history\">{}{posts}</section></body></html>",
        more.unwrap_or_default()
    );
    Reply { status: 200, body: body.into_bytes(), ..Reply::default() }
}

#[tokio::test]
async fn telegram_pages_back_to_where_it_reads_again_and_notices_what_is_gone() {
    let asked = Arc::new(Mutex::new(Vec::new()));
    let log = Arc::clone(&asked);
    let base = serve(Arc::new(move |request: Request| {
        log.lock().unwrap().push(request.query.get("before").cloned());
        channel(&request)
    }))
    .await;
    let settings = json!({"telegram": {"base_url": base, "channels": ["@markets"]}});
    let alone = Alone::new(settings.clone(), window()).await;
    let (records, troubles) = alone.fetch().await;
    assert!(troubles.is_empty(), "{troubles:?}");
    let numbers: Vec<String> = records.posts.iter().map(|post| post.id.clone()).collect();
    // From midnight on, [00:00, 06:00): 4 to 27 without 20.
    let expected: Vec<String> = (4..28).filter(|n| *n != 20).map(|n| format!("markets/{n}")).collect();
    assert_eq!(numbers, expected);
    let pages: Vec<Option<String>> = asked.lock().unwrap().drain(..).collect();
    assert_eq!(pages.len(), 6, "{pages:?}");
    assert_eq!(alone.check().await.unwrap(), "1 channels can be read; it takes no key");

    let prior = [
        ("markets/2", Some("markets"), "2026-11-20T23:30:00Z"),
        ("markets/20", Some("markets"), "2026-11-21T04:00:00Z"),
        ("other/20", Some("other"), "2026-11-21T04:00:00Z"),
    ];
    let (records, _) = Alone::new(settings, window_after(&prior)).await.fetch().await;
    let revised: Vec<(&str, bool)> = records
        .posts
        .iter()
        .filter(|post| post.revision)
        .map(|post| (post.id.as_str(), post.deleted))
        .collect();
    assert_eq!(revised, [("markets/2", false), ("markets/20", true)]);
}

#[tokio::test]
async fn telegram_says_who_has_no_preview() {
    let base = serve(Arc::new(|request: Request| channel(&request))).await;
    let settings = json!({"telegram": {"base_url": base, "channels": ["nobody", "markets"]}});
    let alone = Alone::new(settings, window()).await;
    let (records, troubles) = alone.fetch().await;
    assert!(!records.posts.is_empty());
    assert!(troubles["channel nobody"].starts_with("configuration: it has no preview"), "{troubles:?}");
    assert!(alone.check().await.unwrap_err().contains("channel nobody: it has no preview"));
}
