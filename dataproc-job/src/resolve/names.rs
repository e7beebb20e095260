//! Company names taken apart: legal forms off, and the spellings that people use.

use domain::{Asset, AssetClass};

use super::dictionary::Kind;
use super::token::keys;
use super::words::{COMMON, CURRENCY, OPENING, PROPER, SLANG, SUFFIX, Words};

/// A name without article and legal form.
pub(crate) struct Name {
    /// Its words.
    pub(crate) keys: Vec<String>,
    /// As written, cut at spaces.
    written: Vec<String>,
    /// Whether it is written in capitals only (`ABB`, `IBM`).
    pub(crate) capitals: bool,
    /// Whether it has an apostrophe, which sets it off from ordinary words (`Lowe's`).
    pub(crate) possessive: bool,
}

/// The first part of a name, by which people call the company.
pub(crate) struct Head {
    /// Its words.
    pub(crate) keys: Vec<String>,
    /// How far it can be trusted.
    pub(crate) kind: Kind,
}

impl Name {
    /// Takes `text` apart; `None` when nothing is left.
    pub(crate) fn parse(text: &str, words: &Words) -> Option<Self> {
        let text = without_brackets(text).replace(['’', '‘'], "'");
        let mut written: Vec<String> = text.split_whitespace().map(str::to_owned).collect();
        if written.len() > 1 && written[0].eq_ignore_ascii_case("the") {
            written.remove(0);
        }
        while written.len() > 1 && written.last().is_some_and(|last| is_form(last, words)) {
            written.pop();
        }
        let keys: Vec<String> = written.iter().flat_map(|w| keys(w)).collect();
        let letters: usize = keys.iter().map(String::len).sum();
        // A list may write all names in capitals; then they say nothing.
        let telling = text.contains(char::is_lowercase) || !text.trim().contains(' ');
        let capitals = telling && letters <= 5 && !written.iter().any(|w| w.contains(char::is_lowercase));
        let possessive = text.contains('\'');
        (letters > 0 && keys != ["&"]).then_some(Self { keys, written, capitals, possessive })
    }

    /// All spellings, as lists of words.
    pub(crate) fn spellings(&self, words: &Words) -> Vec<Vec<String>> {
        let mut out = vec![self.keys.clone()];
        if self.keys.contains(&"&".to_owned()) && self.keys.iter().all(|k| k == "&" || k.len() >= 3) {
            out.push(self.keys.iter().map(|k| if k == "&" { "and".to_owned() } else { k.clone() }).collect());
        }
        let joined: String = self.keys.iter().filter(|k| *k != "&").map(String::as_str).collect();
        if (2..=4).contains(&self.keys.len()) && joined.len() >= 6 && !words.is_ordinary(&joined) {
            out.push(vec![joined]);
        }
        let humps: Vec<String> = self.written.iter().flat_map(|w| humps(w)).flat_map(|w| keys(&w)).collect();
        if humps.len() > self.keys.len() && !humps.iter().all(|h| words.is_ordinary(h)) {
            out.push(humps);
        }
        out
    }

    /// `Toyota` of Toyota Motor; `None` when the first part means something else too.
    pub(crate) fn head(&self, words: &Words) -> Option<Head> {
        let first = self.written.first()?;
        let keys = keys(first);
        if keys.len() == self.keys.len() {
            return None;
        }
        let plain = |key: &String| words.is_ordinary(key) || key == "&";
        match keys.as_slice() {
            [one] if plain(one) || words.is(words.vocabulary.get(one), COMMON | PROPER | SLANG | SUFFIX) => {
                None
            }
            [one] if one.len() < 3 || words.is(words.vocabulary.get(one), OPENING) => None,
            [one] if is_code(first) => Some(Head { keys: vec![one.clone()], kind: Kind::Code }),
            [one] if one.len() >= 5 => Some(Head { keys: vec![one.clone()], kind: Kind::Clear }),
            [_] => None,
            several if several.iter().all(plain) => None,
            _ => Some(Head { keys, kind: Kind::Full }),
        }
    }
}

/// Base and quote of a coin or currency pair, upper case.
pub(crate) fn pair(asset: &Asset) -> Option<(String, String)> {
    if !matches!(asset.class, AssetClass::Crypto | AssetClass::Fx) {
        return None;
    }
    let symbol = asset.symbol.as_str().to_uppercase();
    let symbol = symbol.trim_end_matches("=X");
    if let Some((base, quote)) = symbol.split_once(['-', '/', '_', '.']) {
        return Some((base.to_owned(), if quote == "X" { "USD".to_owned() } else { quote.to_owned() }));
    }
    let quote =
        ["USDT", "USDC", "USD"].into_iter().find(|q| symbol.len() > q.len() + 1 && symbol.ends_with(q));
    match (asset.class, quote) {
        (AssetClass::Fx, _) if symbol.len() == 6 && symbol.is_ascii() => {
            Some((symbol[..3].to_owned(), symbol[3..].to_owned()))
        }
        (AssetClass::Crypto, Some(quote)) => {
            Some((symbol[..symbol.len() - quote.len()].to_owned(), quote.to_owned()))
        }
        (AssetClass::Crypto, None) => Some((symbol.to_owned(), "USD".to_owned())),
        _ => None,
    }
}

/// Whether `text` looks like a symbol: two to six capitals.
pub(crate) fn is_code(text: &str) -> bool {
    (2..=6).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_uppercase())
}

/// Whether a written word is a legal form, `&`, or a class of shares.
fn is_form(written: &str, words: &Words) -> bool {
    let key = keys(written).concat();
    let word = words.vocabulary.get(&key);
    key == "&" || key.is_empty() || (words.is(word, SUFFIX) && !words.is(word, CURRENCY)) || key == "sanv"
}

fn without_brackets(text: &str) -> String {
    let mut depth = 0usize;
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '(' => depth += 1,
            ')' => depth = depth.saturating_sub(1),
            _ if depth == 0 => out.push(character),
            _ => {}
        }
    }
    out
}

/// `ExxonMobil` as `Exxon`, `Mobil`; `JPMorgan` as `JP`, `Morgan`. `McDonald` and `iPhone` stay.
fn humps(written: &str) -> Vec<String> {
    let chars: Vec<char> = written.chars().collect();
    let mut parts = vec![String::new()];
    for (i, c) in chars.iter().enumerate() {
        let after_small = i > 0 && chars[i - 1].is_lowercase() && c.is_uppercase();
        let next_small = chars.get(i + 1).is_some_and(|n| n.is_lowercase());
        let last_capital = i > 1 && chars[i - 1].is_uppercase() && c.is_uppercase() && next_small;
        if after_small || last_capital {
            parts.push(String::new());
        }
        if let Some(part) = parts.last_mut() {
            part.push(*c);
        }
    }
    let tiny = |p: &String| p.chars().count() < 2 || p == "Mc" || p == "Mac" || p == "De" || p == "La";
    if parts.iter().any(tiny) { vec![written.to_owned()] } else { parts }
}
