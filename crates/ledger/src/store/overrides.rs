//! What people have asked for beside the schedule, and what came of it.

use chrono::{DateTime, Utc};
use sqlx::{PgConnection, PgPool};

use crate::LedgerError;

/// Something that a person asked for.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct Override {
    /// The message that asked; a second delivery does nothing.
    pub message_id: String,
    /// What was asked, as `domain::order` names it; or `hold`, `release`.
    pub action: String,
    /// A slot, a machine, a message, an asset or a model.
    pub subject: String,
    /// The stage, where one was named.
    pub stage: Option<String>,
    /// Who asked.
    pub owner: String,
    /// Why.
    pub reason: String,
    /// When.
    pub at: DateTime<Utc>,
    /// What came of it.
    pub outcome: String,
}

/// Whether the message has been carried out already.
pub(super) async fn known(connection: &mut PgConnection, message_id: &str) -> Result<bool, LedgerError> {
    let query = "select exists (select from overrides where message_id = $1)";
    Ok(sqlx::query_scalar(query).bind(message_id).fetch_one(connection).await?)
}

/// Whether the message has been carried out already.
///
/// # Errors
/// Postgres fails.
pub async fn is_known(pool: &PgPool, message_id: &str) -> Result<bool, LedgerError> {
    let mut connection = pool.acquire().await?;
    known(&mut connection, message_id).await
}

/// Keeps what was asked and what came of it, where nothing of the ledger changes with it; says whether the message is new.
///
/// # Errors
/// Postgres fails, or owner or reason is empty.
pub async fn record(pool: &PgPool, order: &Override) -> Result<bool, LedgerError> {
    let mut connection = pool.acquire().await?;
    keep(&mut connection, order).await
}

/// What came of the message with this id; `None` where it has not been carried out.
///
/// # Errors
/// Postgres fails.
pub async fn of(pool: &PgPool, message_id: &str) -> Result<Option<Override>, LedgerError> {
    let query = "select message_id, action, subject, stage, owner, reason, at, outcome from overrides where message_id = $1";
    Ok(sqlx::query_as(query).bind(message_id).fetch_optional(pool).await?)
}

/// Keeps what was asked and what came of it; says whether the message is new.
pub(super) async fn keep(connection: &mut PgConnection, order: &Override) -> Result<bool, LedgerError> {
    let insert = "insert into overrides (message_id, action, subject, stage, owner, reason, at, outcome)
        values ($1, $2, $3, $4, $5, $6, $7, $8) on conflict do nothing";
    let query = sqlx::query(insert).bind(&order.message_id).bind(&order.action).bind(&order.subject);
    let query = query.bind(&order.stage).bind(&order.owner).bind(&order.reason).bind(order.at);
    Ok(query.bind(&order.outcome).execute(connection).await?.rows_affected() > 0)
}

/// The newest ones, newest first.
///
/// # Errors
/// Postgres fails.
pub async fn recent(pool: &PgPool, limit: i64) -> Result<Vec<Override>, LedgerError> {
    let query = "select message_id, action, subject, stage, owner, reason, at, outcome from overrides order by id desc limit $1";
    Ok(sqlx::query_as(query).bind(limit).fetch_all(pool).await?)
}
