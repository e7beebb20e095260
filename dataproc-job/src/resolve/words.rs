//! What is known about words, from the lists in `words/`, and the marks that those lists set on them.

use super::token::{UNKNOWN, Vocabulary, Word};

/// A common word.
pub(crate) const COMMON: u8 = 1;
/// A given name, surname or place.
pub(crate) const PROPER: u8 = 1 << 1;
/// Slang or an abbreviation that is no ticker.
pub(crate) const SLANG: u8 = 1 << 2;
/// Proves a company when it follows a name directly.
pub(crate) const NEXT: u8 = 1 << 3;
/// A legal form.
pub(crate) const SUFFIX: u8 = 1 << 4;
/// An exchange.
pub(crate) const EXCHANGE: u8 = 1 << 5;

/// A given name; always with [`PROPER`].
pub(crate) const GIVEN: u8 = 1 << 6;
/// A currency that people write after a dollar sign.
pub(crate) const CURRENCY: u8 = 1 << 7;

/// What is known about one word.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Facts {
    /// The marks above.
    pub(crate) marks: u8,
    /// Points for reports of a business.
    pub(crate) company: u8,
    /// Points for talk of traders.
    pub(crate) trading: u8,
    /// Points for talk of coins.
    pub(crate) crypto: u8,
}

/// Facts by word.
pub(crate) struct Words {
    /// The known words.
    pub(crate) vocabulary: Vocabulary,
    facts: Vec<Facts>,
}

impl Words {
    /// Reads the lists.
    pub(crate) fn load() -> Self {
        let mut words = Self { vocabulary: Vocabulary::default(), facts: vec![Facts::default()] };
        for (list, mark) in [
            (include_str!("words/common.txt"), COMMON),
            (include_str!("words/proper.txt"), PROPER),
            (include_str!("words/given.txt"), PROPER | GIVEN),
            (include_str!("words/slang.txt"), SLANG),
            (include_str!("words/currencies.txt"), CURRENCY),
        ] {
            for word in lines(list).flat_map(str::split_ascii_whitespace) {
                words.fact(word).marks |= mark;
            }
        }
        for line in lines(include_str!("words/cues.txt")) {
            let Some((head, list)) = line.split_once(':') else { continue };
            let (kind, points) = head.split_once(' ').unwrap_or((head, "1"));
            let points: u8 = points.trim().parse().unwrap_or(1);
            for word in list.split_ascii_whitespace() {
                let fact = words.fact(word);
                match kind {
                    "company" => fact.company = fact.company.max(points),
                    "trading" => fact.trading = fact.trading.max(points),
                    "crypto" => fact.crypto = fact.crypto.max(points),
                    "next" => fact.marks |= NEXT,
                    "suffix" => fact.marks |= SUFFIX,
                    _ => fact.marks |= EXCHANGE,
                }
            }
        }
        words
    }

    /// What is known about a word.
    pub(crate) fn of(&self, word: Word) -> Facts {
        self.facts.get(word as usize).copied().unwrap_or_default()
    }

    /// Whether a word carries one of `marks`.
    pub(crate) fn is(&self, word: Word, marks: u8) -> bool {
        self.of(word).marks & marks != 0
    }

    /// Whether `key` is a common or proper word, or one with an ending.
    pub(crate) fn is_ordinary(&self, key: &str) -> bool {
        let known = |text: &str| self.is(self.vocabulary.get(text), COMMON | PROPER);
        let endings = ["s", "es", "ed", "ing", "er", "ers", "ly"];
        known(key)
            || endings.iter().filter_map(|e| key.strip_suffix(e)).any(|stem| {
                stem.len() >= 3 && (known(stem) || self.is(self.vocabulary.get(&format!("{stem}e")), COMMON))
            })
    }

    /// Adds a word that a name or context needs.
    pub(crate) fn add(&mut self, word: &str) -> Word {
        let number = self.vocabulary.add(word);
        self.facts.resize(self.vocabulary.len(), Facts::default());
        number
    }

    fn fact(&mut self, word: &str) -> &mut Facts {
        let number = self.add(&super::token::keys(word).join(""));
        debug_assert_ne!(number, UNKNOWN);
        &mut self.facts[number as usize]
    }
}

/// The lines of a list that are no comments.
pub(crate) fn lines(list: &str) -> impl Iterator<Item = &str> {
    list.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'))
}
