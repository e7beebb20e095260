//! All SQL of registering: what is waiting for its mail, and what is waiting for its link to be opened.

use chrono::{DateTime, Utc};
use sqlx::{FromRow, PgConnection, PgPool};

/// Somebody who wants an account.
#[derive(Debug, Clone)]
pub struct NewRegistration<'a> {
    /// The address as typed.
    pub email: &'a str,
    /// Its key.
    pub address_key: &'a str,
    /// Hash of the password.
    pub password_hash: &'a str,
    /// ISO 639-1 code.
    pub language: &'a str,
    /// Where they go on to.
    pub next_path: &'a str,
}

/// Stores it: the worker writes the mail.
///
/// # Errors
/// Postgres fails.
pub async fn store(pool: &PgPool, new: &NewRegistration<'_>, now: DateTime<Utc>) -> sqlx::Result<()> {
    sqlx::query(
        "insert into registrations (email, address_key, password_hash, language, next_path, created_at)
         values ($1, $2, $3, $4, $5, $6)",
    )
    .bind(new.email)
    .bind(new.address_key)
    .bind(new.password_hash)
    .bind(new.language)
    .bind(new.next_path)
    .bind(now)
    .execute(pool)
    .await?;
    Ok(())
}

/// One that waits for its mail.
#[derive(Debug, Clone, FromRow)]
pub struct Waiting {
    /// Its id.
    pub id: i64,
    /// The address as typed.
    pub email: String,
    /// Its key.
    pub address_key: String,
    /// ISO 639-1 code.
    pub language: String,
}

/// Takes one that waits; nobody else takes it before the transaction ends.
///
/// # Errors
/// Postgres fails.
pub async fn claim(db: &mut PgConnection) -> sqlx::Result<Option<Waiting>> {
    sqlx::query_as(
        "select id, email, address_key, language from registrations where handled_at is null
         order by id limit 1 for update skip locked",
    )
    .fetch_optional(db)
    .await
}

/// Its mail is written; with the token's fingerprint where the mail holds a link.
///
/// # Errors
/// Postgres fails.
pub async fn handled(
    db: &mut PgConnection,
    id: i64,
    fingerprint: Option<&[u8]>,
    now: DateTime<Utc>,
) -> sqlx::Result<()> {
    sqlx::query("update registrations set handled_at = $2, token_sha256 = $3 where id = $1")
        .bind(id)
        .bind(now)
        .bind(fingerprint)
        .execute(db)
        .await?;
    Ok(())
}

/// One whose link was opened.
#[derive(Debug, Clone, FromRow)]
pub struct Opened {
    /// The address as typed.
    pub email: String,
    /// Its key.
    pub address_key: String,
    /// Hash of the password.
    pub password_hash: String,
    /// ISO 639-1 code.
    pub language: String,
    /// Where they go on to.
    pub next_path: String,
}

/// The one with this token, made after `since`.
///
/// # Errors
/// Postgres fails.
pub async fn opened(pool: &PgPool, fingerprint: &[u8], since: DateTime<Utc>) -> sqlx::Result<Option<Opened>> {
    sqlx::query_as(
        "select email, address_key, password_hash, language, next_path from registrations
         where token_sha256 = $1 and created_at > $2",
    )
    .bind(fingerprint)
    .bind(since)
    .fetch_optional(pool)
    .await
}

/// Drops all of one address.
///
/// # Errors
/// Postgres fails.
pub async fn drop_all(db: &mut PgConnection, address_key: &str) -> sqlx::Result<()> {
    sqlx::query("delete from registrations where address_key = $1").bind(address_key).execute(db).await?;
    Ok(())
}

/// Drops what was made before `since`.
///
/// # Errors
/// Postgres fails.
pub async fn tidy(pool: &PgPool, since: DateTime<Utc>) -> sqlx::Result<()> {
    sqlx::query("delete from registrations where created_at <= $1").bind(since).execute(pool).await?;
    Ok(())
}
