//! Troubles that pass, and those that do not.

use domain::Outcome;
use domain::lake::Area;

use crate::fake::{Fake, Fault, TOKEN};
use crate::kit::{TestLake, run, settings, settings_with, slot};
use crate::whole::FIRST;

#[tokio::test(flavor = "multi_thread")]
async fn passing_troubles_leave_no_trace() {
    let (_calm, base) = Fake::start().await;
    let undisturbed = TestLake::new().await;
    run(&undisturbed, FIRST, &settings(&base)).await;
    // Another server with the same world on another port, and in trouble.
    let (fake, base) = Fake::start().await;
    let troubles = [
        Fault::Status(429, vec![("retry-after", "0")]),
        Fault::Status(500, vec![]),
        Fault::Cut,
        Fault::Malformed,
        Fault::Status(503, vec![("retry-after", "0")]),
    ];
    for source in ["x", "stocktwits", "alpaca", "feeds"] {
        fake.faults.lock().unwrap().insert(source, troubles.iter().take(4).cloned().collect());
    }
    let lake = TestLake::new().await;
    assert_eq!(run(&lake, FIRST, &settings(&base)).await, (Outcome::Succeeded, String::new()));
    assert_eq!(lake.objects().await, undisturbed.objects().await);
}

#[tokio::test(flavor = "multi_thread")]
async fn doubled_records_are_taken_once() {
    let (fake, base) = Fake::start().await;
    for source in ["x", "stocktwits"] {
        fake.faults.lock().unwrap().insert(source, vec![Fault::Duplicates; 3].into());
    }
    let lake = TestLake::new().await;
    run(&lake, FIRST, &settings(&base)).await;
    let ids: Vec<String> = lake.posts(slot(FIRST)).await.into_iter().map(|post| post.id).collect();
    assert_eq!(ids, ["200", "201", "202", "203", "100", "101", "102", "103"].map(str::to_owned));
}

#[tokio::test(flavor = "multi_thread")]
async fn one_source_down_makes_the_slot_partial_and_a_repeat_asks_only_that_one() {
    let (fake, base) = Fake::start().await;
    let undisturbed = TestLake::new().await;
    run(&undisturbed, FIRST, &settings(&base)).await;

    let lake = TestLake::new().await;
    fake.down.lock().unwrap().insert("stocktwits");
    let (outcome, message) = run(&lake, FIRST, &settings_with(&base, 2)).await;
    assert_eq!(outcome, Outcome::Partial);
    assert!(message.starts_with("stocktwits failed: stream AAA (transient): HTTP 503 (down): "), "{message}");
    let manifest = lake.manifest(Area::Records, slot(FIRST)).await;
    assert_eq!(
        (manifest.outcome, manifest.sources["stocktwits"].outcome),
        (Outcome::Partial, Outcome::Failed)
    );
    assert_eq!(lake.watermark("stocktwits").await, None);
    assert_eq!(lake.watermark("x").await, Some(slot(FIRST).close_at()));

    fake.down.lock().unwrap().clear();
    let asked = (fake.requests("x"), fake.requests("alpaca"), fake.requests("feeds"));
    assert_eq!(run(&lake, FIRST, &settings(&base)).await, (Outcome::Succeeded, String::new()));
    assert_eq!((fake.requests("x"), fake.requests("alpaca"), fake.requests("feeds")), asked);
    assert_eq!(lake.objects().await, undisturbed.objects().await);
}

#[tokio::test(flavor = "multi_thread")]
async fn all_sources_down_fail_the_slot_and_refusals_are_not_repeated() {
    let (fake, base) = Fake::start().await;
    fake.down.lock().unwrap().extend(["stocktwits", "feeds", "alpaca"]);
    let text = serde_json::json!({"x": {"base_url": format!("{base}/x"), "bearer_token": "wrong-token", "lists": ["1"], "cashtags": false}});
    let wrong = collector::settings::Settings::parse(&text.to_string(), true, |_| None).unwrap();
    let lake = TestLake::new().await;
    let (outcome, message) = run(&lake, FIRST, &wrong).await;
    assert_eq!(outcome, Outcome::Failed);
    assert!(message.contains("credentials are not accepted") && !message.contains(TOKEN), "{message}");
    assert_eq!(fake.requests("x"), 1);
    let (outcome, _) = run(&lake, "2026-11-21T12Z", &settings_with("http://127.0.0.1:9", 1)).await;
    assert_eq!(outcome, Outcome::Failed);
}
