//! The rows of the lake as Parquet bytes, and back.
//!
//! One row type of `domain`, one table: [`Table::fields`] lists its columns. Files are Parquet with statistics, columns of
//! 8 KiB and more compressed by zstd; instants are UTC microseconds, dates are days. The same rows give the same bytes.
//!
//! Where rows are many, [`raw`] reads and writes columns instead. [`export`] writes rows that are no table of the lake.
//!
//! Boundaries: where files lie is said by `domain::Key`; reading and writing them is for `cloud`.

pub use arrow;

mod columns;
pub mod export;
pub mod raw;

use std::io::Write;
use std::marker::PhantomData;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, RecordBatch};
use arrow::datatypes::{DataType, FieldRef, Schema};
use bytes::Bytes;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use parquet::arrow::{ArrowSchemaConverter, ArrowWriter};
use parquet::basic::{Compression, ZstdLevel};
use parquet::file::properties::{WriterProperties, WriterPropertiesBuilder};
use parquet::file::reader::ChunkReader;
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
    /// The file has other columns.
    #[error("{0}")]
    Column(String),
    /// A batch inside the file is damaged.
    #[error("damaged batch: {0}")]
    Arrow(#[from] arrow::error::ArrowError),
}

/// Rows in one group of a file: enough for good statistics, few enough that a writer's memory stays small.
const GROUP_ROWS: usize = 65_536;

/// Bytes of a column below which it is not compressed: to set up a compressor, and another to read it again, takes longer than
/// so few bytes are worth. Most tables of an asset are a few rows.
const COMPRESSED: usize = 8 << 10;

/// Rows that are decoded at a time.
const BATCH_ROWS: usize = 8_192;

/// Writes rows piece by piece as one Parquet file. The same rows give the same bytes as long as the pieces are the same.
pub struct Writer<T: Table, W: Write + Send> {
    fields: Vec<FieldRef>,
    writer: ArrowWriter<W>,
    rows: PhantomData<T>,
}

impl<T: Table, W: Write + Send> Writer<T, W> {
    /// A file without rows.
    ///
    /// # Errors
    /// The place cannot be written.
    pub fn new(place: W) -> Result<Self, TableError> {
        let fields = T::fields();
        let schema = Arc::new(Schema::new(fields.clone()));
        let properties = properties().set_compression(Compression::ZSTD(ZstdLevel::default()));
        let writer = ArrowWriter::try_new(place, schema, Some(properties.build()))?;
        Ok(Self { fields, writer, rows: PhantomData })
    }

    /// Adds rows.
    ///
    /// # Errors
    /// [`TableError::Rows`] when a value does not fit its column; or the place cannot be written.
    pub fn write(&mut self, rows: &[T]) -> Result<(), TableError> {
        self.writer.write(&serde_arrow::to_record_batch(&self.fields, &rows)?)?;
        Ok(())
    }

    /// Completes the file and gives back its place.
    ///
    /// # Errors
    /// The place cannot be written.
    pub fn finish(self) -> Result<W, TableError> {
        Ok(self.writer.into_inner()?)
    }
}

fn properties() -> WriterPropertiesBuilder {
    WriterProperties::builder()
        .set_created_by("quarterday".to_owned())
        .set_max_row_group_row_count(Some(GROUP_ROWS))
}

/// Rows as one Parquet file.
///
/// # Errors
/// [`TableError::Rows`] when a value does not fit its column.
pub fn encode<T: Table>(rows: &[T]) -> Result<Vec<u8>, TableError> {
    let batch = serde_arrow::to_record_batch(&T::fields(), &rows)?;
    let mut writer = ArrowWriter::try_new(Vec::new(), batch.schema(), Some(worth_compressing(&batch)?))?;
    writer.write(&batch)?;
    Ok(writer.into_inner()?)
}

/// Compresses those columns of a batch that hold at least [`COMPRESSED`] bytes.
fn worth_compressing(batch: &RecordBatch) -> Result<WriterProperties, TableError> {
    let mut sizes = Vec::new();
    batch.columns().iter().try_for_each(|column| leaf_sizes(column, &mut sizes))?;
    let schema = ArrowSchemaConverter::new().convert(&batch.schema())?;
    let large = schema.columns().iter().zip(sizes).filter(|(_, bytes)| *bytes >= COMPRESSED);
    let zstd = Compression::ZSTD(ZstdLevel::default());
    let compress = |properties: WriterPropertiesBuilder, path| properties.set_column_compression(path, zstd);
    Ok(large.map(|(leaf, _)| leaf.path().clone()).fold(properties(), compress).build())
}

/// The bytes of an array's leaves, in the order in which Parquet has them as columns.
fn leaf_sizes(array: &ArrayRef, sizes: &mut Vec<usize>) -> Result<(), TableError> {
    match array.data_type() {
        DataType::Struct(_) => array.as_struct().columns().iter().try_for_each(|a| leaf_sizes(a, sizes)),
        DataType::List(_) => leaf_sizes(array.as_list::<i32>().values(), sizes),
        _ => {
            sizes.push(array.to_data().get_slice_memory_size()?);
            Ok(())
        }
    }
}

/// All rows of a Parquet file.
///
/// # Errors
/// [`TableError`] when the file is damaged or has other columns.
pub fn decode<T: Table>(bytes: &[u8]) -> Result<Vec<T>, TableError> {
    let all = || {
        let mut rows = Vec::new();
        for batch in batches(Bytes::copy_from_slice(bytes), 0)? {
            rows.extend(batch?);
        }
        Ok(rows)
    };
    // The library panics at some damaged files; nothing of ours is left half-done by that.
    std::panic::catch_unwind(std::panic::AssertUnwindSafe(all)).unwrap_or_else(|_| {
        Err(TableError::Column("not a readable Parquet file: a page is not what its header says".to_owned()))
    })
}

/// The rows of a Parquet file piece by piece, without the first `skip` ones; `place` is its bytes, or the file itself, of
/// which only what is needed is read.
///
/// # Errors
/// [`TableError`] when the file is damaged or has other columns.
pub fn batches<T: Table>(
    place: impl ChunkReader + 'static,
    skip: usize,
) -> Result<impl Iterator<Item = Result<Vec<T>, TableError>>, TableError> {
    let reader = ParquetRecordBatchReaderBuilder::try_new(place)?
        .with_batch_size(BATCH_ROWS)
        .with_offset(skip)
        .build()?;
    Ok(reader.map(|batch| Ok(serde_arrow::from_record_batch::<Vec<T>>(&batch?)?)))
}
