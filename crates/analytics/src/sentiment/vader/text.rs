//! From a text to VADER's tokens: emoji become words, what spaces separate is a token, punctuation around it goes.

use std::ops::Range;

use super::dictionary::{Word, description, look_up};

/// A text with words in place of its emoji.
#[derive(Debug, Default)]
pub(super) struct Plain {
    text: String,
    /// For each emoji: where its words stand in the plain text, and where it stood in the original one.
    replaced: Vec<(Range<usize>, Range<usize>)>,
}

impl Plain {
    /// Takes a new text and says how it reads without emoji.
    pub(super) fn read<'a>(&'a mut self, text: &'a str) -> &'a str {
        self.replaced.clear();
        if text.is_ascii() {
            return text;
        }
        self.text.clear();
        let mut after_space = true;
        for (at, c) in text.char_indices() {
            match if c.is_ascii() { None } else { description(c) } {
                Some(words) => {
                    let from = self.text.len();
                    if !after_space {
                        self.text.push(' ');
                    }
                    self.text.push_str(words);
                    self.replaced.push((from..self.text.len(), at..at + c.len_utf8()));
                    after_space = false;
                }
                None => {
                    self.text.push(c);
                    after_space = c == ' ';
                }
            }
        }
        &self.text
    }

    /// Where a span of the plain text stands in the original.
    pub(super) fn original(&self, span: &Range<usize>) -> Range<usize> {
        let before =
            |at: usize| self.replaced[..self.replaced.partition_point(|(p, _)| p.start <= at)].last();
        let start = match before(span.start) {
            Some((plain, original)) if span.start < plain.end => original.start,
            Some((plain, original)) => original.end + (span.start - plain.end),
            None => span.start,
        };
        let end = match before(span.end.saturating_sub(1)) {
            Some((plain, original)) if span.end <= plain.end => original.end,
            Some((plain, original)) => original.end + (span.end - plain.end),
            None => span.end,
        };
        start..end
    }
}

/// One token.
#[derive(Debug, Clone)]
pub(super) struct Token {
    /// What is known about it.
    pub(super) word: Word,
    /// Whether all its letters are capitals, and it has some.
    pub(super) capitals: bool,
    /// Where it stands, in bytes of the plain text.
    pub(super) span: Range<usize>,
}

/// Splits a plain text.
pub(super) fn tokens(text: &str, out: &mut Vec<Token>) {
    out.clear();
    let mut lower = Vec::new();
    let bytes = text.as_bytes();
    let mut start = None;
    let mut at = 0;
    while at < bytes.len() {
        // Python splits at four control characters that Unicode does not call white space.
        let (space, width) = if bytes[at] < 0x80 {
            (matches!(bytes[at], b'\t'..=b'\r' | 0x1C..=0x1F | b' '), 1)
        } else {
            match text[at..].chars().next() {
                Some(c) => (c.is_whitespace(), c.len_utf8()),
                None => break,
            }
        };
        if space {
            if let Some(from) = start.take() {
                out.push(token(text, from..at, &mut lower));
            }
        } else if start.is_none() {
            start = Some(at);
        }
        at += width;
    }
    if let Some(from) = start {
        out.push(token(text, from..text.len(), &mut lower));
    }
}

fn token(text: &str, whole: Range<usize>, lower: &mut Vec<u8>) -> Token {
    let span = stripped(text, whole);
    let word = &text[span.clone()];
    lower.clear();
    if word.is_ascii() {
        lower.extend(word.bytes().map(|b| b.to_ascii_lowercase()));
    } else {
        lower.extend_from_slice(word.to_lowercase().as_bytes());
    }
    let mut known = look_up(lower);
    known.negates |= lower.contains(&b'\'') && lower.windows(3).any(|w| w == b"n't");
    Token { word: known, capitals: is_upper(word), span }
}

/// Without punctuation around it, unless two characters or fewer would be left: it may have been an emoticon.
fn stripped(text: &str, whole: Range<usize>) -> Range<usize> {
    let token = &text[whole.clone()];
    let punctuation = |c: char| c.is_ascii_punctuation();
    let without = token.trim_start_matches(punctuation);
    let start = whole.start + token.len() - without.len();
    let without = without.trim_end_matches(punctuation);
    if without.len() <= 8 && without.chars().count() <= 2 { whole } else { start..start + without.len() }
}

/// As Python's `str.isupper`.
fn is_upper(word: &str) -> bool {
    let mut some = false;
    for c in word.chars() {
        if c.is_lowercase() || is_title(c) {
            return false;
        }
        some |= c.is_uppercase();
    }
    some
}

/// Letters that are neither upper nor lower case, such as `ǅ`.
fn is_title(c: char) -> bool {
    matches!(c, '\u{1C5}' | '\u{1C8}' | '\u{1CB}' | '\u{1F2}' | '\u{1F88}'..='\u{1F8F}' | '\u{1F98}'..='\u{1F9F}'
        | '\u{1FA8}'..='\u{1FAF}' | '\u{1FBC}' | '\u{1FCC}' | '\u{1FFC}')
}
