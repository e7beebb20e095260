//! A richer world for pages that need a past: published rows put straight into Postgres.

use chrono::{DateTime, Days, NaiveDate, Utc};
use sqlx::PgPool;

/// The newest slot's close.
pub(crate) const NEWEST: &str = "2026-11-21T06:00:00Z";

/// Assets with their names; the last has a name that is HTML.
pub(crate) const ASSETS: [(&str, &str); 3] =
    [("AAA", "Acme Anvils"), ("EUR/USD", "Euro in dollars"), ("XSS", "<script>alert(1)</script>")];

/// Puts three assets, `days` daily bars of each up to 20 November 2026, and one publication there; returns its id.
pub(crate) async fn put(pool: &PgPool, days: u64) -> i64 {
    let newest: DateTime<Utc> = NEWEST.parse().unwrap();
    let id: i64 = sqlx::query_scalar(
        "insert into publications (slot, version, closes_at, manifest_sha256, coverage, partial)
         values ('2026-11-21T06Z', 1, $1, repeat('a', 64), '{}', false) returning id",
    )
    .bind(newest)
    .fetch_one(pool)
    .await
    .unwrap();
    for (rank, (symbol, name)) in (1..).zip(ASSETS) {
        sqlx::query(
            "insert into assets (symbol, name, class, exchange, aliases) values ($1, $2, 'equity', 'US', '{}')",
        )
        .bind(symbol)
        .bind(name)
        .execute(pool)
        .await
        .unwrap();
        sqlx::query(
            "insert into sentiments (publication_id, symbol, rank, documents_day, score, low, high, score_raw, posts,
                 posts_organic, articles, articles_organic, positive, negative, model)
             values ($1, $2, $3, 40, 0.1, 0.0, 0.2, 0.1, 30, 25, 6, 5, 0.5, 0.2, 'house/1')",
        )
        .bind(id)
        .bind(symbol)
        .bind(rank)
        .execute(pool)
        .await
        .unwrap();
        put_bars(pool, symbol, days).await;
    }
    id
}

/// The close of an asset on the n-th of its days: a walk that is the same every time.
pub(crate) fn close(symbol: &str, n: u64) -> f64 {
    let start = 100.0 + symbol.len() as f64;
    let steps = (1..=n).map(|i| ((i * 7919) % 101) as f64 / 101.0 - 0.497);
    (start * steps.fold(1.0, |product, step| product * (1.0 + 0.03 * step)) * 100.0).round() / 100.0
}

async fn put_bars(pool: &PgPool, symbol: &str, days: u64) {
    let last = last_day();
    let rows: Vec<(NaiveDate, f64)> =
        (0..days).map(|n| (last - Days::new(days - 1 - n), close(symbol, n))).collect();
    let (dates, closes): (Vec<NaiveDate>, Vec<f64>) = rows.into_iter().unzip();
    sqlx::query(
        "insert into daily_bars (symbol, traded_on, open, high, low, close, adj_close, volume, stated_at)
         select $1, d, c, c, c, c, c, 1000, $4 from unnest($2::date[], $3::float8[]) as bars (d, c)",
    )
    .bind(symbol)
    .bind(dates)
    .bind(closes)
    .bind(NEWEST.parse::<DateTime<Utc>>().unwrap())
    .execute(pool)
    .await
    .unwrap();
}

/// The day of the last bar.
pub(crate) fn last_day() -> NaiveDate {
    NaiveDate::from_ymd_opt(2026, 11, 20).unwrap()
}

/// A forecast of an asset in a publication, from 100 to `median`.
pub(crate) async fn put_forecast(
    pool: &PgPool,
    (id, symbol, horizon): (i64, &str, i32),
    target_on: NaiveDate,
    median: f64,
    model: &str,
) {
    sqlx::query(
        "insert into forecasts (publication_id, symbol, horizon, target_on, last_on, last_close, q025, q10, q50, q90, q975,
             rw_q025, rw_q10, rw_q90, rw_q975, model, skill, skill_low, skill_high, coverage_80, coverage_95, evaluated)
         values ($1, $2, $3, $4, $4, 100, 95, 97, $5, 103, 105, 95, 97, 103, 105, $6, 0.031, -0.012, 0.074, 0.79, 0.96, 480)",
    )
    .bind(id)
    .bind(symbol)
    .bind(horizon)
    .bind(target_on)
    .bind(median)
    .bind(model)
    .execute(pool)
    .await
    .unwrap();
}
