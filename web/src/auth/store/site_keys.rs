//! All SQL of the site's own keys.

use sqlx::{PgConnection, PgPool};

/// The key with this name that all instances share; `fresh` becomes it where there is none.
///
/// # Errors
/// Postgres fails.
pub async fn key(pool: &PgPool, name: &str, fresh: &[u8; 32]) -> sqlx::Result<Vec<u8>> {
    sqlx::query("insert into site_keys (name, key) values ($1, $2) on conflict do nothing")
        .bind(name)
        .bind(fresh.as_slice())
        .execute(pool)
        .await?;
    sqlx::query_scalar("select key from site_keys where name = $1").bind(name).fetch_one(pool).await
}

/// The key with this name, where there is one.
///
/// # Errors
/// Postgres fails.
pub async fn find(pool: &PgPool, name: &str) -> sqlx::Result<Option<Vec<u8>>> {
    sqlx::query_scalar("select key from site_keys where name = $1").bind(name).fetch_optional(pool).await
}

/// The same, which nobody else changes until the transaction ends.
///
/// # Errors
/// Postgres fails.
pub async fn lock(db: &mut PgConnection, name: &str) -> sqlx::Result<Option<Vec<u8>>> {
    sqlx::query_scalar("select key from site_keys where name = $1 for update")
        .bind(name)
        .fetch_optional(db)
        .await
}

/// Keeps a key under this name.
///
/// # Errors
/// Postgres fails.
pub async fn put(db: &mut PgConnection, name: &str, key: &[u8]) -> sqlx::Result<()> {
    sqlx::query(
        "insert into site_keys (name, key) values ($1, $2) on conflict (name) do update set key = $2",
    )
    .bind(name)
    .bind(key)
    .execute(db)
    .await?;
    Ok(())
}

/// Forgets the key with this name.
///
/// # Errors
/// Postgres fails.
pub async fn forget(db: &mut PgConnection, name: &str) -> sqlx::Result<()> {
    sqlx::query("delete from site_keys where name = $1").bind(name).execute(db).await?;
    Ok(())
}
