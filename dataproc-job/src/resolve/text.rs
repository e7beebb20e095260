//! A text made uniform (NFKC, plain apostrophes, no invisible characters), with the way back to the original bytes.

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::canonical_combining_class;

/// A normalised text that knows where each of its bytes came from.
pub(crate) struct Normalised {
    /// The uniform text.
    pub(crate) text: String,
    /// For each byte of `text`, the original byte range; `None` where both texts are the same.
    origins: Option<Vec<(u32, u32)>>,
}

impl Normalised {
    /// Makes `original` uniform.
    pub(crate) fn of(original: &str) -> Self {
        if original.is_ascii() && !original.contains('&') {
            return Self { text: original.to_owned(), origins: None };
        }
        let mut out = Self { text: String::with_capacity(original.len()), origins: Some(Vec::new()) };
        let mut rest = 0;
        while rest < original.len() {
            let length = match entity(&original[rest..]) {
                Some((length, character)) => {
                    out.push(character, rest, rest + length);
                    length
                }
                None => {
                    let length = cluster(&original[rest..]);
                    for character in original[rest..rest + length].chars().flat_map(uniform).nfkc() {
                        out.push(character, rest, rest + length);
                    }
                    length
                }
            };
            rest += length;
        }
        out
    }

    /// The range of the original text behind `start..end` of the uniform one.
    pub(crate) fn origin(&self, start: usize, end: usize) -> (usize, usize) {
        let Some(origins) = &self.origins else { return (start, end) };
        let first = origins.get(start).map_or(0, |o| o.0);
        let last = end.checked_sub(1).and_then(|i| origins.get(i)).map_or(first, |o| o.1);
        (first as usize, last as usize)
    }

    fn push(&mut self, character: char, start: usize, end: usize) {
        self.text.push(character);
        if let Some(origins) = &mut self.origins {
            // Texts of 4 GiB and more do not reach this program: the collector limits bodies to megabytes.
            let range = (u32::try_from(start).unwrap_or(u32::MAX), u32::try_from(end).unwrap_or(u32::MAX));
            origins.resize(self.text.len(), range);
        }
    }
}

/// The entities that sources leave in texts.
fn entity(rest: &str) -> Option<(usize, char)> {
    const ENTITIES: [(&str, char); 6] =
        [("&amp;", '&'), ("&lt;", '<'), ("&gt;", '>'), ("&quot;", '"'), ("&#39;", '\''), ("&nbsp;", ' ')];
    ENTITIES.iter().find(|(name, _)| rest.starts_with(name)).map(|(name, character)| (name.len(), *character))
}

/// Bytes of the first character with the marks that combine with it: what normalisation must see together.
fn cluster(rest: &str) -> usize {
    let mut chars = rest.char_indices().skip(1);
    chars.find(|(_, c)| c.is_ascii() || canonical_combining_class(*c) == 0).map_or(rest.len(), |(at, _)| at)
}

/// Invisible characters and trade marks vanish; apostrophes and dashes become plain.
fn uniform(character: char) -> Option<char> {
    match character {
        '\u{00AD}' | '\u{200B}'..='\u{200F}' | '\u{2060}' | '\u{FEFF}' | '\u{FE0E}' | '\u{FE0F}' => None,
        '™' | '®' | '℠' | '©' => None,
        '’' | '‘' | 'ʼ' | '′' | '`' | '´' => Some('\''),
        '‐' | '‑' | '‒' => Some('-'),
        other => Some(other),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn finds_the_way_back() {
        let original = "é ＄ＡＡＰＬ &amp; Nvidia® x";
        let uniform = Normalised::of(original);
        assert_eq!(uniform.text, "é $AAPL & Nvidia x");
        let at = uniform.text.find("$AAPL").unwrap();
        let (start, end) = uniform.origin(at, at + 5);
        assert_eq!(&original[start..end], "＄ＡＡＰＬ");
        let at = uniform.text.find('&').unwrap();
        let (start, end) = uniform.origin(at, at + 1);
        assert_eq!(&original[start..end], "&amp;");
    }
}
