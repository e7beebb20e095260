//! Gzip streams that mean harm.

use std::io::Write as _;

use anyhow::Result;
use flate2::write::{DeflateEncoder, GzEncoder};
use flate2::{Compression, Crc};

/// White space comes in pieces of this many bytes.
const PIECE: usize = 16 << 20;

/// The first half of a sound stream.
pub(super) fn truncated(body: &[u8]) -> Result<Vec<u8>> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(body)?;
    let mut stream = encoder.finish()?;
    stream.truncate(stream.len() / 2);
    Ok(stream)
}

/// A stream of about a thousandth of `bytes` that unpacks to so many blanks (rounded up to whole pieces) and then `body`.
///
/// It is put together from one packed piece over and over, so that making it costs no more than its own length.
pub(super) fn bomb(bytes: u64, body: &[u8]) -> Result<Vec<u8>> {
    let blanks = vec![b' '; PIECE];
    let mut encoder = DeflateEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(&blanks)?;
    // A flushed encoder has ended at a whole byte, but it may still refer to what came before: the same blanks.
    encoder.flush()?;
    let piece = encoder.get_ref().clone();
    let mut last = DeflateEncoder::new(Vec::new(), Compression::best());
    last.write_all(body)?;
    let last = last.finish()?;

    let pieces = bytes.div_ceil(PIECE as u64).max(1);
    let mut blank_sum = Crc::new();
    blank_sum.update(&blanks);
    let mut body_sum = Crc::new();
    body_sum.update(body);
    let mut sum = Crc::new();
    let mut stream = vec![0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 255];
    for _ in 0..pieces {
        stream.extend_from_slice(&piece);
        sum.combine(&blank_sum);
    }
    stream.extend_from_slice(&last);
    sum.combine(&body_sum);
    stream.extend_from_slice(&sum.sum().to_le_bytes());
    stream.extend_from_slice(&sum.amount().to_le_bytes());
    Ok(stream)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::io::Read as _;

    use super::*;

    #[test]
    fn a_bomb_is_small_and_unpacks_to_what_it_should() {
        let stream = bomb(40 << 20, b"{\"a\":1}").unwrap();
        assert!(stream.len() < 200_000, "{}", stream.len());
        let mut text = Vec::new();
        flate2::read::GzDecoder::new(&stream[..]).read_to_end(&mut text).unwrap();
        assert_eq!(text.len(), (48 << 20) + 7);
        assert!(text.ends_with(b" {\"a\":1}"));
    }

    #[test]
    fn half_a_stream_does_not_unpack() {
        let stream = truncated(&b"something to pack ".repeat(20)).unwrap();
        assert!(flate2::read::GzDecoder::new(&stream[..]).read_to_end(&mut Vec::new()).is_err());
    }
}
