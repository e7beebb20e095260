//! The ledger of runs in Postgres, and Postgres itself.
//!
//! - [`store`]: runs, stages, transitions and holds; all SQL about them.
//! - [`postgres`]: finds Postgres on the machine and runs a private cluster.
//! - `testing` (feature): one migrated database a test.
//!
//! Boundaries: what may follow what is decided by `domain::run`; here it is only kept. What the site keeps is in `web`, but
//! the migrations of both lie in one folder and run together.

pub mod postgres;
pub mod store;
#[cfg(feature = "testing")]
pub mod testing;

use std::time::Duration;

use sqlx::PgPool;
use sqlx::migrate::Migrator;
use sqlx::postgres::PgPoolOptions;

static MIGRATIONS: Migrator = sqlx::migrate!("../../migrations");

/// What can go wrong with the ledger.
#[derive(Debug, thiserror::Error)]
pub enum LedgerError {
    /// Postgres does not answer or refuses.
    #[error("Postgres: {0}")]
    Postgres(#[from] sqlx::Error),
    /// The schema could not be brought up to date.
    #[error(
        "migrating the schema: {0}: the database may be newer than this program; update the program or use a fresh --home"
    )]
    Migrate(#[from] sqlx::migrate::MigrateError),
    /// The ledger holds something that the program does not know.
    #[error("the ledger holds {0}, which this program does not know: update the program")]
    Unknown(String),
}

/// Connects to `url` and brings the schema up to date.
///
/// # Errors
/// Postgres does not answer within ten seconds, or a migration fails.
pub async fn connect(url: &str) -> Result<PgPool, LedgerError> {
    connect_with(url, 10).await
}

/// As [`connect`], with at most `max_connections` at once.
///
/// # Errors
/// As [`connect`].
pub async fn connect_with(url: &str, max_connections: u32) -> Result<PgPool, LedgerError> {
    let options =
        PgPoolOptions::new().max_connections(max_connections).acquire_timeout(Duration::from_secs(10));
    let pool = options.connect(url).await?;
    MIGRATIONS.run(&pool).await?;
    Ok(pool)
}
