//! A world in memory: what was written, published and traded, each record with the instant at which it may be seen.
//!
//! In reading order: [`post`], [`article`], [`bar`] hold the records and their indexes; [`cashtag`] finds `$TSLA` in a text;
//! [`load`] reads the folder; [`report`] counts what was refused.

pub(crate) mod article;
pub(crate) mod bar;
pub(crate) mod cashtag;
pub(crate) mod load;
mod parse;
pub(crate) mod post;
pub(crate) mod report;
pub(crate) mod symbol;

use std::collections::BTreeMap;
use std::sync::LazyLock;

use chrono::{DateTime, Utc};
use serde_json::Value;

use article::{Articles, Outlet};
use bar::Bars;
use post::Posts;
use symbol::Assets;

/// A world, ready to be served.
#[derive(Debug)]
pub struct World {
    /// Its name; several worlds are joined by `+`.
    pub(crate) name: String,
    /// The terms of its records.
    pub(crate) licence: String,
    /// First instant of its window.
    pub(crate) start: DateTime<Utc>,
    /// First instant after its window.
    pub(crate) end: DateTime<Utc>,
    /// What is really so, for a generated world.
    pub(crate) truth: Option<Value>,
    /// The assets and their spellings.
    pub(crate) assets: Assets,
    /// Posts by source, for each of [`crate::service::POST_SOURCES`].
    posts: BTreeMap<&'static str, Posts>,
    /// StockTwits streams.
    pub(crate) streams: post::Streams,
    /// Articles of all outlets, by time.
    pub(crate) articles: Articles,
    /// The outlets, by slug.
    pub(crate) outlets: Vec<Outlet>,
    /// Bars by symbol and interval.
    pub(crate) bars: Bars,
}

impl World {
    /// The posts of a source; none for a source that has no posts.
    pub(crate) fn posts(&self, source: &str) -> &Posts {
        static NONE: LazyLock<Posts> = LazyLock::new(Posts::default);
        self.posts.get(source).unwrap_or(&NONE)
    }
}
