//! The words of the house, as types. Pure: no I/O, no clock, no randomness.
//!
//! In reading order:
//! - [`slot`]: when we work. [`run`]: the work on one slot, as a state machine.
//! - [`asset`], [`document`], [`bar`]: what we observe. [`mention`]: which document names which asset.
//!   [`seen`]: what is remembered of it. [`quote`]: what an asset trades at right now.
//! - [`prediction`]: what we compute and publish. [`tier`]: who may see it. [`seal`]: the proof of when it was said.
//! - [`model`]: what is fitted, and which version of it is in use.
//! - [`lake`]: where objects lie. [`manifest`]: which of them count. [`message`]: how stages meet. [`trace`]: what
//!   belongs together across them. [`order`]: what people ask for. [`backfill`]: many runs at once.
//! - [`world`]: the description of what the sandbox serves. [`cost`]: what runs and machines cost.
//!
//! Boundaries: encoding to Parquet is in `tables`, storage and messaging in `cloud`, the ledger in `ledger`.

pub mod asset;
pub mod backfill;
pub mod bar;
pub mod cost;
pub mod document;
pub mod lake;
pub mod manifest;
pub mod mention;
pub mod message;
pub mod model;
pub mod order;
pub mod prediction;
pub mod quote;
pub mod run;
pub mod seal;
pub mod seen;
pub mod slot;
pub mod source;
pub mod tier;
pub mod trace;
pub mod world;

pub use asset::{Asset, AssetClass, AssetList, Symbol};
pub use bar::Bar;
pub use document::{Article, Post, PostKind};
pub use lake::Key;
pub use manifest::{Manifest, Outcome};
pub use mention::{Evidence, Mention};
pub use model::{ModelName, ModelVersion};
pub use quote::{Quote, Quotes};
pub use run::{Run, RunStatus, Stage, StageState};
pub use seen::Seen;
pub use slot::Slot;
pub use source::SourceId;
pub use tier::{Feature, Tier};
pub use world::World;
