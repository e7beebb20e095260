//! Sessions: a random key in a cookie, its SHA-256 in Postgres. Visitors have none.
//!
//! A session ends after thirty days, after fourteen without use, and after twelve hours for staff. Signing in always makes
//! a new key, and ends the session that the request came with.

use actix_web::HttpRequest;
use actix_web::cookie::time::Duration as Age;
use actix_web::cookie::{Cookie, SameSite};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::Duration;
use sha2::{Digest, Sha256};
use sqlx::PgConnection;

use super::origin::Origin;
use super::store::{self, Customer, sessions};
use crate::access::Role;
use crate::account::event::{self, Event};
use crate::config::Settings;
use crate::error::Error;
use crate::site::reader::Reader;

/// How long a session lasts.
pub const LIFE_DAYS: i64 = 30;
/// How long one of staff lasts.
pub const STAFF_LIFE_HOURS: i64 = 12;
/// How long one has for the code after the password.
pub const CHALLENGE_MINUTES: i64 = 10;

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

/// The name of the cookie between password and code.
pub fn challenge_name(settings: &Settings) -> &'static str {
    if settings.secure() { "__Host-challenge" } else { "challenge" }
}

/// The cookie that carries `key`.
pub fn cookie(settings: &Settings, key: String) -> Cookie<'static> {
    private(settings, cookie_name(settings), key, Age::days(LIFE_DAYS))
}

/// The cookie that carries the key of a challenge.
pub fn challenge(settings: &Settings, key: String) -> Cookie<'static> {
    private(settings, challenge_name(settings), key, Age::minutes(CHALLENGE_MINUTES))
}

/// The cookie that takes the key away.
pub fn no_cookie(settings: &Settings) -> Cookie<'static> {
    removal(cookie(settings, String::new()))
}

/// The cookie that takes the key of a challenge away.
pub fn no_challenge(settings: &Settings) -> Cookie<'static> {
    removal(challenge(settings, String::new()))
}

fn removal(mut cookie: Cookie<'static>) -> Cookie<'static> {
    cookie.make_removal();
    cookie
}

fn private(settings: &Settings, name: &'static str, key: String, age: Age) -> Cookie<'static> {
    Cookie::build(name, key)
        .path("/")
        .http_only(true)
        .secure(settings.secure())
        .same_site(SameSite::Lax)
        .max_age(age)
        .finish()
}

/// Begins a session for a customer who has shown all that is asked for, in the transaction of whatever led to it, and
/// gives the cookie for it. What follows from signing in happens here: an erasure that was asked for is called off, and a
/// device that was never seen is told of.
///
/// # Errors
/// Postgres fails.
pub async fn begin(
    reader: &Reader,
    request: &HttpRequest,
    db: &mut PgConnection,
    customer: &Customer,
) -> Result<Cookie<'static>, Error> {
    let (app, now) = (&reader.app, reader.now);
    let origin = Origin::of(request, &app.settings);
    if let Some(old) = request.cookie(cookie_name(&app.settings)) {
        sessions::end_by_key(db, &fingerprint(old.value())).await?;
    }
    // Always a new key: one that was known before signing in must not become valid.
    let key = new_key();
    let life = if customer.role == Role::Subscriber {
        Duration::days(LIFE_DAYS)
    } else {
        Duration::hours(STAFF_LIFE_HOURS)
    };
    let machine = origin.machine.to_canonical().to_string();
    let new = sessions::NewSession {
        fingerprint: &fingerprint(&key),
        customer_id: customer.id,
        expires_at: now + life,
        address: &machine,
        agent: &origin.agent,
    };
    sessions::start(db, &new, now).await?;
    event::record(db, app, customer, &Event::SignedIn, &origin, now).await?;
    if customer.erase_at.is_some() {
        store::set_erasure(db, customer.id, None).await?;
        event::record(db, app, customer, &Event::ErasureCancelled, &origin, now).await?;
    }
    let device = app.limits.mark(&app.pool, &format!("device {}", origin.device())).await?;
    if sessions::note_device(db, customer.id, &device, now).await? {
        event::record(db, app, customer, &Event::NewDevice, &origin, now).await?;
    }
    Ok(cookie(&app.settings, key))
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
