//! Rows of which some hold texts that are no UTF-8: the usual way of reading gives up the whole group for one of them.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, ListArray, RecordBatch, StringBuilder, StructArray};
use arrow::datatypes::{DataType, FieldRef, Schema};
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::{
    ArrowReaderMetadata, ArrowReaderOptions, ParquetRecordBatchReader, ParquetRecordBatchReaderBuilder,
};
use parquet::basic::Type as Physical;
use parquet::errors::ParquetError;
use parquet::file::metadata::{FileMetaData, ParquetMetaData};
use parquet::schema::types::{SchemaDescriptor, Type};

use super::Columns;
use crate::TableError;

/// A row with a text that is no UTF-8.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NoText {
    /// Its number in the batch.
    pub row: usize,
    /// The first column with such a text.
    pub column: String,
}

/// Reads batches whatever bytes their texts are. What is no UTF-8 is replaced by U+FFFD, and its row named.
pub struct Lenient {
    reader: ParquetRecordBatchReader,
    wanted: Vec<FieldRef>,
}

impl Columns {
    /// The same as [`Columns::read`], slower, whatever bytes the texts are.
    ///
    /// # Errors
    /// The file is damaged otherwise; so may be each batch.
    pub fn read_leniently(
        &self,
        group: usize,
        batch_rows: usize,
        skip: usize,
    ) -> Result<Lenient, TableError> {
        let known = self.metadata.metadata();
        let file = known.file_metadata();
        // Without the annotation that they are texts, columns are read as bytes and nobody looks at what these say.
        let root = as_bytes(file.schema_descr().root_schema())?;
        let file = FileMetaData::new(
            file.version(),
            file.num_rows(),
            file.created_by().map(str::to_owned),
            None,
            Arc::new(SchemaDescriptor::new(Arc::new(root))),
            None,
        );
        let metadata = Arc::new(ParquetMetaData::new(file, known.row_groups().to_vec()));
        let metadata = ArrowReaderMetadata::try_new(metadata, ArrowReaderOptions::new())?;
        let known = self.metadata.schema();
        let leaves = self.metadata.parquet_schema();
        let is_wanted = |name: &str| {
            let mut numbers = 0..leaves.num_columns();
            numbers.any(|n| leaves.get_column_root(n).name() == name && self.wanted.leaf_included(n))
        };
        let wanted: Vec<FieldRef> = known.fields().iter().filter(|f| is_wanted(f.name())).cloned().collect();
        let names = wanted.iter().map(|field| field.name().as_str());
        let mask = ProjectionMask::columns(metadata.parquet_schema(), names);
        let builder = ParquetRecordBatchReaderBuilder::new_with_metadata(self.place.clone(), metadata);
        let builder = builder.with_projection(mask).with_row_groups(vec![group]);
        let reader = builder.with_batch_size(batch_rows).with_offset(skip).build()?;
        Ok(Lenient { reader, wanted })
    }
}

impl Iterator for Lenient {
    type Item = Result<(RecordBatch, Vec<NoText>), TableError>;

    fn next(&mut self) -> Option<Self::Item> {
        let batch = self.reader.next()?;
        Some(batch.map_err(TableError::from).and_then(|batch| self.texts(&batch)))
    }
}

impl Lenient {
    fn texts(&self, batch: &RecordBatch) -> Result<(RecordBatch, Vec<NoText>), TableError> {
        let mut first_bad: Vec<Option<usize>> = vec![None; batch.num_rows()];
        let mut columns = Vec::with_capacity(self.wanted.len());
        for (number, (field, column)) in self.wanted.iter().zip(batch.columns()).enumerate() {
            let mut note = |row: usize| {
                first_bad[row].get_or_insert(number);
            };
            columns.push(texts(column, field.data_type(), &mut note)?);
        }
        let name = |(row, number): (usize, Option<usize>)| {
            Some(NoText { row, column: self.wanted[number?].name().clone() })
        };
        let bad = first_bad.into_iter().enumerate().filter_map(name).collect();
        Ok((RecordBatch::try_new(Arc::new(Schema::new(self.wanted.clone())), columns)?, bad))
    }
}

/// An array of bytes as one of the `wanted` texts, whatever lies in between; `bad` hears of the rows that are none.
fn texts(column: &ArrayRef, wanted: &DataType, bad: &mut dyn FnMut(usize)) -> Result<ArrayRef, TableError> {
    let other = || TableError::Column(format!("a column of {} where {wanted} is needed", column.data_type()));
    match wanted {
        DataType::Utf8 => {
            let bytes = column.as_binary_opt::<i32>().ok_or_else(other)?;
            let mut built = StringBuilder::with_capacity(bytes.len(), bytes.value_data().len());
            for row in 0..bytes.len() {
                if bytes.is_null(row) {
                    built.append_null();
                    continue;
                }
                let text = String::from_utf8_lossy(bytes.value(row));
                if matches!(text, std::borrow::Cow::Owned(_)) {
                    bad(row);
                }
                built.append_value(text);
            }
            Ok(Arc::new(built.finish()))
        }
        DataType::List(item) => {
            let list = column.as_list_opt::<i32>().ok_or_else(other)?;
            let offsets = list.value_offsets();
            let mut of_value =
                |value: usize| bad(offsets.partition_point(|at| *at as usize <= value).saturating_sub(1));
            let values = texts(list.values(), item.data_type(), &mut of_value)?;
            let (offsets, nulls) = (list.offsets().clone(), list.nulls().cloned());
            Ok(Arc::new(ListArray::try_new(item.clone(), offsets, values, nulls)?))
        }
        DataType::Struct(fields) => {
            let parts = column.as_struct_opt().ok_or_else(other)?;
            let columns = fields.iter().zip(parts.columns());
            let columns = columns.map(|(field, part)| texts(part, field.data_type(), bad));
            let columns = columns.collect::<Result<Vec<_>, _>>()?;
            Ok(Arc::new(StructArray::try_new(fields.clone(), columns, parts.nulls().cloned())?))
        }
        _ => Ok(column.clone()),
    }
}

/// The same schema, its texts as bytes.
fn as_bytes(schema: &Type) -> Result<Type, ParquetError> {
    let about = schema.get_basic_info();
    let id = about.has_id().then(|| about.id());
    if schema.is_primitive() {
        if schema.get_physical_type() != Physical::BYTE_ARRAY {
            return Ok(schema.clone());
        }
        let builder = Type::primitive_type_builder(schema.name(), Physical::BYTE_ARRAY);
        return builder.with_repetition(about.repetition()).with_id(id).build();
    }
    let fields = schema.get_fields().iter().map(|field| as_bytes(field).map(Arc::new));
    let mut builder = Type::group_type_builder(schema.name())
        .with_fields(fields.collect::<Result<Vec<_>, _>>()?)
        .with_converted_type(about.converted_type())
        .with_logical_type(about.logical_type_ref().cloned())
        .with_id(id);
    if about.has_repetition() {
        builder = builder.with_repetition(about.repetition());
    }
    builder.build()
}
