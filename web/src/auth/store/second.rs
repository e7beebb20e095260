//! All SQL of codes from an app and of recovery codes.

use chrono::{DateTime, Utc};
use sqlx::{PgConnection, PgPool};

/// The secret of a customer whose sign-in asks for a code.
///
/// # Errors
/// Postgres fails.
pub async fn secret(pool: &PgPool, customer_id: i64) -> sqlx::Result<Option<Vec<u8>>> {
    sqlx::query_scalar("select secret from totp_secrets where customer_id = $1 and confirmed_at is not null")
        .bind(customer_id)
        .fetch_optional(pool)
        .await
}

/// The secret that a customer is setting up; `fresh` becomes it where there is none. `None`: one is in use already.
///
/// # Errors
/// Postgres fails.
pub async fn begin(
    pool: &PgPool,
    customer_id: i64,
    fresh: &[u8; 20],
    now: DateTime<Utc>,
) -> sqlx::Result<Option<Vec<u8>>> {
    sqlx::query("insert into totp_secrets (customer_id, secret, created_at) values ($1, $2, $3) on conflict do nothing")
        .bind(customer_id)
        .bind(fresh.as_slice())
        .bind(now)
        .execute(pool)
        .await?;
    sqlx::query_scalar("select secret from totp_secrets where customer_id = $1 and confirmed_at is null")
        .bind(customer_id)
        .fetch_optional(pool)
        .await
}

/// The first code was right: from now on codes are asked for. Says whether this was the secret being set up.
///
/// # Errors
/// Postgres fails.
pub async fn confirm(
    db: &mut PgConnection,
    customer_id: i64,
    secret: &[u8],
    step: i64,
    now: DateTime<Utc>,
) -> sqlx::Result<bool> {
    let done = sqlx::query(
        "update totp_secrets set confirmed_at = $4, last_step = $3
         where customer_id = $1 and secret = $2 and confirmed_at is null",
    )
    .bind(customer_id)
    .bind(secret)
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
