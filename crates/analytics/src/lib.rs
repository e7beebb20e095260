//! Pure functions over slices: sentiment, indicators, forecasts, risk. No I/O, no clock; randomness comes from a seed.
//!
//! In reading order:
//! - [`sentiment`]: the score of one text by lexicon and rules. [`ngram`]: by a fitted model. [`aggregate`]: of many texts about
//!   one asset.
//! - [`indicators`]: what chart readers look at.
//! - [`calendar`]: when markets trade. [`adjust`]: closes in which a split is no move. [`actions`]: splits and
//!   dividends as closes show them.
//! - [`forecast`]: five trading days ahead, with intervals and its record against a random walk. [`trees`]: one of its models.
//!   [`signal`]: buy, hold, sell. [`backtest`]: what following them would have earned. [`direction`]: up or down the next day.
//!   [`tuning`]: what is learned from how forecasts fared. [`drift`]: whether the world is still the one that was learned from.
//! - [`risk`]: Value at Risk and expected shortfall, and whether they held.
//! - [`leadlag`]: whether one series runs ahead of another.
//! - [`periods`]: bars by week and month, tables of returns.
//! - [`statistics`], [`normal`], [`distribution`], [`random`]: what the others stand on.
//!
//! Conventions: prices in any one currency, returns as log returns, losses positive, NaN while an indicator warms up.
//! Nothing here looks ahead: a value for bar `t` depends on bars up to `t` only, and tests replace the future to prove it.
//!
//! Boundaries: files, tables and the lake belong to the programs.

pub mod actions;
pub mod adjust;
pub mod aggregate;
pub mod backtest;
pub mod calendar;
pub mod direction;
pub mod distribution;
pub mod drift;
pub mod forecast;
pub mod indicators;
pub mod leadlag;
pub mod ngram;
pub mod normal;
pub mod periods;
pub mod random;
pub mod risk;
pub mod sentiment;
pub mod signal;
pub mod statistics;
pub mod trees;
pub mod tuning;
