//! Fitting: one linear machine a class, then calibration.
//!
//! Solver: dual coordinate descent for the squared hinge with L2 penalty (C.-J. Hsieh et al., "A Dual Coordinate Descent
//! Method for Large-scale Linear SVM", ICML 2008, algorithm 1). Calibration: one scale and one offset a class, fitted by
//! maximum likelihood on a part that the machine has not seen; the machine is then fitted again on everything.

use std::ops::Range;

use thiserror::Error;

use super::dense::DENSE;
use super::features::{Features, SLOTS, WEIGHTS};
use super::{Class, Model};
use crate::random::Stream;

/// Fewest texts, in all.
pub const FEWEST: usize = 30;
/// One of so many texts is held out for calibration.
const HELD_OUT: u64 = 6;
/// Passes over all texts.
const PASSES: usize = 30;
/// Logit of a class of which there was no text.
const ABSENT: f64 = -20.0;

/// One labelled text.
#[derive(Debug, Clone, PartialEq)]
pub struct Example {
    /// The text.
    pub text: String,
    /// What it says.
    pub class: Class,
    /// Where the asset that the label is about is named, where that is known.
    pub target: Option<Range<usize>>,
}

/// How to fit.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Options {
    /// How dear an error is against large weights, above 0.
    pub cost: f64,
    /// N-grams of fewer texts are not looked at.
    pub fewest_texts: u32,
    /// How much dearer an error is on a rare class, in [0, 1]: 0 not at all, 1 in proportion to its rarity.
    pub balance: f64,
    /// Decides the order of passes and the part held out.
    pub seed: u64,
}

impl Default for Options {
    fn default() -> Self {
        Self { cost: 0.8, fewest_texts: 2, balance: 0.0, seed: 1 }
    }
}

/// Why there is no model.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum FitError {
    /// Too few texts.
    #[error("{0} labelled texts: at least {FEWEST} are wanted")]
    TooFew(usize),
    /// Nothing to tell apart.
    #[error("all texts have the same label: at least two classes are wanted")]
    OneClass,
}

/// One text's features, normed.
struct Row {
    slots: Vec<(u32, f32)>,
    dense: [f32; DENSE],
}

/// Fits a model and calibrates it.
///
/// # Errors
/// There are fewer than [`FEWEST`] texts, or they all have one label.
pub fn fit(name: &str, examples: &[Example], options: Options) -> Result<Model, FitError> {
    if examples.len() < FEWEST {
        return Err(FitError::TooFew(examples.len()));
    }
    let classes: Vec<Class> = examples.iter().map(|e| e.class).collect();
    if classes.iter().all(|c| *c == classes[0]) {
        return Err(FitError::OneClass);
    }
    let (rows, idf) = rows(examples, options.fewest_texts);
    let held = |at: usize| crate::random::draw(options.seed, at as u64).is_multiple_of(HELD_OUT);
    let seen: Vec<usize> = (0..rows.len()).filter(|at| !held(*at)).collect();
    let unseen: Vec<usize> = (0..rows.len()).filter(|at| held(*at)).collect();
    let first = Class::ALL.map(|class| machine(&rows, &classes, &seen, class, options));
    let margins: Vec<[f64; 3]> = unseen
        .iter()
        .map(|at| [0, 1, 2].map(|c| first[c].as_ref().map_or(ABSENT, |m| m.margin(&rows[*at]))))
        .collect();
    let labels: Vec<usize> = unseen.iter().map(|at| classes[*at] as usize).collect();
    let (scale, offset) = calibrate(&margins, &labels, first.each_ref().map(Option::is_some));

    let everything: Vec<usize> = (0..rows.len()).collect();
    let mut slots: Vec<[f32; 4]> = idf.iter().map(|idf| [0.0, 0.0, 0.0, *idf]).collect();
    let mut dense = [[0.0; 3]; DENSE];
    let mut bias = [ABSENT as f32; 3];
    for class in Class::ALL {
        let c = class as usize;
        let Some(machine) = machine(&rows, &classes, &everything, class, options) else { continue };
        for (slot, weight) in slots.iter_mut().zip(&machine.weights) {
            slot[c] = (scale[c] * weight * f64::from(slot[3])) as f32;
        }
        for (dense, weight) in dense.iter_mut().zip(&machine.dense) {
            dense[c] = (scale[c] * weight) as f32;
        }
        bias[c] = (scale[c] * machine.bias + offset[c]) as f32;
    }
    Ok(Model { name: name.to_owned(), fitted_on: examples.len() as u32, slots, dense, bias })
}

/// The rows of all texts and the inverse document frequency of each slot.
fn rows(examples: &[Example], fewest: u32) -> (Vec<Row>, Vec<f32>) {
    let mut features = Features::new();
    let mut texts = vec![0_u32; 2 * SLOTS as usize];
    let mut rows = Vec::with_capacity(examples.len());
    for example in examples {
        features.read(&example.text, example.target.clone());
        let mut slots = Vec::new();
        features.each(|slot, share, _| slots.push((slot, share)));
        slots.sort_unstable_by_key(|s| s.0);
        for group in slots.chunk_by(|a, b| a.0 == b.0) {
            texts[group[0].0 as usize] += 1;
        }
        rows.push(Row { slots, dense: *features.dense() });
    }
    let n = examples.len() as f32;
    let idf: Vec<f32> = texts
        .iter()
        .map(|df| if *df >= fewest.max(1) { ((1.0 + n) / (1.0 + *df as f32)).ln() + 1.0 } else { 0.0 })
        .collect();
    for row in &mut rows {
        norm(row, &idf);
    }
    (rows, idf)
}

/// Brings each of the two kinds of n-grams to its weight and equal slots together.
fn norm(row: &mut Row, idf: &[f32]) {
    let mut norms = [0.0_f32; 2];
    for (slot, share) in &mut row.slots {
        *share *= idf[*slot as usize];
        norms[usize::from(*slot >= SLOTS)] += *share * *share;
    }
    row.slots.retain(|(_, value)| *value != 0.0);
    let mut merged: Vec<(u32, f32)> = Vec::with_capacity(row.slots.len());
    for (slot, value) in &row.slots {
        let kind = usize::from(*slot >= SLOTS);
        let value = value * WEIGHTS[kind] / norms[kind].sqrt();
        match merged.last_mut() {
            Some(last) if last.0 == *slot => last.1 += value,
            _ => merged.push((*slot, value)),
        }
    }
    row.slots = merged;
}

/// A linear machine for one class against the rest.
struct Machine {
    weights: Vec<f64>,
    dense: [f64; DENSE],
    bias: f64,
}

impl Machine {
    fn margin(&self, row: &Row) -> f64 {
        let hashed: f64 =
            row.slots.iter().map(|(slot, v)| self.weights[*slot as usize] * f64::from(*v)).sum();
        let dense: f64 = row.dense.iter().zip(&self.dense).map(|(v, w)| f64::from(*v) * w).sum();
        hashed + dense + self.bias
    }

    fn add(&mut self, row: &Row, step: f64) {
        for (slot, value) in &row.slots {
            self.weights[*slot as usize] += step * f64::from(*value);
        }
        for (weight, value) in self.dense.iter_mut().zip(&row.dense) {
            *weight += step * f64::from(*value);
        }
        self.bias += step;
    }
}

/// `None` where no text, or every text, is of the class.
fn machine(rows: &[Row], classes: &[Class], of: &[usize], class: Class, options: Options) -> Option<Machine> {
    let members = of.iter().filter(|at| classes[**at] == class).count();
    if members == 0 || members == of.len() {
        return None;
    }
    let mut machine = Machine { weights: vec![0.0; 2 * SLOTS as usize], dense: [0.0; DENSE], bias: 0.0 };
    // Of three classes, a third each would be even.
    let rarity = (of.len() as f64 / (3.0 * members as f64)).powf(options.balance);
    let softness = |at: usize| 0.5 / (options.cost * if classes[at] == class { rarity } else { 1.0 });
    let curvature: Vec<f64> = of
        .iter()
        .map(|at| {
            let row = &rows[*at];
            let squares = |values: f64, v: f32| values + f64::from(v) * f64::from(v);
            row.slots.iter().map(|s| s.1).fold(0.0, squares)
                + row.dense.iter().copied().fold(1.0, squares)
                + softness(*at)
        })
        .collect();
    let mut alphas = vec![0.0_f64; of.len()];
    let mut order: Vec<usize> = (0..of.len()).collect();
    let mut stream = Stream::new(options.seed);
    for _ in 0..PASSES {
        for at in (1..order.len()).rev() {
            order.swap(at, stream.next_index(at + 1));
        }
        let mut largest = 0.0_f64;
        for &at in &order {
            let row = &rows[of[at]];
            let sign = if classes[of[at]] == class { 1.0 } else { -1.0 };
            let gradient = sign * machine.margin(row) - 1.0 + softness(of[at]) * alphas[at];
            let before = alphas[at];
            alphas[at] = (before - gradient / curvature[at]).max(0.0);
            let step = alphas[at] - before;
            if step != 0.0 {
                machine.add(row, step * sign);
                largest = largest.max(step.abs());
            }
        }
        if largest < 1e-3 {
            break;
        }
    }
    Some(machine)
}

/// Scale and offset of each class's margin, by gradient ascent of the likelihood with a mild pull towards scale 1.
fn calibrate(margins: &[[f64; 3]], labels: &[usize], present: [bool; 3]) -> ([f64; 3], [f64; 3]) {
    let (mut scale, mut offset) = ([2.0; 3], [0.0; 3]);
    if margins.is_empty() {
        return (scale, offset);
    }
    let n = margins.len() as f64;
    for _ in 0..2_000 {
        let (mut by_scale, mut by_offset) = ([0.0; 3], [0.0; 3]);
        for (margin, label) in margins.iter().zip(labels) {
            let logits =
                [0, 1, 2].map(|c| if present[c] { scale[c] * margin[c] + offset[c] } else { ABSENT });
            let judged = super::Judged::of(logits).probabilities;
            for c in 0..3 {
                let error = f64::from(u8::from(*label == c)) - judged[c];
                by_scale[c] += error * margin[c].max(-5.0);
                by_offset[c] += error;
            }
        }
        for c in (0..3).filter(|c| present[*c]) {
            scale[c] = (scale[c] + 0.5 * (by_scale[c] / n - 0.001 * (scale[c] - 1.0))).clamp(0.1, 20.0);
            offset[c] += 0.5 * by_offset[c] / n;
        }
    }
    (scale, offset)
}
