//! Every fault that a source may have: nothing is lost where another try can have it, and where none can, the manifest says
//! so and no other source is touched.

use std::collections::BTreeSet;

use domain::Outcome;
use domain::manifest::TroubleClass;
use serde_json::{Value, json};

use super::kit::{ARTICLES, LARGE, Oracle, POSTS, TestLake, run, slot};

/// The sources that the faults strike.
const STRUCK: [&str; 8] =
    ["alpaca", "alpha_vantage", "facebook", "feeds", "instagram", "reddit", "stocktwits", "telegram"];

/// What strikes now and then, and is got over.
async fn is_got_over(kinds: &[Value]) {
    for kind in kinds {
        let mut rule = json!({"source": "*", "every": 3, "times": 2});
        rule.as_object_mut().unwrap().extend(kind.as_object().cloned().unwrap());
        let oracle = Oracle::at(slot(), Some(&json!({"seed": 3, "rules": [rule]})));
        let settings = oracle.settings(&[&STRUCK[..], &["x"]].concat(), json!({})).await;
        let lake = TestLake::new().await;
        let (outcome, message) = run(&lake.lake, slot(), &settings).await;
        assert_eq!(outcome, Outcome::Succeeded, "{kind}: {message}");
        let mut struck = 0;
        for source in POSTS.into_iter().chain(ARTICLES) {
            struck += oracle.stat(source, "faults").await;
            let mut found = lake.keys(slot(), source).await;
            if ARTICLES.contains(&source) {
                found.retain(|key| key.starts_with("http"));
            }
            let shown = oracle.documents(slot(), source).await;
            assert_eq!(found, shown, "{kind}: {source}");
        }
        assert!(struck > 0, "{kind} strikes");
        oracle.assert_limits_kept().await;
    }
}

fn kinds(names: &[&str]) -> Vec<Value> {
    names.iter().map(|name| json!({ "kind": name })).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn limits_and_trouble_are_waited_out() {
    let mut all =
        kinds(&["server_error", "short_page", "empty_page_with_next", "repeat_items", "duplicates"]);
    all.push(json!({"kind": "rate_limit", "retry_after_s": 1}));
    all.push(json!({"kind": "rate_limit", "retry_after_s": 1, "as_date": true}));
    all.push(json!({"kind": "rate_limit"}));
    all.push(json!({"kind": "server_error", "status": 503}));
    is_got_over(&all).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn broken_transport_is_asked_again() {
    let mut all = kinds(&["truncated_gzip", "wrong_content_type", "cut_connection", "reset", "empty_body"]);
    all.extend(kinds(&["html_200", "malformed_json", "redirect_loop", "redirect_consent", "gzip_bomb"]));
    all.push(json!({"kind": "slow", "ms": 300}));
    all.push(json!({"kind": "drip", "ms": 200, "times": 1}));
    all.push(json!({"kind": "big_body", "times": 1}));
    all.push(json!({"kind": "date_skew", "minutes": 10, "every": 1, "times": 1000000}));
    all.push(json!({"kind": "date_skew", "minutes": -10, "every": 1, "times": 1000000}));
    is_got_over(&all).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn odd_content_spoils_no_record() {
    let mut all = kinds(&["null_arrays", "numbers_as_strings", "extra_fields", "emoji", "right_to_left"]);
    all.extend(kinds(&["nul", "lone_surrogate", "invalid_utf8", "latin1", "double_escaped"]));
    all.push(json!({"kind": "nan", "as_text": true}));
    all.push(json!({"kind": "nan", "infinity": true}));
    all.push(json!({"kind": "nan"}));
    is_got_over(&all).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_only_one_source_does_is_got_over() {
    for (source, rule) in [
        ("x", json!({"kind": "new_names"})),
        ("x", json!({"kind": "old_names"})),
        ("reddit", json!({"kind": "token_expired", "after": 4, "times": 1})),
        ("telegram", json!({"kind": "flood", "retry_after_s": 1, "times": 2})),
        ("feeds", json!({"kind": "zone_less", "every": 1})),
        ("feeds", json!({"kind": "no_guid", "every": 1})),
        ("feeds", json!({"kind": "bare_ampersand", "every": 2})),
        ("feeds", json!({"kind": "truncated_xml", "times": 2})),
        ("feeds", json!({"kind": "big_feed", "items": 100_000, "times": 1})),
    ] {
        let mut whole = json!({"source": source});
        whole.as_object_mut().unwrap().extend(rule.as_object().cloned().unwrap());
        let oracle = Oracle::at(slot(), Some(&json!({"rules": [whole]})));
        let settings = oracle.settings(&[source], json!({})).await;
        let lake = TestLake::new().await;
        let (outcome, message) = run(&lake.lake, slot(), &settings).await;
        if rule["kind"] == "zone_less" {
            // Without a zone in the settings the dates cannot be read, and nothing is lost for that.
            let articles = lake.manifest(slot()).await.sources["feeds"].counts["article"];
            assert!(articles as usize >= oracle.documents(slot(), source).await.len());
            continue;
        }
        assert_eq!(outcome, Outcome::Succeeded, "{source} {rule}: {message}");
        let found = lake.keys(slot(), source).await;
        assert_eq!(found, oracle.documents(slot(), source).await, "{source} {rule}");
        assert!(oracle.stat(source, "faults").await > 0, "{source} {rule}");
        oracle.assert_limits_kept().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn page_tokens_that_lapse_lose_nothing() {
    for source in ["alpaca", "facebook", "instagram", "x"] {
        let rule = json!({"source": source, "kind": "expired_page_token", "times": 1});
        let oracle = Oracle::of(&LARGE, slot(), Some(&json!({"rules": [rule]})));
        let settings = oracle.settings(&[source], json!({})).await;
        let lake = TestLake::of(&LARGE).await;
        let (outcome, message) = run(&lake.lake, slot(), &settings).await;
        assert_eq!(outcome, Outcome::Succeeded, "{source}: {message}");
        let mut found = lake.keys(slot(), source).await;
        if source == "alpaca" {
            found.retain(|key| key.starts_with("http"));
        }
        assert_eq!(found, oracle.documents(slot(), source).await, "{source}");
        if source == "x" {
            assert!(oracle.stat(source, "faults").await > 0, "its searches have several pages");
        }
    }
}

/// Some things no try gets over. They end one source, in words and by their class; the others are whole.
#[tokio::test(flavor = "multi_thread")]
async fn what_ends_a_source_ends_no_other() {
    for (source, rule, class) in [
        ("x", json!({"kind": "usage_capped", "after": 1}), TroubleClass::Limit),
        ("x", json!({"kind": "credits", "after": 1}), TroubleClass::Limit),
        ("reddit", json!({"kind": "token_error_200"}), TroubleClass::Configuration),
        ("facebook", json!({"kind": "permission_revoked"}), TroubleClass::Configuration),
        ("instagram", json!({"kind": "permission_revoked", "code": 200}), TroubleClass::Configuration),
        ("telegram", json!({"kind": "permission_revoked"}), TroubleClass::Configuration),
        ("telegram", json!({"kind": "renamed_class"}), TroubleClass::System),
        ("alpha_vantage", json!({"kind": "information"}), TroubleClass::Limit),
        ("stocktwits", json!({"kind": "unavailable"}), TroubleClass::Transient),
        ("feeds", json!({"kind": "html_200", "every": 1}), TroubleClass::Configuration),
        ("alpaca", json!({"kind": "big_body", "every": 1}), TroubleClass::System),
    ] {
        let mut whole = json!({"source": source});
        whole.as_object_mut().unwrap().extend(rule.as_object().cloned().unwrap());
        let oracle = Oracle::at(slot(), Some(&json!({"rules": [whole]})));
        let other = if source == "x" { "telegram" } else { "x" };
        let settings = oracle.settings(&[source, other], json!({"tries": 2})).await;
        let lake = TestLake::new().await;
        let (outcome, message) = run(&lake.lake, slot(), &settings).await;
        assert_eq!(outcome, Outcome::Partial, "{source} {rule}: {message}");
        let manifest = lake.manifest(slot()).await;
        let troubles = &manifest.sources[source].troubles;
        assert!(
            troubles.iter().any(|trouble| trouble.class == class && trouble.message.len() > 20),
            "{source} {rule}: {troubles:?}"
        );
        assert!(message.contains(class.as_str()), "{message}");
        assert_eq!(lake.keys(slot(), other).await, oracle.documents(slot(), other).await, "{other}");
    }
}

/// Listings that never end, or end too early, are left without hanging and without inventing anything.
#[tokio::test(flavor = "multi_thread")]
async fn listings_without_end_are_left() {
    for kind in ["endless_next", "same_cursor", "deleted_anchor"] {
        for source in ["facebook", "instagram", "reddit", "stocktwits", "telegram", "x"] {
            let makes_sense = match kind {
                "endless_next" => source != "telegram",
                "deleted_anchor" => source == "reddit",
                _ => true,
            };
            if !makes_sense {
                continue;
            }
            let rule = json!({"source": source, "kind": kind, "every": 2});
            let oracle = Oracle::at(slot(), Some(&json!({"rules": [rule]})));
            let settings = oracle.settings(&[source], json!({"pages": 400})).await;
            let lake = TestLake::new().await;
            let (outcome, message) = run(&lake.lake, slot(), &settings).await;
            assert_ne!(outcome, Outcome::Failed, "{kind} {source}: {message}");
            let (found, shown): (BTreeSet<String>, _) =
                (lake.keys(slot(), source).await, oracle.documents(slot(), source).await);
            assert!(found.is_subset(&shown), "{kind} {source}: {:?}", found.difference(&shown));
            if kind == "endless_next" {
                assert_eq!(found, shown, "{kind} {source}");
            }
        }
    }
}
