//! A model as bytes: a mark, the version, the layout of features, the length of the rest and its checksum, then the rest.
//! Numbers are little-endian. Only slots that were seen are written.

use thiserror::Error;

use super::dense::DENSE;
use super::features::SLOTS;
use super::{LAYOUT, Model};

/// How a model file begins.
const MARK: &[u8; 8] = b"QDNGRAM\n";
/// Version of the file's format.
const VERSION: u32 = 1;
/// Bytes before the rest.
const HEAD: usize = 8 + 4 + 4 + 8 + 8;

/// Why bytes are no model.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum FileError {
    /// Something else.
    #[error("not a model file: it should begin with \"QDNGRAM\"")]
    Foreign,
    /// Written by another version of this program.
    #[error(
        "model file of version {version} for features {layout}: accepted are version {VERSION}, features {LAYOUT}; train it again"
    )]
    Version {
        /// The file's version.
        version: u32,
        /// The layout of features that the model was made for.
        layout: u32,
    },
    /// Cut off, or longer than it says.
    #[error("model file of {found} bytes where {wanted} were written: it was cut off or added to")]
    Length {
        /// Bytes that were written.
        wanted: u64,
        /// Bytes that are there.
        found: u64,
    },
    /// Changed since it was written.
    #[error("model file is damaged: its checksum does not fit")]
    Checksum,
    /// Written wrongly: the checksum fits, the content does not.
    #[error("model file makes no sense: {0}")]
    Content(&'static str),
}

/// A model as bytes.
pub fn to_bytes(model: &Model) -> Vec<u8> {
    let mut rest = Vec::new();
    let name = model.name.as_bytes();
    rest.extend((name.len() as u32).to_le_bytes());
    rest.extend(name);
    rest.extend(model.fitted_on.to_le_bytes());
    let numbers = model.bias.iter().chain(model.dense.iter().flatten());
    rest.extend(numbers.flat_map(|n| n.to_le_bytes()));
    for (at, slot) in model.slots.iter().enumerate().filter(|(_, s)| s[3] != 0.0) {
        rest.extend((at as u32).to_le_bytes());
        rest.extend(slot.iter().flat_map(|n| n.to_le_bytes()));
    }
    let mut out = Vec::with_capacity(HEAD + rest.len());
    out.extend(MARK);
    out.extend(VERSION.to_le_bytes());
    out.extend(LAYOUT.to_le_bytes());
    out.extend((rest.len() as u64).to_le_bytes());
    out.extend(checksum(&rest).to_le_bytes());
    out.extend(rest);
    out
}

/// Reads a model.
///
/// # Errors
/// The bytes are no model file, one of another version, or a damaged one.
pub fn from_bytes(bytes: &[u8]) -> Result<Model, FileError> {
    if !bytes.starts_with(MARK) {
        return Err(FileError::Foreign);
    }
    let cut_off = |wanted: u64| FileError::Length { wanted, found: bytes.len() as u64 };
    if bytes.len() < HEAD {
        return Err(cut_off(HEAD as u64));
    }
    let mut head = Reader(&bytes[MARK.len()..HEAD]);
    let (version, layout) = (head.u32()?, head.u32()?);
    if (version, layout) != (VERSION, LAYOUT) {
        return Err(FileError::Version { version, layout });
    }
    let (length, sum) = (head.u64()?, head.u64()?);
    let rest = &bytes[HEAD..];
    if rest.len() as u64 != length {
        return Err(cut_off(length.saturating_add(HEAD as u64)));
    }
    if checksum(rest) != sum {
        return Err(FileError::Checksum);
    }
    read(Reader(rest))
}

fn read(mut rest: Reader) -> Result<Model, FileError> {
    let length = rest.u32()? as usize;
    let name = String::from_utf8(rest.take(length)?.to_vec())
        .map_err(|_| FileError::Content("its name is not text"))?;
    let fitted_on = rest.u32()?;
    let mut bias = [0.0; 3];
    for number in &mut bias {
        *number = rest.f32()?;
    }
    let mut dense = [[0.0; 3]; DENSE];
    for number in dense.iter_mut().flatten() {
        *number = rest.f32()?;
    }
    let mut slots = vec![[0.0; 4]; 2 * SLOTS as usize];
    while !rest.0.is_empty() {
        let at = rest.u32()? as usize;
        let slot = slots.get_mut(at).ok_or(FileError::Content("a slot lies outside the table"))?;
        for number in slot {
            *number = rest.f32()?;
        }
    }
    Ok(Model { name, fitted_on, slots, dense, bias })
}

/// What is still to be read.
struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn take(&mut self, n: usize) -> Result<&'a [u8], FileError> {
        let (taken, rest) = self.0.split_at_checked(n).ok_or(FileError::Content("it ends within a value"))?;
        self.0 = rest;
        Ok(taken)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], FileError> {
        let mut array = [0; N];
        array.copy_from_slice(self.take(N)?);
        Ok(array)
    }

    fn u32(&mut self) -> Result<u32, FileError> {
        Ok(u32::from_le_bytes(self.array()?))
    }

    fn u64(&mut self) -> Result<u64, FileError> {
        Ok(u64::from_le_bytes(self.array()?))
    }

    fn f32(&mut self) -> Result<f32, FileError> {
        let number = f32::from_le_bytes(self.array()?);
        if number.is_finite() { Ok(number) } else { Err(FileError::Content("a weight is no number")) }
    }
}

/// FNV-1a over words of eight bytes: it finds damage, it does not keep out forgers.
fn checksum(bytes: &[u8]) -> u64 {
    bytes.chunks(8).fold(0xCBF2_9CE4_8422_2325 ^ bytes.len() as u64, |hash, chunk| {
        let mut word = [0; 8];
        word[..chunk.len()].copy_from_slice(chunk);
        (hash ^ u64::from_le_bytes(word)).wrapping_mul(0x0000_0100_0000_01B3).rotate_left(29)
    })
}
