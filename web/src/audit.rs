//! The audit log: who did what, when, why and from where. Rows are chained by hashes and never changed.
//!
//! - [`append`] writes one row in the transaction of the change that it tells of; it lies in `ledger`, since commands append, too.
//!   [`verify`] follows the chain.
//! - Accounts appear by their pseudonym, so that the log survives an erasure and names nobody after it.

use sqlx::PgPool;

pub mod store;

pub use ledger::store::audit::{Entry, Row, append};

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
