//! `$AAPL`, `$brk.b`, `$BTC.X`, `$EUR/USD`, `$VOD.L`.

use super::code::{Code, Named, Rank};
use super::dictionary::Dictionary;
use super::scan::coins;
use super::token::{Token, is_word};
use super::words::CURRENCY;

/// Letters of the longest code that is looked up.
const LONGEST: usize = 10;

/// A cashtag.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Cashtag {
    /// Who is named, when it is an asset of the list.
    pub(crate) named: Option<Named>,
    /// The dollar sign, in the uniform text.
    pub(crate) start: usize,
    /// First byte after it.
    pub(crate) end: usize,
}

impl Cashtag {
    /// How surely, by how the code belongs to the asset.
    pub(crate) fn confidence(&self) -> f32 {
        match self.named.map(|n| n.rank) {
            Some(Rank::Exact | Rank::Other) => 0.99,
            Some(Rank::Former) => 0.9,
            Some(Rank::Bare) => 0.85,
            None => 0.0,
        }
    }
}

/// The cashtags of a text, known or not.
pub(crate) fn cashtags(
    text: &str,
    tokens: &[Token],
    dictionary: &Dictionary,
    day: Option<i32>,
    out: &mut Vec<Cashtag>,
) {
    out.clear();
    let mut last_end = usize::MAX;
    let mut about_coins = None;
    for token in tokens.iter().filter(|t| t.mark == b'$') {
        let start = token.start as usize;
        let dollar = start - 1;
        // `A$AP` and `US$AAPL` are no cashtags, `$AAPL$TSLA` are two, `$OCIALI$MO` is a word.
        let free = text[..dollar].chars().next_back().is_none_or(|c| !is_word(c) && c != '$' && c != '_');
        if !free && (last_end != dollar || token.length() < 2) {
            continue;
        }
        let mut coins = || *about_coins.get_or_insert_with(|| coins(tokens, &dictionary.words) >= 2);
        let look =
            |code: Option<Code>, coins: &mut dyn FnMut() -> bool| dictionary.codes.get(&code?, day, coins);
        let Some((length, named)) = parse(&text[start..], dictionary, |code| look(code, &mut coins)) else {
            continue;
        };
        let end = start + length;
        out.push(Cashtag { named, start: dollar, end });
        if named.is_some() {
            last_end = end;
        }
    }
}

/// Bytes of the code at the start of `rest`, and whom it names; `None` when it is no cashtag.
fn parse(
    rest: &str,
    dictionary: &Dictionary,
    mut look: impl FnMut(Option<Code>) -> Option<Named>,
) -> Option<(usize, Option<Named>)> {
    let bytes = rest.as_bytes();
    let plain = bytes.iter().take_while(|b| b.is_ascii_alphanumeric()).count();
    if plain == 0 || plain > LONGEST || !ends(&rest[plain..]) {
        return None;
    }
    let base = &rest[..plain];
    let letters = base.bytes().all(|b| b.is_ascii_alphabetic());
    if let Some(separator @ (b'.' | b'_' | b'-' | b'/')) = bytes.get(plain) {
        let tail = bytes[plain + 1..].iter().take_while(|b| b.is_ascii_alphabetic()).count();
        let end = plain + 1 + tail;
        if (1..=4).contains(&tail) && ends(&rest[end..]) && bytes.get(end) != Some(&b'_') {
            let suffix = &rest[plain + 1..end];
            // `$NOVO-B.CO` has a third part.
            let third = bytes[end..].iter().skip(1).take_while(|b| b.is_ascii_alphabetic()).count();
            if bytes.get(end) == Some(&b'.') && (1..=2).contains(&third) && ends(&rest[end + 1 + third..]) {
                let whole = end + 1 + third;
                if let Some(named) = look(Code::of(&rest[..whole])) {
                    return Some((whole, Some(named)));
                }
            }
            if let Some(named) = look(Code::of(&rest[..end])) {
                return Some((end, Some(named)));
            }
            // `$T.TO` is another share than `$T`, `$ES_F` a future; `$AAPL.Then` lacks a space.
            let same_case = is_upper(base) == is_upper(suffix) && is_lower(base) == is_lower(suffix);
            if letters && (*separator == b'_' || (*separator == b'.' && tail <= 2 && same_case)) {
                return Some((end, None));
            }
        } else if *separator == b'_' {
            return None;
        }
    }
    if !letters {
        // `$5M` is an amount, `$PETR4` a share.
        let amount = bytes[0].is_ascii_digit();
        return look(Code::of(base).filter(|_| !amount)).map(|named| (plain, Some(named)));
    }
    let single_small = plain == 1 && is_lower(base);
    let mut small = [0; LONGEST];
    small[..plain].copy_from_slice(&bytes[..plain]);
    small[..plain].make_ascii_lowercase();
    let word = std::str::from_utf8(&small[..plain]).map_or(0, |w| dictionary.words.vocabulary.get(w));
    let currency = dictionary.words.is(word, CURRENCY);
    let named = if single_small || currency { None } else { look(Code::of(base)) };
    Some((plain, named))
}

/// How many different cashtags there are.
pub(crate) fn different(text: &str, tags: &[Cashtag], buffer: &mut Vec<(u32, u32)>) -> usize {
    let written = |range: &(u32, u32)| &text.as_bytes()[range.0 as usize..range.1 as usize];
    buffer.clear();
    buffer.extend(tags.iter().map(|t| (t.start as u32, t.end as u32)));
    buffer.sort_unstable_by(|a, b| written(a).cmp(written(b)));
    buffer.dedup_by(|a, b| written(a) == written(b));
    buffer.len()
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
