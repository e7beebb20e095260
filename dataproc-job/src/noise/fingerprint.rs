//! The words of a text without what differs between copies, and a MinHash of their pairs.

use unicode_normalization::UnicodeNormalization;

/// Hashes of a signature; two a band.
const HASHES: usize = 32;
const ROWS: usize = 2;
/// Words that a text needs so that "nearly the same" means anything.
const FEWEST_WORDS: usize = 4;

/// What is compared.
pub(super) struct Fingerprint {
    /// The words: no links, no handles, no punctuation round them, small letters.
    pub(super) text: String,
    /// Hashes of neighbouring words, sorted; all numbers count as one.
    pairs: Vec<u64>,
    bands: Vec<u64>,
}

impl Fingerprint {
    /// The fingerprint of a text.
    pub(super) fn of(text: &str) -> Self {
        let uniform: String = text.nfkc().flat_map(char::to_lowercase).collect();
        let mut words: Vec<&str> = uniform.split_whitespace().filter_map(word).collect();
        while words.len() > 1 && words[0] == "rt" {
            words.remove(0);
        }
        let mut pairs: Vec<u64> = if words.len() < FEWEST_WORDS {
            Vec::new()
        } else {
            words.windows(2).map(|pair| hash(pair[0], pair[1])).collect()
        };
        pairs.sort_unstable();
        pairs.dedup();
        let bands = bands(&pairs);
        let mut text = words.join(" ");
        if text.is_empty() {
            text = uniform.trim().to_owned();
        }
        Self { text, pairs, bands }
    }

    /// One hash a band; empty for short texts.
    pub(super) fn bands(&self) -> &[u64] {
        &self.bands
    }

    /// Share of common pairs among all pairs, in [0, 1].
    pub(super) fn similarity(&self, other: &Self) -> f64 {
        let (mut i, mut j, mut common) = (0, 0, 0usize);
        while let (Some(a), Some(b)) = (self.pairs.get(i), other.pairs.get(j)) {
            common += usize::from(a == b);
            i += usize::from(a <= b);
            j += usize::from(b <= a);
        }
        let all = self.pairs.len() + other.pairs.len() - common;
        if all == 0 { 0.0 } else { common as f64 / all as f64 }
    }
}

/// A word without punctuation round it; `None` for links and handles.
fn word(written: &str) -> Option<&str> {
    if written.contains("://") || written.starts_with("www.") || written.starts_with('@') {
        return None;
    }
    // The last word of a text that was cut is only the beginning of one.
    if written.ends_with("...") && !written.starts_with('$') && written.len() > 3 {
        return None;
    }
    let edge = |c: char| {
        c.is_ascii_punctuation() && c != '$' && c != '#' || matches!(c, '“' | '”' | '’' | '‘' | '—' | '–')
    };
    let bare = written.trim_matches(edge);
    (!bare.is_empty()).then_some(bare)
}

fn hash(one: &str, other: &str) -> u64 {
    let mut state = 0xcbf2_9ce4_8422_2325_u64;
    let mut last = b' ';
    for byte in one.bytes().chain([b' ']).chain(other.bytes()) {
        // A run of digits counts as one: what a template filled in.
        let byte = if byte.is_ascii_digit() { b'0' } else { byte };
        if byte != b'0' || last != b'0' {
            state = (state ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        }
        last = byte;
    }
    mix(state)
}

/// Spreads the bits (the finaliser of splitmix64).
fn mix(mut bits: u64) -> u64 {
    bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    bits ^ (bits >> 31)
}

fn bands(pairs: &[u64]) -> Vec<u64> {
    if pairs.is_empty() {
        return Vec::new();
    }
    let mut least = [u64::MAX; HASHES];
    for pair in pairs {
        for (n, slot) in least.iter_mut().enumerate() {
            let seed = (n as u64 + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
            *slot = (*slot).min(mix(pair ^ seed));
        }
    }
    least.chunks(ROWS).map(|rows| rows.iter().fold(0, |sum, row| mix(sum ^ row))).collect()
}
