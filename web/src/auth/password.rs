//! Passwords: plain rules, argon2id, and a hash to burn time on when the account does not exist.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use argon2::Argon2;
use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};

/// Fewest characters of a password.
pub const MIN_CHARS: usize = 12;
/// Most bytes of a password: hashing longer ones would only cost time.
pub const MAX_BYTES: usize = 256;
/// Fewest different characters of a password.
const MIN_DIFFERENT: usize = 5;

/// Runs that people type when asked for twelve characters.
const GUESSED_FIRST: [&str; 6] =
    ["password", "contraseña", "1234567890", "qwertyuiop", "letmein", "quarterday"];

/// Why a password is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Weakness {
    /// Below [`MIN_CHARS`].
    TooShort,
    /// Above [`MAX_BYTES`].
    TooLong,
    /// Few different characters, a well-known run, or the address itself.
    Guessable,
}

/// Checks a new password.
///
/// # Errors
/// What is weak about it.
pub fn check(password: &str, email: &str) -> Result<(), Weakness> {
    if password.chars().count() < MIN_CHARS {
        return Err(Weakness::TooShort);
    }
    if password.len() > MAX_BYTES {
        return Err(Weakness::TooLong);
    }
    let lower = password.to_lowercase();
    let different = lower.chars().collect::<BTreeSet<_>>().len();
    let name = email.split('@').next().unwrap_or_default().to_lowercase();
    // A long passphrase may contain a well-known run; a short password that is little else may not.
    let known = |run: &str| lower.contains(run) && lower.chars().count() < run.chars().count() + 6;
    let guessable = different < MIN_DIFFERENT
        || GUESSED_FIRST.into_iter().any(known)
        || (name.chars().count() >= 4 && known(&name));
    if guessable { Err(Weakness::Guessable) } else { Ok(()) }
}

/// The argon2id hash of a password as a PHC string. Takes tens of milliseconds: call it on a blocking thread.
///
/// # Errors
/// The machine's random numbers or memory failed.
pub fn hash(password: &str) -> Result<String, argon2::password_hash::Error> {
    Ok(Argon2::default().hash_password(password.as_bytes())?.to_string())
}

/// Whether `password` belongs to `hash`. Without a hash the same work is done for nothing, so that the time taken does
/// not tell whether an account exists.
pub fn verify(password: &str, hash: Option<&str>) -> bool {
    static DUMMY: LazyLock<String> =
        LazyLock::new(|| self::hash("nobody has this password").unwrap_or_default());
    let against = PasswordHash::new(hash.unwrap_or(&DUMMY));
    let matches = against.is_ok_and(|h| Argon2::default().verify_password(password.as_bytes(), &h).is_ok());
    matches && hash.is_some()
}

/// A password made up for somebody who did not choose one.
pub fn invent() -> String {
    use base64::Engine;
    base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(rand::random::<[u8; 15]>())
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn weak_passwords_are_refused() {
        let cases = [
            ("short", Err(Weakness::TooShort)),
            ("elevenchars", Err(Weakness::TooShort)),
            ("aaaaaaaaaaaaaaaa", Err(Weakness::Guessable)),
            ("Password12345", Err(Weakness::Guessable)),
            ("rosalind.f2026", Err(Weakness::Guessable)),
            ("twelve ñandúes", Ok(())),
            ("correct horse battery staple", Ok(())),
        ];
        for (password, expected) in cases {
            assert_eq!(check(password, "Rosalind.F@example.org"), expected, "{password}");
        }
        assert_eq!(check(&"long enough? ".repeat(30), "a@b.c"), Err(Weakness::TooLong));
        assert_eq!(check(&invent(), "a@b.c"), Ok(()));
    }

    #[test]
    fn a_hash_knows_its_password_only() {
        let hash = hash("correct horse battery staple").unwrap();
        assert!(hash.starts_with("$argon2id$"));
        assert!(verify("correct horse battery staple", Some(&hash)));
        assert!(!verify("correct horse battery stable", Some(&hash)));
        assert!(!verify("nobody has this password", None));
    }
}
