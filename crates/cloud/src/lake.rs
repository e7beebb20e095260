//! The lake: objects by key, each put whole, with create-if-absent and compare-and-swap.

use std::path::{Component, Path};
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use futures::TryStreamExt as _;
use futures::stream::BoxStream;

/// An object's content, piece by piece. An error ends it: what came before is not the whole.
pub type ByteStream = BoxStream<'static, Result<Bytes, LakeError>>;

/// Names one version of an object, for [`Lake::compare_and_swap`]. Opaque: adapters choose what it holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Version(pub(crate) String);

/// An object as it was read.
#[derive(Debug, Clone)]
pub struct Object {
    /// Its content.
    pub bytes: Bytes,
    /// Which version that is.
    pub version: Version,
}

/// What can go wrong with the lake.
#[derive(Debug, thiserror::Error)]
pub enum LakeError {
    /// The object is already there.
    #[error("{0} exists already")]
    Exists(String),
    /// The object is no longer at the version that was expected.
    #[error("{0} was changed by somebody else meanwhile: repeat the command")]
    Conflict(String),
    /// A key that would leave the lake.
    #[error("{0:?} is not a key of the lake")]
    BadKey(String),
    /// An object that a manifest lists is gone.
    #[error("{0} is listed in a manifest but missing: repeat the stage that wrote it")]
    Missing(String),
    /// An object is not what its manifest says.
    #[error("{0} is not what its manifest says (size or sha256 differs): repeat the stage that wrote it")]
    Damaged(String),
    /// A manifest cannot be read.
    #[error(transparent)]
    Manifest(#[from] domain::manifest::ManifestError),
    /// The lake cannot be opened.
    #[error("the lake {uri} cannot be opened: {reason}")]
    Unsupported {
        /// Its address.
        uri: String,
        /// Why.
        reason: String,
    },
    /// A service that keeps the lake refuses or does not answer.
    #[error("{lake}: {key}: {reason}{}", service_advice(*status))]
    Service {
        /// The lake.
        lake: String,
        /// The object or prefix.
        key: String,
        /// The HTTP status, where there was an answer.
        status: Option<u16>,
        /// What it said.
        reason: String,
    },
    /// Storage failed.
    #[error("{key}: {source}{}", advice(source))]
    Io {
        /// The object or folder.
        key: String,
        /// The cause.
        source: std::io::Error,
    },
}

fn advice(error: &std::io::Error) -> &'static str {
    match error.kind() {
        std::io::ErrorKind::StorageFull | std::io::ErrorKind::QuotaExceeded => {
            ": free space on the disk or choose another --home, then repeat the command; nothing is half-written"
        }
        std::io::ErrorKind::PermissionDenied => ": give this user write access or choose another --home",
        _ => "",
    }
}

fn service_advice(status: Option<u16>) -> &'static str {
    match status {
        Some(404) => ": is the bucket gone? deploy/ makes it; nothing was written",
        Some(429) => ": too many requests; repeat the command later",
        None | Some(500..) => ": the service does not answer; repeat the command",
        Some(_) => "",
    }
}

/// Whether a key stays inside the lake: relative, of plain parts, not hidden.
pub(crate) fn check_key(key: &str) -> Result<(), LakeError> {
    let plain = Path::new(key).components().all(|part| matches!(part, Component::Normal(_)));
    let hidden = key.split('/').any(|part| part.starts_with('.'));
    if key.is_empty() || !plain || hidden || key.ends_with('/') {
        return Err(LakeError::BadKey(key.to_owned()));
    }
    Ok(())
}

/// Where objects lie. Adapters pass one contract suite (`tests/contract.rs`).
#[async_trait]
pub trait Lake: Send + Sync {
    /// The object, or `None` where there is none.
    async fn get(&self, key: &str) -> Result<Option<Object>, LakeError>;

    /// The content alone, for those who need no version: finding that may take as long as reading.
    ///
    /// # Errors
    /// As [`Lake::get`].
    async fn content(&self, key: &str) -> Result<Option<Bytes>, LakeError> {
        Ok(self.get(key).await?.map(|object| object.bytes))
    }

    /// The object's content piece by piece, for objects that are too large to hold; `None` where there is none.
    async fn read(&self, key: &str) -> Result<Option<ByteStream>, LakeError>;

    /// The last `bytes` of the object, all of it where it is shorter; `None` where there is none. An object without content
    /// may be an error.
    async fn tail(&self, key: &str, bytes: u64) -> Result<Option<Bytes>, LakeError> {
        let Some(mut pieces) = self.read(key).await? else { return Ok(None) };
        let wanted = usize::try_from(bytes).unwrap_or(usize::MAX);
        let mut last: Vec<u8> = Vec::new();
        while let Some(piece) = pieces.try_next().await? {
            last.extend_from_slice(&piece);
            if last.len() / 2 > wanted {
                last.drain(..last.len() - wanted);
            }
        }
        last.drain(..last.len().saturating_sub(wanted));
        Ok(Some(last.into()))
    }

    /// Puts a file's content, however large, replacing what was there; a reader sees the old or the new content.
    async fn put_file(&self, key: &str, file: &Path) -> Result<(), LakeError>;

    /// An address from which anybody may download the object for a while; `None` where the lake has no such addresses:
    /// read it then and hand it on.
    async fn download_url(&self, key: &str, valid_for: Duration) -> Result<Option<String>, LakeError>;

    /// Puts the object whole, replacing what was there: a reader sees the old or the new content, never a part.
    async fn put(&self, key: &str, bytes: Bytes) -> Result<(), LakeError>;

    /// The same where the object is not what lies there already; returns whether anything was written.
    async fn put_unless_same(&self, key: &str, bytes: Bytes) -> Result<bool, LakeError> {
        if self.get(key).await?.is_some_and(|object| object.bytes == bytes) {
            return Ok(false);
        }
        self.put(key, bytes).await?;
        Ok(true)
    }

    /// The same on the calling thread, where the lake is a folder of this machine and no other machine has to be waited for;
    /// `None` elsewhere.
    fn put_here(&self, key: &str, bytes: &[u8]) -> Option<Result<(), LakeError>> {
        let _ = (key, bytes);
        None
    }

    /// Puts the object where there is none; else [`LakeError::Exists`].
    async fn put_if_absent(&self, key: &str, bytes: Bytes) -> Result<Version, LakeError>;

    /// Puts the object where it is at the `expected` version (`None`: absent); else [`LakeError::Conflict`].
    async fn compare_and_swap(
        &self,
        key: &str,
        expected: Option<&Version>,
        bytes: Bytes,
    ) -> Result<Version, LakeError>;

    /// The keys that begin with `prefix`, sorted.
    async fn list(&self, prefix: &str) -> Result<Vec<String>, LakeError>;

    /// Deletes the object; to delete one that is not there is no error.
    async fn delete(&self, key: &str) -> Result<(), LakeError>;

    /// Removes what writers that died before their end left below `prefix`, which no key names. Where a lake takes an object
    /// whole or not at all, there is nothing.
    async fn sweep(&self, prefix: &str) -> Result<(), LakeError> {
        let _ = prefix;
        Ok(())
    }
}
