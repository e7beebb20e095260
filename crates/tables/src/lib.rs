//! The records of the lake as Parquet bytes, and back.
