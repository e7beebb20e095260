//! The kit of the whole-system tests: programs as built, worlds of their own, installations in folders of their own.
//!
//! A kit is for tests alone, so it panics where something fails: the test then says where.
#![allow(clippy::unwrap_used)]

pub mod installation;
pub mod processes;
pub mod programs;
pub mod sandbox;
pub mod world;
