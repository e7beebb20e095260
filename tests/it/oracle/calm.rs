//! Undisturbed.

use domain::Outcome;
use serde_json::{Value, json};

use super::kit::{ARTICLES, BARS, Oracle, POSTS, TestLake, run, slot};

#[tokio::test(flavor = "multi_thread")]
async fn every_source_is_read_whole_within_its_limits() {
    let oracle = Oracle::at(slot(), None);
    let all: Vec<&str> = [&POSTS[..], &ARTICLES, &BARS].concat();
    let settings = oracle.settings(&all, json!({})).await;
    let lake = TestLake::new().await;
    assert_eq!(run(&lake.lake, slot(), &settings).await, (Outcome::Succeeded, String::new()));
    for source in POSTS {
        let (found, shown) = (lake.keys(slot(), source).await, oracle.documents(slot(), source).await);
        assert!(!shown.is_empty(), "{source} has something to show");
        assert_eq!(found, shown, "{source}");
        let lines = oracle.lines(slot(), source).await;
        for post in lake.posts(slot(), source).await {
            let line = lines.iter().find(|line| line["id"] == json!(post.id)).unwrap();
            if let Some(text) = line.get("text").and_then(Value::as_str) {
                assert_eq!(post.text.trim(), text.trim(), "{source} {}", post.id);
            }
        }
    }
    for source in ARTICLES {
        let found: std::collections::BTreeSet<String> =
            lake.keys(slot(), source).await.into_iter().filter(|key| key.starts_with("http")).collect();
        assert_eq!(found, oracle.documents(slot(), source).await, "{source}");
    }
    let manifest = lake.manifest(slot()).await;
    for source in BARS {
        let shown = oracle.bars(slot(), source).await;
        let found = lake.bars_within(slot(), source).await;
        assert!(manifest.sources[source].counts.get("bar").is_some_and(|bars| *bars > 0), "{source}");
        assert!(found.is_subset(&shown), "{source}: {:?}", found.difference(&shown));
    }
    for (source, outcome) in &manifest.sources {
        assert!(outcome.unknown_fields.is_empty(), "{source}: {:?}", outcome.unknown_fields);
        assert_eq!(outcome.counts.get("reject"), None, "{source}");
    }
    oracle.assert_limits_kept().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn no_canary_gets_into_the_lake_and_records_can_be_made_again() {
    let oracle = Oracle::at(slot(), None);
    let all: Vec<&str> = [&POSTS[..], &ARTICLES, &BARS].concat();
    let settings = oracle.settings(&all, json!({})).await;
    let lake = TestLake::new().await;
    run(&lake.lake, slot(), &settings).await;
    let before = lake.objects().await;
    let secrets: Vec<String> = serde_json::from_str(&oracle.get("secrets").await).unwrap();
    assert!(secrets.len() > 8, "{secrets:?}");
    for (key, bytes) in &before {
        let text =
            if key.ends_with(".zst") { zstd::decode_all(bytes.as_slice()).unwrap() } else { bytes.clone() };
        let text = String::from_utf8_lossy(&text);
        assert!(!text.contains("canary-"), "{key}");
        for secret in &secrets {
            assert!(!text.contains(secret.as_str()), "{key}");
        }
    }
    drop(oracle);
    for key in before.keys().filter(|key| key.starts_with("records/")) {
        lake.lake.delete(key).await.unwrap();
    }
    collector::rebuild::rebuild(&lake.lake, slot()).await.unwrap();
    assert_eq!(lake.objects().await, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn no_canary_gets_into_a_log_even_where_a_source_repeats_it() {
    let echo = json!({"rules": [
        {"source": "alpha_vantage", "kind": "information", "wording": "echo", "after": 1},
        {"source": "reddit", "kind": "token_expired", "after": 2, "times": 1},
        {"source": "x", "kind": "rate_limit", "retry_after_s": 1, "times": 2}]});
    let oracle = Oracle::at(slot(), Some(&echo));
    let lake = TestLake::new().await;
    let output = tests::programs::command("collector")
        .args(["collect", "--slot", &slot().to_string(), "--lake", lake.folder().to_str().unwrap()])
        .env("QUARTERDAY_SOURCES", format!("{}/_world/setup", oracle.sandbox.url))
        .env("RUST_LOG", "debug")
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
    assert!(said.contains("alpha_vantage"), "{said}");
    assert!(!said.contains("canary-"), "a secret is in the log");
    for (key, bytes) in lake.objects().await {
        let text = if key.ends_with(".zst") { zstd::decode_all(bytes.as_slice()).unwrap() } else { bytes };
        assert!(!String::from_utf8_lossy(&text).contains("canary-"), "{key}");
    }
}
