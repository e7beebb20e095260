//! The words that lists and names know, by number.

use rustc_hash::FxHashMap;

/// The number of a known word; [`UNKNOWN`] for all others.
pub(crate) type Word = u32;

/// A word that is in no list.
pub(crate) const UNKNOWN: Word = 0;

/// The known words and their numbers.
#[derive(Default)]
pub(crate) struct Vocabulary {
    words: FxHashMap<Box<str>, Word>,
    /// The words of up to eight bytes once more, as an open hash table of (word, number): most words of a text are such.
    short: Vec<(u64, Word)>,
    shorts: usize,
    /// One bit for each word that is known, so that most unknown words need no look-up.
    known: Vec<u64>,
    /// The number of `&`.
    pub(crate) and: Word,
}

/// Bits of [`Vocabulary::known`], a power of two.
const KNOWN_BITS: usize = 1 << 19;

impl Vocabulary {
    /// The number of `word`, given out now if need be.
    pub(crate) fn add(&mut self, word: &str) -> Word {
        let next = self.words.len() as Word + 1;
        self.known.resize(KNOWN_BITS / 64, 0);
        let bit = bit(word.as_bytes());
        self.known[bit / 64] |= 1 << (bit % 64);
        let number = *self.words.entry(word.into()).or_insert(next);
        if word == "&" {
            self.and = number;
        }
        if number == next && (1..=8).contains(&word.len()) {
            self.add_short(eight(word.as_bytes()), number);
        }
        number
    }

    fn add_short(&mut self, word: u64, number: Word) {
        // At most half full, so that a search is short.
        if self.shorts * 2 >= self.short.len() {
            let larger = vec![(0, UNKNOWN); (self.short.len() * 2).max(1024)];
            for (word, number) in std::mem::replace(&mut self.short, larger) {
                if number != UNKNOWN {
                    self.put_short(word, number);
                }
            }
        }
        self.shorts += 1;
        self.put_short(word, number);
    }

    fn put_short(&mut self, word: u64, number: Word) {
        let mut at = self.place(word);
        while self.short[at].1 != UNKNOWN {
            at = (at + 1) & (self.short.len() - 1);
        }
        self.short[at] = (word, number);
    }

    fn place(&self, word: u64) -> usize {
        (word.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 32) as usize & (self.short.len() - 1)
    }

    /// The number of a word of up to eight bytes, given as [`eight`] gives it.
    pub(crate) fn get_short(&self, word: u64) -> Word {
        if self.short.is_empty() {
            return UNKNOWN;
        }
        let mut at = self.place(word);
        loop {
            let (there, number) = self.short[at];
            if there == word || number == UNKNOWN {
                return number;
            }
            at = (at + 1) & (self.short.len() - 1);
        }
    }

    /// The number of `word`.
    pub(crate) fn get(&self, word: &str) -> Word {
        if (1..=8).contains(&word.len()) {
            return self.get_short(eight(word.as_bytes()));
        }
        let bit = bit(word.as_bytes());
        if self.known.get(bit / 64).is_none_or(|bits| bits >> (bit % 64) & 1 == 0) {
            return UNKNOWN;
        }
        self.words.get(word).copied().unwrap_or(UNKNOWN)
    }

    /// How many numbers there are, [`UNKNOWN`] included.
    pub(crate) fn len(&self) -> usize {
        self.words.len() + 1
    }
}

/// A cheap hash: the first eight letters, the last eight and the length.
fn bit(word: &[u8]) -> usize {
    let first = eight(&word[..word.len().min(8)]);
    let last = eight(&word[word.len().saturating_sub(8)..]);
    let mixed = (first ^ last.rotate_left(23) ^ word.len() as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    (mixed >> (64 - KNOWN_BITS.trailing_zeros())) as usize
}

/// Up to eight bytes as one number.
pub(crate) fn eight(bytes: &[u8]) -> u64 {
    let mut eight = [0; 8];
    eight[..bytes.len()].copy_from_slice(bytes);
    u64::from_le_bytes(eight)
}
