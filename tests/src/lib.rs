//! The kit and the whole-system tests.
