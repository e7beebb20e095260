//! The engine: records stream in, rows per asset stream out, in bounded memory and with all cores.
//!
//! In reading order: [`frame`] is what all parts know of the slot, [`row`] one row as bytes, [`columns`] the records'
//! columns, [`superseded`] which of them count, [`reading`] decodes them, [`mapper`] makes rows of them, [`tally`]
//! counts what became of them, [`arena`] holds and sorts them, [`runs`] keeps on disk what memory has no room for,
//! [`queue`] spreads the work over threads, [`group`] cuts an asset's rows into groups, [`asset`] writes one asset,
//! [`documents`] and [`bars`] its tables in their [`forms`], [`reduce`] all of them, [`seen`] is what goes from slot to slot,
//! [`lines`] are rows on their way through another engine's sort.
//!
//! Rows of an asset are ordered by (kind, time, source, id). Everything after the mapper works asset by asset, so that a
//! cluster does the same as one machine. What is written depends on the rows only, not on memory or threads.

pub(crate) mod arena;
pub(crate) mod asset;
pub(crate) mod bars;
pub(crate) mod block;
pub(crate) mod columns;
pub(crate) mod documents;
pub(crate) mod forms;
pub(crate) mod frame;
pub(crate) mod group;
pub(crate) mod lines;
pub(crate) mod mapper;
pub(crate) mod queue;
pub(crate) mod reading;
pub(crate) mod reduce;
pub(crate) mod row;
pub(crate) mod runs;
pub(crate) mod seen;
pub(crate) mod superseded;
pub(crate) mod tally;
