//! Outlook and risk of an asset, from rows as a slot publishes them.

use chrono::Days;
use serde_json::json;

use crate::kit::Site;
use crate::world::{self, last_day};

/// A site with a forecast moved by two features, a strategy, risks and their back-tests of AAA.
async fn site() -> Site {
    let site = Site::start().await;
    let id = world::put(&site.pool, 60).await;
    for horizon in 1..=5 {
        let target_on = last_day() + Days::new(horizon as u64);
        // 0.4 % up: the effects below sum to it.
        let median = 100.0 * 0.004_f64.exp();
        world::put_forecast(&site.pool, (id, "AAA", horizon), target_on, median, "elastic-net/1").await;
        world::put_forecast(&site.pool, (id, "EUR/USD", horizon), target_on, 100.0, "random-walk").await;
    }
    for (feature, value, effect) in
        [("sentiment", Some(0.731), 0.006), ("volatility", Some(-1.2), -0.0025), ("level", None, 0.0005)]
    {
        sqlx::query("insert into contributions select $1, 'AAA', h, $2, $3, $4 from generate_series(1, 5) h")
            .bind(id)
            .bind(feature)
            .bind(value)
            .bind(effect)
            .execute(&site.pool)
            .await
            .unwrap();
    }
    put_strategy(&site, id, json!([["2025-01-02", 1.0, 1.0, 0.0], ["2026-01-02", 1.05, 1.2, 0.03]])).await;
    sqlx::query(
        "insert into signals values ($1, 'AAA', 'forecast', 'hold', 0.1, 'the median lies above <the> last close')",
    )
    .bind(id)
    .execute(&site.pool)
    .await
    .unwrap();
    for (confidence, var) in [(0.95, 0.0231), (0.99, 0.0412)] {
        sqlx::query("insert into risks values ($1, 'AAA', $2, 1, $3, 0.00021, $3 * 1.25, 0.0233, 0.0251, 100000, 500, 7)")
            .bind(id)
            .bind(confidence)
            .bind(var)
            .execute(&site.pool)
            .await
            .unwrap();
    }
    for (model, exceptions, kupiec, christoffersen) in
        [("fhs", 5, Some(0.991), Some(0.4)), ("normal", 14, Some(0.002), None)]
    {
        sqlx::query("insert into risk_backtests values ($1, 'AAA', $2, 0.99, 500, $3, 5.0, $4, $5)")
            .bind(id)
            .bind(model)
            .bind(exceptions)
            .bind(kupiec)
            .bind(christoffersen)
            .execute(&site.pool)
            .await
            .unwrap();
    }
    site
}

async fn put_strategy(site: &Site, id: i64, curve: serde_json::Value) {
    sqlx::query(
        "insert into strategies values ($1, 'AAA', 'averages 20/50, long only', '2025-01-02', '2026-11-20', 2, 0.05, 0.027,
             0.03, 0.41, -0.62, 1.44, 0.18, 3000, 5, 5, 0.004, 0.2, 0.11, 0.9, $2,
             '[[\"2025-02-03\", \"2025-03-03\", \"long\", 101.5, 99.25, -0.0222], [\"2025-06-02\", null, \"long\", 103, null, 0.07]]')",
    )
    .bind(id)
    .bind(curve)
    .execute(&site.pool)
    .await
    .unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_outlook_shows_what_moved_it_and_the_parts_sum_to_the_whole() {
    let site = site().await;
    let key = site.sign_in_as("pro").await;
    let page = site.get("/assets/AAA/outlook", key.as_deref()).await;
    assert_eq!(page.status, 200, "{}", page.body);
    for part in
        ["+0.600\u{a0}%", "−0.250\u{a0}%", "+0.050\u{a0}%", "+0.400\u{a0}%", "+0.731", "Mood", "Volatility"]
    {
        assert!(page.body.contains(part), "{part}");
    }
    assert!(!page.body.contains("do not sum"), "the parts sum to the published median");
    for part in ["79\u{a0}%", "96\u{a0}%", "480", "+3.1\u{a0}%", "no model was shown to beat the random walk"]
    {
        assert!(page.body.contains(part), "{part}");
    }
    for part in [
        "it would have earned only +5.0\u{a0}% after costs; buying and holding +20.0\u{a0}%",
        "may well be luck",
        "3,000 strategies were tried",
        "+0.41 (−0.62 to +1.44)",
        "18\u{a0}%",
        "−3.0\u{a0}%",
        "still open",
        "−2.22\u{a0}%",
        "above &lt;the&gt; last close",
        "polyline class=\"equity\"",
    ] {
        assert!(page.body.contains(part), "{part}");
    }
    // A sum that is not the published one is not passed over.
    sqlx::query("update contributions set effect = 0.05 where feature = 'level'")
        .execute(&site.pool)
        .await
        .unwrap();
    assert!(site.get("/assets/AAA/outlook", key.as_deref()).await.body.contains("do not sum"));
    site.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_random_walk_has_no_movers_and_nothing_is_not_an_error() {
    let site = site().await;
    let key = site.sign_in_as("pro").await;
    let walk = site.get("/assets/EUR%2FUSD/outlook", key.as_deref()).await;
    assert_eq!(walk.status, 200);
    assert!(
        walk.body.contains("the random walk is shown, and the random walk has no movers"),
        "{}",
        walk.body
    );
    for path in ["/assets/XSS/outlook", "/assets/XSS/risk"] {
        let none = site.get(path, key.as_deref()).await;
        assert_eq!(none.status, 200, "{path}: {}", none.body);
        assert!(none.body.contains("too few prices") || none.body.contains("Too few prices"), "{path}");
        assert!(!none.body.contains("<script>alert"), "{path}");
    }
    // Rows of a shape that this version does not know are left out.
    sqlx::query("update strategies set curve = '{\"x\": 1}', ledger = '[1]'")
        .execute(&site.pool)
        .await
        .unwrap();
    assert_eq!(site.get("/assets/AAA/outlook", key.as_deref()).await.status, 200);
    for path in ["/assets/NOPE/outlook", "/assets/NOPE/risk"] {
        assert_eq!(site.get(path, key.as_deref()).await.status, 404, "{path}");
    }
    site.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn risk_is_shown_with_its_error_and_its_record_in_words() {
    let site = site().await;
    let key = site.sign_in_as("pro").await;
    let page = site.get("/assets/AAA/risk", key.as_deref()).await.body;
    for part in [
        "2.31\u{a0}%",
        "4.12\u{a0}%",
        "± 0.021\u{a0}%",
        "5.15\u{a0}%",
        "Filtered historical",
        "Held: about as many",
        "Exceeded too often: it understates the risk",
        "0.991",
        "0.002",
        "/lab?symbol=AAA",
    ] {
        assert!(page.contains(part), "{part}: {page}");
    }
    let request = site.request("GET", "/assets/AAA/risk", key.as_deref()).header("accept-language", "es");
    let spanish = site.send(request).await.body;
    assert!(spanish.contains("2,31\u{a0}%") && spanish.contains("subestima el riesgo"), "{spanish}");
    site.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_locked_is_not_in_the_page() {
    let site = site().await;
    for tier in ["visitor", "free", "basic", "plus"] {
        let key = site.sign_in_as(tier).await;
        for path in ["/assets/AAA/outlook", "/assets/AAA/risk"] {
            let page = site.get(path, key.as_deref()).await;
            assert_eq!(page.status, 200);
            assert!(page.body.contains("class=\"lock\""), "{tier} {path}");
            for secret in [
                "+0.600",
                "averages 20/50",
                "Moving averages 20/50",
                "2.31",
                "elastic-net",
                "understates",
                "above &lt;the",
            ] {
                assert!(!page.body.contains(secret), "{tier} {path}: {secret}");
            }
        }
    }
    site.stop().await;
}
