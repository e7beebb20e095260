//! A file on its way into the lake: in memory while it is small, on this machine's disk when it is not.

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use cloud::{Lake, LakeError, commit};
use domain::Key;
use domain::manifest::ObjectEntry;
use sha2::{Digest, Sha256};
use tempfile::NamedTempFile;

/// Bytes from which a file goes to disk.
const LARGE: usize = 8 << 20;

/// A file that is being written.
pub(crate) struct Output {
    memory: Vec<u8>,
    file: Option<NamedTempFile>,
    folder: PathBuf,
    /// Of what is in the file.
    digest: Sha256,
    bytes: u64,
    /// Bytes from which it goes to disk.
    large: usize,
}

impl Output {
    /// An empty file that goes to `folder` when it grows large.
    pub(crate) fn new(folder: &Path) -> Self {
        Self::with_room(folder, LARGE)
    }

    /// The same where `room` bytes of memory are free for it.
    pub(crate) fn with_room(folder: &Path, room: usize) -> Self {
        let (folder, digest) = (folder.to_owned(), Sha256::new());
        Self { memory: Vec::new(), file: None, folder, digest, bytes: 0, large: room }
    }

    /// Appends.
    ///
    /// # Errors
    /// The disk is full or fails.
    pub(crate) fn add(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.add_with(|memory| memory.extend_from_slice(bytes))
    }

    /// Appends what `write` appends to the bytes that it is given.
    ///
    /// # Errors
    /// The disk is full or fails.
    pub(crate) fn add_with(&mut self, write: impl FnOnce(&mut Vec<u8>)) -> io::Result<()> {
        write(&mut self.memory);
        if self.memory.len() >= self.large {
            self.flush_memory()?;
        }
        Ok(())
    }

    /// Makes room in memory for about so many bytes.
    pub(crate) fn expect(&mut self, bytes: usize) {
        self.memory.reserve(bytes.min(self.large));
    }

    fn flush_memory(&mut self) -> io::Result<()> {
        let file = match &mut self.file {
            Some(file) => file,
            None => self.file.insert(NamedTempFile::new_in(&self.folder)?),
        };
        file.write_all(&self.memory)?;
        self.digest.update(&self.memory);
        self.bytes += self.memory.len() as u64;
        self.memory.clear();
        Ok(())
    }

    /// Bytes of it that are in memory.
    pub(crate) fn weight(&self) -> usize {
        self.memory.len()
    }

    /// All of it, where it is small.
    #[cfg(test)]
    pub(crate) fn into_memory(self) -> Option<Vec<u8>> {
        self.file.is_none().then_some(self.memory)
    }

    /// Puts the file into the lake on this thread, where the file is in memory and the lake lets it.
    pub(crate) fn put_here(
        &self,
        lake: &dyn Lake,
        key: &Key,
        rows: u64,
    ) -> Option<Result<ObjectEntry, LakeError>> {
        if self.file.is_some() {
            return None;
        }
        commit::put_object_here(lake, key, &self.memory, rows)
    }

    /// Puts the file into the lake.
    ///
    /// # Errors
    /// The disk or the lake fails.
    pub(crate) async fn put(
        mut self,
        lake: &dyn Lake,
        key: &Key,
        rows: u64,
    ) -> Result<ObjectEntry, LakeError> {
        if self.file.is_some() {
            let failed = |source| LakeError::Io { key: key.to_string(), source };
            self.flush_memory().map_err(failed)?;
        }
        match self.file {
            Some(file) => {
                let sha256 = hex::encode(self.digest.finalize());
                let entry = ObjectEntry { key: key.to_string(), bytes: self.bytes, sha256, rows };
                lake.put_file(&entry.key, file.path()).await?;
                Ok(entry)
            }
            None => commit::put_object(lake, key, self.memory, rows).await,
        }
    }

    /// The same with a name made of the digest of its content.
    ///
    /// # Errors
    /// The disk or the lake fails.
    pub(crate) async fn put_by_digest(
        mut self,
        lake: &dyn Lake,
        rows: u64,
        key: impl Fn(&str) -> Key,
    ) -> Result<ObjectEntry, LakeError> {
        let failed = |source| LakeError::Io { key: key("").to_string(), source };
        if self.file.is_some() {
            self.flush_memory().map_err(failed)?;
        }
        match self.file {
            Some(file) => {
                let sha256 = hex::encode(self.digest.finalize());
                let entry =
                    ObjectEntry { key: key(&sha256[..16]).to_string(), bytes: self.bytes, sha256, rows };
                lake.put_file(&entry.key, file.path()).await?;
                Ok(entry)
            }
            None => {
                let key = key(&domain::lake::digest(&self.memory));
                commit::put_object(lake, &key, self.memory, rows).await
            }
        }
    }
}

impl Write for Output {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.add(bytes)?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
