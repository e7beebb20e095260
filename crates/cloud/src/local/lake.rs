//! A folder as the lake.

use std::fs::{self, File};
use std::io::{ErrorKind, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use domain::lake::sha256;
use futures::StreamExt as _;
use futures::stream;
use tokio::sync::Semaphore;

use super::scratch::{Scratch, sweep};
use crate::lake::{ByteStream, Lake, LakeError, Object, Version, check_key};

/// Locks; no part of a key begins with a dot, so they are never listed.
const SCRATCH: &str = ".scratch";
/// Calls that work at the same time. More would only wait for the file system's locks, and spin while they do.
const AT_ONCE: usize = 8;
/// The pieces in which large files go through memory.
const PIECE: usize = 1 << 20;

/// Objects are files below a folder; an object's version is the sha256 of its content. Objects appear by renaming a
/// finished file, so a reader or a crash never meets half of one.
#[derive(Debug, Clone)]
pub struct LocalLake {
    root: Arc<PathBuf>,
    at_once: Arc<Semaphore>,
}

impl LocalLake {
    /// The lake in the folder `root`, made when missing.
    ///
    /// # Errors
    /// The folder cannot be made.
    pub fn open(root: impl Into<PathBuf>) -> Result<Self, LakeError> {
        let root = root.into();
        fs::create_dir_all(root.join(SCRATCH))
            .map_err(|source| LakeError::Io { key: root.display().to_string(), source })?;
        Ok(Self { root: Arc::new(root), at_once: Arc::new(Semaphore::new(AT_ONCE)) })
    }

    fn path(&self, key: &str) -> Result<PathBuf, LakeError> {
        check_key(key)?;
        Ok(self.root.join(key))
    }

    /// A finished file beside `target`.
    fn write_scratch(key: &str, target: &Path, bytes: &[u8]) -> Result<Scratch, LakeError> {
        let written = Scratch::beside(target).and_then(|mut scratch| {
            scratch.file.write_all(bytes)?;
            Ok(scratch)
        });
        written.map_err(|source| LakeError::Io { key: key.to_owned(), source })
    }

    fn put_unless_same_sync(&self, key: &str, bytes: &[u8]) -> Result<bool, LakeError> {
        let path = self.path(key)?;
        let as_long = fs::metadata(&path).is_ok_and(|there| there.len() == bytes.len() as u64);
        if as_long && fs::read(&path).is_ok_and(|there| there == bytes) {
            return Ok(false);
        }
        self.put_sync(key, bytes)?;
        Ok(true)
    }

    fn put_sync(&self, key: &str, bytes: &[u8]) -> Result<(), LakeError> {
        let target = self.path(key)?;
        let scratch = Self::write_scratch(key, &target, bytes)?;
        scratch.rename(&target).map_err(|source| LakeError::Io { key: key.to_owned(), source })
    }

    /// Copies a file beside its target and renames it, piece by piece.
    fn put_file_sync(&self, key: &str, file: &Path) -> Result<(), LakeError> {
        let target = self.path(key)?;
        let from = |source| LakeError::Io { key: file.display().to_string(), source };
        let to = |source| LakeError::Io { key: key.to_owned(), source };
        let mut input = File::open(file).map_err(from)?;
        let mut scratch = Scratch::beside(&target).map_err(to)?;
        let mut piece = vec![0; PIECE];
        loop {
            let n = input.read(&mut piece).map_err(from)?;
            if n == 0 {
                break;
            }
            scratch.file.write_all(&piece[..n]).map_err(to)?;
        }
        scratch.rename(&target).map_err(to)
    }

    fn put_if_absent_sync(&self, key: &str, bytes: &[u8]) -> Result<Version, LakeError> {
        let target = self.path(key)?;
        let scratch = Self::write_scratch(key, &target, bytes)?;
        // A hard link fails where the target exists, which a rename would not.
        match fs::hard_link(&scratch.path, &target) {
            Ok(()) => Ok(Version(sha256(bytes))),
            Err(e) if e.kind() == ErrorKind::AlreadyExists => Err(LakeError::Exists(key.to_owned())),
            Err(source) => Err(LakeError::Io { key: key.to_owned(), source }),
        }
    }

    fn content_sync(&self, key: &str) -> Result<Option<Vec<u8>>, LakeError> {
        match fs::read(self.path(key)?) {
            Ok(bytes) => Ok(Some(bytes)),
            Err(e) if e.kind() == ErrorKind::NotFound => Ok(None),
            Err(source) => Err(LakeError::Io { key: key.to_owned(), source }),
        }
    }

    fn get_sync(&self, key: &str) -> Result<Option<Object>, LakeError> {
        let bytes = self.content_sync(key)?;
        Ok(bytes.map(|bytes| Object { version: Version(sha256(&bytes)), bytes: bytes.into() }))
    }

    fn compare_and_swap_sync(
        &self,
        key: &str,
        expected: Option<&Version>,
        bytes: &[u8],
    ) -> Result<Version, LakeError> {
        let error = |source| LakeError::Io { key: key.to_owned(), source };
        let lock_name = format!("lock-{}", &sha256(key.as_bytes())[..16]);
        let lock = File::create(self.root.join(SCRATCH).join(lock_name)).map_err(error)?;
        // Released when the file is closed, by a crash too.
        lock.lock().map_err(error)?;
        let current = self.get_sync(key)?.map(|object| object.version);
        if current.as_ref() != expected {
            return Err(LakeError::Conflict(key.to_owned()));
        }
        self.put_sync(key, bytes)?;
        Ok(Version(sha256(bytes)))
    }

    fn list_sync(&self, prefix: &str) -> Result<Vec<String>, LakeError> {
        let folder = prefix.rsplit_once('/').map_or("", |(folder, _)| folder);
        let mut keys = Vec::new();
        let start = if folder.is_empty() { self.root.to_path_buf() } else { self.path(folder)? };
        walk(&start, folder, prefix, &mut keys)?;
        keys.sort();
        Ok(keys)
    }

    fn delete_sync(&self, key: &str) -> Result<(), LakeError> {
        let path = self.path(key)?;
        match fs::remove_file(&path) {
            Err(e) if e.kind() != ErrorKind::NotFound => {
                return Err(LakeError::Io { key: key.to_owned(), source: e });
            }
            _ => {}
        }
        // Folders are no objects: one that has become empty goes too; removal fails where it has not.
        let mut folder = path.parent();
        while let Some(empty) = folder.filter(|f| **f != **self.root && fs::remove_dir(f).is_ok()) {
            folder = empty.parent();
        }
        Ok(())
    }

    async fn blocking<T: Send + 'static>(
        &self,
        key: &str,
        work: impl FnOnce(&Self, &str) -> Result<T, LakeError> + Send + 'static,
    ) -> Result<T, LakeError> {
        let (lake, owned) = (self.clone(), key.to_owned());
        let _turn = self.at_once.acquire().await;
        let done = tokio::task::spawn_blocking(move || work(&lake, &owned)).await;
        done.unwrap_or_else(|e| Err(LakeError::Io { key: key.to_owned(), source: std::io::Error::other(e) }))
    }
}

fn walk(folder: &Path, key: &str, prefix: &str, keys: &mut Vec<String>) -> Result<(), LakeError> {
    let error = |source| LakeError::Io { key: key.to_owned(), source };
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(e) if matches!(e.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => return Ok(()),
        Err(source) => return Err(error(source)),
    };
    for entry in entries {
        let entry = entry.map_err(error)?;
        let name = entry.file_name().to_string_lossy().into_owned();
        if name.starts_with('.') {
            continue;
        }
        let path = if key.is_empty() { name } else { format!("{key}/{name}") };
        if entry.file_type().map_err(error)?.is_dir() {
            let below = format!("{path}/");
            if below.starts_with(prefix) || prefix.starts_with(&below) {
                walk(&entry.path(), &path, prefix, keys)?;
            }
        } else if path.starts_with(prefix) {
            keys.push(path);
        }
    }
    Ok(())
}

#[async_trait]
impl Lake for LocalLake {
    async fn get(&self, key: &str) -> Result<Option<Object>, LakeError> {
        self.blocking(key, |lake, key| lake.get_sync(key)).await
    }

    async fn content(&self, key: &str) -> Result<Option<Bytes>, LakeError> {
        self.blocking(key, |lake, key| Ok(lake.content_sync(key)?.map(Bytes::from))).await
    }

    async fn read(&self, key: &str) -> Result<Option<ByteStream>, LakeError> {
        let error = |key: &str| {
            let key = key.to_owned();
            move |source| LakeError::Io { key: key.clone(), source }
        };
        let file = match tokio::fs::File::open(self.path(key)?).await {
            Ok(file) => file,
            Err(e) if e.kind() == ErrorKind::NotFound => return Ok(None),
            Err(e) => return Err(error(key)(e)),
        };
        let pieces = stream::try_unfold((file, error(key)), |(mut file, error)| async move {
            let mut piece = vec![0; PIECE];
            let n = tokio::io::AsyncReadExt::read(&mut file, &mut piece).await.map_err(&error)?;
            piece.truncate(n);
            Ok((n > 0).then(|| (Bytes::from(piece), (file, error))))
        });
        Ok(Some(pieces.boxed()))
    }

    async fn tail(&self, key: &str, bytes: u64) -> Result<Option<Bytes>, LakeError> {
        self.blocking(key, move |lake, key| {
            let failed = |source| LakeError::Io { key: key.to_owned(), source };
            let mut file = match File::open(lake.path(key)?) {
                Ok(file) => file,
                Err(e) if e.kind() == ErrorKind::NotFound => return Ok(None),
                Err(e) => return Err(failed(e)),
            };
            let length = file.metadata().map_err(failed)?.len();
            file.seek(SeekFrom::Start(length.saturating_sub(bytes))).map_err(failed)?;
            let mut last = Vec::new();
            file.read_to_end(&mut last).map_err(failed)?;
            Ok(Some(last.into()))
        })
        .await
    }

    async fn put_file(&self, key: &str, file: &Path) -> Result<(), LakeError> {
        let file = file.to_owned();
        self.blocking(key, move |lake, key| lake.put_file_sync(key, &file)).await
    }

    async fn download_url(&self, key: &str, _valid_for: Duration) -> Result<Option<String>, LakeError> {
        check_key(key).map(|()| None)
    }

    async fn put(&self, key: &str, bytes: Bytes) -> Result<(), LakeError> {
        self.blocking(key, move |lake, key| lake.put_sync(key, &bytes)).await
    }

    async fn put_unless_same(&self, key: &str, bytes: Bytes) -> Result<bool, LakeError> {
        self.blocking(key, move |lake, key| lake.put_unless_same_sync(key, &bytes)).await
    }

    fn put_here(&self, key: &str, bytes: &[u8]) -> Option<Result<(), LakeError>> {
        Some(self.put_unless_same_sync(key, bytes).map(|_| ()))
    }

    async fn put_if_absent(&self, key: &str, bytes: Bytes) -> Result<Version, LakeError> {
        self.blocking(key, move |lake, key| lake.put_if_absent_sync(key, &bytes)).await
    }

    async fn compare_and_swap(
        &self,
        key: &str,
        expected: Option<&Version>,
        bytes: Bytes,
    ) -> Result<Version, LakeError> {
        let expected = expected.cloned();
        self.blocking(key, move |lake, key| lake.compare_and_swap_sync(key, expected.as_ref(), &bytes)).await
    }

    async fn list(&self, prefix: &str) -> Result<Vec<String>, LakeError> {
        self.blocking(prefix, |lake, prefix| lake.list_sync(prefix)).await
    }

    async fn delete(&self, key: &str) -> Result<(), LakeError> {
        self.blocking(key, |lake, key| lake.delete_sync(key)).await
    }

    async fn sweep(&self, prefix: &str) -> Result<(), LakeError> {
        self.blocking(prefix, |lake, prefix| {
            let folder = prefix.rsplit_once('/').map_or("", |(folder, _)| folder);
            sweep(&if folder.is_empty() { lake.root.to_path_buf() } else { lake.path(folder)? });
            Ok(())
        })
        .await
    }
}
