//! A folder as the lake, with faults.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;

use super::{Faults, mix};
use crate::lake::{ByteStream, Lake, LakeError, Object, Version};

/// Another lake with faults before and after it.
pub struct FaultyLake<F> {
    inner: Arc<dyn Lake>,
    root: PathBuf,
    faults: F,
}

/// What becomes of a call.
#[derive(PartialEq)]
enum Fate {
    Done,
    FailsBefore,
    FailsAfter,
}

impl<F: AsRef<Faults> + Send + Sync> FaultyLake<F> {
    /// The lake `inner`, which lies in the folder `root`, with these faults.
    pub fn new(inner: Arc<dyn Lake>, root: impl Into<PathBuf>, faults: F) -> Self {
        Self { inner, root: root.into(), faults }
    }

    /// Waits as long as the plan says, and tells what becomes of the call.
    async fn fate(&self, key: &str, writes: bool) -> Result<Fate, LakeError> {
        let faults = self.faults.as_ref();
        let plan = faults.plan();
        let draw = faults.draw(&plan);
        if mix(draw ^ 2) % 1000 < plan.lake.slow {
            tokio::time::sleep(Duration::from_millis(plan.lake.slow_ms)).await;
        }
        if writes && plan.lake.full {
            let source = std::io::Error::from(std::io::ErrorKind::StorageFull);
            return Err(LakeError::Io { key: key.to_owned(), source });
        }
        Ok(match draw % 1000 < plan.lake.errors {
            true if writes && draw & 1024 != 0 => Fate::FailsAfter,
            true => Fate::FailsBefore,
            false => Fate::Done,
        })
    }

    async fn reads(&self, key: &str) -> Result<(), LakeError> {
        match self.fate(key, false).await? {
            Fate::Done => Ok(()),
            _ => Err(fault(key)),
        }
    }

    async fn writes<T>(
        &self,
        key: &str,
        write: impl Future<Output = Result<T, LakeError>> + Send,
    ) -> Result<T, LakeError> {
        match self.fate(key, true).await? {
            Fate::Done => write.await,
            Fate::FailsBefore => Err(fault(key)),
            Fate::FailsAfter => write.await.and_then(|_| Err(fault(key))),
        }
    }

    /// Whether readers do not see an object yet.
    fn is_late(&self, key: &str) -> bool {
        let late = Duration::from_millis(self.faults.as_ref().plan().lake.late_ms);
        let written = || std::fs::metadata(self.root.join(key)).ok()?.modified().ok()?.elapsed().ok();
        !late.is_zero() && written().is_some_and(|age| age < late)
    }
}

fn fault(key: &str) -> LakeError {
    LakeError::Io { key: key.to_owned(), source: std::io::Error::other("a fault of the plan") }
}

#[async_trait]
impl<F: AsRef<Faults> + Send + Sync> Lake for FaultyLake<F> {
    async fn get(&self, key: &str) -> Result<Option<Object>, LakeError> {
        self.reads(key).await?;
        if self.is_late(key) { Ok(None) } else { self.inner.get(key).await }
    }

    async fn read(&self, key: &str) -> Result<Option<ByteStream>, LakeError> {
        self.reads(key).await?;
        if self.is_late(key) { Ok(None) } else { self.inner.read(key).await }
    }

    async fn tail(&self, key: &str, bytes: u64) -> Result<Option<Bytes>, LakeError> {
        self.reads(key).await?;
        if self.is_late(key) { Ok(None) } else { self.inner.tail(key, bytes).await }
    }

    async fn put_file(&self, key: &str, file: &Path) -> Result<(), LakeError> {
        self.writes(key, self.inner.put_file(key, file)).await
    }

    async fn download_url(&self, key: &str, valid_for: Duration) -> Result<Option<String>, LakeError> {
        self.reads(key).await?;
        self.inner.download_url(key, valid_for).await
    }

    async fn put(&self, key: &str, bytes: Bytes) -> Result<(), LakeError> {
        self.writes(key, self.inner.put(key, bytes)).await
    }

    async fn put_unless_same(&self, key: &str, bytes: Bytes) -> Result<bool, LakeError> {
        self.writes(key, self.inner.put_unless_same(key, bytes)).await
    }

    async fn put_if_absent(&self, key: &str, bytes: Bytes) -> Result<Version, LakeError> {
        self.writes(key, self.inner.put_if_absent(key, bytes)).await
    }

    async fn compare_and_swap(
        &self,
        key: &str,
        expected: Option<&Version>,
        bytes: Bytes,
    ) -> Result<Version, LakeError> {
        self.writes(key, self.inner.compare_and_swap(key, expected, bytes)).await
    }

    async fn list(&self, prefix: &str) -> Result<Vec<String>, LakeError> {
        self.reads(prefix).await?;
        let mut keys = self.inner.list(prefix).await?;
        keys.retain(|key| !self.is_late(key));
        Ok(keys)
    }

    async fn delete(&self, key: &str) -> Result<(), LakeError> {
        self.writes(key, self.inner.delete(key)).await
    }

    async fn sweep(&self, prefix: &str) -> Result<(), LakeError> {
        self.writes(prefix, self.inner.sweep(prefix)).await
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::super::{LakePlan, Plan};
    use super::*;
    use crate::local::LocalLake;

    async fn lake(folder: &Path, plan: LakePlan) -> FaultyLake<Arc<Faults>> {
        let file = folder.join("faults.json");
        std::fs::write(&file, serde_json::to_vec(&Plan { seed: 1, lake: plan, ..Plan::default() }).unwrap())
            .unwrap();
        let root = folder.join("lake");
        FaultyLake::new(Arc::new(LocalLake::open(&root).unwrap()), root, Arc::new(Faults::of(file)))
    }

    #[tokio::test]
    async fn errors_come_before_and_after_the_write() {
        let folder = tempfile::tempdir().unwrap();
        let lake = lake(folder.path(), LakePlan { errors: 400, ..LakePlan::default() }).await;
        let (mut failed_and_there, mut failed_and_absent, mut done) = (0, 0, 0);
        for n in 0..200 {
            let key = format!("a/{n}");
            match lake.put(&key, Bytes::from_static(b"x")).await {
                Ok(()) => done += 1,
                Err(_) if folder.path().join("lake").join(&key).exists() => failed_and_there += 1,
                Err(_) => failed_and_absent += 1,
            }
        }
        assert!(done > 80 && failed_and_there > 10 && failed_and_absent > 10);
    }

    #[tokio::test]
    async fn a_new_object_is_seen_late_and_a_full_lake_takes_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let late = lake(folder.path(), LakePlan { late_ms: 150, ..LakePlan::default() }).await;
        late.put("a/b", Bytes::from_static(b"x")).await.unwrap();
        assert!(late.get("a/b").await.unwrap().is_none() && late.list("a/").await.unwrap().is_empty());
        tokio::time::sleep(Duration::from_millis(200)).await;
        assert!(late.get("a/b").await.unwrap().is_some());
        let full = lake(folder.path(), LakePlan { full: true, ..LakePlan::default() }).await;
        let refused = full.put("a/c", Bytes::from_static(b"x")).await.unwrap_err().to_string();
        assert!(refused.contains("free space"), "{refused}");
        assert!(full.get("a/b").await.unwrap().is_some());
    }
}
