//! What the split remembers of the documents of earlier slots, so that a repeat is known for one.

use std::fmt;

use chrono::{DateTime, Utc};
use serde::de::{Error, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// The first document of its kind about one asset: a row of `assets/…/seen.parquet`. Sorted by symbol, instant and key. No
/// text is kept, only hashes of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Seen {
    /// The asset.
    pub symbol: String,
    /// `source/id` of the document.
    pub key: String,
    /// When it was written or published.
    pub at: DateTime<Utc>,
    /// Hash of its words; 0 for a text without any.
    pub words: u64,
    /// Hash of an article's link.
    pub link: Option<u64>,
    /// The smallest hashes of its pairs of words, ascending.
    pub signature: Signature,
}

/// Hashes, kept as bytes: four each, the lowest first.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Signature(pub Vec<u32>);

impl Serialize for Signature {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let bytes: Vec<u8> = self.0.iter().flat_map(|hash| hash.to_le_bytes()).collect();
        serializer.serialize_bytes(&bytes)
    }
}

impl<'de> Deserialize<'de> for Signature {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_bytes(Bytes)
    }
}

struct Bytes;

impl<'de> Visitor<'de> for Bytes {
    type Value = Signature;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("bytes, four for each hash")
    }

    fn visit_bytes<E: Error>(self, bytes: &[u8]) -> Result<Signature, E> {
        let (hashes, rest) = bytes.as_chunks::<4>();
        if !rest.is_empty() {
            return Err(E::invalid_length(bytes.len(), &self));
        }
        Ok(Signature(hashes.iter().map(|hash| u32::from_le_bytes(*hash)).collect()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut sequence: A) -> Result<Signature, A::Error> {
        let mut bytes = Vec::new();
        while let Some(byte) = sequence.next_element()? {
            bytes.push(byte);
        }
        self.visit_bytes(&bytes)
    }
}
