//! Whether a way of naming, found in a text, really names the asset, and how surely.

use domain::Evidence;

use super::context::Context;
use super::dictionary::{Dictionary, Kind, Pattern};
use super::scan::Scan;
use super::token::Case;

mod around;
mod figure;
mod longer;
mod name;
mod pair;
mod ticker;
mod veto;

/// Words around a name in which cues count.
const REACH: usize = 30;
/// Words around a name in which the company's own words count.
const NEAR: usize = 12;
/// Points that it takes.
const ENOUGH: u32 = 2;

/// A judgement in favour.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Verdict {
    /// How surely.
    pub(crate) confidence: f32,
    /// What it rests on.
    pub(crate) evidence: Evidence,
    /// How many words it covers, legal form included.
    pub(crate) words: usize,
}

/// Words `from..to` of a text, spelt like a pattern.
pub(crate) struct Candidate<'a> {
    pub(crate) scan: &'a Scan<'a>,
    pub(crate) dictionary: &'a Dictionary,
    pub(crate) pattern: &'a Pattern,
    pub(crate) from: usize,
    pub(crate) to: usize,
}

impl Candidate<'_> {
    /// The judgement; `None` when the asset is not meant.
    pub(crate) fn judge(&self) -> Option<Verdict> {
        if matches!(self.scan.before(self.from), Some('$' | '£' | '€' | '¥')) {
            return None;
        }
        match self.pattern.kind {
            Kind::Pair => self.judge_pair(),
            Kind::Spoken => self.judge_spoken(),
            Kind::Rate => self.judge_rate(),
            Kind::Listed => self.judge_listed(),
            Kind::Ticker | Kind::StrictTicker => self.judge_ticker(),
            Kind::Other => self.capital().then(|| self.verdict(1.0, Evidence::Name, 0)),
            _ => self.judge_name(),
        }
    }

    /// `VOD.L`, `BRK.B`, `7203.T`: written tightly, its letters as capitals.
    fn judge_listed(&self) -> Option<Verdict> {
        let gaps = (self.from..self.to - 1).filter_map(|i| self.scan.gap(i));
        let tight = gaps.clone().all(|gap| matches!(gap, "." | "-" | "/" | "_"));
        let end = self.scan.after(self.to - 1) == Some('.')
            && self.to < self.scan.tokens.len()
            && self.scan.gap(self.to - 1) == Some(".");
        (tight && self.upper() && !end).then(|| self.verdict(0.95, Evidence::Ticker, 0))
    }

    fn context(&self) -> Option<&Context> {
        self.pattern.context.and_then(|i| self.dictionary.contexts.get(i))
    }

    fn is_short(&self) -> bool {
        let tokens = &self.scan.tokens;
        self.to - self.from == 1 && tokens[self.from].length() <= 2
    }

    /// Whether all words but the small ones begin with a capital, or a figure: `3i`.
    fn capital(&self) -> bool {
        const SMALL: usize = 3;
        let figure = |i: usize| self.scan.written(i).starts_with(|c: char| c.is_ascii_digit());
        (self.from..self.to).all(|i| {
            let token = &self.scan.tokens[i];
            token.case != Case::Lower
                || !token.letters
                || (i > self.from && token.length() <= SMALL)
                || figure(i)
        })
    }

    fn upper(&self) -> bool {
        self.scan.tokens[self.from..self.to].iter().all(|t| t.case == Case::Upper || !t.letters)
    }

    fn verdict(&self, confidence: f32, evidence: Evidence, more: usize) -> Verdict {
        Verdict { confidence, evidence, words: self.to - self.from + more }
    }
}

/// Whether two words with this between them stand side by side.
fn adjacent(gap: &str) -> bool {
    matches!(gap, " " | "-" | "  " | " #")
}
