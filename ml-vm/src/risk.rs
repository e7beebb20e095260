//! `ml-vm var`: Value at Risk and expected shortfall of a file of returns, as JSON.

use std::io::Write;

use analytics::risk::{self, Backtest, Model, Sampling};
use anyhow::{Context, bail};
use domain::Outcome;
use serde::Serialize;

use crate::cli::{Draws, RiskModel, VarArgs};

#[derive(Serialize)]
struct Output {
    var: f64,
    es: f64,
    standard_error: f64,
    es_standard_error: f64,
}

/// The record of a model, as JSON has it.
#[derive(Debug, Serialize)]
pub(crate) struct Record {
    days: usize,
    exceedances: usize,
    expected: f64,
    kupiec: f64,
    kupiec_p: f64,
    christoffersen_independence: f64,
    christoffersen_independence_p: f64,
    christoffersen_coverage: f64,
    christoffersen_coverage_p: f64,
}

impl From<Backtest> for Record {
    fn from(record: Backtest) -> Self {
        Self {
            days: record.days,
            exceedances: record.exceedances,
            expected: record.expected,
            kupiec: record.coverage.statistic,
            kupiec_p: record.coverage.p,
            christoffersen_independence: record.independence.statistic,
            christoffersen_independence_p: record.independence.p,
            christoffersen_coverage: record.conditional_coverage.statistic,
            christoffersen_coverage_p: record.conditional_coverage.p,
        }
    }
}

/// Reads the returns and writes the figures.
///
/// # Errors
/// The file cannot be read, or the model refuses the returns.
pub fn run(args: &VarArgs, out: &mut impl Write) -> anyhow::Result<Outcome> {
    let path = args.returns.display();
    let text = std::fs::read_to_string(&args.returns).with_context(|| format!("cannot read {path}"))?;
    let (returns, rejected) = parse(&text);
    for (line, reason) in &rejected {
        eprintln!("ml-vm: {path}, line {line}: {reason}");
    }
    if args.backtest {
        let Some(model) = empirical(args.model) else {
            bail!("monte-carlo is not back-tested: normal is the same model without the simulation");
        };
        let record = risk::backtest(&returns, args.window, args.confidence, model)
            .with_context(|| path.to_string())?;
        crate::print_json(out, &Record::from(record))?;
    } else {
        let figures = figures(args, &returns).with_context(|| path.to_string())?;
        let output = Output {
            var: figures.value_at_risk,
            es: figures.expected_shortfall,
            standard_error: figures.standard_error,
            es_standard_error: figures.shortfall_error,
        };
        crate::print_json(out, &output)?;
    }
    Ok(crate::judge(returns.len(), rejected.len(), "returns"))
}

fn figures(args: &VarArgs, returns: &[f64]) -> Result<risk::Risk, risk::RiskError> {
    let (confidence, horizon) = (args.confidence, args.horizon);
    if let Some(model) = empirical(args.model) {
        return model.risk(returns, confidence, horizon);
    }
    let sampling = match args.draws {
        Draws::Plain => Sampling::Plain,
        Draws::Tail => Sampling::Tail,
    };
    let workers = args
        .workers
        .unwrap_or_else(|| std::thread::available_parallelism().map_or(1, std::num::NonZero::get));
    risk::monte_carlo_by(sampling, returns, confidence, horizon, args.simulations, args.seed, workers)
}

/// The model, unless it is the one that simulates.
fn empirical(model: RiskModel) -> Option<Model> {
    Some(match model {
        RiskModel::Normal => Model::Normal,
        RiskModel::Historical => Model::Historical,
        RiskModel::Ewma => Model::Ewma,
        RiskModel::Fhs => Model::FilteredHistorical,
        RiskModel::MonteCarlo => return None,
    })
}

/// One return a line; empty lines are nothing. Rejected lines come with their number and a reason.
fn parse(text: &str) -> (Vec<f64>, Vec<(usize, String)>) {
    let (mut returns, mut rejected) = (Vec::new(), Vec::new());
    for (index, line) in text.lines().enumerate() {
        let line = line.trim();
        match line.parse::<f64>() {
            _ if line.is_empty() => {}
            Ok(value) if value.is_finite() => returns.push(value),
            _ => rejected.push((index + 1, format!("{line:?} is not a finite number"))),
        }
    }
    (returns, rejected)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use clap::Parser;

    use super::*;
    use crate::cli::{Cli, Command};

    /// What `ml-vm var` writes about these lines with these options, or why it fails.
    fn ask(lines: &str, options: &str) -> Result<serde_json::Value, String> {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), lines).unwrap();
        let words = ["ml-vm", "var", "--returns", file.path().to_str().unwrap()];
        let words = words.into_iter().chain(options.split(' '));
        let Command::Var(args) = Cli::try_parse_from(words).map_err(|e| e.to_string())?.command else {
            panic!("another command");
        };
        let mut out = Vec::new();
        run(&args, &mut out).map_err(|error| format!("{error:#}"))?;
        Ok(serde_json::from_slice(&out).unwrap())
    }

    fn returns(n: usize) -> String {
        let mut stream = analytics::random::Stream::new(6);
        (0..n).map(|_| format!("{}\n", 0.01 * stream.next_normal())).collect()
    }

    #[test]
    fn reads_one_return_a_line() {
        let (returns, rejected) = parse("0.01\n\n-2e-2\r\nreturn\nNaN\n");
        assert_eq!(returns, [0.01, -0.02]);
        assert_eq!(rejected.iter().map(|r| r.0).collect::<Vec<_>>(), [4, 5]);
    }

    #[test]
    fn every_model_has_its_figures() {
        let lines = returns(300);
        for model in ["normal", "historical", "ewma", "fhs", "monte-carlo", "monte-carlo --draws tail"] {
            let out = ask(&lines, &format!("--model {model} --confidence 0.95 --horizon 10")).unwrap();
            let figure = |name: &str| out[name].as_f64().unwrap();
            assert!(figure("es") > figure("var") && figure("var") > 0.0, "{model}: {out}");
            let simulated = model.starts_with("monte-carlo");
            for error in ["standard_error", "es_standard_error"] {
                assert_eq!(figure(error) > 0.0, simulated, "{model}: {out}");
            }
        }
    }

    #[test]
    fn workers_change_nothing() {
        let lines = returns(50);
        let ask = |workers: u32| {
            ask(&lines, &format!("--model monte-carlo --simulations 500000 --seed 9 --workers {workers}"))
                .unwrap()
        };
        let alone = ask(1);
        for workers in [2, 7, 64] {
            assert_eq!(ask(workers), alone);
        }
    }

    #[test]
    fn a_record_is_tested() {
        let out = ask(&returns(600), "--model fhs --backtest").unwrap();
        assert_eq!(out["days"], 350);
        assert!(out["kupiec_p"].as_f64().unwrap() > 0.001, "{out}");
        assert!(
            ask(&returns(600), "--model monte-carlo --backtest").unwrap_err().contains("normal is the same")
        );
        assert!(ask(&returns(200), "--model fhs --backtest").unwrap_err().contains("at least 252"));
    }

    #[test]
    fn what_cannot_be_computed_is_said() {
        let lines = returns(50);
        for (lines, options, wanted) in [
            ("", "--model normal", "too short: 0 returns where this model needs at least 2"),
            ("0.01\n", "--model historical", "too short: 1 returns"),
            ("a\nb\n", "--model ewma", "too short: 0 returns"),
            ("0.01\n0.02\n", "--model fhs", "at least 22"),
            (&lines, "--model normal --confidence 0", "confidence 0 is not between 0.5 and 1"),
            (&lines, "--model normal --confidence 1", "confidence 1 is not between 0.5 and 1"),
            (&lines, "--model normal --confidence NaN", "confidence NaN is not between"),
            (&lines, "--model normal --horizon 0", "at least one day"),
            (&lines, "--model monte-carlo --simulations 0", "0 simulations are too few: at least 100"),
            (&lines, "--model monte-carlo --simulations 1000000000000", "too many: at most 100000000"),
            (&lines, "--model monte-carlo --simulations 1e12", "invalid digit"),
            ("1e308\n-1e308\n", "--model normal", "too large"),
        ] {
            let error = ask(lines, options).unwrap_err();
            assert!(error.contains(wanted), "{options}: {error}");
        }
        // Constant returns have a figure: nothing ever happens to them.
        let flat = ask(&"0.001\n".repeat(60), "--model monte-carlo").unwrap();
        assert!((flat["var"].as_f64().unwrap() + 0.001).abs() < 1e-12, "{flat}");
    }
}
