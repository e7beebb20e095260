//! A text made ready for the rules: its words, and how many points for companies, traders and coins lie in any stretch.

use super::dictionary::Dictionary;
use super::text::Normalised;
use super::token::{Case, Token, tokens};

/// A text made ready.
pub(crate) struct Scan {
    /// The uniform text.
    pub(crate) uniform: Normalised,
    /// Its words.
    pub(crate) tokens: Vec<Token>,
    /// For each word, whether its line is a headline with capitals everywhere.
    pub(crate) headline: Vec<bool>,
    /// For each word, whether its line is mostly in capitals.
    pub(crate) shouted: Vec<bool>,
    /// Running sums of points: company, trading, crypto.
    sums: Vec<[u32; 3]>,
}

/// Points in a stretch of words.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Points {
    /// For reports of a business.
    pub(crate) company: u32,
    /// For talk of traders.
    pub(crate) trading: u32,
    /// For talk of coins.
    pub(crate) crypto: u32,
}

impl Scan {
    /// Cuts `text` and counts.
    pub(crate) fn of(text: &str, dictionary: &Dictionary) -> Self {
        let uniform = Normalised::of(text);
        let tokens = tokens(&uniform.text, &dictionary.words.vocabulary);
        let mut scan = Self {
            uniform,
            headline: Vec::new(),
            shouted: Vec::new(),
            sums: Vec::with_capacity(tokens.len() + 1),
            tokens,
        };
        scan.count(dictionary);
        scan.mark_lines();
        scan
    }

    /// The character before word `i`, if any.
    pub(crate) fn before(&self, i: usize) -> Option<char> {
        self.uniform.text[..self.tokens[i].start].chars().next_back()
    }

    /// The character after word `i`, if any.
    pub(crate) fn after(&self, i: usize) -> Option<char> {
        self.uniform.text[self.tokens[i].end..].chars().next()
    }

    /// What lies between word `i` and the next one; `None` at the end.
    pub(crate) fn gap(&self, i: usize) -> Option<&str> {
        let next = self.tokens.get(i + 1)?;
        self.uniform.text.get(self.tokens[i].end..next.start)
    }

    /// Whether word `i` is an initial or a short form (`J.P`, `St`), after which a dot ends no sentence.
    pub(crate) fn is_initial(&self, i: usize) -> bool {
        let token = self.tokens[i];
        token.end - token.start <= 2 || self.uniform.text[token.start..token.end].contains('.')
    }

    /// Whether word `i` begins a sentence, so that its capital says nothing.
    pub(crate) fn begins_sentence(&self, i: usize) -> bool {
        let Some(before) = i.checked_sub(1) else { return true };
        self.gap(before).is_some_and(|gap| gap.contains(['.', '!', '?', ':', '\n', '"', '“', '…']))
    }

    /// Points within `reach` words around words `from..to`, those words left out.
    pub(crate) fn points(&self, from: usize, to: usize, reach: usize) -> Points {
        let start = from.saturating_sub(reach);
        let end = (to + reach).min(self.tokens.len());
        let sum = |k: usize| {
            (self.sums[end][k] - self.sums[start][k]).saturating_sub(self.sums[to][k] - self.sums[from][k])
        };
        Points { company: sum(0), trading: sum(1), crypto: sum(2) }
    }

    fn count(&mut self, dictionary: &Dictionary) {
        let mut sums = [0u32; 3];
        self.sums.push(sums);
        for i in 0..self.tokens.len() {
            let token = self.tokens[i];
            let fact = dictionary.words.of(token.word);
            if self.before(i) == Some('$') && token.letters {
                // A cashtag shows that traders talk, whoever it names.
                sums[1] += 1;
            } else {
                sums[0] += u32::from(fact.company);
                sums[1] += u32::from(fact.trading);
                sums[2] += u32::from(fact.crypto);
            }
            if !token.letters && self.after(i) == Some('%') {
                sums[1] += 1;
            }
            self.sums.push(sums);
        }
    }

    fn mark_lines(&mut self) {
        let mut first = 0;
        for i in 0..self.tokens.len() {
            let ends = self.gap(i).is_none_or(|gap| gap.contains('\n'));
            if ends {
                let (headline, shouted) = self.line(first, i + 1);
                self.headline.resize(i + 1, headline);
                self.shouted.resize(i + 1, shouted);
                first = i + 1;
            }
        }
    }

    fn line(&self, first: usize, end: usize) -> (bool, bool) {
        let (mut long, mut capital, mut letters, mut upper) = (0, 0, 0, 0);
        for i in first..end {
            let token = self.tokens[i];
            if !token.letters || matches!(self.before(i), Some('$' | '#')) {
                continue;
            }
            let length = token.end - token.start;
            letters += length;
            upper += if token.case == Case::Upper { length } else { 0 };
            if length >= 4 {
                long += 1;
                capital += usize::from(token.case != Case::Lower);
            }
        }
        (long >= 3 && capital * 10 >= long * 7, letters >= 12 && upper * 2 > letters)
    }
}
