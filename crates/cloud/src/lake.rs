//! The lake: objects by key, each put whole, with create-if-absent and compare-and-swap.

use async_trait::async_trait;
use bytes::Bytes;

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
    /// No adapter for this kind of lake.
    #[error("this build has no adapter for the lake {0}: name a folder")]
    Unsupported(String),
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

/// Where objects lie. Adapters pass one contract suite (`tests/contract.rs`).
#[async_trait]
pub trait Lake: Send + Sync {
    /// The object, or `None` where there is none.
    async fn get(&self, key: &str) -> Result<Option<Object>, LakeError>;

    /// Puts the object whole, replacing what was there: a reader sees the old or the new content, never a part.
    async fn put(&self, key: &str, bytes: Bytes) -> Result<Version, LakeError>;

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
}
