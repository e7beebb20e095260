//! Server-sent events, end to end.

use std::time::{Duration, Instant};

use futures::StreamExt;
use reqwest::Response;
use sqlx::PgPool;
use web::publish::{load, store};

use crate::api::{SCOPES, make_key};
use crate::kit::Site;
use crate::slots::SlotBuilder;

/// What a stream says until `word` comes.
async fn until(response: Response, word: &str) -> String {
    let mut said = String::new();
    let mut stream = response.bytes_stream();
    let reading = async {
        while let Some(part) = stream.next().await {
            said.push_str(std::str::from_utf8(&part.unwrap()).unwrap());
            if said.contains(word) {
                break;
            }
        }
    };
    let _ = tokio::time::timeout(Duration::from_secs(20), reading).await;
    assert!(said.contains(word), "{word:?} never came: {said}");
    said
}

async fn open(site: &Site, key: &str, last: Option<&str>) -> Response {
    let mut request = site.request("GET", "/api/v1/events", None).bearer_auth(key);
    if let Some(last) = last {
        request = request.header("last-event-id", last);
    }
    request.send().await.unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_slot_published_by_another_instance_is_told_within_seconds() {
    let site = Site::with_slots().await;
    let session = site.sign_in_as("plus").await.unwrap();
    let key = make_key(&site, &session, &SCOPES).await;
    let api = open(&site, &key, None).await;
    assert_eq!(api.status(), 200);
    assert!(api.headers()["content-type"].to_str().unwrap().starts_with("text/event-stream"));
    assert_eq!(api.headers()["cache-control"], "private, no-store");
    let page = site.request("GET", "/events", Some(&session)).send().await.unwrap();

    // Another instance: a pool of its own, no way to this site but Postgres.
    let other = PgPool::connect_with((*site.pool.connect_options()).clone()).await.unwrap();
    SlotBuilder::new("2026-11-21T12Z", "afternoon").write(&site.lake).await;
    let batch = load::load(&site.lake, "2026-11-21T12Z".parse().unwrap(), &[]).await.unwrap();
    store::store(&other, &batch).await.unwrap();
    let published = Instant::now();
    let said = until(api, "2026-11-21T12Z").await;
    // A machine that runs other tests beside it is given more time than it should need.
    assert!(published.elapsed() < Duration::from_secs(10), "{:?}", published.elapsed());
    assert!(said.contains("event: slot-published\n") && said.contains("\"version\":1"), "{said}");
    let said = until(page, "2026-11-21T12Z").await;
    assert!(said.contains("2026-11-21T06Z"), "a page hears of the newest slot at once: {said}");
    // Publishing the same again is told to nobody: nothing was committed.
    store::store(&other, &batch).await.unwrap();

    // Who was away goes on where they were.
    let ids: Vec<i64> =
        sqlx::query_scalar("select id from publications order by id").fetch_all(&site.pool).await.unwrap();
    assert_eq!(ids.len(), 4);
    let said = until(open(&site, &key, Some(&ids[1].to_string())).await, "2026-11-21T12Z").await;
    let told: Vec<&str> = said.lines().filter_map(|line| line.strip_prefix("id: ")).collect();
    assert_eq!(told, [ids[2].to_string(), ids[3].to_string()]);
    let odd = open(&site, &key, Some("not a number")).await;
    assert_eq!(odd.status(), 200, "an id of somebody else's is no position");
    other.close().await;
    site.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_customer_has_a_few_streams_at_most() {
    let site = Site::with_slots().await;
    let session = site.sign_in_as("plus").await.unwrap();
    let key = make_key(&site, &session, &SCOPES).await;
    let mut held = Vec::new();
    for _ in 0..web::events::hub::STREAMS {
        let stream = open(&site, &key, None).await;
        assert_eq!(stream.status(), 200);
        held.push(stream);
    }
    let full = open(&site, &key, None).await;
    assert_eq!((full.status().as_u16(), full.headers()["retry-after"].to_str().unwrap()), (429, "60"));
    assert_eq!(site.get("/events", Some(&session)).await.status, 429, "the page's streams count, too");
    let other = site.sign_in_as("pro").await.unwrap();
    let key = make_key(&site, &other, &SCOPES).await;
    assert_eq!(open(&site, &key, None).await.status(), 200, "others have their own");
    // A stream that is closed makes room, at the latest when the site notices.
    held.clear();
    let session_key = make_key(&site, &session, &SCOPES).await;
    let begun = Instant::now();
    while open(&site, &session_key, None).await.status() != 200 {
        assert!(begun.elapsed() < Duration::from_secs(40), "closed streams are never let go");
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
    site.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn visitors_have_no_stream_and_readers_have_the_line() {
    let site = Site::with_slots().await;
    assert_eq!(site.get("/events", None).await.status, 303);
    let session = site.sign_in_as("free").await;
    assert!(
        site.get("/", session.as_deref()).await.body.contains("data-newer=\"2026-11-21T06:00:00+00:00\"")
    );
    assert!(!site.get("/", None).await.body.contains("data-newer"));
    site.stop().await;
}
