//! The fingerprint of a document: what is left of its text for comparing.
//!
//! Two texts are nearly the same when three quarters of their pairs of neighbouring words are common (Jaccard index). The
//! print keeps the smallest hashes of the pairs, which is a fair sample of them (Bar-Yossef et al. 2002, "Counting distinct
//! elements in a data stream"): a text of up to [`SKETCH`] pairs is compared exactly, a longer one by that sample.

use super::Document;
use super::hash::{self, Of, fold, mix};
use super::words;

/// Hashes of pairs that a print keeps.
pub(super) const SKETCH: usize = 20;
/// Words that a text needs so that "nearly the same" means anything.
const FEWEST_WORDS: usize = 4;
/// Pairs of a text that are looked at; a longer text is compared by its beginning (its hash is that of all words).
const MOST_PAIRS: usize = 256;

/// The fingerprint of one document; no text is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Print {
    /// Hash of all words; 0 for a text without any character.
    pub(super) words: u64,
    /// The smallest hashes of pairs, ascending; the rest is 0.
    sketch: [u32; SKETCH],
    /// How many of them.
    len: u8,
    /// Whether the text begins as a repost does.
    pub(super) is_retold: bool,
    /// Number of words, up to 65,535.
    pub(super) count: u16,
}

impl Print {
    /// The fingerprint of a document.
    pub fn of(document: &Document<'_>) -> Self {
        let text = document.text;
        let mut pairs = [0_u32; MOST_PAIRS];
        let (mut found, mut count, mut state, mut last) = (0, 0_usize, Of::Words as u64, 0);
        let mut only_rt = false;
        words::each(text, |word| {
            // Whose words they are is not part of the words.
            if word.is_rt && count == 0 {
                only_rt = true;
                return;
            }
            state = fold(state, word.exact);
            if count > 0 && found < MOST_PAIRS {
                pairs[found] = (mix(fold(last, word.template)) >> 32) as u32;
                found += 1;
            }
            last = word.template;
            count += 1;
        });
        let words = match (count, text.trim()) {
            (1.., _) => mix(state),
            (0, "") => 0,
            // Nothing but links, handles and signs.
            (0, _) if only_rt => hash::bytes(Of::Whole as u64, b"rt"),
            (0, whole) => hash::bytes(Of::Whole as u64, whole.as_bytes()),
        };
        let pairs = if count < FEWEST_WORDS { &mut [] } else { &mut pairs[..found] };
        let (sketch, len) = smallest(pairs);
        let is_retold = text.trim_start().as_bytes().starts_with(b"RT @");
        Self { words, sketch, len, is_retold, count: u16::try_from(count).unwrap_or(u16::MAX) }
    }

    /// A print of an earlier slot.
    pub(super) fn from_parts(words: u64, hashes: impl Iterator<Item = u32>) -> Self {
        let (mut sketch, mut len) = ([0; SKETCH], 0);
        for (place, hash) in sketch.iter_mut().zip(hashes) {
            *place = hash;
            len += 1;
        }
        sketch[..usize::from(len)].sort_unstable();
        Self { words, sketch, len, is_retold: false, count: 0 }
    }

    /// The smallest hashes of pairs, ascending; none for texts too short to be nearly the same as another.
    pub(super) fn sketch(&self) -> &[u32] {
        &self.sketch[..usize::from(self.len)]
    }

    /// Whether at least three quarters of the pairs of both are common.
    pub(super) fn is_near(&self, other: &Self) -> bool {
        let (common, all) = self.overlap(other);
        all > 0 && common * 4 >= all * 3
    }

    /// Common pairs and all pairs, of those that both prints speak of.
    pub(super) fn overlap(&self, other: &Self) -> (usize, usize) {
        let (one, two) = (self.sketch(), other.sketch());
        // A full sketch says nothing about hashes above its largest.
        let limit = |sketch: &[u32]| if sketch.len() < SKETCH { u32::MAX } else { sketch[SKETCH - 1] };
        let limit = limit(one).min(limit(two));
        let (mut i, mut j, mut common, mut all) = (0, 0, 0, 0);
        loop {
            let a = one.get(i).copied().filter(|hash| *hash <= limit);
            let b = two.get(j).copied().filter(|hash| *hash <= limit);
            let (a, b) = match (a, b) {
                (None, None) => return (common, all),
                (a, b) => (a.map_or(u64::MAX, u64::from), b.map_or(u64::MAX, u64::from)),
            };
            common += usize::from(a == b);
            all += 1;
            i += usize::from(a <= b);
            j += usize::from(b <= a);
        }
    }
}

/// The smallest distinct numbers, ascending, and how many.
fn smallest(pairs: &mut [u32]) -> ([u32; SKETCH], u8) {
    let (mut sketch, mut len) = ([0; SKETCH], 0_usize);
    pairs.sort_unstable();
    for pair in pairs.iter() {
        if len == SKETCH {
            break;
        }
        if len == 0 || sketch[len - 1] != *pair {
            sketch[len] = *pair;
            len += 1;
        }
    }
    (sketch, len as u8)
}
