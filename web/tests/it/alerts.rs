//! Alerts from the slot to the receiver.

use std::sync::Arc;
use std::sync::atomic::{AtomicU16, Ordering};

use chrono::{Duration, Utc};
use serde_json::Value;
use sha2::{Digest, Sha256};
use web::alerts::address::System;
use web::alerts::deliver::MAX_TRIES;
use web::alerts::evaluate;
use web::alerts::webhook::{self, Post};
use web::config::Outbound;
use web::mail::carrier::LocalMailbox;
use web::mail::outbox;
use web::worker::Worker;

use crate::kit::Site;
use crate::past::newest_at;
use crate::servers::HttpStandIn;

pub(crate) fn loopback() -> Outbound {
    Outbound { webhook_loopback: "1".to_owned(), ..Outbound::default() }
}

pub(crate) fn worker(site: &Site) -> Worker {
    Worker::with(Arc::clone(&site.app), Some(Arc::new(LocalMailbox)), Arc::new(System))
}

/// Sets an alert that fires in the newest slot, whatever the value: it stood on the other side before.
pub(crate) async fn about_to_fire(site: &Site, customer: i64, measure: &str, channels: &[&str]) -> i64 {
    let channels: Vec<String> = channels.iter().map(|c| (*c).to_owned()).collect();
    let id: i64 = sqlx::query_scalar(
        "insert into customer_alerts (customer_id, symbol, measure, operator, threshold, days, channels, created_at)
         values ($1, 'SYM1', $2, 'above', -1, 1, $3, now()) returning id",
    )
    .bind(customer)
    .bind(measure)
    .bind(channels)
    .fetch_one(&site.pool)
    .await
    .unwrap();
    sqlx::query("insert into alert_states values ($1, 'SYM1', true, $2, null)")
        .bind(id)
        .bind(newest_at() - Duration::hours(6))
        .execute(&site.pool)
        .await
        .unwrap();
    id
}

/// The secret of a new webhook, from the page that shows it.
pub(crate) fn shown_secret(body: &str) -> String {
    let at = body.find("whsec_").unwrap_or_else(|| panic!("no secret in {body}"));
    body[at..].chars().take_while(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-')).collect()
}

/// HMAC-SHA256 written out (RFC 2104), as a receiver might.
pub(crate) fn hmac(key: &[u8], message: &[u8]) -> String {
    let mut block = [0_u8; 64];
    block[..key.len()].copy_from_slice(key);
    let pad = |with: u8| block.map(|byte| byte ^ with);
    let inner = Sha256::new().chain_update(pad(0x36)).chain_update(message).finalize();
    hex::encode(Sha256::new().chain_update(pad(0x5c)).chain_update(inner).finalize())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_slot_fires_once_whoever_looks_how_often() {
    let site = Site::start().await.with_past(3).await;
    let (_, id, _) = site.customer("pro").await;
    about_to_fire(&site, id, "sentiment", &["mail"]).await;
    let now = Utc::now();
    let look = || evaluate::evaluate_new(&site.app, now);
    let (a, b, c) = tokio::join!(look(), look(), look());
    assert_eq!(a.unwrap() + b.unwrap() + c.unwrap(), 1, "one of them looked");
    assert_eq!(look().await.unwrap(), 0);
    // The slot is published again: a new version is not news.
    sqlx::query(
        "insert into publications (slot, version, closes_at, manifest_sha256, coverage, partial)
         select slot, 2, closes_at, repeat('a', 64), coverage, partial from publications where closes_at = $1",
    )
    .bind(newest_at())
    .execute(&site.pool)
    .await
    .unwrap();
    assert_eq!(look().await.unwrap(), 0);
    assert_eq!(site.number("select count(*) from alert_deliveries").await, 1);
    // Three workers, one mail.
    let (a, b, c) = (worker(&site), worker(&site), worker(&site));
    tokio::join!(a.step(), b.step(), c.step());
    a.step().await;
    assert_eq!(site.number("select count(*) from mails where state = 'sent'").await, 1);
    let (subject, text): (String, String) =
        sqlx::query_as("select subject, text from mails").fetch_one(&site.pool).await.unwrap();
    assert!(subject.starts_with("Alert: SYM1 "), "{subject}");
    assert!(
        text.contains("Company 1 & <Sons> (SYM1): Sentiment is") && text.contains("/unsubscribe/"),
        "{text}"
    );
    site.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_webhook_is_signed_and_says_what_happened() {
    let server = HttpStandIn::start(|_| Some(("204 No Content".into(), String::new()))).await;
    let site = Site::start_with(loopback()).await.with_past(3).await;
    let (key, id, _) = site.customer("pro").await;
    let form = [("url", &*format!("{}/hook?x=1", server.url()))];
    let page = site.post("/account/webhook", Some(&key), &form).await;
    assert_eq!(page.status, 200, "{}", page.body);
    let secret = shown_secret(&page.body);
    assert!(secret.len() > 40, "shown once");
    assert!(!site.get("/account/notifications", Some(&key)).await.body.contains(&secret), "and never again");
    let alert = about_to_fire(&site, id, "var-95", &["webhook"]).await;
    worker(&site).step().await;
    let [request] = server.requests().try_into().unwrap();
    assert_eq!(request.path, "/hook?x=1");
    let header = &request.headers["quarterday-signature"];
    let (t, v1) = header.strip_prefix("t=").unwrap().split_once(",v1=").unwrap();
    let signed = [t.as_bytes(), b".", &request.body].concat();
    assert_eq!(v1, hmac(secret.as_bytes(), &signed));
    assert!((t.parse::<i64>().unwrap() - Utc::now().timestamp()).abs() < 60);
    let body: Value = serde_json::from_slice(&request.body).unwrap();
    assert!(body["type"] == "alert.fired" && body["asset"] == "SYM1", "{body}");
    assert!(body["alert_id"] == alert && body["value"] == 0.03, "{body}");
    let receipts = site.get("/alerts", Some(&key)).await.body;
    for part in ["SYM1", "3.00\u{a0}%", "204", "sent", "Webhook"] {
        assert!(receipts.contains(part), "{part}");
    }
    site.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_receiver_that_fails_is_tried_again_and_then_given_up() {
    let code = Arc::new(AtomicU16::new(500));
    let answers = Arc::clone(&code);
    let server = HttpStandIn::start(move |_| {
        Some((format!("{} x", answers.load(Ordering::SeqCst)), "ignored".into()))
    })
    .await;
    let site = Site::start_with(loopback()).await.with_past(3).await;
    let (key, id, _) = site.customer("pro").await;
    site.post("/account/webhook", Some(&key), &[("url", &server.url())]).await;
    about_to_fire(&site, id, "price", &["webhook"]).await;
    let worker = worker(&site);
    let mut now = Utc::now();
    for tries in 1..=MAX_TRIES {
        site.app.clock.set(Some(now));
        worker.step().await;
        worker.step().await;
        assert_eq!(server.requests().len(), usize::try_from(tries).unwrap(), "one try, then a pause");
        now += outbox::pause_after(tries);
    }
    site.app.clock.set(Some(now + Duration::hours(5)));
    worker.step().await;
    assert_eq!(server.requests().len(), usize::try_from(MAX_TRIES).unwrap());
    let ids: Vec<_> = server.requests().iter().map(|r| r.headers["quarterday-delivery"].clone()).collect();
    assert!(ids.windows(2).all(|pair| pair[0] == pair[1]), "each try carries the same id");
    let (state, code): (String, i32) = sqlx::query_as("select state, response_code from alert_deliveries")
        .fetch_one(&site.pool)
        .await
        .unwrap();
    assert_eq!((state.as_str(), code), ("failed", 500));
    site.app.clock.set(None);
    assert!(site.get("/alerts", Some(&key)).await.body.contains("given up"));
    site.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn redirects_are_not_followed_and_silence_is_cut_short() {
    let inside = HttpStandIn::start(|_| Some(("200 OK".into(), String::new()))).await;
    let url = inside.url();
    let moved =
        HttpStandIn::start(move |_| Some((format!("302 Found\r\nlocation: {url}/secret"), String::new())))
            .await;
    let silent = HttpStandIn::start(|_| None).await;
    let now = Utc::now();
    let post = |url: String| async move {
        let post = Post { url: &url, secret: "s", delivery: 1, loopback: true };
        webhook::post(&post, b"{}".to_vec(), &System, now).await
    };
    let started = std::time::Instant::now();
    let (moved_to, never) = tokio::join!(post(moved.url()), post(silent.url()));
    assert_eq!((moved_to.code, inside.requests().len()), (Some(302), 0));
    assert!(moved_to.problem.is_some() && moved_to.again);
    assert_eq!((never.code, never.problem.as_deref()), (None, Some("no answer within 5 seconds")));
    assert!(started.elapsed().as_secs() < 9);
    // Without the setting this machine is not spoken to at all.
    let refused = Post { url: &inside.url(), secret: "s", delivery: 1, loopback: false };
    let outcome = webhook::post(&refused, b"{}".to_vec(), &System, now).await;
    assert!(!outcome.again && outcome.code.is_none() && inside.requests().is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_name_that_changes_its_mind_after_the_check_changes_nothing() {
    use async_trait::async_trait;
    use std::net::SocketAddr;
    use web::alerts::address::Resolver;

    /// Says where the server is, for a name that no name server knows.
    struct Pinned(SocketAddr);
    #[async_trait]
    impl Resolver for Pinned {
        async fn resolve(&self, _: &str, _: u16) -> std::io::Result<Vec<SocketAddr>> {
            Ok(vec![self.0])
        }
    }
    let server = HttpStandIn::start(|_| Some(("200 OK".into(), String::new()))).await;
    let url = format!("http://localhost:{}/", server.address.port());
    let post = Post { url: &url, secret: "s", delivery: 1, loopback: true };
    let outcome = webhook::post(&post, b"{}".to_vec(), &Pinned(server.address), Utc::now()).await;
    assert_eq!((outcome.code, server.requests().len()), (Some(200), 1));
    // The checked address is the one that is called: at another one nobody listens.
    let nobody = SocketAddr::from(([127, 0, 0, 2], server.address.port()));
    let outcome = webhook::post(&post, b"{}".to_vec(), &Pinned(nobody), Utc::now()).await;
    assert_eq!((outcome.code, server.requests().len()), (None, 1), "{outcome:?}");
    let private = SocketAddr::from(([10, 0, 0, 1], 443));
    let open = Post { url: "https://hooks.example.org/", loopback: false, ..post };
    let outcome = webhook::post(&open, b"{}".to_vec(), &Pinned(private), Utc::now()).await;
    assert!(!outcome.again && outcome.problem.unwrap().contains("open internet"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_chat_is_linked_by_a_code_that_works_once() {
    let said = Arc::new(std::sync::Mutex::new(String::new()));
    let updates = Arc::clone(&said);
    let server = HttpStandIn::start(move |request| {
        let body =
            if request.path.ends_with("/getUpdates") { updates.lock().unwrap().clone() } else { "{}".into() };
        Some(("200 OK".into(), body))
    })
    .await;
    let outbound = Outbound {
        telegram_token: Some("123:token".to_owned().into()),
        telegram_url: Some(server.url().parse().unwrap()),
        telegram_bot: Some("quarterday_bot".into()),
        ..Outbound::default()
    };
    let site = Site::start_with(outbound).await.with_past(3).await;
    let (key, id, _) = site.customer("pro").await;
    let page = site.post("/account/telegram", Some(&key), &[]).await.body;
    assert!(!page.contains("123:token") && page.contains("https://t.me/quarterday_bot?start="), "{page}");
    let code = page.split("/start ").nth(1).unwrap()[..16].to_owned();
    let update = |n: i64, text: &str, chat: i64| {
        serde_json::json!({ "ok": true, "result": [
            { "update_id": n, "message": { "message_id": 1, "chat": { "id": chat }, "text": text } },
            { "update_id": n + 1 },
        ] })
        .to_string()
    };
    let worker = worker(&site);
    *said.lock().unwrap() = update(7, "/start AAAAAAAAAAAAAAAA", 666);
    worker.step().await;
    assert_eq!(site.number("select count(*) from telegram_chats").await, 0, "a guess links nothing");
    *said.lock().unwrap() = update(9, &format!("/start {code}"), 4242);
    worker.step().await;
    assert_eq!(site.number("select chat_id from telegram_chats").await, 4242);
    assert_eq!(site.number("select next_update from telegram_cursor").await, 11);
    // Used up: somebody who saw it cannot take the chat over.
    *said.lock().unwrap() = update(12, &format!("/start {code}"), 666);
    worker.step().await;
    assert_eq!(site.number("select chat_id from telegram_chats").await, 4242);
    about_to_fire(&site, id, "sentiment", &["telegram"]).await;
    sqlx::query("delete from alert_evaluations").execute(&site.pool).await.unwrap();
    worker.step().await;
    let last = server.requests().pop().unwrap();
    assert_eq!(last.path, "/bot123:token/sendMessage");
    let body: Value = serde_json::from_slice(&last.body).unwrap();
    assert!(
        body["chat_id"] == 4242 && body["text"].as_str().unwrap().contains("Company 1 & <Sons> (SYM1)"),
        "{body}"
    );
    assert!(site.get("/alerts", Some(&key)).await.body.contains("Telegram"));
    site.post("/account/telegram/delete", Some(&key), &[]).await;
    assert_eq!(site.number("select count(*) from telegram_chats").await, 0);
    site.stop().await;
}
