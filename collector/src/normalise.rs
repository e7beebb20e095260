//! From raw exchanges to records: pure functions, so that records can be made again from raw at any time.

mod collected;
mod rows;
mod tables;

use std::collections::BTreeSet;
use std::io;

use chrono::{DateTime, Duration, Utc};
use domain::document::Reject;
use domain::{Article, Bar, Post, SourceId};

pub use collected::{Collected, Entry};
pub use rows::{Gathered, Ordered};
pub use tables::{Table, write};

use crate::exchange::Exchange;
use crate::sources;
use crate::window::Window;

/// Gathers the records of one source and slot from its exchanges, each with its reference, in their order.
///
/// # Errors
/// An exchange cannot be read, or this machine's disk is full.
pub fn gather<E: From<io::Error>>(
    source: &SourceId,
    exchanges: impl Iterator<Item = Result<(String, Exchange), E>>,
    window: &Window,
    lag: Duration,
) -> Result<Gathered, E> {
    let mut collected = Collected::new(window, lag);
    for exchange in exchanges {
        let (raw_ref, exchange) = exchange?;
        read(source, &raw_ref, exchange, &mut collected);
    }
    Ok(collected.finish()?)
}

/// Reads one exchange, or what is left of it after a purge.
pub fn read(source: &SourceId, raw_ref: &str, exchange: Exchange, collected: &mut Collected<'_>) {
    if let Some(remainder) = exchange.remainder {
        remainder.into_iter().for_each(|entry| collected.take(raw_ref, entry));
    } else if exchange.status == Some(200) {
        match sources::named(source.as_str()) {
            Some(definition) => (definition.read)(raw_ref, &exchange, collected),
            None => {
                collected.reject(raw_ref, None, format!("this version does not know the source {source}"))
            }
        }
    }
}

/// The records of one source and slot in memory, for tests and for few.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Normalised {
    /// By (created_at, id).
    pub posts: Vec<Post>,
    /// By (published_at, id); undated ones first.
    pub articles: Vec<Article>,
    /// By (symbol, interval, opens_at).
    pub bars: Vec<Bar>,
    /// By (raw_ref, id, reason).
    pub rejects: Vec<Reject>,
    /// Ids of articles that may be shown again, taken or not.
    pub seen: BTreeSet<String>,
    /// Streams that hold articles of a later slot.
    pub ahead: BTreeSet<String>,
    /// Documents from the end of the slot.
    pub recent: std::collections::BTreeMap<String, DateTime<Utc>>,
}

impl Gathered {
    /// All of it in memory.
    ///
    /// # Errors
    /// This machine's disk fails.
    pub fn into_memory(self) -> io::Result<Normalised> {
        let (seen, ahead, recent) = (self.seen.clone(), self.ahead.clone(), self.recent.clone());
        let ordered = self.ordered()?;
        Ok(Normalised {
            posts: ordered.posts.collect::<io::Result<_>>()?,
            articles: ordered.articles.collect::<io::Result<_>>()?,
            bars: ordered.bars.collect::<io::Result<_>>()?,
            rejects: ordered.rejects.collect::<io::Result<_>>()?,
            seen,
            ahead,
            recent,
        })
    }
}
