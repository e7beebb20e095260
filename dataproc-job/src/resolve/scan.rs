//! A text made ready for the rules: its words, and how many points for companies, traders and coins lie in any stretch.

use std::cell::OnceCell;

use rustc_hash::FxHashSet;

use super::token::{Case, Token};
use super::vocabulary::Word;
use super::words::Words;

/// A text made ready. All of it lies in buffers that are used again for the next text.
pub(crate) struct Scan<'a> {
    /// The uniform text.
    pub(crate) text: &'a str,
    /// Its words.
    pub(crate) tokens: &'a [Token],
    /// How the line of each word is written.
    pub(crate) lines: &'a [Line],
    /// Running sums of points: company, trading, crypto.
    pub(crate) sums: &'a [[u32; 3]],
    /// The words that stand behind a given name or a title, once somebody has asked for them.
    pub(crate) introduced: OnceCell<FxHashSet<Word>>,
}

/// How a line is written.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Line {
    /// As a headline, with capitals everywhere.
    pub(crate) headline: bool,
    /// Mostly in capitals.
    pub(crate) shouted: bool,
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

impl<'a> Scan<'a> {
    /// The character before word `i`, if any.
    pub(crate) fn before(&self, i: usize) -> Option<char> {
        match self.tokens[i].mark {
            0 => self.text[..self.tokens[i].start as usize].chars().next_back(),
            byte if byte.is_ascii() => Some(byte as char),
            _ => self.text[..self.tokens[i].start as usize].chars().next_back(),
        }
    }

    /// The character after word `i`, if any.
    pub(crate) fn after(&self, i: usize) -> Option<char> {
        let end = self.tokens[i].end as usize;
        match self.text.as_bytes().get(end) {
            Some(byte) if byte.is_ascii() => Some(*byte as char),
            _ => self.text[end..].chars().next(),
        }
    }

    /// What lies between word `i` and the next one; `None` at the end.
    pub(crate) fn gap(&self, i: usize) -> Option<&'a str> {
        let next = self.tokens.get(i + 1)?;
        self.text.get(self.tokens[i].end as usize..next.start as usize)
    }

    /// Word `i` as written.
    pub(crate) fn written(&self, i: usize) -> &'a str {
        &self.text[self.tokens[i].range()]
    }

    /// Whether word `i` is an initial or a short form (`J.P`, `St`), after which a dot ends no sentence.
    pub(crate) fn is_initial(&self, i: usize) -> bool {
        self.tokens[i].length() <= 2 || self.written(i).contains('.')
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
}

/// Points of coins in a whole text.
pub(crate) fn coins(tokens: &[Token], words: &Words) -> u32 {
    tokens.iter().filter(|t| t.mark != b'$').map(|t| u32::from(words.of(t.word).crypto)).sum()
}

/// Counts the points, as running sums with one entry more than there are words.
pub(crate) fn count(text: &str, tokens: &[Token], words: &Words, out: &mut Vec<[u32; 3]>) {
    let bytes = text.as_bytes();
    let mut sums = [0u32; 3];
    out.clear();
    out.push(sums);
    for token in tokens {
        let fact = words.of(token.word);
        if token.mark == b'$' && token.letters {
            // A cashtag shows that traders talk, whoever it names.
            sums[1] += 1;
        } else {
            sums[0] += u32::from(fact.company);
            sums[1] += u32::from(fact.trading);
            sums[2] += u32::from(fact.crypto);
        }
        if !token.letters && bytes.get(token.end as usize) == Some(&b'%') {
            sums[1] += 1;
        }
        out.push(sums);
    }
}

/// Says of each word how its line is written.
pub(crate) fn mark_lines(text: &str, tokens: &[Token], out: &mut Vec<Line>) {
    out.clear();
    if memchr::memchr(b'\n', text.as_bytes()).is_none() {
        out.resize(tokens.len(), line(tokens));
        return;
    }
    let mut first = 0;
    for i in 0..tokens.len() {
        let gap = tokens.get(i + 1).map(|next| &text.as_bytes()[tokens[i].end as usize..next.start as usize]);
        if gap.is_none_or(|gap| gap.contains(&b'\n')) {
            let line = line(&tokens[first..=i]);
            out.resize(i + 1, line);
            first = i + 1;
        }
    }
}

fn line(tokens: &[Token]) -> Line {
    let (mut long, mut capital, mut letters, mut upper) = (0, 0, 0, 0);
    for token in tokens.iter().filter(|t| t.letters && !matches!(t.mark, b'$' | b'#')) {
        let length = token.length();
        letters += length;
        upper += if token.case == Case::Upper { length } else { 0 };
        if length >= 4 {
            long += 1;
            capital += usize::from(token.case != Case::Lower);
        }
    }
    Line { headline: long >= 3 && capital * 10 >= long * 7, shouted: letters >= 12 && upper * 2 > letters }
}
