//! Cursors: where a list goes on. Opaque to callers; the list's own position and a seal over it, made with what only the
//! key's holder and Postgres know. So a cursor holds for one key, one endpoint and one set of filters.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit, Mac};
use serde::Serialize;
use serde::de::DeserializeOwned;
use sha2::Sha256;

use super::problem::Problem;

/// Bytes of the seal that are kept.
const SEAL: usize = 16;
/// Longest cursor that is looked at.
const MAX_CHARS: usize = 2_000;

/// Makes and reads the cursors of one list.
pub struct Cursors {
    secret: Vec<u8>,
    list: String,
}

impl Cursors {
    /// For the list that `list` names with its filters, as the holder of the key with this fingerprint reads it.
    pub fn new(fingerprint: &[u8], list: String) -> Self {
        Self { secret: fingerprint.to_vec(), list }
    }

    /// The cursor that goes on after `position`.
    pub fn seal<P: Serialize>(&self, position: &P) -> String {
        // Positions are tuples of texts, numbers and instants, which can always be written.
        let body = serde_json::to_vec(position).unwrap_or_default();
        let mut bytes = self.mac(&body);
        bytes.extend_from_slice(&body);
        URL_SAFE_NO_PAD.encode(bytes)
    }

    /// The position in a cursor.
    ///
    /// # Errors
    /// It was not made here, or for another list.
    pub fn open<P: DeserializeOwned>(&self, cursor: &str) -> Result<P, Problem> {
        let invalid = || {
            Problem::new(
                "invalid_cursor",
                "Take `next` of the page before, with the same key and the same filters; leave it out to begin.",
            )
        };
        let bytes = (cursor.len() <= MAX_CHARS).then(|| URL_SAFE_NO_PAD.decode(cursor).ok()).flatten();
        let bytes = bytes.filter(|bytes| bytes.len() > SEAL).ok_or_else(invalid)?;
        let (seal, body) = bytes.split_at(SEAL);
        let mut mac = self.begin();
        mac.update(body);
        mac.verify_truncated_left(seal).map_err(|_| invalid())?;
        serde_json::from_slice(body).map_err(|_| invalid())
    }

    fn mac(&self, body: &[u8]) -> Vec<u8> {
        let mut mac = self.begin();
        mac.update(body);
        mac.finalize().into_bytes()[..SEAL].to_vec()
    }

    fn begin(&self) -> Hmac<Sha256> {
        // HMAC takes keys of any length; the fallback is never used.
        let mut mac =
            Hmac::<Sha256>::new_from_slice(&self.secret).unwrap_or_else(|_| Hmac::new(&Default::default()));
        mac.update(self.list.as_bytes());
        mac.update(&[0]);
        mac
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_holds_for_its_key_and_list_only() {
        let cursors = Cursors::new(&[1; 32], "bars AAPL".into());
        let cursor = cursors.seal(&("2026-11-21", 7));
        assert_eq!(cursors.open::<(String, i64)>(&cursor).unwrap(), ("2026-11-21".to_owned(), 7));
        for other in [Cursors::new(&[2; 32], "bars AAPL".into()), Cursors::new(&[1; 32], "bars KO".into())] {
            assert_eq!(other.open::<(String, i64)>(&cursor).unwrap_err().code, "invalid_cursor");
        }
        let mut forged = URL_SAFE_NO_PAD.decode(&cursor).unwrap();
        *forged.last_mut().unwrap() ^= 1;
        for wrong in
            [URL_SAFE_NO_PAD.encode(forged), String::new(), "%%%".into(), "A".repeat(5_000), "AAAA".into()]
        {
            assert_eq!(cursors.open::<(String, i64)>(&wrong).unwrap_err().status, 400, "{wrong}");
        }
    }
}
