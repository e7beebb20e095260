//! Alerts: each is raised once, said once, and stays until it has ended.

use chrono::{DateTime, Utc};
use domain::Slot;
use domain::run::{Applied, Run, RunStatus, StageState};
use sqlx::{PgConnection, PgExecutor, PgPool};

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
pub async fn raise(
    database: impl PgExecutor<'_>,
    key: &str,
    text: &str,
    now: DateTime<Utc>,
) -> Result<bool, LedgerError> {
    let insert = "insert into alerts (key, text, raised_at) values ($1, $2, $3) on conflict do nothing";
    let done = sqlx::query(insert).bind(key).bind(text).bind(now).execute(database).await?;
    Ok(done.rows_affected() > 0)
}

/// Ends an alert; says whether it was there.
///
/// # Errors
/// Postgres fails.
pub async fn end(database: impl PgExecutor<'_>, key: &str, now: DateTime<Utc>) -> Result<bool, LedgerError> {
    let update = "update alerts set ended_at = $2 where key = $1 and ended_at is null";
    Ok(sqlx::query(update).bind(key).bind(now).execute(database).await?.rows_affected() > 0)
}

/// The alerts that have not ended, oldest first.
///
/// # Errors
/// Postgres fails.
pub async fn open(pool: &PgPool) -> Result<Vec<Alert>, LedgerError> {
    let query = "select key, text, raised_at, ended_at from alerts where ended_at is null order by id";
    Ok(sqlx::query_as(query).fetch_all(pool).await?)
}

/// Gives every alert that has not been said yet to `say`, oldest first, and keeps that it was. One who dies in between says
/// it again; nobody else says it meanwhile.
///
/// # Errors
/// Postgres fails.
pub async fn say(pool: &PgPool, now: DateTime<Utc>, mut say: impl FnMut(&Alert)) -> Result<(), LedgerError> {
    let unsaid = "select id, key, text, raised_at from alerts where said_at is null order by id for update skip locked";
    let mut tx = pool.begin().await?;
    let alerts: Vec<(i64, String, String, DateTime<Utc>)> =
        sqlx::query_as(unsaid).fetch_all(&mut *tx).await?;
    let ids: Vec<i64> = alerts.iter().map(|alert| alert.0).collect();
    for (_, key, text, raised_at) in alerts {
        say(&Alert { key, text, raised_at, ended_at: None });
    }
    let update = "update alerts set said_at = $2 where id = any($1)";
    sqlx::query(update).bind(&ids).bind(now).execute(&mut *tx).await?;
    tx.commit().await?;
    Ok(())
}

/// Raises the alert of a run that has just failed, and ends it once the run has been repeated well; with the change itself,
/// so that no failure goes without.
pub(super) async fn follow(
    connection: &mut PgConnection,
    slot: Slot,
    run: &Run,
    applied: &Applied,
    now: DateTime<Utc>,
) -> Result<(), LedgerError> {
    let key = format!("run-failed/{slot}");
    let failed = applied.transitions.iter().find(|change| change.to == StageState::Failed);
    if let Some(failed) = failed {
        let text = format!(
            "the run of {slot} failed in {}: {}. Mend the cause, then: quarterday run --slot {slot}",
            failed.stage, failed.cause
        );
        raise(connection, &key, &text, now).await?;
    } else if matches!(run.status(), RunStatus::Succeeded | RunStatus::Partial) {
        end(connection, &key, now).await?;
    }
    Ok(())
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
