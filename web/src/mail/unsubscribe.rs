//! Links by which one unsubscribes without signing in: signed, for one account and one kind of mail, for a year.
//!
//! `GET` shows a button, so that a mail scanner that follows links changes nothing; `POST` acts, and is what the header
//! `List-Unsubscribe-Post` makes mail programs send (RFC 8058).

use actix_web::{HttpResponse, web};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, Duration, Utc};
use sqlx::PgPool;

use super::letter::Kind;
use crate::auth::site_key::{self, Name, SiteKey};
use crate::config::Settings;
use crate::error::Error;
use crate::report;
use crate::site::page;
use crate::site::reader::Reader;
use crate::text::text;

/// How long a link works.
const LIFE_DAYS: i64 = 366;

/// What a link says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Claim {
    /// Whose mails.
    pub customer_id: i64,
    /// Which mails.
    pub kind: Kind,
}

/// The key that signs the links.
///
/// # Errors
/// Postgres fails.
pub async fn key(pool: &PgPool) -> sqlx::Result<SiteKey> {
    site_key::load(pool, Name::Unsubscribe).await
}

/// The link for a mail of this kind to this account.
pub fn link(settings: &Settings, key: &SiteKey, claim: Claim, now: DateTime<Utc>) -> String {
    let token = sign(key, claim, now + Duration::days(LIFE_DAYS));
    format!("{}/unsubscribe/{token}", settings.origin())
}

/// A token for this claim that works until `expires_at`.
pub fn sign(key: &SiteKey, claim: Claim, expires_at: DateTime<Utc>) -> String {
    let words = format!("{}.{}.{}", claim.customer_id, claim.kind.as_str(), expires_at.timestamp());
    let tag = key.tag(&words).unwrap_or_default();
    format!("{words}.{}", URL_SAFE_NO_PAD.encode(tag))
}

/// What a token claims, where it is ours and still works at `now`.
pub fn read(key: &SiteKey, token: &str, now: DateTime<Utc>) -> Option<Claim> {
    let (words, tag) = token.rsplit_once('.')?;
    let tag = URL_SAFE_NO_PAD.decode(tag).ok()?;
    if !key.accepts(words, &tag) {
        return None;
    }
    let mut parts = words.split('.');
    let (customer_id, kind, expires_at) = (parts.next()?, parts.next()?, parts.next()?);
    let works = parts.next().is_none() && now.timestamp() < expires_at.parse().ok()?;
    works.then_some(Claim { customer_id: customer_id.parse().ok()?, kind: Kind::parse(kind)? })
}

/// `GET /unsubscribe/{token}`: asks.
///
/// # Errors
/// The link is not ours or no longer works, or Postgres fails.
pub async fn ask(reader: Reader, token: web::Path<String>) -> Result<HttpResponse, Error> {
    let claim = claimed(&reader, &token).await?;
    render(&reader, claim, false).await
}

/// `POST /unsubscribe/{token}`: acts. Any number of times is once.
///
/// # Errors
/// The link is not ours or no longer works, or Postgres fails.
pub async fn act(reader: Reader, token: web::Path<String>) -> Result<HttpResponse, Error> {
    let claim = claimed(&reader, &token).await?;
    report::store::unsubscribe(
        &reader.app.pool,
        claim.customer_id,
        claim.kind,
        reader.lang().code(),
        reader.now,
    )
    .await?;
    render(&reader, claim, true).await
}

async fn claimed(reader: &Reader, token: &str) -> Result<Claim, Error> {
    let key = key(&reader.app.pool).await?;
    read(&key, token, reader.now).filter(|claim| claim.kind != Kind::Account).ok_or(Error::NotFound)
}

async fn render(reader: &Reader, claim: Claim, done: bool) -> Result<HttpResponse, Error> {
    let (edition, lang) = (reader.app.edition().await?, reader.lang());
    let mut context = page::context(reader, &edition, text(lang, "unsubscribe_title"));
    context.insert("done", &done);
    context.insert("report", &(claim.kind == Kind::Report));
    page::render(&reader.app, "mail/unsubscribe.html", &context)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn only_our_own_links_work_and_only_for_a_time() {
        let key = SiteKey::from(&[7_u8; 32][..]);
        let (claim, end) =
            (Claim { customer_id: 42, kind: Kind::Report }, DateTime::UNIX_EPOCH + Duration::days(1));
        let token = sign(&key, claim, end);
        let before = end - Duration::seconds(1);
        assert_eq!(read(&key, &token, before), Some(claim));
        assert_eq!(read(&key, &token, end), None, "expired");
        let (other, none) = (SiteKey::from(&[8; 32][..]), SiteKey::from(&[][..]));
        assert_eq!(read(&other, &token, before), None, "another key");
        assert_eq!(read(&none, &sign(&none, claim, end), before), None, "no key");
        // A new key signs, and the old one is still accepted.
        let rotated = SiteKey { newest: other.newest.clone(), before: Some(key.newest.clone()) };
        assert_eq!(read(&rotated, &token, before), Some(claim));
        assert_eq!(sign(&rotated, claim, end), sign(&other, claim, end));
        for forged in [
            token.replacen("42.", "43.", 1),
            token.replacen("report", "alert", 1),
            token.replacen("86400", "99999999", 1),
            token[..token.len() - 1].to_owned(),
            String::new(),
            "....".to_owned(),
        ] {
            assert_eq!(read(&key, &forged, before), None, "{forged}");
        }
    }
}
