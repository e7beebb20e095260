//! Texts cut into words. Links, e-mail domains and @handles are left out.

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

use super::vocabulary::{UNKNOWN, Vocabulary, Word, eight};

/// Room for one word in small letters.
struct Key(String);

impl Key {
    fn new() -> Self {
        // Longer words are looked up too; they are rare.
        Self(String::with_capacity(64))
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
    pub(crate) start: u32,
    /// First byte after it.
    pub(crate) end: u32,
    /// The word as written, apostrophes left out (`mcdonalds`).
    pub(crate) word: Word,
    /// The word without `'s` (`mcdonald`); [`UNKNOWN`] where there is no `'s`.
    pub(crate) base: Word,
    /// How it is written.
    pub(crate) case: Case,
    /// Whether it has letters.
    pub(crate) letters: bool,
    /// The byte before it; 0 at the start of the text.
    pub(crate) mark: u8,
}

impl Token {
    /// Its bytes in the text.
    pub(crate) fn range(&self) -> std::ops::Range<usize> {
        self.start as usize..self.end as usize
    }

    /// How many bytes it has.
    pub(crate) fn length(&self) -> usize {
        (self.end - self.start) as usize
    }
}

/// What else a text has in it.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Found {
    /// A word right after a dollar sign.
    pub(crate) dollar: bool,
    /// A letter of a script without spaces.
    pub(crate) dense: bool,
}

/// Cuts `text` into words; each is looked up in `vocabulary`.
pub(crate) fn tokens(text: &str, vocabulary: &Vocabulary, out: &mut Vec<Token>) -> Found {
    let bytes = text.as_bytes();
    let mut found = Found::default();
    let mut key = Key::new();
    out.clear();
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        match CLASSES[byte as usize] {
            Class::Other => at += 1,
            Class::Letter => {
                let length = alphanumeric(&bytes[at..]);
                let fresh = at == 0 || !bytes[at - 1].is_ascii_alphanumeric();
                if fresh
                    && (matches!(byte | 0x20, b'h' | b'w')
                        || matches!(bytes.get(at + length), Some(b'.' | b'-')))
                    && let Some(length) = link(&text[at..])
                {
                    at += length;
                    continue;
                }
                let token = match short(bytes, at, length, vocabulary) {
                    Some(token) => token,
                    None => token(text, at, at + word_length(&text[at..]), vocabulary, &mut key),
                };
                found.dollar |= token.mark == b'$';
                at = token.end as usize;
                out.push(token);
            }
            Class::At => at += 1 + handle(&bytes[at + 1..]),
            Class::And => {
                let (word, mark) = (vocabulary.and, before(bytes, at));
                let (start, end) = (at as u32, at as u32 + 1);
                out.push(Token { start, end, word, base: UNKNOWN, case: Case::Lower, letters: false, mark });
                at += 1;
            }
            Class::Wide => {
                let Some(character) = text[at..].chars().next() else { break };
                if is_word(character) {
                    let end = at + word_length(&text[at..]);
                    out.push(token(text, at, end, vocabulary, &mut key));
                    at = end;
                } else {
                    found.dense |= character.is_alphabetic();
                    at += character.len_utf8();
                }
            }
        }
    }
    found
}

/// How many ASCII letters and digits `rest` begins with, eight bytes at a time: the end of a word cannot be guessed, so that a
/// look at each byte would cost more than all eight.
fn alphanumeric(rest: &[u8]) -> usize {
    const EACH: u64 = 0x0101_0101_0101_0101;
    const HIGH: u64 = 0x80 * EACH;
    // The highest bit of each byte tells whether the rest of it lies between the two.
    let between = |bytes: u64, from: u8, to: u8| {
        (bytes + (0x80 - u64::from(from)) * EACH) ^ (bytes + (0x7f - u64::from(to)) * EACH)
    };
    let mut length = 0;
    loop {
        let rest = &rest[length..];
        let bytes = match rest.first_chunk::<8>() {
            Some(chunk) => u64::from_le_bytes(*chunk),
            None => eight(rest),
        };
        let (plain, small) = (bytes & !HIGH, (bytes | (0x20 * EACH)) & !HIGH);
        let found = (between(small, b'a', b'z') | between(plain, b'0', b'9')) & !bytes & HIGH;
        let run = (found ^ HIGH).trailing_zeros() as usize / 8;
        length += run;
        if run < 8 {
            return length;
        }
    }
}

/// The word at `at`, which begins with `length` ASCII letters and digits, when these are up to eight and nothing follows that
/// could belong to it.
fn short(bytes: &[u8], at: usize, length: usize, vocabulary: &Vocabulary) -> Option<Token> {
    const SMALL: u64 = 0x2020_2020_2020_2020;
    const LETTER: u64 = 0x4040_4040_4040_4040;
    let rest = &bytes[at..];
    let next = rest.get(length).copied().unwrap_or(b' ');
    if length > 8 || next == b'\'' || !next.is_ascii() || (length == 1 && next == b'.') {
        return None;
    }
    let written = match rest.first_chunk::<8>() {
        Some(chunk) => u64::from_le_bytes(*chunk) & (u64::MAX >> (64 - 8 * length)),
        None => eight(&rest[..length]),
    };
    // In ASCII one bit tells letters from digits, another one small letters from capitals; digits have it too.
    let letters = written & LETTER;
    let first = letters & letters.wrapping_neg();
    let case = if letters == 0 || written & (first >> 1) != 0 {
        Case::Lower
    } else if written & (letters >> 1) != 0 {
        Case::Capital
    } else {
        Case::Upper
    };
    let key = written | (SMALL & (u64::MAX >> (64 - 8 * length)));
    let word = vocabulary.get_short(key);
    let (start, end) = (at as u32, (at + length) as u32);
    Some(Token { start, end, word, base: UNKNOWN, case, letters: letters != 0, mark: before(bytes, at) })
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Class {
    Other,
    Letter,
    At,
    And,
    Wide,
}

const CLASSES: [Class; 256] = {
    let mut classes = [Class::Other; 256];
    let mut byte = 0;
    while byte < 256 {
        classes[byte] = match byte as u8 {
            b'0'..=b'9' | b'a'..=b'z' | b'A'..=b'Z' => Class::Letter,
            b'@' => Class::At,
            b'&' => Class::And,
            128.. => Class::Wide,
            _ => Class::Other,
        };
        byte += 1;
    }
    classes
};

/// The byte before `at`; 0 at the start.
fn before(bytes: &[u8], at: usize) -> u8 {
    at.checked_sub(1).map_or(0, |i| bytes[i])
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

fn token(text: &str, start: usize, end: usize, vocabulary: &Vocabulary, key: &mut Key) -> Token {
    let written = &text[start..end];
    fold(written, &mut key.0);
    let word = vocabulary.get(&key.0);
    if word == UNKNOWN
        && let Some(article) = elided(written)
    {
        return token(text, start + article, end, vocabulary, key);
    }
    let owned = written.len() > 2 && (written.ends_with("'s") || written.ends_with("'S"));
    let base = if owned { vocabulary.get(&key.0[..key.0.len() - 1]) } else { UNKNOWN };
    let stem = if owned { &written[..written.len() - 2] } else { written };
    let (case, letters) = case(stem);
    let mark = before(text.as_bytes(), start);
    Token { start: start as u32, end: end as u32, word, base, case, letters, mark }
}

/// Bytes of the French or Italian article or preposition that a word begins with: `l'`, `d'`, `dell'`.
fn elided(written: &str) -> Option<usize> {
    const ARTICLES: [&str; 10] = ["l", "d", "qu", "s", "un", "all", "dell", "dall", "nell", "sull"];
    let (article, rest) = written.split_once('\'')?;
    let known = ARTICLES.iter().any(|known| article.eq_ignore_ascii_case(known));
    (known && rest.len() >= 3).then_some(article.len() + 1)
}

/// How a word is written, and whether it has letters.
fn case(word: &str) -> (Case, bool) {
    if word.is_ascii() {
        let mut letters = word.bytes().filter(u8::is_ascii_alphabetic);
        return match letters.next() {
            Some(first) if first.is_ascii_uppercase() => {
                let capital = letters.any(|b| b.is_ascii_lowercase());
                (if capital { Case::Capital } else { Case::Upper }, true)
            }
            first => (Case::Lower, first.is_some()),
        };
    }
    let mut letters = word.chars().filter(|c| c.is_alphabetic());
    match letters.next() {
        Some(first) if first.is_uppercase() => {
            (if letters.any(char::is_lowercase) { Case::Capital } else { Case::Upper }, true)
        }
        first => (Case::Lower, first.is_some()),
    }
}

/// Small letters, without accents, apostrophes and the dots of initials.
fn fold(word: &str, key: &mut String) {
    key.clear();
    if word.is_ascii() {
        key.push_str(word);
        key.make_ascii_lowercase();
        if word.bytes().any(|b| b == b'\'' || b == b'.') {
            key.retain(|c| c != '\'' && c != '.');
        }
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
    let bytes = rest.as_bytes();
    if bytes.get(1) == Some(&b'.') && bytes[0].is_ascii_alphabetic() {
        let initials = initials(bytes);
        if initials > 0 {
            return initials;
        }
    }
    let plain = bytes.iter().take_while(|b| b.is_ascii_alphanumeric()).count();
    match bytes.get(plain) {
        Some(b'\'') => {}
        Some(byte) if !byte.is_ascii() => {}
        _ => return plain,
    }
    let mut chars = rest[plain..].char_indices().peekable();
    while let Some((at, character)) = chars.next() {
        let follows = chars.peek().is_some_and(|(_, next)| next.is_alphabetic() && is_word(*next));
        let apostrophe_inside = character == '\'' && plain + at > 0 && follows;
        if !is_word(character) && !apostrophe_inside {
            return plain + at;
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
    let bytes = rest.as_bytes();
    let starts = |prefix: &[u8]| bytes.get(..prefix.len()).is_some_and(|b| b.eq_ignore_ascii_case(prefix));
    match bytes.first()? {
        b'h' | b'H' if starts(b"http://") || starts(b"https://") => return Some(visible(rest)),
        b'w' | b'W' if starts(b"www.") => return Some(visible(rest)),
        _ => {}
    }
    // A host that is followed by a path: `t.co/abc`, `youtu.be/abc`.
    let first = bytes.iter().take(64).take_while(|b| b.is_ascii_alphanumeric()).count();
    if !matches!(bytes.get(first), Some(b'.' | b'-')) {
        return None;
    }
    let host =
        bytes.iter().take(64).take_while(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-')).count();
    if bytes.get(host) != Some(&b'/') {
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
    use proptest::prelude::*;

    use super::*;

    fn words(text: &str) -> Vec<&str> {
        let mut out = Vec::new();
        tokens(text, &Vocabulary::default(), &mut out);
        out.iter().map(|t| &text[t.range()]).collect()
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
        assert_eq!(words("l'ether, dell'Eni, O'Reilly"), ["ether", "Eni", "O'Reilly"]);
    }

    proptest! {
        #[test]
        fn eight_bytes_at_once_are_counted_as_each(bytes in prop::collection::vec(any::<u8>(), 0..20), word in "[a-zA-Z0-9]{0,20}") {
            for bytes in [bytes.clone(), [word.as_bytes(), &bytes].concat()] {
                let wanted = bytes.iter().take_while(|b| b.is_ascii_alphanumeric()).count();
                prop_assert_eq!(alphanumeric(&bytes), wanted);
            }
        }
    }

    #[test]
    fn folds_names() {
        assert_eq!(keys("L'Oréal S.A."), ["loreal", "sa"]);
        assert_eq!(keys("The Coca-Cola Company"), ["the", "coca", "cola", "company"]);
        assert_eq!(keys("AT&T Inc."), ["at", "&", "t", "inc"]);
    }
}
