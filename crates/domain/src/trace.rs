//! Traces: what belongs together across programs, as the W3C's Trace Context writes it.
//!
//! A run's trace follows from its slot: every program that knows the slot knows the trace, whoever started it and however
//! often, and nothing in the lake depends on which attempt it was. Spans differ.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::slot::Slot;

/// The name of the attribute, variable and header that carries a [`TraceParent`].
pub const TRACEPARENT: &str = "traceparent";

/// What names a trace: 16 bytes, not all zero, as 32 hex digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct TraceId([u8; 16]);

/// A text that names no trace.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} names no trace: 32 hex digits in lower case, not all of them zero")]
pub struct TraceIdError(String);

impl TraceId {
    /// The trace of everything that belongs to a slot.
    pub fn of_slot(slot: Slot) -> Self {
        let digest = Sha256::digest(format!("quarterday slot {slot}").as_bytes());
        let mut bytes = [0; 16];
        bytes.copy_from_slice(&digest[..16]);
        // Never zero: that would be no trace.
        bytes[15] |= u8::from(bytes == [0; 16]);
        Self(bytes)
    }

    /// The trace with these bytes; `None` where all are zero.
    pub fn from_bytes(bytes: [u8; 16]) -> Option<Self> {
        (bytes != [0; 16]).then_some(Self(bytes))
    }
}

impl fmt::Display for TraceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(self.0))
    }
}

impl FromStr for TraceId {
    type Err = TraceIdError;

    fn from_str(text: &str) -> Result<Self, TraceIdError> {
        let wrong = || TraceIdError(text.to_owned());
        if text.len() != 32 || text.bytes().any(|b| b.is_ascii_uppercase()) {
            return Err(wrong());
        }
        let mut bytes = [0; 16];
        hex::decode_to_slice(text, &mut bytes).map_err(|_| wrong())?;
        Self::from_bytes(bytes).ok_or_else(wrong)
    }
}

impl TryFrom<String> for TraceId {
    type Error = TraceIdError;

    fn try_from(text: String) -> Result<Self, TraceIdError> {
        text.parse()
    }
}

impl From<TraceId> for String {
    fn from(id: TraceId) -> Self {
        id.to_string()
    }
}

/// A trace and the span that something was done in: `00-<trace>-<span>-01`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TraceParent {
    /// The trace.
    pub trace: TraceId,
    /// The span; not zero.
    pub span: u64,
}

impl TraceParent {
    /// A span of a trace; zero, which would be no span, becomes one.
    pub fn new(trace: TraceId, span: u64) -> Self {
        Self { trace, span: span.max(1) }
    }

    /// Reads what another has written; `None` where it cannot be understood, which is no reason to refuse anything.
    pub fn parse(text: &str) -> Option<Self> {
        let mut parts = text.trim().split('-');
        let (version, trace, span, flags) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
        let lower = |text: &str| text.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b));
        // A later version may have more parts; ff is none.
        let known = version.len() == 2 && lower(version) && version != "ff";
        let whole = version != "00" || parts.next().is_none();
        if !(known && whole && span.len() == 16 && lower(span) && flags.len() == 2 && lower(flags)) {
            return None;
        }
        let span = u64::from_str_radix(span, 16).ok().filter(|span| *span != 0)?;
        Some(Self { trace: trace.parse().ok()?, span })
    }
}

impl fmt::Display for TraceParent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "00-{}-{:016x}-01", self.trace, self.span)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read() {
        let slot: Slot = "2026-11-21T06Z".parse().unwrap();
        let parent = TraceParent::new(TraceId::of_slot(slot), 0xb7ad_6b71_6920_3331);
        let text = parent.to_string();
        assert_eq!(text.len(), 55);
        assert_eq!(TraceParent::parse(&text), Some(parent));
        assert_ne!(TraceId::of_slot(slot), TraceId::of_slot(slot.next()));
        assert_eq!(TraceId::of_slot(slot), TraceId::of_slot(slot));
    }

    /// The examples of the recommendation, and what it says is not valid.
    #[test]
    fn what_cannot_be_understood_is_none() {
        let good = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
        assert_eq!(TraceParent::parse(good).unwrap().trace.to_string(), "0af7651916cd43dd8448eb211c80319c");
        assert!(
            TraceParent::parse("cc-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-what-the-future")
                .is_some()
        );
        for text in [
            "",
            "00",
            "ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
            "00-00000000000000000000000000000000-b7ad6b7169203331-01",
            "00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01",
            "00-0AF7651916CD43DD8448EB211C80319C-b7ad6b7169203331-01",
            "00-0af7651916cd43dd8448eb211c80319c-b7ad6b716920333-01",
            "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-extra",
            "00-0af7651916cd43dd8448eb211c80319-b7ad6b7169203331-01",
        ] {
            assert_eq!(TraceParent::parse(text), None, "{text}");
        }
    }
}
