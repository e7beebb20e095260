//! `ml-vm backtest`: what the usual strategies would have earned on a file of bars, beside buying and holding.

use std::io::Write;

use analytics::adjust::comparable;
use analytics::backtest::{Laboratory, Prices, Run, Strategy, Trading};
use anyhow::Context;
use domain::Outcome;
use serde::Serialize;

use crate::bars::{BarLine, load};
use crate::cli::BacktestArgs;

#[derive(Serialize)]
struct Output<'a> {
    bars: usize,
    costs_bp: f64,
    slippage_bp: f64,
    tried: usize,
    buy_and_hold: Row<'a>,
    strategies: Vec<Row<'a>>,
}

#[derive(Serialize)]
struct Row<'a> {
    strategy: String,
    total_percent: f64,
    worst_drawdown_percent: f64,
    invested_percent: f64,
    sharpe: Option<f64>,
    sharpe_low: Option<f64>,
    sharpe_high: Option<f64>,
    /// Probability that the ratio is above what the best of all tried would show by luck.
    deflated_sharpe: Option<f64>,
    trades: Vec<Trade<'a>>,
    equity: Vec<f64>,
    drawdown: Vec<f64>,
}

#[derive(Serialize)]
struct Trade<'a> {
    entered: &'a str,
    entry: f64,
    left: Option<&'a str>,
    exit: f64,
    size: f64,
    gain_percent: f64,
}

/// Reads the bars, runs all usual strategies and writes what they did.
///
/// # Errors
/// The file cannot be read, or holds too few bars, or a cost or limit is out of range.
pub fn run(args: &BacktestArgs, out: &mut impl Write) -> anyhow::Result<Outcome> {
    let file = load(&args.bars)?;
    for reason in &file.rejected {
        eprintln!("ml-vm: {reason}");
    }
    let bars = &file.bars;
    let traded: Vec<f64> = bars.iter().map(|b| b.close).collect();
    let adjusted: Vec<Option<f64>> = bars.iter().map(|b| b.adj_close).collect();
    let closes = comparable(&traded, &adjusted, &[]);
    let opens: Vec<f64> = bars.iter().zip(&closes).map(|(b, close)| b.open * close / b.close).collect();
    let volumes: Vec<Option<f64>> = bars.iter().map(|b| b.volume).collect();
    let trading = Trading {
        costs: args.costs_bp / 1e4,
        slippage: args.slippage_bp / 1e4,
        longest: args.longest,
        shortest: args.shortest,
    };
    let prices = Prices { opens: &opens, closes: &closes };
    let mut laboratory =
        Laboratory::new(prices, &volumes, trading).with_context(|| args.bars.bars.display().to_string())?;
    Strategy::USUAL.into_iter().for_each(|strategy| laboratory.try_out(strategy));
    let results = laboratory.results();
    let output = Output {
        bars: bars.len(),
        costs_bp: args.costs_bp,
        slippage_bp: args.slippage_bp,
        tried: laboratory.tried(),
        buy_and_hold: row("buy and hold".to_owned(), laboratory.buy_and_hold(), None, bars),
        strategies: results.into_iter().map(|r| row(r.strategy.name(), r.run, r.deflated, bars)).collect(),
    };
    if args.json {
        crate::print_json(out, &output)?;
    } else {
        table(&output, out).context("cannot write the result")?;
    }
    Ok(crate::judge(bars.len(), file.rejected.len(), "bars"))
}

fn row(strategy: String, run: Run, deflated: Option<f64>, bars: &[BarLine]) -> Row<'_> {
    let trades = run.trades.iter().map(|t| Trade {
        entered: &bars[t.entered].time,
        entry: t.entry,
        left: t.left.map(|left| bars[left].time.as_str()),
        exit: t.exit,
        size: t.size,
        gain_percent: 100.0 * t.gain,
    });
    Row {
        strategy,
        total_percent: 100.0 * run.total,
        worst_drawdown_percent: 100.0 * run.worst,
        invested_percent: 100.0 * run.invested,
        sharpe: run.sharpe.map(|s| s.yearly),
        sharpe_low: run.sharpe.map(|s| s.low),
        sharpe_high: run.sharpe.map(|s| s.high),
        deflated_sharpe: deflated,
        trades: trades.collect(),
        equity: run.equity,
        drawdown: run.drawdown,
    }
}

fn table(output: &Output<'_>, out: &mut impl Write) -> std::io::Result<()> {
    writeln!(
        out,
        "{} bars; trades at the next open, costs {} bp, slippage {} bp; {} strategies tried",
        output.bars, output.costs_bp, output.slippage_bp, output.tried
    )?;
    writeln!(
        out,
        "strategy                              trades     total  drawdown  Sharpe a year [95 %]    deflated"
    )?;
    for r in std::iter::once(&output.buy_and_hold).chain(&output.strategies) {
        let sharpe = match (r.sharpe, r.sharpe_low, r.sharpe_high) {
            (Some(value), Some(low), Some(high)) => format!("{value:+.2} [{low:+.2}, {high:+.2}]"),
            _ => "–".to_owned(),
        };
        let deflated = r.deflated_sharpe.map_or_else(|| "–".to_owned(), |d| format!("{:.0} %", 100.0 * d));
        writeln!(
            out,
            "{:<36}  {:>6}  {:>+7.1} %  {:>6.1} %  {:<22}  {:>8}",
            r.strategy,
            r.trades.len(),
            r.total_percent,
            r.worst_drawdown_percent,
            sharpe,
            deflated
        )?;
    }
    Ok(())
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::cli::BarsArgs;

    #[test]
    fn a_file_of_bars_is_tried_with_all_strategies() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("bars.csv");
        let mut text = "symbol,interval,time,open,high,low,close,adj_close,volume\n".to_owned();
        let mut stream = analytics::random::Stream::new(1);
        let mut log = 4.0_f64;
        for i in 0..300_u64 {
            log += 0.01 * stream.next_normal();
            let (day, close) = (chrono::NaiveDate::default() + chrono::Days::new(i), log.exp());
            text.push_str(&format!("A,1d,{day},{close},{},{},{close},,1\n", close + 1.0, close - 1.0));
        }
        std::fs::write(&path, text).unwrap();
        let bars = BarsArgs { bars: path, symbol: None, interval: None };
        let mut args =
            BacktestArgs { bars, costs_bp: 5.0, slippage_bp: 5.0, longest: 1.0, shortest: 1.0, json: true };
        let mut out = Vec::new();
        assert_eq!(run(&args, &mut out).unwrap(), Outcome::Succeeded);
        let out: serde_json::Value = serde_json::from_slice(&out).unwrap();
        assert_eq!((&out["tried"], &out["bars"]), (&6.into(), &300.into()));
        assert_eq!(out["buy_and_hold"]["trades"][0]["entered"], "1970-01-02");
        assert_eq!(out["strategies"][0]["equity"].as_array().unwrap().len(), 300);
        args.costs_bp = -1.0;
        assert!(format!("{:#}", run(&args, &mut Vec::new()).unwrap_err()).contains("costs and slippage"));
    }
}
