//! The ledger of runs in Postgres, and Postgres itself.
//!
//! - [`store`]: runs, stages, transitions and holds; all SQL about them; and how a row is added to the audit log.
//! - [`postgres`]: finds Postgres on the machine and runs a private cluster.
//! - `testing` (feature): one migrated database a test.
//!
//! Boundaries: what may follow what is decided by `domain::run`; here it is only kept. What the site keeps is in `web`, but
//! the migrations of both lie in one folder and run together.

pub mod postgres;
pub mod store;
#[cfg(feature = "testing")]
pub mod testing;

use std::future::Future;
use std::pin::Pin;
use std::str::FromStr as _;
use std::time::Duration;

use secrecy::{ExposeSecret as _, SecretString};
use sqlx::PgPool;
use sqlx::migrate::Migrator;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};

/// Programs of the version before go on, and are started again, while the schema is already that of the next: a migration
/// that they do not know is none of their business, since migrations only ever add (`tests/it/schema.rs` sees to it).
static MIGRATIONS: Migrator = Migrator { ignore_missing: true, ..sqlx::migrate!("../../migrations") };

/// How often a password that ends is renewed; a token of Google's is good for five minutes at least when it is given.
pub const RENEWAL: Duration = Duration::from_secs(120);

/// What can go wrong with the ledger.
#[derive(Debug, thiserror::Error)]
pub enum LedgerError {
    /// Postgres does not answer or refuses.
    #[error("Postgres: {0}")]
    Postgres(#[from] sqlx::Error),
    /// The schema could not be brought up to date.
    #[error(
        "migrating the schema: {0}: the database is not one of this program's; update the program or use a fresh --home"
    )]
    Migrate(#[from] sqlx::migrate::MigrateError),
    /// There is no password to sign in with.
    #[error("signing in to Postgres: {0}")]
    Password(String),
    /// The ledger holds something that the program does not know.
    #[error("the ledger holds {0}, which this program does not know: update the program")]
    Unknown(String),
}

/// Gives a password that is good now.
pub type Passwords = Box<dyn Fn() -> Password + Send + Sync>;
/// A password to come, or why there is none.
pub type Password = Pin<Box<dyn Future<Output = Result<SecretString, String>> + Send>>;

/// How to connect.
pub struct Connect<'a> {
    /// `postgres://…`
    pub url: &'a str,
    /// Most connections at once.
    pub max_connections: u32,
    /// How long to wait for a connection.
    pub patience: Duration,
    /// Where passwords that end come from; `None`: the one in the URL.
    pub passwords: Option<Passwords>,
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
    open(Connect { url, max_connections, patience: Duration::from_secs(10), passwords: None }).await
}

/// Connects and brings the schema up to date. Passwords that end are asked for again every [`RENEWAL`], so that each new
/// connection signs in with a fresh one; connections that are open stay so.
///
/// # Errors
/// Postgres does not answer in time, a migration fails, or there is no password.
pub async fn open(connect: Connect<'_>) -> Result<PgPool, LedgerError> {
    // A program that stands still in the middle of a change must not keep the others from theirs.
    let bounds = [("idle_in_transaction_session_timeout", "30s")];
    let mut options = PgConnectOptions::from_str(connect.url)?.options(bounds);
    if let Some(passwords) = &connect.passwords {
        let password = passwords().await.map_err(LedgerError::Password)?;
        options = options.password(password.expose_secret());
    }
    let first = PgPoolOptions::new().max_connections(1).acquire_timeout(Duration::from_secs(10));
    let first = first.connect_with(options.clone()).await?;
    MIGRATIONS.run(&first).await?;
    first.close().await;
    let pool =
        PgPoolOptions::new().max_connections(connect.max_connections).acquire_timeout(connect.patience);
    let pool = pool.connect_with(options.clone()).await?;
    if let Some(passwords) = connect.passwords {
        tokio::spawn(renew(pool.clone(), options, passwords));
    }
    Ok(pool)
}

async fn renew(pool: PgPool, options: PgConnectOptions, passwords: Passwords) {
    while !pool.is_closed() {
        tokio::time::sleep(RENEWAL).await;
        match passwords().await {
            Ok(next) => pool.set_connect_options(options.clone().password(next.expose_secret())),
            Err(error) => tracing::error!(error, "no new password for Postgres; open connections go on"),
        }
    }
}
