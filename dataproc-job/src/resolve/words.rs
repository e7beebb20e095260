//! What is known about words, from the lists in `words/`, and the marks that those lists set on them.

use rustc_hash::FxHashSet;

use super::vocabulary::{UNKNOWN, Vocabulary, Word};

/// A common word.
pub(crate) const COMMON: u16 = 1;
/// A given name, surname or place.
pub(crate) const PROPER: u16 = 1 << 1;
/// Slang or an abbreviation that is no ticker.
pub(crate) const SLANG: u16 = 1 << 2;
/// Proves a company when it follows a name directly.
pub(crate) const NEXT: u16 = 1 << 3;
/// A legal form.
pub(crate) const SUFFIX: u16 = 1 << 4;
/// Directly before a ticker it shows that a share is meant: long, bought.
pub(crate) const HOLDS: u16 = 1 << 5;
/// A given name; always with [`PROPER`].
pub(crate) const GIVEN: u16 = 1 << 6;
/// Directly after a name it shows that a price is meant.
pub(crate) const MOVES: u16 = 1 << 8;
/// Never a ticker by itself.
pub(crate) const NEVER: u16 = 1 << 9;
/// A company does this: says, launches.
pub(crate) const ACTS: u16 = 1 << 10;
/// A currency that people write after a dollar sign.
pub(crate) const CURRENCY: u16 = 1 << 7;

/// Begins names of many companies and names none: grupo, petróleo, iShares.
pub(crate) const OPENING: u16 = 1 << 11;

/// What is known about one word.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Facts {
    /// The marks above.
    pub(crate) marks: u16,
    /// Points for reports of a business.
    pub(crate) company: u8,
    /// Points for talk of traders.
    pub(crate) trading: u8,
    /// Points for talk of coins.
    pub(crate) crypto: u8,
    /// The number of the exchange that it names before a colon; 0 for none.
    pub(crate) exchange: u8,
    /// The number of the exchange that it names after a symbol (`VOD LN Equity`); 0 for none.
    pub(crate) market: u8,
}

/// Facts by word.
pub(crate) struct Words {
    /// The known words.
    pub(crate) vocabulary: Vocabulary,
    facts: Vec<Facts>,
    /// Words of English, needed only while the dictionary is built.
    english: FxHashSet<&'static str>,
    /// The ending that an exchange gives to symbols (`.L`), by its number less one; empty in the US.
    endings: Vec<&'static str>,
}

impl Words {
    /// Reads the lists.
    pub(crate) fn load() -> Self {
        let english = lines(include_str!("words/english.txt")).flat_map(str::split_ascii_whitespace);
        let mut words = Self {
            vocabulary: Vocabulary::default(),
            facts: vec![Facts::default()],
            english: english.collect(),
            endings: Vec::new(),
        };
        for (list, mark) in [
            (include_str!("words/common.txt"), COMMON),
            (include_str!("words/proper.txt"), PROPER),
            (include_str!("words/given.txt"), PROPER | GIVEN),
            (include_str!("words/slang.txt"), SLANG),
            (include_str!("words/currencies.txt"), CURRENCY),
            (include_str!("words/never.txt"), SLANG | NEVER),
            (include_str!("words/opening.txt"), OPENING),
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
                    "acts" => fact.marks |= ACTS,
                    "moves" => fact.marks |= MOVES,
                    "suffix" => fact.marks |= SUFFIX,
                    _ => fact.marks |= HOLDS,
                }
            }
        }
        words.load_exchanges();
        words
    }

    fn load_exchanges(&mut self) {
        for line in lines(include_str!("words/exchanges.txt")) {
            let mut columns = line.split('|').map(str::trim);
            let ending = columns.next().unwrap_or("");
            self.endings.push(if ending == "US" { "" } else { ending });
            let number = u8::try_from(self.endings.len()).unwrap_or(u8::MAX);
            for prefix in columns.next().unwrap_or("").split_ascii_whitespace() {
                self.fact(prefix).exchange = number;
            }
            for market in columns.next().unwrap_or("").split_ascii_whitespace() {
                self.fact(market).market = number;
            }
        }
    }

    /// The ending that symbols of exchange `number` have; empty in the US.
    pub(crate) fn ending(&self, number: u8) -> &'static str {
        usize::from(number).checked_sub(1).and_then(|i| self.endings.get(i)).copied().unwrap_or("")
    }

    /// All endings of symbols.
    pub(crate) fn endings(&self) -> impl Iterator<Item = &'static str> {
        self.endings.iter().copied().filter(|e| !e.is_empty())
    }

    /// What is known about a word.
    pub(crate) fn of(&self, word: Word) -> Facts {
        self.facts.get(word as usize).copied().unwrap_or_default()
    }

    /// Whether a word carries one of `marks`.
    pub(crate) fn is(&self, word: Word, marks: u16) -> bool {
        self.of(word).marks & marks != 0
    }

    /// Whether a word is so ordinary in talk of markets that it names a company only beside its legal form or before
    /// "stock" or the like: news, access, bullish.
    pub(crate) fn is_plain(&self, word: Word) -> bool {
        let fact = self.of(word);
        fact.marks & (COMMON | SLANG | GIVEN | NEXT | SUFFIX | HOLDS | MOVES | ACTS) != 0
            || fact.company + fact.trading > 0
    }

    /// Whether `key` is a common or proper word, or one with an ending.
    pub(crate) fn is_ordinary(&self, key: &str) -> bool {
        let known =
            |text: &str| self.is(self.vocabulary.get(text), COMMON | PROPER) || self.english.contains(text);
        let endings = ["s", "es", "ed", "ing", "er", "ers", "ly"];
        known(key)
            || endings
                .iter()
                .filter_map(|e| key.strip_suffix(e))
                .any(|stem| stem.len() >= 3 && (known(stem) || known(&format!("{stem}e"))))
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
