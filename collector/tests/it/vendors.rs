//! What the vendors of prices ask for beyond a plain request: restarts, a share of the day's calls, a crumb, a gateway.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use collector::settings::Settings;
use domain::Outcome;
use domain::lake::Area;
use serde_json::{Value, json};

use crate::kit::{TestLake, run, slot};
use crate::server::{Reply, Request, serve};
use crate::whole::FIRST;

fn settings(sections: Value) -> Settings {
    Settings::parse(&sections.to_string(), true, |_| None).unwrap()
}

/// 2,500 articles of one night, two a second for a while.
fn articles() -> Vec<(String, String)> {
    let article = |n: usize| {
        let second = n / 2;
        let at = format!("20261121T01{:02}{:02}", second / 60, second % 60);
        (format!("https://o.example/{n}"), at)
    };
    (0..2_500).map(article).collect()
}

fn news(request: &Request) -> Reply {
    let (from, to) = (&request.query["time_from"], &request.query["time_to"]);
    let fits = |at: &str| &at[..13] >= from.as_str() && &at[..13] <= to.as_str();
    let limit: usize = request.query["limit"].parse().unwrap();
    let feed: Vec<Value> = articles().iter().filter(|(_, at)| fits(at)).take(limit)
        .map(|(url, at)| json!({"title": "t", "url": url, "time_published": at, "source": "o", "overall_sentiment_score": 0.1}))
        .collect();
    Reply::json(200, json!({"items": feed.len().to_string(), "feed": feed}))
}

fn days() -> Value {
    json!({"Meta Data": {"6. Time Zone": "UTC"}, "Time Series FX (Daily)": {
        "2026-11-20": {"1. open": "1", "2. high": "1", "3. low": "1", "4. close": "1"}}})
}

#[tokio::test(flavor = "multi_thread")]
async fn alpha_vantage_news_is_asked_for_again_from_where_an_answer_ends() {
    let base = serve(Arc::new(|request| match request.query["function"].as_str() {
        "NEWS_SENTIMENT" => news(&request),
        _ => Reply::json(200, days()),
    }))
    .await;
    let lake = TestLake::new().await;
    let settings = settings(json!({"alpha_vantage":
        {"base_url": base, "api_key": "canary-av-4711", "calls_per_minute": 60_000, "calls_per_day": 0}}));
    assert_eq!(run(&lake, FIRST, &settings).await, (Outcome::Succeeded, String::new()));
    assert_eq!(lake.ids(slot(FIRST)).await.len(), 2_500);
    let bars = lake.bars(slot(FIRST)).await;
    assert_eq!(bars.iter().map(|b| b.symbol.as_str()).collect::<Vec<_>>(), ["EUR-USD"]);
    for (key, bytes) in lake.objects().await {
        let plain = zstd::decode_all(bytes.as_slice()).unwrap_or(bytes);
        assert!(!String::from_utf8_lossy(&plain).contains("canary-av"), "{key}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn alpha_vantage_keeps_to_its_share_of_the_day_and_stops_at_a_limit() {
    let calls: Arc<Mutex<Vec<String>>> = Arc::default();
    let log = Arc::clone(&calls);
    let base = serve(Arc::new(move |request: Request| {
        let mut log = log.lock().unwrap();
        log.push(request.query["function"].clone());
        match log.len() {
            9.. => Reply::json(
                200,
                json!({"Information": "our standard API rate limit is 25 requests per day."}),
            ),
            _ if request.query["function"] == "NEWS_SENTIMENT" => {
                Reply::json(200, json!({"items": "0", "feed": []}))
            }
            _ => Reply::json(200, days()),
        }
    }))
    .await;
    let lake = TestLake::new().await;
    let settings = settings(json!({"alpha_vantage":
        {"base_url": base, "api_key": "canary-av-4711", "calls_per_minute": 60_000, "calls_per_day": 12,
         "classes": ["equity", "crypto", "fx"]}}));
    for (name, expected) in [(FIRST, 3), ("2026-11-21T12Z", 6)] {
        assert_eq!(run(&lake, name, &settings).await.0, Outcome::Succeeded);
        assert_eq!(
            calls.lock().unwrap().len(),
            expected,
            "a quarter of the day's calls: news and two of four series"
        );
    }
    assert_eq!(run(&lake, "2026-11-21T18Z", &settings).await.0, Outcome::Partial);
    let (outcome, message) = run(&lake, "2026-11-22T00Z", &settings).await;
    assert_eq!(outcome, Outcome::Failed);
    assert!(message.contains("news (limit): the plan's limit is reached"), "{message}");
    assert_eq!(calls.lock().unwrap().len(), 10, "nothing is asked after a refusal");
}

#[tokio::test(flavor = "multi_thread")]
async fn yahoo_gets_a_crumb_where_one_is_demanded_and_gives_up_at_429() {
    let crumbs = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&crumbs);
    let chart = json!({"chart": {"error": null, "result": [{"meta": {}, "timestamp": [1_795_150_800],
        "indicators": {"quote": [{"open": [1], "high": [1], "low": [1], "close": [1], "volume": [1]}]}}]}});
    let base = serve(Arc::new(move |request: Request| {
        let has_cookie = request.headers.get("cookie").is_some_and(|cookie| cookie == "A3=canary-cookie");
        match request.path.as_str() {
            "/" => Reply { status: 404, ..Reply::default() }
                .with("set-cookie", "A3=canary-cookie; Path=/; HttpOnly"),
            "/v1/test/getcrumb" if has_cookie => {
                counted.fetch_add(1, Ordering::SeqCst);
                Reply { status: 200, body: b"canary-crumb".to_vec(), ..Reply::default() }
            }
            "/v8/finance/chart/BTC-USD" => {
                Reply { status: 429, body: b"Too Many Requests\r\n".to_vec(), ..Reply::default() }
            }
            _ if has_cookie && request.query.get("crumb").is_some_and(|c| c == "canary-crumb") => {
                Reply::json(200, chart.clone())
            }
            _ => Reply::json(401, json!({"finance": {"result": null, "error": {"code": "Unauthorized"}}})),
        }
    }))
    .await;
    let lake = TestLake::new().await;
    let sections = |classes: Value| {
        settings(json!({"terms": {"yahoo": {"enabled": true}}, "yahoo":
            {"base_url": base, "calls_per_minute": 60_000, "classes": classes, "intraday": false}}))
    };
    assert_eq!(run(&lake, FIRST, &sections(json!(["equity"]))).await, (Outcome::Succeeded, String::new()));
    assert_eq!(lake.bars(slot(FIRST)).await.len(), 2);
    assert_eq!(crumbs.load(Ordering::SeqCst), 1, "all series share it");
    for (key, bytes) in lake.objects().await {
        let plain = zstd::decode_all(bytes.as_slice()).unwrap_or(bytes);
        assert!(!String::from_utf8_lossy(&plain).contains("canary"), "{key}");
    }
    let (outcome, message) = run(&lake, "2026-11-21T12Z", &sections(json!(["crypto"]))).await;
    assert_eq!(outcome, Outcome::Failed);
    assert!(message.contains("bars-BTC-USD-1d (limit): HTTP 429: it refuses this address"), "{message}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_gateway_that_is_not_there_fails_its_source_in_words() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    drop(listener);
    let lake = TestLake::new().await;
    let settings = settings(json!({"interactive_brokers": {"address": address, "client_id": 1}}));
    let (outcome, message) = run(&lake, FIRST, &settings).await;
    assert_eq!(outcome, Outcome::Failed);
    assert!(
        message.contains("connection (transient): no connection to the gateway at 127.0.0.1"),
        "{message}"
    );
    let manifest = lake.manifest(Area::Raw, slot(FIRST)).await;
    assert_eq!(manifest.sources["interactive_brokers"].outcome, Outcome::Failed);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_gateway_that_speaks_garbage_or_nothing_neither_hangs_nor_crashes() {
    for greeting in [&b""[..], b"HTTP/1.1 400 Bad Request\r\n\r\n", &[0xFF; 64], b"\0\0\0\x08213\0now\0"] {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        tokio::spawn(async move {
            let mut open = Vec::new();
            while let Ok((mut stream, _)) = listener.accept().await {
                let _ = tokio::io::AsyncWriteExt::write_all(&mut stream, greeting).await;
                open.push(stream);
            }
        });
        let lake = TestLake::new().await;
        let settings = settings(json!({"interactive_brokers": {"address": address, "request_seconds": 1},
            "limits": {"source_seconds": 2}}));
        let started = std::time::Instant::now();
        let (outcome, message) = run(&lake, FIRST, &settings).await;
        assert_eq!(outcome, Outcome::Failed, "{greeting:?}");
        assert!(message.contains("gateway"), "{greeting:?}: {message}");
        assert!(started.elapsed().as_secs() < 20, "{greeting:?}");
    }
}
