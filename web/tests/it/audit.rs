//! The audit log: a chain that shows what was changed.

use serde_json::json;
use web::audit::{Entry, Verified, append, verify};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rows_are_chained_and_cannot_be_changed_unnoticed() {
    let database = ledger::testing::database().await;
    let pool = database.pool.clone();
    let detail = json!({"to": "pro"});
    let entry = Entry {
        actor: "tests",
        action: "plan.changed",
        subject: "somebody",
        reason: "asked",
        address: "",
        detail: &detail,
    };
    let now = "2026-11-22T06:00:00.123456789Z".parse().unwrap();
    // Many at once wait for each other.
    let writers = (0..8).map(|_| {
        let (pool, entry) = (pool.clone(), entry);
        async move {
            let mut tx = pool.begin().await.unwrap();
            append(&mut tx, &entry, now).await.unwrap();
            tx.commit().await.unwrap();
        }
    });
    futures::future::join_all(writers).await;
    assert_eq!(verify(&pool).await.unwrap(), Verified::Whole { rows: 8 });
    // What is rolled back leaves no gap.
    let mut tx = pool.begin().await.unwrap();
    assert_eq!(append(&mut tx, &entry, now).await.unwrap(), 9);
    tx.rollback().await.unwrap();
    let mut tx = pool.begin().await.unwrap();
    assert_eq!(append(&mut tx, &entry, now).await.unwrap(), 9);
    tx.commit().await.unwrap();

    let refused = sqlx::query("update audit_entries set reason = 'none' where id = 4").execute(&pool).await;
    assert!(refused.unwrap_err().to_string().contains("never changed"));
    // Who owns the table can switch the trigger off; the chain tells.
    for forged in
        ["update audit_entries set reason = 'none' where id = 4", "delete from audit_entries where id = 2"]
    {
        let mut tx = pool.begin().await.unwrap();
        sqlx::query("alter table audit_entries disable trigger audit_entries_fixed")
            .execute(&mut *tx)
            .await
            .unwrap();
        sqlx::query(forged).execute(&mut *tx).await.unwrap();
        tx.commit().await.unwrap();
        let id = if forged.starts_with("update") { 4 } else { 2 };
        assert_eq!(verify(&pool).await.unwrap(), Verified::Broken { id });
    }
}
