//! From a text to hashed n-grams.
//!
//! Addresses, user names and cashtags are each one word whatever they say, a run of digits is `0`: a model must not learn that
//! one company is good. Near a target the text is weighed by clause: the one that names it counts fully, others less.

use std::ops::Range;

use super::dense::{self, DENSE};
use crate::sentiment::{self, vader};

/// Slots of each of the two hash tables: word n-grams, then character n-grams.
pub const SLOTS: u32 = 1 << 18;
/// Longest character n-gram.
const LONGEST: usize = 6;
/// What n-grams of words and of characters weigh beside each other; each kind has length 1 before.
pub(super) const WEIGHTS: [f32; 2] = [1.0, 0.7];
/// What a clause that does not name the target weighs.
const ASIDE: f32 = 0.3;
/// What stands for a run of digits.
const DIGIT: u32 = '0' as u32;
/// Longer words are read up to here: no word of any language is that long.
const LONGEST_WORD: usize = 40;

/// Reads texts; keeps its memory from one to the next.
#[derive(Debug, Default)]
pub struct Features {
    lexicon: vader::Scorer,
    /// All words' characters in lower case, each word between two spaces.
    letters: Vec<u32>,
    words: Vec<Range<usize>>,
    /// For each word: its hash, where its letters stand, its share.
    read: Vec<(u64, Range<usize>, f32)>,
    clauses: Vec<u32>,
    clause: Range<usize>,
    dense: [f32; DENSE],
}

impl Features {
    /// A reader that has not seen a text yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Reads a text, which [`each`](Self::each) and [`dense`](Self::dense) then tell about.
    pub fn read(&mut self, text: &str, target: Option<Range<usize>>) {
        self.split(text);
        self.clause = 0..text.len();
        if let Some(target) = target {
            self.weigh(text, &target);
        }
        let part = &text[self.clause.clone()];
        let figures = self.lexicon.score(part);
        let house = sentiment::score(part, None);
        self.dense = dense::figures(part, self.words.len(), &figures, &house);
    }

    /// Tells each n-gram: its slot (character n-grams begin at [`SLOTS`]), its share, and the words it is made of.
    pub fn each(&self, mut tell: impl FnMut(u32, f32, Range<usize>)) {
        let mut before = [(0_u64, 0.0_f32); 2];
        for (at, (hash, letters, share)) in self.read.iter().enumerate() {
            tell(slot(*hash), *share, at..at + 1);
            if at >= 1 {
                let two = join(before[1].0, *hash);
                tell(slot(two), share.min(before[1].1), at - 1..at + 1);
                if at >= 2 {
                    let share = share.min(before[1].1).min(before[0].1);
                    tell(slot(join(before[0].0, two)), share, at - 2..at + 1);
                }
            }
            before = [before[1], (*hash, *share)];
            let letters = &self.letters[letters.clone()];
            for from in 0..letters.len() {
                let mut hash = 0xCBF2_9CE4_8422_2325_u64;
                for (n, letter) in letters[from..].iter().take(LONGEST).enumerate() {
                    hash = (hash ^ u64::from(*letter)).wrapping_mul(0x9E37_79B9_7F4A_7C15);
                    if n > 0 {
                        tell(SLOTS + slot(hash ^ (hash >> 29)), *share, at..at + 1);
                    }
                }
            }
        }
    }

    /// What the two lexicon scorers say, and the text's shape.
    pub fn dense(&self) -> &[f32; DENSE] {
        &self.dense
    }

    /// Where each word stands, in bytes of the text.
    pub fn words(&self) -> &[Range<usize>] {
        &self.words
    }

    /// The words that the lexica know, each with how strongly they speak of it.
    pub(super) fn known_to_lexica(&mut self, text: &str) -> Vec<(usize, f64)> {
        let part = &text[self.clause.clone()];
        let mut spans = self.lexicon.explain(part).words;
        spans.extend(sentiment::score(part, None).contributions.into_iter().map(|c| (c.span, c.valence)));
        let at = |span: &Range<usize>| {
            let end = self.clause.start + span.end;
            let word = self.words.partition_point(|w| w.start < end).checked_sub(1)?;
            (self.words[word].end > self.clause.start + span.start).then_some(word)
        };
        spans.iter().filter_map(|(span, valence)| Some((at(span)?, valence.abs()))).collect()
    }

    fn split(&mut self, text: &str) {
        self.letters.clear();
        self.words.clear();
        self.read.clear();
        self.clauses.clear();
        let mut clause = 0;
        let mut chars = text.char_indices().peekable();
        while let Some((from, c)) = chars.next() {
            if c.is_whitespace() {
                clause += u32::from(c == '\n');
                continue;
            }
            let mut end = from + c.len_utf8();
            let next = text[end..].chars().next();
            if matches!(c, '$' | '@') && next.is_some_and(char::is_alphabetic)
                || c == 'h' && (text[from..].starts_with("http://") || text[from..].starts_with("https://"))
            {
                let link = c == 'h';
                while let Some((at, c)) =
                    chars.next_if(
                        |(_, c)| if link { !c.is_whitespace() } else { c.is_alphanumeric() || *c == '_' },
                    )
                {
                    end = at + c.len_utf8();
                }
                self.push(from..end, [u32::from(c)].into_iter(), clause);
            } else if c.is_alphanumeric() {
                while let Some((at, c)) =
                    chars.next_if(|(_, c)| c.is_alphanumeric() || matches!(c, '\'' | '\u{2019}'))
                {
                    end = at + c.len_utf8();
                }
                let word = &text[from..end];
                clause += u32::from(turns(word));
                if word.is_ascii() {
                    self.push(
                        from..end,
                        word.bytes().map(|b| letter(char::from(b.to_ascii_lowercase()))),
                        clause,
                    );
                } else {
                    self.push(from..end, word.chars().flat_map(char::to_lowercase).map(letter), clause);
                }
            } else {
                self.push(from..end, [u32::from(c)].into_iter(), clause);
                // Within a number or a name these marks end nothing.
                let inner = next.is_some_and(char::is_alphanumeric);
                clause += u32::from(matches!(c, '.' | ';' | '!' | '?' | ',' | ':' | '\u{2014}') && !inner);
            }
        }
    }

    fn push(&mut self, span: Range<usize>, letters: impl Iterator<Item = u32>, clause: u32) {
        let from = self.letters.len();
        let mut hash = 0x9E37_79B9_u64;
        self.letters.push(u32::from(' '));
        let mut before = 0;
        for letter in letters.take(LONGEST_WORD) {
            if letter == DIGIT && before == DIGIT {
                continue;
            }
            before = letter;
            hash = (hash ^ u64::from(letter)).wrapping_mul(0x0000_0100_0000_01B3);
            self.letters.push(letter);
        }
        self.letters.push(u32::from(' '));
        self.words.push(span);
        self.read.push((hash, from..self.letters.len(), 1.0));
        self.clauses.push(clause);
    }

    fn weigh(&mut self, text: &str, target: &Range<usize>) {
        let Some(named) = self.words.iter().position(|w| w.start < target.end && target.start < w.end) else {
            return;
        };
        let own = self.clauses[named];
        for (word, clause) in self.read.iter_mut().zip(&self.clauses) {
            word.2 = if *clause == own { 1.0 } else { ASIDE };
        }
        let first = self.clauses.partition_point(|c| *c < own);
        let behind = self.clauses.partition_point(|c| *c <= own);
        let end = self.words.get(behind).map_or(text.len(), |w| w.start);
        self.clause = self.words[first].start..end;
    }
}

/// A word that begins a clause of its own.
fn turns(word: &str) -> bool {
    const TURNS: [&str; 9] =
        ["but", "while", "whereas", "although", "though", "pero", "mientras", "aunque", "versus"];
    TURNS.iter().any(|t| t.eq_ignore_ascii_case(word))
}

/// Digits are all one, as are apostrophes.
fn letter(c: char) -> u32 {
    match c {
        '0'..='9' => DIGIT,
        '\u{2019}' => u32::from('\''),
        _ => u32::from(c),
    }
}

fn join(first: u64, second: u64) -> u64 {
    (first.rotate_left(23) ^ second).wrapping_mul(0x9E37_79B9_7F4A_7C15)
}

fn slot(hash: u64) -> u32 {
    (hash.wrapping_mul(0xD6E8_FEB8_6659_FD93) >> (64 - SLOTS.trailing_zeros())) as u32
}
