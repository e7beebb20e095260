//! VADER: the public lexicon-and-rules scorer for English on social media, figure for figure.
//!
//! Source: C. J. Hutto and E. Gilbert, "VADER: A Parsimonious Rule-based Model for Sentiment Analysis of Social Media
//! Text", ICWSM 2014. It is the yardstick: [`Scorer::score`] gives the four figures of version 3.3.2 of the authors'
//! Python program, rounded as it rounds them, its peculiarities included, because a yardstick that differs measures nothing.
//! What we think better is in the house's own rules ([`super::score`]).
//!
//! The lexicon comes from the crate `vader_sentiment` (MIT, as the lexicon is), of which nothing else is used: see
//! [`dictionary`](self). Time is linear in the text's length (with "but" in it, n log n), so no text is cut.

mod contrast;
mod dictionary;
mod rules;
mod text;

use std::ops::Range;

pub(super) use dictionary::Quick;
use rules::Sums;
use text::{Plain, Token};

/// Name and version of this model.
pub const MODEL: &str = "vader/3.3.2";

/// The four figures of a text.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Figures {
    /// Share of negative words, to three places; the three shares sum to 1 but for rounding, or are 0 for an empty text.
    pub negative: f64,
    /// Share of neutral words, to three places.
    pub neutral: f64,
    /// Share of positive words, to three places.
    pub positive: f64,
    /// The sum of valences brought into [-1, 1], to four places.
    pub compound: f64,
}

/// The four figures and what they come from.
#[derive(Debug, Clone, PartialEq)]
pub struct Explained {
    /// The figures.
    pub figures: Figures,
    /// Sum of all valences and [`emphasis`](Self::emphasis).
    pub sum: f64,
    /// What exclamation and question marks added to the sum.
    pub emphasis: f64,
    /// Each word that said something: where it stands, in bytes of the text, and its valence after all rules.
    pub words: Vec<(Range<usize>, f64)>,
}

/// Scores texts; keeps its memory from one to the next.
#[derive(Debug, Default)]
pub struct Scorer {
    plain: Plain,
    tokens: Vec<Token>,
    valences: Vec<f64>,
}

impl Scorer {
    /// A scorer that has not seen a text yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// The four figures of `text`.
    pub fn score(&mut self, text: &str) -> Figures {
        self.sums(text).figures()
    }

    /// The four figures of `text` with the words behind them.
    pub fn explain(&mut self, text: &str) -> Explained {
        let sums = self.sums(text);
        let words = self.tokens.iter().zip(&self.valences).filter(|(_, valence)| **valence != 0.0);
        Explained {
            figures: sums.figures(),
            sum: sums.sum,
            emphasis: sums.sum - sums.words,
            words: words.map(|(token, valence)| (self.plain.original(&token.span), *valence)).collect(),
        }
    }

    /// The sum of the valences of words after all rules, emphasis included: what `compound` is made of.
    pub fn sum(&mut self, text: &str) -> f64 {
        self.sums(text).sum
    }

    fn sums(&mut self, text: &str) -> Sums {
        let plain = self.plain.read(text);
        text::tokens(plain, &mut self.tokens);
        rules::valences(&self.tokens, &mut self.valences);
        contrast::weigh(&self.tokens, &mut self.valences);
        rules::sums(plain, &self.valences)
    }
}

#[cfg(test)]
#[path = "vader/tests.rs"]
mod tests;
