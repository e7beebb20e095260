//! Exchanges on this machine's disk until they are packed: whatever the volume, memory holds one at a time.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom, Write};
use std::sync::{Arc, Mutex, PoisonError};

use zstd::bulk::{Compressor, Decompressor};

use crate::exchange::Exchange;

/// Where one exchange lies in the spool.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Extent {
    at: u64,
    bytes: usize,
    unpacked: usize,
    /// Whether it was answered with something usable (200 or 304).
    pub answered: bool,
}

/// An unnamed temporary file, gone with the process however that ends.
#[derive(Debug, Clone)]
pub struct Spool(Arc<Mutex<Inner>>);

#[derive(Debug)]
struct Inner {
    file: File,
    end: u64,
    pack: Pack,
}

/// Made once: setting one up costs more than packing a page.
struct Pack {
    compressor: Compressor<'static>,
    decompressor: Decompressor<'static>,
}

impl std::fmt::Debug for Pack {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Pack")
    }
}

impl Spool {
    /// An empty spool.
    ///
    /// # Errors
    /// The folder for temporary files cannot be written.
    pub fn new() -> std::io::Result<Self> {
        let pack = Pack { compressor: Compressor::new(1)?, decompressor: Decompressor::new()? };
        Ok(Self(Arc::new(Mutex::new(Inner { file: tempfile::tempfile()?, end: 0, pack }))))
    }

    /// Keeps an exchange.
    ///
    /// # Errors
    /// The disk is full or fails.
    pub fn push(&self, exchange: &Exchange) -> std::io::Result<Extent> {
        let plain = postcard::to_stdvec(exchange).map_err(std::io::Error::other)?;
        let mut inner = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let Inner { file, end, pack } = &mut *inner;
        let packed = pack.compressor.compress(&plain)?;
        file.seek(SeekFrom::Start(*end))?;
        file.write_all(&packed)?;
        let extent = Extent {
            at: *end,
            bytes: packed.len(),
            unpacked: plain.len(),
            answered: matches!(exchange.status, Some(200 | 304)),
        };
        *end += packed.len() as u64;
        Ok(extent)
    }

    /// Reads an exchange back.
    ///
    /// # Errors
    /// The disk fails.
    pub fn read(&self, extent: Extent) -> std::io::Result<Exchange> {
        let mut packed = vec![0; extent.bytes];
        let plain = {
            let mut inner = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            let Inner { file, pack, .. } = &mut *inner;
            file.seek(SeekFrom::Start(extent.at))?;
            file.read_exact(&mut packed)?;
            pack.decompressor.decompress(&packed, extent.unpacked)?
        };
        postcard::from_bytes(&plain).map_err(std::io::Error::other)
    }
}
