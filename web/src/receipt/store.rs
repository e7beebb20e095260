//! All SQL of receipts.

use chrono::{DateTime, NaiveDate, Utc};
use sqlx::{FromRow, PgPool};

use super::{BarSpan, StageTimes};
use crate::api::rows::DocumentV1;
use crate::market::store::SentimentRow;

/// A publication with all that is kept of it.
#[derive(Debug, FromRow)]
pub struct PublishedRow {
    /// Its id.
    pub id: i64,
    /// Version, from 1.
    pub version: i32,
    /// The slot's newest version.
    pub newest_version: i32,
    /// As of this instant.
    pub closes_at: DateTime<Utc>,
    /// When it was published.
    pub published_at: DateTime<Utc>,
    /// Sha256 of the predictions manifest.
    pub manifest_sha256: String,
    /// What is missing.
    pub coverage: serde_json::Value,
    /// Where its values come from.
    pub lineage: Option<serde_json::Value>,
}

/// A slot's publication: this version of it, or the newest.
///
/// # Errors
/// Postgres fails.
pub async fn publication(
    pool: &PgPool,
    slot: &str,
    version: Option<i32>,
) -> sqlx::Result<Option<PublishedRow>> {
    sqlx::query_as(
        "select id, version, (select max(version) from publications where slot = $1) as newest_version, closes_at,
                published_at, manifest_sha256, coverage, lineage
         from publications where slot = $1 and ($2::int is null or version = $2) order by version desc limit 1",
    )
    .bind(slot)
    .bind(version)
    .fetch_optional(pool)
    .await
}

/// The stages of a slot's run in order; none where the ledger does not know it.
///
/// # Errors
/// Postgres fails.
pub async fn stages(pool: &PgPool, closes_at: DateTime<Utc>) -> sqlx::Result<Vec<StageTimes>> {
    sqlx::query_as(
        "select stage, state, attempt, started_at, finished_at from stages where slot = $1
         order by array_position(array['collect', 'split', 'predict', 'publish'], stage)",
    )
    .bind(closes_at)
    .fetch_all(pool)
    .await
}

/// One asset's sentiment in one publication.
///
/// # Errors
/// Postgres fails.
pub async fn sentiment(
    pool: &PgPool,
    publication_id: i64,
    symbol: &str,
) -> sqlx::Result<Option<SentimentRow>> {
    sqlx::query_as(
        "select s.*, p.closes_at from sentiments s join publications p on p.id = s.publication_id
         where s.publication_id = $1 and s.symbol = $2",
    )
    .bind(publication_id)
    .bind(symbol)
    .fetch_optional(pool)
    .await
}

/// The documents behind an asset's score in one publication, those with the most weight first, noise left out.
///
/// # Errors
/// Postgres fails.
pub async fn documents(
    pool: &PgPool,
    publication_id: i64,
    symbol: &str,
    limit: i64,
) -> sqlx::Result<Vec<DocumentV1>> {
    sqlx::query_as(
        "select d.kind, d.source, d.id, d.said_at, d.outlet, d.text, d.score, d.weight, p.closes_at as collected_for,
                case when d.url ~ '^https?://' then d.url end as url
         from documents d join publications p on p.id = d.publication_id
         where d.publication_id = $1 and d.symbol = $2 and d.noise is null
         order by d.weight desc nulls last, d.kind, d.source, d.id limit $3",
    )
    .bind(publication_id)
    .bind(symbol)
    .bind(limit)
    .fetch_all(pool)
    .await
}

/// The bars of an asset up to a day.
///
/// # Errors
/// Postgres fails.
pub async fn bar_span(pool: &PgPool, symbol: &str, up_to: NaiveDate) -> sqlx::Result<BarSpan> {
    sqlx::query_as(
        "select count(*) as bars, min(traded_on) as first_on, max(traded_on) as last_on, max(stated_at) as stated_at
         from daily_bars where symbol = $1 and traded_on <= $2",
    )
    .bind(symbol)
    .bind(up_to)
    .fetch_one(pool)
    .await
}
