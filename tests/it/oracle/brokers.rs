//! Interactive Brokers' gateway, well and ill.

use std::collections::BTreeSet;

use domain::Outcome;
use serde_json::{Value, json};

use super::kit::{Oracle, TestLake, run, slot};

async fn bars(plan: Option<Value>, tries: u32) -> (Outcome, String, BTreeSet<String>) {
    let oracle = Oracle::at(slot(), plan.as_ref());
    let settings = oracle.settings(&["interactive_brokers"], json!({ "tries": tries })).await;
    let lake = TestLake::new().await;
    let (outcome, message) = run(&lake.lake, slot(), &settings).await;
    oracle.assert_limits_kept().await;
    let found = lake.keys(slot(), "interactive_brokers").await;
    (outcome, message, found)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_gateway_that_stumbles_gives_the_same_bars() {
    let (outcome, message, calm) = bars(None, 5).await;
    assert_eq!((outcome, message.as_str()), (Outcome::Succeeded, ""));
    assert!(calm.len() > 20, "{calm:?}");
    for kind in ["client_id_in_use", "connection_lost_restored", "socket_drop", "pacing_violation"] {
        let plan = json!({"rules": [{"source": "interactive_brokers", "kind": kind, "times": 1}]});
        let (outcome, message, found) = bars(Some(plan), 5).await;
        assert_eq!(outcome, Outcome::Succeeded, "{kind}: {message}");
        assert_eq!(found, calm, "{kind}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_gateway_that_is_broken_fails_in_words_and_neither_hangs_nor_crashes() {
    for kind in ["server_212", "bad_length", "garbage", "silence", "no_end"] {
        let plan = json!({"rules": [{"source": "interactive_brokers", "kind": kind}]});
        let oracle = Oracle::at(slot(), Some(&plan));
        let settings = oracle
            .settings(&["interactive_brokers", "telegram"], json!({"tries": 1, "source_seconds": 12}))
            .await;
        let lake = TestLake::new().await;
        let started = std::time::Instant::now();
        let (outcome, message) = run(&lake.lake, slot(), &settings).await;
        assert_eq!(outcome, Outcome::Partial, "{kind}: {message}");
        assert!(message.starts_with("interactive_brokers "), "{kind}: {message}");
        assert!(started.elapsed().as_secs() < 40, "{kind} took {:?}", started.elapsed());
        assert_eq!(lake.keys(slot(), "telegram").await, oracle.documents(slot(), "telegram").await);
    }
}
