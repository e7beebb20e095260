//! All SQL of sessions and of the devices they come from.

use chrono::{DateTime, Utc};
use sqlx::{FromRow, PgConnection, PgPool};

/// A session to be stored.
#[derive(Debug, Clone)]
pub struct NewSession<'a> {
    /// SHA-256 of its key.
    pub fingerprint: &'a [u8],
    /// Whose.
    pub customer_id: i64,
    /// First instant at which it no longer counts.
    pub expires_at: DateTime<Utc>,
    /// The machine's address.
    pub address: &'a str,
    /// What the browser says of itself.
    pub agent: &'a str,
}

/// Stores a session and drops those that have ended.
///
/// # Errors
/// Postgres fails.
pub async fn start(db: &mut PgConnection, new: &NewSession<'_>, now: DateTime<Utc>) -> sqlx::Result<()> {
    sqlx::query("delete from sessions where expires_at <= $1").bind(now).execute(&mut *db).await?;
    sqlx::query(
        "insert into sessions (key_sha256, customer_id, created_at, authenticated_at, seen_at, expires_at, address, agent)
         values ($1, $2, $3, $3, $3, $4, $5, left($6, 400))",
    )
    .bind(new.fingerprint)
    .bind(new.customer_id)
    .bind(now)
    .bind(new.expires_at)
    .bind(new.address)
    .bind(new.agent)
    .execute(db)
    .await?;
    Ok(())
}

/// A session as its owner sees it.
#[derive(Debug, Clone, FromRow)]
pub struct SessionRow {
    /// By which it is named.
    pub id: i64,
    /// When it began.
    pub created_at: DateTime<Utc>,
    /// When it was used last, to five minutes.
    pub seen_at: DateTime<Utc>,
    /// The machine's address when it began; may be empty.
    pub address: String,
    /// What the browser said of itself; may be empty.
    pub agent: String,
}

/// A customer's sessions that count at `now`, used last first.
///
/// # Errors
/// Postgres fails.
pub async fn list(pool: &PgPool, customer_id: i64, now: DateTime<Utc>) -> sqlx::Result<Vec<SessionRow>> {
    sqlx::query_as(
        "select id, created_at, seen_at, address, agent from sessions where customer_id = $1 and expires_at > $2
         order by seen_at desc, id desc limit 200",
    )
    .bind(customer_id)
    .bind(now)
    .fetch_all(pool)
    .await
}

/// Ends one of a customer's sessions; says whether it was theirs.
///
/// # Errors
/// Postgres fails.
pub async fn end(db: &mut PgConnection, customer_id: i64, id: i64) -> sqlx::Result<bool> {
    let done = sqlx::query("delete from sessions where customer_id = $1 and id = $2")
        .bind(customer_id)
        .bind(id)
        .execute(db)
        .await?;
    Ok(done.rows_affected() == 1)
}

/// Ends the session with this key, whoever's it is.
///
/// # Errors
/// Postgres fails.
pub async fn end_by_key(db: &mut PgConnection, fingerprint: &[u8]) -> sqlx::Result<()> {
    sqlx::query("delete from sessions where key_sha256 = $1").bind(fingerprint).execute(db).await?;
    Ok(())
}

/// Password (and code) were shown once more: the session goes on under another key.
///
/// # Errors
/// Postgres fails.
pub async fn authenticated(
    db: &mut PgConnection,
    id: i64,
    fingerprint: &[u8],
    now: DateTime<Utc>,
) -> sqlx::Result<()> {
    sqlx::query("update sessions set authenticated_at = $2, key_sha256 = $3 where id = $1")
        .bind(id)
        .bind(now)
        .bind(fingerprint)
        .execute(db)
        .await?;
    Ok(())
}

/// Ends all of a customer's sessions, except one where that is named, and what was begun to sign in; says how many.
///
/// # Errors
/// Postgres fails.
pub async fn end_all(db: &mut PgConnection, customer_id: i64, except: Option<i64>) -> sqlx::Result<u64> {
    sqlx::query("delete from sign_in_challenges where customer_id = $1")
        .bind(customer_id)
        .execute(&mut *db)
        .await?;
    let done = sqlx::query("delete from sessions where customer_id = $1 and id is distinct from $2")
        .bind(customer_id)
        .bind(except)
        .execute(db)
        .await?;
    Ok(done.rows_affected())
}

/// A session has been used.
///
/// # Errors
/// Postgres fails.
pub async fn seen(pool: &PgPool, id: i64, now: DateTime<Utc>) -> sqlx::Result<()> {
    sqlx::query("update sessions set seen_at = $2 where id = $1 and seen_at < $2")
        .bind(id)
        .bind(now)
        .execute(pool)
        .await?;
    Ok(())
}

/// Notes a device; `true` where the account was never signed in to from it but from others.
///
/// # Errors
/// Postgres fails.
pub async fn note_device(
    db: &mut PgConnection,
    customer_id: i64,
    device: &[u8],
    now: DateTime<Utc>,
) -> sqlx::Result<bool> {
    let (known, others): (bool, bool) = sqlx::query_as(
        "select coalesce(bool_or(device = $2), false), count(*) > 0 from known_devices where customer_id = $1",
    )
    .bind(customer_id)
    .bind(device)
    .fetch_one(&mut *db)
    .await?;
    sqlx::query(
        "insert into known_devices (customer_id, device, seen_at) values ($1, $2, $3)
         on conflict (customer_id, device) do update set seen_at = excluded.seen_at",
    )
    .bind(customer_id)
    .bind(device)
    .bind(now)
    .execute(db)
    .await?;
    Ok(others && !known)
}

/// A customer has shown the password, and is waited for with the code: the challenge's key has this fingerprint.
///
/// # Errors
/// Postgres fails.
pub async fn store_challenge(
    pool: &PgPool,
    fingerprint: &[u8],
    customer_id: i64,
    next_path: &str,
    expires_at: DateTime<Utc>,
) -> sqlx::Result<()> {
    sqlx::query(
        "insert into sign_in_challenges (key_sha256, customer_id, next_path, expires_at) values ($1, $2, $3, $4)",
    )
    .bind(fingerprint)
    .bind(customer_id)
    .bind(next_path)
    .bind(expires_at)
    .execute(pool)
    .await?;
    Ok(())
}

/// Whose challenge it is and where they go on to, if it counts at `now`.
///
/// # Errors
/// Postgres fails.
pub async fn challenge(
    pool: &PgPool,
    fingerprint: &[u8],
    now: DateTime<Utc>,
) -> sqlx::Result<Option<(i64, String)>> {
    sqlx::query_as(
        "select customer_id, next_path from sign_in_challenges where key_sha256 = $1 and expires_at > $2",
    )
    .bind(fingerprint)
    .bind(now)
    .fetch_optional(pool)
    .await
}

/// Uses a challenge up; says whether it was there.
///
/// # Errors
/// Postgres fails.
pub async fn end_challenge(db: &mut PgConnection, fingerprint: &[u8]) -> sqlx::Result<bool> {
    let done = sqlx::query("delete from sign_in_challenges where key_sha256 = $1")
        .bind(fingerprint)
        .execute(db)
        .await?;
    Ok(done.rows_affected() == 1)
}

/// Drops what has ended.
///
/// # Errors
/// Postgres fails.
pub async fn tidy(pool: &PgPool, now: DateTime<Utc>) -> sqlx::Result<()> {
    sqlx::query("delete from sessions where expires_at <= $1").bind(now).execute(pool).await?;
    sqlx::query("delete from sign_in_challenges where expires_at <= $1").bind(now).execute(pool).await?;
    sqlx::query("delete from known_devices where seen_at <= $1 - interval '400 days'")
        .bind(now)
        .execute(pool)
        .await?;
    Ok(())
}
