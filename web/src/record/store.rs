//! All SQL of the track record.

use chrono::NaiveDate;
use sqlx::{FromRow, PgPool};

use super::filter::{Filter, Outcome};

/// Sums over a group of forecasts.
#[derive(Debug, Clone, FromRow)]
pub struct GroupRow {
    /// `horizon`, `asset` or `model`.
    pub kind: String,
    /// Which one.
    pub key: String,
    /// Days on which forecasts came due.
    pub days: i64,
    /// How many came due.
    pub forecasts: i64,
    /// Sum of the relative errors.
    pub error: f64,
    /// Sum of the random walk's.
    pub walk_error: f64,
    /// How many outcomes lay inside the 80 % interval.
    pub inside_80: i64,
    /// How many inside the 95 % interval.
    pub inside_95: i64,
    /// How many forecasts were closer than the random walk.
    pub closer: i64,
    /// Mean square by which the skill without one day differs from its mean over all such days; `None`: not known.
    pub spread: Option<f64>,
}

/// Sums by horizon, asset and model, of what the filter asks for but its outcome. Without a filter they are read from what was
/// summed when the outcomes came.
///
/// # Errors
/// Postgres fails.
pub async fn groups(pool: &PgPool, filter: &Filter) -> sqlx::Result<Vec<GroupRow>> {
    if (&filter.asset, filter.horizon, &filter.model) == (&None, None, &None) {
        return all_groups(pool).await;
    }
    sqlx::query_as(
        "with days as (
             select case when grouping(horizon) = 0 then 'horizon' when grouping(symbol) = 0 then 'asset' else 'model' end
                        as kind,
                    coalesce(horizon::text, symbol, model) as key, traded_on,
                    sum(forecasts)::bigint as forecasts, sum(error) as error, sum(walk_error) as walk_error,
                    sum(inside_80)::bigint as inside_80, sum(inside_95)::bigint as inside_95, sum(closer)::bigint as closer
             from outcome_days
             where ($1::text is null or symbol = $1) and ($2::integer is null or horizon = $2)
               and ($3::text is null or model = $3)
             group by grouping sets ((horizon, traded_on), (symbol, traded_on), (model, traded_on))),
         totals as (select kind, key, sum(error) as error, sum(walk_error) as walk_error from days group by kind, key)
         select d.kind, d.key, count(*) as days, sum(d.forecasts)::bigint as forecasts, sum(d.error) as error,
                sum(d.walk_error) as walk_error, sum(d.inside_80)::bigint as inside_80,
                sum(d.inside_95)::bigint as inside_95, sum(d.closer)::bigint as closer,
                var_pop(1 - (t.error - d.error) / nullif(t.walk_error - d.walk_error, 0)) as spread
         from days d join totals t using (kind, key)
         group by d.kind, d.key order by d.kind, d.key",
    )
    .bind(&filter.asset)
    .bind(filter.horizon)
    .bind(&filter.model)
    .fetch_all(pool)
    .await
}

/// The sums of everything.
async fn all_groups(pool: &PgPool) -> sqlx::Result<Vec<GroupRow>> {
    sqlx::query_as(
        "with totals as (select kind, key, sum(error) as error, sum(walk_error) as walk_error
                         from outcome_sums group by kind, key)
         select kind, key, count(*) as days, sum(d.forecasts)::bigint as forecasts, sum(d.error) as error,
                sum(d.walk_error) as walk_error, sum(d.inside_80)::bigint as inside_80,
                sum(d.inside_95)::bigint as inside_95, sum(d.closer)::bigint as closer,
                var_pop(1 - (t.error - d.error) / nullif(t.walk_error - d.walk_error, 0)) as spread
         from outcome_sums d join totals t using (kind, key)
         group by kind, key order by kind, key",
    )
    .fetch_all(pool)
    .await
}

/// One forecast and what came of it.
#[derive(Debug, Clone, FromRow)]
pub struct OutcomeRow {
    /// The publication in which it was made.
    pub publication_id: i64,
    /// The slot in which it was made.
    pub slot: String,
    /// The asset.
    pub symbol: String,
    /// Trading days ahead.
    pub horizon: i32,
    /// The day on which it was due.
    pub traded_on: NaiveDate,
    /// The model.
    pub model: String,
    /// Price when it was made.
    pub last_close: f64,
    /// 2.5 % quantile.
    pub q025: f64,
    /// 10 % quantile.
    pub q10: f64,
    /// Median.
    pub q50: f64,
    /// 90 % quantile.
    pub q90: f64,
    /// 97.5 % quantile.
    pub q975: f64,
    /// What the price was.
    pub actual: f64,
    /// Relative error.
    pub error: f64,
    /// The random walk's.
    pub walk_error: f64,
    /// Whether the price lay inside the 80 % interval.
    pub inside_80: bool,
    /// Whether it lay inside the 95 % interval.
    pub inside_95: bool,
}

/// The newest outcomes that a filter asks for, at most `limit`.
///
/// # Errors
/// Postgres fails.
pub async fn outcomes(pool: &PgPool, filter: &Filter, limit: i64) -> sqlx::Result<Vec<OutcomeRow>> {
    let (inside, closer) = match filter.outcome {
        None => (None, None),
        Some(Outcome::Inside) => (Some(true), None),
        Some(Outcome::Outside) => (Some(false), None),
        Some(Outcome::Closer) => (None, Some(true)),
        Some(Outcome::Further) => (None, Some(false)),
    };
    let after = filter.after.as_ref();
    sqlx::query_as(
        "select o.publication_id, p.slot, o.symbol, o.horizon, o.traded_on, f.model, f.last_close, f.q025, f.q10, f.q50,
                f.q90, f.q975, o.actual, o.error, o.walk_error, o.inside_80, o.inside_95
         from forecast_outcomes o
         join forecasts f using (publication_id, symbol, horizon)
         join publications p on p.id = o.publication_id
         where ($1::text is null or o.symbol = $1) and ($2::integer is null or o.horizon = $2)
           and ($3::text is null or f.model = $3) and ($4::boolean is null or o.inside_80 = $4)
           and ($5::boolean is null or (o.error < o.walk_error) = $5)
           and ($6::date is null or o.traded_on <= $6)
           and ($6::date is null or o.traded_on < $6 or (o.symbol, o.horizon, o.publication_id) > ($7, $8, $9))
         order by o.traded_on desc, o.symbol, o.horizon, o.publication_id limit $10",
    )
    .bind(&filter.asset)
    .bind(filter.horizon)
    .bind(&filter.model)
    .bind(inside)
    .bind(closer)
    .bind(after.map(|cursor| cursor.traded_on))
    .bind(after.map(|cursor| cursor.symbol.as_str()))
    .bind(after.map(|cursor| cursor.horizon))
    .bind(after.map(|cursor| cursor.publication_id))
    .bind(limit)
    .fetch_all(pool)
    .await
}
