//! How sealed forecasts fared, once the day they were about has come.
//!
//! Where the market was closed on the day, the next trading day within four days counts. Returns are compared, so a split
//! or a dividend meanwhile is no error. Of forecasts that rest on the same last bar the first counts: four slots a day say
//! nearly the same, and must not count four times.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;

use analytics::tuning::LEVELS;
use anyhow::Context;
use chrono::{Days, NaiveDate};
use cloud::{Lake, commit};
use domain::lake::Area;
use domain::prediction::{Record, SealedForecast};
use domain::{Key, Outcome, Slot};

use crate::cli::LedgerScoreArgs;
use crate::predict::daily::Daily;

/// How many days after its day a forecast may find its price.
const PATIENCE: u64 = 4;
/// Fewest days from which an interval is computed.
const FEWEST_DAYS: usize = 10;

/// A sealed forecast that has come due.
#[derive(Debug, Clone, PartialEq)]
pub struct Due {
    /// Which asset.
    pub symbol: String,
    /// `champion` or `challenger`.
    pub role: String,
    /// The method.
    pub model: String,
    /// The fitted version; empty: what is built in.
    pub version: String,
    /// Trading days ahead.
    pub horizon: i32,
    /// Day of the last bar that was known.
    pub day: NaiveDate,
    /// |log(median / actual)|.
    pub error: f64,
    /// |log(last close / actual)|.
    pub walk_error: f64,
    /// Whether the outcome lay inside the 80 % interval.
    pub inside_80: bool,
    /// Whether it lay inside the 95 % interval.
    pub inside_95: bool,
    /// Mean pinball loss of its five quantiles, in log returns.
    pub loss: f64,
}

/// The outcome of a forecast by the closes of `days`; `None` while its day has not come, or where its last bar is unknown.
pub fn due(forecast: &SealedForecast, days: &[NaiveDate], closes: &[f64]) -> Option<Due> {
    let last = days.binary_search(&forecast.last_on).ok()?;
    let at = days.partition_point(|day| *day < forecast.target_on);
    let latest = forecast.target_on.checked_add_days(Days::new(PATIENCE))?;
    if at <= last || *days.get(at)? > latest {
        return None;
    }
    let moved = (closes.get(at)? / closes.get(last)?).ln();
    let said = |price: f64| (price / forecast.last_close).ln();
    let between = |low: f64, high: f64| (said(low)..=said(high)).contains(&moved);
    let error = (moved - said(forecast.q50)).abs();
    (moved.is_finite() && error.is_finite()).then(|| Due {
        symbol: forecast.symbol.clone(),
        role: forecast.role.clone(),
        model: forecast.model.clone(),
        version: forecast.version.clone().unwrap_or_default(),
        horizon: forecast.horizon,
        day: forecast.last_on,
        error,
        walk_error: moved.abs(),
        inside_80: between(forecast.q10, forecast.q90),
        inside_95: between(forecast.q025, forecast.q975),
        loss: loss([forecast.q025, forecast.q10, forecast.q50, forecast.q90, forecast.q975].map(said), moved),
    })
}

fn loss(quantiles: [f64; 5], moved: f64) -> f64 {
    let each =
        LEVELS.iter().zip(quantiles).map(|(level, q)| (level * (moved - q)).max((level - 1.0) * (moved - q)));
    each.sum::<f64>() / LEVELS.len() as f64
}

/// Of forecasts of one asset, role and horizon that rest on the same last bar, the first; `forecasts` oldest first.
pub fn first_words<'a>(forecasts: impl Iterator<Item = &'a SealedForecast>) -> Vec<&'a SealedForecast> {
    let mut seen = BTreeSet::new();
    forecasts.filter(|f| seen.insert((f.symbol.as_str(), f.role.as_str(), f.horizon, f.last_on))).collect()
}

/// What a day's outcomes add up to.
#[derive(Debug, Clone, Copy, Default)]
struct Sum {
    cases: u64,
    error: f64,
    walk: f64,
    inside_80: u64,
    inside_95: u64,
}

/// Records by role, model, version and horizon; by asset as well where `by_asset` says so.
pub fn records(due: &[Due], by_asset: bool) -> Vec<Record> {
    type Group<'a> = (&'a str, &'a str, &'a str, &'a str, i32);
    let mut groups: BTreeMap<Group<'_>, BTreeMap<NaiveDate, Sum>> = BTreeMap::new();
    for d in due {
        let symbol = if by_asset { d.symbol.as_str() } else { "" };
        let group = (symbol, d.role.as_str(), d.model.as_str(), d.version.as_str(), d.horizon);
        let sum = groups.entry(group).or_default().entry(d.day).or_default();
        sum.cases += 1;
        sum.error += d.error;
        sum.walk += d.walk_error;
        sum.inside_80 += u64::from(d.inside_80);
        sum.inside_95 += u64::from(d.inside_95);
    }
    let made = groups.into_iter().map(|((symbol, role, model, version, horizon), days)| {
        let days: Vec<Sum> = days.into_values().collect();
        let total = |value: fn(&Sum) -> f64| days.iter().map(value).sum::<f64>();
        let cases = days.iter().map(|d| d.cases).sum::<u64>();
        let (error, walk) = (total(|d| d.error), total(|d| d.walk));
        Record {
            symbol: symbol.to_owned(),
            role: role.to_owned(),
            model: model.to_owned(),
            version: version.to_owned(),
            horizon,
            forecasts: cases,
            days: days.len() as u64,
            error: error / cases as f64,
            walk_error: walk / cases as f64,
            skill: (walk > 0.0).then(|| 1.0 - error / walk),
            interval: interval(&days, error, walk),
            coverage_80: total(|d| d.inside_80 as f64) / cases as f64,
            coverage_95: total(|d| d.inside_95 as f64) / cases as f64,
        }
    });
    made.collect()
}

/// The 95 % interval of the skill by a jackknife over days: forecasts of one day err together.
fn interval(days: &[Sum], error: f64, walk: f64) -> Option<[f64; 2]> {
    let n = days.len() as f64;
    let skill = 1.0 - error / walk;
    let without: Vec<f64> = days.iter().map(|d| 1.0 - (error - d.error) / (walk - d.walk)).collect();
    let mean = without.iter().sum::<f64>() / n;
    let variance = without.iter().map(|s| (s - mean).powi(2)).sum::<f64>() * (n - 1.0) / n;
    let half = 1.96 * variance.sqrt();
    (days.len() >= FEWEST_DAYS && half.is_finite()).then_some([skill - half, skill + half])
}

/// All sealed forecasts of the slots before `slot` that have come due by the bars of that slot's split.
///
/// # Errors
/// The split is missing, the lake fails, or something sealed is damaged.
pub async fn collect(lake: &dyn Lake, slot: Slot, days: usize) -> anyhow::Result<Vec<Due>> {
    let key = Key::SlotManifest { area: Area::Assets, slot }.to_string();
    let (split, _) = commit::read_manifest(lake, &key)
        .await?
        .with_context(|| format!("{key} is missing: run `dataproc-job split --slot {slot}` first"))?;
    let mut sealed = Vec::new();
    for seal in super::earlier(lake, slot, days).await?.iter().rev() {
        sealed.extend(super::forecasts(lake, seal).await?);
    }
    let mut by_asset: BTreeMap<&str, Vec<&SealedForecast>> = BTreeMap::new();
    for forecast in first_words(sealed.iter()) {
        by_asset.entry(&forecast.symbol).or_default().push(forecast);
    }
    let mut all = Vec::new();
    for asset in crate::predict::input::load(lake, &split).await? {
        let (Some(own), Ok(rows)) = (by_asset.get(asset.symbol.as_str()), &asset.rows) else { continue };
        let daily = Daily::of(&rows.bars, slot.close_at());
        let days = daily.days();
        all.extend(own.iter().filter_map(|forecast| due(forecast, &days, &daily.closes)));
    }
    Ok(all)
}

/// `ml-vm ledger score`: prints the records, as a table or one JSON object a line.
///
/// # Errors
/// As [`collect`], or output fails.
pub async fn run(lake: &dyn Lake, args: &LedgerScoreArgs, out: &mut impl Write) -> anyhow::Result<Outcome> {
    let records = records(&collect(lake, args.slot, args.days).await?, args.by_asset);
    if args.json {
        for record in &records {
            crate::print_json(out, record)?;
        }
        return Ok(Outcome::Succeeded);
    }
    let written = print(out, &records);
    written.context("cannot write the result")?;
    Ok(Outcome::Succeeded)
}

fn print(out: &mut impl Write, records: &[Record]) -> std::io::Result<()> {
    if records.is_empty() {
        return writeln!(out, "no sealed forecast has come due yet");
    }
    writeln!(
        out,
        "{:<10}{:<12}{:<38}{:>4}{:>10}{:>6}{:>9}{:>20}{:>7}{:>7}",
        "asset", "role", "model", "days", "forecasts", "on", "skill %", "95 %", "80 %", "95 %"
    )?;
    for r in records {
        let asset = if r.symbol.is_empty() { "all" } else { &r.symbol };
        let model = if r.version.is_empty() { r.model.clone() } else { format!("{} {}", r.model, r.version) };
        let skill = r.skill.map_or_else(|| "–".to_owned(), |s| format!("{:+.2}", 100.0 * s));
        let interval = r.interval.map_or_else(
            || "–".to_owned(),
            |[low, high]| format!("[{:+.2}, {:+.2}]", 100.0 * low, 100.0 * high),
        );
        writeln!(
            out,
            "{asset:<10}{:<12}{model:<38}{:>4}{:>10}{:>6}{skill:>9}{interval:>20}{:>7.1}{:>7.1}",
            r.role,
            r.horizon,
            r.forecasts,
            r.days,
            100.0 * r.coverage_80,
            100.0 * r.coverage_95
        )?;
    }
    Ok(())
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    fn forecast(target_on: &str) -> SealedForecast {
        SealedForecast {
            symbol: "A".into(),
            role: "champion".into(),
            model: "random-walk/1".into(),
            version: None,
            horizon: 1,
            last_on: day("2026-11-20"),
            target_on: day(target_on),
            last_close: 200.0,
            q025: 180.0,
            q10: 190.0,
            q50: 200.0,
            q90: 210.0,
            q975: 220.0,
        }
    }

    #[test]
    fn a_forecast_is_scored_when_its_day_has_come() {
        let days: Vec<NaiveDate> = ["2026-11-19", "2026-11-20", "2026-11-23", "2026-11-24"].map(day).to_vec();
        // After a split of two for one the forecast's prices are twice today's.
        let closes = [99.0, 100.0, 107.0, 111.0];
        let scored = due(&forecast("2026-11-23"), &days, &closes).unwrap();
        assert!((scored.error - 1.07_f64.ln()).abs() < 1e-12 && scored.error == scored.walk_error);
        assert!(!scored.inside_80 && scored.inside_95);
        assert!(due(&forecast("2026-11-21"), &days, &closes).is_some(), "closed: the next trading day");
        assert_eq!(due(&forecast("2026-11-25"), &days, &closes), None, "not yet");
        assert_eq!(due(&forecast("2026-11-18"), &days, &closes), None, "before its own last bar");
        assert_eq!(due(&forecast("2026-11-23"), &days[2..], &closes[2..]), None, "last bar unknown");
    }

    #[test]
    fn the_first_word_counts() {
        let (mut second, other) = (forecast("2026-11-23"), forecast("2026-11-23"));
        second.q50 = 207.0;
        let both = [other.clone(), second];
        assert_eq!(first_words(both.iter()), [&other]);
    }

    #[test]
    fn records_add_up() {
        let mut all = Vec::new();
        for i in 0..12_i32 {
            let mut scored =
                due(&forecast("2026-11-23"), &[day("2026-11-20"), day("2026-11-23")], &[1.0, 1.02]).unwrap();
            scored.day = day("2026-11-01") + chrono::Duration::days(i.into());
            scored.error = if i % 2 == 0 { 0.01 } else { 0.02 };
            scored.walk_error = 0.02;
            all.push(scored);
        }
        let record = records(&all, false).remove(0);
        assert_eq!((record.forecasts, record.days, record.coverage_80), (12, 12, 1.0));
        assert!((record.skill.unwrap() - 0.25).abs() < 1e-12);
        let [low, high] = record.interval.unwrap();
        assert!(low < 0.25 && high > 0.25 && record.symbol.is_empty());
        assert_eq!(records(&all[..3], true)[0].interval, None, "too few days");
    }
}
