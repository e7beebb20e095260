//! All SQL that is the same for every table of sealed secrets.

use sqlx::{AssertSqlSafe, FromRow, PgConnection};

use crate::auth::seal::Sealed;

/// Where secrets of one kind lie.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Vault {
    /// Those that codes from an app follow from.
    SecondFactors,
    /// Those that customers' webhooks are signed with.
    Webhooks,
}

impl Vault {
    /// All of them.
    pub const ALL: [Self; 2] = [Self::SecondFactors, Self::Webhooks];

    /// Their table.
    pub const fn table(self) -> &'static str {
        match self {
            Self::SecondFactors => "totp_secrets",
            Self::Webhooks => "webhooks",
        }
    }

    /// An open secret as bytes.
    const fn open_secret(self) -> &'static str {
        match self {
            Self::SecondFactors => "secret",
            Self::Webhooks => "convert_to(secret, 'UTF8')",
        }
    }
}

/// A secret as it lies in Postgres: sealed, or open where the version before wrote it.
#[derive(Debug, Clone, FromRow)]
pub struct Kept {
    /// Open; where it is there, it is newer than what is sealed.
    pub secret: Option<Vec<u8>>,
    /// Nonce, ciphertext, tag.
    pub secret_sealed: Option<Vec<u8>>,
    /// The name of the key that sealed it.
    pub secret_key: Option<String>,
}

#[derive(FromRow)]
struct Due {
    customer_id: i64,
    #[sqlx(flatten)]
    kept: Kept,
}

/// Takes customers after `after` whose secret lies open or was sealed by one of these keys; others skip them until the
/// transaction ends.
///
/// # Errors
/// Postgres fails.
pub async fn lock_unsealed(
    db: &mut PgConnection,
    vault: Vault,
    older: &[String],
    after: i64,
    limit: i64,
) -> sqlx::Result<Vec<(i64, Kept)>> {
    let sql = format!(
        "select customer_id, {} as secret, secret_sealed, secret_key from {}
         where (secret is not null or secret_key = any($1)) and customer_id > $2
         order by customer_id limit $3 for update skip locked",
        vault.open_secret(),
        vault.table(),
    );
    let due: Vec<Due> =
        sqlx::query_as(AssertSqlSafe(sql)).bind(older).bind(after).bind(limit).fetch_all(db).await?;
    Ok(due.into_iter().map(|due| (due.customer_id, due.kept)).collect())
}

/// Keeps a secret sealed, and no longer open.
///
/// # Errors
/// Postgres fails.
pub async fn put(db: &mut PgConnection, vault: Vault, customer_id: i64, sealed: &Sealed) -> sqlx::Result<()> {
    let sql = format!(
        "update {} set secret = null, secret_sealed = $2, secret_key = $3 where customer_id = $1",
        vault.table()
    );
    sqlx::query(AssertSqlSafe(sql))
        .bind(customer_id)
        .bind(&sealed.bytes)
        .bind(&sealed.key)
        .execute(db)
        .await?;
    Ok(())
}
