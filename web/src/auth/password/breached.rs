//! The list of breached passwords: the first hexadecimal digits of their SHA-1, one a line, as lists of this kind are
//! given out (`PREFIX` or `PREFIX:COUNT`). Of a short list forty bits of each are kept in memory; a long one, ordered by
//! hash, stays on disk and is searched there ([`sorted`]).

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::sync::Arc;

use anyhow::{Context, bail};
use sha1::{Digest, Sha1};

/// Digits of a hash that count.
const DIGITS: usize = 10;
/// Most lines: a list of this length takes 80 MB of memory.
const MOST: usize = 10_000_000;

mod sorted;

use sorted::Sorted;

/// The longest file that is read into memory.
const IN_MEMORY_BYTES: u64 = 256 << 20;

/// Passwords that are known to have leaked.
#[derive(Debug, Clone, Default)]
pub struct Breached {
    /// In order.
    hashes: Vec<u64>,
    on_disk: Option<Arc<Sorted>>,
}

impl Breached {
    /// Reads a list.
    ///
    /// # Errors
    /// The file cannot be read, a line is no hash, or a long list is not in order.
    pub fn load(path: &Path) -> anyhow::Result<Self> {
        let file = std::fs::File::open(path).with_context(|| format!("cannot read {}", path.display()))?;
        if file.metadata().with_context(|| path.display().to_string())?.len() > IN_MEMORY_BYTES {
            let sorted = Sorted::open(file).with_context(|| format!("the list {}", path.display()))?;
            return Ok(Self { on_disk: Some(Arc::new(sorted)), ..Self::default() });
        }
        Self::read(BufReader::new(file)).with_context(|| format!("the list {}", path.display()))
    }

    fn read(lines: impl BufRead) -> anyhow::Result<Self> {
        let mut hashes = Vec::new();
        for (n, line) in lines.lines().enumerate() {
            let line = line?;
            let hash = line.split(':').next().unwrap_or_default().trim();
            if hash.is_empty() {
                continue;
            }
            let digits = hash.get(..DIGITS).filter(|_| hash.len() <= 40);
            let Some(hash) = digits.and_then(|digits| u64::from_str_radix(digits, 16).ok()) else {
                bail!("line {}: write at least {DIGITS} hexadecimal digits of a SHA-1", n + 1);
            };
            if hashes.len() == MOST {
                bail!("more than {MOST} short lines: take those that leaked most often");
            }
            hashes.push(hash);
        }
        hashes.sort_unstable();
        hashes.dedup();
        Ok(Self { hashes, on_disk: None })
    }

    /// Whether the list holds this password. May read from disk: call it on a blocking thread.
    pub fn contains(&self, password: &str) -> bool {
        let digest = Sha1::digest(password.as_bytes());
        if let Some(sorted) = &self.on_disk {
            return sorted.contains(&hex::encode_upper(digest)).unwrap_or_else(|error| {
                tracing::error!(%error, "the list of breached passwords cannot be read: it refuses nothing");
                false
            });
        }
        let hash = digest.iter().take(DIGITS / 2).fold(0_u64, |hash, byte| hash << 8 | u64::from(*byte));
        self.hashes.binary_search(&hash).is_ok()
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_listed_password_is_found_by_its_prefix() {
        // SHA-1 of "correct horse battery staple" and of "abc", the latter from FIPS 180.
        let list = "ABF7AAD6438836DBE526AA231ABDE2D0EEF74D42:3\r\n\na9993e3647\n";
        let list = Breached::read(list.as_bytes()).unwrap();
        assert!(list.contains("abc") && list.contains("correct horse battery staple"));
        assert!(!list.contains("abd") && !Breached::default().contains("abc"));
    }

    #[test]
    fn what_is_no_list_is_refused_with_the_line() {
        for (text, says) in
            [("a9993e3647\nhello", "line 2"), ("a9993", "line 1"), (&"a".repeat(41), "line 1")]
        {
            let error = Breached::read(text.as_bytes()).unwrap_err();
            assert!(error.to_string().contains(says), "{error}");
        }
        assert!(Breached::load(Path::new("/nowhere/list")).is_err());
    }
}
