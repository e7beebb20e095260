//! All SQL of the measurements.

use sqlx::PgPool;
use sqlx::postgres::PgPoolCopyExt;

/// How full a database is: publications and assets.
///
/// # Errors
/// Postgres fails.
pub async fn size(pool: &PgPool) -> sqlx::Result<(i64, i64)> {
    sqlx::query_as("select (select count(*) from publications), (select count(*) from assets)")
        .fetch_one(pool)
        .await
}

/// Whether there are readers with accounts that are not ours: such a database is not to be emptied.
///
/// # Errors
/// Postgres fails.
pub async fn has_customers(pool: &PgPool) -> sqlx::Result<bool> {
    sqlx::query_scalar("select exists (select from customers where email not like '%@bench.invalid')")
        .fetch_one(pool)
        .await
}

/// Empties what is filled, and takes away what makes filling slow.
///
/// # Errors
/// Postgres fails.
pub async fn empty(pool: &PgPool) -> sqlx::Result<()> {
    sqlx::raw_sql(
        "truncate publications_made, assets, daily_bars, outcome_days, outcome_sums restart identity cascade;
         drop index if exists forecasts_due, sentiments_by_asset;
         alter table forecast_outcomes disable trigger all;",
    )
    .execute(pool)
    .await?;
    Ok(())
}

/// Puts back what [`empty`] took away, sums up outcomes, and lets the planner know what is there.
///
/// # Errors
/// Postgres fails.
pub async fn finish(pool: &PgPool) -> sqlx::Result<()> {
    sqlx::raw_sql(
        "create index if not exists sentiments_by_asset on sentiments (symbol, publication_id)
             include (rank, documents_day, score, low, high, score_raw, posts, posts_organic, articles, articles_organic,
                      positive, negative, model);
         create index if not exists forecasts_due on forecasts (symbol, target_on);
         alter table forecast_outcomes enable trigger all;
         insert into outcome_days
         select o.symbol, o.horizon, f.model, o.traded_on, count(*), sum(o.error), sum(o.walk_error),
                count(*) filter (where o.inside_80), count(*) filter (where o.inside_95),
                count(*) filter (where o.error < o.walk_error)
         from forecast_outcomes o join forecasts f using (publication_id, symbol, horizon)
         group by o.symbol, o.horizon, f.model, o.traded_on
         on conflict do nothing;
         insert into outcome_sums
         select case when grouping(horizon) = 0 then 'horizon' when grouping(symbol) = 0 then 'asset' else 'model' end,
                coalesce(horizon::text, symbol, model), traded_on, sum(forecasts)::bigint, sum(error), sum(walk_error),
                sum(inside_80)::bigint, sum(inside_95)::bigint, sum(closer)::bigint
         from outcome_days group by grouping sets ((horizon, traded_on), (symbol, traded_on), (model, traded_on))
         on conflict do nothing;
         select setval(pg_get_serial_sequence('publications_made', 'id'), (select max(id) from publications_made));",
    )
    .execute(pool)
    .await?;
    sqlx::raw_sql("vacuum (analyze)").execute(pool).await?;
    Ok(())
}

/// A table that is filled, with the columns in the order of the rows.
#[derive(Debug, Clone, Copy)]
pub struct Target(pub &'static str);

/// Sends rows in the text form of `COPY`.
///
/// # Errors
/// Postgres fails or refuses a row.
pub async fn copy(pool: &PgPool, target: Target, rows: impl Iterator<Item = String>) -> sqlx::Result<u64> {
    let mut copy = pool.copy_in_raw(&format!("copy {} from stdin", target.0)).await?;
    let mut part = String::new();
    for row in rows {
        part.push_str(&row);
        part.push('\n');
        if part.len() > 1 << 20 {
            copy.send(std::mem::take(&mut part).into_bytes()).await?;
        }
    }
    copy.send(part.into_bytes()).await?;
    copy.finish().await
}
