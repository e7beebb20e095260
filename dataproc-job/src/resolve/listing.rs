//! Symbols with their exchange: `NASDAQ:AAPL`, `(NYSE: GE)`, `F (NYSE)`, `AAPL.US`, `AAPL US Equity`, `VOD LN Equity`; and
//! currency signs, `€/$`.

use super::code::{Code, Named, Rank};
use super::dictionary::Dictionary;
use super::scan::Scan;
use super::token::Case;

/// A symbol with its exchange.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Listed {
    /// Who is named, when it is an asset of the list.
    pub(crate) named: Option<u32>,
    /// The first word that belongs to it, exchange included.
    pub(crate) from: usize,
    /// The word after it.
    pub(crate) to: usize,
    /// First byte of the symbol.
    pub(crate) start: usize,
    /// First byte after the symbol.
    pub(crate) end: usize,
}

/// The symbols with their exchange; also those that the list does not have, so that they are not taken for others.
pub(crate) fn listed(scan: &Scan, dictionary: &Dictionary, day: Option<i32>, out: &mut Vec<Listed>) {
    let mut at = 0;
    while at < scan.tokens.len() {
        match one(scan, dictionary, day, at) {
            Some(found) => {
                at = found.to.max(at + 1);
                out.push(found);
            }
            None => at += 1,
        }
    }
}

fn one(scan: &Scan, dictionary: &Dictionary, day: Option<i32>, at: usize) -> Option<Listed> {
    let words = &dictionary.words;
    let fact = words.of(scan.tokens[at].word);
    if fact.exchange != 0 && at + 1 < scan.tokens.len() {
        let gap = scan.gap(at)?;
        let tight = gap == ":" || scan.before(at) == Some('(') || scan.before(at) == Some('[');
        if gap.trim() == ":" && is_code(scan, at + 1) {
            let found = after_exchange(scan, dictionary, day, at, fact.exchange)?;
            // "Nasdaq: IT giants lead": a headline, no symbol.
            let last = scan.after(found.to - 1).is_none_or(|c| matches!(c, ')' | ',' | ';' | '.' | '\n'));
            let digits = !scan.tokens[found.to - 1].letters;
            return (tight || last || digits).then_some(found);
        }
    }
    if scan.tokens[at].case != Case::Upper && scan.tokens[at].letters {
        return None;
    }
    let gap = scan.gap(at)?;
    let next = words.of(scan.tokens[at + 1].word);
    let range = scan.tokens[at].range();
    let found =
        |named: Option<u32>, to: usize| Listed { named, from: at, to, start: range.start, end: range.end };
    // `AAPL.US`, `AAPL.O`, `IBM.N`.
    let reuters = matches!(scan.written(at + 1), "O" | "N" | "OQ")
        && scan.before(at) == Some('(')
        && scan.after(at + 1) == Some(')');
    if gap == "." && (scan.written(at + 1) == "US" || reuters) && scan.tokens[at].length() >= 2 {
        return us(dictionary, day, scan.written(at)).map(|owner| found(Some(owner), at + 2));
    }
    // `F (NYSE)`.
    if gap == " (" && next.exchange != 0 && scan.after(at + 1) == Some(')') && is_code(scan, at) {
        let owner = look(dictionary, day, scan.written(at), words.ending(next.exchange));
        return owner.map(|owner| found(Some(owner), at + 2));
    }
    // `AAPL US Equity`.
    if gap == " "
        && next.market != 0
        && scan.tokens[at + 1].case == Case::Upper
        && scan.gap(at + 1) == Some(" ")
        && scan.written(at + 2).eq_ignore_ascii_case("equity")
    {
        let owner = look(dictionary, day, scan.written(at), words.ending(next.market));
        return Some(found(owner, at + 3));
    }
    None
}

/// `exchange:CODE`, `exchange:CODE.B`.
fn after_exchange(
    scan: &Scan,
    dictionary: &Dictionary,
    day: Option<i32>,
    at: usize,
    exchange: u8,
) -> Option<Listed> {
    let ending = dictionary.words.ending(exchange);
    let (first, start) = (at + 1, scan.tokens[at + 1].start as usize);
    let mut found = None;
    for to in (first + 1..=(first + 2).min(scan.tokens.len())).rev() {
        if to == first + 2 {
            let parted = matches!(scan.gap(first), Some("." | "-" | "/"));
            if !parted || scan.tokens[to - 1].case != Case::Upper {
                continue;
            }
        }
        let end = scan.tokens[to - 1].end as usize;
        let owner = look(dictionary, day, &scan.text[start..end], ending);
        if owner.is_some() || to == first + 1 {
            found = Some(Listed { named: owner, from: at, to, start, end });
            break;
        }
    }
    found
}

fn look(dictionary: &Dictionary, day: Option<i32>, code: &str, ending: &str) -> Option<u32> {
    if ending.is_empty() {
        return us(dictionary, day, code);
    }
    // Hong Kong pads its numbers to four digits.
    let zeros = if ending == ".HK" { "0000".get(code.len().min(4)..).unwrap_or("") } else { "" };
    let code = Code::of(zeros)?.and(code)?.and(ending)?;
    dictionary.codes.get(&code, day, || false).map(|named| named.owner)
}

/// A share that is listed in the US: its symbol has no ending of another exchange.
fn us(dictionary: &Dictionary, day: Option<i32>, code: &str) -> Option<u32> {
    let named: Named = dictionary.codes.get(&Code::of(code)?, day, || false)?;
    (named.rank != Rank::Bare && !named.coin).then_some(named.owner)
}

fn is_code(scan: &Scan, i: usize) -> bool {
    let token = &scan.tokens[i];
    (token.case == Case::Upper || !token.letters) && token.length() <= 10
}

/// The pairs that are written with currency signs, as (owner, first byte, first byte after it).
pub(crate) fn signs(text: &str, dictionary: &Dictionary) -> impl Iterator<Item = (u32, usize, usize)> {
    let code = |sign: char| match sign {
        '€' => Some("eur"),
        '£' => Some("gbp"),
        '¥' => Some("jpy"),
        '$' => Some("usd"),
        '₿' => Some("btc"),
        _ => None,
    };
    memchr::memchr_iter(b'/', text.as_bytes()).filter_map(move |slash| {
        let before = text[..slash].chars().next_back()?;
        let after = text[slash + 1..].chars().next()?;
        let pair = (code(before)?.into(), code(after)?.into());
        let end = slash + 1 + after.len_utf8();
        let amount = text[end..].starts_with(|c: char| c.is_alphanumeric());
        let owner = dictionary.pairs.get(&pair).filter(|_| !amount)?;
        Some((*owner, slash - before.len_utf8(), end))
    })
}
