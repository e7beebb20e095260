//! `ml-vm evaluate sentiment`: how often models are right about labelled texts, in their own domain and in one they never saw.
//!
//! A domain is a set of files with the same columns. Texts that are nearly the same ([`near`]) stay on one side of every
//! split, within a domain and between domains. Of each domain it prints:
//! - `lexicon` (VADER) and `house` (the house's lexicon and rules): they are fitted to nothing;
//! - `trained`: the n-gram model, fitted on nine tenths of the domain and asked about the last one, in turn; or, with
//!   `--train`, fitted on that folder's texts of the same columns;
//! - `transfer`: the n-gram model fitted on all other domains;
//! - `file`: the model of `--model`, asked about everything.
//!
//! With `--targets` it prints how often scorers are right about each of two assets in a text ([`targets`]).
//!
//! Where no text is neutral, models must say one of two: positive from a score of 0 on.

pub mod near;
pub mod targets;

use std::io::Write;

use analytics::ngram::features::Features;
use analytics::ngram::fit::{Example, Options, fit};
use analytics::ngram::{Class, Model};
use analytics::sentiment::{self, vader};
use anyhow::Context;
use domain::Outcome;
use serde::Serialize;

use crate::cli::EvaluateSentimentArgs;
use crate::labelled::{self, Set};

/// Parts a domain is split into.
const FOLDS: u64 = 10;
/// Scores nearer to 0 than this are neutral, as the authors of VADER have it.
const NEUTRAL_BAND: f64 = 0.05;

/// How often one model was right in one domain.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Row {
    /// The domain, by its columns.
    pub domain: String,
    /// Which model.
    pub model: &'static str,
    /// Number of texts asked about.
    pub texts: usize,
    /// Number of classes.
    pub classes: usize,
    /// Share of right answers.
    pub accuracy: f64,
    /// Half the width of its 95 % interval (texts taken as independent).
    pub margin: f64,
    /// F1 averaged over classes, each counting the same.
    pub macro_f1: f64,
    /// Accuracy less that of `lexicon` on the same texts.
    pub above_lexicon: f64,
}

/// Prints a row for each domain and model.
///
/// # Errors
/// The folder holds nothing labelled, the model cannot be read, or output fails.
pub fn run(args: &EvaluateSentimentArgs, out: &mut impl Write) -> anyhow::Result<Outcome> {
    let model = args.model.as_deref().map(crate::sentiment::load).transpose()?;
    if let Some(file) = &args.targets {
        let rows = targets::evaluate(file, &targets::read(file)?, model.as_ref());
        if args.json {
            rows.iter().try_for_each(|row| crate::print_json(out, row))?;
        } else {
            targets::print(out, &rows).context("cannot write the result")?;
        }
    }
    let Some(data) = &args.data else { return Ok(Outcome::Succeeded) };
    let sets = labelled::read(data)?;
    let train = args.train.as_deref().map(labelled::read).transpose()?;
    let rows = evaluate(&sets, train.as_deref(), model.as_ref());
    if args.json {
        for row in &rows {
            crate::print_json(out, row)?;
        }
    } else {
        print(out, &sets, &rows).context("cannot write the result")?;
    }
    Ok(Outcome::Succeeded)
}

fn print(out: &mut impl Write, sets: &[Set], rows: &[Row]) -> std::io::Result<()> {
    for set in sets {
        let files: Vec<String> = set.files.iter().map(|f| f.display().to_string()).collect();
        writeln!(
            out,
            "{}: {} texts of {}, {} left out",
            set.name,
            set.examples.len(),
            files.join(", "),
            set.rejected
        )?;
    }
    writeln!(
        out,
        "{:<28}{:<10}{:>7}{:>10}{:>8}{:>10}{:>10}",
        "domain", "model", "texts", "accuracy", "±", "macro-F1", "-lexicon"
    )?;
    for r in rows {
        writeln!(
            out,
            "{:<28}{:<10}{:>7}{:>10.4}{:>8.4}{:>10.4}{:>+10.4}",
            r.domain, r.model, r.texts, r.accuracy, r.margin, r.macro_f1, r.above_lexicon
        )?;
    }
    Ok(())
}

/// All rows: domain after domain, `lexicon` first.
pub fn evaluate(sets: &[Set], train: Option<&[Set]>, model: Option<&Model>) -> Vec<Row> {
    let train = train.unwrap_or_default();
    let texts: Vec<&str> =
        sets.iter().chain(train).flat_map(|s| &s.examples).map(|e| e.text.as_str()).collect();
    let groups = near::groups(&texts);
    let mut from = 0;
    let mut grouped = |set: &'_ Set| {
        let own = groups[from..from + set.examples.len()].to_vec();
        from += set.examples.len();
        own
    };
    let of_sets: Vec<Vec<usize>> = sets.iter().map(&mut grouped).collect();
    let of_train: Vec<Vec<usize>> = train.iter().map(&mut grouped).collect();

    let mut rows = Vec::new();
    for (at, set) in sets.iter().enumerate() {
        let mut add = |model, answers: Option<Vec<Class>>| {
            if let Some(answers) = answers {
                let above = rows.iter().rev().find(|r: &&Row| r.domain == set.name && r.model == "lexicon");
                let base = above.map(|r| r.accuracy);
                rows.push(row(set, model, &answers, base));
            }
        };
        let mut scorer = vader::Scorer::new();
        let two = set.two_classes();
        add(
            "lexicon",
            Some(set.examples.iter().map(|e| of_score(scorer.score(&e.text).compound, two)).collect()),
        );
        add("house", Some(set.examples.iter().map(|e| of_score(by_house(e), two)).collect()));
        add("trained", trained(set, &of_sets[at], train, &of_train));
        let others = |other: usize| other != at;
        let elsewhere = outside(sets, &of_sets, others, &of_sets[at]);
        add(
            "transfer",
            fit("transfer", &elsewhere, Options::default()).ok().map(|m| ask(&m, &set.examples, two)),
        );
        add("file", model.map(|m| ask(m, &set.examples, two)));
    }
    rows
}

/// The house's score of a text for the asset that its label is about, where that is known.
fn by_house(example: &Example) -> f64 {
    match &example.target {
        Some(target) => sentiment::score_about(&example.text, None, target, &[]).score,
        None => sentiment::score(&example.text, None).score,
    }
}

/// The texts of the chosen sets that are near none of `groups`.
fn outside(
    sets: &[Set],
    of_sets: &[Vec<usize>],
    chosen: impl Fn(usize) -> bool,
    groups: &[usize],
) -> Vec<Example> {
    let near: std::collections::HashSet<usize> = groups.iter().copied().collect();
    let mut out = Vec::new();
    for (at, set) in sets.iter().enumerate().filter(|(at, _)| chosen(*at)) {
        let far = set.examples.iter().zip(&of_sets[at]).filter(|(_, group)| !near.contains(group));
        out.extend(far.map(|(example, _)| example.clone()));
    }
    out
}

/// The answers of models that were fitted on the same domain but not on these texts.
fn trained(set: &Set, groups: &[usize], train: &[Set], of_train: &[Vec<usize>]) -> Option<Vec<Class>> {
    let two = set.two_classes();
    if !train.is_empty() {
        let same = |at: usize| train[at].name == set.name;
        let model = fit("trained", &outside(train, of_train, same, groups), Options::default()).ok()?;
        return Some(ask(&model, &set.examples, two));
    }
    let fold = |group: usize| analytics::random::draw(7, group as u64) % FOLDS;
    let mut answers = vec![Class::Neutral; set.examples.len()];
    for part in 0..FOLDS {
        let (mut seen, mut asked) = (Vec::new(), Vec::new());
        for (at, (example, group)) in set.examples.iter().zip(groups).enumerate() {
            if fold(*group) == part {
                asked.push(at);
            } else {
                seen.push(example.clone());
            }
        }
        let model = fit("trained", &seen, Options::default()).ok()?;
        let unseen: Vec<Example> = asked.iter().map(|at| set.examples[*at].clone()).collect();
        for (at, answer) in asked.into_iter().zip(ask(&model, &unseen, two)) {
            answers[at] = answer;
        }
    }
    Some(answers)
}

fn ask(model: &Model, examples: &[Example], two: bool) -> Vec<Class> {
    let mut features = Features::new();
    let judge = |e: &Example| {
        let judged = model.judge(&mut features, &e.text, e.target.clone());
        if two { of_score(judged.score, true) } else { judged.class() }
    };
    examples.iter().map(judge).collect()
}

fn of_score(score: f64, two: bool) -> Class {
    match score {
        s if two => {
            if s >= 0.0 {
                Class::Positive
            } else {
                Class::Negative
            }
        }
        s if s >= NEUTRAL_BAND => Class::Positive,
        s if s <= -NEUTRAL_BAND => Class::Negative,
        _ => Class::Neutral,
    }
}

fn row(set: &Set, model: &'static str, answers: &[Class], base: Option<f64>) -> Row {
    let mut counts = [[0.0_f64; 3]; 3];
    for (example, answer) in set.examples.iter().zip(answers) {
        counts[example.class as usize][*answer as usize] += 1.0;
    }
    let n = answers.len().max(1) as f64;
    let right: f64 = (0..3).map(|c| counts[c][c]).sum();
    let accuracy = right / n;
    let (mut f1, mut classes) = (0.0, 0);
    for c in 0..3 {
        let (labelled, answered) = (counts[c].iter().sum::<f64>(), counts.iter().map(|r| r[c]).sum::<f64>());
        if labelled > 0.0 {
            f1 += 2.0 * counts[c][c] / (labelled + answered);
            classes += 1;
        }
    }
    Row {
        domain: set.name.clone(),
        model,
        texts: answers.len(),
        classes,
        accuracy,
        margin: 1.96 * (accuracy * (1.0 - accuracy) / n).sqrt(),
        macro_f1: f1 / f64::from(classes.max(1) as u32),
        above_lexicon: accuracy - base.unwrap_or(accuracy),
    }
}
