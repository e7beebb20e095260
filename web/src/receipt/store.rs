//! All SQL of receipts.

use chrono::{DateTime, Utc};
use sqlx::types::Json;
use sqlx::{FromRow, PgPool};

use super::{BarSpan, StageTimes};
use crate::api::rows::DocumentV1;
use crate::market::store::{ForecastRow, RiskRow, SentimentRow, SignalRow};

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
    /// The stages of its run in order; none where the ledger does not know it.
    pub stages: Json<Vec<StageTimes>>,
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
                published_at, manifest_sha256, coverage, lineage,
                (select coalesce(json_agg(s order by array_position(array['collect', 'split', 'predict', 'publish'], s.stage)), '[]')
                 from stages s where s.slot = publications.closes_at) as stages
         from publications where slot = $1 and ($2::int is null or version = $2) order by version desc limit 1",
    )
    .bind(slot)
    .bind(version)
    .fetch_optional(pool)
    .await
}

/// Which values of an asset are wanted: what a reader may not see is not read.
#[derive(Debug, Clone, Copy)]
pub struct Wanted {
    /// The sentiment.
    pub sentiment: bool,
    /// The documents behind it.
    pub documents: bool,
    /// The forecast.
    pub forecast: bool,
    /// The signals.
    pub signals: bool,
    /// The risk.
    pub risk: bool,
    /// The bars.
    pub bars: bool,
}

/// The values that were wanted: one row.
#[derive(Debug, FromRow)]
pub struct ValuesRow {
    /// The sentiment, where there is one.
    pub sentiment: Option<Json<SentimentRow>>,
    /// The documents with the most weight first, noise left out.
    pub documents: Option<Json<Vec<DocumentV1>>>,
    /// The forecast by horizon.
    pub forecast: Option<Json<Vec<ForecastRow>>>,
    /// The signals by name.
    pub signals: Option<Json<Vec<SignalRow>>>,
    /// The risk by horizon and confidence.
    pub risk: Option<Json<Vec<RiskRow>>>,
    /// The bars up to the day of the publication.
    pub bars: Option<Json<BarSpan>>,
}

/// One asset's values in one publication.
///
/// # Errors
/// Postgres fails.
pub async fn values(
    pool: &PgPool,
    publication: &PublishedRow,
    symbol: &str,
    wanted: Wanted,
    most: i64,
) -> sqlx::Result<ValuesRow> {
    sqlx::query_as(
        "select
            case when $4 then (select to_jsonb(s) || jsonb_build_object('closes_at', $3::timestamptz) from sentiments s
                where s.publication_id = $1 and s.symbol = $2) end as sentiment,
            case when $5 then (
                select coalesce(json_agg(d order by d.weight desc nulls last, d.kind, d.source, d.id), '[]') from (
                    select kind, source, id, said_at, outlet, text, score, weight, $3::timestamptz as collected_for,
                           case when url ~ '^https?://' then url end as url
                    from documents where publication_id = $1 and symbol = $2 and noise is null
                    order by weight desc nulls last, kind, source, id limit $10) d) end as documents,
            case when $6 then (select coalesce(json_agg(f order by f.horizon), '[]') from forecasts f
                where publication_id = $1 and symbol = $2) end as forecast,
            case when $7 then (select coalesce(json_agg(s order by s.name), '[]') from signals s
                where publication_id = $1 and symbol = $2) end as signals,
            case when $8 then (select coalesce(json_agg(r order by r.horizon, r.confidence), '[]') from risks r
                where publication_id = $1 and symbol = $2) end as risk,
            case when $9 then (select to_jsonb(b) from (
                select count(*) as bars, min(traded_on) as first_on, max(traded_on) as last_on, max(stated_at) as stated_at
                from daily_bars where symbol = $2 and traded_on <= ($3::timestamptz at time zone 'UTC')::date) b) end as bars",
    )
    .bind(publication.id)
    .bind(symbol)
    .bind(publication.closes_at)
    .bind(wanted.sentiment)
    .bind(wanted.documents)
    .bind(wanted.forecast)
    .bind(wanted.signals)
    .bind(wanted.risk)
    .bind(wanted.bars)
    .bind(most)
    .fetch_one(pool)
    .await
}
