//! All SQL of the audit log.

use sqlx::{PgConnection, PgPool};

use super::Row;

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
