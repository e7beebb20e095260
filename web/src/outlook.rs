//! What may come of an asset, and what it may cost: the forecast with what moved it, signals with their simulated
//! strategies, and published risk with its back-tests.
//!
//! In reading order: [`pages`], [`movers`], [`strategy`], [`risks`], [`store`].
//!
//! Boundaries: every figure is as published; nothing is computed here but sums that are shown beside their parts.

pub mod movers;
pub mod pages;
pub mod risks;
pub mod store;
pub mod strategy;

use domain::Feature;

use crate::app::{Guard, Route, get};

/// The routes of outlook and risk.
pub static ROUTES: &[Route] = &[
    get("/assets/{symbol}/outlook", Guard::Shows(SHOWN), |r| r.to(pages::outlook)),
    get("/assets/{symbol}/risk", Guard::Shows(SHOWN), |r| r.to(pages::risk)),
];

/// The sentence over both pages speaks of the mood as well.
const SHOWN: &[Feature] = &[Feature::Sentiment, Feature::Predictions];
