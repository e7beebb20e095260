//! Secrets that have to be read again are sealed (AES-256-GCM) before they go to Postgres, so that whoever has only the
//! database, or a copy of it, has none of them.
//!
//! Keys come from the environment, newest first: the first one seals, all of them open. What is sealed carries the name of
//! its key, and is bound to what it is for and to whom, so that a row put in another's place does not open. A key is
//! rotated by naming the new one beside the old one; docs/security.md has the steps.

use std::fmt;
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::sync::Arc;

use anyhow::{Context, bail};
use aws_lc_rs::aead::{AES_256_GCM, Aad, NONCE_LEN, Nonce, RandomizedNonceKey};
use sha2::{Digest, Sha256};

use crate::error::Error;

/// Bytes of a key.
const KEY_BYTES: usize = 32;
/// The file that keeps the key of an installation on one machine.
const FILE: &str = "seal-key";

/// What something was sealed to, and by which key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sealed {
    /// The key's name.
    pub key: String,
    /// Nonce, ciphertext, tag.
    pub bytes: Vec<u8>,
}

/// Why something is not sealed or opened.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SealError {
    /// There is no key to seal with.
    #[error("QUARTERDAY_SEAL_KEYS is missing: nothing that is secret can be kept")]
    NoKey,
    /// It was sealed with a key that is not there.
    #[error("something was sealed with the key {0}, which QUARTERDAY_SEAL_KEYS does not hold")]
    Unknown(String),
    /// It was changed, or is another's.
    #[error("what was sealed with the key {0} does not open: it was changed, or it is another's")]
    Broken(String),
}

impl From<SealError> for Error {
    fn from(error: SealError) -> Self {
        match error {
            SealError::NoKey => Self::Unavailable(error.into()),
            SealError::Unknown(_) | SealError::Broken(_) => Self::Internal(error.into()),
        }
    }
}

struct Key {
    name: String,
    key: RandomizedNonceKey,
}

/// The keys.
#[derive(Clone, Default)]
pub struct Seals {
    keys: Vec<Arc<Key>>,
}

impl fmt::Debug for Seals {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.keys.iter().map(|key| &key.name)).finish()
    }
}

impl Seals {
    /// Reads keys of 64 hexadecimal digits, newest first, with commas between them. None in an empty text.
    ///
    /// # Errors
    /// One of them is no key, or stands there twice; never says what it is.
    pub fn parse(text: &str) -> anyhow::Result<Self> {
        let mut keys: Vec<Arc<Key>> = Vec::new();
        for (n, part) in text.split(',').map(str::trim).filter(|part| !part.is_empty()).enumerate() {
            let bytes = hex::decode(part).ok().filter(|bytes| bytes.len() == KEY_BYTES);
            let bytes = bytes.with_context(|| {
                format!("key {} of QUARTERDAY_SEAL_KEYS: write 64 hexadecimal digits", n + 1)
            })?;
            let key = RandomizedNonceKey::new(&AES_256_GCM, &bytes)
                .map_err(|_| anyhow::anyhow!("key {} of QUARTERDAY_SEAL_KEYS is refused", n + 1))?;
            let name = name_of(&bytes);
            if keys.iter().any(|known| known.name == name) {
                bail!("key {} of QUARTERDAY_SEAL_KEYS stands there twice", n + 1);
            }
            keys.push(Arc::new(Key { name, key }));
        }
        Ok(Self { keys })
    }

    /// The key that an installation on one machine keeps in its home folder; made at first use, for its owner's eyes only.
    ///
    /// # Errors
    /// It cannot be kept, or is no key.
    pub fn kept_in(home: &Path) -> anyhow::Result<Self> {
        let path = home.join(FILE);
        let kept = match std::fs::read_to_string(&path) {
            Ok(kept) => kept,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                let made = hex::encode(rand::random::<[u8; KEY_BYTES]>());
                std::fs::create_dir_all(home).with_context(|| home.display().to_string())?;
                let file = std::fs::OpenOptions::new().create_new(true).write(true).mode(0o600).open(&path);
                file.and_then(|mut file| file.write_all(made.as_bytes()))
                    .with_context(|| path.display().to_string())?;
                made
            }
            Err(error) => return Err(error).with_context(|| path.display().to_string()),
        };
        let seals = Self::parse(&kept).with_context(|| path.display().to_string())?;
        // Cut off while it was written: what it was to seal is not there, either.
        anyhow::ensure!(!seals.is_empty(), "{} is empty: delete it, and it is made anew", path.display());
        Ok(seals)
    }

    /// Whether nothing can be sealed.
    pub fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }

    /// Whether this key is the one that seals now.
    pub fn is_newest(&self, name: &str) -> bool {
        self.keys.first().is_some_and(|key| key.name == name)
    }

    /// The names of the keys that only open.
    pub fn older(&self) -> Vec<String> {
        self.keys.iter().skip(1).map(|key| key.name.clone()).collect()
    }

    /// Seals a secret for what it is for and to whom it belongs.
    ///
    /// # Errors
    /// There is no key.
    pub fn seal(&self, bound: &str, secret: &[u8]) -> Result<Sealed, SealError> {
        let newest = self.keys.first().ok_or(SealError::NoKey)?;
        let mut cipher = secret.to_vec();
        let nonce = newest
            .key
            .seal_in_place_append_tag(Aad::from(bound.as_bytes()), &mut cipher)
            .map_err(|_| SealError::Broken(newest.name.clone()))?;
        let mut bytes = nonce.as_ref().to_vec();
        bytes.append(&mut cipher);
        Ok(Sealed { key: newest.name.clone(), bytes })
    }

    /// Opens what was sealed for the same.
    ///
    /// # Errors
    /// Its key is not there, or it is not what was sealed.
    pub fn open(&self, bound: &str, sealed: &Sealed) -> Result<Vec<u8>, SealError> {
        let key = self.keys.iter().find(|key| key.name == sealed.key);
        let key = key.ok_or_else(|| SealError::Unknown(sealed.key.clone()))?;
        let broken = || SealError::Broken(sealed.key.clone());
        let (nonce, cipher) = sealed.bytes.split_at_checked(NONCE_LEN).ok_or_else(broken)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).map_err(|_| broken())?;
        let mut cipher = cipher.to_vec();
        let secret = key.key.open_in_place(nonce, Aad::from(bound.as_bytes()), &mut cipher);
        secret.map(|secret| secret.to_vec()).map_err(|_| broken())
    }
}

/// A name for a key that says nothing of it: eight hexadecimal digits of a hash.
fn name_of(key: &[u8]) -> String {
    let digest = Sha256::new().chain_update(b"quarterday seal key ").chain_update(key).finalize();
    hex::encode(digest).chars().take(8).collect()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn keys(digits: &[&str]) -> Seals {
        let keys: Vec<String> = digits.iter().map(|digit| digit.repeat(64)).collect();
        Seals::parse(&keys.join(",")).unwrap()
    }

    #[test]
    fn what_is_sealed_opens_for_the_same_only() {
        let seals = keys(&["a"]);
        let sealed = seals.seal("totp 7", b"12345678901234567890").unwrap();
        assert_eq!(sealed.bytes.len(), NONCE_LEN + 20 + 16);
        assert!(!sealed.bytes.windows(20).any(|part| part == b"12345678901234567890"));
        assert_eq!(seals.open("totp 7", &sealed).unwrap(), b"12345678901234567890");
        assert_ne!(seals.seal("totp 7", b"12345678901234567890").unwrap(), sealed, "a nonce of its own");
        let broken = SealError::Broken(sealed.key.clone());
        assert_eq!(seals.open("totp 8", &sealed), Err(broken.clone()), "another's");
        for n in 0..sealed.bytes.len() {
            let mut changed = sealed.clone();
            changed.bytes[n] ^= 1;
            assert_eq!(seals.open("totp 7", &changed), Err(broken.clone()), "byte {n}");
        }
        for length in 0..sealed.bytes.len() {
            let cut = Sealed { bytes: sealed.bytes[..length].to_vec(), ..sealed.clone() };
            assert_eq!(seals.open("totp 7", &cut), Err(broken.clone()), "{length} bytes");
        }
    }

    #[test]
    fn a_new_key_seals_and_the_old_one_opens_until_it_is_left_out() {
        let (old, both, new) = (keys(&["a"]), keys(&["b", "a"]), keys(&["b"]));
        let sealed = old.seal("totp 7", b"secret").unwrap();
        assert_eq!(both.open("totp 7", &sealed).unwrap(), b"secret");
        assert!(!both.is_newest(&sealed.key) && both.older() == [sealed.key.clone()]);
        assert_eq!(new.open("totp 7", &sealed), Err(SealError::Unknown(sealed.key.clone())));
        let again = both.seal("totp 7", b"secret").unwrap();
        assert!(new.is_newest(&again.key) && new.older().is_empty());
        assert_eq!(new.open("totp 7", &again).unwrap(), b"secret");
    }

    #[test]
    fn what_is_no_key_is_refused_and_never_said() {
        assert!(Seals::parse(" , ").unwrap().is_empty());
        assert_eq!(Seals::default().seal("x", b"y"), Err(SealError::NoKey));
        for wrong in ["secret-hunter2", &"a".repeat(63), &"g".repeat(64), &format!("{0},{0}", "a".repeat(64))]
        {
            let error = format!("{:#}", Seals::parse(wrong).unwrap_err());
            assert!(error.contains("QUARTERDAY_SEAL_KEYS") && !error.contains(wrong), "{error}");
        }
        let seals = keys(&["a"]);
        assert!(!format!("{seals:?}").contains("aaaaaaaa"), "{seals:?}");
    }

    #[test]
    fn the_key_of_one_machine_is_made_once_and_private() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let home = folder.path().join("new");
        let sealed = Seals::kept_in(&home).unwrap().seal("x", b"y").unwrap();
        assert_eq!(Seals::kept_in(&home).unwrap().open("x", &sealed).unwrap(), b"y");
        assert_eq!(std::fs::metadata(home.join(FILE)).unwrap().permissions().mode() & 0o777, 0o600);
        std::fs::write(home.join(FILE), "nonsense").unwrap();
        assert!(Seals::kept_in(&home).is_err(), "never made anew over one that is there");
    }
}
