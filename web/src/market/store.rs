//! All SQL that reads what has been published.

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use sqlx::types::Json;
use sqlx::{FromRow, PgPool};

/// Closes behind a sparkline.
const SPARK_CLOSES: i64 = 30;
/// Slots of an asset's sentiment history: five years.
const HISTORY_SLOTS: i64 = 7300;
/// Daily bars of an asset: five years.
const BARS: i64 = 1830;
/// Documents of each kind on a page.
pub const DOCUMENTS: i64 = 60;

/// A publication: one version of one slot.
#[derive(Debug, Clone, FromRow, Deserialize)]
pub struct Publication {
    /// Its id.
    pub id: i64,
    /// Its slot's name.
    pub slot: String,
    /// Version, from 1.
    pub version: i32,
    /// As of this instant.
    pub closes_at: DateTime<Utc>,
    /// What is missing, as [`crate::publish::coverage::Coverage`].
    pub coverage: serde_json::Value,
    /// Sha256 of the predictions manifest.
    pub manifest_sha256: String,
}

/// An asset's public description.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct AssetRow {
    /// Canonical symbol.
    pub symbol: String,
    /// Full name.
    pub name: String,
    /// `equity`, `crypto`, `fx` or `index`.
    pub class: String,
    /// Exchange or country.
    pub exchange: String,
    /// Other names.
    #[serde(skip_serializing)]
    pub aliases: Vec<String>,
}

/// One asset's sentiment at one slot.
#[derive(Debug, Clone, FromRow, Deserialize)]
pub struct SentimentRow {
    /// The asset.
    pub symbol: String,
    /// The slot's close.
    pub closes_at: DateTime<Utc>,
    /// Place by documents of the last day.
    pub rank: i32,
    /// Documents of the last day, without noise.
    pub documents_day: i64,
    /// Mean score; `None`: too few documents.
    pub score: Option<f64>,
    /// Lower end of the 95 % interval.
    pub low: Option<f64>,
    /// Upper end.
    pub high: Option<f64>,
    /// The mean with noise left in.
    pub score_raw: Option<f64>,
    /// Posts with noise.
    pub posts: i64,
    /// Posts without.
    pub posts_organic: i64,
    /// Articles with noise.
    pub articles: i64,
    /// Articles without.
    pub articles_organic: i64,
    /// Share of positive documents.
    pub positive: Option<f64>,
    /// Share of negative documents.
    pub negative: Option<f64>,
    /// The model.
    pub model: String,
}

/// One daily bar.
#[derive(Debug, Clone, FromRow, Serialize, Deserialize)]
pub struct BarRow {
    /// The asset.
    #[serde(skip_serializing)]
    pub symbol: String,
    /// The trading day.
    #[serde(rename(serialize = "time"))]
    pub traded_on: NaiveDate,
    /// First price.
    pub open: f64,
    /// Highest price.
    pub high: f64,
    /// Lowest price.
    pub low: f64,
    /// Last price.
    pub close: f64,
    /// Last price, adjusted.
    pub adj_close: Option<f64>,
    /// Traded amount.
    pub volume: Option<f64>,
}

impl BarRow {
    /// The close that returns are computed from.
    pub fn basis(&self) -> f64 {
        self.adj_close.unwrap_or(self.close)
    }
}

/// One horizon of a forecast.
#[derive(Debug, Clone, FromRow, Serialize, Deserialize)]
#[allow(missing_docs, reason = "the fields are those of domain::prediction::Forecast")]
pub struct ForecastRow {
    pub horizon: i32,
    pub target_on: NaiveDate,
    pub last_on: NaiveDate,
    pub last_close: f64,
    pub q025: f64,
    pub q10: f64,
    pub q50: f64,
    pub q90: f64,
    pub q975: f64,
    pub rw_q025: f64,
    pub rw_q10: f64,
    pub rw_q90: f64,
    pub rw_q975: f64,
    pub model: String,
    pub skill: Option<f64>,
    pub skill_low: Option<f64>,
    pub skill_high: Option<f64>,
    pub coverage_80: Option<f64>,
    pub coverage_95: Option<f64>,
    pub evaluated: i64,
}

/// One signal.
#[derive(Debug, Clone, FromRow, Serialize, Deserialize)]
#[allow(missing_docs, reason = "the fields are those of domain::prediction::Signal")]
pub struct SignalRow {
    pub name: String,
    pub side: String,
    pub strength: f64,
    pub reason: String,
}

/// One confidence level of the risk.
#[derive(Debug, Clone, FromRow, Serialize, Deserialize)]
#[allow(missing_docs, reason = "the fields are those of domain::prediction::Risk")]
pub struct RiskRow {
    pub confidence: f64,
    pub horizon: i32,
    pub value_at_risk: f64,
    pub standard_error: f64,
    pub expected_shortfall: f64,
    pub closed_form: f64,
    pub historical: f64,
    pub simulations: i64,
    pub returns: i64,
    pub seed: i64,
}

/// One document behind a score.
#[derive(Debug, Clone, FromRow, Deserialize)]
pub struct DocumentRow {
    /// Close of the slot in which it was collected.
    pub closes_at: DateTime<Utc>,
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
    /// Why it is noise.
    pub noise: Option<String>,
}

/// What the site knows at all times: one row.
#[derive(Debug, FromRow)]
pub struct EditionRow {
    /// The newest publication: of the latest slot, its latest version.
    pub publication: Option<Json<Publication>>,
    /// The id of the publication that was made last, which may be of an older slot; 0 without any.
    pub last_id: i64,
    /// The table of entitlements.
    pub entitlements: Json<Vec<EntitlementRow>>,
    /// The tiers in rising order.
    pub tiers: Json<Vec<TierRow>>,
    /// Slots that were published for the newest slot or later and are held back, oldest first; ten at most.
    pub held: Vec<String>,
}

/// What the site knows at all times.
///
/// # Errors
/// Postgres fails.
pub async fn edition(pool: &PgPool) -> sqlx::Result<EditionRow> {
    sqlx::query_as(
        "select
            (select to_jsonb(p) from (
                select id, slot, version, closes_at, coverage, manifest_sha256 from publications
                order by closes_at desc, version desc limit 1) p) as publication,
            (select coalesce(max(id), 0) from publications) as last_id,
            (select coalesce(json_agg(e), '[]') from entitlements e) as entitlements,
            (select coalesce(json_agg(x order by x.rank), '[]') from (
                select t.tier, t.rank, coalesce(m.unit_amount_cents, t.monthly_cents) as monthly_cents,
                    coalesce(y.unit_amount_cents, t.yearly_cents) as yearly_cents, t.currency, t.alerts, t.api_calls, t.exports
                from tiers t
                left join prices m on (m.tier, m.interval, m.currency) = (t.tier, 'month', t.currency) and m.retired_at is null
                left join prices y on (y.tier, y.interval, y.currency) = (t.tier, 'year', t.currency) and y.retired_at is null
             ) x) as tiers,
            (select coalesce(array_agg(h.slot order by h.slot), '{}') from (
                select distinct m.slot from publications_made m
                join publication_holds h on h.slot = m.slot and h.released_at is null
                    and (h.version is null or h.version = m.version)
                where m.closes_at >= coalesce((select max(closes_at) from publications), '-infinity')
                order by m.slot limit 10) h) as held",
    )
    .fetch_one(pool)
    .await
}

/// What the front page rests on: one row.
#[derive(Debug, FromRow)]
pub struct FrontRows {
    /// All assets.
    pub assets: Json<Vec<AssetRow>>,
    /// Every asset's sentiment in the publication and in those of six hours and a day before, the most mentioned first.
    pub sentiments: Json<Vec<SentimentRow>>,
    /// The last closes of the assets that the publication mentions, oldest first.
    pub bars: Json<Vec<BarRow>>,
}

/// What the front page of a publication rests on.
///
/// # Errors
/// Postgres fails.
pub async fn front(pool: &PgPool, publication: &Publication) -> sqlx::Result<FrontRows> {
    sqlx::query_as(
        "with shown as (
            select $1::bigint as id, $2::timestamptz as closes_at
            union all
            select newest.id, newest.closes_at from unnest(array[interval '6 hours', interval '24 hours']) as ago (ago)
            cross join lateral (
                select id, closes_at from publications where closes_at = $2 - ago.ago order by version desc limit 1) newest)
         select
            (select coalesce(json_agg(a), '[]') from assets a) as assets,
            (select coalesce(json_agg(m order by m.rank), '[]') from (
                select s.*, shown.closes_at from shown join sentiments s on s.publication_id = shown.id) m) as sentiments,
            (select coalesce(json_agg(b order by b.symbol, b.traded_on), '[]') from (
                select last.* from sentiments wanted
                cross join lateral (
                    select symbol, traded_on, open, high, low, close, adj_close, volume from daily_bars
                    where daily_bars.symbol = wanted.symbol order by traded_on desc limit $3) last
                where wanted.publication_id = $1) b) as bars",
    )
    .bind(publication.id)
    .bind(publication.closes_at)
    .bind(SPARK_CLOSES)
    .fetch_one(pool)
    .await
}

/// The newest version of the slot that closed at `closes_at`, if it was published.
///
/// # Errors
/// Postgres fails.
pub async fn publication_at(pool: &PgPool, closes_at: DateTime<Utc>) -> sqlx::Result<Option<i64>> {
    sqlx::query_scalar("select id from publications where closes_at = $1 order by version desc limit 1")
        .bind(closes_at)
        .fetch_optional(pool)
        .await
}

/// All that is known of one asset: one row.
#[derive(Debug, FromRow)]
pub struct DossierRow {
    /// Daily bars, oldest first.
    pub bars: Json<Vec<BarRow>>,
    /// Sentiment in the publication.
    pub sentiment: Option<Json<SentimentRow>>,
    /// Newest articles, noise left out.
    pub articles: Json<Vec<DocumentRow>>,
    /// Newest posts, noise left out.
    pub posts: Json<Vec<DocumentRow>>,
    /// Forecast by horizon.
    pub forecast: Json<Vec<ForecastRow>>,
    /// Signals by name.
    pub signals: Json<Vec<SignalRow>>,
    /// Risk by horizon and confidence.
    pub risks: Json<Vec<RiskRow>>,
}

/// All that is known of one asset as of one publication.
///
/// # Errors
/// Postgres fails.
pub async fn dossier(pool: &PgPool, publication_id: i64, symbol: &str) -> sqlx::Result<DossierRow> {
    sqlx::query_as(
        "with shown as (
            select p.closes_at, d.kind, d.source, d.id, d.said_at, d.outlet, d.text, d.url, d.score, d.weight, d.noise
            from unnest(array['article', 'post']) as wanted (kind)
            cross join lateral (
                select * from documents
                where symbol = $2 and documents.kind = wanted.kind and noise is null
                  and not exists (
                    select from publications own join publications n on n.slot = own.slot and n.version > own.version
                    where own.id = documents.publication_id)
                order by said_at desc, source, id limit $4) d
            join publications p on p.id = d.publication_id)
         select
            (select coalesce(json_agg(b order by b.traded_on), '[]') from (
                select symbol, traded_on, open, high, low, close, adj_close, volume from daily_bars
                where symbol = $2 order by traded_on desc limit $3) b) as bars,
            (select to_json(h) from (
                select s.*, p.closes_at from sentiments s join publications p on p.id = s.publication_id
                where s.publication_id = $1 and s.symbol = $2) h) as sentiment,
            (select coalesce(json_agg(d order by d.said_at desc, d.source, d.id), '[]') from shown d
             where kind = 'article') as articles,
            (select coalesce(json_agg(d order by d.said_at desc, d.source, d.id), '[]') from shown d
             where kind = 'post') as posts,
            (select coalesce(json_agg(f order by f.horizon), '[]') from forecasts f
             where publication_id = $1 and symbol = $2) as forecast,
            (select coalesce(json_agg(s order by s.name), '[]') from signals s
             where publication_id = $1 and symbol = $2) as signals,
            (select coalesce(json_agg(r order by r.horizon, r.confidence), '[]') from risks r
             where publication_id = $1 and symbol = $2) as risks",
    )
    .bind(publication_id)
    .bind(symbol)
    .bind(BARS)
    .bind(DOCUMENTS)
    .fetch_one(pool)
    .await
}

/// One asset's sentiment slot by slot, each slot's newest version, the newest first.
///
/// # Errors
/// Postgres fails.
pub async fn history(pool: &PgPool, symbol: &str) -> sqlx::Result<Vec<SentimentRow>> {
    sqlx::query_as(
        "select distinct on (p.closes_at) s.*, p.closes_at from sentiments s join publications p on p.id = s.publication_id
         where s.symbol = $1 order by p.closes_at desc, p.version desc limit $2",
    )
    .bind(symbol)
    .bind(HISTORY_SLOTS)
    .fetch_all(pool)
    .await
}

/// One asset's documents of one kind, newest first, noise left out.
///
/// # Errors
/// Postgres fails.
pub async fn documents(
    pool: &PgPool,
    symbol: &str,
    kind: &str,
    before: Option<DateTime<Utc>>,
) -> sqlx::Result<Vec<DocumentRow>> {
    // A slot's newest version counts; a document is collected in one slot only.
    sqlx::query_as(
        "select p.closes_at, d.kind, d.source, d.said_at, d.outlet, d.text, d.url, d.score, d.weight, d.noise
         from documents d join publications p on p.id = d.publication_id
         where d.symbol = $1 and d.kind = $2 and d.noise is null and ($3::timestamptz is null or d.said_at < $3)
           and not exists (select from publications n where n.slot = p.slot and n.version > p.version)
         order by d.said_at desc, d.source, d.id limit $4",
    )
    .bind(symbol)
    .bind(kind)
    .bind(before)
    .bind(DOCUMENTS)
    .fetch_all(pool)
    .await
}

/// One asset's forecast in one publication, by horizon.
///
/// # Errors
/// Postgres fails.
pub async fn forecast(pool: &PgPool, publication_id: i64, symbol: &str) -> sqlx::Result<Vec<ForecastRow>> {
    sqlx::query_as("select * from forecasts where publication_id = $1 and symbol = $2 order by horizon")
        .bind(publication_id)
        .bind(symbol)
        .fetch_all(pool)
        .await
}

/// One asset's signals in one publication.
///
/// # Errors
/// Postgres fails.
pub async fn signals(pool: &PgPool, publication_id: i64, symbol: &str) -> sqlx::Result<Vec<SignalRow>> {
    sqlx::query_as("select * from signals where publication_id = $1 and symbol = $2 order by name")
        .bind(publication_id)
        .bind(symbol)
        .fetch_all(pool)
        .await
}

/// One asset's risk in one publication, by confidence.
///
/// # Errors
/// Postgres fails.
pub async fn risks(pool: &PgPool, publication_id: i64, symbol: &str) -> sqlx::Result<Vec<RiskRow>> {
    sqlx::query_as(
        "select * from risks where publication_id = $1 and symbol = $2 order by horizon, confidence",
    )
    .bind(publication_id)
    .bind(symbol)
    .fetch_all(pool)
    .await
}

/// One tier with its prices and numbers.
#[derive(Debug, Clone, Deserialize)]
pub struct TierRow {
    /// Its name.
    pub tier: String,
    /// List price a month, in minor units.
    pub monthly_cents: i32,
    /// List price a year, in minor units.
    pub yearly_cents: i32,
    /// ISO 4217 currency.
    pub currency: String,
    /// Alerts that may be set.
    pub alerts: i32,
    /// API calls a day.
    pub api_calls: i32,
    /// Formats of the files that it may have: `csv`, `parquet`, `all`.
    pub exports: Vec<String>,
}

/// One row of the entitlement table.
#[derive(Debug, Clone, Deserialize)]
pub struct EntitlementRow {
    /// The tier.
    pub tier: String,
    /// The feature.
    pub feature: String,
    /// Only the assets mentioned most.
    pub max_rank: Option<i32>,
    /// `latest`, `window` or `full`.
    pub depth: String,
    /// Days of a window.
    pub window_days: Option<i32>,
}
