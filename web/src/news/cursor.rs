//! Where a list of headlines goes on: after the last one shown, whatever is published meanwhile.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, Utc};

/// Longest cursor, in characters.
const LONGEST: usize = 1_000;

/// The last headline of a page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cursor {
    /// When it was written.
    pub said_at: DateTime<Utc>,
    /// Its source.
    pub source: String,
    /// The source's own name for it.
    pub id: String,
}

impl Cursor {
    /// As part of an address.
    pub fn encode(&self) -> String {
        let plain = format!("{}\n{}\n{}", self.said_at.timestamp_micros(), self.source, self.id);
        URL_SAFE_NO_PAD.encode(plain)
    }

    /// The cursor that [`Cursor::encode`] wrote; `None` where it is none.
    pub fn parse(text: &str) -> Option<Self> {
        let bytes = (text.len() <= LONGEST).then(|| URL_SAFE_NO_PAD.decode(text).ok())??;
        let plain = String::from_utf8(bytes).ok().filter(|plain| !plain.contains('\0'))?;
        let mut parts = plain.splitn(3, '\n');
        let said_at = DateTime::from_timestamp_micros(parts.next()?.parse().ok()?)?;
        // Postgres knows no instant before or after these.
        let known = (-62_135_596_800..=253_402_300_799).contains(&said_at.timestamp());
        let (source, id) = (parts.next()?.to_owned(), parts.next()?.to_owned());
        known.then_some(Self { said_at, source, id })
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_survives_an_address() {
        let cursor = Cursor {
            said_at: "2026-11-21T05:59:59.123456Z".parse().unwrap(),
            source: "feeds".into(),
            id: "a/b\nc&d=ñ".into(),
        };
        assert_eq!(Cursor::parse(&cursor.encode()), Some(cursor));
    }

    #[test]
    fn what_is_no_cursor_is_refused() {
        let encoded = |plain: &str| URL_SAFE_NO_PAD.encode(plain);
        for text in [
            String::new(),
            "???".into(),
            "x".repeat(10_000),
            encoded("12"),
            encoded("12\nfeeds"),
            encoded("NaN\nfeeds\n1"),
            encoded("9223372036854775807\nfeeds\n1"),
            encoded("-9000000000000000000\nfeeds\n1"),
            encoded("12\nfe\0eds\n1"),
            URL_SAFE_NO_PAD.encode([0xff, 0xfe]),
        ] {
            assert_eq!(Cursor::parse(&text), None, "{text:.40}");
        }
    }
}
