//! Stage 4: a slot's predictions go from the lake to Postgres, whole or not at all.
//!
//! - [`load`]: reads what the manifests list into a [`batch::Batch`], `documents` joined with their scores. [`store`]: writes it in one transaction.
//! - [`coverage`]: what is missing, as pages show it. [`lineage`]: where it all comes from, as receipts show it.
//! - [`handlers`]: the endpoint that the bus pushes to.
//!
//! The same slot with the same manifest is published once; with another manifest it becomes a new version beside.

pub mod batch;
pub mod coverage;
mod documents;
pub mod handlers;
pub mod lineage;
pub mod load;
pub mod store;
