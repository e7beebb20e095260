//! The words of a text without what differs between copies: small letters, no links, no handles, no punctuation round
//! them, no invisible characters, one form of each letter.

use unicode_normalization::UnicodeNormalization;

use super::hash::{fold, mix};

const SPACE: u8 = 1;
const DIGIT: u8 = 2;
const COLON: u8 = 4;
const EDGE: u8 = 8;
const HIGH: u8 = 16;

/// What a byte is.
const CLASS: [u8; 256] = {
    let mut class = [0; 256];
    let mut byte = 0;
    while byte < 256 {
        let value = byte as u8;
        if value <= b' ' {
            class[byte] |= SPACE;
        }
        if value.is_ascii_digit() {
            class[byte] |= DIGIT;
        }
        if value == b':' {
            class[byte] |= COLON;
        }
        // What stands round a word and is not part of it. `$` and `#` begin tags.
        if value.is_ascii_punctuation() && value != b'$' && value != b'#' {
            class[byte] |= EDGE;
        }
        if value >= 0x80 {
            class[byte] |= HIGH;
        }
        byte += 1;
    }
    class
};

/// The two hashes of a word.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Word {
    /// Of its letters.
    pub(super) exact: u64,
    /// The same with every run of digits as one: what a template filled in.
    pub(super) template: u64,
    /// Whether it is `rt`.
    pub(super) is_rt: bool,
}

/// Gives every word of `text` to `take`.
pub(super) fn each(text: &str, mut take: impl FnMut(Word)) {
    let bytes = text.as_bytes();
    let mut start = 0;
    while start < bytes.len() {
        if CLASS[bytes[start] as usize] & SPACE != 0 {
            start += 1;
            continue;
        }
        let (mut end, mut classes) = (start, 0);
        while end < bytes.len() {
            let class = CLASS[bytes[end] as usize];
            if class & SPACE != 0 {
                break;
            }
            classes |= class;
            end += 1;
        }
        if classes & HIGH == 0 {
            if let Some(word) = word(&bytes[start..end], classes) {
                take(word);
            }
        } else {
            each_uniform(&text[start..end], &mut take);
        }
        start = end;
    }
}

/// The words of a piece with letters beyond ASCII. Bringing them to one form may bring spaces to light.
fn each_uniform(piece: &str, take: &mut impl FnMut(Word)) {
    let visible = piece.chars().filter(|c| !is_invisible(*c));
    let uniform: String = visible.nfkc().flat_map(char::to_lowercase).map(plain_quote).collect();
    for part in uniform.split_whitespace() {
        let classes = part.bytes().fold(0, |all, byte| all | CLASS[byte as usize]);
        if let Some(word) = word(part.as_bytes(), classes) {
            take(word);
        }
    }
}

/// Characters without a body: joiners, marks of direction, selectors of a variant. Copies hide behind them.
fn is_invisible(c: char) -> bool {
    matches!(c, '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}'
        | '\u{2060}'..='\u{2064}' | '\u{2066}'..='\u{206f}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}'
        | '\u{e0000}'..='\u{e007f}')
}

fn plain_quote(c: char) -> char {
    match c {
        '’' | '‘' => '\'',
        '“' | '”' | '„' | '«' | '»' => '"',
        '—' | '–' => '-',
        other => other,
    }
}

/// A word without punctuation round it; `None` for links and handles.
fn word(written: &[u8], classes: u8) -> Option<Word> {
    if written[0] == b'@' || is_link(written, classes) {
        return None;
    }
    // The last word of a text that was cut is only the beginning of one.
    if written.ends_with(b"...") && written[0] != b'$' && written.len() > 3 {
        return None;
    }
    let mut bare = written;
    if classes & EDGE != 0 {
        while let [first, rest @ ..] = bare
            && CLASS[*first as usize] & EDGE != 0
        {
            bare = rest;
        }
        while let [rest @ .., last] = bare
            && CLASS[*last as usize] & EDGE != 0
        {
            bare = rest;
        }
        if bare.is_empty() {
            return None;
        }
    }
    let exact = hash(bare);
    let template = if classes & DIGIT == 0 { exact } else { hash_template(bare) };
    Some(Word { exact, template, is_rt: bare.len() == 2 && bare.eq_ignore_ascii_case(b"rt") })
}

fn is_link(written: &[u8], classes: u8) -> bool {
    let has_scheme = classes & COLON != 0 && written.windows(3).any(|three| three == b"://");
    has_scheme || written.get(..4).is_some_and(|head| head.eq_ignore_ascii_case(b"www."))
}

fn hash(bare: &[u8]) -> u64 {
    let mut state = bare.len() as u64;
    let (chunks, rest) = bare.as_chunks::<8>();
    for chunk in chunks {
        state = fold(state, lower(u64::from_le_bytes(*chunk)));
    }
    if !rest.is_empty() {
        state = fold(state, lower(pack(rest)));
    }
    mix(state)
}

/// One to seven bytes as a number; with their count no two are the same.
fn pack(bytes: &[u8]) -> u64 {
    if let (Some(head), Some(tail)) = (bytes.first_chunk::<4>(), bytes.last_chunk::<4>()) {
        return u64::from(u32::from_le_bytes(*head)) | u64::from(u32::from_le_bytes(*tail)) << 32;
    }
    bytes.iter().fold(0, |packed, byte| packed << 8 | u64::from(*byte))
}

/// Small letters for the capitals among eight bytes, all at once: the highest bit of a byte tells whether the rest of it lies
/// between A and Z.
fn lower(bytes: u64) -> u64 {
    const EACH: u64 = 0x0101_0101_0101_0101;
    let rest = bytes & (0x7f * EACH);
    let from_a = rest + (0x80 - u64::from(b'A')) * EACH;
    let after_z = rest + (0x7f - u64::from(b'Z')) * EACH;
    let capitals = (from_a ^ after_z) & !bytes & (0x80 * EACH);
    bytes | capitals >> 2
}

fn hash_template(bare: &[u8]) -> u64 {
    let (mut state, mut packed, mut last) = (0_u64, 0_u64, b' ');
    for byte in bare {
        let byte = if byte.is_ascii_digit() { b'0' } else { byte.to_ascii_lowercase() };
        if byte != b'0' || last != b'0' {
            packed = packed << 8 | u64::from(byte);
            if packed >> 56 != 0 {
                state = fold(state, packed);
                packed = 0;
            }
        }
        last = byte;
    }
    mix(fold(state, packed))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn eight_letters_at_once(bytes: [u8; 8]) {
            let expected = u64::from_le_bytes(bytes.map(|byte| byte.to_ascii_lowercase()));
            prop_assert_eq!(lower(u64::from_le_bytes(bytes)), expected);
        }

        #[test]
        fn packed_bytes_are_distinct(one in prop::collection::vec(any::<u8>(), 1..8), other in prop::collection::vec(any::<u8>(), 1..8)) {
            prop_assert_eq!(one.len() == other.len() && pack(&one) == pack(&other), one == other);
        }
    }
}
