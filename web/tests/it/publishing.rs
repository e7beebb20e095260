//! Stage 4: once, whole or not at all.

use domain::Key;
use domain::lake::{Area, PredictionTable};

use crate::kit::Site;
use crate::slots::SlotBuilder;

const SLOT: &str = "2026-11-21T06Z";

async fn count(site: &Site, table: &'static str) -> i64 {
    sqlx::query_scalar(sqlx::AssertSqlSafe(format!("select count(*) from {table}")))
        .fetch_one(&site.pool)
        .await
        .unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_same_message_ten_times_publishes_once() {
    let site = Site::start().await;
    SlotBuilder::new(SLOT, "first").write(&site.lake).await;
    let first = site.publish(SLOT).await.json();
    assert_eq!(
        (first["outcome"].as_str(), first["version"].as_i64(), first["new"].as_bool()),
        (Some("succeeded"), Some(1), Some(true))
    );
    let mut deliveries = Vec::new();
    for _ in 0..9 {
        deliveries.push(site.publish(SLOT));
    }
    for reply in futures::future::join_all(deliveries).await {
        assert_eq!((reply.json()["version"].as_i64(), reply.json()["new"].as_bool()), (Some(1), Some(false)));
    }
    assert_eq!((count(&site, "publications").await, count(&site, "sentiments").await), (1, 12));
    assert_eq!(count(&site, "forecasts").await, 60);
    assert_eq!(count(&site, "daily_bars").await, 12 * 40);
    let analyses = ["volumes", "contributions", "strategies", "leads", "risk_backtests"];
    for (table, of_each) in analyses.into_iter().zip([2, 2, 1, 2, 2]) {
        assert_eq!(count(&site, table).await, 12 * of_each, "{table}");
    }
    site.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_older_slot_without_analyses_is_published_too() {
    let site = Site::start().await;
    let mut older = SlotBuilder::new(SLOT, "older");
    older.analyses = false;
    older.write(&site.lake).await;
    assert_eq!(site.publish(SLOT).await.json()["outcome"], "succeeded");
    assert_eq!(count(&site, "forecasts").await, 60);
    for table in ["volumes", "contributions", "strategies", "leads", "risk_backtests"] {
        assert_eq!(count(&site, table).await, 0, "{table}");
    }
    site.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_pages_read_as_json_has_its_shape() {
    let site = Site::start().await;
    SlotBuilder::new(SLOT, "first").write(&site.lake).await;
    site.publish(SLOT).await;
    let value = async |query: &'static str| -> serde_json::Value {
        sqlx::query_scalar(query).fetch_one(&site.pool).await.unwrap()
    };
    assert_eq!(
        value("select noise from volumes where symbol = 'SYM1' and source = 'x'").await,
        serde_json::json!({ "bot": 2, "near-duplicate": 3 })
    );
    assert_eq!(
        value("select curve from strategies where symbol = 'SYM1'").await,
        serde_json::json!([
            ["2026-11-06", 1.0, 1.09, 0.0],
            ["2026-11-13", 1.0312, 1.09, 0.0],
            ["2026-11-20", 1.0613, 1.09, 0.0]
        ])
    );
    assert_eq!(
        value("select ledger from strategies where symbol = 'SYM1'").await,
        serde_json::json!([
            ["2026-10-31", "2026-11-11", "long", 190.5, 199.25, 0.0459],
            ["2026-11-17", null, "long", 190.5, null, 0.0459]
        ])
    );
    assert_eq!(
        value("select lags from leads where symbol = 'SYM1' and source = 'all'").await,
        serde_json::json!([[-1, 0.05, -0.11, 0.2], [0, 0.05, -0.11, 0.2], [1, 0.05, -0.11, 0.2]])
    );
    assert_eq!(
        value(
            "select jsonb_build_array(lang, authors, duplicate_of, words) from documents
             where symbol = 'SYM1' and kind = 'article' order by id limit 1"
        )
        .await,
        serde_json::json!(["en", ["Ada Lark", "Bo Finch"], null, [["great", 0.5], [null, 0.154]]])
    );
    site.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_text_of_a_megabyte_can_be_published_and_words_of_a_withheld_one_are_withheld() {
    let site = Site::start().await;
    let mut long = SlotBuilder::new(SLOT, &(0..150_000).map(|i| format!("word{i} ")).collect::<String>());
    long.assets = 1;
    long.posts = 1;
    long.write(&site.lake).await;
    assert_eq!(site.publish(SLOT).await.json()["outcome"], "succeeded");
    let mut hidden = SlotBuilder::new("2026-11-21T12Z", "hidden");
    hidden.may_display = false;
    hidden.write(&site.lake).await;
    site.publish("2026-11-21T12Z").await;
    let told: i64 = sqlx::query_scalar(
        "select count(*) from documents d join publications p on p.id = d.publication_id
         where slot = '2026-11-21T12Z' and kind = 'post' and (words is not null or text is not null)",
    )
    .fetch_one(&site.pool)
    .await
    .unwrap();
    assert_eq!(told, 0);
    site.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_correction_is_a_new_version_beside_the_old_one() {
    let site = Site::start().await;
    SlotBuilder::new(SLOT, "first").write(&site.lake).await;
    site.publish(SLOT).await;
    let mut corrected = SlotBuilder::new(SLOT, "second");
    corrected.price_shift = 5.0;
    corrected.write(&site.lake).await;
    let reply = site.publish(SLOT).await.json();
    assert_eq!((reply["version"].as_i64(), reply["new"].as_bool()), (Some(2), Some(true)));
    assert_eq!((count(&site, "publications").await, count(&site, "sentiments").await), (2, 24));
    let page = site.get("/assets/SYM1", None).await.body;
    assert!(page.contains("headline second SYM1") && !page.contains("headline first SYM1"));
    assert!(page.contains("corrected, version 2") && page.contains("206.37"));
    site.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_gone_at_its_source_is_shown_no_more() {
    let site = Site::start().await;
    SlotBuilder::new(SLOT, "first").write(&site.lake).await;
    site.publish(SLOT).await;
    let shown = async || -> Vec<(String, Option<String>, Option<String>)> {
        sqlx::query_as(
            "select d.id, coalesce(d.text, d.words::text), d.outlet
             from documents d join publications p on p.id = d.publication_id
             where slot = $1 and symbol = 'SYM1' and kind = 'post' order by d.id",
        )
        .bind(SLOT)
        .fetch_all(&site.pool)
        .await
        .unwrap()
    };
    let before = shown().await;
    assert!(before.iter().all(|(_, text, author)| text.is_some() && author.is_some()));
    // Words of posts were kept for searching once; they must go with the text.
    let words = "update documents set search = to_tsvector('simple', 'what it said') where kind = 'post'";
    sqlx::query(words).execute(&site.pool).await.unwrap();
    let mut next = SlotBuilder::new("2026-11-21T12Z", "second");
    next.gone = [before[3].0.clone(), "never-seen".to_owned()].into();
    next.write(&site.lake).await;
    site.publish("2026-11-21T12Z").await;
    for ((id, text, author), (_, text_before, author_before)) in shown().await.into_iter().zip(before.clone())
    {
        let expected = if id == before[3].0 { (None, None) } else { (text_before, author_before) };
        assert_eq!((text, author), expected, "{id}");
    }
    let kept = "select count(*) from documents where kind = 'post' and id = $1 and search is not null";
    let kept: i64 = sqlx::query_scalar(kept).bind(&before[3].0).fetch_one(&site.pool).await.unwrap();
    assert_eq!(kept, 0, "its words");
    site.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_damaged_object_publishes_nothing_and_says_what_to_do() {
    let site = Site::start().await;
    SlotBuilder::new(SLOT, "first").write(&site.lake).await;
    let key = Key::Prediction {
        slot: SLOT.parse().unwrap(),
        symbol: "SYM7".parse().unwrap(),
        table: PredictionTable::Risk,
    };
    site.lake.put(&key.to_string(), "not parquet".into()).await.unwrap();
    let reply = site.publish(SLOT).await;
    assert_eq!((reply.status, reply.json()["outcome"].as_str()), (200, Some("failed")));
    assert!(reply.json()["message"].as_str().unwrap().contains("asset=SYM7/risk.parquet"), "{}", reply.body);
    for table in ["publications", "sentiments", "assets", "daily_bars", "documents"] {
        assert_eq!(count(&site, table).await, 0, "{table}");
    }
    assert!(site.get("/", None).await.body.contains("No slot published yet"));
    site.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_publish_that_fails_half_way_leaves_nothing_and_the_next_one_goes_on() {
    let site = Site::start().await;
    SlotBuilder::new(SLOT, "first").write(&site.lake).await;
    // The last but one table that is written refuses.
    let refuse = "alter table daily_bars add constraint broken check (close < 0)";
    sqlx::query(refuse).execute(&site.pool).await.unwrap();
    assert_eq!(site.publish(SLOT).await.status, 500);
    for table in ["publications", "sentiments", "assets", "documents"] {
        assert_eq!(count(&site, table).await, 0, "{table}");
    }
    sqlx::query("alter table daily_bars drop constraint broken").execute(&site.pool).await.unwrap();
    assert_eq!(site.publish(SLOT).await.json()["new"].as_bool(), Some(true));
    site.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn predictions_from_another_split_are_refused() {
    let site = Site::start().await;
    SlotBuilder::new(SLOT, "first").write(&site.lake).await;
    let key = Key::SlotManifest { area: Area::Predictions, slot: SLOT.parse().unwrap() }.to_string();
    let old = site.lake.get(&key).await.unwrap().unwrap().bytes;
    SlotBuilder::new(SLOT, "second").write(&site.lake).await;
    site.lake.put(&key, old).await.unwrap();
    let reply = site.publish(SLOT).await.json();
    assert!(reply["message"].as_str().unwrap().contains("another split"), "{reply}");
    let none = site.publish("2026-11-21T12Z").await.json();
    assert!(none["message"].as_str().unwrap().contains("has no predictions"), "{none}");
    site.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn only_the_bus_may_publish() {
    let site = Site::start().await;
    for token in ["", "wrong", "push-token-of-the-tes"] {
        let reply =
            site.send(site.request("POST", "/internal/publish", None).bearer_auth(token).body("{}")).await;
        assert_eq!((reply.status, reply.json()["error"].as_str()), (403, Some("refused")), "{token}");
    }
    let reply = site
        .send(site.request("POST", "/internal/publish", None).bearer_auth(crate::kit::TOKEN).body("{}"))
        .await;
    assert_eq!(reply.status, 400);
    site.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn forecasts_are_scored_when_their_day_has_come_and_only_once() {
    let site = Site::start().await;
    SlotBuilder::new("2026-11-16T06Z", "before").write(&site.lake).await;
    site.publish("2026-11-16T06Z").await;
    assert_eq!(count(&site, "forecast_outcomes").await, 0);
    assert!(site.get("/track-record", None).await.body.contains("No forecast has come due yet"));
    // Two days later the first two horizons of 12 assets are due.
    for _ in 0..2 {
        SlotBuilder::new("2026-11-18T06Z", "after").write(&site.lake).await;
        site.publish("2026-11-18T06Z").await;
        assert_eq!(count(&site, "forecast_outcomes").await, 24);
    }
    // A correction of the old slot comes too late to be scored.
    let mut late = SlotBuilder::new("2026-11-16T06Z", "mended");
    late.price_shift = 1.0;
    late.write(&site.lake).await;
    site.publish("2026-11-16T06Z").await;
    SlotBuilder::new("2026-11-18T12Z", "later").write(&site.lake).await;
    site.publish("2026-11-18T12Z").await;
    assert_eq!(count(&site, "forecast_outcomes").await, 24);
    let page = site.get("/track-record", None).await.body;
    assert!(page.contains("Company 1 &amp; Sons") && page.contains("By horizon"), "{page}");
    site.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_slot_that_is_filled_in_later_changes_neither_prices_nor_the_front_page() {
    let site = Site::start().await;
    for (slot, shift) in [("2026-11-21T06Z", 0.0), ("2026-11-21T00Z", 9.5)] {
        let mut builder = SlotBuilder::new(slot, "filled");
        builder.price_shift = shift;
        builder.write(&site.lake).await;
        assert_eq!(site.publish(slot).await.json()["new"].as_bool(), Some(true));
    }
    let page = site.get("/", None).await.body;
    assert!(
        page.contains("slot 2026-11-21T06Z") && page.contains("201.37") && !page.contains("210.87"),
        "{page}"
    );
    site.stop().await;
}
