//! What the published values rest on, and what strategies and models made of the past.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use domain::prediction::{CurvePoint, LagCorrelation, NoiseCount, StrategyTrade};
use sqlx::types::Json;

use super::super::batch::Predicted;
use super::{Tx, column, rows, symbols};

/// Assets whose strategies are written at a time: their curves are long.
const STRATEGIES_OF: usize = 100;

pub(super) async fn store_volumes(tx: &mut Tx, id: i64, predicted: &[Predicted]) -> sqlx::Result<()> {
    let rows = rows(predicted, |p| &p.volumes);
    sqlx::query(
        "insert into volumes (publication_id, symbol, source, kind, documents, organic, score, weight, noise)
         select $1, v.* from unnest($2::text[], $3::text[], $4::text[], $5::bigint[], $6::bigint[], $7::float8[],
             $8::float8[], $9::jsonb[]) as v",
    )
    .bind(id)
    .bind(symbols(&rows))
    .bind(column(&rows, |v| v.source.clone()))
    .bind(column(&rows, |v| v.kind.clone()))
    .bind(column(&rows, |v| v.documents))
    .bind(column(&rows, |v| v.organic))
    .bind(column(&rows, |v| v.score))
    .bind(column(&rows, |v| v.weight))
    .bind(column(&rows, |v| noise(&v.noise)))
    .execute(&mut **tx)
    .await?;
    Ok(())
}

pub(super) async fn store_contributions(tx: &mut Tx, id: i64, predicted: &[Predicted]) -> sqlx::Result<()> {
    let rows = rows(predicted, |p| &p.contributions);
    sqlx::query(
        "insert into contributions (publication_id, symbol, horizon, feature, value, effect)
         select $1, c.* from unnest($2::text[], $3::int[], $4::text[], $5::float8[], $6::float8[]) as c",
    )
    .bind(id)
    .bind(symbols(&rows))
    .bind(column(&rows, |c| c.horizon))
    .bind(column(&rows, |c| c.feature.clone()))
    .bind(column(&rows, |c| c.value))
    .bind(column(&rows, |c| c.effect))
    .execute(&mut **tx)
    .await?;
    Ok(())
}

pub(super) async fn store_strategies(tx: &mut Tx, id: i64, predicted: &[Predicted]) -> sqlx::Result<()> {
    for some in predicted.chunks(STRATEGIES_OF) {
        let rows = rows(some, |p| &p.strategies);
        sqlx::query(
            "insert into strategies (publication_id, symbol, name, from_on, to_on, trades, total_return, annual_return,
                 max_drawdown, sharpe, sharpe_low, sharpe_high, deflated_sharpe, tried, cost_bp, slippage_bp, costs,
                 hold_return, hold_drawdown, hold_sharpe, curve, ledger)
             select $1, s.* from unnest($2::text[], $3::text[], $4::date[], $5::date[], $6::int[], $7::float8[],
                 $8::float8[], $9::float8[], $10::float8[], $11::float8[], $12::float8[], $13::float8[], $14::int[],
                 $15::float8[], $16::float8[], $17::float8[], $18::float8[], $19::float8[], $20::float8[],
                 $21::jsonb[], $22::jsonb[]) as s",
        )
        .bind(id)
        .bind(symbols(&rows))
        .bind(column(&rows, |s| s.name.clone()))
        .bind(column(&rows, |s| s.from_on))
        .bind(column(&rows, |s| s.to_on))
        .bind(column(&rows, |s| s.trades))
        .bind(column(&rows, |s| s.total_return))
        .bind(column(&rows, |s| s.annual_return))
        .bind(column(&rows, |s| s.max_drawdown))
        .bind(column(&rows, |s| s.sharpe))
        .bind(column(&rows, |s| s.sharpe_low))
        .bind(column(&rows, |s| s.sharpe_high))
        .bind(column(&rows, |s| s.deflated_sharpe))
        .bind(column(&rows, |s| s.tried))
        .bind(column(&rows, |s| s.cost_bp))
        .bind(column(&rows, |s| s.slippage_bp))
        .bind(column(&rows, |s| s.costs))
        .bind(column(&rows, |s| s.hold_return))
        .bind(column(&rows, |s| s.hold_drawdown))
        .bind(column(&rows, |s| s.hold_sharpe))
        .bind(column(&rows, |s| curve(&s.curve)))
        .bind(column(&rows, |s| ledger(&s.ledger)))
        .execute(&mut **tx)
        .await?;
    }
    Ok(())
}

pub(super) async fn store_leads(tx: &mut Tx, id: i64, predicted: &[Predicted]) -> sqlx::Result<()> {
    let rows = rows(predicted, |p| &p.leads);
    sqlx::query(
        "insert into leads (publication_id, symbol, source, observations, lags, mood_first_p, mood_first_q,
             price_first_p, price_first_q, verdict)
         select $1, l.* from unnest($2::text[], $3::text[], $4::int[], $5::jsonb[], $6::float8[], $7::float8[],
             $8::float8[], $9::float8[], $10::text[]) as l",
    )
    .bind(id)
    .bind(symbols(&rows))
    .bind(column(&rows, |l| l.source.clone()))
    .bind(column(&rows, |l| l.observations))
    .bind(column(&rows, |l| lags(&l.lags)))
    .bind(column(&rows, |l| l.mood_first_p))
    .bind(column(&rows, |l| l.mood_first_q))
    .bind(column(&rows, |l| l.price_first_p))
    .bind(column(&rows, |l| l.price_first_q))
    .bind(column(&rows, |l| l.verdict.clone()))
    .execute(&mut **tx)
    .await?;
    Ok(())
}

pub(super) async fn store_risk_backtests(tx: &mut Tx, id: i64, predicted: &[Predicted]) -> sqlx::Result<()> {
    let rows = rows(predicted, |p| &p.risk_backtests);
    sqlx::query(
        "insert into risk_backtests (publication_id, symbol, model, confidence, days, exceptions, expected, kupiec_p,
             christoffersen_p)
         select $1, r.* from unnest($2::text[], $3::text[], $4::float8[], $5::int[], $6::int[], $7::float8[],
             $8::float8[], $9::float8[]) as r",
    )
    .bind(id)
    .bind(symbols(&rows))
    .bind(column(&rows, |r| r.model.clone()))
    .bind(column(&rows, |r| r.confidence))
    .bind(column(&rows, |r| r.days))
    .bind(column(&rows, |r| r.exceptions))
    .bind(column(&rows, |r| r.expected))
    .bind(column(&rows, |r| r.kupiec_p))
    .bind(column(&rows, |r| r.christoffersen_p))
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// `{reason: how many}`.
fn noise(noise: &[NoiseCount]) -> Json<BTreeMap<String, i64>> {
    Json(noise.iter().map(|n| (n.reason.clone(), n.documents)).collect())
}

/// `[[day, equity, buy and hold, drawdown], …]`.
fn curve(points: &[CurvePoint]) -> Json<Vec<(NaiveDate, f64, f64, f64)>> {
    Json(points.iter().map(|p| (p.on, short(p.equity), short(p.hold), short(p.drawdown))).collect())
}

/// A ten-thousandth of the capital is finer than any chart; all digits would be four times as long.
fn short(share: f64) -> f64 {
    (share * 1e4).round() / 1e4
}

/// A millionth, for prices and returns of trades.
fn precise(value: f64) -> f64 {
    (value * 1e6).round() / 1e6
}

type TradeRow<'a> = (NaiveDate, Option<NaiveDate>, &'a str, f64, Option<f64>, f64);

/// `[[opened on, closed on or null, side, entry, exit or null, return], …]`.
fn ledger(trades: &[StrategyTrade]) -> Json<Vec<TradeRow<'_>>> {
    let rows = trades.iter().map(|t| {
        let (entry, exit) = (precise(t.entry), t.exit.map(precise));
        (t.opened_on, t.closed_on, t.side.as_str(), entry, exit, precise(t.gain))
    });
    Json(rows.collect())
}

/// `[[lag in days, correlation, low, high], …]`.
fn lags(lags: &[LagCorrelation]) -> Json<Vec<(i32, f64, f64, f64)>> {
    Json(lags.iter().map(|l| (l.lag, l.correlation, l.low, l.high)).collect())
}
