//! Daily bars, and forecasts compared with them.

use chrono::{DateTime, NaiveDate, Utc};

use super::super::batch::Batch;
use super::{Tx, column, rows, symbols};

/// Bars of a later slot stay: a slot that is filled in afterwards must not take prices back.
pub(super) async fn store_bars(tx: &mut Tx, batch: &Batch) -> sqlx::Result<()> {
    let mut rows = rows(&batch.predicted, |p| &p.bars);
    let day = |at: DateTime<Utc>| -> NaiveDate { at.date_naive() };
    // Two sources may state one day; the first in the file counts.
    rows.sort_by_key(|(symbol, bar)| (*symbol, day(bar.opens_at)));
    rows.dedup_by_key(|(symbol, bar)| (*symbol, day(bar.opens_at)));
    sqlx::query(
        // Only what is new is written: nearly all bars of a slot are those of the slot before.
        "insert into daily_bars (symbol, traded_on, open, high, low, close, adj_close, volume, stated_at)
         select b.*, $1 from unnest($2::text[], $3::date[], $4::float8[], $5::float8[], $6::float8[], $7::float8[],
             $8::float8[], $9::float8[]) as b (symbol, traded_on, open, high, low, close, adj_close, volume)
         left join daily_bars old using (symbol, traded_on)
         where old.symbol is null or old.stated_at <= $1
           and (old.open, old.high, old.low, old.close, old.adj_close, old.volume)
             is distinct from (b.open, b.high, b.low, b.close, b.adj_close, b.volume)
         on conflict (symbol, traded_on) do update set (open, high, low, close, adj_close, volume, stated_at)
             = (excluded.open, excluded.high, excluded.low, excluded.close, excluded.adj_close, excluded.volume,
                excluded.stated_at)",
    )
    .bind(batch.slot.close_at())
    .bind(symbols(&rows))
    .bind(column(&rows, |b| day(b.opens_at)))
    .bind(column(&rows, |b| b.open))
    .bind(column(&rows, |b| b.high))
    .bind(column(&rows, |b| b.low))
    .bind(column(&rows, |b| b.close))
    .bind(column(&rows, |b| b.adj_close))
    .bind(column(&rows, |b| b.volume))
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Compares the forecasts whose day has come with what happened. Only a slot's first version counts, so that nobody can
/// mend a forecast afterwards. Where the market was closed on the day, the next trading day within four days counts.
/// Returns are compared, so that a split or dividend meanwhile does not look like an error.
pub(super) async fn score_forecasts(tx: &mut Tx, id: i64, today: NaiveDate) -> sqlx::Result<()> {
    sqlx::query(
        "insert into forecast_outcomes
         select f.publication_id, f.symbol, f.horizon, b.traded_on, a.price,
                abs(f.q50 - a.price) / f.last_close, abs(f.last_close - a.price) / f.last_close,
                a.price between f.q10 and f.q90, a.price between f.q025 and f.q975, $1
         from forecasts f
         join publications p on p.id = f.publication_id and p.version = 1
         join daily_bars l on l.symbol = f.symbol and l.traded_on = f.last_on
         cross join lateral (
             select traded_on, coalesce(adj_close, close) as basis from daily_bars
             where symbol = f.symbol and traded_on >= f.target_on and traded_on <= f.target_on + 4
             order by traded_on limit 1) b
         cross join lateral (select f.last_close * b.basis / coalesce(l.adj_close, l.close) as price) a
         where f.last_close > 0 and coalesce(l.adj_close, l.close) > 0 and b.traded_on > f.last_on
           and f.target_on between $2 - 30 and $2
           and not exists (select from forecast_outcomes o where o.publication_id = f.publication_id
                           and o.symbol = f.symbol and o.horizon = f.horizon)",
    )
    .bind(id)
    .bind(today)
    .execute(&mut **tx)
    .await?;
    Ok(())
}
