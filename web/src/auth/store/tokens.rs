//! All SQL of links in mails, and of those who ask for a new password.

use chrono::{DateTime, Utc};
use sqlx::{FromRow, PgConnection, PgPool};

/// Somebody asks for a new password: the worker finds out whether there is such an account.
///
/// # Errors
/// Postgres fails.
pub async fn ask_reset(
    pool: &PgPool,
    address_key: &str,
    language: &str,
    now: DateTime<Utc>,
) -> sqlx::Result<()> {
    sqlx::query("insert into reset_requests (address_key, language, created_at) values ($1, $2, $3)")
        .bind(address_key)
        .bind(language)
        .bind(now)
        .execute(pool)
        .await?;
    Ok(())
}

/// Takes one who asks, for good: key of the address, and language.
///
/// # Errors
/// Postgres fails.
pub async fn take_reset(db: &mut PgConnection) -> sqlx::Result<Option<(String, String)>> {
    sqlx::query_as(
        "delete from reset_requests where id = (select id from reset_requests order by id limit 1 for update skip locked)
         returning address_key, language",
    )
    .fetch_optional(db)
    .await
}

/// A link to be stored.
#[derive(Debug, Clone)]
pub struct NewToken<'a> {
    /// SHA-256 of what the link holds.
    pub fingerprint: &'a [u8],
    /// Whose.
    pub customer_id: i64,
    /// The new address and its key; `None`: the link is for a new password.
    pub address: Option<(&'a str, &'a str)>,
    /// First instant at which it no longer works.
    pub expires_at: DateTime<Utc>,
}

/// Stores a link; the customer's older ones for the same no longer work.
///
/// # Errors
/// Postgres fails.
pub async fn store(db: &mut PgConnection, new: &NewToken<'_>, now: DateTime<Utc>) -> sqlx::Result<()> {
    let purpose = if new.address.is_some() { "email" } else { "reset" };
    sqlx::query("delete from account_tokens where customer_id = $1 and purpose = $2")
        .bind(new.customer_id)
        .bind(purpose)
        .execute(&mut *db)
        .await?;
    sqlx::query(
        "insert into account_tokens (token_sha256, customer_id, purpose, email, address_key, created_at, expires_at)
         values ($1, $2, $3, $4, $5, $6, $7)",
    )
    .bind(new.fingerprint)
    .bind(new.customer_id)
    .bind(purpose)
    .bind(new.address.map(|(email, _)| email))
    .bind(new.address.map(|(_, key)| key))
    .bind(now)
    .bind(new.expires_at)
    .execute(db)
    .await?;
    Ok(())
}

/// Whose the link for a new password is, and their address, if it works at `now`.
///
/// # Errors
/// Postgres fails.
pub async fn reset(
    pool: &PgPool,
    fingerprint: &[u8],
    now: DateTime<Utc>,
) -> sqlx::Result<Option<(i64, String)>> {
    sqlx::query_as(
        "select c.id, c.email from account_tokens t join customers c on c.id = t.customer_id
         where t.token_sha256 = $1 and t.purpose = 'reset' and t.expires_at > $2",
    )
    .bind(fingerprint)
    .bind(now)
    .fetch_optional(pool)
    .await
}

/// Uses a link for a new password up; says whether it still worked. Of two at once, one gets it.
///
/// # Errors
/// Postgres fails.
pub async fn use_reset(db: &mut PgConnection, fingerprint: &[u8], now: DateTime<Utc>) -> sqlx::Result<bool> {
    let done = sqlx::query(
        "delete from account_tokens where token_sha256 = $1 and purpose = 'reset' and expires_at > $2",
    )
    .bind(fingerprint)
    .bind(now)
    .execute(db)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// The address that a link confirms.
#[derive(Debug, Clone, FromRow)]
pub struct NewAddress {
    /// As typed.
    pub email: String,
    /// Its key.
    pub address_key: String,
}

/// Uses a customer's link for another address up; `None` where it is not theirs or no longer works.
///
/// # Errors
/// Postgres fails.
pub async fn use_email(
    db: &mut PgConnection,
    fingerprint: &[u8],
    customer_id: i64,
    now: DateTime<Utc>,
) -> sqlx::Result<Option<NewAddress>> {
    sqlx::query_as(
        "delete from account_tokens where token_sha256 = $1 and customer_id = $2 and purpose = 'email' and expires_at > $3
         returning email, address_key",
    )
    .bind(fingerprint)
    .bind(customer_id)
    .bind(now)
    .fetch_optional(db)
    .await
}

/// Drops all links of a customer.
///
/// # Errors
/// Postgres fails.
pub async fn drop_all(db: &mut PgConnection, customer_id: i64) -> sqlx::Result<()> {
    sqlx::query("delete from account_tokens where customer_id = $1").bind(customer_id).execute(db).await?;
    Ok(())
}

/// Drops those that have ended.
///
/// # Errors
/// Postgres fails.
pub async fn tidy(pool: &PgPool, now: DateTime<Utc>) -> sqlx::Result<()> {
    sqlx::query("delete from account_tokens where expires_at <= $1").bind(now).execute(pool).await?;
    Ok(())
}
