//! What runs and machines cost, in whole micro-USD.
//!
//! Prices are data: `deploy/prices.toml`, built into whoever asks with [`Prices::built_in`]. Each rate names the page that
//! it belongs to, the day on which it was written down, and its [`Origin`]: few were read from Google's own page, most from copies
//! of it, some are from memory, and each says so. Nothing here knows discounts, free amounts or taxes, so a bill is an estimate from above.
//!
//! - [`Prices`], [`Rate`], [`Setup`]: what is charged, and for what an installation is charged. Region `us-central1`.
//! - [`of_run`]: one run, from what it used ([`Usage`]). [`standing`]: what costs money whether or not anything runs.
//!   [`readers`]: what those cause who read.
//! - [`month`] and [`year`]: [`RUNS_A_YEAR`] runs and what stands.
//!
//! Arithmetic is in integers; each line is rounded once, to the nearest micro-USD, half up. Amounts beyond what 64 bits hold
//! stay at the largest.

mod bill;
mod prices;

pub use bill::{
    Bill, HOURS_A_YEAR, Kept, Line, Part, RUNS_A_YEAR, Usage, machine_hour, month, of_run, of_stage,
    of_stages, readers, standing, year,
};
pub use prices::{MicroUsd, Origin, Prices, PricesError, Rate, Rates, Setup, Unit};
