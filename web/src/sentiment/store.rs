//! All SQL of what lies behind a score.

use chrono::{DateTime, Utc};
use serde::Deserialize;
use serde_json::Value;
use sqlx::types::Json;
use sqlx::{FromRow, PgPool};

/// Documents of one kind in one slot of one source.
#[derive(Debug, Clone, FromRow, Deserialize)]
pub struct VolumeRow {
    /// The slot's close.
    pub closes_at: DateTime<Utc>,
    /// The asset.
    pub symbol: String,
    /// The source.
    pub source: String,
    /// `post` or `article`.
    pub kind: String,
    /// All documents.
    pub documents: i64,
    /// Those without noise.
    pub organic: i64,
    /// Their weighted mean score; `None`: there are none.
    pub score: Option<f64>,
    /// Their share in the asset's score.
    pub weight: f64,
    /// `{reason: how many}`.
    pub noise: Value,
}

/// A document with what it adds to a score, or why it adds nothing.
#[derive(Debug, Clone, Deserialize)]
pub struct PartRow {
    /// `post` or `article`.
    pub kind: String,
    /// Its source.
    pub source: String,
    /// When it was written.
    pub said_at: DateTime<Utc>,
    /// An article's outlet, a post's author.
    pub outlet: Option<String>,
    /// A post's text, an article's headline; `None`: may not be shown.
    pub text: Option<String>,
    /// Link.
    pub url: Option<String>,
    /// Its score.
    pub score: Option<f64>,
    /// Its share in the asset's score.
    pub weight: Option<f64>,
    /// Its share in the score with noise; `None`: not known.
    pub weight_raw: Option<f64>,
    /// Why it is noise.
    pub noise: Option<String>,
    /// `[[word, weight], …]`: what its score is made of.
    pub words: Option<Value>,
    /// Link of the document that it repeats.
    pub original_url: Option<String>,
    /// When that was written; `None`: it is not known to us.
    pub original_said_at: Option<DateTime<Utc>>,
}

/// Whether the mood of one source, or of all, leads the price.
#[derive(Debug, Clone, Deserialize)]
pub struct LeadRow {
    /// `all`, or one source.
    pub source: String,
    /// Days that both series have.
    pub observations: i32,
    /// `[[lag in days, correlation, low, high], …]`; above 0 the mood comes first.
    pub lags: Value,
    /// How surprising the order mood before price is, by Granger's test.
    pub mood_first_p: Option<f64>,
    /// The same, corrected for all that was looked at.
    pub mood_first_q: Option<f64>,
    /// The order price before mood.
    pub price_first_p: Option<f64>,
    /// The same, corrected.
    pub price_first_q: Option<f64>,
    /// `too-few`, `no-evidence`, `mood-first`, `price-first` or `both`.
    pub verdict: String,
}

/// The market's mood at one slot, as sums over its assets.
#[derive(Debug, Clone, FromRow)]
pub struct MarketRow {
    /// The slot's close.
    pub closes_at: DateTime<Utc>,
    /// Sum of the weights: documents of the assets that have a score.
    pub weight: f64,
    /// Sum of weight times score.
    pub sum: f64,
    /// Sum of the squares of weight times half the interval.
    pub squares: f64,
    /// Assets that have a score.
    pub assets: i64,
    /// Documents behind the scores.
    pub documents: i64,
    /// Documents left out as noise.
    pub noise: i64,
    /// Mean with noise left in, weighted by all documents.
    pub raw: Option<f64>,
}

/// What lies behind the score of one asset in one slot: one row.
#[derive(Debug, FromRow)]
pub struct BehindRow {
    /// Volumes of the slots that close in (`after`, `until`], oldest first.
    pub volumes: Json<Vec<VolumeRow>>,
    /// The documents of the slot that closed at `until`: the heaviest first, noise last.
    pub parts: Json<Vec<PartRow>>,
    /// Leads in the newest publication, all sources together first.
    pub leads: Json<Vec<LeadRow>>,
}

/// What lies behind the score of one asset in the slot that closed at `until`, whose leads are those of `newest_id`.
///
/// # Errors
/// Postgres fails.
pub async fn behind(
    pool: &PgPool,
    newest_id: i64,
    symbol: &str,
    (after, until): (DateTime<Utc>, DateTime<Utc>),
) -> sqlx::Result<BehindRow> {
    sqlx::query_as(
        "select
            (select coalesce(json_agg(v order by v.closes_at, v.kind desc, v.source), '[]') from (
                select p.closes_at, v.symbol, v.source, v.kind, v.documents, v.organic, v.score, v.weight, v.noise
                from publications p join volumes v on v.publication_id = p.id and v.symbol = $1
                where p.closes_at > $2 and p.closes_at <= $3
                  and not exists (select from publications n where n.slot = p.slot and n.version > p.version)) v) as volumes,
            (select coalesce(json_agg(d order by d.weight desc nulls last, d.source, d.id), '[]') from (
                select d.kind, d.source, d.id, d.said_at, d.outlet, d.text, d.url, d.score, d.weight,
                       d.weight_raw, d.noise, d.words,
                       o.url as original_url, o.said_at as original_said_at
                from documents d
                left join lateral (
                    select url, said_at from documents
                    where source = split_part(d.duplicate_of, '/', 1)
                      and id = substr(d.duplicate_of, strpos(d.duplicate_of, '/') + 1)
                      and symbol = d.symbol and kind = d.kind
                    order by publication_id desc limit 1) o on d.duplicate_of is not null
                where d.symbol = $1 and d.publication_id = (
                    select id from publications where closes_at = $3 order by version desc limit 1)) d) as parts,
            (select coalesce(json_agg(l order by l.source <> 'all', l.source), '[]') from leads l
             where publication_id = $4 and symbol = $1) as leads",
    )
    .bind(symbol)
    .bind(after)
    .bind(until)
    .bind(newest_id)
    .fetch_one(pool)
    .await
}

/// All assets' volumes in one publication.
///
/// # Errors
/// Postgres fails.
pub async fn all_volumes(pool: &PgPool, publication_id: i64) -> sqlx::Result<Vec<VolumeRow>> {
    sqlx::query_as(
        "select p.closes_at, v.symbol, v.source, v.kind, v.documents, v.organic, v.score, v.weight, v.noise
         from volumes v join publications p on p.id = v.publication_id
         where v.publication_id = $1 order by v.kind desc, v.source, v.symbol",
    )
    .bind(publication_id)
    .fetch_all(pool)
    .await
}

/// The market's mood at each slot that closed at `since` or later, oldest first.
///
/// # Errors
/// Postgres fails.
pub async fn market(pool: &PgPool, since: DateTime<Utc>) -> sqlx::Result<Vec<MarketRow>> {
    sqlx::query_as(
        "select p.closes_at,
                coalesce(sum(n.organic) filter (where s.score is not null), 0)::float8 as weight,
                coalesce(sum(n.organic * s.score), 0)::float8 as sum,
                coalesce(sum((n.organic * coalesce((s.high - s.low) / 2, 0)) ^ 2)
                    filter (where s.score is not null), 0)::float8 as squares,
                count(s.score) as assets,
                coalesce(sum(n.organic) filter (where s.score is not null), 0)::bigint as documents,
                coalesce(sum(n.total - n.organic), 0)::bigint as noise,
                (sum(n.total * s.score_raw) / nullif(sum(n.total) filter (where s.score_raw is not null), 0))::float8
                    as raw
         from publications p
         join sentiments s on s.publication_id = p.id
         cross join lateral (select (s.posts_organic + s.articles_organic)::float8 as organic,
                                    (s.posts + s.articles)::float8 as total) n
         where p.closes_at >= $1
           and not exists (select from publications later where later.slot = p.slot and later.version > p.version)
         group by p.closes_at order by p.closes_at",
    )
    .bind(since)
    .fetch_all(pool)
    .await
}
