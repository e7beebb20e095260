//! API keys: `qd_` and 256 random bits. Shown once; Postgres knows their SHA-256.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};

/// What every key starts with, so that scanners for leaked secrets know it.
pub const PREFIX: &str = "qd_";
/// Characters of a key that stay known: the prefix and six more, of 43.
const HINT: usize = 9;
/// Longest life of a key, in days.
pub const MAX_DAYS: i64 = 366;

/// What a key allows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// Bars and indicators.
    Price,
    /// Sentiment.
    Sentiment,
    /// Documents.
    News,
    /// Forecasts, signals, risk.
    Predictions,
    /// Answers as CSV or Parquet.
    Exports,
}

impl Scope {
    /// All scopes.
    pub const ALL: [Self; 5] = [Self::Price, Self::Sentiment, Self::News, Self::Predictions, Self::Exports];

    /// The name used in tables, documents and messages.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Price => "read:price",
            Self::Sentiment => "read:sentiment",
            Self::News => "read:news",
            Self::Predictions => "read:predictions",
            Self::Exports => "read:exports",
        }
    }

    /// The scope with this name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|scope| scope.as_str() == name)
    }
}

/// A new key.
pub fn invent() -> String {
    format!("{PREFIX}{}", URL_SAFE_NO_PAD.encode(rand::random::<[u8; 32]>()))
}

/// The start by which its owner knows a key again.
pub fn hint(key: &str) -> &str {
    key.get(..HINT).unwrap_or(key)
}

/// What Postgres knows of a key.
pub fn fingerprint(key: &str) -> Vec<u8> {
    Sha256::digest(key.as_bytes()).to_vec()
}

/// The key in an `Authorization` header, if it can be one of ours.
pub fn of_header(header: &str) -> Option<&str> {
    let (scheme, key) = header.split_once(' ')?;
    let key = key.trim();
    let random = key.strip_prefix(PREFIX)?;
    let fits =
        random.len() == 43 && random.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_');
    (scheme.eq_ignore_ascii_case("bearer") && fits).then_some(key)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_known_in_its_header_only_as_it_was_made() {
        let key = invent();
        assert_eq!((key.len(), hint(&key).len(), fingerprint(&key).len()), (46, 9, 32));
        assert_eq!(of_header(&format!("Bearer {key}")), Some(key.as_str()));
        assert_eq!(of_header(&format!("bearer  {key} ")), Some(key.as_str()));
        for wrong in [key.clone(), format!("Basic {key}"), format!("Bearer {key}x"), "Bearer qd_".into()] {
            assert_eq!(of_header(&wrong), None, "{wrong}");
        }
        assert_ne!(invent(), key);
    }

    #[test]
    fn scopes_have_names() {
        for scope in Scope::ALL {
            assert_eq!(Scope::parse(scope.as_str()), Some(scope));
        }
        assert_eq!(Scope::parse("write:price"), None);
    }
}
