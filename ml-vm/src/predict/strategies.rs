//! What following a rule would have earned on one asset. How much of it is luck is said across all assets, by [`super::across`].

use std::iter::once;

use analytics::backtest::{Laboratory, Prices, Run, Sharpe, Strategy as Rule, Trade, Trading};
use chrono::{Datelike, NaiveDate};
use domain::prediction::{CurvePoint, Strategy, StrategyTrade};

use super::daily::Daily;

/// Trades that a row keeps: the last ones.
const LEDGER: usize = 100;
/// Days in a year, for the return a year.
const YEAR: f64 = 365.25;

/// A row that does not say yet how much of it is luck.
#[derive(Debug, Clone, PartialEq)]
pub struct Draft {
    /// The row, without its deflated ratio and with 0 tried.
    pub row: Strategy,
    /// Its Sharpe ratio.
    pub sharpe: Option<Sharpe>,
}

/// Runs all usual strategies; `expected` is what the walk through the past expected at each bar. None with too few bars.
pub fn drafts(daily: &Daily, expected: Vec<f64>) -> Vec<Draft> {
    let trading = Trading::default();
    let prices = Prices { opens: &daily.opens, closes: &daily.closes };
    // Whatever is wrong with the bars is said by the forecast already.
    let Ok(mut laboratory) = Laboratory::after(prices, expected, trading) else { return Vec::new() };
    for rule in Rule::USUAL {
        laboratory.try_out(rule);
    }
    let days = daily.days();
    let hold = laboratory.buy_and_hold();
    let runs = laboratory.runs().iter();
    runs.filter_map(|(rule, run)| {
        Some(Draft { row: row(rule.name(), run, &hold, &days, &trading)?, sharpe: run.sharpe })
    })
    .collect()
}

fn row(name: String, run: &Run, hold: &Run, days: &[NaiveDate], trading: &Trading) -> Option<Strategy> {
    let (from_on, to_on) = (*days.first()?, *days.last()?);
    let years = (to_on - from_on).num_days().max(1) as f64 / YEAR;
    Some(Strategy {
        name,
        from_on,
        to_on,
        trades: run.trades.len() as i32,
        total_return: run.total,
        annual_return: (1.0 + run.total).max(0.0).powf(1.0 / years) - 1.0,
        max_drawdown: run.worst,
        sharpe: run.sharpe.map(|s| s.yearly),
        sharpe_low: run.sharpe.map(|s| s.low),
        sharpe_high: run.sharpe.map(|s| s.high),
        deflated_sharpe: None,
        tried: 0,
        cost_bp: 1e4 * trading.costs,
        slippage_bp: 1e4 * trading.slippage,
        costs: run.costs,
        hold_return: hold.total,
        hold_drawdown: hold.worst,
        hold_sharpe: hold.sharpe.map(|s| s.yearly),
        curve: curve(run, hold, days),
        ledger: run.trades[run.trades.len().saturating_sub(LEDGER)..]
            .iter()
            .filter_map(|t| trade(t, days))
            .collect(),
    })
}

/// The last day of each week.
fn curve(run: &Run, hold: &Run, days: &[NaiveDate]) -> Vec<CurvePoint> {
    let weeks = days.iter().map(|day| Some(day.iso_week()));
    let last_of_week = weeks.clone().zip(weeks.skip(1).chain(once(None))).map(|(week, next)| week != next);
    let closes = days.iter().zip(&run.equity).zip(&run.drawdown).zip(&hold.equity);
    let chosen = closes.zip(last_of_week).filter(|(_, last)| *last);
    chosen
        .map(|((((on, equity), drawdown), hold), _)| CurvePoint {
            on: *on,
            equity: *equity,
            hold: *hold,
            drawdown: *drawdown,
        })
        .collect()
}

fn trade(trade: &Trade, days: &[NaiveDate]) -> Option<StrategyTrade> {
    let closed_on = trade.left.and_then(|bar| days.get(bar)).copied();
    Some(StrategyTrade {
        opened_on: *days.get(trade.entered)?,
        closed_on,
        side: if trade.size < 0.0 { "short" } else { "long" }.to_owned(),
        entry: trade.entry,
        exit: closed_on.map(|_| trade.exit),
        gain: trade.gain,
    })
}
