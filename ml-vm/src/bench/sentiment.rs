//! Speed of sentiment on one core, beside Python's vaderSentiment and scikit-learn in the same run.

use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Instant;

use analytics::ngram::Class;
use analytics::ngram::features::Features;
use analytics::ngram::fit::{Example, Options, fit};
use analytics::sentiment::{score, vader};
use anyhow::{Context, bail};
use serde::Deserialize;

/// Seconds for which each model scores.
const LEAST_S: f64 = 2.0;
/// Texts on which the n-gram model is fitted: only its speed is of interest here.
const FITTED_ON: usize = 6_000;

/// Texts a second of one model.
#[derive(Debug, Clone, PartialEq)]
pub struct Rate {
    /// Which model.
    pub model: &'static str,
    /// Texts a second on one core.
    pub texts_per_s: f64,
}

/// The rates of our models on `texts`.
///
/// # Errors
/// There are too few texts to fit the n-gram model on.
pub fn rates(texts: &[String]) -> anyhow::Result<Vec<Rate>> {
    let mut lexicon = vader::Scorer::new();
    let label = |text: &String| match score(text, None).score {
        s if s > 0.05 => Class::Positive,
        s if s < -0.05 => Class::Negative,
        _ => Class::Neutral,
    };
    let few = texts.iter().take(FITTED_ON);
    let examples: Vec<Example> =
        few.map(|t| Example { text: t.clone(), class: label(t), target: None }).collect();
    let model = fit("bench", &examples, Options::default())?;
    let mut features = Features::new();
    Ok(vec![
        rate("lexicon", texts, |t| lexicon.score(t).compound),
        rate("house", texts, |t| score(t, None).score),
        rate("n-gram", texts, |t| model.judge(&mut features, t, None).score),
    ])
}

fn rate(model: &'static str, texts: &[String], mut score: impl FnMut(&str) -> f64) -> Rate {
    let (started, mut count, mut sum) = (Instant::now(), 0_usize, 0.0);
    while started.elapsed().as_secs_f64() < LEAST_S {
        sum += texts.iter().map(|t| score(t)).sum::<f64>();
        count += texts.len();
    }
    std::hint::black_box(sum);
    Rate { model, texts_per_s: count as f64 / started.elapsed().as_secs_f64() }
}

#[derive(Deserialize)]
struct Peers {
    vader: f64,
    sklearn: f64,
}

/// The rates of the peers on `texts`, from `bench/ml/sentiment.py` run by `python`.
///
/// # Errors
/// Python or one of the two packages is missing, or the script fails.
pub fn peers(texts: &[String], python: &Path, script: &Path) -> anyhow::Result<Vec<Rate>> {
    let name = || format!("{} {}", python.display(), script.display());
    let mut input = tempfile::tempfile().context("cannot make a temporary file")?;
    for text in texts.iter().take(FITTED_ON) {
        crate::print_json(&mut input, text)?;
    }
    std::io::Seek::rewind(&mut input)?;
    let output = Command::new(python).arg(script).stdin(Stdio::from(input)).output().with_context(name)?;
    if !output.status.success() {
        bail!("{}: {}", name(), String::from_utf8_lossy(&output.stderr).trim());
    }
    let peers: Peers = serde_json::from_slice(&output.stdout).with_context(name)?;
    Ok(vec![
        Rate { model: "vaderSentiment", texts_per_s: peers.vader },
        Rate { model: "scikit-learn", texts_per_s: peers.sklearn },
    ])
}

/// Prints all rates; with `python`, the peers' too.
///
/// # Errors
/// There are too few texts, a peer fails, or output does.
pub fn run(
    texts: &[String],
    python: Option<&Path>,
    script: &Path,
    out: &mut impl Write,
) -> anyhow::Result<()> {
    let mut all = rates(texts)?;
    match python {
        Some(python) => all.extend(peers(texts, python, script)?),
        None => writeln!(
            out,
            "sentiment: peers SKIPPED, no Python with vaderSentiment and scikit-learn was named"
        )?,
    }
    for rate in all {
        writeln!(out, "sentiment {:<16}{:>12.0} texts/s on one core", rate.model, rate.texts_per_s)?;
    }
    Ok(())
}
