//! Killed between any two writes, and started again.

use std::sync::Arc;

use cloud::Lake;
use collector::collect::{Order, collect};
use domain::Outcome;
use serde_json::json;

use super::dying::DyingLake;
use super::kit::{ARTICLES, Oracle, POSTS, TestLake, run, slot};

#[tokio::test(flavor = "multi_thread")]
async fn a_collector_killed_between_any_two_writes_loses_nothing_and_doubles_nothing() {
    let oracle = Oracle::at(slot(), None);
    let settings = oracle.settings(&["feeds", "reddit", "telegram", "x"], json!({})).await;
    let undisturbed = TestLake::new().await;
    assert_eq!(run(&undisturbed.lake, slot(), &settings).await.0, Outcome::Succeeded);
    let whole = undisturbed.objects().await;
    let order = Order { slot: slot(), as_of: slot().close_at(), only: None };
    for writes in 0.. {
        let lake = TestLake::new().await;
        let dying = DyingLake::new(&lake.lake, writes);
        let port: Arc<dyn Lake> = dying.clone();
        let first = collect(&port, &order, &settings).await;
        if dying.survived() {
            assert!(writes > 10, "it writes more often than {writes} times");
            assert_eq!(first.unwrap().0, Outcome::Succeeded);
            break;
        }
        // The dead one's lease has not lapsed: it is known to be gone by its process, or as here by being this process.
        let leases = lake.lake.list("state/lease/").await.unwrap();
        for lease in leases {
            lake.lake.delete(&lease).await.unwrap();
        }
        assert_eq!(
            run(&lake.lake, slot(), &settings).await,
            (Outcome::Succeeded, String::new()),
            "after {writes}"
        );
        let now = lake.objects().await;
        assert_eq!(now.keys().collect::<Vec<_>>(), whole.keys().collect::<Vec<_>>(), "after {writes} writes");
        assert_eq!(now, whole, "after {writes} writes");
    }
    for source in
        POSTS.into_iter().chain(ARTICLES).filter(|s| ["feeds", "reddit", "telegram", "x"].contains(s))
    {
        assert_eq!(undisturbed.keys(slot(), source).await, oracle.documents(slot(), source).await);
    }
    oracle.assert_limits_kept().await;
}
