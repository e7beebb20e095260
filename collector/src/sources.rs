//! The sources, one file each: how to fetch, and how to read what was fetched.

pub mod alpaca;
pub mod alpha_vantage;
pub mod facebook;
pub mod feeds;
mod graph;
pub mod instagram;
pub mod interactive_brokers;
pub mod reddit;
pub mod selection;
pub mod stocktwits;
pub mod symbols;
pub mod telegram;
pub mod x;
pub mod yahoo;

use std::sync::Arc;

use domain::source::Terms;

use crate::exchange::Exchange;
use crate::normalise::Collected;
use crate::settings::{Section, SettingsError};
use crate::source::Source;

/// All that the rest of the collector knows of a source.
pub struct Definition {
    /// Its name: in the lake, in settings, in messages.
    pub id: &'static str,
    /// What its terms allow where the settings do not say; see `docs/sources.md` for where that comes from.
    pub terms: Terms,
    /// Whether posts of the last slots are looked at again, for edits and deletions.
    pub revises: bool,
    /// Makes it from its section of the settings.
    pub configure: fn(&Section<'_>) -> Result<Arc<dyn Source>, SettingsError>,
    /// Reads the records of one exchange that was answered with 200. Pure: no network, no clock.
    pub read: fn(&str, &Exchange, &mut Collected<'_>),
}

/// Every source, by name.
pub const ALL: &[Definition] = &[
    alpaca::DEFINITION,
    alpha_vantage::DEFINITION,
    facebook::DEFINITION,
    feeds::DEFINITION,
    instagram::DEFINITION,
    interactive_brokers::DEFINITION,
    reddit::DEFINITION,
    stocktwits::DEFINITION,
    telegram::DEFINITION,
    x::DEFINITION,
    yahoo::DEFINITION,
];

/// The source of that name.
pub fn named(id: &str) -> Option<&'static Definition> {
    ALL.iter().find(|definition| definition.id == id)
}
