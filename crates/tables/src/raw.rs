//! Tables by columns, for code that must not make a value of every row: files are read and written group by group, as
//! Arrow arrays.

mod lenient;
mod range;

use std::fs::File;
use std::io::{self, Read, Write};
use std::os::unix::fs::FileExt;
use std::sync::Arc;

use arrow::array::{ArrayRef, RecordBatch};
use arrow::datatypes::{FieldRef, Schema, SchemaRef};
use bytes::Bytes;
use parquet::arrow::arrow_reader::{
    ArrowReaderMetadata, ArrowReaderOptions, ParquetRecordBatchReader, ParquetRecordBatchReaderBuilder,
};
use parquet::arrow::arrow_writer::{
    ArrowColumnChunk, ArrowColumnWriter, ArrowRowGroupWriterFactory, compute_leaves,
};
use parquet::arrow::{ArrowWriter, ProjectionMask};
use parquet::basic::{Compression, ZstdLevel};
use parquet::errors::ParquetError;
use parquet::file::metadata::SortingColumn;
use parquet::file::properties::{EnabledStatistics, WriterProperties, WriterPropertiesPtr};
use parquet::file::reader::{ChunkReader, Length};
use parquet::file::writer::SerializedFileWriter;
use parquet::schema::types::{ColumnPath, TypePtr};
use rayon::prelude::*;

use crate::{Table, TableError};

pub use lenient::{Lenient, NoText};
pub use range::{TextRange, text_range};

/// Where a file's bytes are. Cheap to clone; clones may be read at the same time.
#[derive(Debug, Clone)]
pub enum Place {
    /// In memory.
    Memory(Bytes),
    /// In a file of this machine, of which only what is needed is read.
    Disk(Arc<File>),
}

impl Length for Place {
    fn len(&self) -> u64 {
        match self {
            Self::Memory(bytes) => bytes.len() as u64,
            Self::Disk(file) => file.metadata().map_or(0, |m| m.len()),
        }
    }
}

impl ChunkReader for Place {
    type T = PlaceReader;

    fn get_read(&self, start: u64) -> Result<PlaceReader, ParquetError> {
        Ok(PlaceReader { place: self.clone(), at: start })
    }

    fn get_bytes(&self, start: u64, length: usize) -> Result<Bytes, ParquetError> {
        match self {
            Self::Memory(bytes) => bytes.get_bytes(start, length),
            Self::Disk(file) => {
                let mut bytes = vec![0; length];
                file.read_exact_at(&mut bytes, start)?;
                Ok(bytes.into())
            }
        }
    }
}

/// Reads on from one position, whoever else reads the same place.
#[derive(Debug)]
pub struct PlaceReader {
    place: Place,
    at: u64,
}

impl Read for PlaceReader {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = match &self.place {
            Place::Memory(bytes) => {
                let rest = bytes.get(usize::try_from(self.at).unwrap_or(usize::MAX)..).unwrap_or_default();
                let read = rest.len().min(buffer.len());
                buffer[..read].copy_from_slice(&rest[..read]);
                read
            }
            Place::Disk(file) => file.read_at(buffer, self.at)?,
        };
        self.at += read as u64;
        Ok(read)
    }
}

/// A Parquet file whose footer has been read, and the columns of it that are wanted.
#[derive(Debug, Clone)]
pub struct Columns {
    place: Place,
    metadata: ArrowReaderMetadata,
    wanted: ProjectionMask,
}

impl Columns {
    /// Opens a file with rows of `T` to read the columns `wanted`.
    ///
    /// # Errors
    /// The file is damaged, or lacks a column or has it with another type.
    pub fn open<T: Table>(place: Place, wanted: &[&str]) -> Result<Self, TableError> {
        // What its writer had in memory (large texts, dictionaries) is of no concern: the Parquet types decide.
        let options = ArrowReaderOptions::new().with_skip_arrow_metadata(true);
        let metadata = ArrowReaderMetadata::load(&place, options)?;
        for field in T::fields().iter().filter(|field| wanted.contains(&field.name().as_str())) {
            let found = metadata.schema().field_with_name(field.name()).ok();
            // The name of a list's elements differs between writers.
            if found.is_none_or(|found| !found.data_type().equals_datatype(field.data_type())) {
                let found = found.map_or("is missing".to_owned(), |f| format!("is {}", f.data_type()));
                let (name, wanted) = (field.name(), field.data_type());
                return Err(TableError::Column(format!("column {name} {found} where {wanted} is needed")));
            }
        }
        let wanted = ProjectionMask::columns(metadata.parquet_schema(), wanted.iter().copied());
        Ok(Self { place, metadata, wanted })
    }

    /// Rows of each group.
    pub fn groups(&self) -> Vec<Group> {
        let groups = self.metadata.metadata().row_groups().iter();
        let size = |n: i64| u64::try_from(n).unwrap_or(0);
        groups.map(|g| Group { rows: size(g.num_rows()), bytes: size(g.total_byte_size()) }).collect()
    }

    /// The rows of group number `group` in batches of at most `batch_rows`, without the first `skip`.
    ///
    /// # Errors
    /// The file is damaged; so may be each batch.
    pub fn read(
        &self,
        group: usize,
        batch_rows: usize,
        skip: usize,
    ) -> Result<ParquetRecordBatchReader, TableError> {
        let builder =
            ParquetRecordBatchReaderBuilder::new_with_metadata(self.place.clone(), self.metadata.clone());
        let builder = builder.with_projection(self.wanted.clone()).with_row_groups(vec![group]);
        Ok(builder.with_batch_size(batch_rows).with_offset(skip).build()?)
    }
}

/// One group of rows of a file.
#[derive(Debug, Clone, Copy)]
pub struct Group {
    /// How many rows.
    pub rows: u64,
    /// How many bytes they take, not compressed.
    pub bytes: u64,
}

/// How a file is laid out.
#[derive(Debug, Clone, Copy, Default)]
pub struct Layout {
    /// The columns by which its rows are sorted, ascending; said in the file.
    pub sorted_by: &'static [&'static str],
    /// The columns whose values hardly repeat: a dictionary of them would only cost time.
    pub distinct: &'static [&'static str],
    /// The columns that are compressed. Of the others dictionaries and run lengths leave nothing to gain, while each
    /// compressed column costs a compressor, which is much where files are small and many.
    pub compressed: &'static [&'static str],
}

/// What all files of one table and layout have in common: made once, where files are small and many.
#[derive(Debug, Clone)]
pub struct Form {
    schema: SchemaRef,
    root: TypePtr,
    properties: WriterPropertiesPtr,
}

impl Form {
    /// That of files with rows of `T`.
    ///
    /// # Errors
    /// A column has no Parquet type.
    pub fn new<T: Table>(layout: Layout) -> Result<Self, TableError> {
        let fields = T::fields();
        let number = |name: &&str| fields.iter().position(|f| f.name() == name);
        let sorting = layout.sorted_by.iter().filter_map(number).map(|n| SortingColumn {
            column_idx: i32::try_from(n).unwrap_or(i32::MAX),
            descending: false,
            nulls_first: false,
        });
        let mut properties = WriterProperties::builder()
            .set_created_by("quarterday".to_owned())
            .set_max_row_group_row_count(None)
            .set_statistics_enabled(EnabledStatistics::Chunk)
            .set_sorting_columns(Some(sorting.collect()));
        for name in layout.sorted_by {
            let path = ColumnPath::from(*name);
            properties = properties.set_column_statistics_enabled(path, EnabledStatistics::Page);
        }
        for name in layout.distinct {
            properties = properties.set_column_dictionary_enabled(ColumnPath::from(*name), false);
        }
        for name in layout.compressed {
            let zstd = Compression::ZSTD(ZstdLevel::default());
            properties = properties.set_column_compression(ColumnPath::from(*name), zstd);
        }
        let schema = Arc::new(Schema::new(fields));
        // A file without rows shows what the library makes of them.
        let writer = ArrowWriter::try_new(Vec::new(), Arc::clone(&schema), Some(properties.build()))?;
        let (writer, _) = writer.into_serialized_writer()?;
        let root = writer.schema_descr().root_schema_ptr();
        Ok(Self { schema, root, properties: Arc::clone(writer.properties()) })
    }
}

/// A column of one group of rows, and what takes it.
type Column = (FieldRef, ArrayRef, ArrowColumnWriter);

fn encode((field, array, mut writer): Column) -> Result<ArrowColumnChunk, ParquetError> {
    take(&field, &array, &mut writer)?;
    writer.close()
}

fn take(field: &FieldRef, array: &ArrayRef, writer: &mut ArrowColumnWriter) -> Result<(), ParquetError> {
    compute_leaves(field, array)?.iter().try_for_each(|leaf| writer.write(leaf))
}

/// One group of rows that is being written, piece by piece.
pub struct OpenGroup {
    schema: SchemaRef,
    writers: Vec<ArrowColumnWriter>,
}

impl OpenGroup {
    /// Adds rows, one array a column: small pieces are encoded before they leave the processor's own memory.
    ///
    /// # Errors
    /// An array does not fit its column.
    pub fn add(&mut self, columns: Vec<ArrayRef>) -> Result<(), TableError> {
        let batch = RecordBatch::try_new(Arc::clone(&self.schema), columns)?;
        let columns = self.schema.fields().iter().zip(batch.columns()).zip(&mut self.writers);
        columns.into_iter().try_for_each(|((field, array), writer)| take(field, array, writer))?;
        Ok(())
    }

    /// The same with many pieces, the columns side by side.
    ///
    /// # Errors
    /// An array does not fit its column.
    pub fn add_all(&mut self, pieces: Vec<Vec<ArrayRef>>) -> Result<(), TableError> {
        let schema = &self.schema;
        let batch = |columns| RecordBatch::try_new(Arc::clone(schema), columns);
        let pieces: Vec<RecordBatch> = pieces.into_iter().map(batch).collect::<Result<_, _>>()?;
        self.writers.par_iter_mut().enumerate().try_for_each(|(column, writer)| {
            pieces.iter().try_for_each(|piece| take(&schema.fields()[column], piece.column(column), writer))
        })?;
        Ok(())
    }
}

/// Groups of rows as they will lie in a file.
pub struct Encoded(Vec<Vec<ArrowColumnChunk>>);

/// Encodes groups of rows for a [`ColumnWriter`].
pub struct Encoder {
    schema: SchemaRef,
    factory: ArrowRowGroupWriterFactory,
    groups: usize,
}

impl Encoder {
    /// Encodes the columns of all groups side by side.
    ///
    /// # Errors
    /// An array does not fit its column.
    pub fn encode(&mut self, groups: Vec<Vec<ArrayRef>>) -> Result<Encoded, TableError> {
        let columns = self.schema.fields().len();
        let mut work: Vec<Column> = Vec::with_capacity(groups.len() * columns);
        for group in groups {
            // Checks number, types and lengths.
            let batch = RecordBatch::try_new(Arc::clone(&self.schema), group)?;
            let writers = self.factory.create_column_writers(self.groups)?;
            let columns = self.schema.fields().iter().zip(batch.columns()).zip(writers);
            work.extend(columns.map(|((f, array), writer)| (Arc::clone(f), Arc::clone(array), writer)));
            self.groups += 1;
        }
        let chunks: Vec<ArrowColumnChunk> =
            work.into_par_iter().map(encode).collect::<Result<_, ParquetError>>()?;
        let mut chunks = chunks.into_iter();
        let mut encoded = Vec::new();
        loop {
            let group: Vec<ArrowColumnChunk> = chunks.by_ref().take(columns).collect();
            if group.is_empty() {
                return Ok(Encoded(encoded));
            }
            encoded.push(group);
        }
    }
}

/// Writes columns group by group. The same groups give the same bytes, in whatever way the columns were encoded.
pub struct ColumnWriter<W: Write + Send> {
    schema: SchemaRef,
    writer: SerializedFileWriter<W>,
    factory: ArrowRowGroupWriterFactory,
    groups: usize,
}

impl<W: Write + Send> ColumnWriter<W> {
    /// A file of this form, without rows.
    ///
    /// # Errors
    /// The place cannot be written.
    pub fn new(place: W, form: &Form) -> Result<Self, TableError> {
        let (root, properties) = (Arc::clone(&form.root), Arc::clone(&form.properties));
        let writer = SerializedFileWriter::new(place, root, properties)?;
        let factory = ArrowRowGroupWriterFactory::new(&writer, Arc::clone(&form.schema));
        Ok(Self { schema: Arc::clone(&form.schema), writer, factory, groups: 0 })
    }

    /// Adds one group of rows, one array a column.
    ///
    /// # Errors
    /// An array does not fit its column, or the place cannot be written.
    pub fn write(&mut self, columns: Vec<ArrayRef>) -> Result<(), TableError> {
        let mut group = self.begin()?;
        group.add(columns)?;
        self.end(group, false)
    }

    /// Begins a group of rows, which must end before another begins.
    ///
    /// # Errors
    /// A column cannot be written.
    pub fn begin(&self) -> Result<OpenGroup, TableError> {
        let writers = self.factory.create_column_writers(self.groups)?;
        Ok(OpenGroup { schema: Arc::clone(&self.schema), writers })
    }

    /// Ends a group of rows; what is left to encode of its columns is encoded side by side where `parallel`.
    ///
    /// # Errors
    /// The place cannot be written.
    pub fn end(&mut self, group: OpenGroup, parallel: bool) -> Result<(), TableError> {
        let chunks: Result<Vec<ArrowColumnChunk>, ParquetError> = if parallel {
            group.writers.into_par_iter().map(ArrowColumnWriter::close).collect()
        } else {
            group.writers.into_iter().map(ArrowColumnWriter::close).collect()
        };
        self.append(chunks?)
    }

    /// What encodes groups for this file while others are appended to it.
    pub fn encoder(&self) -> Encoder {
        let factory = ArrowRowGroupWriterFactory::new(&self.writer, Arc::clone(&self.schema));
        Encoder { schema: Arc::clone(&self.schema), factory, groups: self.groups }
    }

    /// Adds groups of rows, in the order in which they were encoded.
    ///
    /// # Errors
    /// The place cannot be written.
    pub fn add(&mut self, groups: Encoded) -> Result<(), TableError> {
        groups.0.into_iter().try_for_each(|group| self.append(group))
    }

    fn append(&mut self, chunks: Vec<ArrowColumnChunk>) -> Result<(), TableError> {
        let mut group = self.writer.next_row_group()?;
        for chunk in chunks {
            chunk.append_to_row_group(&mut group)?;
        }
        group.close()?;
        self.groups += 1;
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
