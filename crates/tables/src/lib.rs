//! The rows of the lake as Parquet bytes, and back.
//!
//! One row type of `domain`, one table: [`Table::fields`] lists its columns. Files are zstd-compressed Parquet with
//! statistics; instants are UTC microseconds, dates are days. The same rows give the same bytes.
//!
//! Boundaries: where files lie is said by `domain::Key`; reading and writing them is for `cloud`.

mod columns;

use std::sync::Arc;

use arrow::datatypes::FieldRef;
use bytes::Bytes;
use parquet::arrow::ArrowWriter;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use parquet::basic::{Compression, ZstdLevel};
use parquet::file::properties::WriterProperties;
use serde::Serialize;
use serde::de::DeserializeOwned;

pub use columns::Column;

/// A row type with a table of its own.
pub trait Table: Serialize + DeserializeOwned {
    /// Its columns in order, named as the fields of the type.
    fn columns() -> Vec<Column>;

    /// The same as Arrow fields.
    fn fields() -> Vec<FieldRef> {
        Self::columns().into_iter().map(|column| Arc::new(column.into_field())).collect()
    }
}

/// A table that cannot be written or read.
#[derive(Debug, thiserror::Error)]
pub enum TableError {
    /// The bytes are not a Parquet file, or a damaged one.
    #[error("not a readable Parquet file: {0}")]
    Parquet(#[from] parquet::errors::ParquetError),
    /// The rows do not fit the columns.
    #[error("rows do not fit the table's columns: {0}")]
    Rows(#[from] serde_arrow::Error),
    /// A batch inside the file is damaged.
    #[error("damaged batch: {0}")]
    Arrow(#[from] arrow::error::ArrowError),
}

/// Rows as one Parquet file.
///
/// # Errors
/// [`TableError::Rows`] when a value does not fit its column.
pub fn encode<T: Table>(rows: &[T]) -> Result<Vec<u8>, TableError> {
    let batch = serde_arrow::to_record_batch(&T::fields(), &rows)?;
    let properties = WriterProperties::builder()
        .set_compression(Compression::ZSTD(ZstdLevel::default()))
        .set_created_by("quarterday".to_owned())
        .build();
    let mut file = Vec::new();
    let mut writer = ArrowWriter::try_new(&mut file, batch.schema(), Some(properties))?;
    writer.write(&batch)?;
    writer.close()?;
    Ok(file)
}

/// All rows of a Parquet file.
///
/// # Errors
/// [`TableError`] when the file is damaged or has other columns.
pub fn decode<T: Table>(bytes: &[u8]) -> Result<Vec<T>, TableError> {
    let reader = ParquetRecordBatchReaderBuilder::try_new(Bytes::copy_from_slice(bytes))?
        .with_batch_size(65_536)
        .build()?;
    let mut rows = Vec::new();
    for batch in reader {
        rows.extend(serde_arrow::from_record_batch::<Vec<T>>(&batch?)?);
    }
    Ok(rows)
}
