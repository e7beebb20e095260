//! Splits a text into tokens; linear in its length.

use std::ops::Range;

/// What a token is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Kind {
    /// Letters, possibly with inner apostrophes, digits, hyphens.
    Word,
    /// An emoji or emoticon.
    Emoji,
    /// A number, already multiplied by its unit where one follows directly (`2.5m`); with a sign and a percent mark.
    Number { value: f64, signed: bool, percent: bool },
    /// A cashtag, a user's name or an address: somebody is named, nothing is felt.
    Name,
    /// The end of a sentence or clause.
    Break,
}

/// One token.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Token {
    /// Its text in lower case, apostrophes straightened.
    pub(super) text: String,
    /// What it is.
    pub(super) kind: Kind,
    /// Where it stands, in bytes of the text.
    pub(super) span: Range<usize>,
    /// Whether it is written in capitals only, with at least two of them.
    pub(super) capitals: bool,
}

/// All tokens in order.
pub(super) fn tokens(text: &str) -> Vec<Token> {
    let mut out = Vec::new();
    let mut start = None;
    for (at, c) in text.char_indices() {
        if c.is_whitespace() {
            if let Some(from) = start.take() {
                chunk(text, from..at, &mut out);
            }
            if c == '\n' {
                push_break(&mut out, at);
            }
        } else if start.is_none() {
            start = Some(at);
        }
    }
    if let Some(from) = start {
        chunk(text, from..text.len(), &mut out);
    }
    out
}

/// Splits what stands between two spaces.
fn chunk(text: &str, span: Range<usize>, out: &mut Vec<Token>) {
    let piece = &text[span.clone()];
    // Most pieces are plain words: letters alone are neither an emoticon nor an address.
    if !piece.bytes().all(|b| b.is_ascii_alphabetic()) || piece.len() < 3 {
        let lower = piece.to_lowercase();
        if super::lexicon::emoji(&lower).is_some() {
            out.push(Token { text: lower, kind: Kind::Emoji, span, capitals: false });
            return;
        }
        if lower.starts_with("http://") || lower.starts_with("https://") || lower.starts_with("www.") {
            out.push(Token { text: lower, kind: Kind::Name, span, capitals: false });
            return;
        }
    }
    let mut rest = span.start;
    while rest < span.end {
        rest = next(text, rest..span.end, out);
    }
}

/// Reads one token at the start of `span` and says where the next begins.
fn next(text: &str, span: Range<usize>, out: &mut Vec<Token>) -> usize {
    let piece = &text[span.clone()];
    let Some(first) = piece.chars().next() else { return span.end };
    let after_first = span.start + first.len_utf8();
    let names = |c: char| c.is_alphanumeric() || matches!(c, '_' | '.' | '-' | '=' | '^');
    if matches!(first, '$' | '@')
        && piece[first.len_utf8()..].starts_with(|c: char| c.is_alphabetic() || c == '^')
    {
        let end = end_of(piece, first.len_utf8(), names);
        out.push(token(text, span.start..span.start + end, Kind::Name));
        return span.start + end;
    }
    let signed = matches!(first, '+' | '-' | '\u{2212}');
    let digits_at = if signed { first.len_utf8() } else { 0 };
    if piece[digits_at..].starts_with(|c: char| c.is_ascii_digit()) {
        return number(text, span, digits_at, out);
    }
    if first.is_alphabetic() {
        let end =
            end_of(piece, 0, |c| c.is_alphanumeric() || matches!(c, '\'' | '\u{2019}' | '-' | '_' | '&'));
        let word = piece[..end].trim_end_matches(['\'', '\u{2019}', '-', '_', '&']);
        out.push(token(text, span.start..span.start + word.len(), Kind::Word));
        return span.start + end;
    }
    if matches!(first, '.' | '!' | '?' | ';' | ':' | ',' | '\u{2026}' | '\u{2014}' | '\u{2013}') {
        push_break(out, span.start);
        if let Some(last) = out.last_mut() {
            // A comma ends a clause for figures, not a sentence; the mark itself tells them apart.
            if last.text.is_empty() || last.text == "," {
                last.text = first.to_string();
            }
        }
    } else if first == '%' {
        if let Some(Token { kind: Kind::Number { percent, .. }, .. }) = out.last_mut() {
            *percent = true;
        }
    } else if !first.is_ascii() && super::lexicon::emoji(&first.to_string()).is_some() {
        out.push(token(text, span.start..after_first, Kind::Emoji));
    }
    after_first
}

fn number(text: &str, span: Range<usize>, digits_at: usize, out: &mut Vec<Token>) -> usize {
    let piece = &text[span.clone()];
    let end = end_of(piece, digits_at, |c| c.is_ascii_digit() || matches!(c, '.' | ','));
    let digits: String = piece[digits_at..end].chars().filter(|c| *c != ',').collect();
    let mut value = digits.trim_end_matches('.').parse().unwrap_or(f64::NAN);
    let signed = digits_at > 0;
    if signed && !piece.starts_with('+') {
        value = -value;
    }
    out.push(token(text, span.start..span.start + end, Kind::Number { value, signed, percent: false }));
    span.start + end
}

fn end_of(piece: &str, from: usize, belongs: impl Fn(char) -> bool) -> usize {
    piece[from..].find(|c| !belongs(c)).map_or(piece.len(), |at| from + at)
}

fn token(text: &str, span: Range<usize>, kind: Kind) -> Token {
    let raw = &text[span.clone()];
    if raw.is_ascii() {
        let upper = raw.bytes().filter(u8::is_ascii_uppercase).count();
        let capitals = upper >= 2 && !raw.bytes().any(|b| b.is_ascii_lowercase());
        return Token { text: raw.to_ascii_lowercase(), kind, span, capitals };
    }
    let upper = raw.chars().filter(|c| c.is_uppercase()).count();
    let capitals = upper >= 2 && !raw.chars().any(char::is_lowercase);
    Token { text: raw.to_lowercase().replace('\u{2019}', "'"), kind, span, capitals }
}

fn push_break(out: &mut Vec<Token>, at: usize) {
    if out.last().is_some_and(|t| t.kind != Kind::Break) {
        out.push(Token { text: String::new(), kind: Kind::Break, span: at..at, capitals: false });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kinds(text: &str) -> Vec<(String, Kind)> {
        tokens(text).into_iter().map(|t| (t.text, t.kind)).collect()
    }

    #[test]
    fn tells_words_names_numbers_and_emoji_apart() {
        let word = |w: &str| (w.to_owned(), Kind::Word);
        assert_eq!(kinds("Don’t sell-off"), [word("don't"), word("sell-off")]);
        assert_eq!(
            kinds("$AAPL @bob https://a.b/c?good")[..].iter().filter(|k| k.1 == Kind::Name).count(),
            3
        );
        assert_eq!(kinds("🚀🚀 :)").iter().filter(|k| k.1 == Kind::Emoji).count(), 3);
        assert_eq!(kinds("-3.5% then 1,200")[0].1, Kind::Number { value: -3.5, signed: true, percent: true });
        assert_eq!(kinds("1,200.")[0].1, Kind::Number { value: 1200.0, signed: false, percent: false });
        assert_eq!(kinds("#bullish")[0], word("bullish"));
    }

    #[test]
    fn capitals_need_two_letters_and_no_small_one() {
        let caps: Vec<bool> = tokens("BUY I Now B2B").into_iter().map(|t| t.capitals).collect();
        assert_eq!(caps, [true, false, false, true]);
    }
}
