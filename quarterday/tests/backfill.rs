//! A backfill by command, as the installation and the audit log see it.
#![allow(clippy::unwrap_used)]

use chrono::Utc;
use domain::Slot;
use domain::backfill::Todo;
use domain::run::Stage;
use ledger::store::audit;
use quarterday::backfill::place;
use quarterday::control::Asker;
use serde_json::{Value, json};
use uuid::Uuid;

#[tokio::test]
async fn what_is_asked_for_stands_in_the_audit_log() {
    let database = ledger::testing::database().await;
    let slot = |text: &str| text.parse::<Slot>().unwrap();
    let (from, to) = (slot("2026-11-20T00Z"), slot("2026-11-20T06Z"));
    let todo = [Todo { slot: from, from: Stage::Collect }, Todo { slot: to, from: Stage::Split }];
    let asker = Asker { reason: "the feed was down".to_owned(), owner: "ada".to_owned() };
    let batch = Uuid::new_v4();
    place(&database.pool, batch, &todo, ((from, to), true), &asker).await.unwrap();
    let row: audit::Row =
        sqlx::query_as("select * from audit_entries").fetch_one(&database.pool).await.unwrap();
    assert_eq!((row.actor.as_str(), row.action.as_str()), ("operator ada", "operations.backfill"));
    assert_eq!(row.subject, "2026-11-20T00Z/2026-11-20T06Z");
    assert_eq!((row.reason.as_str(), row.id), ("the feed was down", 1));
    assert!(Utc::now() - row.at < chrono::Duration::minutes(1) && row.sha256 == row.digest());
    let detail: Value = serde_json::from_str(&row.detail).unwrap();
    assert_eq!(
        detail,
        json!({ "by": "quarterday backfill", "order": batch, "orders": 2, "only_failed": true })
    );
    let kept: i64 = sqlx::query_scalar("select count(*) from orders where batch = $1 and actor = 'ada'")
        .bind(batch)
        .fetch_one(&database.pool)
        .await
        .unwrap();
    assert_eq!(kept, 2);
    // The same orders again are not new; that somebody asked is.
    place(&database.pool, batch, &todo, ((from, to), true), &asker).await.unwrap();
    let rows: i64 =
        sqlx::query_scalar("select count(*) from audit_entries").fetch_one(&database.pool).await.unwrap();
    assert_eq!(rows, 2);
}
