//! A small hash for what must look random and be the same every time: ids that a world does not say, quirks of a post.

/// The hash of a text: FNV-1a, and a last step that spreads the difference of similar texts over all bits.
pub(crate) fn hash(text: &str) -> u64 {
    let hash = text
        .bytes()
        .fold(0xcbf2_9ce4_8422_2325u64, |hash, b| (hash ^ u64::from(b)).wrapping_mul(0x0100_0000_01b3));
    let hash = (hash ^ (hash >> 33)).wrapping_mul(0xff51_afd7_ed55_8ccd);
    hash ^ (hash >> 33)
}
