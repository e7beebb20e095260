//! Whether a webhook comes from who knows our secret, and is fresh: one pure function over the raw bytes.
//!
//! Stripe's scheme: the header `Stripe-Signature` holds `t=SECONDS` and one `v1=HEX` or several (while a secret is being
//! replaced); each is the HMAC-SHA256 of `SECONDS.BODY`. Other schemes are ignored, so that nothing weaker can be chosen.

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

/// How old a signature may be, in seconds; the same for one from the future, since clocks differ.
pub const TOLERANCE_S: i64 = 300;

/// Why a webhook is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// There is no header, or it cannot be read.
    #[error("the signature header is missing or malformed")]
    Malformed,
    /// No signature of scheme v1 fits.
    #[error("no signature fits")]
    Forged,
    /// The signature fits, but is too old, or comes from the future.
    #[error("the signature is outside the tolerance")]
    Stale,
}

impl Refusal {
    /// Its name in the audit log.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Malformed => "malformed",
            Self::Forged => "forged",
            Self::Stale => "stale",
        }
    }
}

/// Checks the header `header` of the body `payload`; instants are Unix seconds.
///
/// # Errors
/// Why it is refused.
pub fn verify(
    payload: &[u8],
    header: &str,
    secret: &[u8],
    now_s: i64,
    tolerance_s: i64,
) -> Result<(), Refusal> {
    let (signed_at, candidates) = parts(header).ok_or(Refusal::Malformed)?;
    let keyed = Hmac::<Sha256>::new_from_slice(secret).map_err(|_| Refusal::Malformed)?;
    // `verify_slice` takes the same time whatever the difference is.
    let fits = candidates.iter().any(|candidate| {
        let mut mac = keyed.clone();
        mac.update(signed_at.as_bytes());
        mac.update(b".");
        mac.update(payload);
        mac.verify_slice(candidate).is_ok()
    });
    if !fits {
        return Err(Refusal::Forged);
    }
    let signed_s: i64 = signed_at.parse().map_err(|_| Refusal::Malformed)?;
    let age = now_s.checked_sub(signed_s).ok_or(Refusal::Stale)?;
    if age.checked_abs().is_some_and(|age| age <= tolerance_s) { Ok(()) } else { Err(Refusal::Stale) }
}

/// The instant as it was written, and the signatures of scheme v1.
fn parts(header: &str) -> Option<(&str, Vec<Vec<u8>>)> {
    let mut signed_at = None;
    let mut candidates = Vec::new();
    for part in header.split(',') {
        let (key, value) = part.trim().split_once('=')?;
        match key {
            "t" => signed_at = Some(value),
            "v1" => candidates.extend(hex::decode(value).ok()),
            _ => {}
        }
    }
    let signed_at = signed_at.filter(|text| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit()))?;
    (!candidates.is_empty()).then_some((signed_at, candidates))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn signed(payload: &str, secret: &str, at: i64) -> String {
        let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).unwrap();
        mac.update(format!("{at}.{payload}").as_bytes());
        format!("t={at},v1={}", hex::encode(mac.finalize().into_bytes()))
    }

    #[test]
    fn only_what_is_signed_and_fresh_passes() {
        let header = signed("{}", "whsec_a", 1000);
        let check = |payload: &str, header: &str, secret: &str, now| {
            verify(payload.as_bytes(), header, secret.as_bytes(), now, TOLERANCE_S)
        };
        assert_eq!(check("{}", &header, "whsec_a", 1300), Ok(()));
        assert_eq!(check("{}", &header, "whsec_a", 1301), Err(Refusal::Stale));
        assert_eq!(check("{}", &header, "whsec_a", 699), Err(Refusal::Stale));
        assert_eq!(check("{ }", &header, "whsec_a", 1000), Err(Refusal::Forged));
        assert_eq!(check("{}", &header, "whsec_b", 1000), Err(Refusal::Forged));
        assert_eq!(check("{}", &header.replace("v1=", "v0="), "whsec_a", 1000), Err(Refusal::Malformed));
        assert_eq!(check("{}", "", "whsec_a", 1000), Err(Refusal::Malformed));
        assert_eq!(check("{}", "t=,v1=00", "whsec_a", 1000), Err(Refusal::Malformed));
        let far = signed("{}", "whsec_a", i64::MAX);
        assert_eq!(check("{}", &far, "whsec_a", i64::MIN + 1), Err(Refusal::Stale));
    }

    #[test]
    fn a_secret_may_be_replaced_without_a_gap() {
        let both = format!("{},{}", signed("{}", "old", 1), signed("{}", "new", 1));
        for secret in ["old", "new"] {
            assert_eq!(verify(b"{}", &both, secret.as_bytes(), 1, 300), Ok(()), "{secret}");
        }
    }
}
