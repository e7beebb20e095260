use std::collections::BTreeSet;

use chrono::Duration;
use reqwest::redirect::Policy;
use serde_json::{Value, json};

use crate::kit::{Sandbox, instant};

/// 130 posts, one a minute: most in @markets, some with an id of Telegram's form in @coins; one edited, one deleted at 05:00.
fn posts() -> Vec<Value> {
    let begin = instant("2026-03-02T00:00:00Z");
    (0..130)
        .map(|n| {
            let mut post = json!({"source": "telegram", "id": format!("w{n}"), "channel": "markets", "text": format!("$BTC & number {n}\nsecond line"),
                "created_at": begin + Duration::minutes(n), "likes": 40 * n});
            match n {
                5 => post["deleted_at"] = json!(begin + Duration::hours(5)),
                6 => {
                    post["edited_at"] = json!(begin + Duration::hours(4));
                    post["text_before"] = "as it was".into();
                }
                8 => {
                    post["kind"] = "reply".into();
                    post["parent_id"] = "w7".into();
                }
                9 => post["kind"] = "repost".into(),
                _ if n % 10 == 0 => {
                    post["id"] = format!("coins/{}", 500 + n).into();
                    post["channel"] = Value::Null;
                }
                _ => {}
            }
            post
        })
        .collect()
}

async fn get(sandbox: &Sandbox, path: &str) -> (u16, String) {
    let url = format!("{}{path}", sandbox.setup["telegram"]["base_url"].as_str().unwrap());
    let reply = sandbox.client.get(url).send().await.unwrap();
    (reply.status().as_u16(), reply.text().await.unwrap())
}

/// What stands between two marks, each time.
fn between<'a>(text: &'a str, open: &str, close: &str) -> Vec<&'a str> {
    text.split(open).skip(1).map(|rest| rest.split(close).next().unwrap()).collect()
}

/// The posts of a page, without service messages: id and markup.
fn messages(html: &str) -> Vec<(String, &str)> {
    html.split("<div class=\"tgme_widget_message_wrap")
        .skip(1)
        .filter(|message| !message.contains("service_message"))
        .map(|message| (between(message, "data-post=\"", "\"")[0].to_owned(), message))
        .collect()
}

async fn all(sandbox: &Sandbox, channel: &str, mut between_pages: impl AsyncFnMut()) -> Vec<String> {
    let (mut found, mut path) = (Vec::new(), format!("/s/{channel}"));
    loop {
        let (status, html) = get(sandbox, &path).await;
        assert_eq!(status, 200);
        assert!(html.contains("tgme_channel_history"));
        let count = html.matches("data-post=").count();
        assert!(count <= 20, "{count} on {path}");
        let mut page: Vec<String> = messages(&html).into_iter().map(|(id, _)| id).collect();
        page.extend(found);
        found = page;
        match between(&html, "data-before=\"", "\"").first() {
            Some(before) => path = format!("/s/{channel}?before={before}"),
            None => return found,
        }
        between_pages().await;
    }
}

#[actix_web::test]
async fn pages_lead_to_every_post_oldest_first() {
    let sandbox = Sandbox::with_posts("2026-03-02T06:00:00Z", &posts()).await;
    assert_eq!(sandbox.setup["telegram"]["channels"], json!(["coins", "markets"]));
    let markets = all(&sandbox, "markets", async || {}).await;
    assert_eq!(markets.iter().collect::<BTreeSet<_>>().len(), 116, "117 without the deleted one");
    let number = |id: &String| id.split('/').nth(1).unwrap().parse::<u64>().unwrap();
    assert!(markets.windows(2).all(|pair| number(&pair[0]) < number(&pair[1])));
    let coins = all(&sandbox, "Coins", async || {}).await;
    assert_eq!((coins.len(), coins[0].as_str(), coins[12].as_str()), (13, "coins/500", "coins/620"));
    let keys = sandbox.keys("telegram", "2026-03-02T00:00:00Z", "2026-03-03T00:00:00Z").await;
    let live: BTreeSet<String> = keys
        .iter()
        .filter(|key| key.get("deleted").is_none())
        .map(|key| key["id"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(live, markets.into_iter().chain(coins).collect());
}

#[actix_web::test]
async fn a_post_has_the_classes_of_the_real_page() {
    let sandbox = Sandbox::with_posts("2026-03-02T00:12:00Z", &posts()).await;
    let (_, html) = get(&sandbox, "/s/markets").await;
    assert!(html.contains("service_message") && html.contains("Channel created"));
    let keys = sandbox.keys("telegram", "2026-03-02T00:00:00Z", "2026-03-02T01:00:00Z").await;
    let post = |n: usize| {
        let id = keys[n]["id"].as_str().unwrap();
        messages(&html).into_iter().find(|(found, _)| found == id).unwrap().1
    };
    let text = "<div class=\"tgme_widget_message_text js-message_text\" dir=\"auto\">";
    assert_eq!(
        between(post(1), text, "</div>"),
        ["<a href=\"?q=%24BTC\">&#036;BTC</a> &amp; number 1<br/>second line"]
    );
    assert!(post(1).contains("<time datetime=\"2026-03-02T00:01:00+00:00\" class=\"time\">00:01</time></a>"));
    assert_eq!(between(post(2), "tgme_widget_message_views\">", "<"), ["2.5K"]);
    assert!(post(8).contains("tgme_widget_message_reply") && post(8).contains("js-message_reply_text"));
    assert!(post(9).contains("tgme_widget_message_forwarded_from"));
    assert_eq!(between(post(6), text, "</div>"), ["as it was"]);
    sandbox.set_clock(json!({"at": "2026-03-02T05:00:00Z"})).await;
    let (_, html) = get(&sandbox, "/s/markets?before=12").await;
    let edited = keys[6]["id"].as_str().unwrap();
    let edited = messages(&html).into_iter().find(|(id, _)| id == edited).unwrap().1;
    assert!(edited.contains("number 6") && edited.contains("edited &nbsp;"));
    assert_eq!(edited.matches("<time datetime=").count(), 2);
    assert!(!messages(&html).iter().any(|(id, _)| *id == keys[5]["id"]), "deleted posts are simply absent");
}

#[actix_web::test]
async fn without_a_preview_one_is_sent_to_the_contact() {
    let sandbox = Sandbox::with_posts("2026-03-01T00:00:00Z", &posts()).await;
    let (status, html) = get(&sandbox, "/s/markets").await;
    assert!(status == 200 && html.contains("tme_no_messages_found"), "nothing was written yet");
    let client = reqwest::Client::builder().redirect(Policy::none()).build().unwrap();
    let base = sandbox.setup["telegram"]["base_url"].as_str().unwrap();
    let reply = client.get(format!("{base}/s/nobody_there")).send().await.unwrap();
    assert_eq!(reply.status(), 302);
    assert_eq!(reply.headers()["location"].to_str().unwrap(), format!("{base}/nobody_there"));
    let (status, html) = get(&sandbox, "/s/nobody_there").await;
    assert!(status == 200 && !html.contains("tgme_channel_history"));
}

#[actix_web::test]
async fn nothing_is_lost_when_posts_come_between_two_pages() {
    let sandbox = Sandbox::with_posts("2026-03-02T01:30:00Z", &posts()).await;
    let there = all(&sandbox, "markets", async || {}).await;
    let mut minute = 30;
    let found = all(&sandbox, "markets", async || {
        minute += 5;
        sandbox.set_clock(json!({"at": format!("2026-03-02T01:{minute}:00Z")})).await;
    })
    .await;
    assert!(there.len() > 60 && there.iter().all(|id| found.contains(id)));
}
