//! The published values that rules read: each slot's first version, so that what fired and what would have fired rest on
//! what was said at the time.

use std::collections::HashMap;

use chrono::{DateTime, Duration, NaiveDate, Utc};
use sqlx::PgConnection;

use crate::alerts::reading::{Loss, Mood, Outlook, Series};
use crate::alerts::rule::{Measure, Rule};

/// Days before the first slot that a price change over 30 trading days or a mean of 30 days needs.
const LEAD_DAYS: i64 = 62;

/// The series that these rules need, for these assets, to read every slot that closed in `[from, to]`.
///
/// # Errors
/// Postgres fails.
pub async fn load(
    db: &mut PgConnection,
    rules: &[Rule],
    symbols: &[String],
    from: DateTime<Utc>,
    to: DateTime<Utc>,
) -> sqlx::Result<HashMap<String, Series>> {
    let needs = |measures: &[Measure]| rules.iter().any(|rule| measures.contains(&rule.measure));
    let mut all: HashMap<String, Series> = symbols.iter().map(|s| (s.clone(), Series::default())).collect();
    let before = from - Duration::days(LEAD_DAYS);
    if needs(&[Measure::Price]) {
        for (symbol, day, close) in closes(db, symbols, before.date_naive(), to.date_naive()).await? {
            all.entry(symbol).or_default().closes.push((day, close));
        }
    }
    let back = needs(&[Measure::SentimentChange, Measure::MentionsRatio]);
    if back || needs(&[Measure::Sentiment, Measure::Mentions]) {
        for (symbol, mood) in moods(db, symbols, if back { before } else { from }, to).await? {
            all.entry(symbol).or_default().moods.push(mood);
        }
    }
    if needs(&[Measure::ForecastMedian, Measure::ForecastLow, Measure::ForecastHigh]) {
        let horizons: Vec<i32> = rules.iter().map(|rule| rule.days).collect();
        for (symbol, outlook) in outlooks(db, symbols, &horizons, from, to).await? {
            all.entry(symbol).or_default().outlooks.push(outlook);
        }
    }
    if needs(&[Measure::Var95, Measure::Var99]) {
        for (symbol, loss) in losses(db, symbols, from, to).await? {
            all.entry(symbol).or_default().losses.push(loss);
        }
    }
    Ok(all)
}

/// Closes of the slots published in `[from, to]`, oldest first.
///
/// # Errors
/// Postgres fails.
pub async fn slots(
    db: &mut PgConnection,
    from: DateTime<Utc>,
    to: DateTime<Utc>,
) -> sqlx::Result<Vec<DateTime<Utc>>> {
    sqlx::query_scalar(
        "select closes_at from publications where version = 1 and closes_at between $1 and $2 order by closes_at",
    )
    .bind(from)
    .bind(to)
    .fetch_all(db)
    .await
}

async fn closes(
    db: &mut PgConnection,
    symbols: &[String],
    from: NaiveDate,
    to: NaiveDate,
) -> sqlx::Result<Vec<(String, NaiveDate, f64)>> {
    sqlx::query_as(
        "select symbol, traded_on, coalesce(adj_close, close) from daily_bars
         where symbol = any ($1) and traded_on between $2 and $3 order by symbol, traded_on",
    )
    .bind(symbols)
    .bind(from)
    .bind(to)
    .fetch_all(db)
    .await
}

async fn moods(
    db: &mut PgConnection,
    symbols: &[String],
    from: DateTime<Utc>,
    to: DateTime<Utc>,
) -> sqlx::Result<Vec<(String, Mood)>> {
    let rows: Vec<(String, DateTime<Utc>, Option<f64>, i64)> = sqlx::query_as(
        "select s.symbol, p.closes_at, s.score, s.documents_day
         from publications p join sentiments s on s.publication_id = p.id
         where p.version = 1 and p.closes_at between $2 and $3 and s.symbol = any ($1)
         order by s.symbol, p.closes_at",
    )
    .bind(symbols)
    .bind(from)
    .bind(to)
    .fetch_all(db)
    .await?;
    let mood = |(symbol, at, score, documents_day)| (symbol, Mood { at, score, documents_day });
    Ok(rows.into_iter().map(mood).collect())
}

async fn outlooks(
    db: &mut PgConnection,
    symbols: &[String],
    horizons: &[i32],
    from: DateTime<Utc>,
    to: DateTime<Utc>,
) -> sqlx::Result<Vec<(String, Outlook)>> {
    let rows: Vec<(String, DateTime<Utc>, i32, f64, f64, f64)> = sqlx::query_as(
        "select f.symbol, p.closes_at, f.horizon, f.q10 / f.last_close - 1, f.q50 / f.last_close - 1,
                f.q90 / f.last_close - 1
         from publications p join forecasts f on f.publication_id = p.id
         where p.version = 1 and p.closes_at between $3 and $4 and f.symbol = any ($1) and f.horizon = any ($2)
           and f.last_close > 0
         order by f.symbol, p.closes_at, f.horizon",
    )
    .bind(symbols)
    .bind(horizons)
    .bind(from)
    .bind(to)
    .fetch_all(db)
    .await?;
    let outlook =
        |(symbol, at, horizon, low, median, high)| (symbol, Outlook { at, horizon, low, median, high });
    Ok(rows.into_iter().map(outlook).collect())
}

async fn losses(
    db: &mut PgConnection,
    symbols: &[String],
    from: DateTime<Utc>,
    to: DateTime<Utc>,
) -> sqlx::Result<Vec<(String, Loss)>> {
    let rows: Vec<(String, DateTime<Utc>, f64, f64)> = sqlx::query_as(
        "select r.symbol, p.closes_at, r.confidence, r.value_at_risk
         from publications p join risks r on r.publication_id = p.id
         where p.version = 1 and p.closes_at between $2 and $3 and r.symbol = any ($1) and r.horizon = 1
         order by r.symbol, p.closes_at, r.confidence",
    )
    .bind(symbols)
    .bind(from)
    .bind(to)
    .fetch_all(db)
    .await?;
    Ok(rows
        .into_iter()
        .map(|(symbol, at, confidence, value)| (symbol, Loss { at, confidence, value }))
        .collect())
}
