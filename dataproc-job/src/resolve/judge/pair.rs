//! Currency pairs: `EUR/USD`, `BTCUSDT`, "the dollar-yen pair".

use domain::Evidence;

use super::{Candidate, ENOUGH, NEAR, Verdict};
use crate::resolve::words::CURRENCY;

impl Candidate<'_> {
    pub(super) fn judge_pair(&self) -> Option<Verdict> {
        if self.to - self.from == 1 {
            return Some(self.verdict(0.98, Evidence::Pair, 0));
        }
        let gap = self.scan.gap(self.from)?;
        let upper = self.upper();
        let chained = |gap: Option<&str>, other: Option<usize>| {
            gap == Some("/") && other.is_some_and(|i| self.is_currency(i))
        };
        let next = chained(self.scan.gap(self.to - 1), Some(self.to));
        let previous = self.from.checked_sub(1);
        if next || chained(previous.and_then(|p| self.scan.gap(p)), previous) {
            // EUR/USD/GBP is a list.
            return None;
        }
        // 300 EUR / 320 USD are prices.
        let number = |i: usize| self.scan.tokens.get(i).is_some_and(|t| !t.letters);
        let spaced = gap.starts_with(' ') || gap.ends_with(' ');
        if spaced && previous.is_some_and(number) {
            return None;
        }
        let proven = match gap.trim() {
            "/" | "-" | "_" => upper || !spaced,
            "" => upper && spaced && self.scan.points(self.from, self.to, NEAR).trading >= ENOUGH,
            _ => false,
        };
        proven.then(|| self.verdict(if gap.trim().is_empty() { 0.8 } else { 0.98 }, Evidence::Pair, 0))
    }

    /// "the dollar-yen pair", "euro dollar slips".
    pub(super) fn judge_spoken(&self) -> Option<Verdict> {
        if self.to - self.from == 1 {
            let points = self.scan.points(self.from, self.to, NEAR);
            return (points.trading > 0).then(|| self.verdict(0.8, Evidence::Pair, 0));
        }
        if self.to - self.from == 3 {
            // "the pound to dollar rate".
            let rate = self.to < self.scan.tokens.len()
                && ["rate", "exchange", "forecast", "pair"].contains(&self.scan.written(self.to));
            return (rate || self.moves()).then(|| self.verdict(0.75, Evidence::Pair, 0));
        }
        match self.scan.gap(self.from)? {
            "/" | "-" => Some(self.verdict(0.9, Evidence::Pair, 0)),
            " " => {
                let points = self.scan.points(self.from, self.to, NEAR);
                (points.trading >= ENOUGH || self.moves()).then(|| self.verdict(0.75, Evidence::Pair, 0))
            }
            _ => None,
        }
    }

    /// "The euro rose 0.3% to $1.1655", "Der Euro steigt über 1,17 Dollar": what it costs in dollars follows its movement.
    pub(super) fn judge_rate(&self) -> Option<Verdict> {
        const REACH: usize = 8;
        let scan = self.scan;
        let end = (self.to + REACH).min(scan.tokens.len());
        // A number is cut at its point: `1` and `1655`.
        let rate = |i: usize| {
            let last = self.number_end(i);
            let small = matches!(scan.written(i), "0" | "1" | "2") && last == i + 1;
            let digits = small && (2..=4).contains(&scan.tokens[last].length());
            let dollars = || {
                last + 1 < scan.tokens.len()
                    && ["dollar", "dollars", "dólares", "dólar", "dollari"]
                        .iter()
                        .any(|word| scan.written(last + 1).eq_ignore_ascii_case(word))
            };
            digits && (scan.before(i) == Some('$') || dollars())
        };
        (self.moves() && (self.to..end).any(rate)).then(|| self.verdict(0.8, Evidence::Pair, 0))
    }

    pub(super) fn is_currency(&self, i: usize) -> bool {
        let Some(token) = self.scan.tokens.get(i) else { return false };
        self.dictionary.words.is(token.word, CURRENCY)
    }
}
