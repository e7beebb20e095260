//! The sentiment of one text by a linear model over n-grams: words (one to three) and characters (two to six), hashed,
//! what the two lexicon scorers say and the text's shape. Three classes with calibrated probabilities, each score taken
//! apart into words.
//!
//! - [`features`]: from a text to hashed n-grams, those near a named asset weighing most.
//! - [`dense`]: what the lexica say of a text, and its shape.
//! - [`fit`]: one linear machine a class (squared hinge, dual coordinate descent), calibrated on a part held out.
//! - [`mod@file`]: a model as bytes, versioned and checksummed.
//!
//! The solver is our own: what linfa 0.8 has for such a problem (logistic regression, naive Bayes) takes dense matrices,
//! and a row here has some 500 of 2^19 columns; its support vector machine computes the whole kernel matrix.
//!
//! Boundaries: who asks knows the data's licence; this module knows neither files nor where texts come from.

pub mod dense;
pub mod features;
pub mod file;
pub mod fit;

use std::ops::Range;

use dense::{DENSE, LEXICA};
use features::{Features, SLOTS, WEIGHTS};

/// Says which layout of features a model was made for; changes with every change of [`features`] and [`dense`].
pub const LAYOUT: u32 = 2;

/// The three classes, in the order of all arrays here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Class {
    /// Bad for who holds it.
    Negative,
    /// Neither, or nothing said.
    Neutral,
    /// Good for who holds it.
    Positive,
}

impl Class {
    /// All of them, in order.
    pub const ALL: [Self; 3] = [Self::Negative, Self::Neutral, Self::Positive];
}

/// What a slot of the hash table holds: a weight a class, then the inverse document frequency (0: never seen).
type Slot = [f32; 4];

/// A fitted model.
#[derive(Debug, Clone, PartialEq)]
pub struct Model {
    /// Its name and version, as manifests state it.
    pub name: String,
    /// Number of texts it was fitted on.
    pub fitted_on: u32,
    slots: Vec<Slot>,
    dense: [[f32; 3]; DENSE],
    bias: [f32; 3],
}

/// What a model says of one text.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Judged {
    /// Probability of each [`Class`]; they sum to 1.
    pub probabilities: [f64; 3],
    /// Probability of positive minus probability of negative, in [-1, 1].
    pub score: f64,
    /// Logit of positive minus logit of negative: what the words add up to.
    pub sum: f64,
}

impl Judged {
    fn of(logits: [f64; 3]) -> Self {
        let top = logits.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let odds = logits.map(|l| (l - top).exp());
        let total: f64 = odds.iter().sum();
        let probabilities = odds.map(|o| o / total);
        Self { probabilities, score: probabilities[2] - probabilities[0], sum: logits[2] - logits[0] }
    }

    /// The most probable class.
    pub fn class(&self) -> Class {
        let [negative, neutral, positive] = self.probabilities;
        if neutral >= negative && neutral >= positive {
            Class::Neutral
        } else if positive >= negative {
            Class::Positive
        } else {
            Class::Negative
        }
    }

    /// Probability of the most probable class.
    pub fn confidence(&self) -> f64 {
        self.probabilities.into_iter().fold(0.0, f64::max)
    }
}

/// One word's part in a score.
#[derive(Debug, Clone, PartialEq)]
pub struct Part {
    /// Where the word stands, in bytes of the text; `None` for what no word brought about: the model's bias.
    pub span: Option<Range<usize>>,
    /// Its part. All parts sum to [`Judged::sum`].
    pub weight: f64,
}

impl Model {
    /// Judges a text. With `target`, the bytes where an asset is named, it is the text's word on that asset: what stands in
    /// other clauses weighs less. A target outside the text is as good as none.
    pub fn judge(&self, features: &mut Features, text: &str, target: Option<Range<usize>>) -> Judged {
        features.read(text, target);
        let mut sums = [[0.0_f32; 4]; 2];
        features.each(|slot, share, _| {
            let [a, b, c, idf] = self.slots[slot as usize];
            let sum = &mut sums[usize::from(slot >= SLOTS)];
            sum[0] += share * a;
            sum[1] += share * b;
            sum[2] += share * c;
            sum[3] += (share * idf) * (share * idf);
        });
        Judged::of(self.logits(features, sums))
    }

    fn logits(&self, features: &Features, sums: [[f32; 4]; 2]) -> [f64; 3] {
        let mut logits = self.bias.map(f64::from);
        for (class, logit) in logits.iter_mut().enumerate() {
            for (sum, weight) in sums.iter().zip(WEIGHTS).filter(|(s, _)| s[3] > 0.0) {
                *logit += f64::from(weight * sum[class] / sum[3].sqrt());
            }
            for (value, weights) in features.dense().iter().zip(&self.dense) {
                *logit += f64::from(value * weights[class]);
            }
        }
        logits
    }

    /// Judges a text as [`judge`](Self::judge) does and takes the result apart. An n-gram of several words gives each an
    /// equal part; what the lexica say is shared by the words they know.
    pub fn explain(
        &self,
        features: &mut Features,
        text: &str,
        target: Option<Range<usize>>,
    ) -> (Judged, Vec<Part>) {
        let judged = self.judge(features, text, target);
        let mut norms = [0.0_f32; 2];
        features.each(|slot, share, _| {
            let idf = self.slots[slot as usize][3];
            norms[usize::from(slot >= SLOTS)] += (share * idf) * (share * idf);
        });
        let mut weights = vec![0.0; features.words().len()];
        features.each(|slot, share, words| {
            let [negative, _, positive, _] = self.slots[slot as usize];
            let kind = usize::from(slot >= SLOTS);
            if norms[kind] > 0.0 {
                let weight = WEIGHTS[kind] / norms[kind].sqrt();
                let part = f64::from(share * (positive - negative) * weight) / words.len() as f64;
                weights[words].iter_mut().for_each(|w| *w += part);
            }
        });
        let said = features.dense().iter().zip(&self.dense).take(LEXICA);
        let lexica: f64 = said.map(|(v, w)| f64::from(v * (w[2] - w[0]))).sum();
        let known = features.known_to_lexica(text);
        let strength: f64 = known.iter().map(|(_, s)| s).sum();
        for (word, s) in &known {
            weights[*word] += lexica * s / strength;
        }
        let parts = features.words().iter().zip(&weights).filter(|(_, w)| **w != 0.0);
        let mut parts: Vec<Part> =
            parts.map(|(span, w)| Part { span: Some(span.clone()), weight: *w }).collect();
        let rest = judged.sum - parts.iter().map(|p| p.weight).sum::<f64>();
        parts.push(Part { span: None, weight: rest });
        (judged, parts)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
#[path = "ngram/tests.rs"]
mod tests;
