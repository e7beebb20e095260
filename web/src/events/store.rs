//! All SQL of events.

use sqlx::PgPool;
use sqlx::postgres::PgListener;

use crate::api::rows::PublicationV1;

/// What publishing notifies.
const CHANNEL: &str = "slot_published";
/// Most publications that are told at once; who was away for longer looks them up.
const CAUGHT_UP: i64 = 100;

/// A connection that hears of publications.
///
/// # Errors
/// Postgres fails.
pub async fn listener(pool: &PgPool) -> sqlx::Result<PgListener> {
    let mut listener = PgListener::connect_with(pool).await?;
    listener.listen(CHANNEL).await?;
    Ok(listener)
}

/// Publications after an id, oldest first.
///
/// # Errors
/// Postgres fails.
pub async fn publications_after(pool: &PgPool, id: i64) -> sqlx::Result<Vec<PublicationV1>> {
    sqlx::query_as(
        "select id, slot, version, closes_at, published_at, partial, manifest_sha256 from publications
         where id > $1 order by id limit $2",
    )
    .bind(id)
    .bind(CAUGHT_UP)
    .fetch_all(pool)
    .await
}

/// The id of the newest publication; 0 without any.
///
/// # Errors
/// Postgres fails.
pub async fn newest_id(pool: &PgPool) -> sqlx::Result<i64> {
    sqlx::query_scalar("select coalesce(max(id), 0) from publications").fetch_one(pool).await
}
