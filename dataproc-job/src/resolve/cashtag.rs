//! `$AAPL`, `$brk.b`, `$BTC.X`, `$EUR/USD`.

use super::dictionary::Dictionary;
use super::scan::Scan;
use super::token::is_word;
use super::words::CURRENCY;

/// Letters of the longest code that is looked up.
const LONGEST: usize = 10;

/// A cashtag that names an asset of the list.
pub(crate) struct Cashtag {
    /// Who is named.
    pub(crate) owner: usize,
    /// First byte in the uniform text.
    pub(crate) start: usize,
    /// First byte after it.
    pub(crate) end: usize,
}

/// The cashtags of a text, and how many different ones it has, known or not.
pub(crate) fn cashtags(scan: &Scan, dictionary: &Dictionary) -> (Vec<Cashtag>, usize) {
    let text = scan.uniform.text.as_str();
    let mut seen: Vec<&str> = Vec::new();
    let mut found = Vec::new();
    let mut last_end = usize::MAX;
    let coins = scan.points(0, 0, scan.tokens.len()).crypto >= 2;
    for token in &scan.tokens {
        let Some(dollar) = token.start.checked_sub(1).filter(|at| text.as_bytes()[*at] == b'$') else {
            continue;
        };
        // `A$AP` and `US$AAPL` are no cashtags, `$AAPL$TSLA` are two, `$OCIALI$MO` is a word.
        let free = text[..dollar].chars().next_back().is_none_or(|c| !is_word(c) && c != '$' && c != '_');
        if !free && (last_end != dollar || token.end - token.start < 2) {
            continue;
        }
        let Some((end, owner)) = parse(&text[token.start..], dictionary, coins) else { continue };
        let code_end = token.start + end;
        seen.push(&text[token.start..code_end]);
        if let Some(owner) = owner {
            last_end = code_end;
            found.push(Cashtag { owner, start: dollar, end: code_end });
        }
    }
    seen.sort_unstable();
    seen.dedup();
    (found, seen.len())
}

/// Bytes of the code at the start of `rest`, and whom it names; `None` when it is no cashtag.
fn parse(rest: &str, dictionary: &Dictionary, coins: bool) -> Option<(usize, Option<usize>)> {
    let bytes = rest.as_bytes();
    let letters = bytes.iter().take_while(|b| b.is_ascii_alphabetic()).count();
    if letters == 0 || letters > LONGEST || !ends(&rest[letters..]) {
        return None;
    }
    let base = &rest[..letters];
    let code = base.to_ascii_uppercase();
    if let Some(separator @ (b'.' | b'_' | b'-' | b'/')) = bytes.get(letters) {
        let tail = bytes[letters + 1..].iter().take_while(|b| b.is_ascii_alphabetic()).count();
        let end = letters + 1 + tail;
        if (1..=4).contains(&tail) && ends(&rest[end..]) && bytes.get(end) != Some(&b'_') {
            let suffix = &rest[letters + 1..end];
            let both = format!("{code}.{}", suffix.to_ascii_uppercase());
            if let Some(owner) = dictionary.code(&both, coins) {
                return Some((end, Some(owner)));
            }
            // `$T.TO` is another share than `$T`, `$ES_F` a future; `$AAPL.Then` lacks a space.
            let same_case = is_upper(base) == is_upper(suffix) && is_lower(base) == is_lower(suffix);
            if *separator == b'_' || (*separator == b'.' && tail <= 2 && same_case) {
                return Some((end, None));
            }
        } else if *separator == b'_' {
            return None;
        }
    }
    let single_small = letters == 1 && is_lower(base);
    let currency = dictionary.words.is(dictionary.words.vocabulary.get(&base.to_ascii_lowercase()), CURRENCY);
    let owner = (!single_small && !currency).then(|| dictionary.code(&code, coins)).flatten();
    Some((letters, owner))
}

/// Whether a word ends here.
fn ends(rest: &str) -> bool {
    rest.chars().next().is_none_or(|c| !is_word(c))
}

fn is_upper(text: &str) -> bool {
    text.bytes().all(|b| b.is_ascii_uppercase())
}

fn is_lower(text: &str) -> bool {
    text.bytes().all(|b| b.is_ascii_lowercase())
}
