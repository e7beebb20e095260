//! Rows that leave the house as Parquet: any serialisable rows with a list of their columns. Every column may be null.

use std::sync::Arc;

use arrow::datatypes::{DataType, Field, FieldRef, Schema, TimeUnit};
use parquet::arrow::ArrowWriter;
use parquet::basic::{Compression, ZstdLevel};
use parquet::file::properties::WriterProperties;
use serde::Serialize;

use crate::TableError;

/// What a column holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Text.
    Text,
    /// An instant in UTC, serialised as RFC 3339; microseconds in the file.
    Instant,
    /// A day, serialised as `2026-11-21`.
    Date,
    /// A whole number.
    Integer,
    /// A number.
    Number,
    /// True or false.
    Truth,
}

/// The columns of rows in order: names as the rows serialise them.
pub type Columns = &'static [(&'static str, Kind)];

/// Rows as one Parquet file. The same rows give the same bytes.
///
/// # Errors
/// [`TableError::Rows`] when a value does not fit its column.
pub fn parquet<T: Serialize>(columns: Columns, rows: &[T]) -> Result<Vec<u8>, TableError> {
    let fields: Vec<FieldRef> =
        columns.iter().map(|(name, kind)| Arc::new(Field::new(*name, data_type(*kind), true))).collect();
    let batch = serde_arrow::to_record_batch(&fields, &rows)?;
    let properties = WriterProperties::builder()
        .set_compression(Compression::ZSTD(ZstdLevel::default()))
        .set_created_by("quarterday".to_owned())
        .build();
    let mut writer = ArrowWriter::try_new(Vec::new(), Arc::new(Schema::new(fields)), Some(properties))?;
    writer.write(&batch)?;
    Ok(writer.into_inner()?)
}

fn data_type(kind: Kind) -> DataType {
    match kind {
        Kind::Text => DataType::Utf8,
        Kind::Instant => DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into())),
        Kind::Date => DataType::Date32,
        Kind::Integer => DataType::Int64,
        Kind::Number => DataType::Float64,
        Kind::Truth => DataType::Boolean,
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use bytes::Bytes;
    use chrono::{DateTime, NaiveDate, Utc};
    use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
    use serde::Deserialize;

    use super::*;

    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    struct Row {
        at: DateTime<Utc>,
        on: NaiveDate,
        name: Option<String>,
        count: i32,
        value: Option<f64>,
        ok: bool,
    }

    const COLUMNS: Columns = &[
        ("at", Kind::Instant),
        ("on", Kind::Date),
        ("name", Kind::Text),
        ("count", Kind::Integer),
        ("value", Kind::Number),
        ("ok", Kind::Truth),
    ];

    #[test]
    fn rows_come_back_as_they_went() {
        let row = |name: Option<&str>, value| Row {
            at: "2026-11-21T06:00:00.123456Z".parse().unwrap(),
            on: "2026-11-21".parse().unwrap(),
            name: name.map(str::to_owned),
            count: -3,
            value,
            ok: true,
        };
        let rows = vec![row(Some("=1+1"), None), row(None, Some(0.1))];
        let bytes = parquet(COLUMNS, &rows).unwrap();
        assert_eq!(bytes, parquet(COLUMNS, &rows).unwrap());
        let mut reader =
            ParquetRecordBatchReaderBuilder::try_new(Bytes::from(bytes)).unwrap().build().unwrap();
        let back: Vec<Row> = serde_arrow::from_record_batch(&reader.next().unwrap().unwrap()).unwrap();
        assert_eq!(back, rows);
        assert!(parquet::<Row>(COLUMNS, &[]).is_ok());
    }
}
