//! Passwords: what is refused, argon2id, and a hash to burn time on when the account does not exist.
//!
//! A new password is refused where it is short, where `zxcvbn` expects it to be guessed (with the customer's own words
//! known to it), and where it stands in the list of breached passwords that the configuration may name. Nothing else is
//! asked of it: no kinds of characters, no change from time to time.

use std::sync::LazyLock;

use argon2::Argon2;
use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use zxcvbn::{Score, zxcvbn};

pub use self::breached::Breached;

mod breached;

/// Fewest characters of a password.
pub const MIN_CHARS: usize = 12;
/// Most bytes of a password: hashing longer ones would only cost time.
pub const MAX_BYTES: usize = 256;

/// Words of ours that a guesser tries first.
const OURS: [&str; 2] = ["quarterday", "password"];
/// Words that people write who think in Spanish: what `zxcvbn` brings along is English, but for what has leaked often.
const SPANISH: [&str; 32] = [
    "contraseña",
    "contrasena",
    "contraseñas",
    "clave",
    "segura",
    "seguro",
    "secreta",
    "secreto",
    "bienvenido",
    "bienvenida",
    "hola",
    "mundo",
    "amor",
    "teamo",
    "tequiero",
    "mucho",
    "siempre",
    "corazon",
    "corazón",
    "familia",
    "princesa",
    "estrella",
    "mariposa",
    "cielo",
    "vida",
    "amigos",
    "españa",
    "madrid",
    "barcelona",
    "méxico",
    "mexico",
    "argentina",
];

/// Why a password is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Weakness {
    /// Below [`MIN_CHARS`].
    TooShort,
    /// Above [`MAX_BYTES`].
    TooLong,
    /// Few tries would find it.
    Guessable,
    /// It stands in the list of breached passwords.
    Breached,
}

/// Checks a new password for the account with this address. Takes milliseconds: call it on a blocking thread.
///
/// # Errors
/// What is weak about it.
pub fn check(password: &str, email: &str, breached: &Breached) -> Result<(), Weakness> {
    // First, so that a megabyte is not looked at.
    if password.len() > MAX_BYTES {
        return Err(Weakness::TooLong);
    }
    if password.chars().count() < MIN_CHARS {
        return Err(Weakness::TooShort);
    }
    if breached.contains(password) {
        return Err(Weakness::Breached);
    }
    let theirs = email.split(['@', '.', '+', '-', '_']).filter(|word| word.chars().count() >= 3);
    let name = email.split('@').next().unwrap_or_default();
    let words: Vec<&str> = OURS.into_iter().chain(SPANISH).chain([email, name]).chain(theirs).collect();
    if zxcvbn(password, &words).score() < Score::Three { Err(Weakness::Guessable) } else { Ok(()) }
}

/// The argon2id hash of a password as a PHC string. Takes tens of milliseconds: call it on a blocking thread.
///
/// # Errors
/// The machine's random numbers or memory failed.
pub fn hash(password: &str) -> Result<String, argon2::password_hash::Error> {
    let _span = tracing::trace_span!("argon2").entered();
    Ok(Argon2::default().hash_password(password.as_bytes())?.to_string())
}

/// Whether `password` belongs to `hash`. Without a hash, and for what is too long to be anybody's, the same work is done
/// for nothing, so that the time taken does not tell whether an account exists.
pub fn verify(password: &str, hash: Option<&str>) -> bool {
    static DUMMY: LazyLock<String> =
        LazyLock::new(|| self::hash("nobody has this password").unwrap_or_default());
    let fits = password.len() <= MAX_BYTES;
    let tried = if fits { password } else { "" };
    let against = hash.unwrap_or(&DUMMY);
    let _span = tracing::trace_span!("argon2").entered();
    let against = PasswordHash::new(against);
    let matches = against.is_ok_and(|h| Argon2::default().verify_password(tried.as_bytes(), &h).is_ok());
    matches && hash.is_some() && fits
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
        let none = Breached::default();
        let cases = [
            ("short", Err(Weakness::TooShort)),
            ("elevenchars", Err(Weakness::TooShort)),
            ("aaaaaaaaaaaaaaaa", Err(Weakness::Guessable)),
            ("Password12345", Err(Weakness::Guessable)),
            ("quarterday2026", Err(Weakness::Guessable)),
            ("rosalind.f2026", Err(Weakness::Guessable)),
            ("qwertyuiop[]asdf", Err(Weakness::Guessable)),
            // Leaked often, or made of what leaked often.
            ("password1234", Err(Weakness::Guessable)),
            ("qwertyuiop12", Err(Weakness::Guessable)),
            ("iloveyou1234", Err(Weakness::Guessable)),
            ("1q2w3e4r5t6y", Err(Weakness::Guessable)),
            ("contraseña123", Err(Weakness::Guessable)),
            ("contrasena2026", Err(Weakness::Guessable)),
            ("tequieromucho", Err(Weakness::Guessable)),
            ("bienvenido2026", Err(Weakness::Guessable)),
            ("twelve ñandúes", Ok(())),
            ("caballo pila grapa bien", Ok(())),
            ("correct horse battery staple", Ok(())),
        ];
        for (password, expected) in cases {
            assert_eq!(check(password, "Rosalind.F@example.org", &none), expected, "{password}");
        }
        // What is too long is not looked at, however guessable it is.
        for long in ["long enough? ".repeat(30), "a".repeat(MAX_BYTES + 1)] {
            assert_eq!(check(&long, "a@b.c", &none), Err(Weakness::TooLong));
        }
        for _ in 0..50 {
            assert_eq!(check(&invent(), "a@b.c", &none), Ok(()));
        }
    }

    #[test]
    fn a_hash_knows_its_password_only() {
        let hash = hash("correct horse battery staple").unwrap();
        assert!(hash.starts_with("$argon2id$"));
        assert!(verify("correct horse battery staple", Some(&hash)));
        assert!(!verify("correct horse battery stable", Some(&hash)));
        assert!(!verify("nobody has this password", None));
        let long = "x".repeat(MAX_BYTES + 1);
        assert!(!verify(&long, Some(&self::hash("").unwrap())));
    }
}
