//! Sessions: a random key in a cookie, its SHA-256 in Postgres. Visitors have none.

use actix_web::cookie::time::Duration;
use actix_web::cookie::{Cookie, SameSite};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};

use crate::config::Settings;

/// How long a session lasts.
pub const LIFE_DAYS: i64 = 30;

/// A new key: 256 random bits.
pub fn new_key() -> String {
    URL_SAFE_NO_PAD.encode(rand::random::<[u8; 32]>())
}

/// What Postgres knows of a key.
pub fn fingerprint(key: &str) -> Vec<u8> {
    Sha256::digest(key.as_bytes()).to_vec()
}

/// The name of the cookie. Over https the prefix makes browsers refuse one that a neighbouring host has set.
pub fn cookie_name(settings: &Settings) -> &'static str {
    if settings.secure() { "__Host-sid" } else { "sid" }
}

/// The cookie that carries `key`.
pub fn cookie(settings: &Settings, key: String) -> Cookie<'static> {
    Cookie::build(cookie_name(settings), key)
        .path("/")
        .http_only(true)
        .secure(settings.secure())
        .same_site(SameSite::Lax)
        .max_age(Duration::days(LIFE_DAYS))
        .finish()
}

/// The cookie that takes the key away.
pub fn no_cookie(settings: &Settings) -> Cookie<'static> {
    let mut cookie = cookie(settings, String::new());
    cookie.make_removal();
    cookie
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_long_and_differ() {
        let (a, b) = (new_key(), new_key());
        assert_eq!((a.len(), fingerprint(&a).len()), (43, 32));
        assert_ne!(a, b);
    }
}
