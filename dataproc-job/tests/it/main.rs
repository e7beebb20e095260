//! The stage as a whole, on small lakes made here.
#![allow(clippy::unwrap_used)]

mod cluster;
mod damage;
mod dictionary;
mod kit;
mod labelled;
mod noise;
mod plan;
mod resolve;
mod spark;
mod split;
mod staging;
mod world;
