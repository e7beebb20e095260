//! All SQL of the audit log.

use sqlx::{PgConnection, PgPool};

use super::Row;

/// The lock that whoever appends holds until their transaction ends.
const LOCK: i64 = 0x0061_7564_6974;

/// Number and hash of the last row, which stays the last until the transaction ends; zeros while there is none.
///
/// # Errors
/// Postgres fails.
pub(super) async fn lock_end(db: &mut PgConnection) -> sqlx::Result<(i64, Vec<u8>)> {
    sqlx::query("select pg_advisory_xact_lock($1)").bind(LOCK).execute(&mut *db).await?;
    let last = sqlx::query_as("select id, sha256 from audit_entries order by id desc limit 1");
    Ok(last.fetch_optional(db).await?.unwrap_or_else(|| (0, vec![0; 32])))
}

/// Stores a row.
///
/// # Errors
/// Postgres fails.
pub(super) async fn insert(db: &mut PgConnection, row: &Row) -> sqlx::Result<()> {
    sqlx::query(
        "insert into audit_entries (id, at, actor, action, subject, reason, address, detail, previous_sha256, sha256)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
    )
    .bind(row.id)
    .bind(row.at)
    .bind(&row.actor)
    .bind(&row.action)
    .bind(&row.subject)
    .bind(&row.reason)
    .bind(&row.address)
    .bind(&row.detail)
    .bind(&row.previous_sha256)
    .bind(&row.sha256)
    .execute(db)
    .await?;
    Ok(())
}

/// The next rows after this number, oldest first.
///
/// # Errors
/// Postgres fails.
pub async fn after(pool: &PgPool, id: i64, limit: i64) -> sqlx::Result<Vec<Row>> {
    sqlx::query_as("select * from audit_entries where id > $1 order by id limit $2")
        .bind(id)
        .bind(limit)
        .fetch_all(pool)
        .await
}

/// The pseudonym of an account.
///
/// # Errors
/// Postgres fails.
pub async fn pseudonym(db: &mut PgConnection, customer_id: i64) -> sqlx::Result<String> {
    sqlx::query_scalar("select pseudonym::text from customers where id = $1")
        .bind(customer_id)
        .fetch_one(db)
        .await
}
