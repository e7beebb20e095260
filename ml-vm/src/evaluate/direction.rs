//! `ml-vm evaluate direction`: up or down the next day, by the protocol of StockNet (Xu and Cohen, ACL 2018).
//!
//! Train from 2014-01-01, choose on the two months from 2015-08-01, judge from 2015-10-01 to the end of the year, ends
//! exclusive. Two sets of samples go by the name of this benchmark and are never mixed here: all movements beyond the
//! thresholds (20,339, 2,555 and 3,720 in the whole source), and those of them with a tweet on every day of the window (4,987, 656 and
//! 1,008). A third target, more than the day's median, takes out what all stocks do together.
//!
//! The penalty is chosen on the dev part; the test part is looked at once, by five seeds (each a mean of models fitted on
//! resampled training days). Stocks of a day move together, so intervals come from a bootstrap over days.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;
use std::path::Path;

use analytics::direction::{Bar, Features, Model, Panel, Sample, Score, Target, decide, judge, samples};
use analytics::random::{Stream, draw, seed_of};
use anyhow::{Context, bail};
use chrono::NaiveDate;
use domain::Outcome;
use rayon::prelude::*;
use serde::Serialize;

use super::prices;
use crate::cli::EvaluateDirectionArgs;

/// Starts of train, dev and test, and the end of test.
const DATES: [(i32, u32, u32); 4] = [(2014, 1, 1), (2015, 8, 1), (2015, 10, 1), (2016, 1, 1)];
/// Penalties that the dev part chooses from.
const PENALTIES: [f64; 5] = [30.0, 100.0, 300.0, 1000.0, 3000.0];
/// Seeds.
const SEEDS: u64 = 5;
/// Models behind each seed's prediction.
const BAG: u64 = 5;

/// One model's scores on the test part, means over the seeds.
#[derive(Debug, Serialize)]
struct Row {
    model: &'static str,
    accuracy_percent: f64,
    accuracy_low_percent: f64,
    accuracy_high_percent: f64,
    /// By seed.
    accuracies_percent: Vec<f64>,
    mcc: f64,
    mcc_low: f64,
    mcc_high: f64,
    mccs: Vec<f64>,
}

#[derive(Debug, Serialize)]
struct Part {
    protocol: &'static str,
    train: usize,
    dev: usize,
    test: usize,
    test_days: usize,
    penalty: f64,
    dev_mcc: f64,
    dev_accuracy_percent: f64,
    rows: Vec<Row>,
    verdict: String,
}

#[derive(Serialize)]
struct Output {
    test_from: Option<NaiveDate>,
    test_to: Option<NaiveDate>,
    parts: Vec<Part>,
    not_tried: Vec<String>,
}

/// Evaluates on the prices of a folder.
///
/// # Errors
/// The prices cannot be read, or do not span the days of the protocol.
pub fn run(args: &EvaluateDirectionArgs, out: &mut impl Write) -> anyhow::Result<Outcome> {
    let prices = prices::load(&args.data)?;
    let (panel, names) = panel(&prices, &sectors(&args.data)?);
    let [train, dev, test, end] = DATES.map(|(year, month, day)| {
        let date = NaiveDate::from_ymd_opt(year, month, day).unwrap_or_default();
        panel.days.partition_point(|d| *d < date)
    });
    let cut = |target: Target| {
        [(train, dev), (dev, test), (test, end)].map(|(from, to)| samples(&panel, target, from, to, 0))
    };
    let threshold = cut(Target::Threshold);
    if threshold.iter().any(Vec::is_empty) {
        bail!(
            "{}: prices from {} to {} leave no samples for train, dev or test (2014-01 to 2015-12)",
            args.data.display(),
            panel.days.first().copied().unwrap_or_default(),
            panel.days.last().copied().unwrap_or_default()
        );
    }
    let mut parts = vec![part("threshold, all samples", Target::Threshold, &threshold)?];
    let mut not_tried = Vec::new();
    match flagged(&args.data)? {
        Some(flagged) => {
            let kept = threshold.map(|all| {
                all.into_iter()
                    .filter(|s| flagged.contains(&(names[s.stock].clone(), panel.days[s.day])))
                    .collect()
            });
            match part("threshold, a tweet on every day", Target::Threshold, &kept) {
                Ok(part) => parts.push(part),
                Err(error) => not_tried.push(format!("threshold, a tweet on every day: {error:#}")),
            }
        }
        None => not_tried.push("threshold, a tweet on every day: there is no targets*.csv".to_owned()),
    }
    parts.push(part("more than the day's median", Target::Median, &cut(Target::Median))?);
    let output = Output {
        test_from: panel.days.get(test).copied(),
        test_to: panel.days[..end].last().copied(),
        parts,
        not_tried,
    };
    if args.json {
        crate::print_json(out, &output)?;
    } else {
        table(&output, out).context("cannot write the result")?;
    }
    let lines: usize = prices.days.values().map(Vec::len).sum();
    Ok(crate::judge(lines, prices.rejected, "prices"))
}

/// The bars of all stocks on one calendar, and the names of the stocks.
fn panel(prices: &prices::Prices, sectors: &BTreeMap<String, String>) -> (Panel, Vec<String>) {
    let days: BTreeSet<NaiveDate> = prices.days.values().flatten().map(|day| day.on).collect();
    let days: Vec<NaiveDate> = days.into_iter().collect();
    let kinds: BTreeSet<&str> = sectors.values().map(String::as_str).collect();
    let sector = |stock: &String| {
        let known = sectors.get(stock).and_then(|sector| kinds.iter().position(|kind| kind == sector));
        known.unwrap_or(kinds.len())
    };
    let bars = prices.days.values().map(|stock| {
        let mut bars = vec![None; days.len()];
        for day in stock {
            if let Ok(at) = days.binary_search(&day.on) {
                let open = day.open.unwrap_or(day.close);
                bars[at] = Some(Bar {
                    open,
                    high: day.high.unwrap_or(open.max(day.close)),
                    low: day.low.unwrap_or(open.min(day.close)),
                    close: day.close,
                    volume: day.volume.unwrap_or(0.0),
                });
            }
        }
        bars
    });
    let bars = bars.collect();
    let names: Vec<String> = prices.days.keys().cloned().collect();
    (Panel { bars, sectors: names.iter().map(sector).collect(), days }, names)
}

/// Sectors by symbol from `stocks.csv`; none where there is no such file.
fn sectors(folder: &Path) -> anyhow::Result<BTreeMap<String, String>> {
    let path = folder.join("stocks.csv");
    if !path.is_file() {
        return Ok(BTreeMap::new());
    }
    let shown = path.display();
    let mut csv = csv::Reader::from_path(&path).with_context(|| format!("cannot open {shown}"))?;
    #[derive(serde::Deserialize)]
    struct Line {
        sector: String,
        symbol: String,
    }
    let lines: Result<Vec<Line>, csv::Error> = csv.deserialize().collect();
    let lines = lines.with_context(|| format!("{shown}: wanted the columns sector and symbol"))?;
    Ok(lines.into_iter().map(|line| (line.symbol, line.sector)).collect())
}

/// Stocks and days with a tweet on every day of the window, from `targets*.csv`; `None` where there is no such file.
fn flagged(folder: &Path) -> anyhow::Result<Option<BTreeSet<(String, NaiveDate)>>> {
    #[derive(serde::Deserialize)]
    struct Line {
        stock: String,
        date: NaiveDate,
        tweets_on_every_day: u8,
    }
    let Some(reader) = prices::open(folder, &["targets"])? else { return Ok(None) };
    let lines: Result<Vec<Line>, csv::Error> = csv::Reader::from_reader(reader).deserialize().collect();
    let lines =
        lines.context("targets*.csv: wanted the columns stock, date and tweets_on_every_day (0 or 1)")?;
    let kept = lines.into_iter().filter(|line| line.tweets_on_every_day == 1);
    Ok(Some(kept.map(|line| (line.stock, line.date)).collect()))
}

/// Train, dev and test of one protocol.
fn part(protocol: &'static str, target: Target, parts: &[Vec<Sample>; 3]) -> anyhow::Result<Part> {
    let [train, dev, test] = parts;
    if parts.iter().any(Vec::is_empty) {
        bail!("no samples in train, dev or test");
    }
    let whole = vec![1.0; train.len()];
    let chosen = PENALTIES.par_iter().filter_map(|penalty| {
        let model = fit(train, &whole, *penalty)?;
        let odds: Vec<f64> = dev.iter().map(|s| model.odds(&s.row)).collect();
        Some((*penalty, score(target, dev, &odds)?))
    });
    let chosen: Vec<(f64, Score)> = chosen.collect();
    // The first of equals, whichever thread was first.
    let best = chosen.into_iter().reduce(|a, b| if b.1.mcc > a.1.mcc { b } else { a });
    let (penalty, on_dev) =
        best.context("no model could be fitted: the training samples are all of one kind")?;
    let scores: Vec<Score> = (0..SEEDS)
        .into_par_iter()
        .filter_map(|seed| score(target, test, &bagged(train, test, penalty, seed)))
        .collect();
    let always = score_of(test, &vec![true; test.len()]).context("no test samples")?;
    let model = summary("logistic regression on prices", &scores);
    let verdict = verdict(target, &model, &always);
    Ok(Part {
        protocol,
        train: train.len(),
        dev: dev.len(),
        test: test.len(),
        test_days: always.days,
        penalty,
        dev_mcc: on_dev.mcc,
        dev_accuracy_percent: 100.0 * on_dev.accuracy,
        rows: vec![model, summary("always up", &[always])],
        verdict,
    })
}

fn fit(train: &[Sample], weights: &[f64], penalty: f64) -> Option<Model> {
    let rows: Vec<Features> = train.iter().map(|s| s.row).collect();
    let up: Vec<bool> = train.iter().map(|s| s.up).collect();
    Model::fit(&rows, &up, weights, penalty)
}

/// Mean log odds of models fitted on resampled training days.
fn bagged(train: &[Sample], test: &[Sample], penalty: f64, seed: u64) -> Vec<f64> {
    let days: BTreeSet<usize> = train.iter().map(|s| s.day).collect();
    let days: Vec<usize> = days.into_iter().collect();
    let mut odds = vec![0.0; test.len()];
    for bag in 0..BAG {
        let mut stream = Stream::new(draw(seed_of("evaluate direction"), seed * BAG + bag));
        let mut counts: BTreeMap<usize, f64> = BTreeMap::new();
        for _ in 0..days.len() {
            *counts.entry(days[stream.next_index(days.len())]).or_default() += 1.0;
        }
        let weights: Vec<f64> = train.iter().map(|s| counts.get(&s.day).copied().unwrap_or(0.0)).collect();
        if let Some(model) = fit(train, &weights, penalty) {
            odds.iter_mut().zip(test).for_each(|(odds, s)| *odds += model.odds(&s.row) / BAG as f64);
        }
    }
    odds
}

fn score(target: Target, samples: &[Sample], odds: &[f64]) -> Option<Score> {
    score_of(samples, &decide(target, samples, odds))
}

fn score_of(samples: &[Sample], said: &[bool]) -> Option<Score> {
    let days: Vec<usize> = samples.iter().map(|s| s.day).collect();
    let came: Vec<bool> = samples.iter().map(|s| s.up).collect();
    // One seed for all, so that every model is judged on the same resampled days.
    judge(&days, said, &came, seed_of("evaluate direction, days"))
}

fn summary(model: &'static str, scores: &[Score]) -> Row {
    let mean = |of: &dyn Fn(&Score) -> f64| scores.iter().map(of).sum::<f64>() / scores.len() as f64;
    Row {
        model,
        accuracy_percent: 100.0 * mean(&|s| s.accuracy),
        accuracy_low_percent: 100.0 * mean(&|s| s.accuracy_interval.0),
        accuracy_high_percent: 100.0 * mean(&|s| s.accuracy_interval.1),
        accuracies_percent: scores.iter().map(|s| 100.0 * s.accuracy).collect(),
        mcc: mean(&|s| s.mcc),
        mcc_low: mean(&|s| s.mcc_interval.0),
        mcc_high: mean(&|s| s.mcc_interval.1),
        mccs: scores.iter().map(|s| s.mcc).collect(),
    }
}

/// What the interval allows to be said, and no more.
fn verdict(target: Target, model: &Row, always: &Score) -> String {
    let up = 100.0 * always.accuracy;
    match target {
        Target::Median if model.accuracy_low_percent > 50.0 => "better than a coin".to_owned(),
        Target::Median => "not shown to be better than a coin".to_owned(),
        Target::Threshold if model.mcc_low > 0.0 && model.accuracy_percent > up => {
            "better than chance, and more often right than always saying up".to_owned()
        }
        Target::Threshold if model.mcc_low > 0.0 => {
            "better than chance, but less often right than always saying up".to_owned()
        }
        Target::Threshold => "not shown to be better than chance".to_owned(),
    }
}

fn table(output: &Output, out: &mut impl Write) -> std::io::Result<()> {
    let day = |day: Option<NaiveDate>| day.map(|d| d.to_string()).unwrap_or_default();
    writeln!(
        out,
        "test days {} to {}; means over {SEEDS} seeds, 95 % intervals by a bootstrap over days",
        day(output.test_from),
        day(output.test_to)
    )?;
    for part in &output.parts {
        writeln!(
            out,
            "{}: {} train, {} dev, {} test samples on {} days; penalty {} chosen on dev (MCC {:+.3}, {:.2} %)",
            part.protocol,
            part.train,
            part.dev,
            part.test,
            part.test_days,
            part.penalty,
            part.dev_mcc,
            part.dev_accuracy_percent
        )?;
        for r in &part.rows {
            writeln!(
                out,
                "  {:<30} accuracy {:.2} % [{:.2}, {:.2}]  MCC {:+.3} [{:+.3}, {:+.3}]",
                r.model,
                r.accuracy_percent,
                r.accuracy_low_percent,
                r.accuracy_high_percent,
                r.mcc,
                r.mcc_low,
                r.mcc_high
            )?;
        }
        writeln!(out, "  {}", part.verdict)?;
    }
    for reason in &output.not_tried {
        writeln!(out, "not tried: {reason}")?;
    }
    Ok(())
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_small_folder_is_judged_by_all_protocols() {
        let folder = tempfile::tempdir().unwrap();
        let mut stream = Stream::new(3);
        let mut text = "stock,Date,Open,High,Low,Close,Adj Close,Volume\n".to_owned();
        let mut targets = "stock,date,tweets_on_every_day\n".to_owned();
        for stock in ["A", "B", "C", "D"] {
            let (mut price, mut last) = (100.0, 0.0);
            let start: NaiveDate = "2013-09-01".parse().unwrap();
            for day in start.iter_days().take_while(|d| *d < "2015-12-01".parse().unwrap()) {
                last = 0.4 * last + 0.015 * stream.next_normal();
                price *= f64::exp(last);
                text.push_str(&format!("{stock},{day},{price},{price},{price},{price},{price},10\n"));
                targets.push_str(&format!("{stock},{day},{}\n", u8::from(stock < "C")));
            }
        }
        std::fs::write(folder.path().join("prices_raw.csv"), text).unwrap();
        std::fs::write(folder.path().join("targets.csv"), targets).unwrap();
        let mut out = Vec::new();
        let args = EvaluateDirectionArgs { data: folder.path().to_owned(), json: true };
        assert_eq!(run(&args, &mut out).unwrap(), Outcome::Succeeded);
        let out: serde_json::Value = serde_json::from_slice(&out).unwrap();
        let parts = out["parts"].as_array().unwrap();
        assert_eq!(parts.len(), 3);
        assert!(parts[0]["test"].as_u64() > parts[1]["test"].as_u64());
        assert_eq!(parts[0]["rows"][0]["mccs"].as_array().unwrap().len(), 5);
        assert!(parts[0]["rows"][0]["mcc_low"].as_f64().unwrap() > 0.0, "the planted lead: {}", parts[0]);
        assert_eq!(parts[0]["rows"][1]["mcc"], 0.0);
    }

    #[test]
    fn prices_of_other_years_are_refused() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("prices_raw.csv"), "stock,Date,Adj Close\nA,2020-01-01,5\n")
            .unwrap();
        let args = EvaluateDirectionArgs { data: folder.path().to_owned(), json: true };
        let error = run(&args, &mut Vec::new()).unwrap_err().to_string();
        assert!(error.contains("leave no samples"), "{error}");
    }
}
