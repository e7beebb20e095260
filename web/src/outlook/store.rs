//! All SQL of outlook and risk that the dossier does not hold.

use chrono::NaiveDate;
use serde::Deserialize;
use sqlx::types::Json;
use sqlx::{FromRow, PgPool};

/// What one feature added to a forecast.
#[derive(Debug, Clone, Deserialize)]
pub struct ContributionRow {
    /// Trading days ahead.
    pub horizon: i32,
    /// Which feature.
    pub feature: String,
    /// What the model read of it; `None`: it rests on none.
    pub value: Option<f64>,
    /// Its share of the log return.
    pub effect: f64,
}

/// A simulated strategy beside buying and holding. Returns, costs and drawdowns are shares of the capital.
#[derive(Debug, Clone, Deserialize)]
#[allow(missing_docs, reason = "the columns are described in the migration")]
pub struct StrategyRow {
    pub name: String,
    pub from_on: NaiveDate,
    pub to_on: NaiveDate,
    pub trades: i32,
    pub total_return: f64,
    pub annual_return: f64,
    pub max_drawdown: f64,
    pub sharpe: Option<f64>,
    pub sharpe_low: Option<f64>,
    pub sharpe_high: Option<f64>,
    pub deflated_sharpe: Option<f64>,
    pub tried: i32,
    pub cost_bp: f64,
    pub slippage_bp: f64,
    pub costs: f64,
    pub hold_return: f64,
    pub hold_drawdown: f64,
    pub hold_sharpe: Option<f64>,
    pub curve: serde_json::Value,
    pub ledger: serde_json::Value,
}

/// How a model's Value at Risk would have fared.
#[derive(Debug, Clone, FromRow)]
#[allow(missing_docs, reason = "the columns are described in the migration")]
pub struct BacktestRow {
    pub model: String,
    pub confidence: f64,
    pub days: i32,
    pub exceptions: i32,
    pub expected: f64,
    pub kupiec_p: Option<f64>,
    pub christoffersen_p: Option<f64>,
}

/// What the page of an asset's outlook shows beside the dossier: one row.
#[derive(Debug, FromRow)]
pub struct OutlookRow {
    /// What moved the forecast, the largest effect of each horizon first.
    pub contributions: Json<Vec<ContributionRow>>,
    /// The strategies simulated, by name.
    pub strategies: Json<Vec<StrategyRow>>,
}

/// What the page of an asset's outlook shows beside the dossier.
///
/// # Errors
/// Postgres fails.
pub async fn outlook(pool: &PgPool, publication_id: i64, symbol: &str) -> sqlx::Result<OutlookRow> {
    sqlx::query_as(
        "select
            (select coalesce(json_agg(c order by c.horizon, abs(c.effect) desc, c.feature), '[]') from contributions c
             where publication_id = $1 and symbol = $2) as contributions,
            (select coalesce(json_agg(s order by s.name), '[]') from strategies s
             where publication_id = $1 and symbol = $2) as strategies",
    )
    .bind(publication_id)
    .bind(symbol)
    .fetch_one(pool)
    .await
}

/// The back-tests of an asset's risk in one publication.
///
/// # Errors
/// Postgres fails.
pub async fn backtests(pool: &PgPool, publication_id: i64, symbol: &str) -> sqlx::Result<Vec<BacktestRow>> {
    sqlx::query_as(
        "select * from risk_backtests where publication_id = $1 and symbol = $2 order by confidence, model",
    )
    .bind(publication_id)
    .bind(symbol)
    .fetch_all(pool)
    .await
}
