//! All SQL of live prices: notifications, no table.

use sqlx::PgPool;
use sqlx::postgres::PgListener;

/// What instances notify each other on.
const CHANNEL: &str = "live_quotes";

/// Notifies the other instances.
///
/// # Errors
/// Postgres fails, or the text is longer than 8,000 bytes.
pub async fn notify(pool: &PgPool, text: &str) -> sqlx::Result<()> {
    sqlx::query("select pg_notify($1, $2)").bind(CHANNEL).bind(text).execute(pool).await?;
    Ok(())
}

/// A connection that hears the other instances.
///
/// # Errors
/// Postgres fails.
pub async fn listener(pool: &PgPool) -> sqlx::Result<PgListener> {
    let mut listener = PgListener::connect_with(pool).await?;
    listener.listen(CHANNEL).await?;
    Ok(listener)
}
