//! What was predicted: sentiment, forecasts, signals, risk.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use domain::slot::SLOT_HOURS;

use super::super::batch::{Batch, Predicted};
use super::{Tx, column, rows, symbols};

/// Documents without noise of each asset in the slots of the last day before this one.
async fn documents_before(tx: &mut Tx, closes_at: DateTime<Utc>) -> sqlx::Result<HashMap<String, i64>> {
    let earlier: Vec<(String, i64)> = sqlx::query_as(
        "select s.symbol, sum(s.posts_organic + s.articles_organic)::bigint
         from sentiments s join publications p on p.id = s.publication_id
         where p.closes_at > $1 and p.closes_at < $2
           and not exists (select from publications n where n.slot = p.slot and n.version > p.version)
         group by s.symbol",
    )
    .bind(closes_at - chrono::Duration::hours(4 * SLOT_HOURS))
    .bind(closes_at)
    .fetch_all(&mut **tx)
    .await?;
    Ok(earlier.into_iter().collect())
}

pub(super) async fn store_sentiments(tx: &mut Tx, id: i64, batch: &Batch) -> sqlx::Result<()> {
    let before = documents_before(tx, batch.slot.close_at()).await?;
    let mut ranked: Vec<(i64, &Predicted)> = batch
        .predicted
        .iter()
        .map(|p| {
            let now = p.sentiment.posts_organic + p.sentiment.articles_organic;
            (now + before.get(&p.symbol).copied().unwrap_or_default(), p)
        })
        .collect();
    ranked.sort_by(|a, b| b.0.cmp(&a.0).then_with(|| a.1.symbol.cmp(&b.1.symbol)));
    let rows: Vec<_> = ranked.iter().map(|(_, p)| (p.symbol.as_str(), &p.sentiment)).collect();
    sqlx::query(
        "insert into sentiments (publication_id, symbol, rank, documents_day, score, low, high, score_raw, posts,
             posts_organic, articles, articles_organic, positive, negative, model)
         select $1, s.* from unnest($2::text[], $3::int[], $4::bigint[], $5::float8[], $6::float8[], $7::float8[],
             $8::float8[], $9::bigint[], $10::bigint[], $11::bigint[], $12::bigint[], $13::float8[], $14::float8[],
             $15::text[]) as s",
    )
    .bind(id)
    .bind(symbols(&rows))
    .bind((1..=rows.len() as i32).collect::<Vec<_>>())
    .bind(ranked.iter().map(|(documents, _)| *documents).collect::<Vec<_>>())
    .bind(column(&rows, |s| s.score))
    .bind(column(&rows, |s| s.low))
    .bind(column(&rows, |s| s.high))
    .bind(column(&rows, |s| s.score_raw))
    .bind(column(&rows, |s| s.posts))
    .bind(column(&rows, |s| s.posts_organic))
    .bind(column(&rows, |s| s.articles))
    .bind(column(&rows, |s| s.articles_organic))
    .bind(column(&rows, |s| s.positive))
    .bind(column(&rows, |s| s.negative))
    .bind(column(&rows, |s| s.model.clone()))
    .execute(&mut **tx)
    .await?;
    Ok(())
}

pub(super) async fn store_forecasts(tx: &mut Tx, id: i64, predicted: &[Predicted]) -> sqlx::Result<()> {
    let rows = rows(predicted, |p| &p.forecast);
    sqlx::query(
        "insert into forecasts (publication_id, symbol, horizon, target_on, last_on, last_close, q025, q10, q50, q90,
             q975, rw_q025, rw_q10, rw_q90, rw_q975, model, skill, skill_low, skill_high, coverage_80, coverage_95,
             evaluated)
         select $1, f.* from unnest($2::text[], $3::int[], $4::date[], $5::date[], $6::float8[], $7::float8[],
             $8::float8[], $9::float8[], $10::float8[], $11::float8[], $12::float8[], $13::float8[], $14::float8[],
             $15::float8[], $16::text[], $17::float8[], $18::float8[], $19::float8[], $20::float8[], $21::float8[],
             $22::bigint[]) as f",
    )
    .bind(id)
    .bind(symbols(&rows))
    .bind(column(&rows, |f| f.horizon))
    .bind(column(&rows, |f| f.target_on))
    .bind(column(&rows, |f| f.last_on))
    .bind(column(&rows, |f| f.last_close))
    .bind(column(&rows, |f| f.q025))
    .bind(column(&rows, |f| f.q10))
    .bind(column(&rows, |f| f.q50))
    .bind(column(&rows, |f| f.q90))
    .bind(column(&rows, |f| f.q975))
    .bind(column(&rows, |f| f.rw_q025))
    .bind(column(&rows, |f| f.rw_q10))
    .bind(column(&rows, |f| f.rw_q90))
    .bind(column(&rows, |f| f.rw_q975))
    .bind(column(&rows, |f| f.model.clone()))
    .bind(column(&rows, |f| f.skill))
    .bind(column(&rows, |f| f.skill_low))
    .bind(column(&rows, |f| f.skill_high))
    .bind(column(&rows, |f| f.coverage_80))
    .bind(column(&rows, |f| f.coverage_95))
    .bind(column(&rows, |f| f.evaluated))
    .execute(&mut **tx)
    .await?;
    Ok(())
}

pub(super) async fn store_signals(tx: &mut Tx, id: i64, predicted: &[Predicted]) -> sqlx::Result<()> {
    let rows = rows(predicted, |p| &p.signals);
    sqlx::query(
        "insert into signals (publication_id, symbol, name, side, strength, reason)
         select $1, s.* from unnest($2::text[], $3::text[], $4::text[], $5::float8[], $6::text[]) as s",
    )
    .bind(id)
    .bind(symbols(&rows))
    .bind(column(&rows, |s| s.name.clone()))
    .bind(column(&rows, |s| s.side.clone()))
    .bind(column(&rows, |s| s.strength))
    .bind(column(&rows, |s| s.reason.clone()))
    .execute(&mut **tx)
    .await?;
    Ok(())
}

pub(super) async fn store_risks(tx: &mut Tx, id: i64, predicted: &[Predicted]) -> sqlx::Result<()> {
    let rows = rows(predicted, |p| &p.risk);
    sqlx::query(
        "insert into risks (publication_id, symbol, confidence, horizon, value_at_risk, standard_error,
             expected_shortfall, closed_form, historical, simulations, returns, seed)
         select $1, r.* from unnest($2::text[], $3::float8[], $4::int[], $5::float8[], $6::float8[], $7::float8[],
             $8::float8[], $9::float8[], $10::bigint[], $11::bigint[], $12::bigint[]) as r",
    )
    .bind(id)
    .bind(symbols(&rows))
    .bind(column(&rows, |r| r.confidence))
    .bind(column(&rows, |r| r.horizon))
    .bind(column(&rows, |r| r.value_at_risk))
    .bind(column(&rows, |r| r.standard_error))
    .bind(column(&rows, |r| r.expected_shortfall))
    .bind(column(&rows, |r| r.closed_form))
    .bind(column(&rows, |r| r.historical))
    .bind(column(&rows, |r| r.simulations))
    .bind(column(&rows, |r| r.returns))
    .bind(column(&rows, |r| r.seed))
    .execute(&mut **tx)
    .await?;
    Ok(())
}
