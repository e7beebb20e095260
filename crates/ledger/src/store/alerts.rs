//! Alerts: each is raised once, and stays until it has ended.

use chrono::{DateTime, Utc};
use sqlx::PgPool;

use crate::LedgerError;

/// An alert that has not ended.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct Alert {
    /// What it is about, for example `run-failed/2026-11-21T06Z`.
    pub key: String,
    /// What happened, and what to do.
    pub text: String,
    /// Since when.
    pub raised_at: DateTime<Utc>,
    /// Until when; `None`: it goes on.
    pub ended_at: Option<DateTime<Utc>>,
}

impl Alert {
    /// The kind of a key, what a runbook is written for: `run-failed` of `run-failed/2026-11-21T06Z`.
    pub fn kind(&self) -> &str {
        self.key.split('/').next().unwrap_or_default()
    }
}

/// Raises an alert; says whether it is new.
///
/// # Errors
/// Postgres fails.
pub async fn raise(pool: &PgPool, key: &str, text: &str, now: DateTime<Utc>) -> Result<bool, LedgerError> {
    let insert = "insert into alerts (key, text, raised_at) values ($1, $2, $3) on conflict do nothing";
    let done = sqlx::query(insert).bind(key).bind(text).bind(now).execute(pool).await?;
    Ok(done.rows_affected() > 0)
}

/// Ends an alert; says whether it was there.
///
/// # Errors
/// Postgres fails.
pub async fn end(pool: &PgPool, key: &str, now: DateTime<Utc>) -> Result<bool, LedgerError> {
    let update = "update alerts set ended_at = $2 where key = $1 and ended_at is null";
    Ok(sqlx::query(update).bind(key).bind(now).execute(pool).await?.rows_affected() > 0)
}

/// The alerts that have not ended, oldest first.
///
/// # Errors
/// Postgres fails.
pub async fn open(pool: &PgPool) -> Result<Vec<Alert>, LedgerError> {
    let query = "select key, text, raised_at, ended_at from alerts where ended_at is null order by id";
    Ok(sqlx::query_as(query).fetch_all(pool).await?)
}

/// The alerts that have ended, the newest end first.
///
/// # Errors
/// Postgres fails.
pub async fn ended(pool: &PgPool, limit: i64) -> Result<Vec<Alert>, LedgerError> {
    let query = "select key, text, raised_at, ended_at from alerts where ended_at is not null
        order by ended_at desc, id desc limit $1";
    Ok(sqlx::query_as(query).bind(limit).fetch_all(pool).await?)
}
