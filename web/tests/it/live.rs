//! Live prices, end to end: from a bar in the world to the page's stream.

use std::io::Write as _;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use chrono::{DateTime, SecondsFormat, Utc};
use cloud::local::{BusServer, HttpBus, Subscription};
use collector::live;
use collector::settings::Settings;
use domain::AssetList;
use futures::StreamExt;
use reqwest::Response;
use serde_json::{Value, json};

use crate::api::{SCOPES, make_key};
use crate::kit::{Site, TOKEN, push};

/// What a stream says until `word` comes, and how long that took.
async fn until(response: Response, word: &str) -> (String, Duration) {
    let begun = Instant::now();
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
    (said, begun.elapsed())
}

fn quotes(price: f64, received_at: DateTime<Utc>) -> Value {
    let at = received_at.to_rfc3339_opts(SecondsFormat::Millis, true);
    json!({"source": "alpaca", "quotes": [
        {"symbol": "SYM1", "price": price, "bid": price - 0.01, "ask": price + 0.01, "at": at, "received_at": at},
        {"symbol": "SYM12", "price": 987.65, "at": at, "received_at": at},
    ]})
}

async fn send(site: &Site, message: &Value) -> u16 {
    let request = site.request("POST", "/internal/quotes", None).bearer_auth(TOKEN);
    site.send(request.json(&push(message, "web-quotes"))).await.status
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_quote_is_shown_to_whoever_sees_the_price_and_falls_back_when_it_is_old() {
    let site = Site::with_slots().await;
    let page = site.get("/assets/SYM1", None).await.body;
    assert!(
        page.contains("201.37") && !page.contains("data-live=\""),
        "no quotes come: no stream is asked for"
    );
    let received_at = Utc::now();
    assert_eq!(send(&site, &quotes(222.22, received_at)).await, 204);
    // A redelivery, one that is older, and one that is no price change nothing.
    assert_eq!(send(&site, &quotes(222.22, received_at)).await, 204);
    assert_eq!(send(&site, &quotes(111.11, received_at - chrono::Duration::seconds(1))).await, 204);
    assert_eq!(send(&site, &quotes(-5.0, received_at + chrono::Duration::seconds(1))).await, 204);

    let page = site.get("/assets/SYM1", None).await.body;
    assert!(page.contains("222.22") && page.contains("data-live=\"/api/assets/SYM1/live\""), "{page}");
    assert!(page.contains("<p data-slot-price hidden>"), "the slot's price waits behind");
    assert!(page.contains("+10.35\u{a0}%"), "222.22 beside a close of 201.37");
    let spanish = site.request("GET", "/assets/SYM1", None).header("accept-language", "es").send().await;
    let spanish = spanish.unwrap().text().await.unwrap();
    assert!(spanish.contains("en vivo") && spanish.contains("222,22"), "{spanish}");
    // The twelfth asset's price is locked for a visitor, live too, and its stream as well.
    let locked = site.get("/assets/SYM12", None).await.body;
    assert!(!locked.contains("987.65") && !locked.contains("data-live"), "{locked}");
    assert_eq!(site.get("/api/assets/SYM12/live", None).await.status, 403);
    let basic = site.sign_in_as("basic").await;
    assert!(site.get("/assets/SYM12", basic.as_deref()).await.body.contains("987.65"));
    let stream = site.request("GET", "/api/assets/SYM12/live", basic.as_deref()).send().await.unwrap();
    assert!(until(stream, "987.65").await.0.contains("event: quote\n"));

    // A minute and a half without a word, and the page shows what the slot knows.
    site.app.clock.set(Some(received_at + chrono::Duration::seconds(91)));
    let page = site.get("/assets/SYM1", None).await.body;
    assert!(page.contains("<p data-slot-price>") && !page.contains("222.22"), "{page}");
    site.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn only_the_bus_may_push_and_only_quotes() {
    let site = Site::with_slots().await;
    let good = push(&quotes(1.0, Utc::now()), "web-quotes");
    let bare = site.send(site.request("POST", "/internal/quotes", None).json(&good)).await;
    assert_eq!(bare.status, 403);
    let wrong = site.request("POST", "/internal/quotes", None).bearer_auth("another").json(&good);
    assert_eq!(site.send(wrong).await.status, 403);
    let many: Vec<Value> = (0..101)
        .map(|n| {
            json!({"symbol": format!("S{n}"), "price": 1.0,
        "at": "2026-01-01T00:00:00Z", "received_at": "2026-01-01T00:00:00Z"})
        })
        .collect();
    for message in [
        json!({}),
        json!({"source": "alpaca", "quotes": [{"symbol": "A B"}]}),
        json!({"source": "alpaca", "quotes": many}),
    ] {
        assert_eq!(send(&site, &message).await, 400, "{message}");
    }
    assert!(!site.get("/assets/SYM1", None).await.body.contains("data-live=\""));
    site.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn programs_watch_the_assets_that_their_tier_shows_and_instances_share() {
    let site = Site::with_slots().await;
    let session = site.sign_in_as("plus").await.unwrap();
    let key = make_key(&site, &session, &SCOPES).await;
    let open = async |symbols: &str| {
        let path = format!("/api/v1/live?symbols={symbols}");
        site.request("GET", &path, None).bearer_auth(&key).send().await.unwrap()
    };
    for wrong in ["", "SYM1,NOPE", "SYM1,,SYM2"] {
        assert_eq!(open(wrong).await.status(), 400, "{wrong:?}");
    }
    let stream = open("SYM1,SYM12").await;
    assert_eq!(stream.status(), 200);
    // Another instance is pushed the quotes: a pool and a board of its own, no way to this site but Postgres.
    let other = sqlx::PgPool::connect_with((*site.pool.connect_options()).clone()).await.unwrap();
    let elsewhere = Arc::new(web::live::Live::new(other.clone()));
    let told: domain::Quotes = serde_json::from_value(quotes(50.5, Utc::now())).unwrap();
    let telling = async {
        // The listener of this site connects when its first reader comes.
        loop {
            elsewhere.relay.tell(&told.quotes).await;
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    };
    let said = tokio::select! {
        (said, _) = until(stream, "987.65") => said,
        () = telling => unreachable!(),
    };
    assert!(said.contains("\"price\":50.5,") && said.contains("\"bid\":50.49"), "{said}");
    other.close().await;
    site.stop().await;
}

/// A world with one hour's bar of the first asset, which closes at noon of 2026-11-20 (a Friday) at 234.56.
fn write_world(folder: &Path) {
    let write = |name: &str, text: &str| {
        let mut encoder = zstd_encoder(&folder.join(name));
        encoder.write_all(text.as_bytes()).unwrap();
        encoder.finish().unwrap();
    };
    std::fs::create_dir_all(folder).unwrap();
    let description = json!({"name": "live", "licence": "CC0-1.0", "start": "2026-11-20T00:00:00Z", "end": "2026-11-21T00:00:00Z"});
    std::fs::write(folder.join("world.json"), description.to_string()).unwrap();
    let assets = "symbol,name,class,exchange,aliases\nSYM1,One,equity,US,\nBTC-USD,Bitcoin,crypto,,\n";
    std::fs::write(folder.join("assets.csv"), assets).unwrap();
    write("posts.ndjson.zst", "");
    write("articles.ndjson.zst", "");
    write(
        "bars.csv.zst",
        "symbol,interval,time,open,high,low,close,adj_close,volume\nSYM1,1h,2026-11-20T11:00:00Z,210,240,205,234.56,234.56,6000\n",
    );
}

fn zstd_encoder(path: &Path) -> zstd::Encoder<'static, std::fs::File> {
    zstd::Encoder::new(std::fs::File::create(path).unwrap(), 3).unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_bar_in_the_world_is_on_the_page_at_once() {
    let site = Site::with_slots().await;
    let folder = tempfile::tempdir().unwrap();
    write_world(&folder.path().join("world"));
    let base = sandbox(folder.path().join("world"), "2026-11-20T11:30:00Z".parse().unwrap());
    let subscription = Subscription {
        name: "web-quotes".into(),
        topic: "quotes".into(),
        endpoint: format!("{}/internal/quotes", site.url),
        fleeting: true,
    };
    let bus =
        BusServer::start(&folder.path().join("bus"), TOKEN.to_owned().into(), vec![subscription]).unwrap();
    let client = Arc::new(HttpBus::new(bus.base_url.clone(), TOKEN.to_owned().into()));
    let setup = reqwest::get(format!("{base}/_world/setup")).await.unwrap().text().await.unwrap();
    let settings = Settings::parse(&setup, true, |_| None).unwrap();
    let assets =
        AssetList::from_csv(b"symbol,name,class\nSYM1,One,equity\nBTC-USD,Bitcoin,crypto\n").unwrap();
    let streaming = tokio::spawn(async move { live::stream(&settings, &assets, &[], client).await });

    // Half past: half way from the low to the high.
    let open = async || site.request("GET", "/api/assets/SYM1/live", None).send().await.unwrap();
    until(open().await, "222.50").await;
    let page = open().await;
    let set = site.client.put(format!("{base}/_world/clock")).json(&json!({"at": "2026-11-20T12:00:00Z"}));
    assert!(set.send().await.unwrap().status().is_success());
    let (said, took) = until(page, "234.56").await;
    // Some tenths of a second; a machine that runs other tests beside it is given more.
    println!("on the page after {took:.0?}");
    assert!(took < Duration::from_secs(10), "{took:?}: {said}");
    assert!(site.get("/assets/SYM1", None).await.body.contains("234.56"));
    let stored: Vec<_> = std::fs::read_dir(folder.path().join("bus/pending")).unwrap().collect();
    assert!(stored.is_empty(), "quotes are kept in no file: {stored:?}");
    streaming.abort();
    bus.stop().await;
    site.stop().await;
}

/// The sandbox in a thread of its own, with a standing clock.
fn sandbox(world: std::path::PathBuf, at: DateTime<Utc>) -> String {
    let (send, receive) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        let (world, _) = sandbox::load(&[world]).unwrap();
        actix_web::rt::System::new().block_on(async move {
            let options = sandbox::serve::Options { at: Some(at), workers: 1, ..Default::default() };
            let (server, base) = sandbox::serve::start(world, &options).unwrap();
            send.send(base).unwrap();
            let _ = server.await;
        });
    });
    receive.recv().unwrap()
}
