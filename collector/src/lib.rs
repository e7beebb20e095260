//! Stage 1: gathers what the sources say about one slot into the lake.
//!
//! In reading order:
//! - [`cli`]: the commands. [`settings`]: what is read, from where, how hard.
//! - [`collect`]: one slot from asking to committing. [`rebuild`]: records from raw, without asking.
//! - [`source`]: what all sources share; [`sources`]: one file each. [`http`]: how they ask.
//! - [`exchange`]: what came back, kept exactly. [`normalise`]: records made of it, by pure functions.
//! - [`live`]: prices as they come, for the site to show; apart from all slots.
//! - [`window`]: what belongs to a slot. [`state`]: what is remembered from slot to slot.
//! - [`instant`], [`zone`], [`json`], [`text`]: reading what sources write.
//!
//! Boundaries: it resolves no assets and judges no moods; it states what was said, where and when. Two attempts at a slot
//! that hear the same write the same bytes: no wall clock, no attempt number and no retried exchange gets into the lake.

pub mod bench;
pub mod check;
pub mod cli;
pub mod collect;
pub mod exchange;
pub mod http;
pub mod instant;
pub mod json;
pub mod live;
pub mod normalise;
pub mod quota;
pub mod rebuild;
pub mod recorded;
pub mod settings;
pub mod sorter;
pub mod source;
pub mod sources;
pub mod spool;
pub mod state;
pub mod text;
pub mod trouble;
pub mod window;
pub mod zone;
