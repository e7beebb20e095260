//! Exchanges on this machine's disk until they are packed: whatever the volume, memory holds one at a time.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom, Write};
use std::sync::{Arc, Mutex, PoisonError};

use crate::exchange::Exchange;

/// Where one exchange lies in the spool.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Extent {
    at: u64,
    bytes: usize,
    /// Whether it was answered with something usable (200 or 304).
    pub answered: bool,
}

/// An unnamed temporary file, gone with the process however that ends.
#[derive(Debug, Clone)]
pub struct Spool(Arc<Mutex<(File, u64)>>);

impl Spool {
    /// An empty spool.
    ///
    /// # Errors
    /// The folder for temporary files cannot be written.
    pub fn new() -> std::io::Result<Self> {
        Ok(Self(Arc::new(Mutex::new((tempfile::tempfile()?, 0)))))
    }

    /// Keeps an exchange.
    ///
    /// # Errors
    /// The disk is full or fails.
    pub fn push(&self, exchange: &Exchange) -> std::io::Result<Extent> {
        let packed =
            zstd::encode_all(postcard::to_stdvec(exchange).map_err(std::io::Error::other)?.as_slice(), 1)?;
        let mut guard = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (file, end) = &mut *guard;
        file.seek(SeekFrom::Start(*end))?;
        file.write_all(&packed)?;
        let extent =
            Extent { at: *end, bytes: packed.len(), answered: matches!(exchange.status, Some(200 | 304)) };
        *end += packed.len() as u64;
        Ok(extent)
    }

    /// Reads an exchange back.
    ///
    /// # Errors
    /// The disk fails.
    pub fn read(&self, extent: Extent) -> std::io::Result<Exchange> {
        let mut packed = vec![0; extent.bytes];
        {
            let mut guard = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            guard.0.seek(SeekFrom::Start(extent.at))?;
            guard.0.read_exact(&mut packed)?;
        }
        postcard::from_bytes(&zstd::decode_all(packed.as_slice())?).map_err(std::io::Error::other)
    }
}
