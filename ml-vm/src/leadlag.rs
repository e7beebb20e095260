//! `ml-vm leadlag`: whether one series runs ahead of another, as a table or as JSON.

pub mod series;

use std::io::Write;

use analytics::leadlag::{Correlation, Granger, Relation, Settings, relation};
use anyhow::Context;
use domain::Outcome;
use serde::Serialize;

use crate::cli::LeadlagArgs;

#[derive(Serialize)]
struct Output {
    steps: usize,
    verdict: &'static str,
    words: String,
    correlations: Vec<Lag>,
    tests: Vec<Row>,
}

#[derive(Serialize)]
struct Lag {
    lag: i64,
    correlation: f64,
    low: f64,
    high: f64,
}

#[derive(Serialize)]
struct Row {
    cause: &'static str,
    effect: &'static str,
    lags: usize,
    f: f64,
    df_num: usize,
    df_denom: usize,
    p: f64,
    q: f64,
    explained: f64,
}

/// Reads two series, looks at them and writes what was found.
///
/// # Errors
/// A file cannot be read, or the series not be judged.
pub fn run(args: &LeadlagArgs, out: &mut impl Write) -> anyhow::Result<Outcome> {
    let pair = series::load(&args.x, &args.y)?;
    for reason in &pair.rejected {
        eprintln!("ml-vm: {reason}");
    }
    let settings = Settings {
        max_lag: args.max_lag,
        resamples: args.resamples,
        block: args.block,
        discovery_rate: args.discovery_rate,
        ..Settings::default()
    };
    let found = relation(&pair.x, &pair.y, &settings, args.seed)
        .with_context(|| format!("{} and {}", args.x.display(), args.y.display()))?;
    if args.json {
        crate::print_json(out, &output(&found, args.discovery_rate))?;
    } else {
        table(&output(&found, args.discovery_rate), out).context("cannot write the result")?;
    }
    Ok(crate::judge(found.steps, pair.rejected.len(), "values"))
}

fn output(found: &Relation, discovery_rate: f64) -> Output {
    let verdict = found.verdict(discovery_rate);
    let lag = |c: &Correlation| Lag { lag: c.lag, correlation: c.value, low: c.low, high: c.high };
    let row = |cause: &'static str, effect: &'static str, t: &Granger| Row {
        cause,
        effect,
        lags: t.lags,
        f: t.f,
        df_num: t.degrees.0,
        df_denom: t.degrees.1,
        p: t.p,
        q: t.q,
        explained: t.explained,
    };
    let forward = found.x_to_y.iter().map(|t| row("x", "y", t));
    let backward = found.y_to_x.iter().map(|t| row("y", "x", t));
    Output {
        steps: found.steps,
        verdict: verdict.word(),
        words: verdict.to_string(),
        correlations: found.correlations.iter().map(lag).collect(),
        tests: forward.chain(backward).collect(),
    }
}

fn table(output: &Output, out: &mut impl Write) -> std::io::Result<()> {
    writeln!(out, "{} steps: {}", output.steps, output.words)?;
    writeln!(out, "\n   lag  correlation  95 % interval    (a positive lag: x before y)")?;
    for c in &output.correlations {
        writeln!(out, "{:>6}  {:>11.4}  [{:.4}, {:.4}]", c.lag, c.correlation, c.low, c.high)?;
    }
    writeln!(out, "\nGranger  lags         F  degrees          p          q  explained")?;
    for t in &output.tests {
        writeln!(
            out,
            "{} to {}  {:>6}  {:>8.4}  {:>2}, {:<6}  {:.2e}   {:.2e}  {:>7.2} %",
            t.cause,
            t.effect,
            t.lags,
            t.f,
            t.df_num,
            t.df_denom,
            t.p,
            t.q,
            100.0 * t.explained
        )?;
    }
    Ok(())
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use clap::Parser;

    use super::*;
    use crate::cli::{Cli, Command};

    fn ask(x: &str, y: &str, options: &str) -> Result<(Outcome, String), String> {
        let folder = tempfile::tempdir().unwrap();
        let (x_file, y_file) = (folder.path().join("x.csv"), folder.path().join("y.csv"));
        std::fs::write(&x_file, x).unwrap();
        std::fs::write(&y_file, y).unwrap();
        let words = ["ml-vm", "leadlag", "--x", x_file.to_str().unwrap(), "--y", y_file.to_str().unwrap()];
        let words = words.into_iter().chain(options.split_whitespace());
        let Command::Leadlag(args) = Cli::try_parse_from(words).map_err(|e| e.to_string())?.command else {
            panic!("another command");
        };
        let mut out = Vec::new();
        let outcome = run(&args, &mut out).map_err(|error| format!("{error:#}"))?;
        Ok((outcome, String::from_utf8(out).unwrap()))
    }

    /// x, and y that follows it after two steps.
    fn world() -> (Vec<f64>, Vec<f64>) {
        let mut stream = analytics::random::Stream::new(12);
        let x: Vec<f64> = (0..300).map(|_| stream.next_normal()).collect();
        let y = (0..300).map(|t| stream.next_normal() + if t < 2 { 0.0 } else { 0.5 * x[t - 2] }).collect();
        (x, y)
    }

    fn lines(values: &[f64]) -> String {
        values.iter().map(|v| format!("{v}\n")).collect()
    }

    #[test]
    fn a_lead_is_told_in_words_and_in_json() {
        let (x, y) = world();
        let (outcome, text) = ask(&lines(&x), &lines(&y), "").unwrap();
        assert_eq!(outcome, Outcome::Succeeded);
        assert!(text.starts_with("300 steps: x runs ahead of y: strongest 2 steps before"), "{text}");
        let (_, json) = ask(&lines(&x), &lines(&y), "--json --max-lag 3").unwrap();
        let json: serde_json::Value = serde_json::from_str(&json).unwrap();
        assert_eq!((json["verdict"].as_str(), json["tests"].as_array().unwrap().len()), (Some("x"), 6));
        assert_eq!(json["correlations"][5]["lag"], 2);
        let (_, backwards) = ask(&lines(&y), &lines(&x), "").unwrap();
        assert!(backwards.contains("y runs ahead of x"), "{backwards}");
        let (_, nothing) = ask(&lines(&x), &lines(&x.iter().rev().copied().collect::<Vec<_>>()), "").unwrap();
        assert!(nothing.contains("no lead found in either direction"), "{nothing}");
    }

    #[test]
    fn series_with_times_are_joined_on_them() {
        let (x, y) = world();
        let dated = |values: &[f64], head: &str| -> String {
            let start = chrono::NaiveDate::from_ymd_opt(2015, 1, 1).unwrap();
            let line = |(i, v): (usize, &f64)| format!("{},{v}\n", start + chrono::Days::new(i as u64));
            format!("{head}\n{}", values.iter().enumerate().map(line).collect::<String>())
        };
        let mut damaged = dated(&x, "time,score");
        damaged = damaged.replacen("2015-01-05,", "2015-01-05,none", 1);
        let (outcome, text) = ask(&damaged, &dated(&y, "Date,return"), "").unwrap();
        assert_eq!(outcome, Outcome::Partial);
        assert!(text.starts_with("299 steps: x runs ahead of y"), "{text}");
    }

    #[test]
    fn what_cannot_be_judged_is_said() {
        let (x, y) = world();
        let (x, y) = (lines(&x), lines(&y));
        for (x, y, options, wanted) in [
            ("", "", "", "too short: 0 values where lags up to 5 need at least 38"),
            ("1\n2\n3\n", "1\n2\n3\n", "", "too short: 3 values"),
            (&x, "1\n2\n", "", "x has 300 values and y has 2: they must be of the same instants"),
            (&x, &"5\n".repeat(300), "", "y is constant"),
            (&x, &x, "", "multiples of each other"),
            (&x, &y, "--max-lag 0", "the longest lag 0 is not possible: 1 to 100 steps"),
            (&x, &y, "--block 0", "the block length 0 is not possible"),
            (&x, &y, "--discovery-rate 1", "the discovery rate 1 is not possible"),
            ("1\n2\nx\n", &y, "", "x.csv, line 3: \"x\" is not a finite number"),
            ("1\n\n3\n", &y, "", "x.csv, line 2: a gap"),
            ("time,v\n2015-01-01,1\n", &y, "", "only one of"),
        ] {
            let error = ask(x, y, options).unwrap_err();
            assert!(error.contains(wanted), "{wanted}: {error}");
        }
    }
}
