//! All SQL of the price analysis and the comparison.

use sqlx::PgPool;

use crate::market::store::BarRow;

/// Most bars of one asset: longer than any history that is published, so that a slip in the data cannot fill the memory.
const LONGEST: i64 = 20_000;

/// All daily bars of each of `symbols`, by symbol and then by day.
///
/// # Errors
/// Postgres fails.
pub async fn bars(pool: &PgPool, symbols: &[String]) -> sqlx::Result<Vec<BarRow>> {
    let mut rows: Vec<BarRow> = sqlx::query_as(
        "select b.* from unnest($1::text[]) as wanted (symbol)
         cross join lateral (
             select symbol, traded_on, open, high, low, close, adj_close, volume from daily_bars
             where daily_bars.symbol = wanted.symbol order by traded_on desc limit $2) b",
    )
    .bind(symbols)
    .bind(LONGEST)
    .fetch_all(pool)
    .await?;
    rows.sort_by(|a, b| (&a.symbol, a.traded_on).cmp(&(&b.symbol, b.traded_on)));
    Ok(rows)
}
