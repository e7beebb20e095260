//! A customer's webhook and Telegram chat.

use chrono::{DateTime, Utc};
use sqlx::{PgConnection, PgPool};

use crate::auth::seal::Sealed;

/// The customer's webhook URL.
///
/// # Errors
/// Postgres fails.
pub async fn webhook(pool: &PgPool, customer_id: i64) -> sqlx::Result<Option<String>> {
    sqlx::query_scalar("select url from webhooks where customer_id = $1")
        .bind(customer_id)
        .fetch_optional(pool)
        .await
}

/// Sets the customer's webhook, in the place of one before.
///
/// # Errors
/// Postgres fails.
pub async fn set_webhook(
    pool: &PgPool,
    customer_id: i64,
    url: &str,
    secret: &Sealed,
    now: DateTime<Utc>,
) -> sqlx::Result<()> {
    sqlx::query(
        "insert into webhooks (customer_id, url, secret_sealed, secret_key, created_at) values ($1, $2, $3, $4, $5)
         on conflict (customer_id) do update
         set (url, secret, secret_sealed, secret_key, created_at)
             = (excluded.url, null, excluded.secret_sealed, excluded.secret_key, excluded.created_at)",
    )
    .bind(customer_id)
    .bind(url)
    .bind(&secret.bytes)
    .bind(&secret.key)
    .bind(now)
    .execute(pool)
    .await?;
    Ok(())
}

/// Forgets the customer's webhook.
///
/// # Errors
/// Postgres fails.
pub async fn delete_webhook(pool: &PgPool, customer_id: i64) -> sqlx::Result<()> {
    sqlx::query("delete from webhooks where customer_id = $1").bind(customer_id).execute(pool).await?;
    Ok(())
}

/// When the customer's chat was linked.
///
/// # Errors
/// Postgres fails.
pub async fn chat_linked_at(pool: &PgPool, customer_id: i64) -> sqlx::Result<Option<DateTime<Utc>>> {
    sqlx::query_scalar("select linked_at from telegram_chats where customer_id = $1")
        .bind(customer_id)
        .fetch_optional(pool)
        .await
}

/// Keeps a code's fingerprint in the place of the customer's earlier ones, and forgets those that have expired.
///
/// # Errors
/// Postgres fails.
pub async fn store_code(
    pool: &PgPool,
    customer_id: i64,
    fingerprint: &[u8],
    now: DateTime<Utc>,
    expires_at: DateTime<Utc>,
) -> sqlx::Result<()> {
    sqlx::query("delete from telegram_codes where customer_id = $1 or expires_at <= $2")
        .bind(customer_id)
        .bind(now)
        .execute(pool)
        .await?;
    sqlx::query("insert into telegram_codes (code_sha256, customer_id, expires_at) values ($1, $2, $3)")
        .bind(fingerprint)
        .bind(customer_id)
        .bind(expires_at)
        .execute(pool)
        .await?;
    Ok(())
}

/// Whether a code waits for its chat.
///
/// # Errors
/// Postgres fails.
pub async fn code_waits(pool: &PgPool, now: DateTime<Utc>) -> sqlx::Result<bool> {
    sqlx::query_scalar("select exists (select from telegram_codes where expires_at > $1)")
        .bind(now)
        .fetch_one(pool)
        .await
}

/// The number of the next message to read, locked until the transaction ends; `None` where another instance reads.
///
/// # Errors
/// Postgres fails.
pub async fn cursor(db: &mut PgConnection) -> sqlx::Result<Option<i64>> {
    sqlx::query_scalar("select next_update from telegram_cursor for update skip locked")
        .fetch_optional(db)
        .await
}

/// Moves the cursor.
///
/// # Errors
/// Postgres fails.
pub async fn move_cursor(db: &mut PgConnection, next_update: i64) -> sqlx::Result<()> {
    sqlx::query("update telegram_cursor set next_update = $1").bind(next_update).execute(db).await?;
    Ok(())
}

/// Links a chat to the customer whose code it sent, and uses the code up; `false`: no such code.
///
/// # Errors
/// Postgres fails.
pub async fn link_chat(
    db: &mut PgConnection,
    fingerprint: &[u8],
    chat_id: i64,
    now: DateTime<Utc>,
) -> sqlx::Result<bool> {
    let done = sqlx::query(
        "with code as (delete from telegram_codes where code_sha256 = $1 and expires_at > $3 returning customer_id)
         insert into telegram_chats (customer_id, chat_id, linked_at) select customer_id, $2, $3 from code
         on conflict (customer_id) do update set (chat_id, linked_at) = (excluded.chat_id, excluded.linked_at)",
    )
    .bind(fingerprint)
    .bind(chat_id)
    .bind(now)
    .execute(db)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Forgets the customer's chat.
///
/// # Errors
/// Postgres fails.
pub async fn unlink_chat(pool: &PgPool, customer_id: i64) -> sqlx::Result<()> {
    sqlx::query("delete from telegram_chats where customer_id = $1").bind(customer_id).execute(pool).await?;
    Ok(())
}
