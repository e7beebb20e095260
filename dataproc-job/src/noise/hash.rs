//! Hashes that are the same on every machine and in every version: some of them are kept in the lake.

use std::hash::{BuildHasherDefault, Hasher};

const FOLD: u64 = 0x9e37_79b9_7f4a_7c15;

/// Takes eight bytes into a hash: a full multiplication, both halves of which are kept.
pub(super) fn fold(state: u64, bytes: u64) -> u64 {
    let product = u128::from(state ^ bytes).wrapping_mul(u128::from(FOLD));
    (product as u64) ^ ((product >> 64) as u64)
}

/// Spreads the bits (the finaliser of splitmix64).
pub(super) fn mix(mut bits: u64) -> u64 {
    bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    bits ^ (bits >> 31)
}

/// The hash of some bytes that follow on `state`.
pub(super) fn bytes(state: u64, bytes: &[u8]) -> u64 {
    let mut state = fold(state, bytes.len() as u64);
    let mut chunks = bytes.chunks_exact(8);
    for chunk in &mut chunks {
        state = fold(state, chunk.iter().fold(0, |packed, byte| packed << 8 | u64::from(*byte)));
    }
    let rest = chunks.remainder().iter().fold(0, |packed, byte| packed << 8 | u64::from(*byte));
    mix(fold(state, rest))
}

/// What a hash is of, so that equal texts of different meaning do not meet.
#[derive(Debug, Clone, Copy)]
pub(super) enum Of {
    /// The words of a text.
    Words = 1,
    /// A link.
    Link,
    /// A source and a name in it: of a document or of an account.
    Name,
    /// A text without words, as it was written.
    Whole,
}

/// The hash of a link.
pub(super) fn link(link: &str) -> u64 {
    bytes(Of::Link as u64, link.as_bytes())
}

/// The hash of `name` in `source`.
pub(super) fn name(source: &str, name: &str) -> u64 {
    bytes(bytes(Of::Name as u64, source.as_bytes()), name.as_bytes())
}

/// For maps whose keys are hashes already.
pub(super) type Plain = BuildHasherDefault<PlainHasher>;

/// Takes one number as its own hash.
#[derive(Default)]
pub(super) struct PlainHasher(u64);

impl Hasher for PlainHasher {
    fn write(&mut self, bytes: &[u8]) {
        self.0 = bytes.iter().fold(self.0, |state, byte| fold(state, u64::from(*byte)));
    }

    fn write_u32(&mut self, number: u32) {
        self.0 = mix(u64::from(number));
    }

    fn write_u64(&mut self, hash: u64) {
        self.0 = hash;
    }

    fn finish(&self) -> u64 {
        self.0
    }
}
