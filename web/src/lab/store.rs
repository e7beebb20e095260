//! All SQL of the laboratory.

use chrono::{DateTime, NaiveDate, Utc};
use sqlx::types::Json;
use sqlx::{FromRow, PgPool};

use super::form::Inputs;
use super::{Place, Results};
use analytics::risk::Series;

/// Runs that are kept of each customer, the newest ones.
pub const KEPT: i64 = 500;

/// One close.
#[derive(Debug, Clone, FromRow)]
pub struct CloseRow {
    /// The trading day.
    pub traded_on: NaiveDate,
    /// As traded.
    pub close: f64,
    /// Adjusted.
    pub adj_close: Option<f64>,
}

/// First and last day of an asset's prices; `None` without any.
///
/// # Errors
/// Postgres fails.
pub async fn span(pool: &PgPool, symbol: &str) -> sqlx::Result<Option<(NaiveDate, NaiveDate)>> {
    let ends: (Option<NaiveDate>, Option<NaiveDate>) =
        sqlx::query_as("select min(traded_on), max(traded_on) from daily_bars where symbol = $1")
            .bind(symbol)
            .fetch_one(pool)
            .await?;
    Ok(ends.0.zip(ends.1))
}

/// The last `limit` closes up to and on a day, oldest first.
///
/// # Errors
/// Postgres fails.
pub async fn closes(pool: &PgPool, symbol: &str, on: NaiveDate, limit: i64) -> sqlx::Result<Vec<CloseRow>> {
    let mut rows: Vec<CloseRow> = sqlx::query_as(
        "select traded_on, close, adj_close from daily_bars where symbol = $1 and traded_on <= $2
         order by traded_on desc limit $3",
    )
    .bind(symbol)
    .bind(on)
    .bind(limit)
    .fetch_all(pool)
    .await?;
    rows.reverse();
    Ok(rows)
}

/// A run as it was stored.
#[derive(Debug, Clone, FromRow)]
#[allow(missing_docs, reason = "the columns are described in the migration")]
pub struct RunRow {
    pub id: i64,
    pub created_at: DateTime<Utc>,
    pub symbol: String,
    pub signal_on: NaiveDate,
    pub side: String,
    pub position_cents: i64,
    pub currency: String,
    pub window_returns: i32,
    pub simulations: i64,
    pub workers: i32,
    pub confidence: f64,
    pub horizon: i32,
    pub place: String,
    pub seed: i64,
    pub price: f64,
    pub digest: String,
    pub results: Json<Results>,
}

impl RunRow {
    /// Where it was computed.
    pub fn place(&self) -> Place {
        // The column takes no other name.
        Place::parse(&self.place).unwrap_or(Place::Site)
    }
}

/// Stores a run and drops those beyond the newest [`KEPT`] of its customer; returns its id.
///
/// # Errors
/// Postgres fails.
pub async fn store_run(
    pool: &PgPool,
    customer_id: i64,
    now: DateTime<Utc>,
    inputs: &Inputs,
    series: &Series,
    results: &Results,
) -> sqlx::Result<i64> {
    let mut transaction = pool.begin().await?;
    let id: i64 = sqlx::query_scalar(
        "insert into lab_runs (customer_id, created_at, symbol, signal_on, side, position_cents, currency, window_returns,
             simulations, workers, confidence, horizon, place, seed, price, digest, results)
         values ($1, $2, $3, $4, $5, $6, 'USD', $7, $8, $9, $10, $11, $12, $13, $14, $15, $16) returning id",
    )
    .bind(customer_id)
    .bind(now)
    .bind(&series.symbol)
    .bind(series.on)
    .bind(if inputs.short { "short" } else { "long" })
    .bind(inputs.position_cents)
    .bind(inputs.window as i32)
    .bind(inputs.simulations as i64)
    .bind(inputs.workers as i32)
    .bind(inputs.confidence)
    .bind(inputs.horizon as i32)
    .bind(inputs.place.name())
    .bind(inputs.seed as i64)
    .bind(series.price)
    .bind(series.digest())
    .bind(Json(results))
    .fetch_one(&mut *transaction)
    .await?;
    sqlx::query(
        "delete from lab_runs where customer_id = $1
           and id < (select min(id) from (select id from lab_runs where customer_id = $1 order by id desc limit $2) newest)",
    )
    .bind(customer_id)
    .bind(KEPT)
    .execute(&mut *transaction)
    .await?;
    transaction.commit().await?;
    Ok(id)
}

/// A customer's run; `None` where it is not there or another's.
///
/// # Errors
/// Postgres fails.
pub async fn run(pool: &PgPool, customer_id: i64, id: i64) -> sqlx::Result<Option<RunRow>> {
    sqlx::query_as("select * from lab_runs where id = $1 and customer_id = $2")
        .bind(id)
        .bind(customer_id)
        .fetch_optional(pool)
        .await
}

/// A customer's runs, the newest first.
///
/// # Errors
/// Postgres fails.
pub async fn runs(pool: &PgPool, customer_id: i64) -> sqlx::Result<Vec<RunRow>> {
    sqlx::query_as("select * from lab_runs where customer_id = $1 order by id desc limit $2")
        .bind(customer_id)
        .bind(KEPT)
        .fetch_all(pool)
        .await
}

/// Deletes a customer's run; whether it was there.
///
/// # Errors
/// Postgres fails.
pub async fn delete_run(pool: &PgPool, customer_id: i64, id: i64) -> sqlx::Result<bool> {
    let done = sqlx::query("delete from lab_runs where id = $1 and customer_id = $2")
        .bind(id)
        .bind(customer_id)
        .execute(pool)
        .await?;
    Ok(done.rows_affected() > 0)
}
