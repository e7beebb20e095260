//! `ml-vm evaluate var`: every model says the next day's Value at Risk from the days before it, for every stock and day, and
//! the record is tested stock by stock.

use std::io::Write;

use analytics::risk::{Backtest, Model, backtest};
use anyhow::{Context, bail};
use domain::Outcome;
use rayon::prelude::*;
use serde::Serialize;

use super::prices;
use crate::cli::EvaluateVarArgs;
use crate::risk::Record;

/// The levels that are evaluated.
const CONFIDENCES: [f64; 2] = [0.95, 0.99];
/// A test rejects a model below this p.
const REJECTED_BELOW: f64 = 0.05;

/// A model at a level over all stocks.
#[derive(Debug, Serialize)]
struct Total {
    model: &'static str,
    confidence: f64,
    stocks: usize,
    days: usize,
    exceeded_percent: f64,
    wanted_percent: f64,
    rejected_by_kupiec: usize,
    rejected_for_dependence: usize,
    rejected_by_christoffersen: usize,
}

/// One stock's record.
#[derive(Debug, Serialize)]
struct Row {
    stock: String,
    model: &'static str,
    confidence: f64,
    #[serde(flatten)]
    record: Record,
}

#[derive(Serialize)]
struct Output {
    window: usize,
    rejected_below: f64,
    totals: Vec<Total>,
    stocks: Vec<Row>,
    too_short: Vec<String>,
}

/// Evaluates all models on the prices of a folder.
///
/// # Errors
/// The prices cannot be read, or no stock has enough of them.
pub fn run(args: &EvaluateVarArgs, out: &mut impl Write) -> anyhow::Result<Outcome> {
    let prices = prices::load(&args.data)?;
    let returns: Vec<(&String, Vec<f64>)> =
        prices.closes.iter().map(|(stock, closes)| (stock, prices::returns(closes))).collect();
    let mut output = Output {
        window: args.window,
        rejected_below: REJECTED_BELOW,
        totals: Vec::new(),
        stocks: Vec::new(),
        too_short: Vec::new(),
    };
    for model in Model::ALL {
        for confidence in CONFIDENCES {
            let test = |(stock, returns): &(&String, Vec<f64>)| {
                ((*stock).clone(), backtest(returns, args.window, confidence, model))
            };
            let tested: Vec<_> = returns.par_iter().map(test).collect();
            let mut records = Vec::new();
            for (stock, record) in tested {
                match record {
                    Ok(record) => {
                        records.push(record);
                        let (model, record) = (model.name(), record.into());
                        output.stocks.push(Row { stock, model, confidence, record });
                    }
                    Err(reason) if output.totals.is_empty() => {
                        output.too_short.push(format!("{stock}: {reason}"));
                    }
                    Err(_) => {}
                }
            }
            if records.is_empty() {
                bail!("{}: no stock has enough prices for a window of {}", args.data.display(), args.window);
            }
            output.totals.push(total(model, confidence, &records));
        }
    }
    for reason in &output.too_short {
        eprintln!("ml-vm: {reason}");
    }
    if args.json {
        crate::print_json(out, &output)?;
    } else {
        table(&output, out).context("cannot write the result")?;
    }
    let lines: usize = prices.closes.values().map(Vec::len).sum();
    Ok(crate::judge(lines, prices.rejected, "prices"))
}

fn total(model: Model, confidence: f64, records: &[Backtest]) -> Total {
    let days: usize = records.iter().map(|r| r.days).sum();
    let exceedances: usize = records.iter().map(|r| r.exceedances).sum();
    let rejected = |p: fn(&Backtest) -> f64| records.iter().filter(|r| p(r) < REJECTED_BELOW).count();
    Total {
        model: model.name(),
        confidence,
        stocks: records.len(),
        days,
        exceeded_percent: 100.0 * exceedances as f64 / days as f64,
        wanted_percent: 100.0 * (1.0 - confidence),
        rejected_by_kupiec: rejected(|r| r.coverage.p),
        rejected_for_dependence: rejected(|r| r.independence.p),
        rejected_by_christoffersen: rejected(|r| r.conditional_coverage.p),
    }
}

fn table(output: &Output, out: &mut impl Write) -> std::io::Result<()> {
    writeln!(
        out,
        "Value at Risk one day ahead, from the {} returns before; rejected where p < 0.05",
        output.window
    )?;
    writeln!(out, "model       level  stocks    days  exceeded  wanted  Kupiec  independence  conditional")?;
    for t in &output.totals {
        writeln!(
            out,
            "{:<10}  {:>3.0} %  {:>6}  {:>6}  {:>6.2} %  {:>4.1} %  {:>6}  {:>12}  {:>11}",
            t.model,
            100.0 * t.confidence,
            t.stocks,
            t.days,
            t.exceeded_percent,
            t.wanted_percent,
            t.rejected_by_kupiec,
            t.rejected_for_dependence,
            t.rejected_by_christoffersen
        )?;
    }
    Ok(())
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::path::PathBuf;

    use super::*;

    fn evaluate(data: PathBuf) -> serde_json::Value {
        let mut out = Vec::new();
        run(&EvaluateVarArgs { data, window: 250, json: true }, &mut out).unwrap();
        serde_json::from_slice(&out).unwrap()
    }

    #[test]
    fn a_stock_that_is_too_short_does_not_stop_the_others() {
        let folder = tempfile::tempdir().unwrap();
        let mut stream = analytics::random::Stream::new(2);
        let mut text = "stock,Date,Adj Close\nNEW,2015-01-01,5\n".to_owned();
        let mut price = 100.0;
        for i in 0..600_u64 {
            price *= (0.01 * stream.next_normal()).exp();
            let day = chrono::NaiveDate::from_ymd_opt(2013, 1, 1).unwrap() + chrono::Days::new(i);
            text.push_str(&format!("OLD,{day},{price}\n"));
        }
        std::fs::write(folder.path().join("prices_raw.csv"), text).unwrap();
        let out = evaluate(folder.path().to_owned());
        assert_eq!(out["totals"].as_array().unwrap().len(), 8);
        assert_eq!((&out["totals"][0]["stocks"], &out["totals"][0]["days"]), (&1.into(), &349.into()));
        assert!(out["too_short"][0].as_str().unwrap().starts_with("NEW: too short: 0 returns"), "{out}");
    }

    /// The acceptance figure, where the real prices are at hand.
    #[test]
    fn filtered_historical_holds_on_real_stocks() {
        let shared = std::env::var("QUARTERDAY_SHARED").unwrap_or_else(|_| "../../shared".to_owned());
        let data = PathBuf::from(shared).join("data/open/stocknet");
        if !data.is_dir() {
            eprintln!(
                "SKIPPED: {} is not there, so no Value at Risk was tried on real prices",
                data.display()
            );
            return;
        }
        let out = evaluate(data);
        let total = out["totals"].as_array().unwrap().iter();
        let wanted = |t: &&serde_json::Value| t["model"] == "fhs" && t["confidence"] == 0.99;
        let fhs = total.clone().find(wanted).unwrap();
        assert!(fhs["stocks"].as_u64().unwrap() > 80, "{fhs}");
        assert!(fhs["rejected_by_kupiec"].as_u64().unwrap() < 10, "{fhs}");
    }
}
