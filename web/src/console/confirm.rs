//! Two steps: a dry run shows what will happen, and gives a confirmation; only with that it happens.
//!
//! The confirmation is signed and names everything it is for: who, what, for whom, why, and the digest of what the dry run
//! saw. It works for [`LIFE_MINUTES`] and once. Where what the dry run saw has changed since, nothing happens and the new
//! dry run is shown instead. There is no list of open confirmations: what is not signed by us is none.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, Duration, Utc};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use sqlx::PgPool;

use crate::auth::site_key::{self, Name, SiteKey};
use crate::error::Error;

/// How long a confirmation works.
pub const LIFE_MINUTES: i64 = 5;
/// Longest confirmation that is read, in bytes.
const LONGEST: usize = 8 * 1024;

/// What a confirmation is for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Claim<D> {
    /// The account of who asked for it; nobody else can use it.
    pub clerk: i64,
    /// The account that it is done to.
    pub customer: i64,
    /// What is done.
    pub deed: D,
    /// Why.
    pub reason: String,
    /// Digest of what the dry run saw.
    pub seen: String,
    /// Makes it count once.
    pub nonce: String,
    /// Seconds since 1970 until which it works.
    pub until: i64,
}

/// Why something is no confirmation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// It is not signed by us, or for another kind of thing.
    #[error("this is no confirmation of ours")]
    Forged,
    /// It was for a shorter time.
    #[error("the confirmation has expired")]
    Expired,
    /// It was given to somebody else.
    #[error("the confirmation is another person's")]
    Another,
}

impl Refusal {
    /// The key of what is said about it.
    pub fn key(self) -> &'static str {
        match self {
            Self::Forged => "admin_confirm_forged",
            Self::Expired => "admin_confirm_expired",
            Self::Another => "admin_confirm_another",
        }
    }
}

/// The key that signs confirmations for one purpose. Keys of purposes differ, so that none passes for another's.
///
/// # Errors
/// Postgres fails.
pub async fn key(pool: &PgPool, purpose: &'static str) -> Result<SiteKey, Error> {
    let key = site_key::load(pool, Name::Confirmations).await?;
    key.of_purpose(purpose)
        .ok_or_else(|| Error::Internal(anyhow::anyhow!("the key of confirmations is empty")))
}

/// A claim for a deed, good from `now` on.
pub fn claim<D>(
    (clerk, customer): (i64, i64),
    deed: D,
    reason: String,
    seen: String,
    now: DateTime<Utc>,
) -> Claim<D> {
    let nonce = URL_SAFE_NO_PAD.encode(rand::random::<[u8; 16]>());
    let until = (now + Duration::minutes(LIFE_MINUTES)).timestamp();
    Claim { clerk, customer, deed, reason, seen, nonce, until }
}

/// The confirmation as a form carries it.
///
/// # Errors
/// The claim does not serialise.
pub fn sign<D: Serialize>(key: &SiteKey, claim: &Claim<D>) -> Result<String, Error> {
    let body = serde_json::to_vec(claim)
        .map_err(|e| Error::Internal(anyhow::Error::new(e).context("a confirmation")))?;
    let body = URL_SAFE_NO_PAD.encode(body);
    let tag = key.tag(&body);
    let tag = tag.ok_or_else(|| Error::Internal(anyhow::anyhow!("the key of confirmations is empty")))?;
    Ok(format!("{body}.{}", URL_SAFE_NO_PAD.encode(tag)))
}

/// What a confirmation is for, where it is ours, still works at `now`, and was given to this clerk.
///
/// # Errors
/// Why it is none.
pub fn read<D: DeserializeOwned>(
    key: &SiteKey,
    token: &str,
    clerk: i64,
    now: DateTime<Utc>,
) -> Result<Claim<D>, Refusal> {
    let (body, tag) = token.split_once('.').filter(|_| token.len() <= LONGEST).ok_or(Refusal::Forged)?;
    let tag = URL_SAFE_NO_PAD.decode(tag).map_err(|_| Refusal::Forged)?;
    if !key.accepts(body, &tag) {
        return Err(Refusal::Forged);
    }
    let body = URL_SAFE_NO_PAD.decode(body).map_err(|_| Refusal::Forged)?;
    let claim: Claim<D> = serde_json::from_slice(&body).map_err(|_| Refusal::Forged)?;
    if claim.clerk != clerk {
        return Err(Refusal::Another);
    }
    if now.timestamp() >= claim.until {
        return Err(Refusal::Expired);
    }
    Ok(claim)
}

/// The digest of what a dry run saw: equal where all of it is equal.
///
/// # Errors
/// It does not serialise.
pub fn digest(seen: &impl Serialize) -> Result<String, Error> {
    let body =
        serde_json::to_vec(seen).map_err(|e| Error::Internal(anyhow::Error::new(e).context("a dry run")))?;
    Ok(hex::encode(Sha256::digest(body)))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    const NOW: &str = "2026-11-22T06:00:00Z";

    fn key(text: &str) -> SiteKey {
        SiteKey::from(text.as_bytes())
    }

    fn signed(key: &SiteKey) -> (Claim<String>, String) {
        let claim = claim(
            (1, 2),
            "refund 900".to_owned(),
            "asked".to_owned(),
            "abc".to_owned(),
            NOW.parse().unwrap(),
        );
        let token = sign(key, &claim).unwrap();
        (claim, token)
    }

    #[test]
    fn a_confirmation_says_what_was_signed() {
        let (claim, token) = signed(&key("key"));
        let now = NOW.parse::<DateTime<Utc>>().unwrap();
        assert_eq!(read::<String>(&key("key"), &token, 1, now), Ok(claim.clone()));
        let last = now + Duration::minutes(LIFE_MINUTES);
        assert_eq!(read::<String>(&key("key"), &token, 1, last - Duration::seconds(1)), Ok(claim));
        assert_eq!(read::<String>(&key("key"), &token, 1, last), Err(Refusal::Expired));
        assert_eq!(read::<String>(&key("key"), &token, 3, now), Err(Refusal::Another));
        // A new key signs, and the old one is still accepted.
        let rotated = SiteKey { newest: b"new".to_vec(), before: Some(b"key".to_vec()) };
        assert!(read::<String>(&rotated, &token, 1, now).is_ok());
        let fresh = sign(&rotated, &signed(&rotated).0).unwrap();
        assert_eq!(read::<String>(&key("key"), &fresh, 1, now), Err(Refusal::Forged));
        let ((one, _), (two, _)) = (signed(&key("key")), signed(&key("key")));
        assert_ne!(one.nonce, two.nonce);
    }

    #[test]
    fn nothing_else_is_a_confirmation() {
        let (mut claim, token) = signed(&key("key"));
        let now = NOW.parse::<DateTime<Utc>>().unwrap();
        let (body, tag) = token.split_once('.').unwrap();
        claim.deed = "refund 90000".to_owned();
        let other = sign(&key("other key"), &claim).unwrap();
        let swapped = format!("{}.{tag}", other.split_once('.').unwrap().0);
        let forged = [
            other,
            swapped,
            format!("{body}."),
            body.to_owned(),
            format!("{body}.{tag}x"),
            format!("{token}.{tag}"),
            String::new(),
            ".".to_owned(),
            "é.ñ".to_owned(),
            format!("{}.{tag}", "A".repeat(LONGEST)),
        ];
        for token in forged {
            assert_eq!(read::<String>(&key("key"), &token, 1, now), Err(Refusal::Forged), "{token}");
        }
        // One for another kind of deed does not fit, even when the key is the same.
        assert_eq!(read::<u64>(&key("key"), &token, 1, now), Err(Refusal::Forged));
        // Each flipped character breaks it.
        for n in 0..token.len() {
            let mut bytes = token.clone().into_bytes();
            bytes[n] = if bytes[n] == b'A' { b'B' } else { b'A' };
            let flipped = String::from_utf8(bytes).unwrap();
            let last_of_tag = n == token.len() - 1;
            assert!(
                read::<String>(&key("key"), &flipped, 1, now).is_err() || flipped == token || last_of_tag,
                "{n}"
            );
        }
    }
}
