//! Pages that are kept for all readers whom they are the same for.

use reqwest::Client;

use crate::kit::Site;

/// Pages of every kind that is kept.
const PAGES: [&str; 8] = [
    "/",
    "/assets/SYM2",
    "/assets/SYM2/price",
    "/assets/EUR%2FUSD/outlook",
    "/sentiment",
    "/compare?assets=SYM1,SYM2",
    "/track-record",
    "/api/assets/SYM2/price",
];

async fn kept() -> Site {
    let site = Site::with_slots().await;
    site.app.pages.start();
    site
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn readers_of_a_tier_get_the_same_bytes_and_nobody_elses_name() {
    let site = kept().await;
    let (one, _, _) = site.customer("plus").await;
    let (other, _, _) = site.customer("plus").await;
    let emails: Vec<String> =
        sqlx::query_scalar("select email from customers").fetch_all(&site.pool).await.unwrap();
    assert_eq!(emails.len(), 2);
    for path in PAGES {
        let first = site.get(path, Some(&one)).await;
        let again = site.get(path, Some(&other)).await;
        assert_eq!((first.status, again.status), (200, 200), "{path}");
        assert_eq!(first.body, again.body, "{path}");
        for name in ["cache-control", "content-type", "content-security-policy", "vary"] {
            assert_eq!(first.header(name), again.header(name), "{path}");
        }
        assert_eq!(again.header("cache-control"), "private, no-store", "{path}");
        assert!(emails.iter().all(|email| !again.body.contains(email.as_str())), "{path}");
    }
    site.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_kept_page_is_not_made_again() {
    let site = kept().await;
    let (one, _, _) = site.customer("pro").await;
    let (other, _, _) = site.customer("pro").await;
    let path = "/assets/SYM2/outlook";
    let before = site.get(path, Some(&one)).await.body;
    // The page reads these for itself: without them a new one looks otherwise.
    sqlx::query("delete from strategies").execute(&site.pool).await.unwrap();
    assert_eq!(site.get(path, Some(&other)).await.body, before);
    let fresh = site.get(&format!("{path}?again"), Some(&other)).await.body;
    assert!(before.matches("Sharpe").count() > fresh.matches("Sharpe").count());
    site.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_a_readers_own_is_seen_by_nobody_else() {
    let site = kept().await;
    let (one, _, _) = site.customer("free").await;
    let (other, _, _) = site.customer("free").await;
    let watches = |key: &str| {
        let (site, key) = (&site, key.to_owned());
        async move { site.get("/assets/SYM2", Some(&key)).await.body.contains("Stop watching") }
    };
    assert!(!watches(&one).await && !watches(&other).await);
    site.post("/watch", Some(&one), &[("symbol", "SYM2"), ("turn", "on")]).await;
    assert!(watches(&one).await && !watches(&other).await);
    assert!(site.get("/", Some(&one)).await.body.contains("My assets"));
    assert!(!site.get("/", Some(&other)).await.body.contains("My assets"));
    site.post("/watch", Some(&other), &[("symbol", "SYM4"), ("turn", "on")]).await;
    assert!(!watches(&other).await, "another asset is on the other's list");
    site.post("/watch", Some(&one), &[("symbol", "SYM2"), ("turn", "off")]).await;
    assert!(!watches(&one).await);
    assert!(site.get("/", Some(&one)).await.body.contains("My assets"));
    assert!(!site.get("/assets/SYM2", None).await.body.contains("action=\"/watch\""));
    site.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_ends_gives_nothing_from_then_on() {
    let site = kept().await;
    let (key, _, _) = site.customer("pro").await;
    let path = "/assets/SYM12/outlook";
    assert!(site.get(path, Some(&key)).await.body.contains("signal-reason"));
    sqlx::query("update subscriptions set ends_at = now() - interval '1 second'")
        .execute(&site.pool)
        .await
        .unwrap();
    let ended = site.get(path, Some(&key)).await;
    assert!(ended.status == 200 && !ended.body.contains("signal-reason"));
    assert!(ended.body.contains("href=\"/account\""), "still signed in");
    sqlx::query("delete from sessions").execute(&site.pool).await.unwrap();
    let out = site.get(path, Some(&key)).await.body;
    assert!(out.contains("href=\"/sign-in\"") && !out.contains("signal-reason"));
    site.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn answers_go_out_in_what_the_reader_reads() {
    let site = kept().await;
    let (key, _, _) = site.customer("free").await;
    // A client that leaves answers as they came.
    let client = Client::builder().no_gzip().no_brotli().build().unwrap();
    let address = format!("{}/", site.url);
    let ask = |accepts: &'static str| {
        let request = client.get(&address).header("cookie", format!("sid={key}"));
        request.header("accept-encoding", accepts).send()
    };
    let plain = ask("identity").await.unwrap().bytes().await.unwrap();
    for (accepts, coding) in [("gzip, deflate, br, zstd", "zstd"), ("gzip, br", "gzip"), ("br", "identity")] {
        for _ in 0..2 {
            let reply = ask(accepts).await.unwrap();
            assert_eq!(reply.headers()["content-encoding"], coding, "{accepts}");
            let body = reply.bytes().await.unwrap();
            if coding == "zstd" {
                assert_eq!(zstd::decode_all(body.as_ref()).unwrap(), plain);
            }
            assert_eq!(body.len() < plain.len() / 2, coding != "identity", "{accepts}");
        }
    }
    site.stop().await;
}
