//! `ml-vm evaluate forecast`: what would have been published at every bar of every asset's past, five trading days ahead, and
//! how it did. Each forecast rests on bars up to its own day only; errors behind its interval were known by then.

use std::collections::BTreeMap;
use std::io::Write;

use analytics::forecast::record::{INTERVALS, Origin, record};
use analytics::forecast::{Candidate, Champion, History};
use analytics::random::{Stream, seed_of};
use analytics::statistics::{quantile_sorted, sorted};
use anyhow::{Context, bail};
use chrono::NaiveDate;
use domain::Outcome;
use rayon::prelude::*;
use serde::Serialize;

use super::prices::{self, Day};
use crate::cli::EvaluateForecastArgs;

/// Resampled records behind each interval.
const RESAMPLES: usize = 1000;
/// Days in a block of the bootstrap. All assets of a day stay together, since they move together.
const BLOCK: usize = 10;
/// Below and above this ratio of a month's moves to two years' it is calm and stormy.
const REGIMES: [f64; 2] = [0.8, 1.25];

/// A figure with its 95 % interval.
#[derive(Debug, Clone, Copy, Serialize)]
struct Figure {
    value: f64,
    low: f64,
    high: f64,
}

/// How the intervals of one level did.
#[derive(Debug, Serialize)]
struct Interval {
    level_percent: f64,
    coverage_percent: Figure,
    coverage_calm_percent: Option<f64>,
    coverage_usual_percent: Option<f64>,
    coverage_stormy_percent: Option<f64>,
    least_of_an_asset_percent: f64,
    most_of_an_asset_percent: f64,
    /// Mean pinball loss of both ends, in basis points of the price.
    pinball_bp: f64,
    unscaled_coverage_percent: f64,
    unscaled_pinball_bp: f64,
    /// Unscaled less ours: above 0 is better than the unscaled interval.
    pinball_gain_bp: Figure,
}

/// How the centre of one model did.
#[derive(Debug, Serialize)]
struct Centre {
    model: &'static str,
    /// Share of the forecasts that the figure rests on.
    forecasts: usize,
    /// 1 - MAE / MAE of the random walk, in percent.
    skill_percent: Figure,
}

/// One asset's record.
#[derive(Debug, Serialize)]
struct Row {
    asset: String,
    forecasts: usize,
    coverage_80_percent: f64,
    coverage_90_percent: f64,
    coverage_95_percent: f64,
    skill_percent: f64,
}

#[derive(Serialize)]
struct Output {
    horizon: usize,
    forecasts: usize,
    assets: usize,
    from: Option<NaiveDate>,
    to: Option<NaiveDate>,
    up_percent: f64,
    /// Share of forecasts whose champion was not the random walk.
    championed_percent: f64,
    intervals: Vec<Interval>,
    /// What was published, then each candidate alone.
    centres: Vec<Centre>,
    rows: Vec<Row>,
    left_out: Vec<String>,
}

/// A forecast and its day.
type Dated = (NaiveDate, Origin);

/// Evaluates forecasts on the prices of a folder.
///
/// # Errors
/// The prices cannot be read, or no asset has enough of them.
pub fn run(args: &EvaluateForecastArgs, out: &mut impl Write) -> anyhow::Result<Outcome> {
    let prices = prices::load(&args.data)?;
    let recorded: Vec<(&String, Result<Vec<Dated>, String>)> =
        prices.days.par_iter().map(|(asset, days)| (asset, of_asset(asset, days, args.from))).collect();
    let mut assets = BTreeMap::new();
    let mut left_out = Vec::new();
    for (asset, record) in recorded {
        match record {
            Ok(record) => {
                assets.insert(asset.clone(), record);
            }
            Err(reason) => left_out.push(format!("{asset}: {reason}")),
        }
    }
    if assets.is_empty() {
        bail!("{}: no asset has enough prices for a forecast whose outcome is known", args.data.display());
    }
    for reason in &left_out {
        eprintln!("ml-vm: {reason}");
    }
    let output = judge(&assets, left_out);
    if args.json {
        crate::print_json(out, &output)?;
    } else {
        table(&output, out).context("cannot write the result")?;
    }
    let lines: usize = prices.days.values().map(Vec::len).sum();
    Ok(crate::judge(lines, prices.rejected, "prices"))
}

fn of_asset(asset: &str, days: &[Day], from: Option<NaiveDate>) -> Result<Vec<Dated>, String> {
    let closes: Vec<f64> = days.iter().map(|day| day.close).collect();
    let volumes: Vec<Option<f64>> = days.iter().map(|day| day.volume).collect();
    let dates: Vec<NaiveDate> = days.iter().map(|day| day.on).collect();
    let history = History { closes: &closes, volumes: &volumes, days: &dates, ..History::default() };
    let origins = record(&history, seed_of(asset)).map_err(|e| e.to_string())?;
    let dated = origins.into_iter().map(|origin| (dates[origin.bar], origin));
    let kept: Vec<Dated> = dated.filter(|(day, _)| from.is_none_or(|from| *day >= from)).collect();
    if kept.is_empty() {
        return Err(format!("{} bars leave no forecast to judge", days.len()));
    }
    Ok(kept)
}

fn judge(assets: &BTreeMap<String, Vec<Dated>>, left_out: Vec<String>) -> Output {
    let mut by_day: BTreeMap<NaiveDate, Vec<&Origin>> = BTreeMap::new();
    for (day, origin) in assets.values().flatten() {
        by_day.entry(*day).or_default().push(origin);
    }
    let all: Vec<&Origin> = by_day.values().flatten().copied().collect();
    let share = |test: &dyn Fn(&Origin) -> bool| {
        100.0 * all.iter().filter(|o| test(o)).count() as f64 / all.len() as f64
    };
    let days: Vec<Vec<&Origin>> = by_day.values().cloned().collect();
    let mut centres = vec![centre("published", &days, &|o| o.expected)];
    for candidate in Candidate::ALL {
        centres.push(centre(candidate.model(), &days, &|o| o.candidates[candidate as usize]));
    }
    Output {
        horizon: analytics::forecast::HORIZONS,
        forecasts: all.len(),
        assets: assets.len(),
        from: by_day.keys().next().copied(),
        to: by_day.keys().next_back().copied(),
        up_percent: share(&|o| o.outcome > 0.0),
        championed_percent: share(&|o| o.champion != Champion::RandomWalk),
        intervals: (0..INTERVALS.len()).map(|level| interval(level, assets, &days)).collect(),
        centres,
        rows: assets.iter().map(|(asset, record)| row(asset, record)).collect(),
        left_out,
    }
}

fn inside(origin: &Origin, level: usize) -> bool {
    (origin.outcome - origin.expected).abs() <= origin.radii[level]
}

/// Mean pinball loss of both ends of an interval around `centre`, in basis points.
fn pinball(outcome: f64, centre: f64, radius: f64, level: f64) -> f64 {
    let tail = (1.0 - level) / 2.0;
    let loss = |quantile: f64, p: f64| {
        let beyond = outcome - quantile;
        (p * beyond).max((p - 1.0) * beyond)
    };
    1e4 * 0.5 * (loss(centre - radius, tail) + loss(centre + radius, 1.0 - tail))
}

fn interval(level: usize, assets: &BTreeMap<String, Vec<Dated>>, days: &[Vec<&Origin>]) -> Interval {
    let all = || days.iter().flatten();
    let n = all().count() as f64;
    let mean = |of: &dyn Fn(&Origin) -> f64| all().map(|o| of(o)).sum::<f64>() / n;
    let within = |from: f64, to: f64| {
        let part: Vec<bool> =
            all().filter(|o| (from..to).contains(&o.regime)).map(|o| inside(o, level)).collect();
        let hits = part.iter().filter(|hit| **hit).count() as f64;
        (!part.is_empty()).then(|| 100.0 * hits / part.len() as f64)
    };
    let of_assets: Vec<f64> = assets.values().map(|record| coverage(record, level)).collect();
    let wanted = INTERVALS[level];
    let ours = |o: &Origin| pinball(o.outcome, o.expected, o.radii[level], wanted);
    let unscaled = |o: &Origin| pinball(o.outcome, 0.0, o.unscaled[level], wanted);
    Interval {
        level_percent: 100.0 * wanted,
        coverage_percent: bootstrap(days, &|o| (100.0 * f64::from(u8::from(inside(o, level))), 1.0)),
        coverage_calm_percent: within(0.0, REGIMES[0]),
        coverage_usual_percent: within(REGIMES[0], REGIMES[1]),
        coverage_stormy_percent: within(REGIMES[1], f64::INFINITY),
        least_of_an_asset_percent: of_assets.iter().copied().fold(f64::INFINITY, f64::min),
        most_of_an_asset_percent: of_assets.iter().copied().fold(0.0, f64::max),
        pinball_bp: mean(&ours),
        unscaled_coverage_percent: 100.0
            * mean(&|o| f64::from(u8::from(o.outcome.abs() <= o.unscaled[level]))),
        unscaled_pinball_bp: mean(&unscaled),
        pinball_gain_bp: bootstrap(days, &|o| (unscaled(o) - ours(o), 1.0)),
    }
}

/// The skill of a centre on the forecasts where it had one.
fn centre(model: &'static str, days: &[Vec<&Origin>], expected: &dyn Fn(&Origin) -> f64) -> Centre {
    let usable = |o: &Origin| expected(o).is_finite();
    let gain = |o: &Origin| {
        if !usable(o) {
            return (0.0, 0.0);
        }
        let walked = o.outcome.abs();
        (100.0 * (walked - (o.outcome - expected(o)).abs()), walked)
    };
    let forecasts = days.iter().flatten().filter(|o| usable(o)).count();
    Centre { model, forecasts, skill_percent: bootstrap(days, &gain) }
}

/// The ratio of two sums over all forecasts, with its 95 % interval by a bootstrap of blocks of days.
fn bootstrap(days: &[Vec<&Origin>], of: &dyn Fn(&Origin) -> (f64, f64)) -> Figure {
    let sums = |day: &Vec<&Origin>| {
        day.iter().map(|o| of(o)).fold((0.0, 0.0), |sum, part| (sum.0 + part.0, sum.1 + part.1))
    };
    let days: Vec<(f64, f64)> = days.iter().map(sums).collect();
    let blocks: Vec<(f64, f64)> =
        days.chunks(BLOCK).map(|b| b.iter().fold((0.0, 0.0), |s, d| (s.0 + d.0, s.1 + d.1))).collect();
    let ratio = |(over, under): (f64, f64)| if under > 0.0 { over / under } else { 0.0 };
    let total = |picked: &mut dyn Iterator<Item = (f64, f64)>| {
        ratio(picked.fold((0.0, 0.0), |sum, block| (sum.0 + block.0, sum.1 + block.1)))
    };
    let mut stream = Stream::new(seed_of("evaluate forecast"));
    let resampled: Vec<f64> = (0..RESAMPLES)
        .map(|_| total(&mut (0..blocks.len()).map(|_| blocks[stream.next_index(blocks.len())])))
        .collect();
    let resampled = sorted(&resampled);
    Figure {
        value: total(&mut blocks.iter().copied()),
        low: quantile_sorted(&resampled, 0.025),
        high: quantile_sorted(&resampled, 0.975),
    }
}

fn coverage(record: &[Dated], level: usize) -> f64 {
    100.0 * record.iter().filter(|(_, o)| inside(o, level)).count() as f64 / record.len() as f64
}

fn row(asset: &str, record: &[Dated]) -> Row {
    let (errors, walked) = record
        .iter()
        .fold((0.0, 0.0), |sum, (_, o)| (sum.0 + (o.outcome - o.expected).abs(), sum.1 + o.outcome.abs()));
    Row {
        asset: asset.to_owned(),
        forecasts: record.len(),
        coverage_80_percent: coverage(record, 0),
        coverage_90_percent: coverage(record, 1),
        coverage_95_percent: coverage(record, 2),
        skill_percent: if walked > 0.0 { 100.0 * (1.0 - errors / walked) } else { 0.0 },
    }
}

fn table(output: &Output, out: &mut impl Write) -> std::io::Result<()> {
    let day = |day: Option<NaiveDate>| day.map(|d| d.to_string()).unwrap_or_default();
    writeln!(
        out,
        "{} forecasts, {} trading days ahead, of {} assets, {} to {}; the price rose in {:.1} %",
        output.forecasts,
        output.horizon,
        output.assets,
        day(output.from),
        day(output.to),
        output.up_percent
    )?;
    writeln!(
        out,
        "interval  covered [95 %]           calm  usual  stormy  of an asset    pinball  unscaled: covered  pinball"
    )?;
    for i in &output.intervals {
        let part = |share: Option<f64>| share.map_or_else(|| "–".to_owned(), |s| format!("{s:.1}"));
        writeln!(
            out,
            "{:>6.0} %  {:.2} % [{:.2}, {:.2}]  {:>4}  {:>5}  {:>6}  {:>4.1} to {:>5.1}  {:>5.2} bp  {:>16.2} %  {:>5.2} bp",
            i.level_percent,
            i.coverage_percent.value,
            i.coverage_percent.low,
            i.coverage_percent.high,
            part(i.coverage_calm_percent),
            part(i.coverage_usual_percent),
            part(i.coverage_stormy_percent),
            i.least_of_an_asset_percent,
            i.most_of_an_asset_percent,
            i.pinball_bp,
            i.unscaled_coverage_percent,
            i.unscaled_pinball_bp
        )?;
    }
    writeln!(
        out,
        "skill against the random walk (1 - MAE / MAE of the walk); a model was champion in {:.2} % of forecasts",
        output.championed_percent
    )?;
    for c in &output.centres {
        let s = c.skill_percent;
        writeln!(
            out,
            "{:<14} {:+.2} % [{:+.2}, {:+.2}] on {}",
            c.model, s.value, s.low, s.high, c.forecasts
        )?;
    }
    Ok(())
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::path::{Path, PathBuf};

    use super::*;

    fn evaluate(data: &Path) -> serde_json::Value {
        let mut out = Vec::new();
        let args = EvaluateForecastArgs { data: data.to_owned(), from: None, json: true };
        run(&args, &mut out).unwrap();
        serde_json::from_slice(&out).unwrap()
    }

    #[test]
    fn a_short_asset_does_not_stop_the_others() {
        let folder = tempfile::tempdir().unwrap();
        let mut stream = Stream::new(2);
        let mut text = "symbol,interval,time,close\nNEW,1d,2015-01-01T00:00:00Z,5\n".to_owned();
        for asset in ["ONE", "TWO"] {
            let mut price = 100.0;
            for i in 0..500_u64 {
                price *= (0.01 * stream.next_normal()).exp();
                let day = NaiveDate::from_ymd_opt(2013, 1, 1).unwrap() + chrono::Days::new(i);
                text.push_str(&format!("{asset},1d,{day}T00:00:00Z,{price}\n"));
            }
        }
        std::fs::write(folder.path().join("bars.csv"), text).unwrap();
        let out = evaluate(folder.path());
        assert_eq!((&out["assets"], &out["intervals"].as_array().unwrap().len()), (&2.into(), &3));
        assert!(out["left_out"][0].as_str().unwrap().starts_with("NEW: too short"), "{out}");
        let covered = out["intervals"][1]["coverage_percent"]["value"].as_f64().unwrap();
        assert!((85.0..95.0).contains(&covered), "{covered}");
    }

    /// The acceptance figures, where the real prices are at hand.
    #[test]
    fn intervals_hold_on_real_prices() {
        let shared = std::env::var("QUARTERDAY_SHARED").unwrap_or_else(|_| "../../shared".to_owned());
        for part in ["data/open/stocknet", "data/worlds/us-2020"] {
            let data = PathBuf::from(&shared).join(part);
            if !data.is_dir() {
                eprintln!(
                    "SKIPPED: {} is not there, so no forecast was tried on real prices",
                    data.display()
                );
                continue;
            }
            let out = evaluate(&data);
            for (place, wanted) in [(0, 80.0), (1, 90.0)] {
                let interval = &out["intervals"][place];
                let covered = interval["coverage_percent"]["value"].as_f64().unwrap();
                assert!((covered - wanted).abs() <= 1.5, "{part}: {interval}");
                let (ours, unscaled) = (&interval["pinball_bp"], &interval["unscaled_pinball_bp"]);
                assert!(ours.as_f64().unwrap() < unscaled.as_f64().unwrap(), "{part}: {interval}");
            }
        }
    }
}
