//! Between which values a column of a file lies, by its footer alone.

use bytes::Bytes;
use parquet::errors::ParquetError;
use parquet::file::metadata::ParquetMetaDataReader;

use crate::TableError;

/// What a file's footer tells of a column of texts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TextRange {
    /// All values are from the first to the second of these.
    Between(Vec<u8>, Vec<u8>),
    /// There are no values.
    Empty,
    /// It does not say.
    Unknown,
    /// The footer is longer than what was given: give so many of the last bytes.
    Longer(u64),
}

/// The values of `column` in a file of `length` bytes that ends in `tail`. The bounds may be wider than the values.
///
/// # Errors
/// These are not the last bytes of a Parquet file.
pub fn text_range(tail: &Bytes, length: u64, column: &str) -> Result<TextRange, TableError> {
    let mut reader = ParquetMetaDataReader::new();
    match reader.try_parse_sized(tail, length) {
        Ok(()) => {}
        Err(ParquetError::NeedMoreData(bytes)) => return Ok(TextRange::Longer(bytes as u64)),
        Err(error) => return Err(error.into()),
    }
    let metadata = reader.finish()?;
    let mut range = TextRange::Empty;
    for group in metadata.row_groups() {
        let Some(found) = group.columns().iter().find(|c| c.column_path().string() == column) else {
            return Ok(TextRange::Unknown);
        };
        let statistics = found.statistics();
        let bounds =
            statistics.and_then(|s| Some((s.min_bytes_opt()?.to_vec(), s.max_bytes_opt()?.to_vec())));
        let Some((min, max)) = bounds else { return Ok(TextRange::Unknown) };
        range = match range {
            TextRange::Between(low, high) => TextRange::Between(low.min(min), high.max(max)),
            _ => TextRange::Between(min, max),
        };
    }
    Ok(range)
}
