//! Texts cut into words. Links, e-mail domains and @handles are left out.

use std::collections::HashMap;

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

/// The number of a known word; [`UNKNOWN`] for all others.
pub(crate) type Word = u32;

/// A word that is in no list.
pub(crate) const UNKNOWN: Word = 0;

/// The known words and their numbers.
#[derive(Default)]
pub(crate) struct Vocabulary(HashMap<Box<str>, Word>);

impl Vocabulary {
    /// The number of `word`, given out now if need be.
    pub(crate) fn add(&mut self, word: &str) -> Word {
        let next = self.0.len() as Word + 1;
        *self.0.entry(word.into()).or_insert(next)
    }

    /// The number of `word`.
    pub(crate) fn get(&self, word: &str) -> Word {
        self.0.get(word).copied().unwrap_or(UNKNOWN)
    }

    /// How many numbers there are, [`UNKNOWN`] included.
    pub(crate) fn len(&self) -> usize {
        self.0.len() + 1
    }
}

/// How a word is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Case {
    /// Begins with a small letter, or has none.
    Lower,
    /// Begins with a capital, small letters follow.
    Capital,
    /// Capitals only.
    Upper,
}

/// One word of a text.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Token {
    /// First byte.
    pub(crate) start: usize,
    /// First byte after it.
    pub(crate) end: usize,
    /// The word as written, apostrophes left out (`mcdonalds`).
    pub(crate) word: Word,
    /// The word without `'s` (`mcdonald`); [`UNKNOWN`] where there is no `'s`.
    pub(crate) base: Word,
    /// How it is written.
    pub(crate) case: Case,
    /// Whether it has letters.
    pub(crate) letters: bool,
}

/// Cuts `text` into words; each is looked up in `vocabulary`.
pub(crate) fn tokens(text: &str, vocabulary: &Vocabulary) -> Vec<Token> {
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(text.len() / 5);
    let mut key = String::new();
    let mut at = 0;
    while let Some(character) = text[at..].chars().next() {
        let fresh = at == 0 || !bytes[at - 1].is_ascii_alphanumeric();
        if fresh && let Some(length) = link(&text[at..]) {
            at += length;
        } else if character == '@' {
            at += 1 + handle(&bytes[at + 1..]);
        } else if character == '&' {
            key.clear();
            key.push('&');
            let word = vocabulary.get(&key);
            out.push(Token {
                start: at,
                end: at + 1,
                word,
                base: UNKNOWN,
                case: Case::Lower,
                letters: false,
            });
            at += 1;
        } else if is_word(character) {
            let end = at + word_length(&text[at..]);
            out.push(token(text, at, end, vocabulary, &mut key));
            at = end;
        } else {
            at += character.len_utf8();
        }
    }
    out
}

/// The words of a name, as keys of the vocabulary.
pub(crate) fn keys(name: &str) -> Vec<String> {
    let mut out = Vec::new();
    let mut at = 0;
    while let Some(character) = name[at..].chars().next() {
        if character == '&' {
            out.push("&".to_owned());
            at += 1;
        } else if is_word(character) {
            let end = at + word_length(&name[at..]);
            let mut key = String::new();
            fold(&name[at..end], &mut key);
            out.push(key);
            at = end;
        } else {
            at += character.len_utf8();
        }
    }
    out
}

fn token(text: &str, start: usize, end: usize, vocabulary: &Vocabulary, key: &mut String) -> Token {
    let written = &text[start..end];
    fold(written, key);
    let word = vocabulary.get(key);
    let owned = written.len() > 2 && (written.ends_with("'s") || written.ends_with("'S"));
    let base = if owned { vocabulary.get(&key[..key.len() - 1]) } else { UNKNOWN };
    let stem = if owned { &written[..written.len() - 2] } else { written };
    Token { start, end, word, base, case: case(stem), letters: stem.chars().any(char::is_alphabetic) }
}

fn case(word: &str) -> Case {
    let mut letters = word.chars().filter(|c| c.is_alphabetic());
    match letters.next() {
        Some(first) if first.is_uppercase() => {
            if letters.any(char::is_lowercase) {
                Case::Capital
            } else {
                Case::Upper
            }
        }
        _ => Case::Lower,
    }
}

/// Small letters, without accents, apostrophes and the dots of initials.
fn fold(word: &str, key: &mut String) {
    key.clear();
    if word.is_ascii() {
        key.extend(
            word.bytes().filter(|b| *b != b'\'' && *b != b'.').map(|b| b.to_ascii_lowercase() as char),
        );
    } else {
        let plain = word.nfd().filter(|c| !is_combining_mark(*c) && *c != '\'' && *c != '.');
        key.extend(plain.flat_map(char::to_lowercase));
    }
}

/// Whether the character belongs to words. Scripts without spaces do not: there, a Latin name stands alone.
pub(crate) fn is_word(character: char) -> bool {
    character.is_alphanumeric() && !('\u{2E80}'..='\u{D7FF}').contains(&character) && character < '\u{20000}'
}

fn word_length(rest: &str) -> usize {
    let initials = initials(rest.as_bytes());
    if initials > 0 {
        return initials;
    }
    let mut chars = rest.char_indices().peekable();
    while let Some((at, character)) = chars.next() {
        let follows = chars.peek().is_some_and(|(_, next)| next.is_alphabetic() && is_word(*next));
        let apostrophe_inside = character == '\'' && at > 0 && follows;
        if !is_word(character) && !apostrophe_inside {
            return at;
        }
    }
    rest.len()
}

/// Bytes of initials such as `J.P.` or `p.l.c`: single letters with dots between them.
fn initials(rest: &[u8]) -> usize {
    let mut length = 0;
    let mut letters = 0;
    while rest.get(length).is_some_and(u8::is_ascii_alphabetic) {
        match rest.get(length + 1) {
            Some(b'.') => {
                letters += 1;
                length += 2;
            }
            Some(next) if next.is_ascii_alphanumeric() || !next.is_ascii() => break,
            _ if letters > 0 => return length + 1,
            _ => return 0,
        }
    }
    if letters < 2 { 0 } else { length - 1 }
}

/// Bytes of the link at the start of `rest`.
fn link(rest: &str) -> Option<usize> {
    let head = &rest.as_bytes()[..rest.len().min(8)];
    let starts = |prefix: &str| {
        head.len() >= prefix.len() && head[..prefix.len()].eq_ignore_ascii_case(prefix.as_bytes())
    };
    if starts("http://") || starts("https://") || starts("www.") {
        return Some(visible(rest));
    }
    // A host that is followed by a path: `t.co/abc`, `youtu.be/abc`.
    if !head.first()?.is_ascii_alphanumeric() {
        return None;
    }
    let host =
        rest.bytes().take(64).take_while(|b| b.is_ascii_alphanumeric() || *b == b'.' || *b == b'-').count();
    if rest.as_bytes().get(host) != Some(&b'/') {
        return None;
    }
    let (name, top) = rest[..host].rsplit_once('.')?;
    let is_host =
        !name.is_empty() && (2..=4).contains(&top.len()) && top.bytes().all(|b| b.is_ascii_lowercase());
    is_host.then(|| visible(rest))
}

fn visible(rest: &str) -> usize {
    rest.bytes().take_while(u8::is_ascii_graphic).count()
}

fn handle(rest: &[u8]) -> usize {
    rest.iter().take_while(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'.' | b'-')).count()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn words(text: &str) -> Vec<&str> {
        tokens(text, &Vocabulary::default()).iter().map(|t| &text[t.start..t.end]).collect()
    }

    #[test]
    fn cuts_words() {
        assert_eq!(words("McDonald's & J.P. Morgan"), ["McDonald's", "&", "J.P", "Morgan"]);
        assert_eq!(words("see https://t.co/Apple?x=1 (t.co/Ford) @Visa ok"), ["see", "ok"]);
        assert_eq!(words("苹果Apple发布 Nestlé"), ["Apple", "Nestlé"]);
        assert_eq!(
            words("mail bob@apple.com now. BP p.l.c. A.B"),
            ["mail", "bob", "now", "BP", "p.l.c", "A.B"]
        );
        assert_eq!(words("'quoted' it's a.m"), ["quoted", "it's", "a.m"]);
    }

    #[test]
    fn folds_names() {
        assert_eq!(keys("L'Oréal S.A."), ["loreal", "sa"]);
        assert_eq!(keys("The Coca-Cola Company"), ["the", "coca", "cola", "company"]);
        assert_eq!(keys("AT&T Inc."), ["at", "&", "t", "inc"]);
    }
}
