//! `ml-vm var`: Value at Risk and expected shortfall of a file of returns, as JSON.

use std::io::Write;

use analytics::risk;
use anyhow::Context;
use domain::Outcome;
use serde::Serialize;

use crate::cli::{RiskModel, VarArgs};

#[derive(Serialize)]
struct Output {
    var: f64,
    es: f64,
    standard_error: f64,
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
    let workers = args
        .workers
        .unwrap_or_else(|| std::thread::available_parallelism().map_or(1, std::num::NonZero::get));
    let (confidence, horizon) = (args.confidence, args.horizon);
    let figures = match args.model {
        RiskModel::Normal => risk::closed_form(&returns, confidence, horizon),
        RiskModel::Historical => risk::historical(&returns, confidence, horizon),
        RiskModel::Ewma => risk::ewma(&returns, confidence, horizon),
        RiskModel::Fhs => risk::filtered_historical(&returns, confidence, horizon),
        RiskModel::MonteCarlo => {
            risk::monte_carlo(&returns, confidence, horizon, args.simulations, args.seed, workers)
        }
    }
    .with_context(|| path.to_string())?;
    let output = Output {
        var: figures.value_at_risk,
        es: figures.expected_shortfall,
        standard_error: figures.standard_error,
    };
    crate::print_json(out, &output)?;
    Ok(crate::judge(returns.len(), rejected.len(), "returns"))
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
mod tests {
    use super::*;

    #[test]
    fn reads_one_return_a_line() {
        let (returns, rejected) = parse("0.01\n\n-2e-2\r\nreturn\nNaN\n");
        assert_eq!(returns, [0.01, -0.02]);
        assert_eq!(rejected.iter().map(|r| r.0).collect::<Vec<_>>(), [4, 5]);
    }
}
