//! Rows of the audit log: who did what, when, why and from where, chained by hashes. Reading and following it is the site's part.

use chrono::{DateTime, SubsecRound, Utc};
use serde_json::Value;
use sha2::{Digest, Sha256};
use sqlx::PgConnection;

/// The lock that whoever appends holds until their transaction ends.
const LOCK: i64 = 0x0061_7564_6974;

/// What was done.
#[derive(Debug, Clone, Copy)]
pub struct Entry<'a> {
    /// Who did it: the pseudonym of an account, or the name of a program.
    pub actor: &'a str,
    /// What, in dotted words: `account.password_changed`.
    pub action: &'a str,
    /// To what: a pseudonym, a slot, the name of a plan.
    pub subject: &'a str,
    /// Why, in the words of who did it; empty where nobody was asked.
    pub reason: &'a str,
    /// The address of the machine it came from; empty for programs.
    pub address: &'a str,
    /// Whatever else tells what changed. Holds no personal data and no secret.
    pub detail: &'a Value,
}

/// A row of the log.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct Row {
    /// Its number; they have no gap.
    pub id: i64,
    /// When.
    pub at: DateTime<Utc>,
    /// Who.
    pub actor: String,
    /// What.
    pub action: String,
    /// To what.
    pub subject: String,
    /// Why.
    pub reason: String,
    /// From where.
    pub address: String,
    /// JSON, as it was hashed.
    pub detail: String,
    /// The hash of the row before it; zeros for the first.
    pub previous_sha256: Vec<u8>,
    /// The hash of all the above.
    pub sha256: Vec<u8>,
}

impl Row {
    /// What the row's hash has to be.
    pub fn digest(&self) -> Vec<u8> {
        let fields = (
            self.id,
            self.at.timestamp_micros(),
            &self.actor,
            &self.action,
            &self.subject,
            &self.reason,
            &self.address,
            &self.detail,
        );
        let mut hash = Sha256::new();
        hash.update(&self.previous_sha256);
        // A list of JSON: no two different rows are written alike.
        hash.update(serde_json::json!(fields).to_string());
        hash.finalize().to_vec()
    }
}

/// Appends a row. It is there once the transaction is; others who append wait until then.
///
/// # Errors
/// Postgres fails.
pub async fn append(db: &mut PgConnection, entry: &Entry<'_>, now: DateTime<Utc>) -> sqlx::Result<i64> {
    let (last, previous_sha256) = lock_end(db).await?;
    let mut row = Row {
        id: last + 1,
        // As Postgres keeps it.
        at: now.trunc_subsecs(6),
        actor: entry.actor.to_owned(),
        action: entry.action.to_owned(),
        subject: entry.subject.to_owned(),
        reason: entry.reason.to_owned(),
        address: entry.address.to_owned(),
        detail: entry.detail.to_string(),
        previous_sha256,
        sha256: Vec::new(),
    };
    row.sha256 = row.digest();
    insert(db, &row).await?;
    Ok(row.id)
}

/// Number and hash of the last row, which stays the last until the transaction ends; zeros while there is none.
///
/// # Errors
/// Postgres fails.
async fn lock_end(db: &mut PgConnection) -> sqlx::Result<(i64, Vec<u8>)> {
    sqlx::query("select pg_advisory_xact_lock($1)").bind(LOCK).execute(&mut *db).await?;
    let last = sqlx::query_as("select id, sha256 from audit_entries order by id desc limit 1");
    Ok(last.fetch_optional(db).await?.unwrap_or_else(|| (0, vec![0; 32])))
}

/// Stores a row.
///
/// # Errors
/// Postgres fails.
async fn insert(db: &mut PgConnection, row: &Row) -> sqlx::Result<()> {
    sqlx::query(
        "insert into audit_entries (id, at, actor, action, subject, reason, address, detail, previous_sha256, sha256)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
    )
    .bind(row.id)
    .bind(row.at)
    .bind(&row.actor)
    .bind(&row.action)
    .bind(&row.subject)
    .bind(&row.reason)
    .bind(&row.address)
    .bind(&row.detail)
    .bind(&row.previous_sha256)
    .bind(&row.sha256)
    .execute(db)
    .await?;
    Ok(())
}
