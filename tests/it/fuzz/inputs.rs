//! Inputs: noise, and true ones that were damaged.

use rand::RngExt as _;
use rand_chacha::ChaCha8Rng;

/// What breaks parsers: ends of ranges, endless nesting, text that is none, names that mean something elsewhere.
const WORDS: [&[u8]; 34] = [
    b"null",
    b"-1",
    b"0",
    b"1e999",
    b"-0.0",
    b"NaN",
    b"9223372036854775808",
    b"18446744073709551616",
    b"1e-400",
    b"\"\"",
    b"[]",
    b"{}",
    b"[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[",
    b"{\"a\":{\"a\":{\"a\":{\"a\":",
    b"\\u0000",
    b"\\ud800",
    b"\xff\xfe",
    b"\xc0\x80",
    b"\xed\xa0\x80",
    b"\0",
    b"\r\n",
    b"0000-00-00T00:00:00Z",
    b"9999-12-31T23:59:60Z",
    b"+262143-01-01T00:00:00Z",
    b"-262144-12-31T00:00:00+23:59",
    b"<!ENTITY a \"b\">",
    b"<![CDATA[",
    b"%00%zz%",
    b"../../etc/passwd",
    b"=cmd|' /C calc'!A0",
    b"' or 1=1 --",
    b"\xe2\x80\xae",
    b"\xf0\x9f\x92\xa9",
    b"true",
];
/// Noise is at most so long.
const NOISE: usize = 400;

/// A case.
pub(super) fn case(random: &mut ChaCha8Rng, examples: &[Vec<u8>]) -> Vec<u8> {
    if examples.is_empty() || random.random_range(0..10) == 0 {
        let length = random.random_range(0..NOISE);
        return (0..length).map(|_| random.random()).collect();
    }
    let mut bytes = examples[random.random_range(0..examples.len())].clone();
    for _ in 0..random.random_range(1..=4) {
        damage(random, &mut bytes, examples);
    }
    bytes
}

fn damage(random: &mut ChaCha8Rng, bytes: &mut Vec<u8>, examples: &[Vec<u8>]) {
    let at = random.random_range(0..=bytes.len());
    let end = random.random_range(at..=bytes.len().min(at + 40));
    match random.random_range(0..7) {
        0 => bytes.truncate(at),
        1 => drop(bytes.drain(at..end)),
        2 => {
            let piece = bytes[at..end].to_vec();
            drop(bytes.splice(at..at, piece));
        }
        3 if at < bytes.len() => bytes[at] ^= 1 << random.random_range(0..8),
        4 => {
            // A whole value in the place of another one: from a delimiter to the next.
            let is_end = |b: &u8| matches!(b, b',' | b'}' | b']' | b'&' | b'\n' | b'<' | b'|');
            let stop = bytes[at..].iter().position(is_end).map_or(bytes.len(), |n| at + n);
            let is_begin = |b: &u8| matches!(b, b':' | b'[' | b',' | b'=' | b'>' | b'|');
            let start = bytes[..at].iter().rposition(is_begin).map_or(0, |n| n + 1);
            drop(bytes.splice(start..stop, word(random)));
        }
        5 => {
            let other = &examples[random.random_range(0..examples.len())];
            let from = random.random_range(0..=other.len());
            drop(bytes.splice(at..end, other[from..].iter().copied()));
        }
        _ => drop(bytes.splice(at..end, word(random))),
    }
}

fn word(random: &mut ChaCha8Rng) -> Vec<u8> {
    WORDS[random.random_range(0..WORDS.len())].to_vec()
}
