//! What a weekly report rests on: published values of the week, of the assets on a customer's watchlists.

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, Utc};
use sqlx::{FromRow, PgConnection};

/// A slot of the week, in its newest version.
#[derive(Debug, Clone, FromRow)]
pub struct SlotRow {
    /// The publication.
    pub id: i64,
    /// Its name.
    pub slot: String,
    /// Its close.
    pub closes_at: DateTime<Utc>,
}

/// The slots that closed in `(from, to]`, oldest first.
///
/// # Errors
/// Postgres fails.
pub async fn slots(
    db: &mut PgConnection,
    from: DateTime<Utc>,
    to: DateTime<Utc>,
) -> sqlx::Result<Vec<SlotRow>> {
    sqlx::query_as(
        "select distinct on (closes_at) id, slot, closes_at from publications
         where closes_at > $1 and closes_at <= $2 order by closes_at, version desc",
    )
    .bind(from)
    .bind(to)
    .fetch_all(db)
    .await
}

/// The assets of all of a customer's watchlists in order, each once.
///
/// # Errors
/// Postgres fails.
pub async fn watched(db: &mut PgConnection, customer_id: i64, limit: i64) -> sqlx::Result<Vec<String>> {
    sqlx::query_scalar(
        "select symbol from (
             select a.symbol, row_number() over (order by w.position, w.id, a.position, a.symbol) as place
             from watchlists w join watched_assets a on a.watchlist_id = w.id where w.customer_id = $1) as all_of_them
         group by symbol order by min(place) limit $2",
    )
    .bind(customer_id)
    .bind(limit)
    .fetch_all(db)
    .await
}

/// Closes of these assets by day, oldest first.
///
/// # Errors
/// Postgres fails.
pub async fn closes(
    db: &mut PgConnection,
    symbols: &[String],
    from: NaiveDate,
    to: NaiveDate,
) -> sqlx::Result<BTreeMap<String, Vec<(NaiveDate, f64, f64)>>> {
    let rows: Vec<(String, NaiveDate, f64, f64)> = sqlx::query_as(
        "select symbol, traded_on, close, coalesce(adj_close, close) from daily_bars
         where symbol = any ($1) and traded_on between $2 and $3 order by symbol, traded_on",
    )
    .bind(symbols)
    .bind(from)
    .bind(to)
    .fetch_all(db)
    .await?;
    let mut closes: BTreeMap<String, Vec<(NaiveDate, f64, f64)>> = BTreeMap::new();
    for (symbol, day, close, basis) in rows {
        closes.entry(symbol).or_default().push((day, close, basis));
    }
    Ok(closes)
}

/// One asset's mood in one slot.
#[derive(Debug, Clone, FromRow)]
pub struct MoodRow {
    /// The asset.
    pub symbol: String,
    /// The slot's close.
    pub closes_at: DateTime<Utc>,
    /// Score; `None`: too few documents.
    pub score: Option<f64>,
    /// Lower end of its 95 % interval.
    pub low: Option<f64>,
    /// Upper end.
    pub high: Option<f64>,
    /// Documents behind it, without noise.
    pub documents: i64,
}

/// Moods of these assets in these publications, oldest first.
///
/// # Errors
/// Postgres fails.
pub async fn moods(db: &mut PgConnection, symbols: &[String], slots: &[i64]) -> sqlx::Result<Vec<MoodRow>> {
    sqlx::query_as(
        "select s.symbol, p.closes_at, s.score, s.low, s.high, s.posts_organic + s.articles_organic as documents
         from sentiments s join publications p on p.id = s.publication_id
         where s.publication_id = any ($2) and s.symbol = any ($1) order by s.symbol, p.closes_at",
    )
    .bind(symbols)
    .bind(slots)
    .fetch_all(db)
    .await
}

/// A headline.
#[derive(Debug, Clone, FromRow)]
pub struct HeadlineRow {
    /// The asset.
    pub symbol: String,
    /// Close of the slot in which it was collected.
    pub closes_at: DateTime<Utc>,
    /// When it was published.
    pub said_at: DateTime<Utc>,
    /// The outlet.
    pub outlet: Option<String>,
    /// The headline.
    pub text: String,
    /// Its link.
    pub url: Option<String>,
}

/// The heaviest headlines of each of these assets in these publications.
///
/// # Errors
/// Postgres fails.
pub async fn headlines(
    db: &mut PgConnection,
    symbols: &[String],
    slots: &[i64],
    each: i64,
) -> sqlx::Result<Vec<HeadlineRow>> {
    sqlx::query_as(
        "select symbol, closes_at, said_at, outlet, text, url from (
             select d.symbol, p.closes_at, d.said_at, d.outlet, d.text, d.url,
                    row_number() over (partition by d.symbol order by d.weight desc nulls last, d.said_at desc, d.id) as place
             from documents d join publications p on p.id = d.publication_id
             where d.publication_id = any ($2) and d.symbol = any ($1) and d.kind = 'article' and d.noise is null
               and d.text is not null) as ranked
         where place <= $3 order by symbol, place",
    )
    .bind(symbols)
    .bind(slots)
    .bind(each)
    .fetch_all(db)
    .await
}

/// The outlook of one asset over five trading days.
#[derive(Debug, Clone, FromRow)]
pub struct OutlookRow {
    /// The asset.
    pub symbol: String,
    /// Lower end of the 80 % interval, as a share of the last close, less 1.
    pub low: f64,
    /// Upper end.
    pub high: f64,
    /// Value at Risk of one day at 95 %, as a share; a loss is positive.
    pub value_at_risk: Option<f64>,
}

/// Outlooks of these assets in one publication.
///
/// # Errors
/// Postgres fails.
pub async fn outlooks(
    db: &mut PgConnection,
    symbols: &[String],
    publication: i64,
) -> sqlx::Result<Vec<OutlookRow>> {
    sqlx::query_as(
        "select f.symbol, f.q10 / f.last_close - 1 as low, f.q90 / f.last_close - 1 as high,
                (select r.value_at_risk from risks r where r.publication_id = f.publication_id and r.symbol = f.symbol
                   and r.horizon = 1 and r.confidence between 0.9499 and 0.9501) as value_at_risk
         from forecasts f where f.publication_id = $2 and f.symbol = any ($1) and f.horizon = 5 and f.last_close > 0
         order by f.symbol",
    )
    .bind(symbols)
    .bind(publication)
    .fetch_all(db)
    .await
}

/// How forecasts one day ahead fared.
#[derive(Debug, Clone, Copy, FromRow)]
pub struct RecordRow {
    /// Forecasts that have come due.
    pub forecasts: i64,
    /// Outcomes inside the 80 % interval.
    pub inside_80: i64,
    /// Sum of the relative errors.
    pub error: Option<f64>,
    /// Sum of the random walk's.
    pub walk_error: Option<f64>,
}

/// How forecasts one day ahead fared up to a day.
///
/// # Errors
/// Postgres fails.
pub async fn record(db: &mut PgConnection, to: NaiveDate) -> sqlx::Result<RecordRow> {
    sqlx::query_as(
        "select count(*) as forecasts, count(*) filter (where inside_80) as inside_80, sum(error) as error,
                sum(walk_error) as walk_error
         from forecast_outcomes where horizon = 1 and traded_on <= $1",
    )
    .bind(to)
    .fetch_one(db)
    .await
}
