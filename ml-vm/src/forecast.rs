//! `ml-vm forecast`: the five trading days after a file of bars, as JSON.

use std::io::Write;

use analytics::adjust::comparable;
use analytics::calendar::Market;
use analytics::forecast::{History, Outlook, forecast};
use analytics::{random, signal};
use anyhow::Context;
use chrono::NaiveDate;
use domain::Outcome;
use serde::Serialize;

use crate::bars::load;
use crate::cli::BarsArgs;

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
    /// What moved the five-day forecast, largest first.
    moved_by: Vec<Part>,
}

#[derive(Serialize)]
struct Part {
    what: &'static str,
    percent: f64,
}

#[derive(Serialize)]
struct Row {
    horizon: usize,
    target_on: NaiveDate,
    q025: f64,
    q05: f64,
    q10: f64,
    q50: f64,
    q90: f64,
    q95: f64,
    q975: f64,
    rw_q025: f64,
    rw_q10: f64,
    rw_q90: f64,
    rw_q975: f64,
    skill: Option<f64>,
    skill_low: Option<f64>,
    skill_high: Option<f64>,
    coverage_80: Option<f64>,
    coverage_90: Option<f64>,
    coverage_95: Option<f64>,
    evaluated: usize,
}

/// Reads the bars and writes the forecast, from closes in which splits and dividends are no moves.
///
/// # Errors
/// The file cannot be read, or holds too few bars.
pub fn run(args: &BarsArgs, out: &mut impl Write) -> anyhow::Result<Outcome> {
    let file = load(args)?;
    for reason in &file.rejected {
        eprintln!("ml-vm: {reason}");
    }
    let bars = &file.bars;
    let traded: Vec<f64> = bars.iter().map(|b| b.close).collect();
    let adjusted: Vec<Option<f64>> = bars.iter().map(|b| b.adj_close).collect();
    let closes = comparable(&traded, &adjusted, &[]);
    let volumes: Vec<Option<f64>> = bars.iter().map(|b| b.volume).collect();
    let days: Vec<NaiveDate> = bars.iter().map(|b| b.opens_at.date_naive()).collect();
    let history = History { closes: &closes, volumes: &volumes, days: &days, ..History::default() };
    let outlook =
        forecast(&history, random::seed_of("forecast")).with_context(|| args.bars.display().to_string())?;
    let last_on = days.last().copied().unwrap_or_default();
    let market = Market::of(args.symbol.as_deref().unwrap_or_default(), &days);
    let targets = market.days_after(last_on, outlook.horizons.len());
    let output = Output {
        champion: outlook.champion.name(),
        model: outlook.champion.model(),
        reason: &outlook.reason,
        bars: bars.len(),
        last_close: outlook.last_close,
        last_on,
        signal: signal::from_forecast(&outlook).side.as_str(),
        horizons: rows(&outlook, &targets),
        moved_by: outlook
            .horizons
            .last()
            .into_iter()
            .flat_map(|h| &h.contributions)
            .map(|c| Part { what: c.what, percent: 100.0 * c.log_return.exp_m1() })
            .collect(),
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
                q05: h.interval_90.0,
                q10,
                q50,
                q90,
                q95: h.interval_90.1,
                q975,
                rw_q025,
                rw_q10,
                rw_q90,
                rw_q975,
                skill: h.skill.map(|s| s.value),
                skill_low: h.skill.map(|s| s.low),
                skill_high: h.skill.map(|s| s.high),
                coverage_80: h.coverage_80,
                coverage_90: h.coverage_90,
                coverage_95: h.coverage_95,
                evaluated: h.evaluated,
            }
        })
        .collect()
}
