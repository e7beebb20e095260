//! Input that is copied to a cluster's HDFS before it is read, for clusters whose disks are faster or nearer than the lake.
//! What is read is checked against the manifest all the same, and output goes to the lake: the results are the same.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, bail};
use async_trait::async_trait;
use bytes::Bytes;
use tokio::process::Command;

use crate::lake::{ByteStream, Lake, LakeError, Object, Version};
use crate::local::LocalLake;

/// A lake of which some objects are read from a copy.
pub struct StagedLake {
    lake: Arc<dyn Lake>,
    copy: LocalLake,
    keys: BTreeSet<String>,
}

/// Copies the objects `keys` of the lake at `uri` to `hdfs` and from there to `folder` on this node, by the cluster's own
/// `hadoop` command; returns the lake that reads them there.
///
/// # Errors
/// `hadoop` is not there or fails; its last words are in the error.
pub async fn stage(
    lake: Arc<dyn Lake>,
    uri: &str,
    keys: impl IntoIterator<Item = String>,
    hdfs: &str,
    folder: &Path,
) -> anyhow::Result<StagedLake> {
    let keys: BTreeSet<String> = keys.into_iter().collect();
    let mut folders: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for key in &keys {
        let parent = key.rsplit_once('/').map_or("", |(parent, _)| parent);
        folders.entry(parent).or_default().push(format!("{}/{key}", uri.trim_end_matches('/')));
    }
    let hdfs = hdfs.trim_end_matches('/');
    // Left by an attempt that was killed.
    hadoop(["-rm", "-r", "-f", hdfs].map(str::to_owned).into()).await?;
    for (parent, objects) in folders {
        let target = format!("{hdfs}/{parent}");
        hadoop(vec!["-mkdir".to_owned(), "-p".to_owned(), target.clone()]).await?;
        let mut copy = vec!["-cp".to_owned(), "-f".to_owned()];
        copy.extend(objects);
        copy.push(target);
        hadoop(copy).await?;
    }
    let inside = folder.join("staged");
    hadoop(vec!["-copyToLocal".to_owned(), hdfs.to_owned(), inside.display().to_string()]).await?;
    hadoop(["-rm", "-r", "-f", hdfs].map(str::to_owned).into()).await?;
    Ok(StagedLake { lake, copy: LocalLake::open(inside)?, keys })
}

async fn hadoop(arguments: Vec<String>) -> anyhow::Result<()> {
    let shown = arguments.first().cloned().unwrap_or_default();
    let ended = Command::new("hadoop").arg("fs").args(&arguments).output().await;
    let ended = ended.with_context(|| {
        format!("hadoop fs {shown}: run this on a node of the cluster, or without --staging")
    })?;
    if !ended.status.success() {
        let said = String::from_utf8_lossy(&ended.stderr);
        let last = said.lines().rfind(|line| !line.trim().is_empty()).unwrap_or("it said nothing");
        bail!("hadoop fs {shown} failed: {last}");
    }
    Ok(())
}

#[async_trait]
impl Lake for StagedLake {
    async fn get(&self, key: &str) -> Result<Option<Object>, LakeError> {
        if self.keys.contains(key) { self.copy.get(key).await } else { self.lake.get(key).await }
    }

    async fn read(&self, key: &str) -> Result<Option<ByteStream>, LakeError> {
        if self.keys.contains(key) { self.copy.read(key).await } else { self.lake.read(key).await }
    }

    async fn tail(&self, key: &str, bytes: u64) -> Result<Option<Bytes>, LakeError> {
        if self.keys.contains(key) {
            self.copy.tail(key, bytes).await
        } else {
            self.lake.tail(key, bytes).await
        }
    }

    async fn put(&self, key: &str, bytes: Bytes) -> Result<(), LakeError> {
        self.lake.put(key, bytes).await
    }

    async fn put_unless_same(&self, key: &str, bytes: Bytes) -> Result<bool, LakeError> {
        self.lake.put_unless_same(key, bytes).await
    }

    fn put_here(&self, key: &str, bytes: &[u8]) -> Option<Result<(), LakeError>> {
        self.lake.put_here(key, bytes)
    }

    async fn put_file(&self, key: &str, file: &Path) -> Result<(), LakeError> {
        self.lake.put_file(key, file).await
    }

    async fn put_if_absent(&self, key: &str, bytes: Bytes) -> Result<Version, LakeError> {
        self.lake.put_if_absent(key, bytes).await
    }

    async fn compare_and_swap(
        &self,
        key: &str,
        expected: Option<&Version>,
        bytes: Bytes,
    ) -> Result<Version, LakeError> {
        self.lake.compare_and_swap(key, expected, bytes).await
    }

    async fn list(&self, prefix: &str) -> Result<Vec<String>, LakeError> {
        self.lake.list(prefix).await
    }

    async fn delete(&self, key: &str) -> Result<(), LakeError> {
        self.lake.delete(key).await
    }

    async fn sweep(&self, prefix: &str) -> Result<(), LakeError> {
        self.lake.sweep(prefix).await
    }

    async fn download_url(&self, key: &str, valid_for: Duration) -> Result<Option<String>, LakeError> {
        self.lake.download_url(key, valid_for).await
    }
}
