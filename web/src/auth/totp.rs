//! Codes from an app (TOTP, RFC 6238: SHA-1, six digits, thirty seconds, one step of slack) and recovery codes.

use chrono::{DateTime, Utc};
use data_encoding::BASE32_NOPAD;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use qrcode::{Color, EcLevel, QrCode};
use serde::Serialize;
use totp_rs::{Builder, Secret};

use super::session::fingerprint;

/// Bytes of a secret.
pub const SECRET_BYTES: usize = 20;
/// Recovery codes that are made at once.
pub const RECOVERY_CODES: usize = 10;
/// Characters of a recovery code: 120 random bits, so that a plain hash keeps them.
const RECOVERY_CHARS: usize = 24;

/// The step whose code this is, for a code that may be used at `now`. The caller sees to it that no step counts twice.
pub fn step(secret: &[u8], code: &str, now: DateTime<Utc>) -> Option<i64> {
    let secret: [u8; SECRET_BYTES] = secret.try_into().ok()?;
    let digits: String = code.chars().filter(|c| !c.is_whitespace()).collect();
    if digits.len() != 6 || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let totp = Builder::new().with_secret(Secret::new_stack(secret)).build().ok()?;
    let step = totp.check(&digits, u64::try_from(now.timestamp()).ok()?)?;
    i64::try_from(step).ok()
}

/// The secret as one types it into an app: Base32, in groups of four.
pub fn manual_key(secret: &[u8]) -> String {
    grouped(&BASE32_NOPAD.encode(secret), 4, " ")
}

/// What an app reads from the picture.
pub fn uri(email: &str, secret: &[u8]) -> String {
    let label = utf8_percent_encode(email, NON_ALPHANUMERIC);
    let key = BASE32_NOPAD.encode(secret);
    format!(
        "otpauth://totp/Quarterday:{label}?secret={key}&issuer=Quarterday&algorithm=SHA1&digits=6&period=30"
    )
}

/// A QR code as the parts of an inline SVG: black modules on a white square, a quiet zone of four modules round it.
#[derive(Debug, Clone, Serialize)]
pub struct Qr {
    /// Width and height, in modules.
    pub size: usize,
    /// The path that draws the dark modules.
    pub path: String,
}

/// The picture of a text; `None` where it is too long for one.
pub fn qr(text: &str) -> Option<Qr> {
    const QUIET: usize = 4;
    let code = QrCode::with_error_correction_level(text.as_bytes(), EcLevel::M).ok()?;
    let (width, colors) = (code.width(), code.to_colors());
    let dark = colors.iter().enumerate().filter(|(_, color)| **color == Color::Dark);
    let path = dark.map(|(n, _)| format!("M{} {}h1v1h-1z", QUIET + n % width, QUIET + n / width)).collect();
    Some(Qr { size: width + 2 * QUIET, path })
}

/// New recovery codes, as they are shown, this once.
pub fn new_recovery_codes() -> Vec<String> {
    let code = || BASE32_NOPAD.encode(&rand::random::<[u8; RECOVERY_CHARS * 5 / 8]>());
    (0..RECOVERY_CODES).map(|_| grouped(&code(), 6, "-")).collect()
}

/// What Postgres knows of a recovery code, however its groups are written; `None` where the text cannot be one.
pub fn recovery_fingerprint(code: &str) -> Option<Vec<u8>> {
    // Nobody types that much.
    if code.len() > 4 * RECOVERY_CHARS {
        return None;
    }
    let plain: String = code.chars().filter(char::is_ascii_alphanumeric).collect();
    (plain.len() == RECOVERY_CHARS).then(|| fingerprint(&plain.to_ascii_uppercase()))
}

fn grouped(text: &str, size: usize, between: &str) -> String {
    let chars: Vec<char> = text.chars().collect();
    chars.chunks(size).map(|group| group.iter().collect()).collect::<Vec<String>>().join(between)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    const SECRET: &[u8; 20] = b"12345678901234567890";

    fn at(seconds: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(seconds, 0).unwrap()
    }

    #[test]
    fn codes_are_those_of_the_standard() {
        // RFC 6238, appendix B, the last six of eight digits.
        for (seconds, code) in [(59, "287082"), (1_111_111_109, "081804"), (20_000_000_000, "353130")] {
            assert_eq!(step(SECRET, code, at(seconds)), Some(seconds / 30), "{seconds}");
            assert_eq!(step(SECRET, code, at(seconds + 30)), Some(seconds / 30), "one step of slack");
            assert_eq!(step(SECRET, code, at(seconds + 90)), None, "{seconds}: too late");
        }
        assert_eq!(step(SECRET, " 287 082", at(59)), Some(1));
        for wrong in ["", "28708", "2870822", "28708a", "٢٨٧٠٨٢", "287083"] {
            assert_eq!(step(SECRET, wrong, at(59)), None, "{wrong}");
        }
        assert_eq!(step(b"short", "287082", at(59)), None);
    }

    #[test]
    fn the_key_and_the_link_say_the_same() {
        assert_eq!(manual_key(SECRET), "GEZD GNBV GY3T QOJQ GEZD GNBV GY3T QOJQ");
        let uri = uri("a+b@example.org", SECRET);
        assert!(uri.starts_with("otpauth://totp/Quarterday:a%2Bb%40example%2Eorg?"), "{uri}");
        assert!(uri.contains("secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=Quarterday"), "{uri}");
        let qr = qr(&uri).unwrap();
        // A finder pattern begins in the corner, after the quiet zone.
        assert!(qr.path.starts_with("M4 4h1v1h-1zM5 4") && qr.size > 40, "{}", qr.size);
        assert!(super::qr(&"x".repeat(5_000)).is_none());
    }

    #[test]
    fn recovery_codes_are_read_however_they_are_written() {
        let codes = new_recovery_codes();
        assert_eq!((codes.len(), codes[0].len()), (10, 27));
        let known = recovery_fingerprint(&codes[0]);
        assert!(known.is_some());
        assert_eq!(known, recovery_fingerprint(&codes[0].to_lowercase().replace('-', " ")));
        assert_ne!(known, recovery_fingerprint(&codes[1]));
        for wrong in ["", "123456", &"A".repeat(25), &"A".repeat(100_000)] {
            assert_eq!(recovery_fingerprint(wrong), None);
        }
    }
}
