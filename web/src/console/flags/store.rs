//! All SQL of flags.

use chrono::{DateTime, Utc};
use sqlx::{FromRow, PgConnection, PgPool};

use super::{Flag, State, States};

/// How flags stand; names that this version does not know are left out.
///
/// # Errors
/// Postgres fails.
pub async fn states(pool: &PgPool) -> sqlx::Result<States> {
    let rows: Vec<(String, bool, String, String)> = sqlx::query_as(
        "select distinct on (flag) flag, is_on, text_en, text_es from flag_changes order by flag, id desc",
    )
    .fetch_all(pool)
    .await?;
    let known = rows
        .into_iter()
        .filter_map(|(name, on, en, es)| Some((Flag::parse(&name)?, State { on, text: [en, es] })));
    Ok(known.collect())
}

/// One change, as the history shows it.
#[derive(Debug, Clone, FromRow)]
pub struct Change {
    /// The flag.
    pub flag: String,
    /// What it was switched to.
    pub is_on: bool,
    /// Its words in English.
    pub text_en: String,
    /// Its words in Spanish.
    pub text_es: String,
    /// By whom: a pseudonym.
    pub changed_by: String,
    /// When.
    pub changed_at: DateTime<Utc>,
    /// Why.
    pub reason: String,
}

/// The newest changes of all flags.
///
/// # Errors
/// Postgres fails.
pub async fn history(pool: &PgPool, limit: i64) -> sqlx::Result<Vec<Change>> {
    sqlx::query_as(
        "select flag, is_on, text_en, text_es, changed_by, changed_at, reason from flag_changes order by id desc limit $1",
    )
    .bind(limit)
    .fetch_all(pool)
    .await
}

/// Writes down a change.
///
/// # Errors
/// Postgres fails.
pub async fn switch(
    db: &mut PgConnection,
    flag: Flag,
    state: &State,
    (by, reason): (&str, &str),
    now: DateTime<Utc>,
) -> sqlx::Result<()> {
    let [en, es] = &state.text;
    sqlx::query(
        "insert into flag_changes (flag, is_on, text_en, text_es, changed_by, changed_at, reason)
         values ($1, $2, $3, $4, $5, $6, $7)",
    )
    .bind(flag.as_str())
    .bind(state.on)
    .bind(en)
    .bind(es)
    .bind(by)
    .bind(now)
    .bind(reason)
    .execute(db)
    .await?;
    Ok(())
}
