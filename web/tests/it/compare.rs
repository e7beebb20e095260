//! Several assets beside each other.

use std::time::{Duration, Instant};

use analytics::statistics::{annualised_volatility, beta, correlation, log_returns};

use crate::kit::Site;
use crate::slots::SlotBuilder;

async fn site() -> Site {
    let site = Site::start().await;
    let mut slot = SlotBuilder::new("2026-11-21T06Z", "just-now");
    slot.days = 300;
    slot.write(&site.lake).await;
    assert_eq!(site.publish("2026-11-21T06Z").await.json()["outcome"], "succeeded");
    site
}

async fn closes(site: &Site, symbol: &str) -> Vec<f64> {
    let json = site.get(&format!("/api/assets/{symbol}/price"), None).await.json();
    json["bars"].as_array().unwrap().iter().map(|bar| bar["adj_close"].as_f64().unwrap()).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn figures_are_those_of_analytics() {
    let site = site().await;
    let json = site
        .get("/api/compare?assets=SYM1,SYM2,EUR/USD&window=60&benchmark=SYM2&range=all", None)
        .await
        .json();
    let mut returns = Vec::new();
    for symbol in ["SYM1", "SYM2", "EUR%2FUSD"] {
        let all = log_returns(&closes(&site, symbol).await);
        assert_eq!(all.len(), 299);
        returns.push(all[239..].to_vec());
    }
    assert_eq!((json["returns"].as_u64(), json["benchmark"].as_str()), (Some(60), Some("SYM2")));
    for (a, first) in returns.iter().enumerate() {
        for (b, second) in returns.iter().enumerate() {
            assert_eq!(json["correlations"][a][b].as_f64(), Some(correlation(first, second)), "{a} {b}");
        }
        let asset = &json["assets"][a];
        assert_eq!(asset["beta"].as_f64(), Some(beta(first, &returns[1])), "{a}");
        assert_eq!(asset["volatility"].as_f64(), Some(annualised_volatility(first, 252.0)), "{a}");
        assert_eq!(asset["rebased"][0].as_f64(), Some(100.0));
    }
    assert_eq!(json["assets"][1]["beta"].as_f64(), Some(1.0), "against itself");
    let page = site.get("/compare?assets=SYM1,SYM2&window=60", None).await.body;
    let shown = web::format::signed(correlation(&returns[0], &returns[1]), 2, web::text::Lang::En);
    assert!(page.contains(&format!("\">{shown}</td>")), "{shown}");
    site.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn assets_are_added_taken_out_and_locked() {
    let site = site().await;
    let empty = site.get("/compare", None).await;
    assert!(empty.status == 200 && empty.body.contains("Start with") && empty.body.contains("known-assets"));
    let added = site.get("/compare?assets=SYM1&add=company+2+%26+sons", None).await.body;
    assert!(
        added.contains("href=\"/compare?assets=SYM1\"") && added.contains("href=\"/compare?assets=SYM2\"")
    );
    let part = site.get("/compare?assets=SYM1&add=company+2", None).await.body;
    assert!(part.contains("href=\"/compare?assets=SYM2\""), "the only asset whose name begins so");
    let several = site.get("/compare?assets=SYM1&add=company", None).await.body;
    assert!(several.contains("No asset is called"));
    let twice = site.get("/compare?assets=SYM1,SYM2,SYM1", None).await.body;
    assert_eq!(twice.matches("class=\"remove\"").count(), 2, "named twice, shown once");
    let absent = site.get("/compare?assets=SYM1,SYM2&add=%3Cimg%20src=x%3E", None).await;
    assert!(
        absent.status == 200 && absent.body.contains("No asset is called") && !absent.body.contains("<img")
    );
    let basic = site.sign_in_as("basic").await;
    let address = "/compare?assets=SYM1,SYM2&format=csv";
    let csv = site.get(address, basic.as_deref()).await;
    let lines: Vec<&str> = csv.body.lines().collect();
    assert_eq!((csv.status, lines[0], lines.len()), (200, "day,SYM1,SYM2", 301));
    assert!(lines[1].ends_with(",100,100"), "{}", lines[1]);
    assert_eq!(site.get(address, None).await.status, 403);
    // A visitor sees ten assets: the others are cards, and none of their figures is computed.
    let locked = site.get("/compare?assets=SYM1,SYM2,SYM11,SYM12&benchmark=SYM12", None).await.body;
    assert_eq!(locked.matches("class=\"locked-asset\"").count(), 2);
    assert!(locked.contains("201.37") && !locked.contains("211.37") && !locked.contains("212.37"));
    let json = site.get("/api/compare?assets=SYM1,SYM2,SYM12&benchmark=SYM12", None).await.json();
    assert_eq!((json["assets"].as_array().unwrap().len(), json["benchmark"].as_str()), (2, None));
    assert!(json["assets"][0]["beta"].is_null() && json["locked"][0]["symbol"] == "SYM12");
    assert_eq!(json["locked"][0]["unlocked_by"], "basic");
    // Locked assets change nothing about the others.
    let alone = site.get("/api/compare?assets=SYM1,SYM2", None).await.json();
    assert_eq!(alone["correlations"], json["correlations"]);
    let key = site.sign_in_as("basic").await;
    let open = site.get("/compare?assets=SYM1,SYM12", key.as_deref()).await.body;
    assert!(open.contains("212.37") && !open.contains("locked-asset"));
    site.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_cannot_be_compared_is_refused_kindly() {
    let site = site().await;
    let many = |count: usize| (0..count).map(|n| format!("S{n}")).collect::<Vec<_>>().join(",");
    for (query, status, says) in [
        (format!("assets={}", many(13)), 400, "two to twelve symbols"),
        (format!("assets={}", many(10_000)), 400, "two to twelve symbols"),
        ("assets=SYM1,NOPE".to_owned(), 404, "There is no asset “NOPE”"),
        ("assets=SYM1,%3Cscript%3Ealert(1)%3C/script%3E".to_owned(), 404, "&lt;script&gt;"),
        ("assets=SYM1,SYM2&benchmark=NOPE".to_owned(), 404, "There is no asset"),
        ("assets=SYM1,SYM2&window=0".to_owned(), 400, "20, 60, 120, 250 or all"),
        ("assets=SYM1,SYM2&window=-20".to_owned(), 400, "20, 60, 120, 250 or all"),
        ("assets=SYM1,SYM2&window=NaN".to_owned(), 400, "20, 60, 120, 250 or all"),
        ("assets=SYM1,SYM2&window=1000000000".to_owned(), 400, "20, 60, 120, 250 or all"),
        ("assets=SYM1,SYM2&from=2026-03-01&to=2026-02-01".to_owned(), 400, "not after the last one"),
        ("assets=SYM1".to_owned(), 200, "Add another one"),
        ("assets=SYM1,SYM2&to=2020-01-01".to_owned(), 200, "no two trading days in common"),
        ("assets=%00,%FF".to_owned(), 404, "There is no asset"),
    ] {
        let started = Instant::now();
        let page = site.get(&format!("/compare?{query}"), None).await;
        assert_eq!(page.status, status, "{query:.80}");
        assert!(page.body.contains(says), "{query:.80}: {}", page.body);
        assert!(!page.body.contains("<script>alert"), "{query:.80}");
        let json = site.get(&format!("/api/compare?{query}"), None).await;
        assert_eq!(json.status, status, "{query:.80}");
        assert!(started.elapsed() < Duration::from_secs(5), "{query:.80}");
    }
    site.stop().await;
}
