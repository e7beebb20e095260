//! Keys that the site makes for itself and that all its instances share through Postgres.
//!
//! A key is rotated ([`rotate`]): from then on a new one signs, and the one before it is still accepted, so that nothing that is open
//! ends; unless it has leaked. SECURITY.md has the steps.

use anyhow::bail;
use chrono::{DateTime, Utc};
use hmac::{Hmac, KeyInit, Mac};
use serde_json::json;
use sha2::Sha256;
use sqlx::PgPool;

use super::store::site_keys;
use crate::audit::{self, Entry};

/// What a key is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Name {
    /// Signs links by which one unsubscribes.
    Unsubscribe,
    /// Signs confirmations of what staff do.
    Confirmations,
    /// Hashes what is counted against limits.
    Limits,
}

impl Name {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Unsubscribe, Self::Confirmations, Self::Limits];

    /// Its name in Postgres and on the command line.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Unsubscribe => "unsubscribe",
            Self::Confirmations => "console-confirmation",
            Self::Limits => "limits",
        }
    }

    /// The key with this name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|known| known.as_str() == name)
    }

    /// Where the key of before lies.
    fn before(self) -> String {
        format!("{}/before", self.as_str())
    }
}

/// A key, and the one before it.
#[derive(Clone, PartialEq, Eq)]
pub struct SiteKey {
    /// The one that signs.
    pub newest: Vec<u8>,
    /// The one before it, which is still accepted.
    pub before: Option<Vec<u8>>,
}

impl std::fmt::Debug for SiteKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SiteKey").field("has_before", &self.before.is_some()).finish_non_exhaustive()
    }
}

impl From<&[u8]> for SiteKey {
    fn from(key: &[u8]) -> Self {
        Self { newest: key.to_vec(), before: None }
    }
}

impl SiteKey {
    /// The tag of these words by the newest key; `None`: the key is empty, and would sign nothing.
    pub fn tag(&self, words: &str) -> Option<Vec<u8>> {
        Some(mac(&self.newest, words)?.finalize().into_bytes().to_vec())
    }

    /// Whether this is the tag of these words by the newest key or the one before, compared in constant time.
    pub fn accepts(&self, words: &str, tag: &[u8]) -> bool {
        let keys = [Some(&self.newest), self.before.as_ref()];
        keys.into_iter().flatten().any(|key| mac(key, words).is_some_and(|mac| mac.verify_slice(tag).is_ok()))
    }

    /// Keys for one purpose, so that what is signed for one passes for no other.
    pub fn of_purpose(&self, purpose: &str) -> Option<Self> {
        let derived = |key: &Vec<u8>| Some(mac(key, purpose)?.finalize().into_bytes().to_vec());
        Some(Self { newest: derived(&self.newest)?, before: self.before.as_ref().and_then(derived) })
    }
}

fn mac(key: &[u8], words: &str) -> Option<Hmac<Sha256>> {
    // Keys of any length are taken; an empty one would sign nothing.
    let mut mac = Hmac::<Sha256>::new_from_slice(key).ok().filter(|_| !key.is_empty())?;
    mac.update(words.as_bytes());
    Some(mac)
}

/// A key of the site's, made where there is none.
///
/// # Errors
/// Postgres fails.
pub async fn load(pool: &PgPool, name: Name) -> sqlx::Result<SiteKey> {
    let newest = site_keys::key(pool, name.as_str(), &rand::random()).await?;
    Ok(SiteKey { newest, before: site_keys::find(pool, &name.before()).await? })
}

/// Puts a new key in the place of one, which is still accepted until the next rotation, unless it has leaked.
///
/// # Errors
/// There is none yet, or Postgres fails.
pub async fn rotate(
    pool: &PgPool,
    name: Name,
    leaked: bool,
    reason: &str,
    now: DateTime<Utc>,
) -> anyhow::Result<()> {
    let mut db = pool.begin().await?;
    let Some(old) = site_keys::lock(&mut db, name.as_str()).await? else {
        bail!("there is no key {} yet: it is made when it is first needed", name.as_str());
    };
    let fresh: [u8; 32] = rand::random();
    site_keys::put(&mut db, name.as_str(), &fresh).await?;
    if leaked {
        site_keys::forget(&mut db, &name.before()).await?;
    } else {
        site_keys::put(&mut db, &name.before(), &old).await?;
    }
    let entry = Entry {
        actor: "web rotate-key",
        action: "site.key_rotated",
        subject: name.as_str(),
        reason,
        address: "",
        detail: &json!({ "leaked": leaked }),
    };
    audit::append(&mut db, &entry, now).await?;
    db.commit().await?;
    Ok(())
}
