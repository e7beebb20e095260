//! All SQL of codes from an app and of recovery codes.

use chrono::{DateTime, Utc};
use sqlx::{PgConnection, PgPool};

use super::vault::Kept;
use crate::auth::seal::Sealed;

/// Whether a customer's sign-in asks for a code.
///
/// # Errors
/// Postgres fails.
pub async fn is_on(pool: &PgPool, customer_id: i64) -> sqlx::Result<bool> {
    sqlx::query_scalar(
        "select exists (select from totp_secrets where customer_id = $1 and confirmed_at is not null)",
    )
    .bind(customer_id)
    .fetch_one(pool)
    .await
}

/// A customer's secret: the one in use, or the one that is being set up.
///
/// # Errors
/// Postgres fails.
pub async fn kept(pool: &PgPool, customer_id: i64, in_use: bool) -> sqlx::Result<Option<Kept>> {
    sqlx::query_as(
        "select secret, secret_sealed, secret_key from totp_secrets
         where customer_id = $1 and (confirmed_at is not null) = $2",
    )
    .bind(customer_id)
    .bind(in_use)
    .fetch_optional(pool)
    .await
}

/// `fresh` becomes the secret that a customer is setting up, where there is none.
///
/// # Errors
/// Postgres fails.
pub async fn begin(pool: &PgPool, customer_id: i64, fresh: &Sealed, now: DateTime<Utc>) -> sqlx::Result<()> {
    sqlx::query(
        "insert into totp_secrets (customer_id, secret_sealed, secret_key, created_at) values ($1, $2, $3, $4)
         on conflict do nothing",
    )
    .bind(customer_id)
    .bind(&fresh.bytes)
    .bind(&fresh.key)
    .bind(now)
    .execute(pool)
    .await?;
    Ok(())
}

/// The secret that a customer is setting up, which nobody else changes until the transaction ends.
///
/// # Errors
/// Postgres fails.
pub async fn lock_begun(db: &mut PgConnection, customer_id: i64) -> sqlx::Result<Option<Kept>> {
    sqlx::query_as(
        "select secret, secret_sealed, secret_key from totp_secrets
         where customer_id = $1 and confirmed_at is null for update",
    )
    .bind(customer_id)
    .fetch_optional(db)
    .await
}

/// The first code was right: from now on codes are asked for. Says whether none were before.
///
/// # Errors
/// Postgres fails.
pub async fn confirm(
    db: &mut PgConnection,
    customer_id: i64,
    step: i64,
    now: DateTime<Utc>,
) -> sqlx::Result<bool> {
    let done = sqlx::query(
        "update totp_secrets set confirmed_at = $3, last_step = $2 where customer_id = $1 and confirmed_at is null",
    )
    .bind(customer_id)
    .bind(step)
    .bind(now)
    .execute(db)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Takes the code of a step; `false` where it or a newer one was taken before. Of two at once, one is taken.
///
/// # Errors
/// Postgres fails.
pub async fn take_step(db: &mut PgConnection, customer_id: i64, step: i64) -> sqlx::Result<bool> {
    let done = sqlx::query(
        "update totp_secrets set last_step = $2
         where customer_id = $1 and confirmed_at is not null and (last_step is null or last_step < $2)",
    )
    .bind(customer_id)
    .bind(step)
    .execute(db)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Codes are no longer asked for; says whether they were.
///
/// # Errors
/// Postgres fails.
pub async fn stop(db: &mut PgConnection, customer_id: i64) -> sqlx::Result<bool> {
    sqlx::query("delete from recovery_codes where customer_id = $1")
        .bind(customer_id)
        .execute(&mut *db)
        .await?;
    let done =
        sqlx::query("delete from totp_secrets where customer_id = $1").bind(customer_id).execute(db).await?;
    Ok(done.rows_affected() == 1)
}

/// Puts new recovery codes in the place of a customer's old ones.
///
/// # Errors
/// Postgres fails.
pub async fn store_codes(
    db: &mut PgConnection,
    customer_id: i64,
    fingerprints: &[Vec<u8>],
    now: DateTime<Utc>,
) -> sqlx::Result<()> {
    sqlx::query("delete from recovery_codes where customer_id = $1")
        .bind(customer_id)
        .execute(&mut *db)
        .await?;
    sqlx::query(
        "insert into recovery_codes (code_sha256, customer_id, created_at) select code, $2, $3 from unnest($1::bytea[]) as t (code)",
    )
    .bind(fingerprints)
    .bind(customer_id)
    .bind(now)
    .execute(db)
    .await?;
    Ok(())
}

/// Uses a customer's recovery code up; `false` where it is none of theirs.
///
/// # Errors
/// Postgres fails.
pub async fn take_code(db: &mut PgConnection, customer_id: i64, fingerprint: &[u8]) -> sqlx::Result<bool> {
    let done = sqlx::query("delete from recovery_codes where customer_id = $1 and code_sha256 = $2")
        .bind(customer_id)
        .bind(fingerprint)
        .execute(db)
        .await?;
    Ok(done.rows_affected() == 1)
}

/// Recovery codes that a customer has left.
///
/// # Errors
/// Postgres fails.
pub async fn codes_left(pool: &PgPool, customer_id: i64) -> sqlx::Result<i64> {
    sqlx::query_scalar("select count(*) from recovery_codes where customer_id = $1")
        .bind(customer_id)
        .fetch_one(pool)
        .await
}
