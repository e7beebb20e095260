//! The stage as a whole, on small lakes made here.
#![allow(clippy::unwrap_used)]

mod kit;
mod labelled;
mod noise;
mod resolve;
mod split;
mod staging;
mod world;
