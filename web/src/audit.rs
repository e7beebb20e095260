//! The audit log: who did what, when, why and from where. Rows are chained by hashes and never changed.
//!
//! - [`append`] writes one row in the transaction of the change that it tells of. [`verify`] follows the chain.
//! - Accounts appear by their pseudonym, so that the log survives an erasure and names nobody after it.

use chrono::{DateTime, SubsecRound, Utc};
use serde_json::Value;
use sha2::{Digest, Sha256};
use sqlx::{PgConnection, PgPool};

pub mod store;

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
    let (last, previous_sha256) = store::lock_end(db).await?;
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
    store::insert(db, &row).await?;
    Ok(row.id)
}

/// What following the chain found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verified {
    /// So many rows, each as it was written.
    Whole {
        /// Rows.
        rows: i64,
    },
    /// The first row that is missing, or is not as it was written.
    Broken {
        /// Its number.
        id: i64,
    },
}

/// Follows the chain from its first row.
///
/// # Errors
/// Postgres fails.
pub async fn verify(pool: &PgPool) -> sqlx::Result<Verified> {
    let mut previous = vec![0; 32];
    let mut rows = 0;
    loop {
        let page = store::after(pool, rows, 1_000).await?;
        if page.is_empty() {
            return Ok(Verified::Whole { rows });
        }
        for row in page {
            let expected = rows + 1;
            if row.id != expected || row.previous_sha256 != previous || row.sha256 != row.digest() {
                return Ok(Verified::Broken { id: expected });
            }
            rows = expected;
            previous = row.sha256;
        }
    }
}
