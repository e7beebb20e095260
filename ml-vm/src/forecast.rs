//! `ml-vm forecast`: the five trading days after a file of bars, as JSON.

use std::io::Write;

use analytics::forecast::{History, Outlook, forecast};
use analytics::{random, signal};
use anyhow::Context;
use chrono::NaiveDate;
use domain::Outcome;
use serde::Serialize;

use crate::bars::{closes, load};
use crate::cli::BarsArgs;
use crate::predict::calendar::trading_days_after;

#[derive(Serialize)]
struct Output<'a> {
    champion: &'static str,
    model: &'static str,
    reason: &'a str,
    bars: usize,
    last_close: f64,
    last_on: NaiveDate,
    signal: &'static str,
    horizons: Vec<Row>,
}

#[derive(Serialize)]
struct Row {
    horizon: usize,
    target_on: NaiveDate,
    q025: f64,
    q10: f64,
    q50: f64,
    q90: f64,
    q975: f64,
    rw_q025: f64,
    rw_q10: f64,
    rw_q90: f64,
    rw_q975: f64,
    skill: Option<f64>,
    skill_low: Option<f64>,
    skill_high: Option<f64>,
    coverage_80: Option<f64>,
    coverage_95: Option<f64>,
    evaluated: usize,
}

/// Reads the bars and writes the forecast, from adjusted closes where all bars have them.
///
/// # Errors
/// The file cannot be read, or holds too few bars.
pub fn run(args: &BarsArgs, out: &mut impl Write) -> anyhow::Result<Outcome> {
    let file = load(args)?;
    for reason in &file.rejected {
        eprintln!("ml-vm: {reason}");
    }
    let bars = &file.bars;
    let closes = closes(bars.iter().map(|b| (b.close, b.adj_close)));
    let volumes: Vec<Option<f64>> = bars.iter().map(|b| b.volume).collect();
    let silent = vec![None; bars.len()];
    let history = History { closes: &closes, volumes: &volumes, sentiment: &silent };
    let outlook =
        forecast(&history, random::seed_of("forecast")).with_context(|| args.bars.display().to_string())?;
    let days: Vec<NaiveDate> = bars.iter().map(|b| b.opens_at.date_naive()).collect();
    let targets = trading_days_after(&days, outlook.horizons.len());
    let output = Output {
        champion: outlook.champion.name(),
        model: outlook.champion.model(),
        reason: &outlook.reason,
        bars: bars.len(),
        last_close: outlook.last_close,
        last_on: days.last().copied().unwrap_or_default(),
        signal: signal::from_forecast(&outlook).side.as_str(),
        horizons: rows(&outlook, &targets),
    };
    crate::print_json(out, &output)?;
    Ok(crate::judge(bars.len(), file.rejected.len(), "bars"))
}

fn rows(outlook: &Outlook, targets: &[NaiveDate]) -> Vec<Row> {
    let horizons = outlook.horizons.iter().zip(targets);
    horizons
        .map(|(h, target_on)| {
            let ([q025, q10, q50, q90, q975], [rw_q025, rw_q10, _, rw_q90, rw_q975]) =
                (h.quantiles, h.random_walk);
            Row {
                horizon: h.days,
                target_on: *target_on,
                q025,
                q10,
                q50,
                q90,
                q975,
                rw_q025,
                rw_q10,
                rw_q90,
                rw_q975,
                skill: h.skill.map(|s| s.value),
                skill_low: h.skill.map(|s| s.low),
                skill_high: h.skill.map(|s| s.high),
                coverage_80: h.coverage_80,
                coverage_95: h.coverage_95,
                evaluated: h.evaluated,
            }
        })
        .collect()
}
