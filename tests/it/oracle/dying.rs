//! A lake whose writer is killed after so many writes: nothing that comes later has any effect.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use bytes::Bytes;
use cloud::lake::ByteStream;
use cloud::{Lake, LakeError, Object, Version};

pub(crate) struct DyingLake {
    inner: Arc<dyn Lake>,
    left: AtomicI64,
}

impl DyingLake {
    pub(crate) fn new(inner: &Arc<dyn Lake>, writes: i64) -> Arc<Self> {
        Arc::new(Self { inner: Arc::clone(inner), left: AtomicI64::new(writes) })
    }

    /// Whether the writer got to its end.
    pub(crate) fn survived(&self) -> bool {
        self.left.load(Ordering::SeqCst) >= 0
    }

    fn write(&self, key: &str) -> Result<(), LakeError> {
        if self.left.fetch_sub(1, Ordering::SeqCst) > 0 {
            return Ok(());
        }
        // However much was left: from now on it is dead.
        self.left.store(-1, Ordering::SeqCst);
        Err(LakeError::Io { key: key.to_owned(), source: std::io::Error::other("killed") })
    }
}

#[async_trait::async_trait]
impl Lake for DyingLake {
    async fn get(&self, key: &str) -> Result<Option<Object>, LakeError> {
        self.inner.get(key).await
    }

    async fn read(&self, key: &str) -> Result<Option<ByteStream>, LakeError> {
        self.inner.read(key).await
    }

    async fn put(&self, key: &str, bytes: Bytes) -> Result<(), LakeError> {
        self.write(key)?;
        self.inner.put(key, bytes).await
    }

    async fn put_file(&self, key: &str, file: &Path) -> Result<(), LakeError> {
        self.write(key)?;
        self.inner.put_file(key, file).await
    }

    async fn put_if_absent(&self, key: &str, bytes: Bytes) -> Result<Version, LakeError> {
        self.write(key)?;
        self.inner.put_if_absent(key, bytes).await
    }

    async fn compare_and_swap(
        &self,
        key: &str,
        expected: Option<&Version>,
        bytes: Bytes,
    ) -> Result<Version, LakeError> {
        self.write(key)?;
        self.inner.compare_and_swap(key, expected, bytes).await
    }

    async fn list(&self, prefix: &str) -> Result<Vec<String>, LakeError> {
        self.inner.list(prefix).await
    }

    async fn delete(&self, key: &str) -> Result<(), LakeError> {
        self.write(key)?;
        self.inner.delete(key).await
    }

    async fn download_url(&self, key: &str, valid_for: Duration) -> Result<Option<String>, LakeError> {
        self.inner.download_url(key, valid_for).await
    }
}
