//! A text made uniform (NFKC, plain apostrophes, no invisible characters), with the way back to the original bytes.
//! A text that is uniform already, as most are, is not copied.

use unicode_normalization::char::canonical_combining_class;
use unicode_normalization::{IsNormalized, UnicodeNormalization, is_nfkc_quick};

/// Buffers for a normalised text that knows where each of its bytes came from.
#[derive(Default)]
pub(crate) struct Uniform {
    text: String,
    pieces: Vec<Piece>,
    changed: bool,
}

/// A stretch of the uniform text.
struct Piece {
    /// Its first byte in the uniform text.
    at: u32,
    /// Its first byte in the original.
    from: u32,
    /// Bytes of the original that it stands for as a whole; 0 where it is the original itself.
    replaced: u32,
}

impl Uniform {
    /// The uniform text after [`Uniform::make`], which was given the same `original`.
    pub(crate) fn text<'a>(&'a self, original: &'a str) -> &'a str {
        if self.changed { &self.text } else { original }
    }

    /// Makes `original` uniform.
    pub(crate) fn make(&mut self, original: &str) {
        self.changed = false;
        if original.is_ascii() && memchr::memchr(b'&', original.as_bytes()).is_none() {
            return;
        }
        self.text.clear();
        self.pieces.clear();
        let (mut run, mut at) = (0, 0);
        let bytes = original.as_bytes();
        while at < bytes.len() {
            if bytes[at] == b'&' {
                if let Some((length, character)) = entity(&original[at..]) {
                    self.copy(original, run, at);
                    self.replace(at, length, std::iter::once(character));
                    run = at + length;
                    at = run;
                } else {
                    at += 1;
                }
                continue;
            }
            if bytes[at].is_ascii() {
                at += 1;
                continue;
            }
            let Some(character) = original[at..].chars().next() else { break };
            let marks = canonical_combining_class(character) != 0;
            if !marks && is_stable(character) {
                at += character.len_utf8();
                continue;
            }
            // A mark changes the character before it.
            let before = original[run..at].chars().next_back().filter(|_| marks).map_or(0, char::len_utf8);
            let from = at - before;
            let length = cluster(&original[from..]);
            self.copy(original, run, from);
            self.replace(from, length, original[from..from + length].chars().flat_map(uniform).nfkc());
            run = from + length;
            at = run;
        }
        if !self.pieces.is_empty() {
            self.copy(original, run, original.len());
            self.changed = true;
        }
    }

    /// The range of the original text behind `start..end` of the uniform one.
    pub(crate) fn origin(&self, start: usize, end: usize) -> (usize, usize) {
        if !self.changed {
            return (start, end);
        }
        let piece = |at: usize| {
            let after = self.pieces.partition_point(|p| p.at as usize <= at);
            &self.pieces[after.saturating_sub(1)]
        };
        let (first, last) = (piece(start), piece(end.saturating_sub(1)));
        let from = first.from as usize + if first.replaced == 0 { start - first.at as usize } else { 0 };
        let to = last.from as usize
            + if last.replaced == 0 { end - last.at as usize } else { last.replaced as usize };
        (from, to)
    }

    fn copy(&mut self, original: &str, from: usize, to: usize) {
        // An empty piece too, so that a change is known by there being pieces.
        self.piece(from, 0);
        self.text.push_str(&original[from..to]);
    }

    fn replace(&mut self, from: usize, length: usize, by: impl Iterator<Item = char>) {
        self.piece(from, length);
        self.text.extend(by);
    }

    fn piece(&mut self, from: usize, replaced: usize) {
        // Texts of 4 GiB and more do not reach this program: the collector limits bodies to megabytes.
        let small = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        self.pieces.push(Piece { at: small(self.text.len()), from: small(from), replaced: small(replaced) });
    }
}

/// Whether normalisation leaves the character as it is, when no mark follows.
fn is_stable(character: char) -> bool {
    match character {
        '\u{C0}'..='\u{17E}' | '\u{4E00}'..='\u{9FFF}' | '\u{1F300}'..='\u{1FAFF}' => {
            !matches!(character, '\u{132}' | '\u{133}' | '\u{13F}' | '\u{140}' | '\u{149}')
        }
        other => uniform(other) == Some(other) && is_nfkc_quick(std::iter::once(other)) == IsNormalized::Yes,
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
        '\u{00AD}' | '\u{061C}' | '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}' => None,
        '\u{2060}'..='\u{2069}' | '\u{FEFF}' | '\u{FE0E}' | '\u{FE0F}' => None,
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
        let original = "é ＄ＡＡＰＬ &amp; Nvidia® e\u{301}x";
        let mut uniform = Uniform::default();
        uniform.make(original);
        let text = uniform.text(original).to_owned();
        assert_eq!(text, "é $AAPL & Nvidia éx");
        let at = text.find("$AAPL").unwrap();
        let (start, end) = uniform.origin(at, at + 5);
        assert_eq!(&original[start..end], "＄ＡＡＰＬ");
        let at = text.find("éx").unwrap();
        let (start, end) = uniform.origin(at, at + 2);
        assert_eq!(&original[start..end], "e\u{301}");
        let at = text.find('&').unwrap();
        let (start, end) = uniform.origin(at, at + 1);
        assert_eq!(&original[start..end], "&amp;");
    }
}
