//! Lists that are read page by page, each from a position on.

use chrono::{DateTime, NaiveDate, Utc};
use sqlx::{FromRow, PgPool};

use crate::api::rows::{DocumentV1, OutcomeV1, PublicationV1};
use crate::market::store::Publication;

/// Where a list of documents goes on: written when, kind, source, id.
pub type DocumentPosition = (DateTime<Utc>, String, String, String);

/// What documents are asked for.
#[derive(Debug, Default)]
pub struct DocumentFilter<'a> {
    /// Only this kind.
    pub kind: Option<&'a str>,
    /// Not written before.
    pub from: Option<DateTime<Utc>>,
    /// Written before.
    pub before: Option<DateTime<Utc>>,
    /// Collected for the slot that closed then.
    pub collected_for: Option<DateTime<Utc>>,
    /// After this one.
    pub after: Option<DocumentPosition>,
}

/// One asset's documents without noise, newest first; each slot's newest version counts.
///
/// # Errors
/// Postgres fails.
pub async fn documents(
    pool: &PgPool,
    symbol: &str,
    filter: &DocumentFilter<'_>,
    limit: i64,
) -> sqlx::Result<Vec<DocumentV1>> {
    let after = filter.after.as_ref();
    sqlx::query_as(
        "select d.kind, d.source, d.id, d.said_at, d.outlet, d.text, d.url, d.score, d.weight,
                p.closes_at as collected_for
         from documents d join publications p on p.id = d.publication_id
         where d.symbol = $1 and d.noise is null and ($2::text is null or d.kind = $2)
           and ($3::timestamptz is null or d.said_at >= $3) and ($4::timestamptz is null or d.said_at < $4)
           and ($5::timestamptz is null or p.closes_at = $5)
           and ($6::timestamptz is null or d.said_at < $6
                or d.said_at = $6 and (d.kind, d.source, d.id) > ($7, $8, $9))
           and not exists (select from publications n where n.slot = p.slot and n.version > p.version)
         order by d.said_at desc, d.kind, d.source, d.id limit $10",
    )
    .bind(symbol)
    .bind(filter.kind)
    .bind(filter.from)
    .bind(filter.before)
    .bind(filter.collected_for)
    .bind(after.map(|a| a.0))
    .bind(after.map(|a| a.1.as_str()))
    .bind(after.map(|a| a.2.as_str()))
    .bind(after.map(|a| a.3.as_str()))
    .bind(limit)
    .fetch_all(pool)
    .await
}

/// Where a list of outcomes goes on: due when, symbol, horizon, publication.
pub type OutcomePosition = (NaiveDate, String, i32, i64);

/// An outcome with the publication that it belongs to.
#[derive(Debug, FromRow)]
pub struct OutcomeRow {
    /// The forecast's publication.
    pub publication_id: i64,
    /// The outcome.
    #[sqlx(flatten)]
    pub outcome: OutcomeV1,
}

/// Scored forecasts, newest first.
///
/// # Errors
/// Postgres fails.
pub async fn outcomes(
    pool: &PgPool,
    symbol: Option<&str>,
    horizon: Option<i32>,
    after: Option<&OutcomePosition>,
    limit: i64,
) -> sqlx::Result<Vec<OutcomeRow>> {
    sqlx::query_as(
        "select o.publication_id, o.symbol, p.slot, o.horizon, o.traded_on, f.last_close, f.q10, f.q50, f.q90, o.actual,
                o.inside_80, o.inside_95, o.error, o.walk_error
         from forecast_outcomes o
         join forecasts f using (publication_id, symbol, horizon)
         join publications p on p.id = o.publication_id
         where ($1::text is null or o.symbol = $1) and ($2::int is null or o.horizon = $2)
           and ($3::date is null or o.traded_on < $3
                or o.traded_on = $3 and (o.symbol, o.horizon, o.publication_id) > ($4, $5, $6))
         order by o.traded_on desc, o.symbol, o.horizon, o.publication_id limit $7",
    )
    .bind(symbol)
    .bind(horizon)
    .bind(after.map(|a| a.0))
    .bind(after.map(|a| a.1.as_str()))
    .bind(after.map(|a| a.2))
    .bind(after.map(|a| a.3))
    .bind(limit)
    .fetch_all(pool)
    .await
}

/// Publications before an id, newest first.
///
/// # Errors
/// Postgres fails.
pub async fn publications(
    pool: &PgPool,
    before: Option<i64>,
    limit: i64,
) -> sqlx::Result<Vec<PublicationV1>> {
    sqlx::query_as(
        "select id, slot, version, closes_at, published_at, partial, manifest_sha256 from publications
         where $1::bigint is null or id < $1 order by id desc limit $2",
    )
    .bind(before)
    .bind(limit)
    .fetch_all(pool)
    .await
}

/// The newest version of a slot.
///
/// # Errors
/// Postgres fails.
pub async fn publication_of(pool: &PgPool, slot: &str) -> sqlx::Result<Option<Publication>> {
    sqlx::query_as(
        "select id, slot, version, closes_at, coverage, manifest_sha256 from publications
         where slot = $1 order by version desc limit 1",
    )
    .bind(slot)
    .fetch_optional(pool)
    .await
}
