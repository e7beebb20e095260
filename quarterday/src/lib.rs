//! The operator's command: everything on one machine, single runs, backfills, and how things stand.
//!
//! In reading order: [`command`]; [`home`] (the folder of an installation), [`world`] and [`clock`] (what the sandbox
//! serves, and when), [`service`] (a child that is kept alive), [`system`] (all of them together); [`run`] (one slot, or
//! many), [`up`] (until stopped); [`backup`]; [`status`], [`receipt`] (everything behind an asset's values), [`hold`], [`control`],
//! [`dead_letters`], [`orders`] (about publications, assets and models), [`models`] (what is known of them), [`backfill`], [`doctor`],
//! [`mod@cost`]; [`progress`] and [`report`] (what is shown).
//!
//! Boundaries: it starts programs and says that slots are due. What follows from that is for `functions`.

pub mod accounts;
pub mod backfill;
pub mod backup;
pub mod billing;
pub mod clock;
pub mod command;
pub mod control;
pub mod cost;
pub mod coverage;
pub mod dead_letters;
pub mod doctor;
pub mod hold;
pub mod home;
pub mod models;
pub mod orders;
pub mod progress;
pub mod receipt;
pub mod report;
pub mod run;
pub mod service;
pub mod status;
pub mod system;
pub mod up;
pub mod world;
